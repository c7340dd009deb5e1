//! Drafts: every field is kept as it is typed, so that a phone call loses nothing.

use ruhu_domain::{
    Channel, RecordId,
    storage::{Table, Write},
    visit::Visit,
};
use serde::{Deserialize, Serialize};

/// A visit being written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The visit's identity, fixed when the form was opened.
    pub id: RecordId,
    /// What was written so far.
    pub visit: Visit,
    /// When it was last touched, Unix milliseconds.
    pub touched: i64,
    /// Where it will belong, also when the right to the household is lost before it is saved.
    #[serde(default)]
    pub channel: Option<Channel>,
}

impl Draft {
    /// The write that keeps it.
    pub fn write(&self) -> Write {
        let bytes = serde_json::to_vec(self).expect("a draft has only text keys");
        Write::Put(Table::Drafts, self.id.to_string(), bytes)
    }
}

/// The write that forgets a draft.
pub fn forget(id: RecordId) -> Write {
    Write::Delete(Table::Drafts, id.to_string())
}
