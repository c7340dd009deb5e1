//! 人员表: accounts from a sheet. It is read and checked here; each account is then made as a single one is.

use super::{Official, Refusal, rosters, staff::Staff};
use crate::{
    database::Database,
    http::asked,
    import::{
        self,
        staff::{self as sheet, SheetRow},
    },
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
    let (rows, file) = rosters::in_turn(move || sheet::read(&bytes, &areas, today)).await?;
    let StaffFile { mut refused, mut doubts, left_out, .. } = file;
    let staff = Staff::read(&database).await?;
    // An account may stand in several rows: one a right.
    let mut first: BTreeMap<String, StaffRow> = BTreeMap::new();
    let mut taken = Vec::new();
    for row in rows {
        let key = row.row.account.account.to_lowercase();
        let line = row.row.line.clone();
        match compared(&official, &staff, row, first.get(&key)) {
            Ok((row, doubt)) => {
                doubts.extend(doubt.map(|words| Remark { line, words }));
                first.entry(key).or_insert_with(|| row.clone());
                taken.push(row);
            }
            Err(words) => refused.push(Remark { line, words }),
        }
    }
    refused.sort_by(|one, other| one.line.cmp(&other.line));
    doubts.sort_by(|one, other| one.line.cmp(&other.line));
    Ok(Json(StaffFile { rows: taken, refused, doubts, left_out }))
}

/// Returns a row compared with the accounts there are, and what of it should be looked at; `before` is the first row of the
/// same account. What the sheet does not say stays as the account has it.
///
/// # Errors
/// Why the caller can't take it, in words.
fn compared(
    official: &Official,
    staff: &Staff,
    SheetRow { mut row, home_is_derived }: SheetRow,
    before: Option<&StaffRow>,
) -> Result<(StaffRow, Option<String>), String> {
    let mut doubt = None;
    if let Some(before) = before {
        if before.account.name != row.account.name {
            return Err(format!("登录名 {} 在{}是{}的", row.account.account, before.line, before.account.name));
        }
        // The first row makes the account.
        row.account = before.account.clone();
        (row.new, row.changed) = (false, false);
    }
    if let Some(member) = staff.named(&row.account.account) {
        if member.closed.is_some() {
            return Err("这个账号已经停用，请换一个登录名".to_owned());
        }
        if !staff.looks_after(official, member) {
            return Err("这个登录名已经有人用了，也不归您管：请换一个登录名".to_owned());
        }
        if member.name != row.account.name {
            let words = format!("登录名 {} 已经是{}的", member.account, member.name);
            return Err(format!("{words}：同一个人请先在“人员”里改名，不是同一个人请换一个登录名"));
        }
        row.account.account.clone_from(&member.account);
        if row.account.team.is_empty() {
            row.account.team.clone_from(&member.team);
        }
        if let Some(home) = member.home.as_ref().filter(|_| home_is_derived) {
            row.account.home = home.clone();
        }
        row.new = false;
        row.changed =
            before.is_none() && (&member.team, member.home.as_ref()) != (&row.account.team, Some(&row.account.home));
    }
    if !duties::governs(&official.grants, Duty::People, &row.account.home) {
        return Err(format!("您不管 {} 的人员", row.account.home));
    }
    if let Some(right) = &row.right {
        let grant = Grant::new(right.role, right.place.clone(), right.classes.clone());
        let grant = grant.map_err(|error| error.to_string())?;
        if !duties::may_give(&official.grants, &grant) {
            return Err(format!("您不能给{} {} 的权限", right.role.title(), right.place));
        }
        if let Some(has) = staff.has(&row.account.account, &grant) {
            row.right = None;
            if has != row.until.and_then(day::end_of) {
                let words = "这项权限已经有了，截止日期和表里不同，没有改：要改请在他名下结束原来的授权，再导入一次";
                doubt = Some(words.to_owned());
            }
        }
    }
    Ok((row, doubt))
}

/// `POST /api/v1/office/staff-template`
pub async fn template(official: Official) -> Result<Json<SheetFile>, Refusal> {
    official.has(Duty::People)?;
    rosters::sheet(0, import::staff::template())
}
