//! Ops that a phone could not send and that were carried to the office as a file.

use crate::database::{Author, Database, Incoming};
use anyhow::Context;
use ruhu_domain::{
    Channel,
    wire::{MAX_OPS, OpResult, UnsentOps},
};
use std::collections::HashSet;

/// Takes the ops in under the account that made them, as if the phone had sent them; those that came before
/// have no second effect.
///
/// # Errors
/// There is no such account, or the database's.
pub async fn ops(database: &Database, unsent: UnsentOps) -> anyhow::Result<Vec<OpResult>> {
    let account = database.account(&unsent.account).await?;
    let account = account.with_context(|| format!("没有账号 {}", unsent.account))?;
    let grids = database.grids(&account.id).await?;
    let channels: HashSet<Channel> = grids.into_iter().map(|grid| grid.channel).collect();
    let author = Author { account: &account.id, name: &account.name, device: unsent.device, channels: &channels };
    let mut results = Vec::with_capacity(unsent.ops.len());
    for batch in unsent.ops.chunks(MAX_OPS) {
        let batch = batch.iter().cloned().map(|op| Incoming::Op(Box::new(op))).collect();
        results.extend(database.take(author, batch).await?.results);
    }
    Ok(results)
}
