//! Rosters (花名册): one row a resident, as an office sends them.
//!
//! Reading and comparing are pure; what differs from the records becomes ops, so that an import
//! merges with what workers changed and importing twice changes nothing. Every row is taken, taken with something left
//! open, or refused; each of the last two is named with the reason.

mod header;
mod plan;
mod row;
mod values;

pub use header::columns;
pub use row::{Known, Line};

use super::sheet::{self, Sheet};
use crate::{
    database::{Act, Author, Database, Entry as OnRecord, Incoming, OPERATOR, Stored},
    random,
};
use header::{Column, Header, is_sum};
use plan::{Counts, Planned, plan};
use row::Entry;
use ruhu_domain::{Channel, DeviceId, GridCode, Kind, day, rights::Grant, wire::OpOutcome};
use std::collections::BTreeMap;

/// The sheet of the template that shows how it is filled in: nobody lives there.
pub const EXAMPLE_SHEET: &str = "填写示例";

/// A row, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The row.
    pub line: Line,
    /// The fault or the doubt, in Chinese.
    pub words: String,
}

/// The outcome of an import, real or with `--dry-run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// What was taken.
    pub counts: Counts,
    /// What was left open, or should be looked at, in rows that were taken.
    pub doubts: Vec<Remark>,
    /// Rows that could not be taken.
    pub bad: Vec<Remark>,
    /// What of the file was not read: hidden sheets, columns that are not used, sums.
    pub left_out: Vec<String>,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct Content {
    entries: Vec<Entry>,
    doubts: Vec<Remark>,
    bad: Vec<Remark>,
    left_out: Vec<String>,
}

/// Imports a roster from a file's bytes. With `dry_run` nothing is written.
///
/// # Errors
/// The file can't be read at all, or the database's.
pub async fn import(database: &Database, bytes: &[u8], dry_run: bool) -> anyhow::Result<ImportSummary> {
    let villages = database.villages().await?;
    let known = Known { villages: &villages, today: day::day(database.now_ms().cast_signed()) };
    let Content { entries, doubts, bad, left_out } = read(bytes, &known)?;
    let mut summary = ImportSummary { doubts, bad, left_out, ..ImportSummary::default() };
    let mut grids: BTreeMap<GridCode, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        grids.entry(entry.grid.clone()).or_default().push(entry);
    }
    let device = DeviceId(u64::from_be_bytes(random::bytes()));
    for (grid, entries) in grids {
        let Stored { records, unreadable } =
            database.records(grid.as_str(), &[Kind::Household, Kind::Resident]).await?;
        // Whoever can't be read might be registered twice.
        anyhow::ensure!(
            unreadable.is_empty(),
            "网格 {grid} 有 {} 条户或居民的记录读不出来，没有导入：请联系管理员处理后再导入",
            unreadable.len()
        );
        let channel = Channel::general(grid);
        let Planned { ops, same, doubts } = plan(&channel, &entries, &records, device);
        summary.doubts.extend(doubts);
        summary.counts.same += same;
        if dry_run {
            ops.iter().for_each(|(_, change, _)| summary.counts.add(*change));
            continue;
        }
        if !ops.is_empty() {
            // Before the first is taken: an import that breaks off is on record too.
            let subject = format!("{} {} 条", channel.grid, ops.len());
            database.put_on_record(&[OnRecord::of(OPERATOR, Act::Import, subject).in_channel(&channel)]).await?;
        }
        let grants = [Grant::grid_worker(channel.grid.clone())];
        let author = Author { account: "import", name: "导入", device, grants: &grants };
        for chunk in ops.chunks(2_000) {
            let incoming = chunk.iter().map(|(op, ..)| Incoming::Op(Box::new(op.clone()))).collect();
            let taken = database.take(author, incoming).await?;
            for ((_, change, line), result) in chunk.iter().zip(taken.results) {
                if matches!(result.outcome, OpOutcome::Applied | OpOutcome::Superseded) {
                    summary.counts.add(*change);
                } else {
                    // What was set aside is not called new.
                    let words = result.reason.unwrap_or_else(|| "没有收下".to_owned());
                    summary.bad.push(Remark { line: line.clone(), words });
                }
            }
        }
    }
    summary.doubts.sort_by(|one, other| one.line.cmp(&other.line));
    summary.bad.sort_by(|one, other| one.line.cmp(&other.line));
    Ok(summary)
}

/// Reads every sheet that has the header of a roster and is to be seen.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
pub fn read(bytes: &[u8], known: &Known<'_>) -> anyhow::Result<Content> {
    let book = sheet::read(bytes)?;
    let mut content = Content::default();
    let hidden = book.hidden.iter().map(|name| format!("表“{name}”是隐藏的，没有读：要导入请先在表格软件里取消隐藏"));
    content.left_out.extend(hidden);
    let without_cells = book.without_cells.iter().map(|name| format!("表“{name}”里没有读得出的单元格，没有读"));
    content.left_out.extend(without_cells);
    let several = book.sheets.len() > 1;
    let mut headers = 0;
    for sheet in &book.sheets {
        if sheet.rows.is_empty() {
            continue;
        }
        if sheet.name == EXAMPLE_SHEET {
            content.left_out.push(format!("表“{EXAMPLE_SHEET}”是模板里的示例，没有读"));
            continue;
        }
        let name = if several { sheet.name.clone() } else { String::new() };
        match Header::find(&sheet.rows) {
            Some(header) => {
                headers += 1;
                read_sheet(sheet, &name, &header, known, &mut content);
            }
            None => content.left_out.push(format!("表“{}”没有花名册的表头，没有读", sheet.name)),
        }
    }
    anyhow::ensure!(
        headers > 0,
        "前 30 行里没有找到表头：至少要有“网格编码”“户号”“姓名”三列。可用 ruhu-server template roster 生成模板"
    );
    Ok(content)
}

fn read_sheet(sheet: &Sheet, name: &str, header: &Header, known: &Known<'_>, content: &mut Content) {
    let of = |what: String| if name.is_empty() { what } else { format!("表“{name}”：{what}") };
    if !header.unused.is_empty() {
        content.left_out.push(of(format!("没有用到的列：{}", header.unused.join("、"))));
    }
    let (mut sums, mut again, mut others) = (0, 0, 0);
    for (number, cells) in &sheet.rows[header.ends..] {
        if header.is_again(cells) {
            again += 1;
            continue;
        }
        if Column::ALL.iter().all(|column| *header.cell(cells, *column) == sheet::Cell::Empty) {
            others += 1;
            continue;
        }
        if is_sum(cells) {
            sums += 1;
            continue;
        }
        let line = Line { sheet: name.to_owned(), number: *number };
        match row::read(header, cells, line.clone(), known) {
            Ok((entry, doubts)) => {
                content.doubts.extend(doubts.into_iter().map(|words| Remark { line: line.clone(), words }));
                content.entries.push(entry);
            }
            Err(words) => content.bad.push(Remark { line, words }),
        }
    }
    for (count, what) in [(again, "行重复的表头"), (sums, "行合计、说明"), (others, "行只在没有用到的列里有字")]
    {
        if count > 0 {
            content.left_out.push(of(format!("{count} {what}，没有读")));
        }
    }
}
