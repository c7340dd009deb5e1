//! 便民电话: who helps at a place.

use super::{
    Database,
    audit::{Act, Entry, append},
    stored::decode,
};
use crate::random;
use ruhu_domain::{
    OpId,
    help::contact::Service,
    office::{Attribution, OwnContact, PutContact},
};
use sqlx::{Row, any::AnyRow};

impl Database {
    /// The contacts of a county, or of all where none is named, by place, then by what for.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn contacts(&self, county: Option<&str>) -> sqlx::Result<Vec<OwnContact>> {
        let rows = sqlx::query(
            "SELECT c.id, c.place, c.service, c.name, c.phone, c.note, COALESCE(a.name, c.changed_by), c.changed_at,
             COALESCE(p.name, c.place)
             FROM contact c LEFT JOIN account a ON a.id = c.changed_by
             LEFT JOIN area p ON p.code = SUBSTR(c.place, 1, 12) WHERE $1 = '' OR c.county = $1",
        )
        .bind(county.unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        let mut contacts: Vec<OwnContact> = rows.iter().map(contact).collect::<sqlx::Result<_>>()?;
        contacts.sort_by_key(|contact| (contact.place.to_string(), contact.service, contact.id));
        Ok(contacts)
    }

    /// Adds a contact, or changes one of the same county; its identity. `place` has a county.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn put_contact(&self, contact: &PutContact, by: &str) -> sqlx::Result<OpId> {
        let now = random::now_ms();
        let id = contact.id.unwrap_or_else(|| OpId::new(now, random::bytes()));
        let county = contact.place.county().unwrap_or_default().to_string();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO contact (county, id, place, service, name, phone, note, changed_by, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (county, id) DO UPDATE SET place = excluded.place, service = excluded.service,
             name = excluded.name, phone = excluded.phone, note = excluded.note,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        )
        .bind(&county)
        .bind(id.to_string())
        .bind(contact.place.to_string())
        .bind(contact.service.code())
        .bind(&contact.name)
        .bind(&contact.phone)
        .bind(&contact.note)
        .bind(by)
        .bind(now.cast_signed())
        .execute(&mut *tx)
        .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Contact, id).at(&county)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Deletes a contact.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn drop_contact(&self, contact: &OwnContact, by: &str) -> sqlx::Result<()> {
        let county = contact.place.county().unwrap_or_default().to_string();
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM contact WHERE county = $1 AND id = $2")
            .bind(&county)
            .bind(contact.id.to_string())
            .execute(&mut *tx)
            .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Contact, contact.id).at(&county)).await?;
        tx.commit().await
    }
}

fn contact(row: &AnyRow) -> sqlx::Result<OwnContact> {
    let service: String = row.try_get(2)?;
    Ok(OwnContact {
        id: row.try_get::<String, _>(0)?.parse().map_err(decode)?,
        place: row.try_get::<String, _>(1)?.parse().map_err(decode)?,
        from: row.try_get(8)?,
        service: Service::find(&service).unwrap_or(Service::Other),
        name: row.try_get(3)?,
        phone: row.try_get(4)?,
        note: row.try_get(5)?,
        done: Attribution { by: row.try_get(6)?, at: row.try_get::<i64, _>(7)?.cast_unsigned() },
    })
}
