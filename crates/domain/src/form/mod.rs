//! The forms of records, as a table: which fields, in which order, and why each is asked (个人信息保护法 6, 17).

pub mod labels;

use crate::{
    care::codes::{Difficulty, Help, Interval, Reason, Referral, Way},
    codes::{Consistency, Living, Outcome, Purpose, Relation, Sex, Tag},
    day,
    dispute::codes::{Colour, Consent, DisputeType, Form, Performance, Side, Sitting, Size, Source},
    field::{Field, Input, MAX_INTERVAL, MAX_TEXT},
    outreach::{Topic, Venue},
    patrol::Team,
    record::Kind,
    report::codes::{Danger, Grade, Subject},
    roster::id_number,
};
use chrono::NaiveDate;
use serde_json::{Map, Value};

const HOUSEHOLD: [Field; 7] = [
    Field::new("head", "户主", Input::Line).wanted().about("上门知道找谁"),
    Field::new("number", "户号", Input::Line).wanted(),
    Field::new("address", "住址", Input::Line).about("找得到门"),
    Field::new("phone", "电话", Input::Phone).about("家里没人时能联系上"),
    Field::new("tags", "标签", Input::Many(Tag::ROWS)).about("知道哪一户要多去看看"),
    Field::new("consistency", "人户一致", Input::One(Consistency::ROWS)).folded(),
    Field::new("note", "备注", Input::Text).folded().about("上门要留意的事；可以读给户里人听"),
];

const RESIDENT: [Field; 6] = [
    Field::new("name", "姓名", Input::Line).wanted().about("知道和谁说话"),
    Field::new("relation", "与户主关系", Input::One(Relation::ROWS)),
    Field::new("sex", "性别", Input::One(Sex::ROWS)),
    Field::new("birth", "出生日期", Input::PastDay).about("知道家里有没有老人、孩子"),
    Field::new("phone", "电话", Input::Phone).about("有事能联系到本人"),
    Field::new("living", "居住状态", Input::One(Living::ROWS)).about("知道人在不在家"),
];

const VISIT: [Field; 6] = [
    Field::new("outcome", "走访结果", Input::One(Outcome::ROWS)).wanted(),
    Field::new("found", "走访情况", Input::Text).depends(),
    Field::new("purposes", "走访事由", Input::Many(Purpose::ROWS)),
    Field::new("requests", "反映问题", Input::Text).folded(),
    Field::new("done", "处理", Input::Text).folded(),
    Field::new("next_on", "下次走访", Input::ComingDay).folded(),
];

const DISPUTE: [Field; 13] = [
    Field::new("title", "名称", Input::Line).wanted(),
    Field::new("matter", "类型", Input::One(DisputeType::ROWS)).wanted(),
    Field::new("source", "来源", Input::One(Source::ROWS)).wanted(),
    Field::new("found_on", "发现日", Input::Day).wanted(),
    Field::new("place", "地点", Input::Line),
    Field::new("summary", "简要情况", Input::Text),
    Field::new("colour", "预警色", Input::One(Colour::ROWS)),
    Field::new("colour_why", "定色理由", Input::Line).depends(),
    Field::new("size", "规模", Input::One(Size::ROWS)).folded(),
    Field::new("people", "涉及人数", Input::Number).folded(),
    Field::new("mediators", "调解员", Input::Line).folded(),
    Field::new("chosen", "调解员由当事人选定", Input::Flag).folded(),
    Field::new("open", "公开调解", Input::Flag).folded(),
];

const PARTY: [Field; 9] = [
    Field::new("name", "姓名", Input::Line).wanted().about("写进登记表和协议书"),
    Field::new("side", "地位", Input::One(Side::ROWS)).wanted(),
    Field::new("consent", "是否同意调解", Input::One(Consent::ROWS)).about("调解要双方自愿"),
    Field::new("phone", "电话", Input::Phone).about("通知调解和回访"),
    Field::new("sex", "性别", Input::One(Sex::ROWS)).folded().about("协议书载明当事人基本情况"),
    Field::new("born", "出生年份", Input::Number).folded().about("协议书载明当事人基本情况"),
    Field::new("address", "住址", Input::Line).folded().about("协议书载明当事人基本情况"),
    Field::new("representative", "代理人", Input::Line).folded().about("代理人到场时写明"),
    Field::new("id_number", "身份证号", Input::IdNumber).folded().about("只在申请司法确认时需要，可不填"),
];

const SESSION: [Field; 8] = [
    Field::new("sort", "做什么", Input::One(Sitting::ROWS)),
    Field::new("on", "日期", Input::Day).wanted(),
    Field::new("place", "地点", Input::Line),
    Field::new("present", "参加人", Input::Line),
    Field::new("told", "已告知双方权利义务", Input::Flag),
    Field::new("said", "陈述和经过", Input::Text).wanted(),
    Field::new("proposals", "调解意见", Input::Text),
    Field::new("result", "结果", Input::Text),
];

const AGREEMENT: [Field; 9] = [
    Field::new("form", "形式", Input::One(Form::ROWS)).wanted(),
    Field::new("facts", "主要事实和各方责任", Input::Text).wanted(),
    Field::new("manner", "履行方式", Input::Line),
    Field::new("on", "达成日期", Input::Day).wanted(),
    Field::new("sealed_on", "加盖调委会印章的日期", Input::Day),
    Field::new("number", "协议编号", Input::Line).folded(),
    Field::new("status", "涉及身份、收养、婚姻关系", Input::Flag).folded(),
    Field::new("applied_on", "申请司法确认的日期", Input::Day).folded(),
    Field::new("confirmed_on", "司法确认的日期", Input::Day).folded(),
];

const TERM: [Field; 3] = [
    Field::new("what", "谁做什么", Input::Text).wanted(),
    Field::new("due", "履行期限", Input::Day),
    Field::new("done_on", "已履行的日期", Input::Day).folded(),
];

const FOLLOW_UP: [Field; 6] = [
    Field::new("on", "日期", Input::Day).wanted(),
    Field::new("performed", "履行情况", Input::One(Performance::ROWS)).wanted(),
    Field::new("content", "双方满意", Input::Flag),
    Field::new("court", "有一方已起诉", Input::Flag),
    Field::new("risk", "还有什么隐患", Input::Text),
    Field::new("measures", "采取的措施", Input::Text),
];

const CARE_CASE: [Field; 13] = [
    Field::new("name", "姓名", Input::Line).wanted().about("知道看望谁"),
    Field::new("place", "住处", Input::Line).about("知道去哪里看望"),
    Field::new("reason", "为什么关爱", Input::One(Reason::ROWS)).wanted().about("知道找谁帮忙，不是给人贴标签"),
    Field::new("difficulty", "需要哪方面的帮助", Input::One(Difficulty::ROWS)).about("安排合适的帮助"),
    Field::new("why", "立案理由", Input::Text).wanted().about("如实平实地写，可以读给本人听；不写诊断、不下结论"),
    Field::new("carer", "负责人", Input::Line).wanted(),
    Field::new("interval", "多久看望一次", Input::One(Interval::ROWS)).wanted(),
    Field::new("interval_why", "定这个间隔的理由", Input::Line).wanted(),
    Field::new("days", "另定的天数", Input::Number).folded(),
    Field::new("child", "不满14周岁", Input::Flag).about("须征得监护人同意"),
    Field::new("guardian", "监护人", Input::Line).folded().about("须征得监护人同意"),
    Field::new("guardian_agreed_on", "监护人同意的日期", Input::Day).folded().about("须征得监护人同意"),
    Field::new("opened_on", "立案日期", Input::Day).wanted(),
];

const PLAN_ITEM: [Field; 3] = [
    Field::new("what", "谁做什么", Input::Text).wanted(),
    Field::new("due", "期限", Input::Day),
    Field::new("done_on", "完成的日期", Input::Day),
];

const CARE_VISIT: [Field; 11] = [
    Field::new("on", "日期", Input::Day).wanted(),
    Field::new("way", "方式", Input::One(Way::ROWS)).wanted(),
    Field::new("found", "近况", Input::Text).wanted().about("知道帮助够不够；平实地写，不写诊断"),
    Field::new("needs", "需要什么", Input::Text).about("安排下一步帮助"),
    Field::new("help", "这次的帮助", Input::One(Help::ROWS)),
    Field::new("done", "做了什么", Input::Text),
    Field::new("consent", "本人同意心理疏导", Input::Flag).about("心理疏导要本人愿意"),
    Field::new("minutes", "疏导时长（分钟）", Input::Number).folded(),
    Field::new("referral", "转介到", Input::One(Referral::ROWS)).folded().about("请别的部门帮忙"),
    Field::new("answer", "转介的答复", Input::Text).folded().about("知道转介有没有结果"),
    Field::new("next_on", "下次看望", Input::Day),
];

const HAZARD: [Field; 5] = [
    Field::new("what", "有什么隐患", Input::Text).wanted(),
    Field::new("danger", "类型", Input::One(Danger::ROWS)).wanted(),
    Field::new("grade", "等级", Input::One(Grade::ROWS)).wanted(),
    Field::new("place", "地点", Input::Line).wanted(),
    Field::new("found_on", "发现日", Input::PastDay).wanted(),
];

const REQUEST: [Field; 5] = [
    Field::new("what", "要求什么", Input::Text).wanted().about("知道要办什么；可以读给本人听"),
    Field::new("subject", "类别", Input::One(Subject::ROWS)).wanted(),
    Field::new("asker", "谁提的", Input::Line).about("办好了知道告诉谁；不愿留名就不填"),
    Field::new("phone", "电话", Input::Phone).about("告知和答复"),
    Field::new("received_on", "提出日", Input::PastDay).wanted(),
];

const PATROL: [Field; 4] = [
    Field::new("team", "队伍", Input::One(Team::ROWS)).wanted(),
    Field::new("members", "队员", Input::Line).wanted(),
    Field::new("places", "巡逻地点", Input::Line),
    Field::new("handled", "现场处理", Input::Text),
];

const FINDING: [Field; 1] = [Field::new("what", "发现", Input::Text).wanted()];

const OUTREACH: [Field; 8] = [
    Field::new("topic", "内容", Input::One(Topic::ROWS)).wanted(),
    Field::new("venue", "法律七进", Input::One(Venue::ROWS)),
    Field::new("on", "日期", Input::PastDay).wanted(),
    Field::new("place", "地点", Input::Line),
    Field::new("reached", "听的人数", Input::Number),
    Field::new("saved", "劝阻受骗人数", Input::Number),
    Field::new("material", "发了什么资料", Input::Line).folded(),
    Field::new("note", "备注", Input::Text).folded(),
];

/// The fields of a kind's form, in their order; none for kinds without a form of this sort.
pub const fn fields(kind: &Kind) -> &'static [Field] {
    match kind {
        Kind::Household => &HOUSEHOLD,
        Kind::Resident => &RESIDENT,
        Kind::Visit => &VISIT,
        Kind::Dispute => &DISPUTE,
        Kind::Party => &PARTY,
        Kind::Session => &SESSION,
        Kind::Agreement => &AGREEMENT,
        Kind::Term => &TERM,
        Kind::FollowUp => &FOLLOW_UP,
        Kind::CareCase => &CARE_CASE,
        Kind::PlanItem => &PLAN_ITEM,
        Kind::CareVisit => &CARE_VISIT,
        Kind::Hazard => &HAZARD,
        Kind::Request => &REQUEST,
        Kind::Patrol => &PATROL,
        Kind::Finding => &FINDING,
        Kind::Outreach => &OUTREACH,
        _ => &[],
    }
}

/// A field of a kind's form.
pub fn field(kind: &Kind, name: &str) -> Option<&'static Field> {
    fields(kind).iter().find(|field| field.name == name)
}

/// Whether it may be a phone number: seven to thirteen digits, written with spaces or hyphens or without; or nothing.
fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.is_empty() || (7..=13).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " -+()".contains(c))
}

/// Returns the fault of a form whose time is still to come where it should not be. Only a phone asks, since it knows what day
/// it is. The time of a visit is the phone's own, so one day more is let pass.
pub fn still_to_come(kind: &Kind, values: &Map<String, Value>, today: NaiveDate) -> Option<Wrong> {
    let days = fields(kind).iter().filter(|field| field.input == Input::PastDay);
    let day = |field: &Field| values.get(field.name).and_then(Value::as_str).and_then(day::read);
    let at = values.get("at").filter(|_| *kind == Kind::Visit).and_then(Value::as_i64).map(day::day);
    if at.zip(today.succ_opt()).is_some_and(|(at, tomorrow)| at > tomorrow) {
        return Some(Wrong { field: "outcome", words: "走访时间晚于现在，请检查手机时间".to_owned() });
    }
    let mut wrong = days.filter(|field| day(field).is_some_and(|day| day > today));
    wrong.next().map(|field| Wrong { field: field.name, words: format!("{}还没到，请核对", field.label) })
}

/// A fault of a form: the field, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field's name.
    pub field: &'static str,
    /// The message that says what to do.
    pub words: String,
}

/// Whether a form can be saved.
///
/// # Errors
/// The first thing that is wrong, in the order of the form.
pub fn check(kind: &Kind, values: &Map<String, Value>) -> Result<(), Wrong> {
    check_fields(kind, values, |_| true)?;
    check_together(kind, values)
}

/// Whether some of the fields of a form can be saved as they are, each by itself.
///
/// # Errors
/// The first that can't, in the order of the form.
pub fn check_fields(kind: &Kind, values: &Map<String, Value>, some: impl Fn(&str) -> bool) -> Result<(), Wrong> {
    for field in fields(kind).iter().filter(|field| some(field.name)) {
        let value = values.get(field.name);
        let text = value.and_then(Value::as_str).unwrap_or_default().trim();
        let there = value.is_some_and(|value| !value.is_null() && (!value.is_string() || !text.is_empty()));
        let wrong = |words: String| Err(Wrong { field: field.name, words });
        if field.wanted && !there {
            let verb = if matches!(field.input, Input::One(_) | Input::Many(_)) { "选择" } else { "填写" };
            return wrong(format!("请{verb}{}", field.label));
        }
        if text.chars().count() > MAX_TEXT {
            return wrong(format!("{}太长，请控制在 {MAX_TEXT} 字以内", field.label));
        }
        if field.input == Input::Number && !text.is_empty() {
            return wrong(format!("{}请只写数字，如 36", field.label));
        }
        if field.input == Input::Phone && !is_phone(text) {
            return wrong("电话号码不对，请核对；没有时可以不填".to_owned());
        }
        if field.input == Input::IdNumber && !text.is_empty() && id_number::check(text).is_err() {
            return wrong("身份证号不对，请核对；不需要时可以不填".to_owned());
        }
    }
    Ok(())
}

/// Whether fields fit together.
fn check_together(kind: &Kind, values: &Map<String, Value>) -> Result<(), Wrong> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let flag = |name: &str| values.get(name).and_then(Value::as_bool).unwrap_or_default();
    if *kind == Kind::Visit {
        if text("outcome") == Outcome::Met.code() && text("found").trim().is_empty() {
            return Err(Wrong { field: "found", words: "请写几个字：见到了谁、家里怎样".to_owned() });
        }
        let at = values.get("at").and_then(Value::as_i64).map(day::day);
        if day::read(text("next_on")).zip(at).is_some_and(|(next, at)| next <= at) {
            return Err(Wrong { field: "next_on", words: "下次走访应在今天之后".to_owned() });
        }
    }
    if *kind == Kind::Dispute && !text("colour").is_empty() && text("colour_why").trim().is_empty() {
        return Err(Wrong { field: "colour_why", words: "请写明为什么定这个颜色".to_owned() });
    }
    if *kind == Kind::Agreement && flag("status") && !(text("applied_on").is_empty() && text("confirmed_on").is_empty())
    {
        let words = "涉及身份、收养、婚姻关系的协议，法院不予司法确认，请去掉申请日期".to_owned();
        return Err(Wrong { field: "applied_on", words });
    }
    let number = |name: &str| values.get(name).and_then(Value::as_u64).unwrap_or_default();
    let wrong = |field, words: &str| Err(Wrong { field, words: words.to_owned() });
    if *kind == Kind::CareCase {
        if text("interval") == Interval::Own.code() && !(1..=MAX_INTERVAL).contains(&number("days")) {
            return wrong("days", "请在“更多”里填写几天看望一次，最长180天");
        }
        if flag("child") && (text("guardian").trim().is_empty() || text("guardian_agreed_on").is_empty()) {
            return wrong("child", "不满14周岁，请在“更多”里填写监护人和监护人同意的日期");
        }
    }
    if *kind == Kind::CareVisit && text("help") == Help::Counselling.code() && !flag("consent") {
        return wrong("consent", "心理疏导要本人同意；不同意时请选别的帮助");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_that_is_none_is_explained_and_not_emptied() {
        let said = |people: Value| {
            let values = Map::from_iter([("people".to_owned(), people)]);
            check_fields(&Kind::Dispute, &values, |name| name == "people").err().map(|wrong| wrong.words)
        };
        assert_eq!(said(json!(36)), None);
        assert_eq!(said(json!("三十来人")).as_deref(), Some("涉及人数请只写数字，如 36"));
    }

    #[test]
    fn a_visit_says_what_is_wrong_with_it() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 29).expect("a day");
        let noon = 1_795_924_800_000_i64;
        assert_eq!(day::day(noon), today);
        let wrong = |changes: Value, today: NaiveDate| {
            let mut values =
                json!({"outcome": "met", "found": "都好", "at": noon}).as_object().expect("an object").clone();
            values.extend(changes.as_object().expect("an object").clone());
            let wrong = check(&Kind::Visit, &values).err();
            wrong.or_else(|| still_to_come(&Kind::Visit, &values, today)).map(|wrong| wrong.field)
        };
        let said = |changes| wrong(changes, today);
        assert_eq!(said(json!({})), None);
        assert_eq!(said(json!({"found": "  "})), Some("found"));
        assert_eq!(said(json!({"found": "", "outcome": "nobody"})), None, "one tap is enough when nobody is home");
        assert_eq!(said(json!({"requests": "长".repeat(2_001)})), Some("requests"));
        assert_eq!(said(json!({"next_on": "2026-11-29"})), Some("next_on"));
        assert_eq!(said(json!({"next_on": "2026-11-30"})), None);
        let behind = |days| today - chrono::Days::new(days);
        assert_eq!(wrong(json!({}), behind(1)), None, "clocks differ");
        assert_eq!(wrong(json!({}), behind(2)), Some("outcome"), "the phone's clock is wrong");
    }
}
