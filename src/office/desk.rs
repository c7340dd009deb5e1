//! An office's session, and asking the server. The token is the tab's: loading the page again goes on, closing the tab ends it. The
//! server ends it after a quarter of an hour in which nothing was asked, whoever has the token.

use crate::{
    platform::{download, tab_session},
    transport::http::{self, TransportError},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use leptos::prelude::*;
use ruhu_domain::{
    office::{Login, NamePlaces, Nothing, PlaceNames, SheetFile, Welcome, duties::Duty},
    rights::Place,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The session. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Who is logged in.
    pub welcome: RwSignal<Option<Welcome>>,
    /// Whether it is being asked whose the tab's session is.
    pub resuming: RwSignal<bool>,
    /// The message on the log-in page.
    pub farewell: RwSignal<String>,
    /// A message at the bottom.
    pub said: RwSignal<String>,
    said_ends: StoredValue<Option<TimeoutHandle>>,
    names: RwSignal<BTreeMap<Place, Option<String>>>,
    unnamed: StoredValue<BTreeSet<Place>>,
}

/// The session, from the context.
pub fn use_desk() -> Desk {
    expect_context()
}

/// Why somebody is not logged in.
pub enum NoEntry {
    /// The six digits are wanted too.
    CodeWanted(String),
    /// Anything else, in words.
    Words(String),
}

impl Desk {
    /// Nobody is logged in.
    pub fn new() -> Self {
        Self {
            welcome: RwSignal::new(None),
            resuming: RwSignal::new(false),
            farewell: RwSignal::new(String::new()),
            said: RwSignal::new(String::new()),
            said_ends: StoredValue::new(None),
            names: RwSignal::new(BTreeMap::new()),
            unnamed: StoredValue::new(BTreeSet::new()),
        }
    }

    /// The place of the first of their grants, to begin a form with; empty where they have none.
    pub fn own_place(self) -> String {
        self.welcome.with_untracked(|welcome| {
            let grant = welcome.iter().flat_map(|welcome| &welcome.grants).next();
            grant.map(|grant| grant.place.to_string()).unwrap_or_default()
        })
    }

    /// Returns the name of a place; its code while the server was not asked yet, and where it has none. Places that one page
    /// shows are asked for together. It is tracked.
    pub fn name_of(self, place: &Place) -> String {
        match self.names.with(|names| names.get(place).cloned()) {
            Some(name) => name.unwrap_or_else(|| place.to_string()),
            None => {
                let first = self.unnamed.with_value(BTreeSet::is_empty);
                self.unnamed.update_value(|unnamed| {
                    unnamed.insert(place.clone());
                });
                if first {
                    leptos::task::spawn_local(self.ask_names());
                }
                place.to_string()
            }
        }
    }

    /// Forgets the names of places: one may have another now.
    pub fn forget_names(self) {
        self.names.set(BTreeMap::new());
    }

    async fn ask_names(self) {
        let unnamed = self.unnamed.try_update_value(std::mem::take).unwrap_or_default();
        let unnamed: Vec<Place> = unnamed.into_iter().collect();
        for places in unnamed.chunks(NamePlaces::MOST) {
            let asked = NamePlaces { places: places.iter().cloned().collect() };
            // Codes stay where the server does not answer.
            let Ok(PlaceNames(mut named)) = self.ask("place-names", &asked).await else { return };
            self.names.update(|names| names.extend(places.iter().map(|place| (place.clone(), named.remove(place)))));
        }
    }

    /// Logs in.
    ///
    /// # Errors
    /// See [`NoEntry`].
    pub async fn log_in(self, account: String, password: String, code: Option<String>) -> Result<(), NoEntry> {
        let login = Login { account, password, code };
        match http::post("/api/v1/office/login", None, &login).await {
            Ok(welcome) => {
                self.begin(welcome);
                Ok(())
            }
            Err(TransportError::CodeWanted(words)) => Err(NoEntry::CodeWanted(words)),
            Err(error) => Err(NoEntry::Words(error.to_string())),
        }
    }

    fn begin(self, welcome: Welcome) {
        tab_session::keep(Some(&welcome.token));
        self.farewell.set(String::new());
        self.welcome.set(Some(welcome));
    }

    /// Ends the session in this tab, and says why.
    pub fn end(self, words: String) {
        tab_session::keep(None);
        self.farewell.set(words);
        self.welcome.set(None);
    }

    /// Goes on with the session that the tab had before its page was loaded again.
    pub async fn resume(self) {
        let Some(token) = tab_session::token() else { return };
        self.resuming.set(true);
        let own: Result<Welcome, TransportError> = http::post("/api/v1/office/me", Some(&token), &()).await;
        match own {
            Ok(own) => self.begin(Welcome { token, ..own }),
            // Without a connection it is asked again when the page is loaded again.
            Err(error) if !matches!(error, TransportError::Unauthorized(_)) => self.farewell.set(error.to_string()),
            Err(error) => self.end(error.to_string()),
        }
        self.resuming.set(false);
    }

    /// Asks again who one is and what one has to do: a second factor was turned on or off.
    pub async fn look_again(self) {
        let Ok(own) = self.ask::<Welcome>("me", &()).await else { return };
        self.welcome.update(|welcome| {
            if let Some(welcome) = welcome {
                let token = std::mem::take(&mut welcome.token);
                *welcome = Welcome { token, ..own };
            }
        });
    }

    /// Logs out.
    pub async fn log_out(self) {
        drop(self.ask::<Nothing>("logout", &()).await);
        self.end(String::new());
    }

    /// Asks for something.
    ///
    /// # Errors
    /// The words to show. Where the session ended, the log-in page is shown.
    pub async fn ask<T: DeserializeOwned>(self, path: &str, body: &impl Serialize) -> Result<T, String> {
        let answer = http::post(&format!("/api/v1/office/{path}"), self.token().as_deref(), body).await;
        answer.map_err(|error| self.refused(path, &error))
    }

    /// Sends a file and asks what is in it.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn send<T: DeserializeOwned>(self, path: &str, file: &[u8]) -> Result<T, String> {
        let token = self.token().unwrap_or_default();
        let answer = http::post_file(&format!("/api/v1/office/{path}"), &token, file).await;
        answer.map_err(|error| self.refused(path, &error))
    }

    /// Saves a sheet that the server made, or says why there is none.
    pub fn save(self, made: Result<SheetFile, String>, name: &str) {
        match made.map(|file| BASE64_STANDARD.decode(file.xlsx)) {
            Ok(Ok(bytes)) if download::save(name, &bytes) => self.say(format!("已下载“{name}”")),
            Ok(Ok(_)) => self.say("浏览器不能保存文件，请换用 Chrome 或 Edge"),
            Ok(Err(_)) => self.say("文件没有收全，请再试一次"),
            Err(words) => self.say(words),
        }
    }

    /// Asks for a photo.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn photo(self, path: &str, body: &impl Serialize) -> Result<Vec<u8>, String> {
        let token = self.token().unwrap_or_default();
        let answer = http::bytes_of(&format!("/api/v1/office/{path}"), &token, body).await;
        let answer = answer.map_err(|error| self.refused(path, &error))?;
        match answer.status {
            200 => Ok(answer.body),
            404 => Err("照片还没到办公室".to_owned()),
            _ => Err(answer.words()),
        }
    }

    fn token(self) -> Option<String> {
        self.welcome.with_untracked(|welcome| welcome.as_ref().map(|welcome| welcome.token.clone()))
    }

    fn refused(self, path: &str, error: &TransportError) -> String {
        let words = error.to_string();
        // A wrong code is answered so too, where one was asked for.
        if matches!(error, TransportError::Unauthorized(_)) && !path.starts_with("second-factor") {
            self.end(words.clone());
        }
        words
    }

    /// Does something, says so, and then `after`; or says why not.
    pub fn act<B: Serialize + 'static>(
        self,
        path: &'static str,
        body: B,
        done: &'static str,
        after: impl Fn() + 'static,
    ) {
        leptos::task::spawn_local(async move {
            match self.ask::<Value>(path, &body).await {
                Ok(_) => {
                    self.say(done);
                    after();
                }
                Err(words) => self.say(words),
            }
        });
    }

    /// Shows a message for a while.
    pub fn say(self, words: impl Into<String>) {
        self.said.set(words.into());
        if let Some(before) = self.said_ends.get_value() {
            before.clear();
        }
        let shown = std::time::Duration::from_secs(6);
        self.said_ends.set_value(set_timeout_with_handle(move || self.said.set(String::new()), shown).ok());
    }

    /// Whether who is logged in has a duty.
    pub fn has(self, duty: Duty) -> bool {
        self.welcome.with(|welcome| welcome.as_ref().is_some_and(|welcome| welcome.duties.contains(&duty)))
    }
}

/// Something asked for when a page is shown, and again after a change.
pub struct Asked<T: Send + Sync + 'static> {
    /// The answer of the office; none while it is on its way.
    pub got: RwSignal<Option<Result<T, String>>>,
    desk: Desk,
    path: &'static str,
    /// What was asked last.
    what: StoredValue<Value>,
}

impl<T: Send + Sync + 'static> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Asked<T> {}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> Asked<T> {
    /// Nothing is asked yet.
    pub fn empty(path: &'static str) -> Self {
        Self { got: RwSignal::new(None), desk: use_desk(), path, what: StoredValue::new(Value::Null) }
    }

    /// Asks with nothing to say.
    pub fn new(path: &'static str) -> Self {
        let asked = Self::empty(path);
        asked.again();
        asked
    }

    /// Asks about something.
    pub fn about(path: &'static str, what: &impl Serialize) -> Self {
        let asked = Self::empty(path);
        asked.about_again(what);
        asked
    }

    /// Asks about something else.
    pub fn about_again(self, what: &impl Serialize) {
        self.what.set_value(serde_json::to_value(what).unwrap_or_default());
        self.again();
    }

    /// Asks about the same again.
    pub fn again(self) {
        let what = self.what.get_value();
        leptos::task::spawn_local(async move {
            let got = self.desk.ask(self.path, &what).await;
            // Of two questions the later one counts, whichever answer comes first.
            if self.what.try_with_value(|asked| *asked == what).unwrap_or_default() {
                drop(self.got.try_set(Some(got)));
            }
        });
    }

    /// Returns the answer of the office, or the default while there is none.
    pub fn or_empty(self) -> T
    where
        T: Default,
    {
        self.got.get().and_then(Result::ok).unwrap_or_default()
    }
}

/// Shows what was asked for: that it is on its way, why it did not come, or `view` of it.
pub fn shown<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    asked: Asked<T>,
    view: impl Fn(T) -> AnyView + Send + 'static,
) -> impl IntoView {
    move || match asked.got.get() {
        None => view! { <p class="hint" role="status">"正在查询…"</p> }.into_any(),
        Some(Err(words)) => view! {
            <p class="problem" role="alert">{words}</p>
            <button class="small-button" on:click=move |_| asked.again()>"再试"</button>
        }
        .into_any(),
        Some(Ok(got)) => view(got),
    }
}
