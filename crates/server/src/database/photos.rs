//! Which photos are here, and which are on their way.

use super::{
    Database, Quarantined,
    sql::Writing,
    stored,
    stored::Stored,
    stored::{decode, key},
};
use crate::{photos::PhotoStore, random};
use ruhu_domain::{
    Channel, DeviceId, Kind, Record, RecordId,
    photo::{Photo, PhotoHash},
    record::PHOTO_OF,
};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeSet;

/// How long an upload is waited for after its last piece, in milliseconds.
const UPLOAD_MS: u64 = 7 * 86_400_000;

/// The most bytes that are still to come of the uploads an account began. A phone sends one photo after the other.
const OPEN_BYTES: i64 = 64 * 1024 * 1024;

/// A photo on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name, by which it is gone on with.
    pub id: String,
    /// Where it belongs.
    pub channel: Channel,
    /// Who sends it.
    pub account: String,
    /// The SHA-256 that the whole photo must have.
    pub hash: PhotoHash,
    /// How long, in bytes.
    pub length: u64,
    /// How much of it is here, in bytes.
    pub position: u64,
    /// Until when it is waited for, Unix milliseconds.
    pub expires_at: u64,
}

impl Database {
    /// The photo of a record; none where the channel has no such, or it was withdrawn.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn photo(&self, channel: &Channel, record: RecordId) -> sqlx::Result<Option<Photo>> {
        let body: Option<String> =
            sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2 AND channel = $3")
                .bind(channel.grid.village().county())
                .bind(key(record.0))
                .bind(channel.to_string())
                .fetch_optional(&self.pool)
                .await?;
        Ok(body
            .and_then(|body| stored::record(record, &body))
            .filter(|record| record.kind == Kind::Photo && !record.withdrawn())
            .and_then(|record| Photo::of(&record)))
    }

    /// Notes where photos are kept: what brings some in by hand has to put them there too.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn put_photo_place(&self, place: &str) -> sqlx::Result<()> {
        self.put_setting("photos", place).await
    }

    /// Where photos are kept; none before the server ran.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn photo_place(&self) -> sqlx::Result<Option<String>> {
        self.setting("photos").await
    }

    /// Whether a photo of a channel is here.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn has_photo(&self, channel: &Channel, hash: PhotoHash) -> sqlx::Result<bool> {
        let there: Option<i64> =
            sqlx::query_scalar("SELECT length FROM photo WHERE county = $1 AND channel = $2 AND hash = $3")
                .bind(channel.grid.village().county())
                .bind(channel.to_string())
                .bind(hash.to_string())
                .fetch_optional(&self.pool)
                .await?;
        Ok(there.is_some())
    }

    /// Begins an upload of which `position` bytes are here, or goes on with the one that the account began of this photo in
    /// this channel. `None` where the account has begun very much that it did not finish.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn begin_upload(
        &self,
        channel: &Channel,
        account: &str,
        photo: &Photo,
        position: u64,
    ) -> sqlx::Result<Option<Upload>> {
        let begun = self.uploads_of(account, photo.hash).await?;
        for upload in begun.into_iter().filter(|upload| upload.channel == *channel) {
            if upload.position < upload.length && upload.length == u64::from(photo.size) {
                // One that is here by other ways has nothing more to come.
                return Ok(Some(Upload { position: upload.position.max(position), ..upload }));
            }
            // It came whole once, and is asked about again: whoever asks has it and the store may not.
            self.forget_upload(channel.grid.village().county(), &upload.id).await?;
        }
        let open: i64 = sqlx::query_scalar(
            "SELECT CAST(COALESCE(SUM(length - position), 0) AS BIGINT) FROM photo_upload
             WHERE county = $1 AND account = $2 AND expires_at > $3",
        )
        .bind(channel.grid.village().county())
        .bind(account)
        .bind(self.now_ms().cast_signed())
        .fetch_one(&self.pool)
        .await?;
        if open > OPEN_BYTES {
            return Ok(None);
        }
        Ok(Some(self.new_upload(channel, account, photo, position).await?))
    }

    /// Begins an upload of which `position` bytes are here.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn new_upload(
        &self,
        channel: &Channel,
        account: &str,
        photo: &Photo,
        position: u64,
    ) -> sqlx::Result<Upload> {
        let upload = Upload {
            id: uuid::Uuid::from_bytes(random::bytes()).simple().to_string(),
            channel: channel.clone(),
            account: account.to_owned(),
            hash: photo.hash,
            length: photo.size.into(),
            position,
            expires_at: self.now_ms() + UPLOAD_MS,
        };
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO photo_upload (county, id, channel, account, hash, length, position, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(channel.grid.village().county())
        .bind(&upload.id)
        .bind(channel.to_string())
        .bind(account)
        .bind(upload.hash.to_string())
        .bind(upload.length.cast_signed())
        .bind(upload.position.cast_signed())
        .bind(upload.expires_at.cast_signed())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(upload)
    }

    /// An upload that is waited for.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn upload(&self, county: &str, id: &str) -> sqlx::Result<Option<Upload>> {
        let row = sqlx::query(
            "SELECT channel, account, hash, length, position, expires_at FROM photo_upload
             WHERE county = $1 AND id = $2 AND expires_at > $3",
        )
        .bind(county)
        .bind(id)
        .bind(self.now_ms().cast_signed())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Upload {
            id: id.to_owned(),
            channel: row.try_get::<String, _>(0)?.parse().map_err(decode)?,
            account: row.try_get(1)?,
            hash: row.try_get::<String, _>(2)?.parse().map_err(decode)?,
            length: row.try_get::<i64, _>(3)?.cast_unsigned(),
            position: row.try_get::<i64, _>(4)?.cast_unsigned(),
            expires_at: row.try_get::<i64, _>(5)?.cast_unsigned(),
        }))
    }

    /// The uploads of an account that are waited for, of a photo.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn uploads_of(&self, account: &str, hash: PhotoHash) -> sqlx::Result<Vec<Upload>> {
        let rows =
            sqlx::query("SELECT county, id FROM photo_upload WHERE account = $1 AND hash = $2 ORDER BY expires_at")
                .bind(account)
                .bind(hash.to_string())
                .fetch_all(&self.pool)
                .await?;
        let mut found = Vec::new();
        for row in &rows {
            let (county, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            found.extend(self.upload(&county, &id).await?);
        }
        Ok(found)
    }

    /// Whether saves of a record came from an account.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn is_made_by(&self, channel: &Channel, record: RecordId, account: &str) -> sqlx::Result<bool> {
        let found = sqlx::query("SELECT 1 FROM op WHERE county = $1 AND record = $2 AND account = $3 LIMIT 1")
            .bind(channel.grid.village().county())
            .bind(key(record.0))
            .bind(account)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }

    /// The photos whose records a device made, where they are; also of those that wait for a supervisor.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn photos_of(&self, device: DeviceId) -> sqlx::Result<Vec<(Channel, Photo)>> {
        // In this order: what is decided on in between is among the records then.
        let waiting = self.waiting_photos("").await?.into_iter().filter(|(waits, _)| waits.op.stamp.device == device);
        let waiting = waiting.map(|(waits, photo)| (waits.channel, photo));
        let records = self.photo_records("").await?.records.into_iter();
        let made = |record: &Record| record.fields.get(PHOTO_OF).is_some_and(|field| field.stamp.device == device);
        let own = records.filter(|record| made(record) && !record.withdrawn());
        let own = own.filter_map(|record| Some((record.channel.clone(), Photo::of(&record)?)));
        let mut seen = BTreeSet::new();
        let all = waiting.chain(own).collect::<Vec<_>>().into_iter();
        Ok(all.filter(|(channel, photo)| seen.insert((channel.to_string(), photo.hash))).collect())
    }

    /// The ops of an account, or of all where it is empty, that wait for a supervisor and make a photo's record, with the
    /// photo.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn waiting_photos(&self, account: &str) -> sqlx::Result<Vec<(Quarantined, Photo)>> {
        let waiting = self.quarantined_of(account).await?.into_iter().filter(|waits| waits.op.kind == Kind::Photo);
        let photo = |waits: Quarantined| {
            let photo = Photo::made_by(&waits.op).filter(Photo::is_sound)?;
            Some((waits, photo))
        };
        Ok(waiting.filter_map(photo).collect())
    }

    /// Notes that an upload is here up to `to`; `false` where another piece came first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn advance_upload(&self, upload: &Upload, to: u64) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE photo_upload SET position = $1, expires_at = $2 WHERE county = $3 AND id = $4 AND position = $5",
        )
        .bind(to.cast_signed())
        .bind((self.now_ms() + UPLOAD_MS).cast_signed())
        .bind(upload.channel.grid.village().county())
        .bind(&upload.id)
        .bind(upload.position.cast_signed())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets an upload.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn forget_upload(&self, county: &str, id: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM photo_upload WHERE county = $1 AND id = $2")
            .bind(county)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Keeps a photo that was looked at. Its record is here before it, and what a record names is not erased: no lock is
    /// held while a storage far away answers.
    ///
    /// # Errors
    /// Fails when the database or the store of photos does: then the photo is not here.
    pub async fn keep_photo(
        &self,
        photos: &PhotoStore,
        channel: &Channel,
        hash: PhotoHash,
        bytes: Vec<u8>,
    ) -> anyhow::Result<()> {
        let length = bytes.len() as u64;
        photos.put(channel, hash, bytes).await?;
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO photo (county, channel, hash, length) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(channel.grid.village().county())
            .bind(channel.to_string())
            .bind(hash.to_string())
            .bind(length.cast_signed())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn lock_channel(&self, tx: &mut Writing, channel: &Channel) -> sqlx::Result<()> {
        let words = format!("SELECT seq FROM channel WHERE county = $1 AND channel = $2{}", self.engine.for_update());
        sqlx::query(AssertSqlSafe(words))
            .bind(channel.grid.village().county())
            .bind(channel.to_string())
            .fetch_optional(&mut **tx)
            .await
            .map(drop)
    }

    /// Erases the photos that no record names any more, and uploads that nobody went on with; how many.
    ///
    /// # Errors
    /// Fails when the database or the store of photos does; what was done before stays done.
    pub async fn sweep_photos(&self, photos: &PhotoStore) -> anyhow::Result<usize> {
        let mut count = 0;
        let late = sqlx::query("SELECT county, id FROM photo_upload WHERE expires_at <= $1")
            .bind(self.now_ms().cast_signed())
            .fetch_all(&self.pool)
            .await?;
        for row in &late {
            let (county, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            photos.forget_pieces(&county, &id).await?;
            self.forget_upload(&county, &id).await?;
            count += 1;
        }
        let rows = sqlx::query("SELECT channel, hash FROM photo").fetch_all(&self.pool).await?;
        let named = self.named_photos("").await?;
        for row in &rows {
            let channel: Channel = row.try_get::<String, _>(0)?.parse()?;
            let hash: PhotoHash = row.try_get::<String, _>(1)?.parse()?;
            if named.contains(&(channel.to_string(), hash)) {
                continue;
            }
            let mut tx = self.begin().await?;
            self.lock_channel(&mut tx, &channel).await?;
            // A record that came since names it.
            if self.named_photos(channel.grid.as_str()).await?.contains(&(channel.to_string(), hash)) {
                continue;
            }
            sqlx::query("DELETE FROM photo WHERE county = $1 AND channel = $2 AND hash = $3")
                .bind(channel.grid.village().county())
                .bind(channel.to_string())
                .bind(hash.to_string())
                .execute(&mut *tx)
                .await?;
            photos.erase(&channel, hash).await?;
            tx.commit().await?;
            count += 1;
        }
        Ok(count)
    }

    /// Returns the records of photos of grids whose codes start with `area`.
    async fn photo_records(&self, area: &str) -> sqlx::Result<Stored> {
        let words =
            "SELECT id, body FROM record WHERE county = $1 AND channel >= $2 AND channel < $3 AND kind = 'photo'";
        let mut stored = Stored::default();
        for county in self.counties(area).await? {
            let query = sqlx::query(words).bind(county).bind(area).bind(format!("{area}~"));
            stored.extend(Stored::read(&query.fetch_all(&self.pool).await?)?);
        }
        Ok(stored)
    }

    /// The photos that records name, withdrawn ones too: those may be taken back; and those of records that wait.
    ///
    /// # Errors
    /// Fails where one of those can't be read: nobody knows which photo it names, so none may be taken for unnamed.
    async fn named_photos(&self, area: &str) -> sqlx::Result<BTreeSet<(String, PhotoHash)>> {
        let waiting = self.waiting_photos("").await?.into_iter();
        let Stored { records, unreadable } = self.photo_records(area).await?;
        if !unreadable.is_empty() {
            return Err(sqlx::Error::Decode("a photo's record can't be read".into()));
        }
        let named = records.iter().filter_map(|record| Some((record.channel.to_string(), Photo::of(record)?.hash)));
        Ok(named.chain(waiting.map(|(waits, photo)| (waits.channel.to_string(), photo.hash))).collect())
    }
}
