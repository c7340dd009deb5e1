//! The server's time. A computer's clock is sometimes wrong: set back, ended grants would hold again; set ahead, records would
//! be erased before their time. So the greatest time that was believed is kept, and a jump is not believed until an office
//! says so.

use super::Database;
use crate::random;
pub use ruhu_domain::clock::Jump;
use ruhu_domain::clock::believe;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The setting with the greatest time that was believed, in Unix milliseconds.
const LATEST: &str = "clock";

/// Tells the time of a wall clock, Unix milliseconds.
pub type Wall = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A clock that never goes back.
#[derive(Clone)]
pub(super) struct Clock {
    wall: Wall,
    latest: Arc<AtomicU64>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.latest.fmt(f)
    }
}

impl Clock {
    /// Reads a wall clock.
    pub(super) fn new(wall: Wall) -> Self {
        Self { wall, latest: Arc::default() }
    }
}

/// Returns the clock of the system.
pub(super) fn system() -> Wall {
    Arc::new(random::now_ms)
}

impl Database {
    /// Returns the time, Unix milliseconds: what the clock shows, but never before the greatest time that was believed. Whether
    /// a grant, a code or a session still holds is asked by it.
    pub fn now_ms(&self) -> u64 {
        (self.clock.wall)().max(self.clock.latest.load(Ordering::Relaxed))
    }

    /// Notes what the clock shows, unless it jumped: then the jump is returned, and the time before it stays.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn look_at_clock(&self) -> sqlx::Result<Option<Jump>> {
        let noted = self.setting(LATEST).await?.and_then(|text| text.parse().ok());
        let known = match noted {
            Some(noted) => Some(noted),
            // From before times were noted: the last save tells.
            None => {
                let last: Option<i64> =
                    sqlx::query_scalar("SELECT MAX(received_at) FROM op").fetch_one(&self.pool).await?;
                last.map(i64::cast_unsigned)
            }
        };
        let to_ms = (self.clock.wall)();
        let from_ms = known.unwrap_or(to_ms).max(self.clock.latest.load(Ordering::Relaxed));
        self.clock.latest.fetch_max(from_ms, Ordering::Relaxed);
        match believe(from_ms, to_ms) {
            Ok(latest_ms) => self.note(latest_ms).await.map(|()| None),
            Err(jump) => Ok(Some(jump)),
        }
    }

    /// Believes what the clock shows.
    pub(super) async fn trust_clock(&self) -> sqlx::Result<()> {
        self.note((self.clock.wall)()).await
    }

    async fn note(&self, ms: u64) -> sqlx::Result<()> {
        self.clock.latest.store(ms, Ordering::Relaxed);
        self.put_setting(LATEST, &ms.to_string()).await
    }
}
