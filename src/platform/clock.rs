//! The phone's clock.

use chrono::NaiveDate;

/// Now, in Unix milliseconds.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Today in China.
pub fn today() -> NaiveDate {
    ruhu_domain::day::day(now_ms())
}
