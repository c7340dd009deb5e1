//! The ledgers of hazards, requests, patrols and outreach.

use crate::{
    area::GridCode,
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
use chrono::NaiveDate;

/// The columns of the 隐患台账.
pub const HAZARD_COLUMNS: [&str; 14] = [
    "序号",
    "编号",
    "发现日",
    "网格",
    "类型",
    "等级",
    "地点",
    "隐患",
    "发现人",
    "责任人",
    "时限",
    "状态",
    "整改情况",
    "验收",
];

/// The columns of the 诉求台账. There is none for who asked: it is kept so that requests are answered in time.
pub const REQUEST_COLUMNS: [&str; 11] =
    ["序号", "编号", "提出日", "网格", "类别", "诉求", "承办人", "时限", "状态", "答复", "满意度"];

/// The columns of the 巡逻台账.
pub const PATROL_COLUMNS: [&str; 10] = ["序号", "日期", "网格", "队伍", "队员", "开始", "结束", "地点", "发现", "处理"];

/// The columns of the 宣讲台账.
pub const OUTREACH_COLUMNS: [&str; 10] =
    ["序号", "日期", "网格", "内容", "场所", "地点", "受众人数", "劝阻诈骗人数", "资料", "备注"];

fn on(day: Option<NaiveDate>) -> String {
    day.map(day::ledger).unwrap_or_default()
}

fn told(in_full: bool, words: String) -> String {
    if in_full { words } else { String::new() }
}

fn said(report: &Report, step: Step, in_full: bool) -> String {
    let words = report.last_of(&[step]).map(|done| {
        let words = if in_full { done.taken.why.as_str() } else { "" };
        format!("{} {words}", day::ledger(done.on())).trim().to_owned()
    });
    words.unwrap_or_default()
}

fn due(report: &Report) -> String {
    report.deadline().map(|due| format!("{} {}", due.what.label(), day::ledger(due.by))).unwrap_or_default()
}

/// A row of the 隐患台账; none where it is a request. `number` counts from 1; what somebody wrote of it is told only
/// `in_full`, for it may name people.
pub fn hazard_row(number: usize, grid: &GridCode, report: &Report, in_full: bool) -> Option<[String; 14]> {
    let About::Hazard(Hazard { what, danger, grade, place, found_on, .. }) = &report.about else { return None };
    let verified = report.last_of(&[Step::Verify]).map(|done| format!("{} {}", day::ledger(done.on()), done.by));
    Some([
        number.to_string(),
        report.number(),
        on(*found_on),
        grid.to_string(),
        danger.map_or("", Danger::label).to_owned(),
        grade.map_or("", Grade::label).to_owned(),
        place.clone(),
        told(in_full, what.clone()),
        report.by.to_string(),
        report.owner().to_owned(),
        due(report),
        report.state().label().to_owned(),
        said(report, Step::PutRight, in_full),
        verified.unwrap_or_default(),
    ])
}

/// A row of the 诉求台账; none where it is a hazard. `number` counts from 1; what was asked and answered is told only
/// `in_full`.
pub fn request_row(number: usize, grid: &GridCode, report: &Report, in_full: bool) -> Option<[String; 11]> {
    let About::Request(Request { what, subject, received_on, .. }) = &report.about else { return None };
    let satisfied = report.history().rev().find_map(|done| done.taken.satisfied);
    Some([
        number.to_string(),
        report.number(),
        on(*received_on),
        grid.to_string(),
        subject.map_or("", Subject::label).to_owned(),
        told(in_full, what.clone()),
        report.owner().to_owned(),
        due(report),
        report.state().label().to_owned(),
        said(report, Step::Answer, in_full),
        satisfied.map_or("", Satisfied::label).to_owned(),
    ])
}

/// A row of the 巡逻台账. `number` counts from 1; what was found and done is told only `in_full`.
pub fn patrol_row(number: usize, grid: &GridCode, patrol: &Patrol, found: &[String], in_full: bool) -> [String; 10] {
    [
        number.to_string(),
        day::ledger(day::day(patrol.began)),
        grid.to_string(),
        patrol.team.map_or("", Team::label).to_owned(),
        patrol.members.clone(),
        day::clock(patrol.began),
        patrol.ended.map(day::clock).unwrap_or_default(),
        patrol.places.clone(),
        told(in_full, found.join("；")),
        told(in_full, patrol.handled.clone()),
    ]
}

/// A row of the 宣讲台账. `number` counts from 1; the note is told only `in_full`.
pub fn outreach_row(number: usize, grid: &GridCode, outreach: &Outreach, in_full: bool) -> [String; 10] {
    let count = |count: Option<u32>| count.map(|count| count.to_string()).unwrap_or_default();
    [
        number.to_string(),
        on(outreach.on),
        grid.to_string(),
        outreach.topic.map_or("", Topic::label).to_owned(),
        outreach.venue.map_or("", Venue::label).to_owned(),
        outreach.place.clone(),
        count(outreach.reached),
        count(outreach.saved),
        outreach.material.clone(),
        told(in_full, outreach.note.clone()),
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

    fn grid() -> GridCode {
        "411502001003-02".parse().expect("a grid")
    }

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
            let row = hazard_row(1, &grid(), report, true).expect("a hazard");
            row[HAZARD_COLUMNS.iter().position(|name| *name == column).expect("a column")].clone()
        };
        for (column, expected) in [
            ("编号", "20261120-ABAB"),
            ("责任人", "王芳"),
            ("时限", "整改 2026-11-23"),
            ("状态", "待交办"),
            ("验收", ""),
        ] {
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
        assert!(request_row(1, &grid(), &report, true).is_none());
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
        let row = request_row(1, &grid(), &report, true).expect("a request");
        assert_eq!((row[5].as_str(), row[7].as_str()), ("路灯坏了", "告知 2026-12-05"));
        assert!(!row.iter().any(|text| text.contains('赵') || text.contains("138")), "{row:?}");
        let short = request_row(1, &grid(), &report, false).expect("a request");
        assert_eq!((short[5].as_str(), &short[7]), ("", &row[7]), "the story is for those who say what for");
    }

    #[test]
    fn rows_of_patrols_and_outreach_follow_their_columns() {
        let began = day::end_of(day::read("2026-11-20").expect("a day")).expect("a time").cast_signed() - 3_600_000;
        let patrol = Patrol { began, members: "王芳、李强".into(), places: "河堤".into(), ..Patrol::default() };
        let row = patrol_row(1, &grid(), &patrol, &["缺口".into(), "路灯灭".into()], true);
        let at = |column: &str| row[PATROL_COLUMNS.iter().position(|name| *name == column).expect("a column")].clone();
        assert_eq!([at("日期"), at("开始"), at("结束"), at("发现")], ["2026-11-20", "23:00", "", "缺口；路灯灭"]);
        let outreach = Outreach { reached: Some(36), on: day::read("2026-11-20"), ..Outreach::default() };
        assert_eq!(outreach_row(1, &grid(), &outreach, false)[6], "36");
    }
}
