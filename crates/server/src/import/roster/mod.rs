//! Rosters (花名册): one row a resident, as an office sends them.
//!
//! Reading and comparing are pure; what differs from the records becomes ops, so that an import
//! merges with what workers changed and importing twice changes nothing. Every row is taken, taken with something left
//! open, or refused, or asked about; each of the last three is named with the reason.

mod column;
mod export;
mod matching;
mod plan;
mod row;
mod undo;
mod values;

pub use column::columns;
pub use export::{export, report};
pub use row::Known;
pub use undo::undo;

use super::table::{self, Table};
use crate::{
    database::{Act, Author, Database, Entry as OnRecord, Incoming, Stored},
    text::code,
};
use column::Column;
use plan::{Planned, count, plan};
use row::Entry;
use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, day,
    office::{Remark, RosterCounts, RosterFile, RosterGroup, RosterPlan, RosterRow},
    rights::Grant,
    wire::OpOutcome,
};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::Mutex;

/// The name under which imports write into records. What it wrote, a later import may change without asking.
pub const IMPORTER: &str = "导入";

/// Rosters are taken, and imports undone, one at a time: what is written is still as it was when it was compared.
static TAKING: Mutex<()> = Mutex::const_new(());

/// Who imports what.
#[derive(Clone, Copy, Debug)]
pub struct Importer<'a> {
    /// The account's identity, for the audit.
    pub account: &'a str,
    /// The file's name.
    pub file: &'a str,
    /// The import.
    pub import: DeviceId,
}

/// Plans rows against the records of the grids that `may` allows, and takes them where there is an importer.
///
/// # Errors
/// Records of a grid can't be read, or the database's.
pub async fn take(
    database: &Database,
    rows: &[RosterRow],
    answers: &BTreeMap<String, String>,
    may: &impl Fn(&GridCode) -> bool,
    importer: Option<Importer<'_>>,
) -> anyhow::Result<RosterPlan> {
    let villages = database.villages().await?;
    let (aliases, closed) = (database.grid_aliases().await?, database.closed_grids().await?);
    let today = day::day(database.now_ms().cast_signed());
    let known = Known { villages: &villages, aliases: &aliases, closed: &closed, today };
    let mut done = RosterPlan::default();
    let grids = entries(rows, &known, may, &mut done);
    done.grids = grids.keys().cloned().collect();
    for (grid, entries) in grids {
        // Two that took one list at once would each find nobody there. Other servers are not held up by this.
        let _turn = match importer {
            Some(_) => Some(TAKING.lock().await),
            None => None,
        };
        let channel = Channel::general(grid);
        let Stored { records, unreadable } =
            database.records(channel.grid.as_str(), &[Kind::Household, Kind::Resident]).await?;
        let left = database.moved_from(&channel).await?;
        // Whoever can't be read might be registered twice.
        let unreadable = unreadable.len() + left.unreadable.len();
        anyhow::ensure!(
            unreadable == 0,
            "网格 {} 有 {unreadable} 条户或居民的记录读不出来，没有导入：请联系管理员处理后再导入",
            channel.grid
        );
        let records: Vec<_> = records.into_iter().chain(left.records).collect();
        let device = importer.map_or(DeviceId(0), |importer| importer.import);
        let planned = plan(&channel, &entries, &records, answers, device);
        match importer {
            Some(importer) => take_grid(database, &channel, planned, importer, &mut done).await?,
            None => {
                let mut counts = RosterCounts { same: planned.same, ..RosterCounts::default() };
                planned.ops.iter().for_each(|(_, counted, _)| count(&mut counts, counted));
                done.counts += counts;
                add(&mut done, planned);
            }
        }
    }
    done.doubts.sort_by(|one, other| one.line.cmp(&other.line));
    done.refused.sort_by(|one, other| one.line.cmp(&other.line));
    done.questions.sort_by(|one, other| one.line.cmp(&other.line));
    Ok(done)
}

/// Reads rows by grid, and says which can't be taken and what of them is left open.
fn entries(
    rows: &[RosterRow],
    known: &Known<'_>,
    may: &impl Fn(&GridCode) -> bool,
    done: &mut RosterPlan,
) -> BTreeMap<GridCode, Vec<Entry>> {
    let mut grids: BTreeMap<GridCode, Vec<Entry>> = BTreeMap::new();
    for row in rows {
        match row::read(row, known) {
            Ok((entry, _)) if !may(&entry.grid) => {
                let words = format!("没有网格 {} 的花名册权限，请由管这个网格的办公室导入", entry.grid);
                done.refused.push(Remark { line: row.line.clone(), words });
            }
            Ok((entry, doubts)) => {
                done.doubts.extend(doubts.into_iter().map(|words| Remark { line: row.line.clone(), words }));
                grids.entry(entry.grid.clone()).or_default().push(entry);
            }
            Err(words) => done.refused.push(Remark { line: row.line.clone(), words }),
        }
    }
    grids
}

/// Reads rows without records, and returns how many can be taken: for feeding invented files to all that reads them.
pub fn readable(rows: &[RosterRow], known: &Known<'_>) -> usize {
    rows.iter().filter(|row| row::read(row, known).is_ok()).count()
}

/// Adds what is to be said of a grid.
fn add(done: &mut RosterPlan, planned: Planned) {
    done.doubts.extend(planned.doubts);
    done.questions.extend(planned.questions);
    done.missing.extend(planned.missing);
}

/// Takes what was planned for a grid.
async fn take_grid(
    database: &Database,
    channel: &Channel,
    mut planned: Planned,
    Importer { account, file, import }: Importer<'_>,
    done: &mut RosterPlan,
) -> anyhow::Result<()> {
    let ops = std::mem::take(&mut planned.ops);
    let same = planned.same;
    add(done, planned);
    if !ops.is_empty() {
        // Before the first is taken: an import that breaks off is on record too.
        let subject = format!("{} {} 条", channel.grid, ops.len());
        database.put_on_record(&[OnRecord::of(account, Act::Import, subject).in_channel(channel)]).await?;
        database.begin_import(channel, import, file, account).await?;
        done.import = Some(import);
    } else {
        done.counts += RosterCounts { same, ..RosterCounts::default() };
    }
    let grants = [Grant::grid_worker(channel.grid.clone())];
    let author = Author { account, name: IMPORTER, device: import, grants: &grants };
    for (at, chunk) in ops.chunks(2_000).enumerate() {
        let mut counts = RosterCounts { same: if at == 0 { same } else { 0 }, ..RosterCounts::default() };
        let incoming = chunk.iter().map(|(op, ..)| Incoming::Op(Box::new(op.clone()))).collect();
        let taken = database.take(author, incoming).await?;
        for ((_, counted, line), result) in chunk.iter().zip(taken.results) {
            if matches!(result.outcome, OpOutcome::Applied | OpOutcome::Superseded) {
                count(&mut counts, counted);
            } else {
                // What was set aside is not called new.
                let words = result.reason.unwrap_or_else(|| "没有收下".to_owned());
                done.refused.push(Remark { line: line.clone(), words });
            }
        }
        database.count_import(channel, import, &counts).await?;
        done.counts += counts;
    }
    Ok(())
}

/// Reads the rows of a file, by grid.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
pub fn read(bytes: &[u8]) -> anyhow::Result<RosterFile> {
    let Table { rows, left_out } = table::read::<Column>(bytes, "花名册")?;
    let mut file = RosterFile { columns: columns().map(str::to_owned).to_vec(), left_out, groups: Vec::new() };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (line, cells) in rows {
        let row = RosterRow { line, cells };
        let grid = code(row::cell(&row, Column::Grid).text());
        let at = *places.entry(grid.clone()).or_insert(file.groups.len());
        if at == file.groups.len() {
            file.groups.push(RosterGroup { grid, rows: Vec::new() });
        }
        file.groups[at].rows.push(row);
    }
    Ok(file)
}
