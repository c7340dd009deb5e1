//! Ops that a phone could not send and that were carried to the office as a file.

use crate::database::{Author, Database, Incoming};
use anyhow::Context;
use ruhu_domain::wire::{MAX_OPS, OpResult, UnsentOps};

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
