//! Where photos are kept: a folder, or storage that speaks S3.

use crate::crypto;
use anyhow::Context;
use axum::body::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path as Key,
};
use ruhu_domain::{Channel, photo::PhotoHash};
use std::{path::Path, sync::Arc};

/// The photos.
#[derive(Clone, Debug)]
pub struct PhotoStore(Arc<dyn ObjectStore>);

/// The pieces of an upload, in the order of where they begin.
fn piece(county: &str, upload: &str, position: u64) -> Key {
    Key::from(format!("uploads/{county}/{upload}/{position:010}"))
}

fn whole(channel: &Channel, hash: PhotoHash) -> Key {
    let village = channel.grid.village();
    let county = village.county();
    Key::from(format!("photos/{county}/{}/{}/{hash}", channel.grid, channel.class.as_str()))
}

impl PhotoStore {
    /// The photos at a place: a folder, made if it is not there, or `s3://bucket/prefix`, with key, region and endpoint
    /// from the environment as the AWS tools name them.
    ///
    /// # Errors
    /// There is no such place.
    pub fn open(place: &str) -> anyhow::Result<Self> {
        if let Some(rest) = place.strip_prefix("s3://") {
            crypto::install();
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
            let store =
                store.context("照片存储的设置不对：请核对 AWS_ENDPOINT、AWS_REGION、AWS_ACCESS_KEY_ID 等环境变量")?;
            return Ok(Self(Arc::new(object_store::prefix::PrefixStore::new(store, prefix))));
        }
        let folder = Path::new(place);
        std::fs::create_dir_all(folder).with_context(|| format!("无法建立照片目录 {}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true).with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Keeps a piece of an upload.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn put_piece(&self, county: &str, upload: &str, position: u64, bytes: Bytes) -> object_store::Result<()> {
        self.0.put(&piece(county, upload, position), PutPayload::from(bytes)).await.map(drop)
    }

    /// The pieces of an upload, put together.
    ///
    /// # Errors
    /// Fails when the store does, or a piece is missing.
    pub async fn pieces(&self, county: &str, upload: &str, length: u64) -> object_store::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < length {
            let next = self.0.get(&piece(county, upload, bytes.len() as u64)).await?.bytes().await?;
            if next.is_empty() {
                break;
            }
            bytes.extend_from_slice(&next);
        }
        Ok(bytes)
    }

    /// Forgets the pieces of an upload.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn forget_pieces(&self, county: &str, upload: &str) -> object_store::Result<()> {
        use futures::TryStreamExt;
        let folder = Key::from(format!("uploads/{county}/{upload}"));
        let pieces: Vec<Key> = self.0.list(Some(&folder)).map_ok(|found| found.location).try_collect().await?;
        for piece in pieces {
            self.forget(&piece).await?;
        }
        Ok(())
    }

    /// Keeps a photo of a channel.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn put(&self, channel: &Channel, hash: PhotoHash, bytes: Vec<u8>) -> object_store::Result<()> {
        self.0.put(&whole(channel, hash), PutPayload::from(bytes)).await.map(drop)
    }

    /// A photo of a channel.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn get(&self, channel: &Channel, hash: PhotoHash) -> object_store::Result<Bytes> {
        self.0.get(&whole(channel, hash)).await?.bytes().await
    }

    /// Whether a photo of a channel is here.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn has(&self, channel: &Channel, hash: PhotoHash) -> object_store::Result<bool> {
        match self.0.head(&whole(channel, hash)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            found => found.map(|_| true),
        }
    }

    /// Erases a photo of a channel.
    ///
    /// # Errors
    /// Fails when the phone's storage can't be read or written.
    pub async fn erase(&self, channel: &Channel, hash: PhotoHash) -> object_store::Result<()> {
        self.forget(&whole(channel, hash)).await
    }

    async fn forget(&self, key: &Key) -> object_store::Result<()> {
        match self.0.delete(key).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            done => done,
        }
    }
}
