//! The worker's notebook: the engine, what is derived from it, and the storage they live in.
//!
//! One lane orders all writes: plan, write, apply, one after another. Memory changes only after the
//! write is durable.

use super::{
    album::{self, Album},
    drafts::{self, Draft},
    session::{self, Session},
};
use crate::{
    platform::{
        self, clock,
        locks::{self, Held},
        pinyin::Syllables,
        random,
        tabs::{News, Tabs},
    },
    storage::{Storage, StorageError, indexed_db::IndexedDb},
    sync::transport::{self, TransportError},
};
use futures::{StreamExt, channel::mpsc, lock::Mutex};
use ruhu_domain::{
    Channel, Class, Kind, OpId, RecordId, Stamp,
    care::Cases,
    dispute::Disputes,
    engine::{COUNT, Delta, Edit, Engine, Head, Moment, Pace, Pass, Plan, QueuedState},
    photo::CHUNK,
    record::{MOVED, WITHDRAWN},
    report::Reports,
    roster::{
        doors::Roster,
        search::{Hit, Index},
    },
    storage::{Batch, DRAFTS, Snapshot, Table, Write},
    visit::Visit,
    wire::{AddedPage, Contact, HandbookAnswer, UnsentOps},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    cell::{Cell, Ref, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// The version that the app tells the server.
pub const APP: &str = env!("CARGO_PKG_VERSION");

/// Why an op was set aside that the server would not even read.
const TOO_LARGE: &str = "这条记录太大，请缩短文字后再保存";

/// Records asked for in one answer.
const PULL: u32 = 1_000;

/// How often what comes during a pass is shown at most, in milliseconds.
const SHOW_EVERY_MS: u64 = 500;

/// Changes of more records than this are not sent to other windows but read there from storage.
const TELL: usize = 64;

/// Where the pages that offices added to 手册 are kept in [`Table::Meta`], with 便民电话. Under the name before, an app that
/// did not know of those kept the pages alone, with the digest of both.
const HANDBOOK: &str = "handbook-2";

/// How often they are asked for at most, in milliseconds.
const HANDBOOK_EVERY_MS: i64 = 3_600_000;

/// A window that has been at a pass for this long is taken for frozen, in milliseconds: its requests would have
/// run out of time long ago. What it may still write when it thaws is checked ([`Engine`]'s plans).
const FROZEN_MS: u64 = 150_000;

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
    storage: Rc<IndexedDb>,
    session: RefCell<Session>,
    contents: RefCell<Contents>,
    index: RefCell<Option<Index>>,
    disputes: RefCell<Option<Index>>,
    lane: Mutex<()>,
    unwritten_draft: RefCell<Option<Draft>>,
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
        storage: Rc<IndexedDb>,
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
            storage,
            session: RefCell::new(session),
            contents: RefCell::new(contents),
            index: RefCell::new(None),
            disputes: RefCell::new(None),
            lane: Mutex::new(()),
            unwritten_draft: RefCell::new(None),
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

    /// The drafts, the latest touched first.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.contents.borrow().drafts.values().cloned().collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.touched));
        drafts
    }

    /// Who is logged in.
    pub fn session(&self) -> Session {
        self.session.borrow().clone()
    }

    /// Makes ready for searching: worth doing before the first keystroke.
    pub fn prepare_search(&self) {
        self.index.borrow_mut().get_or_insert_with(|| build_index(&self.roster()));
    }

    /// The households that match a search.
    pub fn search(&self, query: &str) -> Vec<Hit> {
        self.prepare_search();
        self.index.borrow().as_ref().map(|index| index.search(query)).unwrap_or_default()
    }

    /// The disputes that match a search: by a party, the number, the title or the place.
    pub fn search_disputes(&self, query: &str) -> Vec<Hit> {
        let mut index = self.disputes.borrow_mut();
        index.get_or_insert_with(|| index_disputes(&self.disputes())).search(query)
    }

    /// Saves a visit, durable when this returns, and forgets its draft in the same transaction.
    ///
    /// # Errors
    /// Nothing was saved; the draft is still there.
    pub async fn save_visit(&self, id: RecordId, visit: &Visit) -> Result<(), StorageError> {
        let own = self.engine().record(id).map(|record| record.channel.clone());
        let kept = || self.contents.borrow().drafts.get(&id).and_then(|draft| draft.channel.clone());
        let channel = own.or_else(|| self.channel_of(visit.household)).or_else(kept);
        self.edit(id, Kind::Visit, channel, visit, vec![drafts::forget(id)]).await?;
        self.contents.borrow_mut().drafts.remove(&id);
        (self.changed)(false);
        Ok(())
    }

    /// Saves a form, durable when this returns, and forgets its draft in the same transaction.
    ///
    /// # Errors
    /// Nothing was saved; the draft is still there.
    pub async fn save_form(&self, draft: &Draft) -> Result<(), StorageError> {
        let id = draft.id;
        let lane = self.lane.lock().await;
        self.drop_unwritten(id);
        let own = self.engine().record(id).map(|record| record.channel.clone()).or_else(|| draft.channel.clone());
        let channel = own.ok_or_else(|| StorageError::Failed("没有找到所属网格".into()))?;
        let edits = album::edits_of(draft, &channel, &self.album.borrow());
        let plan = self.engine().plan_edits(&edits, &mut moment);
        let done = self.carry_out(plan.unwrap_or_default(), vec![drafts::forget(id)]).await;
        drop(lane);
        if done == Err(StorageError::Overtaken) {
            self.reload().await?;
        }
        done?;
        self.contents.borrow_mut().drafts.remove(&id);
        (self.changed)(false);
        Ok(())
    }

    /// Saves a record that is made in one go.
    ///
    /// # Errors
    /// Nothing was saved.
    pub async fn save<T: Serialize>(
        &self,
        id: RecordId,
        kind: Kind,
        channel: Channel,
        view: &T,
    ) -> Result<(), StorageError> {
        self.edit(id, kind, Some(channel), view, Vec::new()).await
    }

    /// Saves several records at once: all, or none. Returns the edits that bring back what was there before.
    ///
    /// # Errors
    /// Nothing was saved.
    pub async fn save_all(&self, edits: &[Edit]) -> Result<Vec<Edit>, StorageError> {
        let lane = self.lane.lock().await;
        let before = |edit: &Edit| {
            let engine = self.engine();
            let record = engine.record(edit.record);
            let was = |name: &String| match record.and_then(|record| record.fields.get(name.as_str())) {
                Some(field) => field.value.clone(),
                None if name == MOVED => record.map(|record| record.channel.to_string().into()).unwrap_or_default(),
                None => Value::Null,
            };
            let after = Map::from_iter(edit.after.keys().map(|name| (name.clone(), was(name))));
            Edit { after, ..edit.clone() }
        };
        let back = edits.iter().map(before).collect();
        let plan = self.engine().plan_edits(edits, &mut moment);
        let plan = plan.ok_or_else(|| StorageError::Failed("没有保存：没有改动，或不能移到那里".into()))?;
        let done = self.carry_out(plan, Vec::new()).await;
        drop(lane);
        if done == Err(StorageError::Overtaken) {
            self.reload().await?;
        }
        done.map(|()| back)
    }

    /// Withdraws a record (作废), with the reason.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn withdraw(&self, id: RecordId, reason: &str) -> Result<(), StorageError> {
        let Some(record) = self.engine().record(id).cloned() else { return Ok(()) };
        let after = BTreeMap::from([(WITHDRAWN, reason)]);
        self.edit(id, record.kind.clone(), Some(record.channel.clone()), &after, Vec::new()).await
    }

    /// Notes which notice a resident was given, as [`ruhu_domain::help::notice::given`] has it.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn note_told(&self, id: RecordId, given: &str) -> Result<(), StorageError> {
        let Some(record) = self.engine().record(id).cloned() else { return Ok(()) };
        let after = BTreeMap::from([("notice", given)]);
        self.edit(id, record.kind.clone(), Some(record.channel.clone()), &after, Vec::new()).await
    }

    /// What the office has not acknowledged, as a file to carry there by hand.
    pub fn unsent(&self) -> UnsentOps {
        let mut ops: Vec<_> = self.engine().outbox().map(|queued| queued.op.clone()).collect();
        ops.sort_by_key(|op| op.stamp);
        let session = self.session();
        UnsentOps { device: session.device, account: session.account, ops }
    }

    /// Sends an op again that was set aside.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn retry(&self, op: OpId) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        let plan = self.engine().plan_retry(op);
        self.carry_out(plan.unwrap_or_default(), Vec::new()).await
    }

    /// Gives up an op that was set aside: what it changed is gone.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn give_up(&self, op: OpId) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        let plan = self.engine().plan_give_up(op);
        self.carry_out(plan.unwrap_or_default(), Vec::new()).await
    }

    /// Chooses between the values of a contested field; the choice travels.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn choose(&self, record: RecordId, field: &str, chosen: Stamp) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        let plan = self.engine().plan_choice(record, field, chosen, moment());
        self.carry_out(plan.unwrap_or_default(), Vec::new()).await
    }

    /// Keeps a draft. Calls while one is being written are joined: the last state is what is kept.
    pub fn keep_draft(self: &Rc<Self>, draft: Draft) {
        self.contents.borrow_mut().drafts.insert(draft.id, draft.clone());
        let idle = self.unwritten_draft.borrow_mut().replace(draft).is_none();
        if idle {
            let this = self.clone();
            leptos::task::spawn_local(async move { this.write_drafts().await });
        }
    }

    /// Forgets a draft.
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget_draft(&self, id: RecordId) -> Result<(), StorageError> {
        let _lane = self.lane.lock().await;
        self.drop_unwritten(id);
        self.write(vec![drafts::forget(id)]).await?;
        self.contents.borrow_mut().drafts.remove(&id);
        (self.changed)(false);
        Ok(())
    }

    async fn write_drafts(&self) {
        loop {
            let _lane = self.lane.lock().await;
            let Some(draft) = self.unwritten_draft.borrow().clone() else { return };
            // A failure here is no loss yet: the form is still open, and saving says what is wrong.
            drop(self.write(vec![draft.write()]).await);
            let mut unwritten = self.unwritten_draft.borrow_mut();
            if unwritten.as_ref() == Some(&draft) {
                *unwritten = None;
                return;
            }
        }
    }

    fn drop_unwritten(&self, id: RecordId) {
        let mut unwritten = self.unwritten_draft.borrow_mut();
        if unwritten.as_ref().is_some_and(|draft| draft.id == id) {
            *unwritten = None;
        }
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
            self.pace.set(if done.is_ok() { pace.went_through() } else { pace.broke_off() });
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
        let Ok(answer) = transport::handbook(&token, digest).await else { return Ok(()) };
        if answer.pages.is_some() {
            let bytes = serde_json::to_vec(&answer).unwrap_or_default();
            let _lane = self.lane.lock().await;
            self.write(vec![Write::Put(Table::Meta, HANDBOOK.into(), bytes)]).await?;
            self.handbook.replace(answer);
            (self.changed)(false);
        }
        Ok(())
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

    /// The pages that offices added to 手册.
    pub fn added_pages(&self) -> Vec<AddedPage> {
        self.handbook.borrow().pages.clone().unwrap_or_default()
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
                    let answer = transport::sync(&token, &request).await;
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

    /// What can wait until a pass is done. The lane is free between the steps: a save need not wait.
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

    async fn edit<T: Serialize>(
        &self,
        id: RecordId,
        kind: Kind,
        channel: Option<Channel>,
        after: &T,
        with: Batch,
    ) -> Result<(), StorageError> {
        let lane = self.lane.lock().await;
        self.drop_unwritten(id);
        let channel = channel.ok_or_else(|| StorageError::Failed("没有找到所属网格".into()))?;
        let plan = self.engine().plan_edit(id, kind, channel, after, moment());
        let done = self.carry_out(plan.unwrap_or_default(), with).await;
        drop(lane);
        if done == Err(StorageError::Overtaken) {
            self.reload().await?;
        }
        done
    }

    /// Takes a plan in, with `with` in the same transaction, and shows it.
    async fn carry_out(&self, plan: Plan, with: Batch) -> Result<(), StorageError> {
        let records = self.take_in(plan, with).await?;
        (self.changed)(records);
        Ok(())
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

    /// Where a household's records belong; none where it is not in the notebook.
    pub fn channel_of(&self, household: RecordId) -> Option<Channel> {
        self.engine().record(household).map(|record| record.channel.clone())
    }
}

fn moment() -> Moment {
    Moment { now_ms: clock::now_ms().cast_unsigned(), random: random() }
}

fn build_index(roster: &Roster) -> Index {
    let mut syllables = Syllables::default();
    let mut syllable = |character| syllables.of(character);
    let mut index = Index::default();
    for door in roster.doors() {
        let household = &door.household;
        index.place(door.id, &household.number, &household.address);
        let members = roster.members(door.id);
        if !members.iter().any(|(_, resident)| resident.name == household.head) {
            index.person(door.id, &household.head, "", &mut syllable);
        }
        index.person(door.id, "", &household.phone, &mut syllable);
        // Whose data may only be kept is not looked for.
        for (_, resident) in members.into_iter().filter(|(id, _)| !roster.is_restricted(*id)) {
            index.person(door.id, &resident.name, &resident.phone, &mut syllable);
        }
    }
    index
}

fn index_disputes(disputes: &Disputes) -> Index {
    let mut syllables = Syllables::default();
    let mut syllable = |character| syllables.of(character);
    let mut index = Index::default();
    let mut files: Vec<_> = disputes.files().collect();
    // The latest first.
    files.sort_by_key(|file| std::cmp::Reverse(file.id));
    for file in files {
        index.place(file.id, &file.number(), &format!("{} {}", file.dispute.title, file.dispute.place));
        for (_, party) in &file.parties {
            index.person(file.id, &party.name, &party.phone, &mut syllable);
        }
    }
    index
}
