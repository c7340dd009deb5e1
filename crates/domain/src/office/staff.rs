//! Accounts, rights, phones and grids of those who work.

use crate::{
    area::GridCode,
    id::DeviceId,
    record::Class,
    rights::{Place, Role},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `place-names`: the places whose names are asked for, at most [`NamePlaces::MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamePlaces {
    /// The places.
    pub places: BTreeSet<Place>,
}

impl NamePlaces {
    /// The most places of one request.
    pub const MOST: usize = 500;
}

/// The answer to `place-names`: names for people. A place that the areas lack has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlaceNames(pub BTreeMap<Place, String>);

impl PlaceNames {
    /// Returns the name of a place; its code where it has none.
    pub fn of(&self, place: &Place) -> String {
        self.0.get(place).cloned().unwrap_or_else(|| place.to_string())
    }
}

/// A right: role, place, classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The role.
    pub role: Role,
    /// The place.
    pub place: Place,
    /// The classes.
    pub classes: Vec<Class>,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// Who: a name or a login name.
    pub by: String,
    /// When.
    pub at: u64,
}

/// `people`: an account that the caller looks after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The team: 专职巡逻队, 调委会 and the like; may be empty.
    pub team: String,
    /// Where they belong.
    pub home: Option<Place>,
    /// Who closed the account.
    pub closed: Option<Attribution>,
    /// Whether it has a second factor.
    pub second_factor: bool,
    /// Its grants, those that ended too.
    pub grants: Vec<GivenRight>,
    /// Its devices.
    pub devices: Vec<KnownDevice>,
}

/// A grant as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenRight {
    /// Its identity.
    pub id: String,
    /// The right that is given: role, class and place.
    pub right: Right,
    /// Who gave it, and when.
    pub given: Attribution,
    /// When it ends by itself.
    pub until: Option<u64>,
    /// Who ended it, and when.
    pub ended: Option<Attribution>,
}

impl GivenRight {
    /// Whether it counts at a moment, Unix milliseconds.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.ended.is_none() && self.until.is_none_or(|until| until.cast_signed() > now_ms)
    }
}

/// A device that somebody logged in on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// Its identity.
    pub id: DeviceId,
    /// The first login.
    pub first_at: u64,
    /// The day of the last contact; `None` after a log-out. No time of day: an office does not watch when somebody works.
    pub seen_on: Option<NaiveDate>,
    /// Who revoked it.
    pub revoked: Option<Attribution>,
    /// When it had handed over all it had.
    pub handed_over_at: Option<u64>,
}

/// `account`: makes an account, which gets in with a code (see [`Code`]). `account-change`: changes its name, team and home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAccount {
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The team.
    #[serde(default)]
    pub team: String,
    /// Where they belong.
    pub home: Place,
}

/// `code`, `close`: an account by its login name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfAccount {
    /// The login name.
    pub account: String,
}

/// The answer to `code`: what lets one phone in, once, with a new password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Twelve characters in groups of four.
    pub code: String,
    /// Until when.
    pub until: u64,
    /// Whether the account works in the office alone: then it logs in there.
    #[serde(default)]
    pub office: bool,
}

/// `give`: a grant for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Give {
    /// The login name.
    pub account: String,
    /// The right that is taken or given: role, class and place.
    pub right: Right,
    /// Its last day.
    #[serde(default)]
    pub until: Option<NaiveDate>,
}

/// `end`: a grant by its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfGrant {
    /// The identity.
    pub id: String,
}

/// `revoke`: a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfDevice {
    /// The identity.
    pub id: DeviceId,
}

/// `hand-over`: a grid goes from one worker to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridHandover {
    /// The grid.
    pub grid: GridCode,
    /// The login name of who had it.
    pub from: String,
    /// The login name of who has it from now on.
    pub to: String,
}

/// `hand-over-all`: all that somebody does goes to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandAllOver {
    /// The login name of who had it.
    pub from: String,
    /// The login name of who has it from now on.
    pub to: String,
}

/// The answer to `hand-over-all`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllHandedOver {
    /// A receipt for each grid.
    pub receipts: Vec<GridHandoverReceipt>,
    /// The number of rights at other places than a grid that went over.
    pub others: usize,
    /// The number of open cases that named the one before, and name the next one now.
    #[serde(default)]
    pub cases: usize,
    /// The number of open cases that still name the one before: they can't be changed now, or may be a namesake's.
    #[serde(default)]
    pub left: usize,
}

/// The answer to `hand-over`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridHandedOver {
    /// The receipt.
    #[serde(flatten)]
    pub receipt: GridHandoverReceipt,
    /// As [`AllHandedOver::cases`].
    pub cases: usize,
    /// As [`AllHandedOver::left`].
    pub left: usize,
}

/// A receipt: what went over with a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridHandoverReceipt {
    /// Its number.
    pub id: String,
    /// The grid.
    pub grid: GridCode,
    /// The name of who had it.
    pub from: String,
    /// The name of who has it now.
    pub to: String,
    /// Who decided, and when.
    pub done: Attribution,
    /// How many records of each kind there were at the office.
    pub records: BTreeMap<String, u64>,
    /// The changes of the earlier worker that were not sent when the grid went over and came later: how many wait for a
    /// decision, were taken in, were refused.
    pub late: [u64; 3],
    /// Devices of the one before that have been in contact since, and those that have not: these may still hold
    /// something.
    pub devices: [u64; 2],
}

/// `areas`: places to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindAreas {
    /// Part of a name, or the beginning of a code.
    pub text: String,
}

/// An area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedArea {
    /// Its code.
    pub code: String,
    /// Its name, with that of the area above.
    pub name: String,
}
