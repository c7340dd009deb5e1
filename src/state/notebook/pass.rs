//! The exchange with the office.

use super::{HANDBOOK, Notebook};
use crate::{
    platform::{
        self, clock,
        locks::{self, Held},
    },
    storage::{Storage, StorageError},
    transport::http::{self, TransportError},
};
use futures::{StreamExt, channel::mpsc};
use ruhu_domain::{
    engine::{COUNT, Pass, QueuedState},
    storage::{Table, Write},
};
use std::{cell::Cell, rc::Rc};

/// The version that the app tells the server.
pub const APP: &str = env!("CARGO_PKG_VERSION");

/// Why an op was set aside that the server would not even read.
const TOO_LARGE: &str = "这条记录太大，请缩短文字后再保存";

/// Records asked for in one answer.
const PULL: u32 = 1_000;

/// How often what comes during a pass is shown at most, in milliseconds.
const SHOW_EVERY_MS: u64 = 500;

/// How often they are asked for at most, in milliseconds.
const HANDBOOK_EVERY_MS: i64 = 3_600_000;

/// A window that has been at a pass for this long is taken for frozen, in milliseconds: its requests would have
/// run out of time long ago. What it may still write when it thaws is checked ([`ruhu_domain::engine::Engine`]'s plans).
const FROZEN_MS: u64 = 150_000;

/// Why a pass ended early. All is still on the phone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// The server did not take it.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The phone could not keep the answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Notebook {
    /// One pass: pushes and pulls until both sides have all. `false` when another window is at it.
    ///
    /// # Errors
    /// The pass ended early; what was answered before is kept.
    pub async fn pass(self: &Rc<Self>) -> Result<bool, PassError> {
        let now = clock::now_ms();
        let frozen = self.waiting_since.get().is_some_and(|since| now.abs_diff(since) > FROZEN_MS);
        let held = if frozen { Held::TakeIt } else { Held::LeaveIt };
        let this = self.clone();
        let done = locks::holding("ruhu-sync", held, async move { this.locked_pass().await }).await;
        let since = self.waiting_since.get().unwrap_or(now);
        self.waiting_since.set(done.is_none().then_some(since));
        let Some(done) = done else { return Ok(false) };
        if done == Err(PassError::Storage(StorageError::Overtaken)) {
            self.reload().await?;
        }
        done.map(|()| true)
    }

    async fn locked_pass(&self) -> Result<(), PassError> {
        self.reload_if_behind().await?;
        // A second time where something the office had before was waiting for its record.
        for _ in 0..2 {
            let done = self.exchange().await;
            let pace = self.pace.get();
            // A pass that was tried though the browser knows of no network says nothing of what goes through one.
            if done.is_ok() || platform::online() {
                self.pace.set(if done.is_ok() { pace.went_through() } else { pace.broke_off() });
            }
            done?;
            if !self.engine().outbox().any(|queued| queued.state == QueuedState::Waiting) {
                break;
            }
        }
        self.tidy().await?;
        self.fetch_handbook().await
    }

    /// Asks for the pages that offices added to 手册. It can wait: what goes wrong is tried again with a later pass.
    async fn fetch_handbook(&self) -> Result<(), PassError> {
        let now = clock::now_ms();
        if now.abs_diff(self.handbook_asked.get()) < HANDBOOK_EVERY_MS.cast_unsigned() {
            return Ok(());
        }
        self.handbook_asked.set(now);
        let (token, digest) = (self.session.borrow().token.clone(), self.handbook.borrow().digest.clone());
        let Ok(answer) = http::handbook(&token, digest).await else { return Ok(()) };
        if answer.pages.is_some() {
            let bytes = serde_json::to_vec(&answer).unwrap_or_default();
            let _lane = self.lane.lock().await;
            self.write(vec![Write::Put(Table::Meta, HANDBOOK.into(), bytes)]).await?;
            self.handbook.replace(answer);
            (self.changed)(false);
        }
        Ok(())
    }

    /// Sends and takes in answers until there is nothing more to do, and shows what came: now and then, and at the end.
    async fn exchange(&self) -> Result<(), PassError> {
        let unseen = Cell::new(None);
        let done = self.take_answers(&unseen).await;
        if let Some(records) = unseen.get() {
            (self.changed)(records);
        }
        done
    }

    /// While one answer is being written the next requests are on their way. To draw what came takes as long as to take it
    /// in: while another answer is on its way it is not drawn, but now and then. `unseen` is what is not drawn yet:
    /// whether records.
    async fn take_answers(&self, unseen: &Cell<Option<bool>>) -> Result<(), PassError> {
        let mut shown = clock::now_ms();
        let mut pass = Pass::new(APP, PULL, self.pace.get().most());
        let (sender, mut answers) = mpsc::unbounded();
        let send = |pass: &mut Pass| {
            while let Some((number, request)) = self.engine().depart(pass) {
                let (token, sender) = (self.session.borrow().token.clone(), sender.clone());
                leptos::task::spawn_local(async move {
                    let answer = http::sync(&token, &request).await;
                    drop(sender.unbounded_send((number, request.epoch, answer)));
                });
            }
        };
        loop {
            send(&mut pass);
            if pass.is_over() {
                return Ok(());
            }
            let Some((number, asked, answer)) = answers.next().await else { return Ok(()) };
            let _lane = self.lane.lock().await;
            match answer {
                Ok(response) => {
                    pass.land(number);
                    send(&mut pass);
                    let now = clock::now_ms().cast_unsigned();
                    let plan = self.engine().plan_answer(asked.as_deref(), response, now);
                    pass.landed(&plan.delta);
                    let records = self.take_in(plan, Vec::new()).await? | unseen.get().unwrap_or_default();
                    unseen.set(Some(records));
                    if pass.is_over() || now.abs_diff(shown.cast_unsigned()) > SHOW_EVERY_MS {
                        (self.changed)(records);
                        unseen.set(None);
                        shown = clock::now_ms();
                    }
                }
                Err(TransportError::TooLarge) => {
                    let alone = pass.too_large(number);
                    let plan = alone.and_then(|op| self.engine().plan_set_aside(op, TOO_LARGE));
                    self.carry_out(plan.unwrap_or_default(), Vec::new()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Does the work that can wait until a pass is done. The lane is free between the steps: a save need not wait.
    async fn tidy(&self) -> Result<(), StorageError> {
        loop {
            let _lane = self.lane.lock().await;
            let plan = self.engine().plan_sweep().or_else(|| self.engine().plan_compaction());
            match plan {
                Some(plan) => self.carry_out(plan, Vec::new()).await?,
                None => return Ok(()),
            }
        }
    }

    /// Another window may have written segments while this one was frozen.
    async fn reload_if_behind(&self) -> Result<(), StorageError> {
        let count = self.storage.get(Table::Meta, COUNT).await?;
        if self.engine().is_behind(count.as_deref()) {
            self.reload().await?;
        }
        Ok(())
    }
}
