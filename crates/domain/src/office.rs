//! What the offices' pages and the server say to each other, as JSON under `/api/v1/office/`. Times are Unix
//! milliseconds.

use crate::{
    affair,
    area::GridCode,
    contact::Service,
    deadline::Deadline,
    dispute,
    duties::Duty,
    id::{DeviceId, OpId, RecordId},
    ledger::Ledger,
    record::{Channel, Class, Kind, Name, Record},
    rights::{Place, Role},
    wire::HistoryEntry,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `login`: an office's session, which ends after a quarter of an hour without a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The account's name.
    pub account: String,
    /// The password.
    pub password: String,
    /// The six digits of the moment (TOTP, RFC 6238), where the account has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// The answer to a [`Login`], and to `me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The bearer token; empty in the answer to `me`.
    pub token: String,
    /// The account's name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// What their grants are for.
    pub grants: Vec<Right>,
    /// What they have to do here.
    pub duties: Vec<Duty>,
    /// Whether the account has a second factor.
    pub second_factor: bool,
    /// Whether one has to be turned on before anything else: everywhere but with demo data.
    pub factor_wanted: bool,
}

/// A page that an office adds to 手册, or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutPage {
    /// Which one; none for a new one.
    #[serde(default)]
    pub id: Option<OpId>,
    /// For the phones of which place: a county or below.
    pub place: Place,
    /// 标题.
    pub title: String,
    /// 依据.
    pub law: String,
    /// What it says, as [`crate::handbook`] has it.
    pub text: String,
}

/// A page that an office added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPage {
    /// Its identity.
    pub id: OpId,
    /// For the phones of which place.
    pub place: Place,
    /// 标题.
    pub title: String,
    /// 依据.
    pub law: String,
    /// What it says.
    pub text: String,
    /// Who changed it last, and when.
    pub done: Done,
}

/// A page, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPage {
    /// Which.
    pub id: OpId,
}

/// Somebody to call, whom an office adds to 便民电话, or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutContact {
    /// Which one; none for a new one.
    #[serde(default)]
    pub id: Option<OpId>,
    /// For the phones of which place: a county or below.
    pub place: Place,
    /// What for.
    pub service: Service,
    /// Who: a person in their office, or an office.
    pub name: String,
    /// One number.
    pub phone: String,
    /// When they are there, or anything else.
    pub note: String,
}

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnContact {
    /// The identity.
    pub id: OpId,
    /// For the phones of which place.
    pub place: Place,
    /// The place's name; of a grid, its village's.
    pub from: String,
    /// What for.
    pub service: Service,
    /// Who.
    pub name: String,
    /// The number.
    pub phone: String,
    /// When they are there, or anything else.
    pub note: String,
    /// Who changed it last, and when.
    pub done: Done,
}

/// Somebody to call, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfContact {
    /// Which.
    pub id: OpId,
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
pub struct Done {
    /// Who: a name or a login name.
    pub by: String,
    /// When.
    pub at: u64,
}

/// `people`: an account that the caller looks after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The team: 专职巡逻队, 调委会 and the like; may be empty.
    pub team: String,
    /// Where they belong.
    pub home: Option<Place>,
    /// Who closed the account.
    pub closed: Option<Done>,
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
    /// What for.
    pub right: Right,
    /// Who gave it, and when.
    pub given: Done,
    /// When it ends by itself.
    pub until: Option<u64>,
    /// Who ended it, and when.
    pub ended: Option<Done>,
}

/// A device that somebody logged in on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// Its identity.
    pub id: DeviceId,
    /// The first login.
    pub first_at: u64,
    /// The last contact, to the hour; none after a log-out.
    pub seen_at: Option<u64>,
    /// Who revoked it.
    pub revoked: Option<Done>,
    /// When it had handed over all it had.
    pub handed_over_at: Option<u64>,
}

/// `account`: makes an account, or changes its name, team and home. It gets in with a code (see [`Code`]).
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
}

/// `give`: a grant for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Give {
    /// The login name.
    pub account: String,
    /// What for.
    pub right: Right,
    /// Its last day.
    #[serde(default, with = "crate::day::iso")]
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
pub struct HandGridOver {
    /// The grid.
    pub grid: GridCode,
    /// The login name of who had it.
    pub from: String,
    /// The login name of who has it from now on.
    pub to: String,
}

/// A receipt: what went over with a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its number.
    pub id: String,
    /// The grid.
    pub grid: GridCode,
    /// The name of who had it.
    pub from: String,
    /// The name of who has it now.
    pub to: String,
    /// Who decided, and when.
    pub done: Done,
    /// How many records of each kind there were at the office.
    pub records: BTreeMap<String, u64>,
    /// What the one before had not sent when the grid went over, and came later: how many changes wait for a
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

/// `waiting`: a change that waits for a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The op.
    pub op: OpId,
    /// Who made it.
    pub by: Name,
    /// Where it belongs.
    pub channel: Channel,
    /// What it is about.
    pub kind: Kind,
    /// When it came.
    pub received_at: u64,
    /// Why it waits.
    pub reason: String,
    /// The values it writes.
    pub changes: BTreeMap<Name, Value>,
}

/// `photo`: the picture of a photo's record that waits. The answer is the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPhoto {
    /// The op.
    pub op: OpId,
}

/// `accept`, `refuse`: an op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The op.
    pub op: OpId,
    /// Why it is refused; the worker reads it.
    #[serde(default)]
    pub reason: String,
}

/// `find`: a person recorded, by name. At least two characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindPerson {
    /// The whole name or its beginning.
    pub name: String,
}

/// Somebody found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The resident's record.
    pub record: RecordId,
    /// Where it belongs.
    pub channel: Channel,
    /// Name.
    pub name: String,
    /// Year of birth, to tell people of one name apart.
    pub birth_year: Option<i32>,
    /// The household's number and address.
    pub household: String,
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
    pub done: Done,
    /// The login name.
    pub account: String,
    /// How, in words.
    pub how: String,
}

/// `acts`: what is on record, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindActs {
    /// Of one login name; of all whom the caller looks after where it is empty.
    #[serde(default)]
    pub account: String,
    /// Before this number.
    #[serde(default)]
    pub before: Option<u64>,
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    /// Its number.
    pub seq: u64,
    /// Who, and when.
    pub done: Done,
    /// What, in words.
    pub act: String,
    /// To what.
    pub subject: String,
}

/// What is held on one person (个人信息保护法 45).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// The person.
    pub found: Found,
    /// Each record that speaks of them.
    pub records: Vec<Held>,
    /// Who saw their record.
    pub seen: Vec<Seen>,
    /// Their requests.
    pub requests: Vec<Request>,
    /// How long it is kept, in words.
    pub kept: String,
}

/// A record that speaks of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The record.
    pub record: RecordId,
    /// What it is.
    pub kind: Kind,
    /// Its values.
    pub values: BTreeMap<Name, Value>,
    /// Its saves, the latest first.
    pub history: Vec<HistoryEntry>,
}

/// What a person asks for.
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
pub struct OpenRequest {
    /// The resident's record.
    pub of: OfRecord,
    /// What is asked for.
    pub wish: Wish,
    /// Who asks: 本人, 监护人, 近亲属 and the like, and how that was checked.
    pub asked_by: String,
    /// What exactly.
    pub words: String,
}

/// A request of somebody recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its number.
    pub id: String,
    /// The resident's record.
    pub of: OfRecord,
    /// What is asked for.
    pub wish: Wish,
    /// Who asks.
    pub asked_by: String,
    /// What exactly.
    pub words: String,
    /// Who took it down, and when.
    pub opened: Done,
    /// What was decided.
    pub decided: Option<Decided>,
}

/// What was decided on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Whether it was done; refused otherwise.
    pub granted: bool,
    /// What was done, or why it was refused.
    pub answer: String,
    /// Who decided, and when.
    pub done: Done,
}

/// `request-decide`: grants or refuses a request, and does what is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecideRequest {
    /// Its number.
    pub id: String,
    /// Whether it is granted.
    pub granted: bool,
    /// What was done, or why it is refused: the person is told.
    pub answer: String,
    /// For a correction: the right values of the resident's fields.
    #[serde(default)]
    pub values: BTreeMap<Name, Value>,
}

/// `second-factor`: the secret to be put into an authenticator app. It counts once a code made from it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The `otpauth://` address, for a QR code.
    pub uri: String,
    /// The secret in Base32, to be typed.
    pub secret: String,
}

/// `second-factor-on`, `second-factor-off`: a code of the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfMoment {
    /// Six digits.
    pub code: String,
}

/// An answer with nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// `matters`: a dispute as an office sees it that presses for what is late: no names, and nothing of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// The dispute.
    pub of: OfRecord,
    /// 编号.
    pub number: String,
    /// 类型.
    pub matter: Option<dispute::codes::Matter>,
    /// 预警色.
    pub colour: Option<dispute::codes::Colour>,
    /// 状态.
    pub state: dispute::steps::State,
    /// What is due.
    pub due: Option<dispute::deadlines::Due>,
    /// Until when.
    #[serde(with = "crate::day::iso")]
    pub by: Option<NaiveDate>,
    /// The last time that somebody above pressed.
    pub pressed: Option<Pressed>,
    /// Whether the caller may read the file.
    pub readable: bool,
}

impl Matter {
    /// What is due; none where nothing is.
    pub fn deadline(&self) -> Option<Deadline<dispute::deadlines::Due>> {
        Some(Deadline { what: self.due?, by: self.by? })
    }
}

/// A line of the answer to `affairs`: a hazard or a request that is not done, without what it says, where exactly it is,
/// and who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAffair {
    /// The record.
    pub record: RecordId,
    /// Hazard or request.
    pub kind: Kind,
    /// Its grid.
    pub grid: GridCode,
    /// 编号.
    pub number: String,
    /// Of which sort, and how grave, in words.
    pub sort: String,
    /// 状态.
    pub state: affair::steps::State,
    /// What is due.
    pub due: Option<affair::file::Due>,
    /// Until when.
    #[serde(with = "crate::day::iso")]
    pub by: Option<NaiveDate>,
}

impl OpenAffair {
    /// What is due; none where nothing is.
    pub fn deadline(&self) -> Option<Deadline<affair::file::Due>> {
        Some(Deadline { what: self.due?, by: self.by? })
    }
}

/// The answer to `file`: a dispute's file, for those who may look at mediation there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WholeFile {
    /// The dispute.
    pub dispute: Record,
    /// The records that name it.
    pub others: Vec<Record>,
    /// The name of its grid.
    pub grid: String,
}

/// `ledger`: a ledger of a place as a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLedger {
    /// Which.
    pub ledger: Ledger,
    /// Of where.
    pub place: Place,
    /// The first day.
    #[serde(with = "crate::day::iso")]
    pub from: Option<NaiveDate>,
    /// The last day.
    #[serde(with = "crate::day::iso")]
    pub to: Option<NaiveDate>,
    /// What full names are needed for; family names alone where it is empty.
    #[serde(default)]
    pub purpose: String,
}

/// The answer to `ledger`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFile {
    /// Rows in it.
    pub rows: usize,
    /// The `.xlsx` in Base64.
    pub xlsx: String,
}

/// How somebody above pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// 催办, 领办 or 督办.
    pub step: dispute::steps::Step,
    /// Who, and when.
    pub done: Done,
    /// Whether it was acknowledged.
    pub acknowledged: bool,
}

/// `press`: 催办, 领办 or 督办 of a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// The dispute.
    pub of: OfRecord,
    /// Which.
    pub step: dispute::steps::Step,
    /// Why: the mediator reads it.
    pub why: String,
}
