//! Keeping what is being written, and saying whether it is kept.

use super::{App, notebook::drafts::Draft};
use leptos::prelude::*;

/// Whether what was typed last is on the phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DraftStatus {
    /// Nothing was typed yet.
    #[default]
    Untouched,
    /// It is being written.
    Writing,
    /// It is durable.
    Durable,
    /// It is not on the phone, and why, in words.
    Failed(String),
}

impl DraftStatus {
    /// The words below a form.
    pub fn words(&self) -> String {
        match self {
            Self::Untouched => String::new(),
            Self::Writing => "正在存草稿…".to_owned(),
            Self::Durable => "草稿已自动保存".to_owned(),
            Self::Failed(why) => format!("草稿没有存住：{why}。请不要离开这一页，先保存或记在纸上"),
        }
    }
}

impl App {
    /// Keeps a draft, and says in `kept` when it is durable or why it is not.
    pub fn keep_draft(self, draft: Draft, kept: RwSignal<DraftStatus>) {
        let Some(open) = self.notebook() else { return };
        kept.set(DraftStatus::Writing);
        leptos::task::spawn_local(async move {
            let now = match open.keep_draft(draft).await {
                Ok(true) => DraftStatus::Durable,
                // A later change is being written, and says what came of it.
                Ok(false) => return,
                Err(error) => DraftStatus::Failed(error.to_string()),
            };
            let _ = kept.try_set(now);
        });
    }
}
