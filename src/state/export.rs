//! Files that carry to the office by hand what could not be sent. They are sealed: only the server opens them.

use super::{
    App,
    access::{rescue, vault},
    notebook::album,
};
use crate::platform::{clock, download, random};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use leptos::prelude::*;
use ruhu_domain::{
    photo::PhotoHash,
    wire::{EXPORT, SealedUnsent},
};
use ruhu_vault::Purpose;
use serde::Serialize;

/// Words where the browser gives out no files.
const NO_FILES: &str = "浏览器不能导出文件，请换用 Chrome 浏览器";

impl App {
    /// Saves what is not at the office as a file. It stays queued.
    pub async fn export_unsent(self) {
        let Some(open) = self.notebook() else { return };
        let unsent = open.unsent();
        let sizes = |hash| Some((hash, open.size_of(hash)?));
        let photos: Vec<_> = open.unsent_photos().into_iter().filter_map(sizes).collect();
        let wanted = photos.clone();
        let Some(saved) = self.save(&unsent.account, &unsent, photos).await else {
            return self.say(NO_FILES, None);
        };
        let unreadable: Vec<_> = wanted.into_iter().filter(|(hash, _)| !saved.contains(hash)).collect();
        for (hash, _) in &unreadable {
            open.is_unreadable(*hash).await;
        }
        match unreadable.len() {
            0 => self.say("已导出到下载文件夹，请只交给办公室", None),
            count => self.say(format!("已导出。有 {count} 张照片读不出来，请重新拍"), None),
        }
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
        let mut rescued = match rescued.await {
            Ok(Some(rescued)) => rescued,
            Ok(None) => return "手机上没有登录过，没有可导出的记录".into(),
            Err(error) => return format!("导出不了：{error}"),
        };
        let photos = std::mem::take(&mut rescued.photos);
        let Some(photos) = self.save(rescued.account(), &rescued, photos).await else {
            return NO_FILES.into();
        };
        let (changes, rest) = rescued.counts();
        let words = [(photos.len(), "张照片"), (rest, "份草稿或读不出的内容")];
        let words = words.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("、{count} {what}"));
        let more: String = words.collect();
        format!("已导出 {changes} 条修改{more}到下载文件夹，请只交给办公室")
    }

    /// Saves a value and photos as a file that only the server opens; as they are where the phone was never in contact
    /// with one. Those of the photos that could be read; none where the browser gives out no files.
    async fn save(
        self,
        account: &str,
        value: &impl Serialize,
        photos: Vec<(PhotoHash, u32)>,
    ) -> Option<Vec<PhotoHash>> {
        let name = format!("入户未发送-{account}-{}.json", clock::today());
        let plain = serde_json::to_vec(value).ok()?;
        let storage = self.storage.get_value();
        let vault = match &storage {
            Some(storage) => vault::stored(storage.as_ref()).await.ok().flatten(),
            None => None,
        };
        let server = vault.and_then(|vault| Some((vault.account, vault.device, vault.recovery?)));
        let sealed = self.key.get_value().map(|key| key.keys()).zip(server);
        let keys = sealed.as_ref().map(|(keys, _)| keys);
        let seal = |plain: Vec<u8>| match keys {
            Some(keys) => keys.seal(Purpose::Outbox, EXPORT, EXPORT, random(), &plain),
            None => plain,
        };
        let head = match &sealed {
            Some((_, (account, device, key))) => {
                let (account, device, sealed) = (account.clone(), *device, seal(plain));
                serde_json::to_vec(&SealedUnsent { account, device, key, sealed, photos: Vec::new() }).ok()?
            }
            None => plain,
        };
        // An object: the photos are written into it one by one, for all of them would not fit into memory.
        let file = download::Writer::default();
        file.write(head.strip_suffix(b"}")?);
        file.write(b",\"pictures\":[");
        let mut saved = Vec::new();
        for (hash, size) in photos {
            let Some(storage) = &storage else { break };
            let Ok(Some(photo)) = album::read(storage.as_ref(), hash, size).await else { continue };
            let comma = if saved.is_empty() { "" } else { "," };
            let photo = BASE64_STANDARD.encode(seal(photo));
            file.write(format!("{comma}\"{photo}\"").as_bytes());
            saved.push(hash);
        }
        file.write(b"]}");
        file.save(&name).then_some(saved)
    }
}
