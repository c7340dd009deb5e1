//! How long records are kept (个人信息保护法 19, 47): as short as their purpose allows. One table, an office's to
//! change.

use crate::{
    care::{
        CareFile,
        steps::{State, Step},
    },
    case::{Case, TakenStep, book::CaseFile},
    codes::Living,
    day,
    record::{Class, Kind, Record},
    report::Report,
    roster::resident::Resident,
    visit::Visit,
};
use chrono::{Months, NaiveDate};

/// How long a kind of record is kept, and from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The rule in words, as it is shown to the person recorded.
    pub words: &'static str,
    /// Months after which the record is erased.
    pub months: u32,
}

/// Visits: three years after the visit, as long as a usual appraisal cycle asks for them \[P\].
pub const VISIT: Rule = Rule { words: "走访记录自走访之日起保存3年", months: 36 };

/// Residents who moved away or died: a year after that was noted \[P\].
pub const GONE_RESIDENT: Rule = Rule { words: "居民搬离或去世后，其信息再保存1年", months: 12 };

/// Records taken back: a year after the last change \[P\].
pub const WITHDRAWN: Rule = Rule { words: "作废的记录再保存1年", months: 12 };

/// Care cases that were closed or lapsed: three years after that, with all that belongs to them \[P\].
pub const ENDED_CASE: Rule = Rule { words: "关爱个案结束后再保存3年", months: 36 };

/// Care cases that no supervisor ever confirmed, with all that belongs to them: nobody decided that they may be kept \[P\].
pub const UNCONFIRMED_CASE: Rule =
    Rule { words: "没有确认的关爱个案自申请或不予立案之日起保存1年", months: 12 };

/// Hazards that were verified and requests that are settled: three years after that, with all steps \[P\].
pub const ENDED_REPORT: Rule = Rule { words: "隐患和诉求办结后再保存3年", months: 36 };

/// Patrols with what they found, and outreach: three years \[P\].
pub const PATROL: Rule = Rule { words: "巡逻和宣讲记录保存3年", months: 36 };

/// Every rule.
pub const RULES: [Rule; 7] = [VISIT, GONE_RESIDENT, WITHDRAWN, ENDED_CASE, UNCONFIRMED_CASE, ENDED_REPORT, PATROL];

/// The heads of files that are erased whole ([`file_erased_on`]): the head with all that names it.
pub const WHOLE_FILES: [Kind; 4] = [Kind::CareCase, Kind::Hazard, Kind::Request, Kind::Outreach];

/// The day on which a record is to be erased by itself; none while its purpose lasts. `arrived_ms` is when the last of its saves
/// reached the office: what a phone with a wrong clock wrote is not over before its time. Records of disputes are
/// sealed and not erased: they are no kind of this table, and neither is what this version does not know. The heads of files that
/// go whole have no day by themselves.
pub fn erased_on(record: &Record, arrived_ms: u64) -> Option<NaiveDate> {
    let after = |ms: i64, rule: Rule| over(day::day(ms), arrived_ms, rule);
    let changed = record.changed.at.cast_signed();
    let kept = record.kind.class() == Class::Mediation || matches!(record.kind, Kind::Other(_));
    if kept || WHOLE_FILES.contains(&record.kind) {
        return None;
    }
    if record.withdrawn() {
        return after(changed, WITHDRAWN);
    }
    match record.kind {
        Kind::Visit => after(record.view::<Visit>()?.at, VISIT),
        Kind::Resident => match record.view::<Resident>()?.living {
            Some(Living::Moved | Living::Died) => after(changed, GONE_RESIDENT),
            _ => None,
        },
        Kind::Patrol | Kind::Finding => after(record.created.at.cast_signed(), PATROL),
        _ => None,
    }
}

/// The day on which a file is to be erased whole, where nothing is added to it; none where there is no such day, and where the head
/// is of no file that goes whole or can't be read. `arrived_ms` is when the last save of any of it reached the office.
pub fn file_erased_on<'a>(
    head: &Record,
    others: impl IntoIterator<Item = &'a Record>,
    arrived_ms: u64,
) -> Option<NaiveDate> {
    if head.withdrawn() && WHOLE_FILES.contains(&head.kind) {
        return over(day::day(head.changed.at.cast_signed()), arrived_ms, WITHDRAWN);
    }
    match head.kind {
        Kind::CareCase => case_erased_on(head, &CareFile::gather(head, others)?, arrived_ms),
        Kind::Hazard | Kind::Request => report_erased_on(&Report::gather(head, others)?, arrived_ms),
        Kind::Outreach => over(day::day(head.created.at.cast_signed()), arrived_ms, PATROL),
        _ => None,
    }
}

fn over(since: NaiveDate, arrived_ms: u64, rule: Rule) -> Option<NaiveDate> {
    since.max(day::day(arrived_ms.cast_signed())).checked_add_months(Months::new(rule.months))
}

/// The day on which a care case is over. One that is not confirmed again lapses, so it ends by itself.
fn case_erased_on(case: &Record, file: &CareFile, arrived_ms: u64) -> Option<NaiveDate> {
    let in_the_end = NaiveDate::MAX;
    let confirmed = file.history().any(|done| matches!(done.taken.step, Step::Confirm | Step::Renew));
    let rule = if confirmed { ENDED_CASE } else { UNCONFIRMED_CASE };
    if let Some(ended) = file.ended_on(in_the_end) {
        return over(ended, arrived_ms, rule);
    }
    let asked = file.history().rev().find(|done| done.taken.step == Step::Reopen).map(TakenStep::on);
    let asked = asked.or(file.case.opened_on).unwrap_or_else(|| day::day(case.created.at.cast_signed()));
    (file.state(in_the_end) == State::Opened).then(|| over(asked, arrived_ms, rule)).flatten()
}

/// The day on which a hazard or a request is over; none while something is to be done.
fn report_erased_on(report: &Report, arrived_ms: u64) -> Option<NaiveDate> {
    let ended = report.history().next_back().filter(|_| !report.state().is_open())?;
    over(ended.on(), arrived_ms, ENDED_REPORT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codes::Outcome,
        id::{DeviceId, OpId, RecordId},
        merge::merge,
        record::{Op, diff},
        stamp::Stamp,
    };
    use serde_json::json;

    const LEAP_DAY: u64 = 1_709_175_600_000; // 2024-02-29 11:00 in China

    fn record(kind: Kind, at: u64, view: &impl serde::Serialize) -> Record {
        let op = Op {
            id: OpId::new(at, [1; 10]),
            record: RecordId::new(at, [2; 10]),
            kind,
            channel: "411502001003-02/general".parse().expect("a channel"),
            stamp: Stamp { ms: at, counter: 0, device: DeviceId(1) },
            by: "王芳".into(),
            changes: diff(None, view),
        };
        merge(None, &op).record
    }

    #[test]
    fn each_record_is_erased_when_its_time_is_over_and_not_before() {
        let on = |text: &str| day::read(text);
        let visit = Visit::new(RecordId::new(1, [0; 10]), LEAP_DAY.cast_signed(), "王芳", Outcome::NobodyHome);
        let over_on = |record: &Record| erased_on(record, 0);
        assert_eq!(over_on(&record(Kind::Visit, LEAP_DAY, &visit)), on("2027-02-28"), "three years after a leap day");
        let late = erased_on(&record(Kind::Visit, LEAP_DAY, &visit), LEAP_DAY + 366 * 86_400_000);
        assert_eq!(late, on("2028-03-01"), "a phone whose clock was years behind");
        let resident = |living: &str| json!({"household": RecordId::new(1, [0; 10]), "name": "陈静", "living": living});
        let of = |living: &str| over_on(&record(Kind::Resident, LEAP_DAY, &resident(living)));
        assert_eq!((of("home"), of("away")), (None, None), "their household is visited still");
        assert_eq!((of("moved"), of("died")), (on("2025-02-28"), on("2025-02-28")));
        assert_eq!(over_on(&record(Kind::Household, LEAP_DAY, &json!({"number": "001"}))), None);
        let withdrawn = json!({"number": "001", "withdrawn": "重复"});
        assert_eq!(over_on(&record(Kind::Household, LEAP_DAY, &withdrawn)), on("2025-02-28"));
        assert_eq!(over_on(&record(Kind::Other("dispute".into()), LEAP_DAY, &withdrawn)), None);
    }
}
