//! The disputes on the phone, each with the records that belong to it. Kept up to date record by record.

use super::file::{File, parent_of};
use crate::{
    id::RecordId,
    record::{Kind, Record},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The disputes.
#[derive(Clone, Debug, Default)]
pub struct Disputes {
    records: HashMap<RecordId, Arc<Record>>,
    children: HashMap<RecordId, BTreeSet<RecordId>>,
}

impl Disputes {
    /// Takes in a record, new or changed. Kinds that belong to no dispute are passed over.
    pub fn put(&mut self, record: &Arc<Record>) {
        let parent = parent_of(record);
        if record.kind == Kind::Dispute || parent.is_some() {
            if let Some(parent) = parent {
                self.children.entry(parent).or_default().insert(record.id);
            }
            self.records.insert(record.id, record.clone());
        }
    }

    /// Forgets a record.
    pub fn remove(&mut self, id: RecordId) {
        if let Some(parent) = self.records.remove(&id).as_deref().and_then(parent_of)
            && let Some(children) = self.children.get_mut(&parent)
        {
            children.remove(&id);
        }
    }

    /// A dispute's file; none where there is no such dispute, or it was withdrawn.
    pub fn file(&self, id: RecordId) -> Option<File> {
        let dispute = self.records.get(&id).filter(|record| record.kind == Kind::Dispute && !record.withdrawn())?;
        let children = self.children.get(&id).into_iter().flatten();
        File::gather(dispute, children.filter_map(|id| self.records.get(id)).map(Arc::as_ref))
    }

    /// Every file, in no order.
    pub fn files(&self) -> impl Iterator<Item = File> {
        let disputes = self.records.values().filter(|record| record.kind == Kind::Dispute);
        disputes.filter_map(|record| self.file(record.id))
    }
}
