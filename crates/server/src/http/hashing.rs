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
    /// Hashes when its turn comes, on a thread that serves nobody else; `None` where the queue is full. A hash that was begun
    /// keeps its turn to its end, also where nobody waits for it any more.
    pub async fn turn<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let admitted = self.admitted.clone().try_acquire_owned().ok()?;
        let running = self.running.clone().acquire_owned().await.ok()?;
        let hashing = tokio::task::spawn_blocking(move || {
            let _turn = (admitted, running);
            hash()
        });
        hashing.await.ok()
    }
}
