//! Pages that offices added to the handbook.

use super::{
    Database,
    audit::{Act, Entry, append},
    stored::decode,
};
use crate::random;
use ruhu_domain::{
    OpId,
    office::{Attribution, OwnPage, PutPage},
    rights::Place,
};
use sqlx::{Row, any::AnyRow};

impl Database {
    /// Every page that is not taken back, by title.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn own_pages(&self) -> sqlx::Result<Vec<OwnPage>> {
        let rows = sqlx::query(
            "SELECT p.id, p.place, p.title, p.law, p.body, COALESCE(a.name, p.changed_by), p.changed_at
             FROM handbook_page p LEFT JOIN account a ON a.id = p.changed_by
             WHERE p.withdrawn_at IS NULL ORDER BY p.title, p.id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(own_page).collect()
    }

    /// Adds a page, or changes one of the same county; its identity. `place` has a county.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn put_page(&self, page: &PutPage, by: &str) -> sqlx::Result<OpId> {
        let now = random::now_ms();
        let id = page.id.unwrap_or_else(|| OpId::new(now, random::bytes()));
        let county = page.place.county().unwrap_or_default().to_string();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO handbook_page (county, id, place, title, law, body, changed_by, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (county, id) DO UPDATE SET place = excluded.place, title = excluded.title,
             law = excluded.law, body = excluded.body, changed_by = excluded.changed_by,
             changed_at = excluded.changed_at WHERE handbook_page.withdrawn_at IS NULL",
        )
        .bind(&county)
        .bind(id.to_string())
        .bind(page.place.to_string())
        .bind(&page.title)
        .bind(&page.law)
        .bind(&page.text)
        .bind(by)
        .bind(now.cast_signed())
        .execute(&mut *tx)
        .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Page, id).at(&county)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes a page back.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn withdraw_page(&self, page: &OwnPage, by: &str) -> sqlx::Result<()> {
        let county = page.place.county().unwrap_or_default().to_string();
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE handbook_page SET withdrawn_at = $1 WHERE county = $2 AND id = $3")
            .bind(random::now_ms().cast_signed())
            .bind(&county)
            .bind(page.id.to_string())
            .execute(&mut *tx)
            .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Page, page.id).at(&county)).await?;
        tx.commit().await
    }

    /// The name of an area, or the code of what has none.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn name_of(&self, place: &Place) -> sqlx::Result<String> {
        let code = place.to_string();
        let name = sqlx::query_scalar("SELECT name FROM area WHERE code = $1").bind(&code).fetch_optional(&self.pool);
        Ok(name.await?.unwrap_or(code))
    }
}

fn own_page(row: &AnyRow) -> sqlx::Result<OwnPage> {
    Ok(OwnPage {
        id: row.try_get::<String, _>(0)?.parse().map_err(decode)?,
        place: row.try_get::<String, _>(1)?.parse().map_err(decode)?,
        title: row.try_get(2)?,
        law: row.try_get(3)?,
        text: row.try_get(4)?,
        done: Attribution { by: row.try_get(5)?, at: row.try_get::<i64, _>(6)?.cast_unsigned() },
    })
}
