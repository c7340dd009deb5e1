//! The notice to the people recorded (个人信息保护法 14–17, 30): plain words, to be shown or read out. A new wording gets
//! a new version; which one somebody was told stays with their record.

use chrono::NaiveDate;

/// The version of the words below.
pub const VERSION: &str = "2026-11";

/// The notice, a paragraph each.
pub const PARAGRAPHS: [&str; 7] = [
    "您好，我是本村的网格员（调解员、巡逻队员）。上门走访时，我会把情况记在这部手机的“入户”应用里。",
    "记什么：户号、住址、家庭成员的姓名、关系、出生日期、电话，走访的时间和您反映的事。不记宗教、政治面貌、血型，不给人打分，不记行踪。",
    "为什么记：为了下次找得到门，把您反映的事办好，需要帮助时有人来。只用在这些事上。",
    "谁能看：本网格的工作人员和村里的负责人；上级办公室办事需要时才能逐条查看，每次查看都有记录。不对外提供。",
    "放多久：走访记录保存三年；搬离、去世的人，信息再保存一年，到期删除。手机里的内容是加密的。",
    "您可以：看、要一份、要求改、要求删，或者要求先不用您的信息；也可以不同意记电话等内容，不影响给您办事。不满十四岁的孩子，由父母或监护人决定。",
    "怎么提：告诉我，或者到村委会、乡镇综治中心提出，办公室会登记并答复您。",
];

/// Returns the value of a resident's field `notice` when the notice was given on a day.
pub fn given(on: NaiveDate) -> String {
    format!("{VERSION} {on}")
}

/// The day of a notice of the words as they are now; none where somebody was told other words, or nothing.
pub fn given_on(kept: &str) -> Option<&str> {
    kept.strip_prefix(VERSION)?.strip_prefix(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{day, retention};

    #[test]
    fn a_notice_of_other_words_does_not_count() {
        let kept = given(day::read("2026-11-24").expect("a day"));
        assert_eq!(given_on(&kept), Some("2026-11-24"));
        assert_eq!((given_on("2025-01 2025-02-03"), given_on("")), (None, None));
    }

    #[test]
    fn the_notice_says_how_long_records_are_kept() {
        // Whoever changes a time writes new words, with a new version.
        let years = |rule: retention::Rule| ["", "一", "两", "三", "四", "五"][rule.months as usize / 12];
        let words = PARAGRAPHS.concat();
        assert!(words.contains(&format!("走访记录保存{}年", years(retention::VISIT))));
        assert!(words.contains(&format!("搬离、去世的人，信息再保存{}年", years(retention::GONE_RESIDENT))));
    }

    #[test]
    fn the_notice_says_what_the_law_asks_for() {
        // 个人信息保护法 17: who, for what, what, how long, and how to exercise one's rights.
        let words = PARAGRAPHS.concat();
        for part in ["网格员", "为什么记", "记什么", "谁能看", "保存三年", "要求删", "怎么提", "十四岁"]
        {
            assert!(words.contains(part), "{part}");
        }
    }
}
