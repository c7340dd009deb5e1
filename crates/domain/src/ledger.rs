//! Ledgers (台账): derived from the records, never typed. A ledger is its columns and rows of text.

use crate::{
    area::GridCode,
    codes::{Outcome, Purpose},
    day,
    dispute::{
        File,
        codes::{Colour, Matter, Performance, Size, Source},
        workflow::Step,
    },
    household::Household,
    record::Class,
    visit::Visit,
};
use serde::{Deserialize, Serialize};

/// A ledger that an office can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// 走访台账, by the day of the visit.
    Visits,
    /// 矛盾纠纷台账, by the day it was found.
    Disputes,
}

impl Ledger {
    /// Every ledger.
    pub const ALL: [Self; 2] = [Self::Visits, Self::Disputes];

    /// The name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Visits => "走访台账",
            Self::Disputes => "矛盾纠纷台账",
        }
    }

    /// The class of what is in it.
    pub const fn class(self) -> Class {
        match self {
            Self::Visits => Class::General,
            Self::Disputes => Class::Mediation,
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
pub fn dispute_row(number: usize, file: &File, in_full: bool) -> [String; 16] {
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
        dispute.matter.map_or("", Matter::label).to_owned(),
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
    use crate::{dispute::records::Dispute, id::RecordId};

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
        let file = File {
            id: RecordId::new(1, [0; 10]),
            dispute: Dispute { found_on: day::read("2026-11-23"), matter: Some(Matter::Neighbours), ..dispute },
            parties: vec![party("王建国", "applicant"), party("张秀英", "respondent")],
            sessions: Vec::new(),
            agreements: Vec::new(),
            terms: Vec::new(),
            signatures: Vec::new(),
            follow_ups: Vec::new(),
            steps: Vec::new(),
            state: crate::dispute::workflow::State::Found,
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
