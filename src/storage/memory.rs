//! The store in memory: what the contract means, in the fewest lines. Tests hold the browser's store
//! to it.

use super::{Storage, StorageError};
use ruhu_domain::storage::{Batch, READ_ON_OPEN, Snapshot, Table, Write};
use std::{cell::RefCell, collections::BTreeMap};

/// Entries by table and key.
#[derive(Debug, Default)]
pub struct Memory(RefCell<BTreeMap<(Table, String), Vec<u8>>>);

impl Storage for Memory {
    async fn write(&self, batch: &Batch) -> Result<(), StorageError> {
        let mut entries = self.0.borrow_mut();
        for write in batch {
            let holds = match write {
                Write::Check(table, key, value) => entries.get(&(*table, key.clone())) == value.as_ref(),
                Write::CheckKeys(table, keys) => {
                    entries.keys().filter(|(of, _)| of == table).map(|(_, key)| key).eq(keys)
                }
                _ => true,
            };
            if !holds {
                return Err(StorageError::Overtaken);
            }
        }
        for write in batch {
            match write {
                Write::Check(..) | Write::CheckKeys(..) => {}
                Write::Put(table, key, value) => drop(entries.insert((*table, key.clone()), value.clone())),
                Write::Delete(table, key) => drop(entries.remove(&(*table, key.clone()))),
                Write::Clear(table) => entries.retain(|(of, _), _| of != table),
            }
        }
        Ok(())
    }

    async fn snapshot(&self) -> Result<Snapshot, StorageError> {
        let entries = self.0.borrow();
        let mut snapshot = Snapshot::default();
        for table in READ_ON_OPEN {
            let of_table = entries.iter().filter(|((of, _), _)| *of == table);
            snapshot.put(table, of_table.map(|((_, key), value)| (key.clone(), value.clone())).collect());
        }
        Ok(snapshot)
    }

    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.borrow().get(&(table, key.to_owned())).cloned())
    }
}
