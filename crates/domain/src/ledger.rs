//! Ledgers (台账): derived from the records, never typed. A ledger is its columns and rows of text.

use crate::{
    area::GridCode,
    codes::{Outcome, Purpose},
    day,
    household::Household,
    visit::Visit,
};

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
    use crate::id::RecordId;

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
