//! What the screens show and do: stores, actions and derived values, without markup.

pub mod drafts;
mod handover;
pub mod leaving;
pub mod notebook;
mod rescue;
pub mod session;
pub mod vault;

use crate::{
    platform::{self, address, clock, idle, install, preferences::Preferences, service_worker, space},
    storage::{Storage, StorageError, indexed_db::IndexedDb},
    sync::{
        scheduler::{self, Nudge},
        transport::{self, TransportError},
    },
};
use drafts::Draft;
use leaving::Stay;
use leptos::prelude::*;
use notebook::Notebook;
use ruhu_domain::{
    DeviceId, OpId, RecordId, Stamp,
    codes::{Outcome, Purpose},
    engine::Head,
    round::Door,
    storage::{Batch, Table, Write},
    visit::Visit,
    wire::{HistoryEntry, HistoryRequest, LoginRequest, LoginResponse},
};
use ruhu_vault::{RecoveryPublicKey, VaultKey};
use session::Session;
use std::{rc::Rc, sync::Arc};
use vault::{StayLocked, Vault};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// The record that 撤销 withdraws.
    pub undo: Option<RecordId>,
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
    /// The doors in walking order.
    pub doors: Memo<Arc<Vec<Door>>>,
    /// The message at the bottom.
    pub toast: RwSignal<Option<Toast>>,
    /// How the app looks.
    pub preferences: RwSignal<Preferences>,
    /// What the office did to this phone, to be read on the log-in page.
    pub farewell: RwSignal<Option<String>>,
    /// Whether a new version waits.
    pub update_waits: RwSignal<bool>,
    /// Whether the browser offers to install the app.
    pub can_install: RwSignal<bool>,
    /// Whether a form is open: no update is applied then.
    pub form_open: RwSignal<bool>,
    notebook: StoredValue<Option<Rc<Notebook>>, LocalStorage>,
    storage: StoredValue<Option<Rc<IndexedDb>>, LocalStorage>,
    key: StoredValue<Option<VaultKey>, LocalStorage>,
    nudge: StoredValue<Nudge>,
}

/// The app's state, from the context.
pub fn use_app() -> App {
    expect_context()
}

impl App {
    /// A state that opens the notebook, and keeps it in step with the office for as long as the page
    /// lives.
    pub fn start() -> Self {
        let version = RwSignal::new(0);
        let notebook: StoredValue<Option<Rc<Notebook>>, LocalStorage> = StoredValue::new_local(None);
        let doors = Memo::new_with_compare(
            move |_| {
                version.track();
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
            doors,
            toast: RwSignal::new(None),
            preferences: RwSignal::new(preferences),
            farewell: RwSignal::new(None),
            update_waits: RwSignal::new(false),
            can_install: RwSignal::new(false),
            form_open: RwSignal::new(false),
            notebook,
            storage: StoredValue::new_local(None),
            key: StoredValue::new_local(None),
            nudge: StoredValue::new(nudge),
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

    /// Opens the vault with the password. Where the office gave a new one meanwhile, the server opens it.
    ///
    /// # Errors
    /// What to tell the worker.
    pub async fn unlock(self, password: &str) -> Result<(), String> {
        if password.is_empty() {
            return Err("请填写密码".into());
        }
        let storage = self.open_store()?;
        let vault = vault::stored(storage.as_ref()).await.map_err(|error| error.to_string())?;
        let vault = vault.ok_or("这台手机已退出登录，请刷新页面")?;
        let key = match vault.open(storage.as_ref(), password).await {
            Ok(key) => key,
            Err(StayLocked::Wrong) => self.recover(&storage, &vault, password).await?,
            Err(stay) => return Err(stay.to_string()),
        };
        self.open_with(storage, key).await;
        Ok(())
    }

    /// The server knows the password, though this phone does not: it opens the key, which is sealed with the new
    /// password then.
    async fn recover(self, storage: &IndexedDb, vault: &Vault, password: &str) -> Result<VaultKey, String> {
        let wrong = || StayLocked::Wrong.to_string();
        let sealed = vault.recovery.as_ref().ok_or_else(wrong)?;
        let request =
            LoginRequest { account: vault.account.clone(), password: password.to_owned(), device: vault.device };
        let answer = transport::login(&request).await.map_err(|error| match error {
            TransportError::Unauthorized(_) => wrong(),
            _ => "密码不对。如果办公室刚给您重设了密码，请连上网络，再用新密码打开".to_owned(),
        })?;
        let key = transport::recover(&answer.token, sealed).await.map_err(|error| error.to_string())?;
        let renewed = Vault::seal(&vault.account, vault.device, password, Some(&server_key(&answer)), &key).await;
        let renewed = renewed.map_err(|stay| stay.to_string())?;
        let session = Session { token: answer.token, account: answer.account, name: answer.name, device: vault.device };
        storage.unlock(key.keys());
        let writes = renewed.writes().into_iter().chain(session.writes()).collect();
        if storage.write(&writes).await.is_err() {
            // The key is here all the same: the server opens it again next time.
            self.say("新密码没能存到手机里，下次打开还要连网", None);
        }
        Ok(key)
    }

    /// Seals what an earlier version of the app left as it was, all at once or not at all.
    ///
    /// # Errors
    /// What to tell the worker; everything is as before then.
    pub async fn seal(self, password: &str) -> Result<(), String> {
        let storage = self.open_store()?;
        let stored = storage.snapshot().await.map_err(|error| error.to_string())?;
        let mut session = session::stored(&stored).ok_or("请刷新页面再试")?;
        let request =
            LoginRequest { account: session.account.clone(), password: password.to_owned(), device: session.device };
        let answer = match transport::login(&request).await {
            Ok(answer) => Some(answer),
            Err(TransportError::Unauthorized(words)) => return Err(words),
            // A server that can't say so now keeps nobody from the records.
            Err(_) => None,
        };
        let key = VaultKey::new(platform::random());
        let server = answer.as_ref().map(server_key);
        let vault = Vault::seal(&session.account, session.device, password, server.as_ref(), &key).await;
        let vault = vault.map_err(|stay| stay.to_string())?;
        if let Some(answer) = answer {
            session.token = answer.token;
        }
        let mut writes = vec![Vault::first()];
        writes.extend(Table::ALL.map(Write::Clear));
        for table in Table::ALL {
            let entries = stored.entries(table).iter().cloned();
            writes.extend(entries.map(|(key, value)| Write::Put(table, key, value)));
        }
        writes.extend(vault.writes().into_iter().chain(session.writes()));
        storage.unlock(key.keys());
        if let Err(error) = storage.write(&writes).await {
            storage.lock();
            return Err(error.to_string());
        }
        self.open_with(storage, key).await;
        Ok(())
    }

    async fn open_with(self, storage: Rc<IndexedDb>, key: VaultKey) {
        storage.unlock(key.keys());
        self.key.set_value(Some(key));
        if let Err(error) = self.open_notebook(storage).await {
            self.phase.set(Phase::Broken(error.to_string()));
        }
    }

    /// Drops the keys and everything they opened; what was typed is in its draft.
    pub fn lock(self) {
        if self.phase.get_untracked() == Phase::Open {
            self.close(Phase::Locked);
        }
    }

    fn close(self, phase: Phase) {
        self.phase.set(phase);
        self.toast.set(None);
        self.notebook.set_value(None);
        self.key.set_value(None);
        if let Some(storage) = self.storage.get_value() {
            storage.lock();
        }
        self.version.update(|version| *version += 1);
    }

    async fn open_notebook(self, storage: Rc<IndexedDb>) -> Result<(), notebook::OpenError> {
        let version = self.version;
        let changed = move || {
            let _ = version.try_update(|version| *version += 1);
        };
        let Some(notebook) = Notebook::open(storage, changed).await? else {
            self.phase.set(Phase::LoggedOut);
            return Ok(());
        };
        self.notebook.set_value(Some(notebook));
        self.version.update(|version| *version += 1);
        self.phase.set(Phase::Open);
        self.sync_now();
        Ok(())
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
    pub fn say(self, text: impl Into<String>, undo: Option<RecordId>) {
        let shown_ms = if undo.is_some() { 6_000 } else { 3_000 };
        let toast = Toast { text: text.into(), undo };
        self.toast.set(Some(toast.clone()));
        set_timeout(
            move || {
                if self.toast.get_untracked().as_ref() == Some(&toast) {
                    self.toast.set(None);
                }
            },
            std::time::Duration::from_millis(shown_ms),
        );
    }

    /// Logs in, or logs in again; the words to show where it does not work.
    ///
    /// # Errors
    /// What to tell the worker.
    pub async fn log_in(self, account: String, password: String) -> Result<(), String> {
        let account = account.trim().to_owned();
        if account.is_empty() || password.is_empty() {
            return Err("请填写账号和密码".into());
        }
        let storage = self.open_store()?;
        let kept = self.notebook().map(|open| open.session());
        let same = kept.as_ref().filter(|kept| kept.account == account);
        let clear = match same {
            Some(_) => Vec::new(),
            None => leaving::clear(storage.as_ref(), None).await.map_err(|stay| stay.to_another())?,
        };
        let device = same.map_or_else(|| DeviceId(u64::from_be_bytes(platform::random())), |kept| kept.device);
        let request = LoginRequest { account: account.clone(), password: password.clone(), device };
        let answer = transport::login(&request).await.map_err(|error| match error {
            TransportError::Offline => "连不上网络。第一次登录需要网络，请到有信号的地方再试".to_owned(),
            other => other.to_string(),
        })?;
        let open = same.and_then(|_| self.notebook()).zip(self.key.get_value());
        let key = open.as_ref().map_or_else(|| VaultKey::new(platform::random()), |(_, key)| key.clone());
        let server = server_key(&answer);
        // Sealed anew at each login: the password may be another by now.
        let vault = Vault::seal(&answer.account, device, &password, Some(&server), &key).await;
        let vault = vault.map_err(|stay| stay.to_string())?;
        let session = Session { token: answer.token, account: answer.account, name: answer.name, device };
        self.preferences.update(|preferences| preferences.account.clone_from(&session.account));
        self.farewell.set(None);
        self.status.set(SyncStatus::Calm);
        if let Some((open, _)) = open {
            open.renew(session, vault.writes()).await.map_err(|error| error.to_string())?;
            self.sync_now();
            return Ok(());
        }
        storage.write(&clear).await.map_err(|error| error.to_string())?;
        storage.unlock(key.keys());
        let head = Head::new(device, session.name.clone(), answer.grids);
        let writes: Batch = [Vault::first()].into_iter().chain(vault.writes()).chain(session.writes()).collect();
        let writes = writes.into_iter().chain(head.writes()).collect();
        if let Err(error) = storage.write(&writes).await {
            storage.lock();
            return Err(error.to_string());
        }
        leptos::task::spawn_local(space::ask_to_persist());
        self.open_with(storage, key).await;
        Ok(())
    }

    /// Logs out and clears the phone. Refused while something is on this phone only; `receipt` is what the office
    /// gave for the exported file.
    ///
    /// # Errors
    /// Why the worker has to stay.
    pub async fn log_out(self, receipt: Option<&str>) -> Result<(), Stay> {
        let (Some(open), Some(storage)) = (self.notebook(), self.storage.get_value()) else { return Ok(()) };
        let clear = leaving::clear(storage.as_ref(), receipt).await?;
        storage.write(&clear).await?;
        open.tell_to_reload();
        let token = open.session().token;
        leptos::task::spawn_local(async move { transport::logout(&token).await });
        self.close(Phase::LoggedOut);
        Ok(())
    }

    /// A locked phone asks whether the office revoked it.
    pub async fn heed_revocation(self) {
        let Some(storage) = self.storage.get_value().filter(|_| self.phase.get_untracked() == Phase::Locked) else {
            return;
        };
        let Ok(Some(vault)) = vault::stored(storage.as_ref()).await else { return };
        if transport::is_revoked(vault.device).await == Ok(true) {
            self.hand_over().await;
        }
    }

    /// The office revoked this phone: locks it, hands over what is not sent, and clears it. Where that does not
    /// work now it is tried again later.
    pub async fn hand_over(self) {
        let Some(storage) = self.storage.get_value() else { return };
        let open = self.notebook();
        self.close(Phase::HandingOver);
        match handover::hand_over(&storage).await {
            Ok(taken) => {
                if let Some(open) = open {
                    open.tell_to_reload();
                }
                self.preferences.update(|preferences| preferences.account.clear());
                let sent = if taken > 0 {
                    format!("没发送的 {taken} 条记录已交给办公室，")
                } else {
                    String::new()
                };
                self.farewell.set(Some(format!(
                    "这台手机已由办公室停用。{sent}本机的记录已全部清除。要再用这台手机，请先联系办公室"
                )));
                self.close(Phase::LoggedOut);
            }
            Err(error) => {
                self.phase.set(Phase::Locked);
                self.say(error.to_string(), None);
            }
        }
    }

    /// A draft to write on: the one there is for this household, or a new one with the usual answers
    /// from the worker's last visit.
    pub fn draft_for(self, household: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        if let Some(draft) = open
            .drafts()
            .into_iter()
            .find(|draft| draft.visit.household == household && open.engine().record(draft.id).is_none())
        {
            return Some(draft);
        }
        let now = clock::now_ms();
        let mut visit = Visit::new(household, now, &open.session().name, Outcome::Met);
        visit.purposes = self.usual_purposes();
        let channel = open.channel_of(household);
        Some(Draft { id: new_id(now), visit, touched: now, channel })
    }

    /// A draft to change a saved visit.
    pub fn draft_of(self, visit: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        if let Some(draft) = open.drafts().into_iter().find(|draft| draft.id == visit) {
            return Some(draft);
        }
        let saved = open.roster().visit(visit)?.as_ref().clone();
        let channel = open.engine().record(visit).map(|record| record.channel.clone());
        Some(Draft { id: visit, visit: saved, touched: clock::now_ms(), channel })
    }

    fn usual_purposes(self) -> Vec<Purpose> {
        let Some(open) = self.notebook() else { return Vec::new() };
        let roster = open.roster();
        let last =
            roster.all_visits().filter(|(_, visit)| !visit.purposes.is_empty()).max_by_key(|(_, visit)| visit.at);
        last.map_or_else(|| vec![Purpose::Routine], |(_, visit)| visit.purposes.clone())
    }

    /// Saves a visit: durable when this returns.
    ///
    /// # Errors
    /// Nothing was saved, and why.
    pub async fn save_visit(self, id: RecordId, visit: Visit) -> Result<(), StorageError> {
        let Some(open) = self.notebook() else { return Ok(()) };
        open.save_visit(id, &visit).await?;
        self.sync_now();
        Ok(())
    }

    /// 无人在家 with one tap.
    pub async fn log_nobody_home(self, household: RecordId) {
        let Some(open) = self.notebook() else { return };
        let now = clock::now_ms();
        let id = new_id(now);
        let visit = Visit::new(household, now, &open.session().name, Outcome::NobodyHome);
        match self.save_visit(id, visit).await {
            Ok(()) => self.say("已记：无人在家 ✓ 已存本机", Some(id)),
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Takes back what was just logged.
    pub async fn undo(self, record: RecordId) {
        let Some(open) = self.notebook() else { return };
        match open.withdraw(record, "误点撤销").await {
            Ok(()) => {
                self.say("已撤销", None);
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
    /// What to tell the worker.
    pub async fn history(self, record: RecordId) -> Result<Vec<HistoryEntry>, String> {
        let open = self.notebook().ok_or("请先登录")?;
        let channel = open.engine().record(record).map(|record| record.channel.clone()).ok_or("没有这条记录")?;
        let request = HistoryRequest { record, channel };
        transport::history(&open.session().token, &request).await.map_err(|error| match error {
            TransportError::Offline => "没有网络。修改历史在办公室，连上网后再看".to_owned(),
            other => other.to_string(),
        })
    }

    /// Saves what is not at the office as a file, to be carried there by hand. It stays queued.
    pub fn export_unsent(self) {
        let Some(open) = self.notebook() else { return };
        let unsent = open.unsent();
        let name = format!("入户未发送-{}-{}.json", unsent.account, clock::today());
        let saved = serde_json::to_vec(&unsent).is_ok_and(|bytes| platform::download::save(&name, &bytes));
        let words = if saved {
            "已导出到下载文件夹，请只交给办公室"
        } else {
            "浏览器不能导出文件，请换用 Chrome 浏览器"
        };
        self.say(words, None);
    }

    /// Saves what can still be read of a storage that can't be opened, as a file; the words to show.
    pub async fn rescue(self) -> String {
        let rescued = async {
            let storage = match self.storage.get_value() {
                Some(storage) => storage,
                None => self.open_storage().await?,
            };
            rescue::rescue(&storage).await
        };
        let rescued = match rescued.await {
            Ok(Some(rescued)) => rescued,
            Ok(None) => return "手机上没有登录过，没有可导出的记录".into(),
            Err(error) => return format!("导出不了：{error}"),
        };
        let name = format!("入户未发送-{}-{}.json", rescued.account(), clock::today());
        let saved = serde_json::to_vec(&rescued).is_ok_and(|bytes| platform::download::save(&name, &bytes));
        if !saved {
            return "浏览器不能导出文件，请换用 Chrome 浏览器".into();
        }
        match rescued.counts() {
            (changes, 0) => format!("已导出 {changes} 条修改到下载文件夹，请只交给办公室"),
            (changes, rest) => format!("已导出 {changes} 条修改和 {rest} 份草稿或读不出的内容，请只交给办公室"),
        }
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

fn server_key(answer: &LoginResponse) -> RecoveryPublicKey {
    RecoveryPublicKey::new(answer.recovery)
}
