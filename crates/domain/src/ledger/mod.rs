//! Ledgers (台账): derived from the records, never typed. A ledger is its columns and rows of cells.

mod cell;
mod reports;

pub use cell::Cell;
pub use reports::*;

use crate::{
    care::{
        CareFile,
        codes::{Difficulty, Help, Reason},
        records::CareCase,
    },
    case::Case,
    codes::{Outcome, Purpose},
    day,
    dispute::{
        DisputeFile,
        codes::{Colour, DisputeType, Performance, Size, Source},
        records::Dispute,
        steps::Step,
    },
    outreach::Outreach,
    patrol::Patrol,
    record::{Class, Kind, Record},
    report::records::{Hazard, Request},
    roster::household::Household,
    visit::Visit,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Returns the day that a record itself is about, by which ledgers and lists are in order: a visit's, the one on which a
/// dispute, a hazard or a request came up, a patrol began, a care case was opened, outreach was done. None for other
/// records, such as were withdrawn, and those that name no day.
pub fn day_of(record: &Record) -> Option<NaiveDate> {
    if record.withdrawn() {
        return None;
    }
    match record.kind {
        Kind::Visit => Some(day::day(record.view::<Visit>()?.at)),
        Kind::Dispute => record.view::<Dispute>()?.found_on,
        Kind::CareCase => {
            let opened = record.view::<CareCase>()?.opened_on;
            Some(opened.unwrap_or_else(|| day::day(record.created.at.cast_signed())))
        }
        Kind::Hazard => record.view::<Hazard>()?.found_on,
        Kind::Request => record.view::<Request>()?.received_on,
        Kind::Patrol => Some(day::day(record.view::<Patrol>()?.began)),
        Kind::Outreach => record.view::<Outreach>()?.on,
        _ => None,
    }
}

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

/// A column: its name, and its width in characters of the sheet's font.
pub type Column = (&'static str, u16);

/// The columns of the 走访台账.
pub const VISIT_COLUMNS: [Column; 10] = [
    ("序号", 6),
    ("日期", 12),
    ("网格", 20),
    ("户主", 10),
    ("走访人", 10),
    ("结果", 22),
    ("反映问题", 30),
    ("处理", 30),
    ("责任人", 10),
    ("办结日期", 12),
];

/// Returns a row of the 走访台账. `number` counts from 1, `grid` is the grid's name; the head's name is masked unless
/// `full_names`.
pub fn visit_row(
    number: usize,
    grid: &str,
    household: Option<&Household>,
    visit: &Visit,
    full_names: bool,
) -> [Cell; 10] {
    let head = household.map_or("", |household| household.head.as_str());
    let head = if full_names { head.to_owned() } else { mask_name(head) };
    let handled = !visit.done.is_empty();
    let responsible = visit.workers.first().filter(|_| !visit.requests.is_empty()).map_or("", String::as_str);
    [
        number.into(),
        day::day(visit.at).into(),
        grid.into(),
        head.into(),
        visit.workers.join("、").into(),
        outcome_words(visit).into(),
        visit.requests.as_str().into(),
        visit.done.as_str().into(),
        responsible.into(),
        handled.then(|| day::day(visit.at)).into(),
    ]
}

/// The columns of the 纠纷台账.
pub const DISPUTE_COLUMNS: [Column; 17] = [
    ("序号", 6),
    ("编号", 16),
    ("网格", 20),
    ("发现日", 12),
    ("来源", 10),
    ("类型", 12),
    ("当事人", 16),
    ("简况", 36),
    ("规模", 10),
    ("预警色", 8),
    ("责任人", 10),
    ("时限", 12),
    ("状态", 10),
    ("结果", 14),
    ("协议号", 16),
    ("回访", 20),
    ("归档", 12),
];

/// Returns a row of the 纠纷台账. `number` counts from 1, `grid` is the grid's name; names are masked and the story is left out
/// unless `in_full`.
pub fn dispute_row(number: usize, grid: &str, file: &DisputeFile, in_full: bool) -> [Cell; 17] {
    let dispute = &file.dispute;
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
        number.into(),
        file.number().into(),
        grid.into(),
        dispute.found_on.into(),
        dispute.source.map_or("", Source::label).into(),
        dispute.matter.map_or("", DisputeType::label).into(),
        parties.into(),
        if in_full { dispute.summary.as_str() } else { "" }.into(),
        dispute.size.map_or("", Size::label).into(),
        dispute.colour.map_or("", Colour::label).into(),
        file.handler().into(),
        file.deadline().map(|due| due.by).into(),
        file.state.label().into(),
        ended.unwrap_or_default().into(),
        agreement.unwrap_or_default().into(),
        follow_up.unwrap_or_default().into(),
        file.last(Step::Archive).map(|done| done.on()).into(),
    ]
}

/// The columns of the 关爱回访台账. There is none for who it is about: that is for those on the case.
pub const CARE_COLUMNS: [Column; 12] = [
    ("序号", 6),
    ("编号", 16),
    ("网格", 20),
    ("困难原因", 14),
    ("帮扶人", 10),
    ("频次", 8),
    ("立案日", 12),
    ("上次", 12),
    ("下次", 12),
    ("状态", 10),
    ("帮扶", 24),
    ("成效", 36),
];

/// Returns a row of the 关爱回访台账 on a day. `number` counts from 1, `grid` is the grid's name; what was done is told in words
/// only `in_full`.
pub fn care_row(number: usize, grid: &str, file: &CareFile, today: NaiveDate, in_full: bool) -> [Cell; 12] {
    let case = &file.case;
    let why = case.reason.map(Reason::label).into_iter().chain(case.difficulty.map(Difficulty::label));
    let last = file.visits.iter().map(|(_, visit)| visit).max_by_key(|visit| visit.on);
    let help = Help::ALL.iter().filter_map(|help| {
        let count = file.visits.iter().filter(|(_, visit)| visit.help == Some(*help)).count();
        (count > 0).then(|| format!("{}{count}次", help.label()))
    });
    let done = file.plan.iter().filter(|(_, item)| item.done_on.is_some()).count();
    let plan = (!file.plan.is_empty()).then(|| format!("计划完成{done}/{}", file.plan.len()));
    let told = last.filter(|visit| in_full && !visit.done.is_empty()).map(|visit| visit.done.clone());
    [
        number.into(),
        file.number().into(),
        grid.into(),
        why.collect::<Vec<_>>().join("，").into(),
        file.carer().into(),
        case.interval_days().map(|days| format!("{days}天")).unwrap_or_default().into(),
        case.opened_on.into(),
        last.and_then(|visit| visit.on).into(),
        file.look_by(today).into(),
        file.state(today).label().into(),
        help.collect::<Vec<_>>().join("、").into(),
        plan.into_iter().chain(told).collect::<Vec<_>>().join("；").into(),
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

    const GRID: &str = "航空社区第2网格";

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
        let at = |row: &[Cell; 17], column: &str| {
            row[DISPUTE_COLUMNS.iter().position(|(name, _)| *name == column).expect("a column")].to_string()
        };
        let (masked, full) = (dispute_row(1, GRID, &file, false), dispute_row(1, GRID, &file, true));
        assert_eq!([at(&masked, "当事人"), at(&masked, "简况")], ["王某 与 张某", ""]);
        assert_eq!([at(&full, "当事人"), at(&full, "简况")], ["王建国、张秀英", "界墙高低"]);
        for (column, expected) in
            [("网格", GRID), ("发现日", "2026-11-23"), ("类型", "邻里"), ("责任人", "李强"), ("状态", "已发现")]
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
                reason: Some(Reason::Setback),
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
        let today = on("2026-03-10").expect("a day");
        let row = care_row(1, GRID, &file, today, false);
        let at = |row: &[Cell; 12], column: &str| {
            row[CARE_COLUMNS.iter().position(|(name, _)| *name == column).expect("a column")].to_string()
        };
        for (column, expected) in [
            ("编号", "20260301-ABAB"),
            ("困难原因", "遇到重大变故，赡养"),
            ("帮扶人", "孙丽"),
            ("频次", "30天"),
            ("上次", "2026-03-05"),
            ("状态", "待确认"),
            ("帮扶", "关爱救助1次"),
            ("成效", "计划完成1/2"),
        ] {
            assert_eq!(at(&row, column), expected, "{column}");
        }
        let full = care_row(1, GRID, &file, today, true);
        assert_eq!(at(&full, "成效"), "计划完成1/2；陪着去了医院");
        for told in row.iter().chain(&full) {
            for hidden in ["赵", "过世", "睡不好"] {
                assert!(!told.to_string().contains(hidden), "{told}");
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
        let row = visit_row(1, GRID, Some(&household), &visit, false);
        let expected = [
            "1",
            "2026-11-23",
            GRID,
            "李**",
            "王芳",
            "已见面（日常走访、反诈宣传）",
            "路灯坏了",
            "已报村委",
            "王芳",
            "2026-11-23",
        ];
        assert_eq!(row.map(|cell| cell.to_string()), expected);
        assert_eq!(visit_row(1, GRID, Some(&household), &visit, true)[3].to_string(), "李大明");
    }
}
