//! Names in short, and the numbers of files.

use crate::{day, id::RecordId};
use chrono::NaiveDate;

/// A name as a list row may show it: the family name, one or two characters, and 某.
pub(crate) fn short_name(name: &str) -> String {
    let family = match name.chars().count() {
        0 => 0,
        4.. => 2,
        _ => 1,
    };
    format!("{}某", name.chars().take(family).collect::<String>())
}

/// A file's number: the day it is from, and the end of its identity.
pub(crate) fn number(on: Option<NaiveDate>, id: RecordId) -> String {
    let id = id.to_string();
    let day = on.map(day::ledger).unwrap_or_default().replace('-', "");
    format!("{day}-{}", id[id.len() - 4..].to_uppercase())
}
