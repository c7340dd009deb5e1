//! 运行: how the server is, for those who look after it. No person and no record is in it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The answer to `operation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The server's version.
    pub version: String,
    /// When the server was started, Unix milliseconds.
    pub started_at: u64,
    /// The database: SQLite or PostgreSQL.
    pub engine: String,
    /// The size of the database in bytes.
    pub database_bytes: u64,
    /// The room left on the disk of the data in bytes; `None` where another machine keeps the data.
    pub free_bytes: Option<u64>,
    /// The number of records that wait for a decision.
    pub waiting: u64,
    /// The versions of the app on phones in use, the most frequent first.
    pub phones: Vec<PhonesOfVersion>,
    /// The certificate for TLS.
    pub certificate: CertificateState,
    /// The last backup; `None` where none was made yet.
    pub backup: Option<BackupMade>,
    /// Whether a backup is being made now.
    pub backing_up: bool,
    /// Whether a backup can be made here: PostgreSQL has tools of its own.
    pub can_back_up: bool,
    /// The work of the last night; `None` before the first.
    pub night: Option<NightDone>,
}

/// The phones with a version of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhonesOfVersion {
    /// The version; empty where a phone has not synced since versions are noted.
    pub app: String,
    /// The number of phones.
    pub phones: u64,
}

/// The certificate for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    /// The server has none: a proxy before it has, or it serves its own machine alone.
    Elsewhere,
    /// An authority renews it by itself (ACME).
    Renewed,
    /// It is in a file, and ends on this day.
    Until(NaiveDate),
    /// Its file can't be read.
    Unreadable,
}

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupMade {
    /// When, Unix milliseconds.
    pub at: u64,
    /// The file's name; the file is on the server.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The records that were counted in it when it was opened as a restore would; `None` where it was not tried.
    pub records: Option<u64>,
    /// Why it is no good, for people; empty where it is good, or was not tried.
    pub problem: String,
}

/// The work of a night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightDone {
    /// The day whose retention it was.
    pub on: NaiveDate,
    /// When it was done, Unix milliseconds.
    pub at: u64,
    /// The records that were erased because their time was over; `None` where that waits for an office, or failed.
    pub erased: Option<u64>,
    /// Whether the erasing waits for an office.
    pub held: bool,
    /// Photos that nobody needed any more and that were erased.
    pub photos: u64,
    /// The parts that failed, for people.
    pub failed: Vec<String>,
}
