//! Where bytes are kept on the phone. Values are opaque here: what they mean is the engine's matter.

pub mod indexed_db;
pub mod memory;

use ruhu_domain::storage::{Batch, Snapshot, Table};

/// Why the phone's storage did not do something. Nothing of the batch was written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The disk, or the browser's share of it, is full.
    #[error("手机存储空间不足，这次没有保存。请清理一些照片或应用后再点保存")]
    Full,
    /// The browser has no storage to offer, as in some private windows.
    #[error("浏览器不允许保存数据。请退出无痕模式，或换用 Chrome 浏览器")]
    Unavailable,
    /// Another window wrote meanwhile: what this one has in memory is not the latest.
    #[error("另一个“入户”窗口刚刚有改动，这次没有写入，请再试一次")]
    Overtaken,
    /// A newer version of the app changed the storage.
    #[error("“入户”已在另一个窗口更新，请刷新这个页面再继续；已保存的记录都在")]
    Newer,
    /// The vault is locked: nothing can be written without its keys.
    #[error("已锁定，这次没有保存。请输入密码打开后再试")]
    Locked,
    /// A stored value does not open with the keys of this vault, or is no value of ours.
    #[error("手机里的一部分数据读不出来")]
    Unreadable,
    /// The record is closed to this change, with what to do about it.
    #[error("{0}")]
    Refused(&'static str),
    /// The connection broke, or the browser said something else.
    #[error("手机存储出错，这次没有保存，请再点一次（{0}）")]
    Failed(String),
}

/// A store of byte values by table and key.
#[expect(async_fn_in_trait, reason = "the browser has one thread; nothing here needs to be Send")]
pub trait Storage {
    /// Carries out a batch in one transaction, durable before it returns.
    ///
    /// # Errors
    /// Nothing of the batch was written.
    async fn write(&self, batch: &Batch) -> Result<(), StorageError>;

    /// Everything but the photos, as of one moment.
    ///
    /// # Errors
    /// It could not be read.
    async fn snapshot(&self) -> Result<Snapshot, StorageError>;

    /// One entry.
    ///
    /// # Errors
    /// The table could not be read.
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError>;
}
