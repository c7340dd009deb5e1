//! The phone's clock.

use chrono::NaiveDate;

/// Now, in Unix milliseconds.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// How long this page has been open, in milliseconds, by a clock that nobody sets.
pub fn steady_ms() -> i64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or(0, |performance| performance.now() as i64)
}

/// Today in China.
pub fn today() -> NaiveDate {
    ruhu_domain::day::day(now_ms())
}
