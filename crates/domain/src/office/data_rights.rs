//! Requests of the people recorded, and who saw what (个人信息保护法 44–50).

use super::staff::Attribution;
use crate::{
    day,
    id::RecordId,
    record::{Channel, Kind, Name},
    rights::Place,
    wire::HistoryEntry,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{cmp::Ordering, collections::BTreeMap};

/// `find`: a person recorded, by name or phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindPerson {
    /// The whole name or its beginning, at least two characters; or at least the last seven digits of a phone.
    pub name: String,
    /// At this place alone; at all of the caller's where there is none.
    #[serde(default)]
    pub place: Option<Place>,
}

impl FindPerson {
    /// The most people that are found: more is a search for nobody in particular.
    pub const MOST: usize = 50;
}

/// Somebody found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundResident {
    /// The record of the resident or the party.
    pub record: RecordId,
    /// Where it belongs.
    pub channel: Channel,
    /// Name.
    pub name: String,
    /// Year of birth, to tell people of one name apart.
    pub birth_year: Option<i32>,
    /// The household's number and address; the number of the file where they are a party to a dispute.
    pub household: String,
    /// Whether they were found as a party to a dispute. Otherwise they are a resident.
    #[serde(default)]
    pub party: bool,
    /// The name that they had before and by which they were found, as it is compared; empty where they were found otherwise.
    #[serde(default)]
    pub former_name: String,
}

/// `seen`, `dossier`: a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfRecord {
    /// The record.
    pub record: RecordId,
    /// Where it belongs.
    pub channel: Channel,
}

/// Who saw a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Who, and when last.
    pub done: Attribution,
    /// The login name.
    pub account: String,
    /// How, in words.
    pub how: String,
}

/// The sorts of acts that an audit is filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActSort {
    /// Log-ins, codes, second factors.
    LogIn,
    /// Records that were read, on a phone or at an office.
    Read,
    /// Accounts, rights, grids and phones.
    Rights,
    /// Files that were imported and exported, backups.
    Files,
    /// Decisions, requests of persons, erasing.
    Decision,
}

impl ActSort {
    /// Every sort.
    pub const ALL: [Self; 5] = [Self::LogIn, Self::Read, Self::Rights, Self::Files, Self::Decision];

    /// The sort in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LogIn => "登录",
            Self::Read => "查看",
            Self::Rights => "账号、授权和网格",
            Self::Files => "导入、导出和备份",
            Self::Decision => "办理和删除",
        }
    }
}

/// `acts`: what is on record, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindActs {
    /// Of those whose name or login name has this in it; of all whom the caller looks after where it is empty.
    #[serde(default)]
    pub account: String,
    /// Of one sort; of all where it is `None`.
    #[serde(default)]
    pub sort: Option<ActSort>,
    /// From this day on.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// Up to this day.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    /// Before this place.
    #[serde(default)]
    pub before: Option<ActPlace>,
}

/// Where an entry of the audit stands. The order is that of a list: the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActPlace {
    /// When, Unix milliseconds.
    pub at: u64,
    /// The county of its chain: six digits, or nothing.
    pub county: String,
    /// Its number in the chain.
    pub seq: u64,
}

impl Ord for ActPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        let later = other.at.cmp(&self.at);
        later.then_with(|| self.county.cmp(&other.county)).then_with(|| other.seq.cmp(&self.seq))
    }
}

impl PartialOrd for ActPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    /// Where it stands.
    pub place: ActPlace,
    /// Who, and when.
    pub done: Attribution,
    /// What, in words.
    pub act: String,
    /// To what, in words: names of accounts and places, kinds of records; never who is recorded.
    pub subject: String,
}

/// `retention`: the erasing of a night that waits for an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRetention {
    /// The day up to which records are over.
    pub on: NaiveDate,
    /// Why it waits.
    pub why: WhyHeld,
}

/// Why the erasing of a night waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyHeld {
    /// The server's clock jumped ahead. Times are Unix milliseconds.
    ClockJumped {
        /// The last time that was believed.
        from_ms: u64,
        /// What the clock shows.
        to_ms: u64,
    },
    /// An unusual share of all records is over.
    Many {
        /// The records that are over.
        count: usize,
        /// All records.
        all: usize,
    },
}

impl HeldRetention {
    /// Returns what an office is told, and what it should look at.
    pub fn words(&self) -> String {
        match self.why {
            WhyHeld::ClockJumped { from_ms, to_ms } => {
                let day = |ms: u64| day::day(ms.cast_signed());
                format!(
                    "服务器的时间从 {} 跳到了 {}。如果今天不是 {}，请管理员先校准服务器的时间，不要继续",
                    day(from_ms),
                    day(to_ms),
                    day(to_ms)
                )
            }
            WhyHeld::Many { count, all } => {
                format!("{} 到期的有 {count} 条，服务器上一共 {all} 条，比平常多得多。请核对后再继续", self.on)
            }
        }
    }
}

/// `retention-approve`: lets the erasing of a day go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRetention {
    /// The day, as it was shown.
    pub on: NaiveDate,
}

/// The data held on one person (个人信息保护法 45).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// The person.
    pub found: FoundResident,
    /// Each record that speaks of them.
    pub records: Vec<Held>,
    /// Who saw their record.
    pub seen: Vec<Seen>,
    /// Their requests.
    pub requests: Vec<DataRequest>,
    /// How long it is kept, in words.
    pub kept: String,
    /// How many records of the grid can't be read: nobody knows whether they speak of them.
    #[serde(default)]
    pub unreadable: usize,
}

/// A record that speaks of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The record.
    pub record: RecordId,
    /// The kind.
    pub kind: Kind,
    /// Its values.
    pub values: BTreeMap<Name, Value>,
    /// Its saves, the latest first.
    pub history: Vec<HistoryEntry>,
}

/// The requests that a person recorded may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// 查阅、复制 (45).
    Copy,
    /// 更正、补充 (46).
    Correct,
    /// 删除 (47).
    Erase,
    /// 限制处理 (44).
    Restrict,
}

impl Wish {
    /// Every wish.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Correct, Self::Erase, Self::Restrict];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Correct => "correct",
            Self::Erase => "erase",
            Self::Restrict => "restrict",
        }
    }

    /// The wish in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Copy => "查阅、复制",
            Self::Correct => "更正、补充",
            Self::Erase => "删除",
            Self::Restrict => "限制处理",
        }
    }

    /// The wish of this name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.as_str() == text)
    }
}

/// `request-open`: somebody recorded asks for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDataRequest {
    /// The resident's record.
    pub of: OfRecord,
    /// The kind of request.
    pub wish: Wish,
    /// Who asks: 本人, 监护人, 近亲属 and the like, and how that was checked.
    pub asked_by: String,
    /// The details, in words.
    pub words: String,
}

/// A request of somebody recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRequest {
    /// Its number.
    pub id: String,
    /// The resident's record.
    pub of: OfRecord,
    /// The kind of request.
    pub wish: Wish,
    /// Who asks.
    pub asked_by: String,
    /// The details, in words.
    pub words: String,
    /// Who took it down, and when.
    pub opened: Attribution,
    /// The decision; `None` while the request is open.
    pub decided: Option<Decided>,
}

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Whether it was done; refused otherwise.
    pub granted: bool,
    /// The answer to the person: how it was granted, or why it was refused.
    pub answer: String,
    /// Who decided, and when.
    pub done: Attribution,
}

/// `request-decide`: grants or refuses a request, and does what is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecideDataRequest {
    /// Its number.
    pub id: String,
    /// Whether it is granted.
    pub granted: bool,
    /// The answer to the person: how it was granted, or why it is refused.
    pub answer: String,
    /// For a correction: the right values of the resident's fields.
    #[serde(default)]
    pub values: BTreeMap<Name, Value>,
}
