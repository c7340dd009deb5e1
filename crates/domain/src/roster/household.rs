//! Households (户): the doors of a grid.

use crate::{
    codes::{Consistency, PutOff, Tag},
    day,
    id::RecordId,
    wire::AHEAD_MS,
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

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
    /// 并入: the household which this one is the same as ([`crate::roster::merged`]).
    pub same_as: Option<RecordId>,
    /// 改期 of the next visit. It counts until somebody was at the door after it was noted.
    pub postponed: Option<Postponed>,
}

/// The name of the field that says that the next visit was put off.
pub const POSTPONED: &str = "postponed";

/// The next visit put off to another day. Its text form is `2026-12-03 harvest 1795406400000`: to which day, why, and when
/// that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postponed {
    /// To which day.
    pub to: NaiveDate,
    /// Why.
    pub why: PutOff,
    /// When that was noted, Unix milliseconds.
    pub at: i64,
}

impl Postponed {
    /// The days from today that are offered, with their words; the last is the furthest. \[P\]
    pub const DAYS: [(u64, &'static str); 5] =
        [(1, "明天"), (3, "3天后"), (7, "一周后"), (14, "两周后"), (30, "一个月后")];

    /// The furthest day to which one is put off.
    fn furthest(&self) -> NaiveDate {
        day::day(self.at) + Days::new(Self::DAYS[Self::DAYS.len() - 1].0)
    }

    /// Whether it may count at a moment: it was not noted in the future, nor for a day further off than is offered. A
    /// phone's clock may be wrong.
    pub fn is_sound(&self, now_ms: u64) -> bool {
        self.at <= now_ms.saturating_add(AHEAD_MS).cast_signed() && self.to <= self.furthest()
    }

    /// Put off by so many days from today.
    pub fn by(days: u64, why: PutOff, today: NaiveDate, at: i64) -> Self {
        Self { to: today + Days::new(days), why, at }
    }
}

impl fmt::Display for Postponed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", day::ledger(self.to), self.why.code(), self.at)
    }
}

/// The text does not say to which day a visit is put off, why and when that was noted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a day, a reason and a moment")]
pub struct BadPostponed;

impl FromStr for Postponed {
    type Err = BadPostponed;
    fn from_str(text: &str) -> Result<Self, BadPostponed> {
        let mut parts = text.split(' ');
        let mut part = || parts.next().unwrap_or_default();
        let (to, why, at) = (day::read(part()), PutOff::find(part()), part().parse().ok());
        let read = to.zip(why).zip(at).map(|((to, why), at)| Self { to, why, at });
        read.filter(|_| parts.next().is_none()).ok_or(BadPostponed)
    }
}

impl Serialize for Postponed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Postponed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ruhu_sync::text::parsed(deserializer)
    }
}
