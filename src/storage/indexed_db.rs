//! The store in the browser's IndexedDB.

use super::{Storage, StorageError};
use crate::platform::random;
use indexed_db_futures::{
    KeyRange,
    database::Database,
    error::{DomException, Error, OpenDbError, UnexpectedDataError},
    prelude::*,
    transaction::{TransactionDurability, TransactionMode, TransactionOptions},
};
use js_sys::Uint8Array;
use ruhu_domain::{
    Class,
    storage::{BLOBS, Batch, Entry, READ_ON_OPEN, Snapshot, TABLES, Table, VAULT, Write},
};
use ruhu_vault::{Keys, Purpose};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};

/// Version 2 has the vault, version 3 a table of segments for each class, version 4 photos.
const VERSION: u32 = 4;

/// An IndexedDB database whose values are sealed with the keys of a vault. A connection that the browser closed is
/// opened again at the next use.
pub struct IndexedDb {
    name: String,
    connection: Rc<RefCell<Option<Database>>>,
    blocked: Rc<dyn Fn()>,
    keys: RefCell<Option<Rc<Keys>>>,
}

/// Returns the purpose that the values of a table are sealed for; none for the table that is not sealed.
fn purpose(table: Table) -> Option<Purpose> {
    match table {
        VAULT => None,
        Table::Outbox => Some(Purpose::Outbox),
        Table::Segments(Class::General) => Some(Purpose::General),
        Table::Segments(Class::Mediation) => Some(Purpose::Mediation),
        Table::Segments(Class::Care) => Some(Purpose::Care),
        BLOBS => Some(Purpose::General),
        Table::Meta | Table::Cursors | Table::Own(_) => Some(Purpose::Meta),
    }
}

impl IndexedDb {
    /// Opens the database of this name, made if it is not there. `blocked` is called while a window with an
    /// older version of the app keeps it from being brought up to date.
    ///
    /// # Errors
    /// The browser has no storage to offer, or could not open it.
    pub async fn open(name: &str, blocked: impl Fn() + 'static) -> Result<Self, StorageError> {
        let this = Self {
            name: name.to_owned(),
            connection: Rc::default(),
            blocked: Rc::new(blocked),
            keys: RefCell::default(),
        };
        this.connection().await?;
        Ok(this)
    }

    /// Returns a handle on the same database that keeps the keys of this moment until it is locked itself.
    pub fn with_own_keys(&self) -> Self {
        Self {
            name: self.name.clone(),
            connection: self.connection.clone(),
            blocked: self.blocked.clone(),
            keys: RefCell::new(self.keys.borrow().clone()),
        }
    }

    /// From now on values are sealed and opened with these keys. Without keys values are read as they are, and
    /// nothing is written but to the vault's own table.
    pub fn unlock(&self, keys: Keys) {
        *self.keys.borrow_mut() = Some(Rc::new(keys));
    }

    /// Wipes the keys from memory.
    pub fn lock(&self) {
        self.keys.borrow_mut().take();
    }

    /// The keys and what they are for; none where values of the table are as they are.
    fn seal_of(&self, table: Table) -> Option<(Rc<Keys>, Purpose)> {
        self.keys.borrow().clone().zip(purpose(table))
    }

    /// The name of an entry in the database.
    fn name_of(&self, table: Table, key: &str) -> String {
        match self.seal_of(table) {
            Some((keys, _)) => keys.name(table.name(), key),
            None => key.to_owned(),
        }
    }

    /// A value as it is kept.
    fn sealed(&self, table: Table, key: &str, value: &[u8]) -> Result<Vec<u8>, StorageError> {
        match self.seal_of(table) {
            Some((keys, purpose)) => Ok(keys.seal(purpose, table.name(), key, random(), value)),
            None if purpose(table).is_none() => Ok(value.to_vec()),
            None => Err(StorageError::Locked),
        }
    }

    /// Key and value of an entry as it is kept under a name; none where it does not open.
    fn opened(&self, table: Table, name: String, kept: Vec<u8>) -> Option<Entry> {
        match self.seal_of(table) {
            Some((keys, purpose)) => keys.open(purpose, table.name(), &name, &kept).ok(),
            None => Some((name, kept)),
        }
    }

    /// Every entry of the tables as it is kept, as of one moment.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn kept<const N: usize>(&self, tables: [Table; N]) -> Result<[Vec<Entry>; N], StorageError> {
        let stored = self
            .with_retry(async |database| {
                let transaction = database.transaction(tables.map(Table::name)).build()?;
                // Every request is issued before the first await, as in a write.
                let mut requests = Vec::new();
                for table in tables {
                    let store = transaction.object_store(table.name())?;
                    let names = store.get_all_keys::<String>().build()?;
                    requests.push((names, store.get_all::<JsValue>().build()?));
                }
                let mut stored = Vec::new();
                for (names, values) in requests {
                    let (names, values) = (names.await?, values.await?);
                    let entries = names.zip(values).map(|(name, value)| Ok((name?, bytes(&value?))));
                    stored.push(entries.collect::<Result<Vec<_>, Error>>()?);
                }
                Ok(stored)
            })
            .await?;
        let mut stored = stored.into_iter();
        Ok(tables.map(|_| stored.next().unwrap_or_default()))
    }

    /// Everything but the photos that can be read, as of one moment, and how many entries can't.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn salvage(&self) -> Result<(Snapshot, usize), StorageError> {
        let stored = self.kept(READ_ON_OPEN).await?;
        let (mut snapshot, mut unreadable) = (Snapshot::default(), 0);
        for (table, entries) in READ_ON_OPEN.into_iter().zip(stored) {
            let count = entries.len();
            let opened = entries.into_iter().filter_map(|(name, kept)| self.opened(table, name, kept));
            let mut entries: Vec<Entry> = opened.collect();
            entries.sort();
            unreadable += count - entries.len();
            snapshot.put(table, entries);
        }
        Ok((snapshot, unreadable))
    }

    async fn connection(&self) -> Result<Database, StorageError> {
        if let Some(open) = self.connection.borrow().as_ref() {
            return Ok(open.clone());
        }
        let blocked = self.blocked.clone();
        let request = Database::open(self.name.clone()).with_version(VERSION);
        let request = request.with_on_blocked(move |_| {
            blocked();
            Ok(())
        });
        let request = request.with_on_upgrade_needed(|_, database| {
            let there: Vec<String> = database.object_store_names().collect();
            for table in TABLES {
                if !there.iter().any(|name| name == table.name()) {
                    database.create_object_store(table.name()).build()?;
                }
            }
            Ok(())
        });
        let database = request.await.map_err(|error| match error {
            OpenDbError::Base(error) => failed(&error),
            other => StorageError::Failed(other.to_string()),
        })?;
        *self.connection.borrow_mut() = Some(database.clone());
        self.make_way(&database);
        Ok(database)
    }

    /// Lets go of the connection when a window with a newer version of the app wants to change the tables, or
    /// when the browser closed it.
    fn make_way(&self, database: &Database) {
        let Ok(mut changes) = database.version_changes() else { return };
        let (connection, database) = (Rc::downgrade(&self.connection), database.clone());
        wasm_bindgen_futures::spawn_local(async move {
            drop(changes.recv().await);
            drop(changes);
            database.close();
            if let Some(connection) = connection.upgrade() {
                connection.borrow_mut().take();
            }
        });
    }

    /// Tries once more with a new connection where the old one was closed under us.
    async fn with_retry<T>(&self, action: impl AsyncFn(&Database) -> Result<T, Error>) -> Result<T, StorageError> {
        let database = self.connection().await?;
        match action(&database).await {
            Err(Error::DomException(DomException::InvalidStateError(_))) => {
                *self.connection.borrow_mut() = None;
                let database = self.connection().await?;
                action(&database).await.map_err(|error| failed(&error))
            }
            done => done.map_err(|error| failed(&error)),
        }
    }
}

impl Storage for IndexedDb {
    async fn write(&self, batch: &Batch) -> Result<(), StorageError> {
        let mut tables: Vec<&str> = Vec::new();
        for write in batch {
            let (Write::Check(table, ..)
            | Write::CheckKeys(table, _)
            | Write::Put(table, ..)
            | Write::Delete(table, _)
            | Write::Clear(table)) = write;
            if !tables.contains(&table.name()) {
                tables.push(table.name());
            }
        }
        if tables.is_empty() {
            return Ok(());
        }
        // All is sealed before a transaction opens: it would not wait.
        // Names are made at the same moment: the vault may be locked before the transaction is over.
        let mut prepared = Vec::with_capacity(batch.len());
        for write in batch {
            prepared.push(match write {
                Write::Put(table, key, value) => (self.name_of(*table, key), self.sealed(*table, key, value)?),
                Write::Check(table, key, _) | Write::Delete(table, key) => (self.name_of(*table, key), Vec::new()),
                Write::CheckKeys(..) | Write::Clear(_) => Default::default(),
            });
        }
        self.with_retry(async |database| {
            let transaction = database
                .transaction(tables.clone())
                .with_mode(TransactionMode::Readwrite)
                .with_options(TransactionOptions::new().with_durability(TransactionDurability::Strict))
                .build()?;
            // Every request is issued before the first await: none can find the transaction over. What a check
            // read is looked at then; where it does not hold, all is rolled back.
            let (mut values, mut keys) = (Vec::new(), Vec::new());
            for (write, (name, sealed)) in batch.iter().zip(&prepared) {
                match write {
                    Write::Check(table, _, value) => {
                        let store = transaction.object_store(table.name())?;
                        let stored = store.get::<JsValue, &str, _>(KeyRange::Only(name.as_str())).build()?;
                        values.push((*table, name.clone(), stored, value));
                    }
                    Write::CheckKeys(table, expected) => {
                        let stored = transaction.object_store(table.name())?.get_all_keys::<String>().build()?;
                        let mut names: Vec<String> = expected.iter().map(|key| self.name_of(*table, key)).collect();
                        names.sort();
                        keys.push((stored, names));
                    }
                    Write::Put(table, ..) => {
                        let value = JsValue::from(Uint8Array::from(sealed.as_slice()));
                        transaction.object_store(table.name())?.put(value).with_key(name.as_str()).build()?;
                    }
                    Write::Delete(table, _) => {
                        let key = KeyRange::Only(name.as_str());
                        transaction.object_store(table.name())?.delete::<&str, _>(key).build()?;
                    }
                    Write::Clear(table) => drop(transaction.object_store(table.name())?.clear()?),
                }
            }
            let mut holds = true;
            for (table, name, stored, value) in values {
                let stored = present(stored.await?).map(|stored| bytes(&stored));
                holds &= match stored {
                    Some(kept) => self.opened(table, name, kept).map(|(_, value)| value) == *value,
                    None => value.is_none(),
                };
            }
            for (stored, expected) in keys {
                holds &= stored.await?.collect::<Result<Vec<_>, _>>()? == expected;
            }
            if holds {
                transaction.commit().await?;
            } else {
                transaction.abort().await?;
            }
            Ok(holds)
        })
        .await
        .and_then(|written| if written { Ok(()) } else { Err(StorageError::Overtaken) })
    }

    async fn snapshot(&self) -> Result<Snapshot, StorageError> {
        match self.salvage().await? {
            (snapshot, 0) => Ok(snapshot),
            _ => Err(StorageError::Unreadable),
        }
    }

    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let name = self.name_of(table, key);
        let stored = self
            .with_retry(async |database| {
                let transaction = database.transaction(table.name()).build()?;
                let store = transaction.object_store(table.name())?;
                let value: Option<JsValue> = store.get::<JsValue, &str, _>(KeyRange::Only(name.as_str())).await?;
                Ok(present(value).map(|value| bytes(&value)))
            })
            .await?;
        let Some(kept) = stored else { return Ok(None) };
        self.opened(table, name, kept).map(|(_, value)| Some(value)).ok_or(StorageError::Unreadable)
    }
}

fn present(value: Option<JsValue>) -> Option<JsValue> {
    value.filter(|value| !value.is_undefined())
}

fn bytes(value: &JsValue) -> Vec<u8> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default()
}

fn failed(error: &Error) -> StorageError {
    match error {
        // No request failed, yet the whole was rolled back: the disk had no room at the commit.
        Error::MissingData(UnexpectedDataError::TransactionAborted) => StorageError::Full,
        Error::DomException(error) => match web_sys::DomException::from(error.clone()).name().as_str() {
            "QuotaExceededError" => StorageError::Full,
            "SecurityError" | "UnknownError" => StorageError::Unavailable,
            "VersionError" => StorageError::Newer,
            name => StorageError::Failed(name.to_owned()),
        },
        other => StorageError::Failed(other.to_string()),
    }
}
