//! 人员表: accounts from a sheet. It is read and checked here; each account is then made as a single one is.

use super::{Official, Refusal, rosters, staff::Staff};
use crate::{
    database::Database,
    http::asked,
    import::{self, staff as sheet},
    random,
};
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
};
use ruhu_domain::{
    day,
    office::{
        Remark, SheetFile, StaffFile, StaffRow,
        duties::{self, Duty},
    },
    rights::Grant,
};
use std::collections::BTreeMap;

/// The most rows of a sheet.
const ROWS: usize = 5_000;

/// `POST /api/v1/office/staff-read`: the body is the file.
pub async fn read(
    State(database): State<Database>,
    official: Official,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<StaffFile>, Refusal> {
    official.has(Duty::People)?;
    let bytes = asked::body(body)?;
    let areas = database.named_areas("").await?;
    let today = day::day(random::now_ms().cast_signed());
    let file = rosters::in_turn(move || sheet::read(&bytes, &areas, today)).await?;
    if file.rows.len() > ROWS {
        return Err(Refusal::Invalid(format!("一次最多 {ROWS} 行，请分成几个文件")));
    }
    let StaffFile { rows, mut refused, doubts, left_out } = file;
    let staff = Staff::read(&database).await?;
    // An account may stand in several rows: one a right.
    let mut first: BTreeMap<String, StaffRow> = BTreeMap::new();
    let mut taken = Vec::new();
    for row in rows {
        let key = row.account.account.to_lowercase();
        match compared(&official, &staff, &row, first.get(&key)) {
            Ok(row) => {
                first.entry(key).or_insert_with(|| row.clone());
                taken.push(row);
            }
            Err(words) => refused.push(Remark { line: row.line, words }),
        }
    }
    refused.sort_by(|one, other| one.line.cmp(&other.line));
    Ok(Json(StaffFile { rows: taken, refused, doubts, left_out }))
}

/// Returns a row compared with the accounts there are; `before` is the first row of the same account.
///
/// # Errors
/// Why the caller can't take it, in words.
fn compared(official: &Official, staff: &Staff, row: &StaffRow, before: Option<&StaffRow>) -> Result<StaffRow, String> {
    let mut row = row.clone();
    if let Some(before) = before {
        if before.account.name != row.account.name {
            return Err(format!("登录名 {} 在{}是{}的", row.account.account, before.line, before.account.name));
        }
        // The first row makes the account.
        row.account = before.account.clone();
        (row.new, row.changed) = (false, false);
    }
    if !duties::governs(&official.grants, Duty::People, &row.account.home) {
        return Err(format!("您不管 {} 的人员", row.account.home));
    }
    if let Some(member) = staff.named(&row.account.account) {
        if member.closed.is_some() {
            return Err("这个账号已经停用：请先在“人员”里恢复，或换一个登录名".to_owned());
        }
        if !staff.looks_after(official, member) {
            return Err("这个登录名已经有人用了，也不归您管：请换一个登录名".to_owned());
        }
        row.account.account.clone_from(&member.account);
        row.new = false;
        let other = (&member.name, &member.team, member.home.as_ref());
        row.changed = before.is_none() && other != (&row.account.name, &row.account.team, Some(&row.account.home));
    }
    if let Some(right) = &row.right {
        let grant = Grant::new(right.role, right.place.clone(), right.classes.clone());
        let grant = grant.map_err(|error| error.to_string())?;
        if !duties::may_give(&official.grants, &grant) {
            return Err(format!("您不能给{} {} 的权限", right.role.title(), right.place));
        }
        if staff.grants(&row.account.account).contains(&grant) {
            row.right = None;
        }
    }
    Ok(row)
}

/// `POST /api/v1/office/staff-template`
pub async fn template(official: Official) -> Result<Json<SheetFile>, Refusal> {
    official.has(Duty::People)?;
    rosters::sheet(0, import::staff::template())
}
