//! Days and times as the field counts them: China has one time zone, UTC+8, without summer time.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeZone, Utc};

/// China Standard Time.
pub fn china() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset")
}

/// The local time of a moment in Unix milliseconds; the epoch for a moment out of range.
pub fn local(unix_ms: i64) -> DateTime<FixedOffset> {
    china()
        .timestamp_millis_opt(unix_ms)
        .single()
        .unwrap_or_else(|| DateTime::<Utc>::UNIX_EPOCH.with_timezone(&china()))
}

/// The local day of a moment in Unix milliseconds.
pub fn day(unix_ms: i64) -> NaiveDate {
    local(unix_ms).date_naive()
}

/// Whether two moments are in one calendar month in China.
pub fn same_month(a_ms: i64, b_ms: i64) -> bool {
    let (a, b) = (day(a_ms), day(b_ms));
    (a.year(), a.month()) == (b.year(), b.month())
}

const WEEKDAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/// When a day is over, Unix milliseconds; none for a day too far away.
pub fn end_of(day: NaiveDate) -> Option<u64> {
    let midnight = day.succ_opt()?.and_hms_opt(0, 0, 0)?.and_local_timezone(china()).single()?;
    midnight.timestamp_millis().try_into().ok()
}

/// A day of the week: `周一`.
pub fn weekday(day: NaiveDate) -> &'static str {
    WEEKDAYS[day.weekday().num_days_from_monday() as usize]
}

/// A day as people write it: `11月23日 周一`.
pub fn words(day: NaiveDate) -> String {
    format!("{} {}", day.format("%-m月%-d日"), weekday(day))
}

/// A moment as people write it: `11月23日 周一 09:05`.
pub fn moment(unix_ms: i64) -> String {
    format!("{} {}", words(day(unix_ms)), clock(unix_ms))
}

/// A day as a document writes it: `2026年11月23日`.
pub fn printed(day: NaiveDate) -> String {
    day.format("%-Y年%-m月%-d日").to_string()
}

/// How late something is, in words: `受理 逾期2天`, `调解 今天到期`, `回访 还有5天`.
pub fn due_words(what: &str, late: i64) -> String {
    match late {
        1.. => format!("{what} 逾期{late}天"),
        0 => format!("{what} 今天到期"),
        early => format!("{what} 还有{}天", -early),
    }
}

/// A day as a ledger writes it: `2026-11-23`.
pub fn ledger(day: NaiveDate) -> String {
    day.to_string()
}

/// A day as [`ledger`] writes it; none where the text is something else.
pub fn read(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// The time of a day: `09:05`.
pub fn clock(unix_ms: i64) -> String {
    local(unix_ms).format("%H:%M").to_string()
}

/// How long ago a moment was: 今天 09:05, 昨天, 3天前, 2个月前, 1年前.
pub fn ago(unix_ms: i64, now_ms: i64) -> String {
    let days = (day(now_ms) - day(unix_ms)).num_days();
    match days {
        ..=0 => format!("今天 {}", clock(unix_ms)),
        1 => "昨天".into(),
        2..=59 => format!("{days}天前"),
        60..=729 => format!("{}个月前", days / 30),
        _ => format!("{}年前", days / 365),
    }
}

/// Full years between a birth date and a day.
pub fn age(birth: NaiveDate, today: NaiveDate) -> Option<u32> {
    today.years_since(birth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis()
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        assert_eq!(words(day(at("2026-11-22T16:00:00Z"))), "11月23日 周一");
        assert_eq!(words(day(at("2026-11-22T15:59:59Z"))), "11月22日 周日");
        assert!(!same_month(at("2026-10-31T15:59:59Z"), at("2026-10-31T16:00:00Z")));
    }

    #[test]
    fn a_day_reads_back_as_it_is_written() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap day");
        assert_eq!((ledger(day).as_str(), read(&ledger(day))), ("2024-02-29", Some(day)));
        for wrong in ["", "2023-02-29", "2024-13-01", "2024-02", "2024-02-29T00:00", "昨天"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn past_moments_are_said_as_people_say_them() {
        let now = at("2026-11-23T09:05:00+08:00");
        assert_eq!(ago(at("2026-11-23T08:05:00+08:00"), now), "今天 08:05");
        assert_eq!(ago(at("2026-11-22T23:59:00+08:00"), now), "昨天");
        assert_eq!(ago(at("2026-11-20T23:59:00+08:00"), now), "3天前");
        assert_eq!(ago(at("2026-05-20T00:00:00+08:00"), now), "6个月前");
        assert_eq!(ago(at("2023-11-20T00:00:00+08:00"), now), "3年前");
    }
}
