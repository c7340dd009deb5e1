//! Ops that a phone could not send and that were carried to the office as a file.

use crate::database::{Author, Database, Incoming};
use anyhow::Context;
use ruhu_domain::wire::{EXPORT, MAX_OPS, OpResult, SealedUnsent, UnsentOps, vault_owner};
use ruhu_vault::{Purpose, RecoveryKey, Sealed};
use serde::Deserialize;

/// A file that a phone made.
#[derive(Deserialize)]
#[serde(untagged)]
enum Carried {
    Sealed(SealedUnsent<Sealed>),
    Plain(Brought),
}

/// What was carried to the office.
#[derive(Debug, Deserialize)]
pub struct Brought {
    /// What can be taken in.
    #[serde(flatten)]
    pub unsent: UnsentOps,
    /// From a phone that could not read its storage: drafts and pieces, for a person to make sense of.
    #[serde(default)]
    pub rest: Vec<(String, String)>,
}

/// Reads a file that a phone made, sealed for this server or, from phones that never were in contact with one, not.
///
/// # Errors
/// It is no such file, or it was sealed for another server.
pub fn read(bytes: &[u8], server: impl FnOnce() -> anyhow::Result<RecoveryKey>) -> anyhow::Result<Brought> {
    let not_ours = "这不是手机导出的未发送记录";
    match serde_json::from_slice(bytes).context(not_ours)? {
        Carried::Plain(brought) => Ok(brought),
        Carried::Sealed(SealedUnsent { account, device, key, sealed }) => {
            let other = "这个文件打不开：不是给这台服务器的，或已损坏";
            let keys = server()?.open(&key, &vault_owner(&account, device)).context(other)?.keys();
            let name = keys.name(EXPORT, EXPORT);
            let (_, plain) = keys.open(Purpose::Outbox, EXPORT, &name, &sealed).context(other)?;
            let brought: Brought = serde_json::from_slice(&plain).context(not_ours)?;
            anyhow::ensure!(brought.unsent.account == account && brought.unsent.device == device, other);
            Ok(brought)
        }
    }
}

/// Takes the ops in under the account that made them, as if the phone had sent them; those that came before
/// have no second effect.
///
/// # Errors
/// There is no such account, or the database's.
pub async fn ops(database: &Database, unsent: UnsentOps) -> anyhow::Result<Vec<OpResult>> {
    let account = database.account(&unsent.account).await?;
    let account = account.with_context(|| format!("没有账号 {}", unsent.account))?;
    let grants = database.rights(&account.id).await?;
    let author = Author { account: &account.id, name: &account.name, device: unsent.device, grants: &grants };
    let mut results = Vec::with_capacity(unsent.ops.len());
    for batch in unsent.ops.chunks(MAX_OPS) {
        let batch = batch.iter().map(|op| Incoming::Op(Box::new(op.as_ref().clone()))).collect();
        results.extend(database.take(author, batch).await?.results);
    }
    Ok(results)
}
