//! 手册: pages that an office adds for the phones at its place.

use super::{Asked, Official, Refusal};
use crate::database::Database;
use axum::{Json, extract::State};
use ruhu_domain::office::{
    Nothing, OfPage, OwnPage, PutPage,
    duties::{self, Duty},
};

/// The longest title and law, in characters.
const LINE: usize = 80;

/// The longest text, in characters.
const TEXT: usize = 4_000;

/// The most pages of one county.
const MOST: usize = 200;

/// `POST /api/v1/office/pages`: those at the caller's places.
pub async fn list(State(database): State<Database>, official: Official) -> Result<Json<Vec<OwnPage>>, Refusal> {
    official.has(Duty::Handbook)?;
    let mut pages = database.own_pages().await?;
    pages.retain(|page| duties::governs(&official.grants, Duty::Handbook, &page.place));
    Ok(Json(pages))
}

/// `POST /api/v1/office/page`: adds one, or changes one.
pub async fn put(
    State(database): State<Database>,
    official: Official,
    Asked(page): Asked<PutPage>,
) -> Result<Json<OfPage>, Refusal> {
    if !duties::governs(&official.grants, Duty::Handbook, &page.place) {
        return Err(Refusal::NotAllowed);
    }
    let PutPage { id, place, title, law, text } = page;
    let (title, law, text) = (title.trim().to_owned(), law.trim().to_owned(), text.trim().to_owned());
    if place.county().is_none() {
        return Err(Refusal::Invalid("请选县（市、区）、乡镇或村：全市的请分县添加".into()));
    }
    if title.is_empty() || title.chars().count() > LINE || law.chars().count() > LINE {
        return Err(Refusal::Invalid(format!("请填写标题；标题和依据各在 {LINE} 字以内")));
    }
    if text.is_empty() || text.chars().count() > TEXT {
        return Err(Refusal::Invalid(format!("请填写内容，{TEXT} 字以内")));
    }
    let pages = database.own_pages().await?;
    let earlier = id.map(|id| pages.iter().find(|page| page.id == id));
    // A page stays in its county, and is changed by those whose it is.
    if let Some(earlier) = earlier {
        let earlier = earlier.ok_or_else(|| Refusal::Invalid("这一页已经收回".into()))?;
        let own = duties::governs(&official.grants, Duty::Handbook, &earlier.place);
        if !own || earlier.place.county() != place.county() {
            return Err(Refusal::NotAllowed);
        }
    } else if pages.iter().filter(|page| page.place.county() == place.county()).count() >= MOST {
        return Err(Refusal::Invalid(format!("一个县最多 {MOST} 页，请先收回用不着的")));
    }
    let page = PutPage { id, place, title, law, text };
    let id = database.put_page(&page, &official.session.account).await?;
    Ok(Json(OfPage { id }))
}

/// `POST /api/v1/office/page-withdraw`
pub async fn withdraw(
    State(database): State<Database>,
    official: Official,
    Asked(OfPage { id }): Asked<OfPage>,
) -> Result<Json<Nothing>, Refusal> {
    let page = database.own_pages().await?.into_iter().find(|page| page.id == id);
    let page = page.ok_or_else(|| Refusal::Invalid("这一页已经收回".into()))?;
    if !duties::governs(&official.grants, Duty::Handbook, &page.place) {
        return Err(Refusal::NotAllowed);
    }
    database.withdraw_page(&page, &official.session.account).await?;
    Ok(Json(Nothing {}))
}
