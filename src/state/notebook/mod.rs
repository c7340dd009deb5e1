//! The worker's notebook: the engine, what is derived from it, and the storage they live in.
//!
//! `save.rs` has what the worker saves, `drafts.rs` what is being written, `pass.rs` the exchange with the office, `search.rs`
//! finding. One lane orders all writes: plan, write, apply, one after another. Memory changes only after the
//! write is durable.

pub(super) mod album;
pub mod drafts;
mod pass;
mod save;
mod search;

use self::{album::Album, drafts::Draft};
use super::session::{self, Session};
use crate::{
    platform::{
        self, clock, random,
        tabs::{News, Tabs},
    },
    storage::{Storage, StorageError, indexed_db::IndexedDb},
};
use futures::lock::Mutex;
use ruhu_domain::{
    Channel, Class, Kind, RecordId,
    care::Cases,
    dispute::Disputes,
    engine::{Delta, Engine, Head, Moment, Pace, Plan},
    photo::CHUNK,
    report::Reports,
    roster::{doors::Roster, search::Index},
    storage::{Batch, DRAFTS, Snapshot, Table},
    wire::{AddedPage, CodeMade, Contact, HandbookAnswer, UnsentOps},
};
use std::{
    cell::{Cell, Ref, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

pub use pass::{APP, PassError};
pub(super) use save::no_grid;

/// Changes of more records than this are not sent to other windows but read there from storage.
const TELL: usize = 64;

/// Where the pages that offices added to 手册 are kept in [`Table::Meta`], with 便民电话. Under the name before, an app that
/// did not know of those kept the pages alone, with the digest of both.
const HANDBOOK: &str = "handbook-2";

/// Why the notebook can't be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// The storage's reason.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored value can't be read.
    #[error("手机里的一部分数据读不出来")]
    Unreadable(String),
}

struct Contents {
    engine: Engine,
    roster: Roster,
    disputes: Disputes,
    cases: Cases,
    reports: Reports,
    drafts: BTreeMap<RecordId, Draft>,
}

/// The open notebook.
pub struct Notebook {
    /// With keys of its own: they live until what waits is written.
    storage: IndexedDb,
    session: RefCell<Session>,
    contents: RefCell<Contents>,
    index: RefCell<Option<Index>>,
    disputes: RefCell<Option<Index>>,
    lane: Mutex<()>,
    unwritten_drafts: RefCell<BTreeMap<RecordId, Draft>>,
    tabs: RefCell<Option<Tabs>>,
    /// Since when another window has been at a pass each time this one wanted to, Unix milliseconds.
    waiting_since: Cell<Option<i64>>,
    pace: Cell<Pace>,
    /// The pages that offices added to 手册.
    handbook: RefCell<HandbookAnswer>,
    /// When they were last asked for, Unix milliseconds.
    handbook_asked: Cell<i64>,
    was_full: Cell<bool>,
    /// The photos on the phone.
    pub(super) album: RefCell<Album>,
    /// How many bytes of a photo are sent at once.
    pub(super) piece: Cell<usize>,
    changed: Box<dyn Fn(bool)>,
}

fn unreadable(error: impl std::fmt::Display) -> OpenError {
    OpenError::Unreadable(error.to_string())
}

fn load(stored: &Snapshot, session: &Session) -> Result<Contents, OpenError> {
    let head = Head::stored(stored).map_err(unreadable)?;
    let head = head.unwrap_or_else(|| Head::new(session.device, session.name.clone(), Vec::new()));
    let engine = Engine::load(head, stored).map_err(unreadable)?;
    let (mut roster, mut disputes) = (Roster::default(), Disputes::default());
    let (mut cases, mut reports) = (Cases::default(), Reports::default());
    for record in engine.records() {
        roster.put(record);
        disputes.put(record);
        cases.put(record);
        reports.put(record);
    }
    let mut drafts = BTreeMap::new();
    for (_, bytes) in stored.entries(DRAFTS) {
        let draft: Draft = serde_json::from_slice(bytes).map_err(unreadable)?;
        drafts.insert(draft.id, draft);
    }
    Ok(Contents { engine, roster, disputes, cases, reports, drafts })
}

impl Notebook {
    /// Opens what the storage holds; none where nobody is logged in. `changed` is called whenever something to be seen
    /// changed, with whether that is records or rights; `lock` when another window was locked by hand.
    ///
    /// # Errors
    /// The storage can't be read.
    pub async fn open(
        storage: &IndexedDb,
        changed: impl Fn(bool) + 'static,
        lock: impl Fn() + 'static,
    ) -> Result<Option<Rc<Self>>, OpenError> {
        let stored = storage.snapshot().await?;
        let Some(session) = session::stored(&stored) else { return Ok(None) };
        let contents = load(&stored, &session)?;
        // One of another version is asked for anew.
        let handbook = stored.get(Table::Meta, HANDBOOK).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let handbook = handbook.unwrap_or_default();
        let album = album::stored(&stored);
        drop(stored);
        let this = Rc::new(Self {
            storage: storage.with_own_keys(),
            session: RefCell::new(session),
            contents: RefCell::new(contents),
            index: RefCell::new(None),
            disputes: RefCell::new(None),
            lane: Mutex::new(()),
            unwritten_drafts: RefCell::default(),
            tabs: RefCell::new(None),
            waiting_since: Cell::new(None),
            pace: Cell::new(Pace::default()),
            handbook: RefCell::new(handbook),
            handbook_asked: Cell::new(0),
            was_full: Cell::new(false),
            album: RefCell::new(album),
            piece: Cell::new(CHUNK),
            changed: Box::new(changed),
        });
        let weak = Rc::downgrade(&this);
        let tabs = Tabs::join(move |news| {
            let Some(this) = weak.upgrade() else { return };
            match news {
                News::Changed(delta) => {
                    let records = this.apply(*delta);
                    (this.changed)(records);
                }
                News::Lock => lock(),
                News::Reload => leptos::task::spawn_local(async move { drop(this.reload().await) }),
            }
        });
        *this.tabs.borrow_mut() = Some(tabs);
        Ok(Some(this))
    }

    /// The engine, to read.
    pub fn engine(&self) -> Ref<'_, Engine> {
        Ref::map(self.contents.borrow(), |contents| &contents.engine)
    }

    /// Households, residents and visits, to read.
    pub fn roster(&self) -> Ref<'_, Roster> {
        Ref::map(self.contents.borrow(), |contents| &contents.roster)
    }

    /// The care cases, to read.
    pub fn cases(&self) -> Ref<'_, Cases> {
        Ref::map(self.contents.borrow(), |contents| &contents.cases)
    }

    /// Hazards and requests, to read.
    pub fn reports(&self) -> Ref<'_, Reports> {
        Ref::map(self.contents.borrow(), |contents| &contents.reports)
    }

    /// The disputes, to read.
    pub fn disputes(&self) -> Ref<'_, Disputes> {
        Ref::map(self.contents.borrow(), |contents| &contents.disputes)
    }

    /// Who is logged in.
    pub fn session(&self) -> Session {
        self.session.borrow().clone()
    }

    /// Returns the ops that the office has not acknowledged, as a file to carry there by hand.
    pub fn unsent(&self) -> UnsentOps {
        let mut ops: Vec<_> = self.engine().outbox().map(|queued| queued.op.clone()).collect();
        ops.sort_by_key(|op| op.stamp);
        let session = self.session();
        UnsentOps { device: session.device, account: session.account, ops }
    }

    /// Whether the storage had no room for something since somebody last said that there is some. Browsers tell of a quota
    /// that may be none (ADR 31): this is sure.
    pub fn was_full(&self) -> bool {
        self.was_full.get()
    }

    /// Somebody made room.
    pub fn has_room(&self) {
        self.was_full.set(false);
    }

    /// 便民电话.
    pub fn contacts(&self) -> Vec<Contact> {
        self.handbook.borrow().contacts.clone()
    }

    /// Returns the codes that offices made for this account lately, the latest first.
    pub fn codes_made(&self) -> Vec<CodeMade> {
        self.handbook.borrow().codes.clone()
    }

    /// The pages that offices added to 手册.
    pub fn added_pages(&self) -> Vec<AddedPage> {
        self.handbook.borrow().pages.clone().unwrap_or_default()
    }

    /// Where a household's records belong; none where it is not in the notebook.
    pub fn channel_of(&self, household: RecordId) -> Option<Channel> {
        self.engine().record(household).map(|record| record.channel.clone())
    }

    /// Replaces the login after the same account logged in again, with `with` in the same transaction.
    ///
    /// # Errors
    /// It could not be kept.
    pub async fn renew(&self, session: Session, with: Batch) -> Result<(), StorageError> {
        self.write(session.writes().into_iter().chain(with).collect()).await?;
        self.session.replace(session);
        self.tell_to_reload();
        Ok(())
    }

    /// Tells the other windows to read the storage again.
    pub fn tell_to_reload(&self) {
        if let Some(tabs) = self.tabs.borrow().as_ref() {
            tabs.tell(&News::Reload);
        }
    }

    /// Tells the other windows to lock.
    pub fn tell_to_lock(&self) {
        if let Some(tabs) = self.tabs.borrow().as_ref() {
            tabs.tell(&News::Lock);
        }
    }

    async fn reload(&self) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        let stored = self.storage.snapshot().await?;
        let Some(session) = session::stored(&stored) else {
            // Another window logged out: this one has nothing to show any more.
            drop(platform::window().location().reload());
            return Ok(());
        };
        self.session.replace(session.clone());
        self.album.replace(album::stored(&stored));
        match load(&stored, &session) {
            Ok(contents) => {
                *self.contents.borrow_mut() = contents;
                *self.index.borrow_mut() = None;
                *self.disputes.borrow_mut() = None;
                (self.changed)(true);
                Ok(())
            }
            Err(OpenError::Storage(error)) => Err(error),
            Err(OpenError::Unreadable(reason)) => Err(StorageError::Failed(reason)),
        }
    }

    /// Writes a plan, with `with` in the same transaction, then applies it here and in other windows. Returns whether
    /// records or rights changed.
    async fn take_in(&self, plan: Plan, with: Batch) -> Result<bool, StorageError> {
        let mut writes = plan.writes;
        writes.extend(with);
        self.write(writes).await?;
        if let Some(tabs) = self.tabs.borrow().as_ref() {
            let few = plan.delta.base.len() <= TELL;
            tabs.tell(&if few { News::Changed(&plan.delta) } else { News::Reload });
        }
        Ok(self.apply(plan.delta))
    }

    /// Takes a plan in, with `with` in the same transaction, and shows it.
    async fn carry_out(&self, plan: Plan, with: Batch) -> Result<(), StorageError> {
        let records = self.take_in(plan, with).await?;
        (self.changed)(records);
        Ok(())
    }

    /// Writes what is known of photos.
    pub(super) async fn write_album(&self, writes: Batch) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        self.write(writes).await
    }

    /// Says that something to be seen changed, but no record.
    pub(super) fn tell(&self) {
        (self.changed)(false);
    }

    /// Where all is kept.
    pub(super) fn storage(&self) -> &IndexedDb {
        &self.storage
    }

    /// Writes something of the worker who is logged in here. Where another window logged out meanwhile nothing is
    /// written: it would be nobody's.
    async fn write(&self, writes: Batch) -> Result<(), StorageError> {
        if writes.is_empty() {
            return Ok(());
        }
        let check = self.session.borrow().check();
        let done = self.storage.write(&[check].into_iter().chain(writes).collect()).await;
        if done == Err(StorageError::Full) {
            self.was_full.set(true);
        }
        done
    }

    fn apply(&self, delta: Delta) -> bool {
        let mut contents = self.contents.borrow_mut();
        let Contents { engine, roster, disputes, cases, reports, .. } = &mut *contents;
        let (mut roster_changed, mut disputes_changed) = (false, false);
        let rights = delta.head.as_ref().is_some_and(|head| head.grants != engine.head().grants);
        let touched = engine.apply(delta);
        let records = !touched.is_empty();
        for id in touched {
            match engine.record(id) {
                Some(record) => {
                    roster_changed |= matches!(record.kind, Kind::Household | Kind::Resident);
                    disputes_changed |= record.kind.class() == Class::Mediation;
                    roster.put(record);
                    disputes.put(record);
                    cases.put(record);
                    reports.put(record);
                }
                None => {
                    (roster_changed, disputes_changed) = (true, true);
                    roster.remove(id);
                    disputes.remove(id);
                    cases.remove(id);
                    reports.remove(id);
                }
            }
        }
        drop(contents);
        if roster_changed {
            *self.index.borrow_mut() = None;
        }
        if disputes_changed {
            *self.disputes.borrow_mut() = None;
        }
        records || rights
    }
}

fn moment() -> Moment {
    Moment { now_ms: clock::now_ms().cast_unsigned(), random: random() }
}
