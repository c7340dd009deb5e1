//! Undoing an import: what it made is withdrawn, what it changed is as before. What somebody changed since, or wrote at a
//! household that it made, stays, and is named.

use super::{IMPORTER, Importer};
use crate::{
    database::{Act, Author, Database, Entry, Incoming},
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

/// Undoes an import in one grid.
///
/// # Errors
/// The database's; then it can be tried again.
pub async fn undo(database: &Database, grid: &GridCode, importer: Importer<'_>) -> anyhow::Result<Undone> {
    let channel = Channel::general(grid.clone());
    let records = database.records_of_grid(grid).await?.records;
    let touched: Vec<RecordId> =
        records.iter().filter(|record| is_touched(record, importer.import)).map(|record| record.id).collect();
    let saves = database.saves_of(grid, &touched).await?;
    let subject = format!("撤销 {grid} {} 条", touched.len());
    database.put_on_record(&[Entry::of(importer.account, Act::Import, subject).in_channel(&channel)]).await?;
    let device = DeviceId(u64::from_be_bytes(random::bytes()));
    let (ops, mut undone) = plan(&channel, &records, &saves, importer.import, device);
    let grants = [Grant::grid_worker(grid.clone())];
    let author = Author { account: importer.account, name: IMPORTER, device, grants: &grants };
    for chunk in ops.chunks(2_000) {
        let incoming = chunk.iter().map(|op| Incoming::Op(Box::new(op.clone()))).collect();
        for (op, result) in chunk.iter().zip(database.take(author, incoming).await?.results) {
            if matches!(result.outcome, OpOutcome::Applied | OpOutcome::Superseded) {
                undone.undone += 1;
            } else {
                let reason = result.reason.unwrap_or_default();
                undone.kept.push(format!("{}没有撤销：{reason}", name_of(&records, op.record)));
            }
        }
    }
    database.import_is_undone(&channel, importer.import).await?;
    Ok(undone)
}

/// Whether a field of a record is as an import wrote it.
fn is_touched(record: &Record, import: DeviceId) -> bool {
    !record.withdrawn() && record.fields.values().any(|field| field.stamp.device == import)
}

/// Returns the ops that undo an import, and what stays.
fn plan(
    channel: &Channel,
    records: &[Record],
    saves: &HashMap<RecordId, Vec<Op>>,
    import: DeviceId,
    device: DeviceId,
) -> (Vec<Op>, Undone) {
    let (mut ops, mut undone) = (Vec::new(), Undone::default());
    let made: HashSet<RecordId> = records
        .iter()
        .filter(|record| is_touched(record, import))
        .filter(|record| saves.get(&record.id).is_some_and(|ops| ops.iter().all(|op| op.stamp.device == import)))
        .map(|record| record.id)
        .collect();
    // Whatever else names a household that the import made: visits, disputes, residents whom a worker added.
    let mut named: HashSet<RecordId> = HashSet::new();
    for record in records.iter().filter(|record| !record.withdrawn() && !made.contains(&record.id)) {
        let names = record.fields.values().filter_map(|field| field.value.as_str()?.parse::<RecordId>().ok());
        named.extend(names.filter(|name| made.contains(name)));
    }
    let latest = records.iter().filter_map(Record::latest).max();
    let mut stamp = latest.map_or(Stamp::zero(device), |latest| Stamp { device, ..latest });
    for record in records.iter().filter(|record| is_touched(record, import)) {
        let changes: BTreeMap<Name, Change> = if made.contains(&record.id) {
            if named.contains(&record.id) {
                undone.kept.push(format!("{}已有走访等记录，没有撤销", name_of(records, record.id)));
                continue;
            }
            change(record, WITHDRAWN, json!("撤销导入"))
        } else {
            let others = saves.get(&record.id).into_iter().flatten().filter(|op| op.stamp.device != import);
            let before = others.fold(None, |before: Option<Record>, op| Some(merge(before.as_ref(), op).record));
            let Some(before) = before else {
                undone.kept.push(format!("{}以前的内容找不到了，没有撤销", name_of(records, record.id)));
                continue;
            };
            let wrote = record.fields.iter().filter(|(_, field)| field.stamp.device == import);
            let back = wrote.map(|(name, _)| {
                let value = before.fields.get(name).map_or(Value::Null, |field| field.value.clone());
                change(record, name, value)
            });
            back.flatten().collect()
        };
        stamp = stamp.next(random::now_ms(), device);
        let id = OpId::new(stamp.ms, random::bytes());
        let (channel, kind) = (channel.clone(), record.kind.clone());
        ops.push(Op { id, record: record.id, kind, channel, stamp, by: Name::default(), changes });
    }
    (ops, undone)
}

/// Returns a change of one field, made with knowledge of its value.
fn change(record: &Record, name: &str, value: Value) -> BTreeMap<Name, Change> {
    let replaced = record.fields.get(name).map(|field| field.stamp);
    BTreeMap::from([(Name::new(name), Change { value, replaced, settles: Vec::new() })])
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
