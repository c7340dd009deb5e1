//! Turns of pushes: few of those that want the same channel wait for its row in the database, the others wait here. They would
//! take all connections for writers, and grids with nothing to wait for would wait with them.

use ruhu_domain::Channel;
use std::{
    collections::{BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Channels share this many queues: far more than there are connections.
const QUEUES: usize = 1_024;

/// Pushes of one channel that have a connection: one that works, and one that is next.
const AT_ONCE: usize = 2;

/// How long a push waits for its turn: as long as it would wait for the row.
const PATIENCE: Duration = Duration::from_secs(10);

/// The queues of the channels.
#[derive(Clone, Debug)]
pub(in crate::database) struct Turns(Arc<[Arc<Semaphore>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..QUEUES).map(|_| Arc::new(Semaphore::new(AT_ONCE))).collect())
    }
}

impl Turns {
    /// Waits for the turn of a push in all of its channels; it is over when what is returned is dropped.
    ///
    /// # Errors
    /// Fails with [`sqlx::Error::PoolTimedOut`] when the turn does not come in time.
    pub(super) async fn wait<'a>(
        &self,
        channels: impl Iterator<Item = &'a Channel>,
    ) -> sqlx::Result<Vec<OwnedSemaphorePermit>> {
        let queue = |channel: &Channel| {
            let mut hasher = DefaultHasher::new();
            channel.hash(&mut hasher);
            usize::try_from(hasher.finish() % QUEUES as u64).unwrap_or_default()
        };
        // In their order: no two pushes wait for each other.
        let queues: BTreeSet<usize> = channels.map(queue).collect();
        let all = async {
            let mut turns = Vec::with_capacity(queues.len());
            for at in queues {
                turns.push(self.0[at].clone().acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?);
            }
            Ok(turns)
        };
        tokio::time::timeout(PATIENCE, all).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}
