//! Undoing an import: what it made is withdrawn, what it changed is as before. What somebody changed since stays, and so does a
//! household that it made, with its members, where somebody wrote at that door. Both are named.

use super::{IMPORTER, Importer, TAKING};
use crate::{
    database::{Act, Author, Database, Entry, Incoming, Stored},
    random,
};
use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, OpId, Record, RecordId, Stamp,
    merge::merge,
    office::Undone,
    record::{Change, Name, Op, WITHDRAWN},
    rights::Grant,
    roster::{household::Household, resident::Resident},
    wire::OpOutcome,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The name under which what a worker had written is put back: the next import asks before it changes it.
const UNDO: &str = "撤销导入";

/// What undoing an import writes.
#[derive(Default)]
struct Plan {
    /// The ops that withdraw what it made, and put back what imports before it had written.
    imports: Vec<Op>,
    /// The ops that put back what workers had written.
    workers: Vec<Op>,
    /// What stays.
    undone: Undone,
}

/// Undoes an import in one grid.
///
/// # Errors
/// A record of the grid can't be read, or the database's: then it can be tried again.
pub async fn undo(database: &Database, grid: &GridCode, importer: Importer<'_>) -> anyhow::Result<Undone> {
    let channel = Channel::general(grid.clone());
    let _turn = TAKING.lock().await;
    let Stored { records, unreadable } = database.records_of_grid(grid).await?;
    // One that can't be read may be a visit at a household that would be withdrawn.
    anyhow::ensure!(
        unreadable.is_empty(),
        "网格 {grid} 有 {} 条记录读不出来，没有撤销：请联系管理员处理后再撤销",
        unreadable.len()
    );
    let touched: Vec<RecordId> =
        records.iter().filter(|record| is_touched(record, importer.import)).map(|record| record.id).collect();
    let saves = database.saves_of(grid, &touched).await?;
    let subject = format!("撤销 {grid} {} 条", touched.len());
    database.put_on_record(&[Entry::of(importer.account, Act::Import, subject).in_channel(&channel)]).await?;
    let device = DeviceId(u64::from_be_bytes(random::bytes()));
    let Plan { imports, workers, mut undone } = plan(&channel, &records, &saves, importer.import, device);
    let grants = [Grant::grid_worker(grid.clone())];
    let mut done: HashSet<RecordId> = HashSet::new();
    for (name, ops) in [(IMPORTER, imports), (UNDO, workers)] {
        let author = Author { account: importer.account, name, device, grants: &grants };
        for chunk in ops.chunks(2_000) {
            let incoming = chunk.iter().map(|op| Incoming::Op(Box::new(op.clone()))).collect();
            for (op, result) in chunk.iter().zip(database.take(author, incoming).await?.results) {
                if matches!(result.outcome, OpOutcome::Applied | OpOutcome::Superseded) {
                    done.insert(op.record);
                } else {
                    let reason = result.reason.unwrap_or_default();
                    undone.kept.push(format!("{}没有撤销：{reason}", name_of(&records, op.record)));
                }
            }
        }
    }
    undone.undone = done.len();
    database.import_is_undone(&channel, importer.import).await?;
    Ok(undone)
}

/// Whether a field of a record is as an import wrote it.
fn is_touched(record: &Record, import: DeviceId) -> bool {
    !record.withdrawn() && record.fields.values().any(|field| field.stamp.device == import)
}

/// Returns the ops that undo an import, and what stays. `saves` has the saves of each record that it touched, the earliest first.
fn plan(
    channel: &Channel,
    records: &[Record],
    saves: &HashMap<RecordId, Vec<Op>>,
    import: DeviceId,
    device: DeviceId,
) -> Plan {
    let mut plan = Plan::default();
    let of = |record: &Record| saves.get(&record.id).map(Vec::as_slice).unwrap_or_default();
    let own = |op: &Op| op.stamp.device == import;
    let touched = || records.iter().filter(|record| is_touched(record, import));
    let made: HashSet<RecordId> =
        touched().filter(|record| of(record).first().is_some_and(own)).map(|record| record.id).collect();
    let changed = |record: &Record| made.contains(&record.id) && !of(record).iter().all(own);
    // Whatever else names a household that the import made: visits, disputes, residents whom a worker added or changed.
    let mut kept: HashSet<RecordId> = records.iter().filter(|record| changed(record)).map(|record| record.id).collect();
    for record in records.iter().filter(|record| !record.withdrawn() && (!made.contains(&record.id) || changed(record)))
    {
        let names = record.fields.values().filter_map(|field| field.value.as_str()?.parse::<RecordId>().ok());
        kept.extend(names.filter(|name| made.contains(name)));
    }
    let latest = records.iter().filter_map(Record::latest).max();
    let mut stamp = latest.map_or(Stamp::zero(device), |latest| Stamp { device, ..latest });
    for record in touched() {
        let is_made = made.contains(&record.id);
        if is_made && (kept.contains(&record.id) || record.home().is_some_and(|home| kept.contains(&home))) {
            let why = if changed(record) { "之后有人改过" } else { "这一户之后有人写过" };
            plan.undone.kept.push(format!("{}{why}，没有撤销", name_of(records, record.id)));
            continue;
        }
        let [mut imports, mut workers] = [const { BTreeMap::new() }; 2];
        if is_made {
            imports.extend([change(record, WITHDRAWN, json!("撤销导入"))]);
        } else {
            let others = of(record).iter().filter(|op| !own(op));
            let before = others.fold(None, |before: Option<Record>, op| Some(merge(before.as_ref(), op).record));
            let Some(before) = before else {
                plan.undone.kept.push(format!("{}以前的内容找不到了，没有撤销", name_of(records, record.id)));
                continue;
            };
            for name in record.fields.iter().filter(|(_, field)| field.stamp.device == import).map(|(name, _)| name) {
                match before.fields.get(name) {
                    Some(field) if before.author(field.stamp) != IMPORTER => {
                        workers.extend([change(record, name, field.value.clone())]);
                    }
                    field => {
                        let value = field.map_or(Value::Null, |field| field.value.clone());
                        imports.extend([change(record, name, value)]);
                    }
                }
            }
        }
        for (changes, ops) in [(imports, &mut plan.imports), (workers, &mut plan.workers)] {
            if !changes.is_empty() {
                stamp = stamp.next(random::now_ms(), device);
                let id = OpId::new(stamp.ms, random::bytes());
                let (channel, kind) = (channel.clone(), record.kind.clone());
                ops.push(Op { id, record: record.id, kind, channel, stamp, by: Name::default(), changes });
            }
        }
    }
    plan
}

/// Returns a change of one field, made with knowledge of its value.
fn change(record: &Record, name: &str, value: Value) -> (Name, Change) {
    let replaced = record.fields.get(name).map(|field| field.stamp);
    (Name::new(name), Change { value, replaced, settles: Vec::new() })
}

/// Returns the words for a household or a resident.
fn name_of(records: &[Record], id: RecordId) -> String {
    let record = records.iter().find(|record| record.id == id);
    let words = record.and_then(|record| match record.kind {
        Kind::Household => record.view::<Household>().map(|one| format!("户号 {}（{}）", one.number, one.head)),
        _ => record.view::<Resident>().map(|one| one.name),
    });
    words.unwrap_or_else(|| id.to_string())
}
