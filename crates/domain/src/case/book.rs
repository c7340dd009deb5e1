//! Files on the phone: a head record each (a dispute, a care case, a hazard) with the records that name it. Kept up to date
//! record by record.

use crate::{
    id::RecordId,
    record::{Kind, Record},
};
use std::{
    collections::{BTreeSet, HashMap},
    marker::PhantomData,
    sync::Arc,
};

/// A file that is put together from a head and the records that name it.
pub trait CaseFile: Sized {
    /// The kinds of the head.
    const HEADS: &'static [Kind];

    /// The file. None where the head can't be read. Withdrawn records are left out, and such as are not where the head
    /// is.
    fn gather<'a>(head: &Record, others: impl IntoIterator<Item = &'a Record>) -> Option<Self>;
}

/// Files of a sort.
#[derive(Clone, Debug)]
pub struct Book<F> {
    records: HashMap<RecordId, Arc<Record>>,
    children: HashMap<RecordId, BTreeSet<RecordId>>,
    files: PhantomData<F>,
}

impl<F> Default for Book<F> {
    fn default() -> Self {
        Self { records: HashMap::new(), children: HashMap::new(), files: PhantomData }
    }
}

impl<F: CaseFile> Book<F> {
    /// Takes in a record, new or changed. Kinds that belong to no such file are passed over.
    pub fn put(&mut self, record: &Arc<Record>) {
        if record.kind.head().is_none_or(|head| !F::HEADS.contains(&head)) {
            return;
        }
        if let Some(parent) = record.parent() {
            self.children.entry(parent).or_default().insert(record.id);
        }
        self.records.insert(record.id, record.clone());
    }

    /// Forgets a record.
    pub fn remove(&mut self, id: RecordId) {
        if let Some(parent) = self.records.remove(&id).and_then(|record| record.parent())
            && let Some(children) = self.children.get_mut(&parent)
        {
            children.remove(&id);
        }
    }

    /// A file; none where there is no such head, or it was withdrawn.
    pub fn file(&self, id: RecordId) -> Option<F> {
        let head = self.records.get(&id).filter(|record| F::HEADS.contains(&record.kind) && !record.withdrawn())?;
        let children = self.children.get(&id).into_iter().flatten();
        F::gather(head, children.filter_map(|id| self.records.get(id)).map(Arc::as_ref))
    }

    /// The heads, in no order; such as were withdrawn too.
    pub fn heads(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(Arc::as_ref).filter(|record| F::HEADS.contains(&record.kind))
    }

    /// Every file, in no order.
    pub fn files(&self) -> impl Iterator<Item = F> {
        self.heads().filter_map(|record| self.file(record.id))
    }
}
