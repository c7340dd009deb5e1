//! Clearing the phone, at a log-out or for another worker: only where nothing is lost by it.

use crate::{
    state::{notebook::album, session},
    storage::{Storage, StorageError},
};
use ruhu_domain::{
    OpId,
    engine::{Engine, Head, Queued, QueuedState},
    storage::{Batch, DRAFTS, PHOTOS, TABLES, Table, Write},
    wire,
};

/// Why the phone can't be cleared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stay {
    /// Saved changes are only on this phone.
    #[error("还有 {count} 条记录没有到办公室，现在退出会丢失。请连上网络，等全部发送后再退出")]
    Unsent {
        /// Whose.
        name: String,
        /// How many.
        count: usize,
    },
    /// The office's receipt is for something else than what is on the phone now.
    #[error("回执号对不上。导出之后又有新的改动，或号码填错了：请核对，或重新导出交办公室")]
    OtherReceipt,
    /// Photos are only on this phone.
    #[error("还有 {count} 张照片没有到办公室。请连上网络，等全部发送后再退出；不要的可以移除")]
    Photos {
        /// Whose.
        name: String,
        /// How many.
        count: usize,
    },
    /// Forms were begun and not saved.
    #[error("还有 {count} 份草稿没有写完。请先保存或放弃草稿，再退出")]
    Drafts {
        /// Whose.
        name: String,
        /// How many.
        count: usize,
    },
    /// The stored values can't be read.
    #[error("手机里的一部分数据读不出来，请先刷新页面，按提示导出记录")]
    Unreadable,
    /// The storage's reason.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Stay {
    /// The words for another worker who wants to log in here.
    pub fn to_another(&self) -> String {
        match self {
            Self::Unsent { name, count } => {
                format!("这台手机上还有{name}没发送的 {count} 条记录，请先由{name}登录处理")
            }
            Self::Photos { name, count } => {
                format!("这台手机上还有{name}没发送的 {count} 张照片，请先由{name}登录处理")
            }
            Self::Drafts { name, count } => format!("这台手机上还有{name}的 {count} 份草稿，请先由{name}登录处理"),
            other => other.to_string(),
        }
    }
}

/// Whether an op is on this phone only: one under review is in the office's hands.
fn only_here(queued: &&Queued) -> bool {
    !matches!(queued.state, QueuedState::Review { .. })
}

/// The writes that clear the phone. They are carried out only where no window saved anything since this looked.
/// `receipt` is what the office gave for the exported file.
///
/// # Errors
/// Something would be lost, or the storage's reason.
pub async fn clear(storage: &impl Storage, receipt: Option<&str>) -> Result<Batch, Stay> {
    let stored = storage.snapshot().await?;
    let keys = |table| stored.entries(table).iter().map(|(key, _)| key.clone()).collect();
    let mut batch: Batch = [Table::Outbox, DRAFTS, PHOTOS].map(|table| Write::CheckKeys(table, keys(table))).into();
    batch.extend(TABLES.map(Write::Clear));
    let Some(session) = session::stored(&stored) else { return Ok(batch) };
    // Which ops the office acknowledged is written in the segments; the rest of the head does not matter here.
    let head = Head::stored(&stored).map_err(|_| Stay::Unreadable)?;
    let head = head.unwrap_or_else(|| Head::new(session.device, session.name.clone(), Vec::new()));
    let engine = Engine::load(head, &stored).map_err(|_| Stay::Unreadable)?;
    let count = engine.outbox().filter(only_here).count();
    let epoch = engine.head().epoch.clone().unwrap_or_default();
    let photos = album::unsent(&album::stored(&stored), engine.records(), &epoch);
    let without = photos.len();
    if count + without > 0 {
        let ops: Vec<OpId> = engine.outbox().map(|queued| queued.op.id).collect();
        match receipt {
            Some(receipt) if receipt.trim() == wire::receipt(ops, photos) => {}
            Some(_) => return Err(Stay::OtherReceipt),
            None if count > 0 => return Err(Stay::Unsent { name: session.name, count }),
            None => return Err(Stay::Photos { name: session.name, count: without }),
        }
    }
    match stored.entries(DRAFTS).len() {
        0 => Ok(batch),
        count => Err(Stay::Drafts { name: session.name, count }),
    }
}
