//! Files that carry to the office by hand what could not be sent. They are sealed: only the server opens them.

use super::{App, rescue, vault};
use crate::platform::{clock, download, random};
use leptos::prelude::*;
use ruhu_domain::wire::{EXPORT, SealedUnsent};
use ruhu_vault::Purpose;
use serde::Serialize;

/// Words where the browser gives out no files.
const NO_FILES: &str = "浏览器不能导出文件，请换用 Chrome 浏览器";

impl App {
    /// Saves what is not at the office as a file. It stays queued.
    pub async fn export_unsent(self) {
        let Some(open) = self.notebook() else { return };
        let unsent = open.unsent();
        let saved = self.save(&unsent.account, &unsent).await;
        self.say(if saved { "已导出到下载文件夹，请只交给办公室" } else { NO_FILES }, None);
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
        if !self.save(rescued.account(), &rescued).await {
            return NO_FILES.into();
        }
        match rescued.counts() {
            (changes, 0) => format!("已导出 {changes} 条修改到下载文件夹，请只交给办公室"),
            (changes, rest) => format!("已导出 {changes} 条修改和 {rest} 份草稿或读不出的内容，请只交给办公室"),
        }
    }

    /// Saves a value as a file that only the server opens; as it is where the phone was never in contact with one.
    async fn save(self, account: &str, value: &impl Serialize) -> bool {
        let name = format!("入户未发送-{account}-{}.json", clock::today());
        let Ok(plain) = serde_json::to_vec(value) else { return false };
        let vault = match self.storage.get_value() {
            Some(storage) => vault::stored(storage.as_ref()).await.ok().flatten(),
            None => None,
        };
        let sealed = vault.zip(self.key.get_value()).and_then(|(vault, key)| {
            let sealed = key.keys().seal(Purpose::Outbox, EXPORT, EXPORT, random(), &plain);
            let (account, device) = (vault.account, vault.device);
            serde_json::to_vec(&SealedUnsent { account, device, key: vault.recovery?, sealed }).ok()
        });
        download::save(&name, &sealed.unwrap_or(plain))
    }
}
