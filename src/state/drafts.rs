//! Keeping what is being written, and saying whether it is kept.

use super::{App, notebook::drafts::Draft};
use leptos::prelude::*;

/// Whether what was typed last is on the phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing was typed yet.
    #[default]
    Nothing,
    /// It is being written.
    Writing,
    /// It is durable.
    Yes,
    /// It is not on the phone, and why, in words.
    No(String),
}

impl Kept {
    /// The words below a form.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Writing => "正在存草稿…".to_owned(),
            Self::Yes => "草稿已自动保存".to_owned(),
            Self::No(why) => format!("草稿没有存住：{why}。请不要离开这一页，先保存或记在纸上"),
        }
    }
}

impl App {
    /// Keeps a draft, and says in `kept` when it is durable or why it is not.
    pub fn keep_draft(self, draft: Draft, kept: RwSignal<Kept>) {
        let Some(open) = self.notebook() else { return };
        kept.set(Kept::Writing);
        leptos::task::spawn_local(async move {
            let now = match open.keep_draft(draft).await {
                Ok(true) => Kept::Yes,
                // A later change is being written, and says what came of it.
                Ok(false) => return,
                Err(error) => Kept::No(error.to_string()),
            };
            let _ = kept.try_set(now);
        });
    }
}
