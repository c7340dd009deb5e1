//! 台账: ledgers of a place as tables, to those who may look at what is in them there.

use super::{Asked, Official, Refusal};
use crate::{
    database::{Act, Database},
    export::{self, CannotExport, Wanted},
};
use axum::{Json, extract::State};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ruhu_domain::office::{LedgerFile, WantedLedger, duties};

/// The longest purpose, in characters.
const WORDS: usize = 200;

/// `POST /api/v1/office/ledger`
pub async fn ledger(
    State(database): State<Database>,
    official: Official,
    Asked(asked): Asked<WantedLedger>,
) -> Result<Json<LedgerFile>, Refusal> {
    let WantedLedger { ledger, place, from, to, purpose } = asked;
    if !duties::may_have(&official.grants, ledger, &place) {
        return Err(Refusal::NotAllowed);
    }
    let (Some(from), Some(to)) = (from, to) else {
        return Err(Refusal::Invalid("请填写起止日期".into()));
    };
    let purpose = purpose.trim().to_owned();
    if purpose.chars().count() > WORDS {
        return Err(Refusal::Invalid(format!("用途请控制在 {WORDS} 字以内")));
    }
    let wanted = Wanted { ledger, place, from, to, purpose, by: official.session.name.clone() };
    wanted.check(&database).await.map_err(|error| match error {
        CannotExport::Database(error) => error.into(),
        error => Refusal::Invalid(error.to_string()),
    })?;
    database
        .put_on_record(&[official.does(Act::Export, wanted.subject()).at(&wanted.place.county().unwrap_or_default())])
        .await?;
    let sheet = export::ledger(&database, &wanted).await.map_err(|error| {
        tracing::error!(%error, "a ledger could not be written");
        Refusal::Internal
    })?;
    let lacks = sheet.lacks();
    Ok(Json(LedgerFile { rows: sheet.rows, xlsx: BASE64_STANDARD.encode(sheet.xlsx), lacks }))
}
