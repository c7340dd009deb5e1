//! When to sync: at the start, after each save, when the network or the page comes back, when the browser says
//! so (Background Sync), and by a timer that waits longer after each failure.

use super::{App, SyncStatus, notebook::PassError};
use crate::{
    platform::{self, service_worker},
    transport::http::TransportError,
};
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;

/// Between passes when all is well, in milliseconds.
const CALM_MS: u32 = 60_000;

/// After the first failure; doubled after each further one, up to [`CALM_MS`].
const FIRST_RETRY_MS: u32 = 2_000;

/// Wakes the scheduler.
#[derive(Clone, Debug)]
pub struct Nudge(UnboundedSender<()>);

impl Nudge {
    /// Syncs soon.
    pub fn now(&self) {
        drop(self.0.unbounded_send(()));
    }
}

/// A scheduler that waits to be run.
pub fn new() -> (Nudge, UnboundedReceiver<()>) {
    let (sender, receiver) = unbounded();
    (Nudge(sender), receiver)
}

/// Runs passes for as long as the app lives.
pub async fn run(app: App, mut nudges: UnboundedReceiver<()>) {
    let mut failures = 0;
    loop {
        let wait = if failures == 0 { CALM_MS } else { retry_after(failures) };
        match select(nudges.next(), TimeoutFuture::new(wait)).await {
            Either::Left((None, _)) => return,
            Either::Left((Some(()), _)) => while nudges.next().now_or_never().flatten().is_some() {},
            Either::Right(_) => {}
        }
        // What the worker just did is shown first.
        platform::painted().await;
        let Some(notebook) = app.notebook() else {
            app.heed_revocation().await;
            continue;
        };
        if app.status.get_untracked() == SyncStatus::LoginNeeded {
            continue;
        }
        // Some browsers say for ever that there is no network: what they say decides the words alone, and each pass is tried.
        app.status.set(if platform::online() { SyncStatus::Sending } else { SyncStatus::Offline });
        let done = notebook.pass().await;
        failures = if done.is_ok() { 0 } else { failures + 1 };
        if failures == 1 {
            leptos::task::spawn_local(service_worker::ask_for_sync());
        }
        app.status.set(match done {
            Ok(_) => SyncStatus::Calm,
            Err(PassError::Transport(TransportError::Revoked(words))) => {
                app.revoked();
                SyncStatus::Waiting(words)
            }
            Err(PassError::Transport(TransportError::Unauthorized(_))) => SyncStatus::LoginNeeded,
            Err(PassError::Transport(TransportError::Offline)) => SyncStatus::Offline,
            Err(error) => SyncStatus::Waiting(error.to_string()),
        });
    }
}

/// Full jitter over a doubling bound: phones that lost the same server do not come back together.
fn retry_after(failures: u32) -> u32 {
    let bound = FIRST_RETRY_MS.saturating_mul(1 << failures.min(6).saturating_sub(1)).min(CALM_MS);
    let share = u32::from(u16::from_be_bytes(platform::random())) * (bound / 2) / u32::from(u16::MAX);
    bound / 2 + share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_each_failure_and_stay_bounded() {
        for failures in 1..40 {
            let wait = retry_after(failures);
            assert!((FIRST_RETRY_MS / 2..=CALM_MS).contains(&wait), "{failures}: {wait}");
        }
        assert!(retry_after(1) <= FIRST_RETRY_MS);
    }
}
