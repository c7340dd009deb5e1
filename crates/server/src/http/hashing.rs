//! Hashing passwords, a bounded number at once.

use std::sync::Arc;
use tokio::{runtime::Handle, sync::Semaphore};

/// Log-ins that may wait for their turn to be hashed, beyond those that are.
const QUEUE: usize = 32;

/// The turns in which passwords are hashed: as many at once as there are cores, since each takes 19 MiB and a core, and a
/// short queue behind them.
#[derive(Clone, Debug)]
pub struct Hashing {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        // A thread for each core.
        let cores = Handle::current().metrics().num_workers();
        Self { running: Arc::new(Semaphore::new(cores)), admitted: Arc::new(Semaphore::new(cores + QUEUE)) }
    }
}

impl Hashing {
    /// Hashes when its turn comes, on a thread that serves nobody else; `None` where the queue is full.
    pub async fn turn<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _admitted = self.admitted.try_acquire().ok()?;
        let _running = self.running.acquire().await.ok()?;
        tokio::task::spawn_blocking(hash).await.ok()
    }
}
