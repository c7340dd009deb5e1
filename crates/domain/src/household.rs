//! Households (户): the doors of a grid.

use crate::{
    codes::{Consistency, PutOff, Tag},
    day,
    id::RecordId,
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// A household. Purposes of its personal fields: to find the door and to reach the family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Household {
    /// 户号, as the office numbers it within the grid.
    pub number: String,
    /// 门牌地址.
    pub address: String,
    /// 走访顺序: its place on the round; those without come last.
    pub order: Option<i64>,
    /// 户主: the name to ask for.
    pub head: String,
    /// 联系电话.
    pub phone: String,
    /// 人户一致.
    pub consistency: Option<Consistency>,
    /// 备注.
    pub note: String,
    /// 标签.
    pub tags: Vec<Tag>,
    /// 并入: the household which this one is the same as ([`crate::merged`]).
    pub same_as: Option<RecordId>,
    /// 改期 of the next visit. It counts until somebody was at the door after it was noted.
    pub postponed: Option<Postponed>,
}

/// The name of the field that says that the next visit was put off.
pub const POSTPONED: &str = "postponed";

/// The next visit put off to another day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postponed {
    /// To which day.
    #[serde(with = "day::iso")]
    pub to: Option<NaiveDate>,
    /// Why.
    pub why: PutOff,
    /// When that was noted, Unix milliseconds.
    pub at: i64,
}

impl Postponed {
    /// The days from today that are offered, with their words; the last is the furthest. \[P\]
    pub const DAYS: [(u64, &'static str); 5] =
        [(1, "明天"), (3, "3天后"), (7, "一周后"), (14, "两周后"), (30, "一个月后")];

    /// Put off by so many days from today.
    pub fn by(days: u64, why: PutOff, today: NaiveDate, at: i64) -> Self {
        Self { to: today.checked_add_days(Days::new(days)), why, at }
    }
}
