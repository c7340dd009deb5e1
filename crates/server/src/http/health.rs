//! Whether the server is well.

use super::Refusal;
use crate::{database::Database, random};
use axum::{Router, extract::State, routing::get};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long the database may take to show that it is well.
const HEALTH: Duration = Duration::from_secs(5);

/// `GET /healthz`: whether the database can be written. The answer is kept for as long as it takes: nobody makes the server
/// write by asking.
async fn health(State(health): State<Health>) -> Result<&'static str, Refusal> {
    health.look().await?;
    Ok("ok\n")
}

/// Returns the route, which needs no login.
pub fn route(database: Database) -> Router {
    Router::new().route("/healthz", get(health)).with_state(Health { database, looked_at: Arc::default() })
}

/// Looks whether the database is well, one look at a time.
#[derive(Clone, Debug)]
struct Health {
    database: Database,
    /// When the last look that went well was, Unix milliseconds.
    looked_at: Arc<Mutex<u64>>,
}

impl Health {
    async fn look(&self) -> Result<(), Refusal> {
        let mut looked_at = self.looked_at.lock().await;
        let now = random::now_ms();
        if now.abs_diff(*looked_at) < HEALTH.as_millis() as u64 {
            return Ok(());
        }
        let written = tokio::time::timeout(HEALTH, self.database.ping()).await;
        written.map_err(|_| Refusal::Database(sqlx::Error::PoolTimedOut))??;
        *looked_at = now;
        Ok(())
    }
}
