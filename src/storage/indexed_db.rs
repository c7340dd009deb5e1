//! The store in the browser's IndexedDB.

use super::{Storage, StorageError};
use indexed_db_futures::{
    KeyRange,
    database::Database,
    error::{DomException, Error, OpenDbError, UnexpectedDataError},
    prelude::*,
    transaction::{TransactionDurability, TransactionMode, TransactionOptions},
};
use js_sys::Uint8Array;
use ruhu_domain::storage::{Batch, Snapshot, Table, Write};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};

const VERSION: u32 = 1;

/// An IndexedDB database. A connection that the browser closed is opened again at the next use.
pub struct IndexedDb {
    name: String,
    connection: Rc<RefCell<Option<Database>>>,
    blocked: Rc<dyn Fn()>,
}

impl IndexedDb {
    /// Opens the database of this name, made if it is not there. `blocked` is called while a window with an
    /// older version of the app keeps it from being brought up to date.
    ///
    /// # Errors
    /// The browser has no storage to offer, or could not open it.
    pub async fn open(name: &str, blocked: impl Fn() + 'static) -> Result<Self, StorageError> {
        let this = Self { name: name.to_owned(), connection: Rc::default(), blocked: Rc::new(blocked) };
        this.connection().await?;
        Ok(this)
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
            for table in Table::ALL {
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
        self.with_retry(async |database| {
            let transaction = database
                .transaction(tables.clone())
                .with_mode(TransactionMode::Readwrite)
                .with_options(TransactionOptions::new().with_durability(TransactionDurability::Strict))
                .build()?;
            // Every request is issued before the first await: none can find the transaction over. What a check
            // read is looked at then; where it does not hold, all is rolled back.
            let (mut values, mut keys) = (Vec::new(), Vec::new());
            for write in batch {
                match write {
                    Write::Check(table, key, value) => {
                        let store = transaction.object_store(table.name())?;
                        let stored = store.get::<JsValue, &str, _>(KeyRange::Only(key.as_str())).build()?;
                        values.push((stored, value));
                    }
                    Write::CheckKeys(table, expected) => {
                        let stored = transaction.object_store(table.name())?.get_all_keys::<String>().build()?;
                        keys.push((stored, expected));
                    }
                    Write::Put(table, key, value) => {
                        let value = JsValue::from(Uint8Array::from(value.as_slice()));
                        transaction.object_store(table.name())?.put(value).with_key(key.as_str()).build()?;
                    }
                    Write::Delete(table, key) => {
                        let key = KeyRange::Only(key.as_str());
                        transaction.object_store(table.name())?.delete::<&str, _>(key).build()?;
                    }
                    Write::Clear(table) => drop(transaction.object_store(table.name())?.clear()?),
                }
            }
            let mut holds = true;
            for (stored, value) in values {
                holds &= present(stored.await?).map(|stored| bytes(&stored)) == *value;
            }
            for (stored, expected) in keys {
                holds &= stored.await?.collect::<Result<Vec<_>, _>>()? == *expected;
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
        self.with_retry(async |database| {
            let transaction = database.transaction(Table::ALL.map(Table::name)).build()?;
            // Every request is issued before the first await, as in a write.
            let mut requests = Vec::new();
            for table in Table::ALL {
                let store = transaction.object_store(table.name())?;
                requests.push((table, store.get_all_keys::<String>().build()?, store.get_all::<JsValue>().build()?));
            }
            let mut snapshot = Snapshot::default();
            for (table, keys, values) in requests {
                let (keys, values) = (keys.await?, values.await?);
                let entries = keys.zip(values).map(|(key, value)| Ok((key?, bytes(&value?))));
                snapshot.put(table, entries.collect::<Result<_, Error>>()?);
            }
            Ok(snapshot)
        })
        .await
    }

    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.with_retry(async |database| {
            let transaction = database.transaction(table.name()).build()?;
            let store = transaction.object_store(table.name())?;
            let value: Option<JsValue> = store.get::<JsValue, &str, _>(KeyRange::Only(key)).await?;
            Ok(present(value).map(|value| bytes(&value)))
        })
        .await
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
