//! Coming in and going out: log-in, unlocking, locking, log-out, and what becomes of a revoked phone.

mod device_handover;
pub(super) mod fingerprint;
pub mod leaving;
pub mod pin;
pub(super) mod rescue;
pub mod vault;

use self::{
    fingerprint::Fingerprint,
    leaving::Stay,
    pin::Pin,
    vault::{StayLocked, Vault},
};
use super::{
    App, Phase, SyncStatus,
    session::{self, Session},
};
use crate::{
    platform::{self, reminder, space, tabs::Tabs},
    storage::{Storage, indexed_db::IndexedDb},
    transport::http::{self, TransportError},
};
use leptos::prelude::*;
use ruhu_domain::{
    DeviceId,
    engine::Head,
    storage::{Batch, TABLES, Write},
    wire::{EnrolRequest, LoginRequest, LoginResponse, vault_owner},
};
use ruhu_vault::{RecoveryPublicKey, VaultKey};
use std::rc::Rc;

/// With what somebody comes in.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The account's password, and the digits of its second factor where it has one.
    Password {
        /// The password.
        password: String,
        /// Six digits.
        code: Option<String>,
    },
    /// A code from the office, and the password from now on.
    Code {
        /// The code.
        code: String,
        /// The new password.
        password: String,
    },
}

impl Entry {
    fn password(&self) -> &str {
        let (Self::Password { password, .. } | Self::Code { password, .. }) = self;
        password
    }

    async fn answered(&self, account: &str, device: DeviceId) -> Result<LoginResponse, TransportError> {
        let account = account.to_owned();
        match self.clone() {
            Self::Password { password, code } => http::login(&LoginRequest { account, password, device, code }).await,
            Self::Code { code, password } => http::enrol(&EnrolRequest { account, code, password, device }).await,
        }
    }
}

/// Why somebody does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoEntry {
    /// The account has a second factor: its digits are wanted too.
    CodeWanted(String),
    /// Anything else, in words.
    Words(String),
}

impl<T: ToString> From<T> for NoEntry {
    fn from(words: T) -> Self {
        Self::Words(words.to_string())
    }
}

fn refused(error: TransportError) -> NoEntry {
    match error {
        TransportError::CodeWanted(words) => NoEntry::CodeWanted(words),
        TransportError::Offline => "连不上网络。第一次登录需要网络，请到有信号的地方再试".into(),
        other => other.into(),
    }
}

fn server_key(answer: &LoginResponse) -> RecoveryPublicKey {
    RecoveryPublicKey::new(answer.recovery)
}

impl App {
    /// Opens the vault with the password. Where the office gave a new one meanwhile, the server opens it.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn unlock(self, password: &str) -> Result<(), String> {
        if password.is_empty() {
            return Err("请填写密码".into());
        }
        let (storage, vault) = self.locked_vault().await?;
        let key = match vault.open(storage.as_ref(), password).await {
            Ok(key) => key,
            Err(StayLocked::Wrong) => {
                let wrong = || StayLocked::Wrong.to_string();
                // The server may know the password, though this phone does not.
                let entry = Entry::Password { password: password.to_owned(), code: None };
                let answer = entry.answered(&vault.account, vault.device).await.map_err(|error| match error {
                    TransportError::Unauthorized(_) => wrong(),
                    _ => "密码不对。如果办公室刚给您重设了密码，请连上网络，再用新密码打开".to_owned(),
                })?;
                self.recover(&storage, &vault, answer, password).await?
            }
            Err(stay) => return Err(stay.to_string()),
        };
        self.open_with(storage, key).await;
        Ok(())
    }

    async fn locked_vault(self) -> Result<(Rc<IndexedDb>, Vault), String> {
        let storage = self.open_store()?;
        let vault = vault::stored(storage.as_ref()).await.map_err(|error| error.to_string())?;
        let vault = vault.ok_or("这台手机已退出登录，请刷新页面")?;
        Ok((storage, vault))
    }

    /// The server opens the key, which is sealed with the new password then.
    async fn recover(
        self,
        storage: &IndexedDb,
        vault: &Vault,
        answer: LoginResponse,
        password: &str,
    ) -> Result<VaultKey, String> {
        let sealed = vault.recovery.as_ref().ok_or("密码不对，请再试一次")?;
        let key = http::recover(&answer.token, sealed).await.map_err(|error| error.to_string())?;
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

    /// Opens the notebook again with the PIN, while the page is still in memory.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese. After some wrong ones it takes the password.
    pub async fn unlock_with_pin(self, digits: &str) -> Result<(), String> {
        let storage = self.open_store()?;
        let Some(mut reopen) = self.reopen.try_update_value(Option::take).flatten() else {
            self.can_reopen.set(false);
            return Err("请用登录密码打开".into());
        };
        match reopen.open(digits).await {
            Ok(key) => {
                self.can_reopen.set(false);
                self.open_with(storage, key).await;
                Ok(())
            }
            Err(words) => {
                self.can_reopen.set(reopen.left() > 0);
                self.reopen.set_value((reopen.left() > 0).then_some(reopen));
                Err(words)
            }
        }
    }

    /// Opens the vault with the phone's fingerprint sensor.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn unlock_with_fingerprint(self) -> Result<(), String> {
        let (storage, vault) = self.locked_vault().await?;
        let print = Fingerprint::stored(storage.as_ref()).await.ok_or("这台手机没有设置指纹，请用密码打开")?;
        let key = print.open(&vault_owner(&vault.account, vault.device)).await?;
        self.open_with(storage, key).await;
        Ok(())
    }

    /// Sets the PIN, or with none takes it away.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn set_pin(self, digits: Option<&str>) -> Result<(), String> {
        let storage = self.open_store()?;
        let pin = match digits {
            Some(digits) => Some(Pin::new(digits).await?),
            None => None,
        };
        storage.write(&vec![pin::write(pin.as_ref())]).await.map_err(|error| error.to_string())?;
        self.has_pin.set(pin.is_some());
        self.pin.set_value(pin);
        Ok(())
    }

    /// Lets the fingerprint sensor open the vault from now on, or no longer.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn set_fingerprint(self, on: bool) -> Result<(), String> {
        let (storage, vault) = self.locked_vault().await?;
        let write = if on {
            let key = self.key.get_value().ok_or("请先打开")?;
            let owner = vault_owner(&vault.account, vault.device);
            Fingerprint::enrol(&vault.account, &owner, &key).await?.write()
        } else {
            fingerprint::forget()
        };
        storage.write(&vec![write]).await.map_err(|error| error.to_string())?;
        self.has_fingerprint.set(on);
        Ok(())
    }

    /// Seals what an earlier version of the app left as it was, all at once or not at all.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese; everything is as before then.
    pub async fn seal(self, password: &str) -> Result<(), String> {
        let storage = self.open_store()?;
        let stored = storage.snapshot().await.map_err(|error| error.to_string())?;
        let mut session = session::stored(&stored).ok_or("请刷新页面再试")?;
        let entry = Entry::Password { password: password.to_owned(), code: None };
        let answer = match entry.answered(&session.account, session.device).await {
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
        writes.extend(TABLES.map(Write::Clear));
        for table in TABLES {
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
        let pin = pin::stored(storage.as_ref()).await;
        self.has_pin.set(pin.is_some());
        self.pin.set_value(pin);
        self.has_fingerprint.set(Fingerprint::stored(storage.as_ref()).await.is_some());
        if let Err(error) = self.open_notebook(storage).await {
            self.phase.set(Phase::Broken(error.to_string()));
        }
    }

    /// Drops the keys and everything they opened; what was typed is in its draft. With a PIN the key stays in memory,
    /// sealed with it.
    pub fn lock(self) {
        if self.phase.get_untracked() != Phase::Open {
            return;
        }
        let owner = self.notebook().map(|open| open.session()).map(|own| vault_owner(&own.account, own.device));
        let pin = self.pin.try_update_value(Option::take).flatten();
        let reopen = pin.zip(self.key.get_value()).zip(owner).map(|((pin, key), owner)| pin.reopen(owner, &key));
        self.close(Phase::Locked);
        self.can_reopen.set(reopen.is_some());
        self.reopen.set_value(reopen);
    }

    /// Locks every window of the app.
    pub fn lock_all(self) {
        if let Some(open) = self.notebook() {
            open.tell_to_lock();
        }
        self.lock();
    }

    pub(super) fn close(self, phase: Phase) {
        if phase != Phase::Locked {
            reminder::note(&[]);
        }
        self.phase.set(phase);
        self.toast.set(None);
        if let Some(open) = self.notebook.try_update_value(Option::take).flatten() {
            leptos::task::spawn_local(async move { open.close().await });
        }
        self.key.set_value(None);
        self.pin.set_value(None);
        self.reopen.set_value(None);
        self.can_reopen.set(false);
        if let Some(storage) = self.storage.get_value() {
            storage.lock();
        }
        self.changed_all();
    }

    /// Logs in, or logs in again; with a code also on a locked phone.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn come_in(self, account: String, entry: Entry) -> Result<(), NoEntry> {
        let account = account.trim().to_owned();
        if account.is_empty() || entry.password().is_empty() {
            return Err("请填写账号和密码".into());
        }
        if self.phase.get_untracked() == Phase::Locked {
            return self.reset(&account, &entry).await;
        }
        let storage = self.open_store()?;
        let kept = self.notebook().map(|open| open.session());
        // Another window may have logged in since this one looked: what it saved is sealed, and not this one's to clear.
        if kept.is_none() && vault::stored(storage.as_ref()).await?.is_some() {
            self.phase.set(Phase::Locked);
            return Err("这台手机已在另一个窗口登录，请输入密码打开".into());
        }
        let same = kept.as_ref().filter(|kept| kept.account == account);
        let clear = match same {
            Some(_) => Vec::new(),
            None => leaving::clear(storage.as_ref(), None).await.map_err(|stay| stay.to_another())?,
        };
        // Kept until somebody is in: where the answer is lost, the server knows the phone when it asks again.
        let pending = self.preferences.with_untracked(|preferences| preferences.pending.clone());
        let pending = pending.filter(|(of, _)| *of == account).map(|(_, device)| device);
        let new = || pending.unwrap_or_else(|| DeviceId(u64::from_be_bytes(platform::random())));
        let device = same.map_or_else(new, |kept| kept.device);
        let asking = same.is_none().then(|| (account.clone(), device));
        self.preferences.update(|preferences| preferences.pending = asking);
        let answer = entry.answered(&account, device).await;
        if matches!(answer, Err(TransportError::Revoked(_))) {
            self.preferences.update(|preferences| preferences.pending = None);
        }
        let answer = answer.map_err(refused)?;
        if same.is_none() {
            // Somebody is in: what the phone told of the one before is over.
            reminder::note(&[]);
        }
        let open = same.and_then(|_| self.notebook()).zip(self.key.get_value());
        let key = open.as_ref().map_or_else(|| VaultKey::new(platform::random()), |(_, key)| key.clone());
        let server = server_key(&answer);
        // Sealed anew at each login: the password may be another by now.
        let vault = Vault::seal(&answer.account, device, entry.password(), Some(&server), &key).await?;
        let session = Session { token: answer.token, account: answer.account, name: answer.name, device };
        self.preferences.update(|preferences| {
            preferences.account.clone_from(&session.account);
            preferences.pending = None;
        });
        self.farewell.set(None);
        self.status.set(SyncStatus::Calm);
        if let Some((open, _)) = open {
            open.renew(session, vault.writes()).await?;
            self.sync_now();
            return Ok(());
        }
        let clear: Batch = if kept.is_none() { [Vault::first()].into_iter().chain(clear).collect() } else { clear };
        storage.write(&clear).await?;
        storage.unlock(key.keys());
        let head = Head::new(device, session.name.clone(), answer.grids);
        let writes: Batch = [Vault::first()].into_iter().chain(vault.writes()).chain(session.writes()).collect();
        let writes = writes.into_iter().chain(head.writes()).collect();
        if let Err(error) = storage.write(&writes).await {
            storage.lock();
            return Err(error.into());
        }
        leptos::task::spawn_local(space::ask_to_persist());
        self.open_with(storage, key).await;
        Ok(())
    }

    /// A forgotten password: with a code from the office the server opens the vault, and the new password seals it.
    async fn reset(self, account: &str, entry: &Entry) -> Result<(), NoEntry> {
        let (storage, vault) = self.locked_vault().await?;
        if vault.account != account {
            return Err(format!("这台手机上是账号“{}”的记录，请先由他打开或退出", vault.account).into());
        }
        if vault.recovery.is_none() {
            return Err("这台手机还没有和服务器连过，只能用原来的密码打开".into());
        }
        let answer = entry.answered(account, vault.device).await.map_err(refused)?;
        let key = self.recover(&storage, &vault, answer, entry.password()).await?;
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
        leptos::task::spawn_local(async move { http::logout(&token).await });
        self.close(Phase::LoggedOut);
        Ok(())
    }

    /// A locked phone asks whether the office revoked it.
    pub async fn heed_revocation(self) {
        let Some(storage) = self.storage.get_value().filter(|_| self.phase.get_untracked() == Phase::Locked) else {
            return;
        };
        let Ok(Some(vault)) = vault::stored(storage.as_ref()).await else { return };
        if http::is_revoked(vault.device).await == Ok(true) {
            self.revoked();
        }
    }

    /// The office revoked this phone: it locks, and hands over as soon as the part that does is loaded.
    pub fn revoked(self) {
        if self.phase.get_untracked() != Phase::HandingOver {
            self.close(Phase::HandingOver);
        }
    }

    /// A revoked phone could not hand over now: it is locked, and tries again later.
    pub fn stay_revoked(self, why: String) {
        self.close(Phase::Locked);
        self.say(why, None);
    }

    /// A revoked phone, which is locked, hands over what is not sent, and clears itself.
    pub async fn hand_device_over(self) {
        let Some(storage) = self.storage.get_value() else { return };
        let told = |went: usize, of: usize| self.say(format!("正在交出照片：第 {} 张，共 {of} 张", went + 1), None);
        match device_handover::hand_device_over(&storage, told).await {
            Ok(handed) => {
                Tabs::tell_to_reload();
                self.preferences.update(|preferences| preferences.account.clear());
                let sent = match (handed.changes, handed.photos) {
                    (0, 0) => String::new(),
                    (changes, 0) => format!("没发送的 {changes} 条记录已交给办公室，"),
                    (0, photos) => format!("没发送的 {photos} 张照片已交给办公室，"),
                    (changes, photos) => {
                        format!("没发送的 {changes} 条记录和 {photos} 张照片已交给办公室，")
                    }
                };
                self.farewell.set(Some(format!(
                    "这台手机已由办公室停用。{sent}本机的记录已全部清除。要再用这台手机，请先联系办公室"
                )));
                self.close(Phase::LoggedOut);
            }
            Err(error) => self.stay_revoked(error.to_string()),
        }
    }
}
