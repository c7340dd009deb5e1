//! Drafts: every field is kept as it is typed, so that a phone call loses nothing.

use super::Notebook;
use crate::storage::StorageError;
use ruhu_domain::{
    Channel, Kind, RecordId, RecordKind,
    photo::PhotoHash,
    storage::{DRAFTS, Write},
    visit::Visit,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a draft keeps the hashes of its photos: each becomes a record of its own.
pub const PHOTO_HASHES: &str = "photos";

/// A record being written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The record's identity, fixed when the form was opened.
    pub id: RecordId,
    /// The kind of the record that is drafted.
    #[serde(default = "visit")]
    pub kind: Kind,
    /// The values of the form's fields so far.
    #[serde(alias = "visit")]
    pub values: Map<String, Value>,
    /// When it was last touched, Unix milliseconds.
    pub touched: i64,
    /// Where it will belong, also when the right to the household is lost before it is saved.
    #[serde(default)]
    pub channel: Option<Channel>,
}

/// Drafts of earlier versions were of visits alone.
const fn visit() -> Kind {
    Kind::Visit
}

impl Draft {
    /// The write that keeps it.
    pub fn write(&self) -> Write {
        let bytes = serde_json::to_vec(self).expect("a draft has only text keys");
        Write::Put(DRAFTS, self.id.to_string(), bytes)
    }

    /// The visit, where it is one.
    pub fn visit(&self) -> Option<Visit> {
        if self.kind != Kind::Visit {
            return None;
        }
        // A field that was emptied again is null.
        let values = self.values.iter().filter(|(_, value)| !value.is_null());
        serde_json::from_value(values.map(|(name, value)| (name.clone(), value.clone())).collect()).ok()
    }

    /// The photos that were taken with it.
    pub fn photos(&self) -> Vec<PhotoHash> {
        let hashes = self.values.get(PHOTO_HASHES).and_then(Value::as_array).into_iter().flatten();
        hashes.filter_map(|hash| hash.as_str()?.parse().ok()).collect()
    }

    /// Notes the photos that were taken with it.
    pub fn set_photos(&mut self, hashes: &[PhotoHash]) {
        let hashes = hashes.iter().map(|hash| Value::from(hash.to_string())).collect();
        self.values.insert(PHOTO_HASHES.to_owned(), Value::Array(hashes));
    }

    /// The head of the file that the record will belong to; none for heads, and records in no file.
    pub fn parent(&self) -> Option<RecordId> {
        self.values.get(self.kind.parent_field()?)?.as_str()?.parse().ok()
    }
}

/// The fields of a view.
pub fn fields<T: Serialize>(view: &T) -> Map<String, Value> {
    match serde_json::to_value(view) {
        Ok(Value::Object(values)) => values,
        _ => Map::new(),
    }
}

/// The write that forgets a draft.
pub fn forget(id: RecordId) -> Write {
    Write::Delete(DRAFTS, id.to_string())
}

impl Notebook {
    /// The drafts, the latest touched first.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.contents.borrow().drafts.values().cloned().collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.touched));
        drafts
    }

    /// Keeps a draft, durable when this returns. Returns whether it is the newest state still. Calls while one is being
    /// written are joined: the last state is what is kept.
    ///
    /// # Errors
    /// It is not on the phone. It is tried again with the next change, and before the notebook closes.
    pub async fn keep_draft(&self, draft: Draft) -> Result<bool, StorageError> {
        let id = draft.id;
        self.contents.borrow_mut().drafts.insert(id, draft.clone());
        self.unwritten_drafts.borrow_mut().insert(id, draft);
        self.write_draft(id).await
    }

    /// Writes the drafts that wait, then lets go of the keys: what was typed before a lock is kept.
    pub async fn close(&self) {
        let waiting: Vec<RecordId> = self.unwritten_drafts.borrow().keys().copied().collect();
        for id in waiting {
            // Where the phone has no room there is nothing to be done: the form said so.
            drop(self.write_draft(id).await);
        }
        self.storage.lock();
    }

    /// Forgets a draft.
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget_draft(&self, id: RecordId) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        self.drop_unwritten(id);
        self.write(vec![forget(id)]).await?;
        self.contents.borrow_mut().drafts.remove(&id);
        (self.changed)(false);
        Ok(())
    }

    async fn write_draft(&self, id: RecordId) -> Result<bool, StorageError> {
        let _lane = self.lane.lock().await;
        // It was written, saved or given up meanwhile.
        let Some(draft) = self.unwritten_drafts.borrow().get(&id).cloned() else { return Ok(true) };
        self.write(vec![draft.write()]).await?;
        let mut unwritten = self.unwritten_drafts.borrow_mut();
        let newest = unwritten.get(&id) == Some(&draft);
        if newest {
            unwritten.remove(&id);
        }
        Ok(newest)
    }

    pub(super) fn drop_unwritten(&self, id: RecordId) {
        self.unwritten_drafts.borrow_mut().remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use crate::state::notebook::drafts::*;
    use ruhu_domain::codes::Outcome;
    use serde_json::json;

    #[test]
    fn a_draft_that_an_earlier_version_kept_is_gone_on_with() {
        let visit = Visit::new(RecordId::new(1, [1; 10]), 5, "王芳", Outcome::Met);
        let kept = json!({"id": RecordId::new(2, [2; 10]), "visit": visit, "touched": 7});
        let draft: Draft = serde_json::from_value(kept).expect("a draft");
        assert_eq!((draft.kind.clone(), draft.visit(), draft.touched), (Kind::Visit, Some(visit), 7));
        let mut emptied = draft.clone();
        emptied.values.insert("found".to_owned(), Value::Null);
        assert!(emptied.visit().is_some(), "a text that was typed and taken out again");
        let again: Draft = serde_json::from_value(json!(draft)).expect("a draft");
        assert_eq!(again, draft);
    }
}
