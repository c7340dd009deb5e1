//! The promises that must hold whatever happens.

use super::{DAY, MINUTE, World};
use crate::phone::{Phone, load};
use ruhu_domain::{
    Channel, DeviceId, OpId, Record, RecordId, Stamp,
    engine::{KEEP_MS, Plan},
    intake::{Past, Verdict},
    record::{MOVED, Name, Op},
    wire::AHEAD_MS,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Nothing, or the promise that was broken, in words.
pub type Promise = Result<(), String>;

impl World {
    /// Checks the promises that must hold at any time.
    pub(super) fn check(&self, at: usize) -> Promise {
        let phone = &self.phones[at];
        let same_epoch = phone.engine.head().epoch.as_ref().is_none_or(|epoch| *epoch == self.server.epoch.to_string());
        let queued: BTreeSet<OpId> = phone.engine.outbox().map(|queued| queued.op.id).collect();
        let acknowledged: BTreeSet<OpId> = phone.engine.acknowledged().map(|(_, op)| op.id).collect();
        for id in &phone.promised {
            let there = queued.contains(id) || acknowledged.contains(id);
            let erased = self.server.erased.contains(id);
            if !there && !erased && !self.server.tables.history.contains_key(id) {
                return Err(format!("what a worker saved is on the phone or at the office: {id} is at neither"));
            }
        }
        // Until a phone shows that the office was set back, nobody knows.
        for id in acknowledged.iter().filter(|_| same_epoch && !self.server.unnoticed) {
            if !self.server.tables.history.get(id).is_some_and(|(_, past)| past.verdict == Verdict::Accepted) {
                return Err(format!("an acknowledged op is in the history: {id} is not"));
            }
        }
        let head = phone.engine.head();
        let granted = |channel: &Channel| head.grants.iter().any(|grid| grid.channel == *channel);
        let queued_on: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        let held = |record: &&Arc<Record>| !granted(&record.channel) && !queued_on.contains(&record.id);
        if let Some(record) = phone.engine.records().find(held).filter(|_| head.synced_at.is_some()) {
            return Err(format!("a phone holds only granted channels: {} is of {}", record.id, record.channel));
        }
        // Where a pull began anew, after a restore or a purge, it may come from a copy that is behind; and what
        // was lost and granted again comes page by page.
        let tables = &self.server.tables;
        let regranted = self.regranted.contains(&head.device);
        let anew =
            regranted || self.server.run > 1 || tables.channels.values().any(|(_, _, generation)| *generation > 0);
        for (_, op) in phone.engine.acknowledged().filter(|_| !anew) {
            let Some((_, past)) = tables.history.get(&op.id).filter(|_| granted(&op.channel)) else { continue };
            let merged = Op { stamp: past.stamp.unwrap_or(op.stamp), ..op.clone() };
            let seen = phone.engine.record(op.record).is_some_and(|record| record.includes(&merged));
            if !seen {
                return Err(format!("what a worker wrote stays to be seen: {} does not", op.id));
            }
        }
        let disk = load(&phone.disk);
        let on_disk: BTreeSet<OpId> = disk.outbox().map(|queued| queued.op.id).collect();
        if on_disk != queued {
            return Err("what is shown as saved is on the disk: the queues differ".into());
        }
        if let Some(record) = phone.engine.records().find(|record| disk.record(record.id) != Some(record)) {
            return Err(format!("what is shown as saved is on the disk: {} is not, or not the same", record.id));
        }
        if let Some((id, _)) = self.server.effects.iter().find(|(_, times)| **times > 1) {
            return Err(format!("an op has one effect: {id} had two"));
        }
        self.check_office()
    }

    fn check_office(&self) -> Promise {
        for (_, record) in self.server.tables.records.values() {
            for field in record.fields.values().chain(record.contested.values().flatten()) {
                let text = field.value.as_str().unwrap_or_default();
                if !self.written.contains(text) {
                    return Err(format!("every value was written by somebody: {text} was not"));
                }
                if field.stamp.ms > self.server.shown_ms.max(self.now_ms) + AHEAD_MS + MINUTE {
                    return Err(format!("nothing is merged with a stamp from the future: {} is", field.stamp));
                }
            }
            let home = record.home().and_then(|home| self.server.tables.records.get(&home));
            if let Some((_, home)) = home.filter(|(_, home)| home.channel != record.channel) {
                return Err(format!(
                    "what is of a household is where it is: {} is in {}, not in {}",
                    record.id, record.channel, home.channel
                ));
            }
            self.check_contested(record)?;
        }
        Ok(())
    }

    /// What the office acknowledged is offered again where its database is lost: it is kept for the time that was promised, but
    /// for a day for each time that the office's clock was set.
    pub(super) fn check_swept(&self, at: usize, plan: &Plan) -> Promise {
        let kept_ms = KEEP_MS.saturating_sub(self.office_clock_set * DAY);
        let early = |id: &&OpId| {
            let at = self.phones[at].acknowledged_at.get(id).copied().unwrap_or(self.now_ms);
            at + kept_ms >= self.now_ms
        };
        match plan.delta.swept.iter().find(early) {
            Some(id) => Err(format!("what the office acknowledged is kept for two weeks: {id} was not")),
            None => Ok(()),
        }
    }

    /// A value that nobody knowingly replaced is the field's or is contested.
    fn check_contested(&self, record: &Record) -> Promise {
        let ops = self.server.tables.history.values();
        let purged = &self.server.tables.purged;
        let counts = |(op, past): &&(Op, Past)| {
            op.record == record.id && past.verdict == Verdict::Accepted && !purged.contains(&op.id)
        };
        let taken: Vec<&(Op, Past)> = ops.filter(counts).collect();
        // Where a resident is, their household decides.
        let decided = |name: &&Name| *name == MOVED && record.home().is_some();
        for name in record.fields.keys().filter(|name| !decided(name)) {
            let mut replaced: BTreeSet<Stamp> = BTreeSet::new();
            let mut last_of: BTreeMap<DeviceId, Stamp> = BTreeMap::new();
            for (op, past) in &taken {
                let Some(change) = op.changes.get(name) else { continue };
                replaced.extend(change.replaced);
                replaced.extend(&change.settles);
                let merged = past.stamp.unwrap_or(op.stamp);
                let last = last_of.entry(op.stamp.device).or_insert(merged);
                *last = merged.max(*last);
            }
            let there = |value: &Value| {
                record.fields[name].value == *value
                    || record.contested.get(name).is_some_and(|fields| fields.iter().any(|field| field.value == *value))
            };
            // Who replaced a value replaced it for all who wrote the same.
            let mut superseded: Vec<&Value> = Vec::new();
            let mut last: Vec<&Value> = Vec::new();
            for (op, past) in &taken {
                let Some(change) = op.changes.get(name) else { continue };
                let merged = past.stamp.unwrap_or(op.stamp);
                let known = replaced.contains(&op.stamp) || replaced.contains(&merged);
                let values = if known || last_of[&op.stamp.device] != merged { &mut superseded } else { &mut last };
                values.push(&change.value);
            }
            if let Some(value) = last.into_iter().find(|value| !superseded.contains(value) && !there(value)) {
                return Err(format!("a value that lost is kept as contested: {value} of {} is not", record.id));
            }
        }
        Ok(())
    }

    /// A phone that is up to date has no record that is, at the office, where its worker has no right.
    pub(super) fn check_carried(&self, phone: &Phone) -> Promise {
        let queued: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        for record in phone.engine.records().filter(|record| !queued.contains(&record.id)) {
            let Some((_, there)) = self.server.tables.records.get(&record.id) else { continue };
            if !self.server.carries(phone.engine.head().device, &there.channel) {
                return Err(format!(
                    "a phone holds only granted channels: {} has moved to {}",
                    record.id, there.channel
                ));
            }
        }
        Ok(())
    }

    pub(super) fn check_agrees(&self, phone: &Phone) -> Promise {
        let aside: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        let visible = |record: &&Record| !record.withdrawn() && !aside.contains(&record.id);
        let here: BTreeMap<RecordId, &Record> =
            phone.engine.records().map(AsRef::as_ref).filter(visible).map(|record| (record.id, record)).collect();
        let records = self.server.tables.records.values().map(|(_, record)| record);
        let there: BTreeMap<RecordId, &Record> = records.filter(visible).map(|record| (record.id, record)).collect();
        for (id, record) in &there {
            match here.get(id) {
                None => return Err(format!("in the end all agree: {id} is not on a phone")),
                Some(other) if other.fields != record.fields || other.contested != record.contested => {
                    return Err(format!("in the end all agree: {id} is {other:?} here and {record:?} there"));
                }
                Some(_) => {}
            }
        }
        match here.keys().find(|id| !there.contains_key(id)) {
            Some(id) => Err(format!("in the end all agree: {id} is not at the office")),
            None => Ok(()),
        }
    }
}
