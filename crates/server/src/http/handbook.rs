//! The pages of 手册 that offices added, and 便民电话, for a phone.

use super::{Asked, Caller, Refusal};
use crate::database::Database;
use axum::{Json, extract::State};
use ruhu_domain::{
    office::OwnContact,
    rights::Place,
    wire::{AddedPage, Contact, HandbookAnswer, HandbookRequest},
};
use sha2::{Digest, Sha256};
use std::{cmp::Reverse, collections::BTreeSet};

/// How long an owner is told of a code, in milliseconds.
const CODES_MS: u64 = 30 * 86_400_000;

/// `POST /api/v1/handbook`
pub async fn handbook(
    State(database): State<Database>,
    caller: Caller,
    Asked(request): Asked<HandbookRequest>,
) -> Result<Json<HandbookAnswer>, Refusal> {
    let rights = database.rights(&caller.session.account).await?;
    let at = |place: &Place| rights.iter().any(|grant| place.contains(grant.place()));
    let mut pages = Vec::new();
    for page in database.own_pages().await? {
        if at(&page.place) {
            let from = database.name_of(&page.place).await?;
            pages.push(AddedPage { id: page.id, from, title: page.title, law: page.law, text: page.text });
        }
    }
    let counties: BTreeSet<_> = rights.iter().filter_map(|grant| grant.place().county()).collect();
    let mut near: Vec<OwnContact> = Vec::new();
    for county in counties {
        near.extend(database.contacts(Some(&county)).await?.into_iter().filter(|own| at(&own.place)));
    }
    near.sort_by_key(|own| Reverse(own.place.prefix().len()));
    let contact = |OwnContact { from, service, name, phone, note, .. }| {
        let service = service.label().to_owned();
        Contact { from, service, name, phone, note }
    };
    let contacts: Vec<Contact> = near.into_iter().map(contact).collect();
    let since = database.now_ms().saturating_sub(CODES_MS);
    let codes = database.codes_made(&caller.session.account, since).await?;
    let bytes = serde_json::to_vec(&(&pages, &contacts, &codes)).map_err(|_| Refusal::Internal)?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let digest = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let digest = format!("{digest:016x}");
    let answer = match request.digest == digest {
        true => HandbookAnswer { digest, ..HandbookAnswer::default() },
        false => HandbookAnswer { digest, pages: Some(pages), contacts, codes },
    };
    Ok(Json(answer))
}
