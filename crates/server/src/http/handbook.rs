//! The pages of 手册 that offices added, for a phone.

use super::{Caller, Refusal};
use crate::database::Database;
use axum::{Json, extract::State, extract::rejection::JsonRejection};
use ruhu_domain::wire::{AddedPage, HandbookAnswer, HandbookRequest};
use sha2::{Digest, Sha256};

/// `POST /api/v1/handbook`
pub async fn handbook(
    State(database): State<Database>,
    caller: Caller,
    request: Result<Json<HandbookRequest>, JsonRejection>,
) -> Result<Json<HandbookAnswer>, Refusal> {
    let Json(request) = request.map_err(|_| Refusal::Malformed)?;
    let rights = database.rights(&caller.session.account).await?;
    let mut pages = Vec::new();
    for page in database.own_pages().await? {
        if rights.iter().any(|grant| page.place.contains(grant.place())) {
            let from = database.name_of(&page.place).await?;
            pages.push(AddedPage { id: page.id, from, title: page.title, law: page.law, text: page.text });
        }
    }
    let bytes = serde_json::to_vec(&pages).map_err(|_| Refusal::Internal)?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let digest = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let digest = format!("{digest:016x}");
    let pages = (request.digest != digest).then_some(pages);
    Ok(Json(HandbookAnswer { digest, pages }))
}
