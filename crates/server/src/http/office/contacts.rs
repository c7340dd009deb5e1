//! 便民电话: who helps at a place, for the phones there.

use super::{Asked, Official, Refusal};
use crate::database::{CannotChange, Database};
use axum::{Json, extract::State};
use ruhu_domain::{
    help::contact,
    office::{
        Nothing, OfContact, OwnContact, PutContact,
        duties::{self, Duty},
    },
};

/// The longest name, in characters, and the longest note.
const NAME: usize = 30;
const NOTE: usize = 60;

/// The most contacts of one county: some ten a village.
const MOST: usize = 5_000;

/// `POST /api/v1/office/contacts`: those at the caller's places.
pub async fn list(State(database): State<Database>, official: Official) -> Result<Json<Vec<OwnContact>>, Refusal> {
    official.has(Duty::Handbook)?;
    let mut contacts = database.contacts(None).await?;
    contacts.retain(|contact| duties::governs(&official.grants, Duty::Handbook, &contact.place));
    Ok(Json(contacts))
}

/// `POST /api/v1/office/contact`: adds one, or changes one.
pub async fn put(
    State(database): State<Database>,
    official: Official,
    Asked(contact): Asked<PutContact>,
) -> Result<Json<OfContact>, Refusal> {
    if !duties::governs(&official.grants, Duty::Handbook, &contact.place) {
        return Err(Refusal::NotAllowed);
    }
    let PutContact { id, place, service, name, phone, note } = contact;
    let (name, phone, note) = (name.trim().to_owned(), phone.trim().to_owned(), note.trim().to_owned());
    let Some(county) = place.county() else {
        return Err(Refusal::Invalid("请选县（市、区）、乡镇或村：全市的请分县添加".into()));
    };
    if name.is_empty() || name.chars().count() > NAME || note.chars().count() > NOTE {
        return Err(Refusal::Invalid(format!("请填写姓名或单位，{NAME} 字以内；说明 {NOTE} 字以内")));
    }
    if !contact::is_number(&phone) {
        return Err(Refusal::Invalid("请填写一个能拨通的号码，如 0376-6220110".into()));
    }
    if !database.has_place(&place).await? {
        return Err(Refusal::Invalid(CannotChange::NoPlace(place).to_string()));
    }
    let contacts = database.contacts(Some(&county)).await?;
    let earlier = id.map(|id| contacts.iter().find(|contact| contact.id == id));
    // A contact stays in its county, and is changed by those whose it is.
    if let Some(earlier) = earlier {
        let earlier = earlier.ok_or_else(gone)?;
        if !duties::governs(&official.grants, Duty::Handbook, &earlier.place) {
            return Err(Refusal::NotAllowed);
        }
    } else if contacts.len() >= MOST {
        return Err(Refusal::Invalid(format!("一个县最多 {MOST} 个电话，请先删掉用不着的")));
    }
    let contact = PutContact { id, place, service, name, phone, note };
    let id = database.put_contact(&contact, &official.session.account).await?;
    Ok(Json(OfContact { id }))
}

/// `POST /api/v1/office/contact-drop`
pub async fn remove(
    State(database): State<Database>,
    official: Official,
    Asked(OfContact { id }): Asked<OfContact>,
) -> Result<Json<Nothing>, Refusal> {
    let contact = database.contacts(None).await?.into_iter().find(|contact| contact.id == id).ok_or_else(gone)?;
    if !duties::governs(&official.grants, Duty::Handbook, &contact.place) {
        return Err(Refusal::NotAllowed);
    }
    database.drop_contact(&contact, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

fn gone() -> Refusal {
    Refusal::Invalid("这个电话已经删掉".into())
}
