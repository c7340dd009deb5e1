//! The ledgers of hazards, requests, patrols and outreach.

use super::{Cell, Column};
use crate::{
    case::Case,
    day,
    outreach::{Outreach, Topic, Venue},
    patrol::{Patrol, Team},
    report::{
        Report,
        codes::{Danger, Grade, Satisfied, Subject},
        file::About,
        records::{Hazard, Request},
        steps::Step,
    },
};

/// The columns of the 隐患台账.
pub const HAZARD_COLUMNS: [Column; 14] = [
    ("序号", 6),
    ("编号", 16),
    ("发现日", 12),
    ("网格", 20),
    ("类型", 10),
    ("等级", 8),
    ("地点", 18),
    ("隐患", 36),
    ("发现人", 10),
    ("责任人", 14),
    ("时限", 12),
    ("状态", 10),
    ("整改情况", 36),
    ("验收", 18),
];

/// The columns of the 诉求台账. There is none for who asked: it is kept so that requests are answered in time.
pub const REQUEST_COLUMNS: [Column; 11] = [
    ("序号", 6),
    ("编号", 16),
    ("提出日", 12),
    ("网格", 20),
    ("类别", 12),
    ("诉求", 36),
    ("承办人", 14),
    ("时限", 12),
    ("状态", 10),
    ("答复", 36),
    ("满意度", 10),
];

/// The columns of the 巡逻台账.
pub const PATROL_COLUMNS: [Column; 10] = [
    ("序号", 6),
    ("日期", 12),
    ("网格", 20),
    ("队伍", 14),
    ("队员", 18),
    ("开始", 8),
    ("结束", 8),
    ("地点", 20),
    ("发现", 36),
    ("处理", 36),
];

/// The columns of the 宣讲台账.
pub const OUTREACH_COLUMNS: [Column; 10] = [
    ("序号", 6),
    ("日期", 12),
    ("网格", 20),
    ("内容", 12),
    ("场所", 10),
    ("地点", 18),
    ("受众人数", 10),
    ("劝阻诈骗人数", 14),
    ("资料", 18),
    ("备注", 30),
];

fn told(in_full: bool, words: &str) -> Cell {
    if in_full { words } else { "" }.into()
}

fn said(report: &Report, step: Step, in_full: bool) -> Cell {
    let words = report.last_of(&[step]).map(|done| {
        let words = if in_full { done.taken.why.as_str() } else { "" };
        format!("{} {words}", day::ledger(done.on())).trim().to_owned()
    });
    words.into()
}

fn due(report: &Report) -> Cell {
    report.deadline().map(|due| due.by).into()
}

/// Returns a row of the 隐患台账; none where it is a request. `number` counts from 1, `grid` is the grid's name; what somebody
/// wrote of it is told only `in_full`, for it may name people.
pub fn hazard_row(number: usize, grid: &str, report: &Report, in_full: bool) -> Option<[Cell; 14]> {
    let About::Hazard(Hazard { what, danger, grade, place, found_on, .. }) = &report.about else { return None };
    let verified = report.last_of(&[Step::Verify]).map(|done| format!("{} {}", day::ledger(done.on()), done.by));
    Some([
        number.into(),
        report.number().into(),
        (*found_on).into(),
        grid.into(),
        danger.map_or("", Danger::label).into(),
        grade.map_or("", Grade::label).into(),
        place.as_str().into(),
        told(in_full, what),
        report.by.to_string().into(),
        report.owner().into(),
        due(report),
        report.state().label().into(),
        said(report, Step::PutRight, in_full),
        verified.into(),
    ])
}

/// Returns a row of the 诉求台账; none where it is a hazard. `number` counts from 1; what was asked and answered is told only
/// `in_full`.
pub fn request_row(number: usize, grid: &str, report: &Report, in_full: bool) -> Option<[Cell; 11]> {
    let About::Request(Request { what, subject, received_on, .. }) = &report.about else { return None };
    let satisfied = report.history().rev().find_map(|done| done.taken.satisfied);
    Some([
        number.into(),
        report.number().into(),
        (*received_on).into(),
        grid.into(),
        subject.map_or("", Subject::label).into(),
        told(in_full, what),
        report.owner().into(),
        due(report),
        report.state().label().into(),
        said(report, Step::Answer, in_full),
        satisfied.map_or("", Satisfied::label).into(),
    ])
}

/// Returns a row of the 巡逻台账. `number` counts from 1; what was found and done is told only `in_full`.
pub fn patrol_row(number: usize, grid: &str, patrol: &Patrol, found: &[String], in_full: bool) -> [Cell; 10] {
    [
        number.into(),
        day::day(patrol.began).into(),
        grid.into(),
        patrol.team.map_or("", Team::label).into(),
        patrol.members.as_str().into(),
        day::clock(patrol.began).into(),
        patrol.ended.map(day::clock).into(),
        patrol.places.as_str().into(),
        told(in_full, &found.join("；")),
        told(in_full, &patrol.handled),
    ]
}

/// Returns a row of the 宣讲台账. `number` counts from 1; the note is told only `in_full`.
pub fn outreach_row(number: usize, grid: &str, outreach: &Outreach, in_full: bool) -> [Cell; 10] {
    [
        number.into(),
        outreach.on.into(),
        grid.into(),
        outreach.topic.map_or("", Topic::label).into(),
        outreach.venue.map_or("", Venue::label).into(),
        outreach.place.as_str().into(),
        outreach.reached.into(),
        outreach.saved.into(),
        outreach.material.as_str().into(),
        told(in_full, &outreach.note),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::{StepRecord, TakenStep},
        id::RecordId,
        report::records::ReportStep,
    };

    const GRID: &str = "航空社区第2网格";

    fn done(day: &str, by: &str, taken: ReportStep) -> TakenStep<ReportStep> {
        let at = day::end_of(day::read(day).expect("a day")).expect("a time");
        TakenStep { id: RecordId::new(at, [2; 10]), taken, at: at - 1, by: by.into(), counts: true }
    }

    #[test]
    fn a_hazard_row_tells_who_has_it_until_when_and_who_looked_at_it() {
        let id = RecordId::new(1, [0xAB; 10]);
        let hazard = Hazard {
            what: "井盖塌了".into(),
            danger: Some(Danger::Traffic),
            grade: Some(Grade::Serious),
            place: "小学门口".into(),
            found_on: day::read("2026-11-20"),
            ..Hazard::default()
        };
        let mut report = Report { id, about: About::Hazard(hazard), by: "王芳".into(), steps: Vec::new() };
        let at = |report: &Report, column: &str| {
            let row = hazard_row(1, GRID, report, true).expect("a hazard");
            row[HAZARD_COLUMNS.iter().position(|(name, _)| *name == column).expect("a column")].to_string()
        };
        for (column, expected) in
            [("编号", "20261120-ABAB"), ("责任人", "王芳"), ("时限", "2026-11-23"), ("状态", "待交办"), ("验收", "")]
        {
            assert_eq!(at(&report, column), expected, "{column}");
        }
        let why = |step, why: &str| ReportStep { why: why.into(), ..ReportStep::of(id, step) };
        report.steps = vec![
            done(
                "2026-11-21",
                "王芳",
                ReportStep { to: "电力公司".into(), outside: true, ..ReportStep::of(id, Step::Assign) },
            ),
            done("2026-11-22", "王芳", why(Step::PutRight, "换了新盖")),
            done("2026-11-23", "周兰", ReportStep::of(id, Step::Verify)),
        ];
        for (column, expected) in
            [("责任人", "电力公司"), ("整改情况", "2026-11-22 换了新盖"), ("验收", "2026-11-23 周兰"), ("时限", "")]
        {
            assert_eq!(at(&report, column), expected, "{column}");
        }
        assert!(request_row(1, GRID, &report, true).is_none());
    }

    #[test]
    fn a_request_row_never_tells_who_asked() {
        let id = RecordId::new(1, [1; 10]);
        let request = Request {
            what: "路灯坏了".into(),
            asker: "赵桂兰".into(),
            phone: "13800000000".into(),
            received_on: day::read("2026-11-20"),
            ..Request::default()
        };
        let report = Report { id, about: About::Request(request), by: "王芳".into(), steps: Vec::new() };
        let row = request_row(1, GRID, &report, true).expect("a request");
        assert_eq!([row[5].to_string(), row[7].to_string()], ["路灯坏了", "2026-12-05"]);
        assert!(!row.iter().map(Cell::to_string).any(|text| text.contains('赵') || text.contains("138")), "{row:?}");
        let short = request_row(1, GRID, &report, false).expect("a request");
        assert_eq!(
            (short[5].to_string(), &short[7]),
            (String::new(), &row[7]),
            "the story is for those who say what for"
        );
    }

    #[test]
    fn rows_of_patrols_and_outreach_follow_their_columns() {
        let began = day::end_of(day::read("2026-11-20").expect("a day")).expect("a time").cast_signed() - 3_600_000;
        let patrol = Patrol { began, members: "王芳、李强".into(), places: "河堤".into(), ..Patrol::default() };
        let row = patrol_row(1, GRID, &patrol, &["缺口".into(), "路灯灭".into()], true);
        let at = |column: &str| {
            row[PATROL_COLUMNS.iter().position(|(name, _)| *name == column).expect("a column")].to_string()
        };
        assert_eq!([at("日期"), at("开始"), at("结束"), at("发现")], ["2026-11-20", "23:00", "", "缺口；路灯灭"]);
        let outreach = Outreach { reached: Some(36), on: day::read("2026-11-20"), ..Outreach::default() };
        assert_eq!(outreach_row(1, GRID, &outreach, false)[6], Cell::Number(36));
    }
}
