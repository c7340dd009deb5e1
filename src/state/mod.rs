//! The state and the actions behind the screens: stores, actions and derived values, without markup.

pub mod access;
pub mod case;
pub mod drafts;
mod due;
mod export;
pub mod notebook;
pub mod photos;
pub mod roster;
mod scheduler;
pub mod session;
mod visits;

use crate::{
    platform::{self, address, clock, idle, install, preferences::Preferences, service_worker},
    storage::{Storage, StorageError, indexed_db::IndexedDb},
    transport::http::{self, TransportError},
};
use access::{
    fingerprint::Fingerprint,
    pin::{Pin, Reopen},
    vault,
};
use chrono::NaiveDate;
use leptos::prelude::*;
use notebook::{Notebook, drafts::Draft};
use ruhu_domain::{
    OpId, RecordId, Stamp,
    engine::Edit,
    help::notice,
    roster::doors::Door,
    wire::{HistoryEntry, HistoryRequest},
};
use ruhu_vault::VaultKey;
use scheduler::Nudge;
use std::{cell::Cell, rc::Rc, sync::Arc};

/// A notebook that nobody touches is locked after this long, in milliseconds.
const LOCK_AFTER_MS: i64 = 5 * 60 * 1_000;

/// The name of the storage in the browser.
const STORAGE: &str = "ruhu";

/// Whether the notebook is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Reading the storage.
    Opening,
    /// Nobody is logged in.
    LoggedOut,
    /// An earlier version of the app left records that are not sealed yet.
    Unsealed,
    /// Sealed, until the password is given.
    Locked,
    /// The office revoked this phone: what is not sent is being handed over.
    HandingOver,
    /// Open.
    Open,
    /// It can't be opened, and why.
    Broken(String),
}

/// How the connection to the office is.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncStatus {
    /// Nothing to say.
    Calm,
    /// A pass is on.
    Sending,
    /// There is no network.
    Offline,
    /// The server wants a new login; all stays on the phone until then.
    LoginNeeded,
    /// It did not work and will be tried again; why.
    Waiting(String),
}

/// A short message at the bottom, with a way back where there is one.
#[derive(Clone, Debug)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// The effect of 撤销.
    pub undo: Option<Undo>,
}

/// A way back.
#[derive(Clone, Debug)]
pub enum Undo {
    /// Withdraws a record that was just made.
    Withdraw(RecordId),
    /// Saves what was there before.
    Restore(Arc<Vec<Edit>>),
    /// Keeps a draft again that was given up.
    Draft(Arc<Draft>),
}

/// The state of the app. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct App {
    /// The path of the page.
    pub path: RwSignal<String>,
    /// Whether the notebook is open.
    pub phase: RwSignal<Phase>,
    /// How the connection is.
    pub status: RwSignal<SyncStatus>,
    /// Counts the changes of records, drafts and queue.
    pub version: RwSignal<u64>,
    /// Counts the changes of records and rights, and the days: not what is only acknowledged or drafted.
    pub records: RwSignal<u64>,
    /// The doors in walking order.
    pub doors: Memo<Arc<Vec<Door>>>,
    /// The message at the bottom.
    pub toast: RwSignal<Option<Toast>>,
    /// How the app looks.
    pub preferences: RwSignal<Preferences>,
    /// The words on what the office did to this phone, to be read on the log-in page.
    pub farewell: RwSignal<Option<String>>,
    /// Whether a new version waits.
    pub update_waits: RwSignal<bool>,
    /// Whether the browser offers to install the app.
    pub can_install: RwSignal<bool>,
    /// Whether a PIN is set.
    pub has_pin: RwSignal<bool>,
    /// Whether the fingerprint sensor opens the vault.
    pub has_fingerprint: RwSignal<bool>,
    /// Whether a locked notebook opens with the PIN.
    pub can_reopen: RwSignal<bool>,
    /// Whether the phone is nearly full: no photos are kept then.
    pub scarce: RwSignal<bool>,
    /// Whether a form is open: no update is applied then.
    pub form_open: RwSignal<bool>,
    notebook: StoredValue<Option<Rc<Notebook>>, LocalStorage>,
    storage: StoredValue<Option<Rc<IndexedDb>>, LocalStorage>,
    key: StoredValue<Option<VaultKey>, LocalStorage>,
    pin: StoredValue<Option<Pin>, LocalStorage>,
    reopen: StoredValue<Option<Reopen>, LocalStorage>,
    nudge: StoredValue<Nudge>,
    toast_ends: StoredValue<Option<TimeoutHandle>>,
    /// What was done with one tap last, and when, Unix milliseconds.
    last_tap: StoredValue<Option<(RecordId, i64)>>,
}

/// The app's state, from the context.
pub fn use_app() -> App {
    expect_context()
}

impl App {
    /// A state that opens the notebook, and keeps it in step with the office for as long as the page
    /// lives.
    pub fn start() -> Self {
        let (version, records) = (RwSignal::new(0), RwSignal::new(0));
        let notebook: StoredValue<Option<Rc<Notebook>>, LocalStorage> = StoredValue::new_local(None);
        let doors = Memo::new_with_compare(
            move |_| {
                records.track();
                let doors = notebook.with_value(|open| open.as_ref().map(|open| open.roster().doors()));
                Arc::new(doors.unwrap_or_default())
            },
            |_, _| true,
        );
        let preferences = Preferences::load();
        preferences.show();
        let (nudge, nudges) = scheduler::new();
        let app = Self {
            path: RwSignal::new(address::path()),
            phase: RwSignal::new(Phase::Opening),
            status: RwSignal::new(if platform::online() { SyncStatus::Calm } else { SyncStatus::Offline }),
            version,
            records,
            doors,
            toast: RwSignal::new(None),
            toast_ends: StoredValue::new(None),
            preferences: RwSignal::new(preferences),
            farewell: RwSignal::new(None),
            update_waits: RwSignal::new(false),
            can_install: RwSignal::new(false),
            scarce: RwSignal::new(false),
            form_open: RwSignal::new(false),
            notebook,
            storage: StoredValue::new_local(None),
            key: StoredValue::new_local(None),
            pin: StoredValue::new_local(None),
            reopen: StoredValue::new_local(None),
            has_pin: RwSignal::new(false),
            has_fingerprint: RwSignal::new(false),
            can_reopen: RwSignal::new(false),
            nudge: StoredValue::new(nudge),
            last_tap: StoredValue::new(None),
        };
        Effect::new(move |_| app.preferences.with(Preferences::keep));
        leptos::task::spawn_local(async move { app.open().await });
        leptos::task::spawn_local(scheduler::run(app, nudges));
        leptos::task::spawn_local(service_worker::register(move || app.update_waits.set(true)));
        app.listen();
        idle::listen(LOCK_AFTER_MS, move || app.lock());
        install::listen(move |offered| app.can_install.set(offered));
        app
    }

    fn listen(self) {
        let nudge = move || self.nudge.with_value(Nudge::now);
        service_worker::on_sync(nudge);
        address::listen(move || self.path.set(address::path()), move |path| self.go(path, false));
        let _online = window_event_listener(leptos::ev::online, move |_| nudge());
        let _offline = window_event_listener(leptos::ev::offline, move |_| self.status.set(SyncStatus::Offline));
        let on_visibility = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
            if platform::visible() {
                nudge();
                leptos::task::spawn_local(service_worker::look_for_update());
            } else if self.update_waits.get_untracked() && !self.form_open.get_untracked() {
                // Nobody is looking and no form is open: the moment between tasks.
                leptos::task::spawn_local(service_worker::apply_update());
            }
        });
        if let Some(document) = platform::window().document() {
            use wasm_bindgen::JsCast;
            let callback = on_visibility.as_ref().unchecked_ref();
            drop(document.add_event_listener_with_callback("visibilitychange", callback));
        }
        on_visibility.forget();
    }

    async fn open_storage(self) -> Result<Rc<IndexedDb>, StorageError> {
        let blocked = move || self.say("正在等另一个“入户”窗口，请把它关掉", None);
        let storage = Rc::new(IndexedDb::open(STORAGE, blocked).await?);
        self.storage.set_value(Some(storage.clone()));
        Ok(storage)
    }

    async fn open(self) {
        let opened: Result<(), notebook::OpenError> = async {
            let storage = self.open_storage().await?;
            self.has_fingerprint.set(Fingerprint::stored(storage.as_ref()).await.is_some());
            self.phase.set(if vault::stored(storage.as_ref()).await?.is_some() {
                Phase::Locked
            } else if session::stored(&storage.snapshot().await?).is_some() {
                Phase::Unsealed
            } else {
                Phase::LoggedOut
            });
            Ok(())
        }
        .await;
        if let Err(error) = opened {
            self.phase.set(Phase::Broken(error.to_string()));
        }
        self.sync_now();
    }

    fn open_store(self) -> Result<Rc<IndexedDb>, String> {
        self.storage.get_value().ok_or_else(|| "手机存储还没有打开，请稍等".to_owned())
    }

    async fn open_notebook(self, storage: Rc<IndexedDb>) -> Result<(), notebook::OpenError> {
        let (version, records, day) = (self.version, self.records, Cell::new(clock::today()));
        let changed = move |of_records: bool| {
            if of_records || day.replace(clock::today()) != clock::today() {
                let _ = records.try_update(|version| *version += 1);
            }
            let _ = version.try_update(|version| *version += 1);
        };
        let Some(notebook) = Notebook::open(&storage, changed, move || self.lock()).await? else {
            self.phase.set(Phase::LoggedOut);
            return Ok(());
        };
        if self.phase.get_untracked() == Phase::HandingOver {
            // Revoked while the password was typed.
            self.close(Phase::HandingOver);
            return Ok(());
        }
        self.notebook.set_value(Some(notebook));
        self.changed_all();
        self.phase.set(Phase::Open);
        self.sync_now();
        Ok(())
    }

    /// All is to be read again: the notebook was opened or closed.
    fn changed_all(self) {
        self.records.update(|version| *version += 1);
        self.version.update(|version| *version += 1);
    }

    /// The open notebook.
    pub fn notebook(self) -> Option<Rc<Notebook>> {
        self.notebook.get_value()
    }

    /// Reads from the notebook, again whenever it changes; the default while it is not open.
    pub fn read<T: Default>(self, look: impl FnOnce(&Notebook) -> T) -> T {
        self.version.track();
        self.notebook.with_value(|open| open.as_ref().map(|open| look(open))).unwrap_or_default()
    }

    /// Reads from the notebook what depends on records, rights and the day alone, again when those change.
    pub fn read_records<T: Default>(self, look: impl FnOnce(&Notebook) -> T) -> T {
        self.records.track();
        self.notebook.with_value(|open| open.as_ref().map(|open| look(open))).unwrap_or_default()
    }

    /// Says that a form was saved, and leaves for another screen when that is on the screen: to draw the next one takes
    /// longer than to save.
    pub fn saved(self, words: &str, path: String) {
        self.say(words, None);
        let form = self.path.get_untracked();
        leptos::task::spawn_local(async move {
            platform::painted().await;
            if self.path.get_untracked() == form {
                self.leave_for(&path);
            }
        });
    }

    /// Sets the title of the document, which browsers keep in their history.
    pub fn set_title(self, title: &str) {
        platform::set_title(title);
    }

    /// A form is open for as long as the component lives that says so: the bottom bar is away, and no update comes.
    pub fn open_form(self) {
        self.form_open.set(true);
        on_cleanup(move || {
            let _ = self.form_open.try_set(false);
        });
    }

    /// Leaves a form that is done for another screen: 返回 does not lead to the form again.
    pub fn leave_for(self, path: &str) {
        self.go(path, true);
    }

    fn go(self, path: &str, replace: bool) {
        address::show(path, replace);
        self.path.set(path.to_owned());
        address::to_top();
    }

    /// Syncs soon.
    pub fn sync_now(self) {
        self.nudge.with_value(Nudge::now);
    }

    /// Shows a message for a while.
    pub fn say(self, text: impl Into<String>, undo: Option<Undo>) {
        let shown_ms = if undo.is_some() { 6_000 } else { 4_000 };
        self.toast.set(Some(Toast { text: text.into(), undo }));
        // The time of the message before must not end this one, also where both say the same.
        if let Some(before) = self.toast_ends.get_value() {
            before.clear();
        }
        let shown = std::time::Duration::from_millis(shown_ms);
        self.toast_ends.set_value(set_timeout_with_handle(move || self.toast.set(None), shown).ok());
    }

    /// Whether this is the second tap of a double tap: the same was done with one tap a moment ago. What is made anew with
    /// one tap asks this first, so that one intent has one effect.
    fn is_second_tap(self, of: RecordId) -> bool {
        const DOUBLE_TAP_MS: u64 = 1_500;
        let now = clock::now_ms();
        let before = self.last_tap.try_update_value(|last| last.replace((of, now))).flatten();
        before.is_some_and(|(last, at)| last == of && now.abs_diff(at) < DOUBLE_TAP_MS)
    }

    /// Takes back what was just saved.
    pub async fn undo(self, undo: Undo) {
        let Some(open) = self.notebook() else { return };
        let done = match undo {
            Undo::Withdraw(record) => open.withdraw(record, "误点撤销").await,
            Undo::Restore(before) => open.save_all(&before).await.map(drop),
            Undo::Draft(draft) => {
                let done = open.keep_draft(draft.as_ref().clone()).await.map(drop);
                self.version.update(|version| *version += 1);
                done
            }
        };
        self.last_tap.set_value(None);
        match done {
            Ok(()) => {
                self.say("已撤销", None);
                self.sync_now();
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Notes that a resident was given the notice of today's words.
    pub async fn note_told(self, resident: RecordId, on: NaiveDate) {
        let Some(open) = self.notebook() else { return };
        match open.note_told(resident, &notice::given(on)).await {
            Ok(()) => {
                self.say("已记：已告知 ✓ 已存本机", None);
                self.sync_now();
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Chooses between the values of a contested field.
    pub async fn choose(self, record: RecordId, field: &str, chosen: Stamp) {
        let Some(open) = self.notebook() else { return };
        match open.choose(record, field, chosen).await {
            Ok(()) => {
                self.say("已选定 ✓ 已存本机", None);
                self.sync_now();
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Who changed what in a record, from the office.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn history(self, record: RecordId) -> Result<Vec<HistoryEntry>, String> {
        let open = self.notebook().ok_or("请先登录")?;
        let channel = open.engine().record(record).map(|record| record.channel.clone()).ok_or("没有这条记录")?;
        let request = HistoryRequest { record, channel };
        http::history(&open.session().token, &request).await.map_err(|error| match error {
            TransportError::Offline => "没有网络。修改历史在办公室，连上网后再看".to_owned(),
            other => other.to_string(),
        })
    }

    /// Gives up an item of the outbox that the office did not take.
    pub async fn give_up(self, op: OpId) {
        let Some(open) = self.notebook() else { return };
        match open.give_up(op).await {
            Ok(()) => self.say("已放弃这条修改", None),
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Sends an item of the outbox again.
    pub async fn retry(self, op: OpId) {
        if let Some(open) = self.notebook() {
            match open.retry(op).await {
                Ok(()) => self.sync_now(),
                Err(error) => self.say(error.to_string(), None),
            }
        }
    }
}

fn new_id(now: i64) -> RecordId {
    RecordId::new(now.cast_unsigned(), platform::random())
}
