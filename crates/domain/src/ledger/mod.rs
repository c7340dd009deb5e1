//! Ledgers (台账): derived from the records, never typed. A ledger is its columns and rows of text.

mod reports;

pub use reports::*;

use crate::{
    area::GridCode,
    care::{
        CareFile,
        codes::{Difficulty, Help},
    },
    case::Case,
    codes::{Outcome, Purpose},
    day,
    dispute::{
        DisputeFile,
        codes::{Colour, DisputeType, Performance, Size, Source},
        steps::Step,
    },
    record::Class,
    roster::household::Household,
    visit::Visit,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A ledger that an office can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// 走访台账, by the day of the visit.
    Visits,
    /// 矛盾纠纷台账, by the day it was found.
    Disputes,
    /// 关爱回访台账: cases that were open in the time, without names.
    Care,
    /// 隐患台账, by the day it was found.
    Hazards,
    /// 诉求台账, by the day it was received; without who asked.
    Requests,
    /// 巡逻台账, by the day it began.
    Patrols,
    /// 宣讲台账, by the day.
    Outreach,
}

impl Ledger {
    /// Every ledger.
    pub const ALL: [Self; 7] =
        [Self::Visits, Self::Disputes, Self::Care, Self::Hazards, Self::Requests, Self::Patrols, Self::Outreach];

    /// The name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Visits => "走访台账",
            Self::Disputes => "矛盾纠纷台账",
            Self::Care => "关爱回访台账",
            Self::Hazards => "隐患台账",
            Self::Requests => "诉求台账",
            Self::Patrols => "巡逻台账",
            Self::Outreach => "宣讲台账",
        }
    }

    /// The class of what is in it.
    pub const fn class(self) -> Class {
        match self {
            Self::Visits | Self::Hazards | Self::Requests | Self::Patrols | Self::Outreach => Class::General,
            Self::Disputes => Class::Mediation,
            Self::Care => Class::Care,
        }
    }
}

/// The columns of the 走访台账.
pub const VISIT_COLUMNS: [&str; 10] =
    ["序号", "日期", "网格", "户主", "走访人", "结果", "反映问题", "处理", "责任人", "办结日期"];

/// A row of the 走访台账. `number` counts from 1; the head's name is masked unless `full_names`.
pub fn visit_row(
    number: usize,
    grid: &GridCode,
    household: Option<&Household>,
    visit: &Visit,
    full_names: bool,
) -> [String; 10] {
    let head = household.map_or("", |household| household.head.as_str());
    let head = if full_names { head.to_owned() } else { mask_name(head) };
    let handled = !visit.done.is_empty();
    [
        number.to_string(),
        day::ledger(day::day(visit.at)),
        grid.to_string(),
        head,
        visit.workers.join("、"),
        outcome_words(visit),
        visit.requests.clone(),
        visit.done.clone(),
        if visit.requests.is_empty() { String::new() } else { visit.workers.first().cloned().unwrap_or_default() },
        if handled { day::ledger(day::day(visit.at)) } else { String::new() },
    ]
}

/// The columns of the 纠纷台账.
pub const DISPUTE_COLUMNS: [&str; 16] = [
    "序号",
    "编号",
    "发现日",
    "来源",
    "类型",
    "当事人",
    "简况",
    "规模",
    "预警色",
    "责任人",
    "时限",
    "状态",
    "结果",
    "协议号",
    "回访",
    "归档",
];

/// A row of the 纠纷台账. `number` counts from 1; names are masked and the story is left out unless `in_full`.
pub fn dispute_row(number: usize, file: &DisputeFile, in_full: bool) -> [String; 16] {
    let dispute = &file.dispute;
    let on = |step: Step| file.last(step).map(|done| day::ledger(done.on())).unwrap_or_default();
    let names: Vec<&str> = file.parties.iter().map(|(_, party)| party.name.as_str()).collect();
    let parties = if in_full { names.join("、") } else { file.parties_in_short() };
    let ended = file.history().rev().find_map(|done| match done.taken.step {
        Step::AgreeWritten => Some("书面协议".to_owned()),
        Step::AgreeOral => Some("口头协议".to_owned()),
        Step::Terminate => Some(done.taken.reason.map_or("终止调解", |reason| reason.label()).to_owned()),
        Step::Withdraw => Some("当事人撤回".to_owned()),
        Step::Return => Some("不予受理".to_owned()),
        _ => None,
    });
    let agreed = file.effective_on().and(file.last_agreement()).map(|(_, agreement)| agreement);
    let agreement = agreed.map(|one| if one.number.is_empty() { file.number() } else { one.number.clone() });
    let follow_up = file.follow_ups.last().map(|(_, visit)| {
        let on = visit.on.map(day::ledger).unwrap_or_default();
        format!("{on} {}", visit.performed.map_or("", Performance::label)).trim().to_owned()
    });
    [
        number.to_string(),
        file.number(),
        dispute.found_on.map(day::ledger).unwrap_or_default(),
        dispute.source.map_or("", Source::label).to_owned(),
        dispute.matter.map_or("", DisputeType::label).to_owned(),
        parties,
        if in_full { dispute.summary.clone() } else { String::new() },
        dispute.size.map_or("", Size::label).to_owned(),
        dispute.colour.map_or("", Colour::label).to_owned(),
        file.handler(),
        file.deadline().map(|due| format!("{} {}", due.what.label(), day::ledger(due.by))).unwrap_or_default(),
        file.state.label().to_owned(),
        ended.unwrap_or_default(),
        agreement.unwrap_or_default(),
        follow_up.unwrap_or_default(),
        on(Step::Archive),
    ]
}

/// The columns of the 关爱回访台账. There is none for who it is about: that is for those on the case.
pub const CARE_COLUMNS: [&str; 12] =
    ["序号", "编号", "网格", "困难原因", "帮扶人", "频次", "立案日", "上次", "下次", "状态", "帮扶", "成效"];

/// A row of the 关爱回访台账 on a day. `number` counts from 1; what was done is told in words only `in_full`.
pub fn care_row(number: usize, grid: &GridCode, file: &CareFile, today: NaiveDate, in_full: bool) -> [String; 12] {
    let case = &file.case;
    let on = |day: Option<NaiveDate>| day.map(day::ledger).unwrap_or_default();
    let last = file.visits.iter().map(|(_, visit)| visit).max_by_key(|visit| visit.on);
    let help = Help::ALL.iter().filter_map(|help| {
        let count = file.visits.iter().filter(|(_, visit)| visit.help == Some(*help)).count();
        (count > 0).then(|| format!("{}{count}次", help.label()))
    });
    let done = file.plan.iter().filter(|(_, item)| item.done_on.is_some()).count();
    let plan = (!file.plan.is_empty()).then(|| format!("计划完成{done}/{}", file.plan.len()));
    let told = last.filter(|visit| in_full && !visit.done.is_empty()).map(|visit| visit.done.clone());
    [
        number.to_string(),
        file.number(),
        grid.to_string(),
        case.difficulty.map_or("", Difficulty::label).to_owned(),
        file.carer().to_owned(),
        case.interval_days().map(|days| format!("{days}天")).unwrap_or_default(),
        on(case.opened_on),
        on(last.and_then(|visit| visit.on)),
        on(file.look_by(today)),
        file.state(today).label().to_owned(),
        help.collect::<Vec<_>>().join("、"),
        plan.into_iter().chain(told).collect::<Vec<_>>().join("；"),
    ]
}

fn outcome_words(visit: &Visit) -> String {
    let purposes: Vec<&str> = visit.purposes.iter().map(|purpose: &Purpose| purpose.label()).collect();
    match (visit.outcome, purposes.is_empty()) {
        (Outcome::Met, false) => format!("{}（{}）", visit.outcome.label(), purposes.join("、")),
        _ => visit.outcome.label().to_owned(),
    }
}

/// A name as a ledger shows it to those without the right to it: the surname.
pub fn mask_name(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => std::iter::once(first).chain(characters.map(|_| '*')).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        care::{codes::Interval, records::CareCase},
        dispute::records::Dispute,
        id::RecordId,
    };

    #[test]
    fn a_dispute_row_follows_the_columns_and_tells_no_story_unless_in_full() {
        let dispute = Dispute { summary: "界墙高低".into(), mediators: "李强".into(), ..Dispute::default() };
        let party = |name: &str, side: &str| {
            let id = RecordId::new(1, [1; 10]);
            (
                id,
                serde_json::from_value(serde_json::json!({"dispute": id, "name": name, "side": side}))
                    .expect("a party"),
            )
        };
        let file = DisputeFile {
            id: RecordId::new(1, [0; 10]),
            dispute: Dispute { found_on: day::read("2026-11-23"), matter: Some(DisputeType::Neighbours), ..dispute },
            parties: vec![party("王建国", "applicant"), party("张秀英", "respondent")],
            sessions: Vec::new(),
            agreements: Vec::new(),
            terms: Vec::new(),
            signatures: Vec::new(),
            follow_ups: Vec::new(),
            steps: Vec::new(),
            state: crate::dispute::steps::State::Found,
        };
        let at = |row: &[String; 16], column: &str| {
            row[DISPUTE_COLUMNS.iter().position(|name| *name == column).expect("a column")].clone()
        };
        let (masked, full) = (dispute_row(1, &file, false), dispute_row(1, &file, true));
        assert_eq!([at(&masked, "当事人"), at(&masked, "简况")], ["王某 与 张某", ""]);
        assert_eq!([at(&full, "当事人"), at(&full, "简况")], ["王建国、张秀英", "界墙高低"]);
        for (column, expected) in [("发现日", "2026-11-23"), ("类型", "邻里"), ("责任人", "李强"), ("状态", "已发现")]
        {
            assert_eq!(at(&masked, column), expected);
        }
    }

    #[test]
    fn a_care_row_names_nobody_and_tells_what_was_done_only_in_full() {
        let on = |text: &str| day::read(text);
        let id = RecordId::new(1, [0xAB; 10]);
        fn view<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
            serde_json::from_value(value).expect("a view")
        }
        let file = CareFile {
            id,
            case: CareCase {
                name: "赵桂兰".into(),
                why: "老伴今年过世".into(),
                difficulty: Some(Difficulty::Support),
                carer: "孙丽".into(),
                interval: Some(Interval::Month),
                opened_on: on("2026-03-01"),
                ..CareCase::default()
            },
            opened_by: "孙丽".into(),
            plan: vec![
                (id, view(serde_json::json!({"case": id, "what": "送饭", "done_on": "2026-03-09"}))),
                (id, view(serde_json::json!({"case": id, "what": "装扶手"}))),
            ],
            visits: vec![(
                id,
                view(
                    serde_json::json!({"case": id, "on": "2026-03-05", "found": "睡不好", "help": "care", "done": "陪着去了医院"}),
                ),
            )],
            steps: Vec::new(),
        };
        let grid = "411502001003-02".parse().expect("a grid");
        let today = on("2026-03-10").expect("a day");
        let row = care_row(1, &grid, &file, today, false);
        let at = |row: &[String; 12], column: &str| {
            row[CARE_COLUMNS.iter().position(|name| *name == column).expect("a column")].clone()
        };
        for (column, expected) in [
            ("编号", "20260301-ABAB"),
            ("困难原因", "赡养"),
            ("帮扶人", "孙丽"),
            ("频次", "30天"),
            ("上次", "2026-03-05"),
            ("状态", "待确认"),
            ("帮扶", "关爱救助1次"),
            ("成效", "计划完成1/2"),
        ] {
            assert_eq!(at(&row, column), expected, "{column}");
        }
        let full = care_row(1, &grid, &file, today, true);
        assert_eq!(at(&full, "成效"), "计划完成1/2；陪着去了医院");
        for told in row.iter().chain(&full) {
            for hidden in ["赵", "过世", "睡不好"] {
                assert!(!told.contains(hidden), "{told}");
            }
        }
    }

    #[test]
    fn a_visit_row_follows_the_columns_and_masks_the_name() {
        let mut visit = Visit::new(RecordId::new(1, [0; 10]), 1_795_406_400_000, "王芳", Outcome::Met);
        visit.purposes = vec![Purpose::Routine, Purpose::AntiFraud];
        visit.requests = "路灯坏了".into();
        visit.done = "已报村委".into();
        let household = Household { head: "李大明".into(), ..Household::default() };
        let grid = "411502001003-02".parse().expect("a grid");
        let row = visit_row(1, &grid, Some(&household), &visit, false);
        let expected = [
            "1",
            "2026-11-23",
            "411502001003-02",
            "李**",
            "王芳",
            "已见面（日常走访、反诈宣传）",
            "路灯坏了",
            "已报村委",
            "王芳",
            "2026-11-23",
        ];
        assert_eq!(row, expected);
        assert_eq!(visit_row(1, &grid, Some(&household), &visit, true)[3], "李大明");
    }
}
