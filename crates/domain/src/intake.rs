//! The server's side of a push: what becomes of each op. Pure, so that both databases and the
//! simulation run the same; the caller brings what is stored and writes what comes out, in one
//! transaction.

use crate::{
    affair::{self, Affair},
    book::Bound,
    care::{self, CareFile},
    day,
    dispute::{File, file::presses, workflow},
    duties::{self, Duty},
    form,
    household::{Household, POSTPONED},
    id::{OpId, RecordId},
    merge::merge,
    merged::SAME_AS,
    photo::Photo,
    planted::{Bug, planted},
    record::{Channel, Kind, MOVED, Name, Op, Record, WITHDRAWN},
    resident::Resident,
    rights::{self, Action, Grant, Role},
    stamp::Stamp,
    visit::Visit,
    wire::{AHEAD_MS, OpOutcome, OpResult},
};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

/// The largest op that is taken, in bytes of JSON.
pub const MAX_OP: usize = 64 * 1024;

/// The SHA-256 of an op as the phone made it.
pub type OpDigest = [u8; 32];

/// Who sends ops, and when.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    /// The person's name, written into the records.
    pub name: &'a str,
    /// What the person may do; ops beyond it are set aside for a supervisor.
    pub grants: &'a [Grant],
    /// The server's clock, Unix milliseconds.
    pub now_ms: u64,
}

/// What the history knows of an op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The op's digest.
    pub digest: OpDigest,
    /// What was decided.
    pub verdict: Verdict,
    /// The stamp it was merged with, where that is not its own.
    pub stamp: Option<Stamp>,
}

/// What was decided on an op that is in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was merged.
    Taken,
    /// A supervisor is to look at it.
    Quarantined {
        /// Why, in words for the worker.
        reason: String,
    },
    /// A supervisor decided against it.
    Refused {
        /// Why, in words for the worker.
        reason: String,
    },
}

/// An op for the history.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The op, with its sender's name.
    pub op: Op,
    /// What is remembered of it.
    pub past: Past,
}

/// A record that changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The record.
    pub record: Record,
    /// The channel it was in, and its sequence number there; none for a new one. One that is new and goes to its
    /// household at once was where its op says, under no number (0).
    pub before: Option<(Channel, u64)>,
    /// Whether the sender has the very same already, if it had what was there before.
    pub clean: bool,
}

impl Changed {
    /// The channel that it moved away from.
    fn left(&self) -> Option<&Channel> {
        self.before.as_ref().map(|(channel, _)| channel).filter(|channel| **channel != self.record.channel)
    }

    /// The sequence number before, in the channel where it still is; 0 where it is new there.
    pub fn number_before(&self) -> u64 {
        self.before.as_ref().filter(|(channel, _)| *channel == self.record.channel).map_or(0, |(_, number)| *number)
    }
}

/// What changed in a channel. Each takes a sequence number of it, the records first.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Records that are in it.
    pub records: Vec<Changed>,
    /// Records that moved away from it.
    pub left: Vec<RecordId>,
}

/// A batch being taken in.
#[derive(Debug, Default)]
pub struct Intake {
    history: HashMap<OpId, Past>,
    records: HashMap<RecordId, Changed>,
    gone: HashSet<RecordId>,
    /// Records that are not changed, but looked at: the rest of the files that new steps are for, and households.
    beside: HashMap<RecordId, Record>,
    touched: BTreeSet<RecordId>,
    /// Where phones believed records to be that they wrote on, and that are elsewhere.
    sought: BTreeSet<(RecordId, Channel)>,
    kept: Vec<Kept>,
}

impl Intake {
    /// Begins with what is stored: of the batch's ops those in the history; the records that its ops
    /// change, and those that go along with them, with their sequence numbers; and those that there were once and are
    /// gone.
    pub fn new(
        history: impl IntoIterator<Item = (OpId, Past)>,
        records: impl IntoIterator<Item = (Record, u64)>,
        gone: impl IntoIterator<Item = RecordId>,
    ) -> Self {
        let changed = |(record, before): (Record, u64)| {
            let before = Some((record.channel.clone(), before));
            (record.id, Changed { record, before, clean: true })
        };
        Self {
            history: history.into_iter().collect(),
            records: records.into_iter().map(changed).collect(),
            gone: gone.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Brings what is looked at beside: the files that new steps are for, heads and what belongs to them; and the
    /// households that ops name, where those are in another channel.
    #[must_use]
    pub fn beside(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        self.beside.extend(records.into_iter().map(|record| (record.id, record)));
        self
    }

    /// A file, as far as it came.
    fn file<F: Bound>(&self, id: RecordId) -> Option<F> {
        let changed = |id: &RecordId| self.records.get(id).map(|changed| &changed.record);
        let head = changed(&id).or_else(|| self.beside.get(&id)).filter(|record| F::HEADS.contains(&record.kind))?;
        let beside = self.beside.values().filter(|record| changed(&record.id).is_none());
        let records = beside.chain(self.records.values().map(|changed| &changed.record));
        F::gather(head, records.filter(|record| record.parent() == Some(id)))
    }

    /// Takes an op in. Taking it again changes nothing and answers what was answered before.
    pub fn take(&mut self, mut op: Op, sender: &Sender<'_>) -> OpResult {
        // The name is the account's, whatever the phone wrote; the digest is of what the phone made.
        op.by = Name::default();
        let bytes = serde_json::to_vec(&op).unwrap_or_default();
        let digest: OpDigest = Sha256::digest(&bytes).into();
        op.by = sender.name.into();
        if let Some(past) = self.history.get(&op.id).filter(|_| !planted(Bug::DuplicatesTaken)) {
            return past.answer(&op, digest, self.again(&op, sender));
        }
        if bytes.len() > MAX_OP {
            return rejected(op.id, "这条记录太大，请缩短文字后再保存");
        }
        let (result, verdict) = match self.checked(&op, sender) {
            Ok((changed, result)) => {
                let elsewhere = changed.record.channel != op.channel;
                if elsewhere && rights::allows(sender.grants, Action::Carry, &op.channel) {
                    self.sought.insert((op.record, op.channel.clone()));
                }
                self.put(changed);
                (result, Verdict::Taken)
            }
            Err(reason) => {
                let result = result(op.id, OpOutcome::Quarantined, Some(&reason));
                (result, Verdict::Quarantined { reason: reason.into_owned() })
            }
        };
        let past = Past { digest, verdict, stamp: result.stamp };
        self.history.insert(op.id, past.clone());
        self.kept.push(Kept { op, past });
        result
    }

    /// Merges an op that a supervisor accepted, whatever was objected; none when its record is gone.
    pub fn accept(&mut self, op: &Op, sender: &Sender<'_>) -> Option<OpResult> {
        if self.is_gone(op.record) || op.parent().is_some_and(|head| self.is_gone(head)) {
            return None;
        }
        let (changed, result) = self.merged(op, sender);
        self.put(changed);
        Some(result)
    }

    /// The outcome of an op that was taken before.
    fn again(&self, op: &Op, sender: &Sender<'_>) -> OpOutcome {
        match self.records.get(&op.record).map(|changed| &changed.record.channel) {
            None => OpOutcome::Gone,
            Some(channel) if *channel == op.channel => OpOutcome::Duplicate,
            Some(channel) if rights::allows(sender.grants, Action::Carry, channel) => OpOutcome::Duplicate,
            Some(_) => OpOutcome::Elsewhere,
        }
    }

    fn is_gone(&self, record: RecordId) -> bool {
        self.gone.contains(&record) && !self.records.contains_key(&record)
    }

    /// What came out: ops for the history, and what changed by channel.
    pub fn finish(mut self) -> (Vec<Kept>, BTreeMap<Channel, Changes>) {
        if !planted(Bug::HouseholdGoesAlone) {
            self.bring_home();
        }
        let mut channels: BTreeMap<Channel, Changes> = BTreeMap::new();
        for id in self.touched {
            if let Some(changed) = self.records.remove(&id) {
                // A phone that looked for it where it is not is told, maybe for the second time, that it left.
                let sought = self.sought.iter().filter(|(record, _)| *record == id).map(|(_, channel)| channel);
                let left: BTreeSet<&Channel> = changed.left().into_iter().chain(sought).collect();
                for left in left.into_iter().filter(|left| **left != changed.record.channel) {
                    if !planted(Bug::MovedWithoutTrace) {
                        channels.entry(left.clone()).or_default().left.push(id);
                    }
                }
                channels.entry(changed.record.channel.clone()).or_default().records.push(changed);
            }
        }
        (self.kept, channels)
    }

    /// A household as it is here.
    fn household(&self, id: RecordId) -> Option<&Record> {
        let changed = self.records.get(&id).map(|changed| &changed.record);
        changed.or_else(|| self.beside.get(&id)).filter(|record| record.kind == Kind::Household)
    }

    /// The residents and visits of a household are where it is, whoever wrote them without knowing where it went
    /// ([ADR 15](../../../docs/adr/0015-moving-records.md)).
    fn bring_home(&mut self) {
        let brought = self.records.values().filter_map(|changed| {
            let home = self.household(changed.record.home()?)?;
            let away = changed.record.channel != home.channel && changed.record.channel.leads_to(&home.channel);
            away.then(|| changed.record.brought_to(home))
        });
        for record in brought.collect::<Vec<_>>() {
            let Some(changed) = self.records.get_mut(&record.id) else { continue };
            let before = changed.before.take().or_else(|| Some((changed.record.channel.clone(), 0)));
            self.put(Changed { record, before, clean: false });
        }
    }

    /// The op merged, or why it is not without a supervisor's word.
    fn checked(&self, op: &Op, sender: &Sender<'_>) -> Result<(Changed, OpResult), Cow<'static, str>> {
        let stored = self.records.get(&op.record).map(|changed| &changed.record);
        let channel = stored.map_or(&op.channel, |record| &record.channel);
        // Who presses from above saves nothing else there: whether they may is asked with the step.
        let pressing = stored.is_none() && presses(op);
        if !pressing && !rights::allows(sender.grants, Action::Save, channel) {
            return Err("您目前没有这个网格的权限，已交主管核对".into());
        }
        if op.changes.contains_key(MOVED) {
            if op.kind.head().is_some() {
                return Err("卷宗留在登记它的网格，不能移走，已交主管核对".into());
            }
            let Some(to) = op.moves_to().filter(|to| channel.leads_to(to)) else {
                return Err("只能移到同一个县（市、区）的网格，已交主管核对".into());
            };
            if !rights::allows(sender.grants, Action::Save, &to) {
                return Err("您没有要移到的那个网格的权限，已交主管核对".into());
            }
        }
        // To another household, in another grid.
        let home = stored.and(op.home()).and_then(|home| self.household(home));
        if home.is_some_and(|home| !rights::allows(sender.grants, Action::Save, &home.channel)) {
            return Err("您没有要换到的那一户所在网格的权限，已交主管核对".into());
        }
        let leads = || rights::roles(sender.grants, channel).contains(&Role::VillageLead);
        if op.changes.contains_key(SAME_AS) && !leads() {
            return Err("重复的登记由村负责人合并，已交主管核对".into());
        }
        if stored.is_some_and(|record| record.kind != op.kind) {
            return Err("记录类型前后不一致，已交主管核对".into());
        }
        if self.is_gone(op.record) {
            return Err("这条记录在办公室已清除，已交主管核对".into());
        }
        if op.parent().is_some_and(|head| self.is_gone(head)) {
            return Err("这条记录所属的卷宗在办公室已清除，已交主管核对".into());
        }
        let known = !matches!(op.kind, Kind::Other(_));
        if known && op.kind.class() != channel.class {
            return Err("这条记录放错了类别，已交主管核对".into());
        }
        if op.kind.is_step() {
            self.check_step(op, stored, channel, sender)?;
        }
        let (changed, result) = self.merged(op, sender);
        if op.kind == Kind::Visit && changed.record.view::<Visit>().is_none() {
            return Err("走访记录内容不完整，已交主管核对".into());
        }
        if op.kind == Kind::Photo && !Photo::of(&changed.record).is_some_and(|photo| photo.is_sound()) {
            return Err("照片的登记不完整，已交主管核对".into());
        }
        let household = (op.kind == Kind::Household).then(|| changed.record.view::<Household>());
        let resident = (op.kind == Kind::Resident).then(|| changed.record.view::<Resident>());
        if !changed.record.withdrawn() && (household == Some(None) || resident == Some(None)) {
            return Err("户或居民的登记有一项读不出来，已交主管核对".into());
        }
        let later = household.flatten().and_then(|household| household.postponed);
        if op.changes.contains_key(POSTPONED) && later.is_some_and(|later| !later.is_sound(sender.now_ms)) {
            return Err("改期的日期不对，请核对手机的时间，已交主管核对".into());
        }
        if !changed.record.withdrawn() && !form::fields(&op.kind).is_empty() {
            let values = changed.record.fields.iter().map(|(name, field)| (name.to_string(), field.value.clone()));
            let values = values.collect();
            // A household or resident may be from before a rule: only what is changed now has to keep it.
            let roster = matches!(op.kind, Kind::Household | Kind::Resident) && stored.is_some();
            let checked = if roster {
                form::check_fields(&op.kind, &values, |name| op.changes.contains_key(name))
            } else {
                form::check(&op.kind, &values)
            };
            checked.map_err(|wrong| format!("{}，已交主管核对", wrong.words))?;
        }
        Ok((changed, result))
    }

    /// A step follows from the file as it is here, and is its sender's to take. It is not changed afterwards, but the
    /// last one may be taken back.
    fn check_step(
        &self,
        op: &Op,
        stored: Option<&Record>,
        channel: &Channel,
        sender: &Sender<'_>,
    ) -> Result<(), Cow<'static, str>> {
        if let Some(stored) = stored {
            let last = stored.parent().and_then(|id| match stored.kind {
                Kind::CareStep => self.file::<CareFile>(id)?.history().next_back().map(|done| done.id),
                Kind::HazardStep | Kind::RequestStep => {
                    self.file::<Affair>(id)?.history().next_back().map(|done| done.id)
                }
                _ => self.file::<File>(id)?.history().next_back().map(|done| done.id),
            });
            let taken_back = op.changes.keys().all(|name| name == WITHDRAWN) && last == Some(op.record);
            return if taken_back {
                Ok(())
            } else {
                Err("办过的步骤不能改，只能撤销最后一步，已交主管核对".into())
            };
        }
        let at_home = |id: &RecordId| {
            let dispute = self.records.get(id).map(|changed| &changed.record).or_else(|| self.beside.get(id));
            dispute.is_some_and(|dispute| dispute.channel == *channel)
        };
        let Some(id) = op.parent().filter(at_home) else {
            return Err("没有找到这一步所属的卷宗，已交主管核对".into());
        };
        let refused = |why: String| Err(format!("{why}，已交主管核对").into());
        let record = merge(None, op).record;
        if op.kind == Kind::CareStep {
            let (Some(file), Some(taken)) = (self.file::<CareFile>(id), record.view()) else {
                return Err("步骤内容不完整，已交主管核对".into());
            };
            let roles = rights::roles(sender.grants, channel);
            let on = day::day(record.created.at.cast_signed());
            let checked = care::workflow::check(&file, &taken, &roles, sender.name, on);
            return checked.or_else(|why| refused(why.to_string()));
        }
        if matches!(op.kind, Kind::HazardStep | Kind::RequestStep) {
            let (Some(affair), Some(taken)) = (self.file::<Affair>(id), record.view()) else {
                return Err("步骤内容不完整，已交主管核对".into());
            };
            let checked = affair::workflow::check(&affair, &taken, sender.name);
            return checked.or_else(|why| refused(why.to_string()));
        }
        let (Some(file), Some(taken)) = (self.file::<File>(id), record.view()) else {
            return Err("步骤内容不完整，已交主管核对".into());
        };
        let roles = if presses(op) {
            duties::roles(sender.grants, Duty::Late, &channel.grid)
        } else {
            rights::roles(sender.grants, channel)
        };
        workflow::check(&file, &taken, &roles, sender.name).or_else(|why| refused(why.to_string()))
    }

    /// The record with the op, and the answer to it.
    fn merged(&self, op: &Op, sender: &Sender<'_>) -> (Changed, OpResult) {
        let before = self.records.get(&op.record);
        let stored = before.map(|changed| &changed.record);
        let ahead = op.stamp.ms > sender.now_ms.saturating_add(AHEAD_MS) && !planted(Bug::FutureStampsTaken);
        let mut stamp = op.stamp;
        if ahead {
            let latest = stored.and_then(Record::latest).unwrap_or_else(|| Stamp::zero(op.stamp.device));
            stamp = latest.next(sender.now_ms, op.stamp.device);
        }
        // A profile that was put back while its clock stood still gives a stamp twice: what comes second is later.
        while stored.is_some_and(|record| has_other(record, op, stamp)) {
            stamp = stamp.next(stamp.ms, stamp.device);
        }
        let stamp = (stamp != op.stamp).then_some(stamp);
        let merged = match stamp {
            Some(stamp) => merge(stored, &Op { stamp, ..op.clone() }),
            None => merge(stored, op),
        };
        let changed = Changed {
            before: before.and_then(|changed| changed.before.clone()),
            clean: merged.clean && before.is_none_or(|changed| changed.clean),
            record: merged.record,
        };
        let outcome = if merged.applied { OpOutcome::Applied } else { OpOutcome::Superseded };
        let reason = ahead.then_some("手机时间比办公室快，已按办公室的时间排序");
        (changed, OpResult { stamp, ..result(op.id, outcome, reason) })
    }

    fn put(&mut self, changed: Changed) {
        self.touched.insert(changed.record.id);
        self.records.insert(changed.record.id, changed);
    }
}

/// Whether a record has another value with this stamp in a field that the op changes.
fn has_other(record: &Record, op: &Op, stamp: Stamp) -> bool {
    op.changes.iter().any(|(name, change)| {
        let contested = record.contested.get(name).into_iter().flatten();
        let mut known = record.fields.get(name).into_iter().chain(contested);
        known.any(|field| field.stamp == stamp && field.value != change.value)
    })
}

impl Past {
    /// The answer to an op that came before; `taken` where it was merged.
    fn answer(&self, op: &Op, digest: OpDigest, taken: OpOutcome) -> OpResult {
        let id = op.id;
        if self.digest != digest {
            return rejected(id, "同一编号已有不同内容，请导出这条记录交办公室");
        }
        match &self.verdict {
            Verdict::Taken => OpResult { stamp: self.stamp, ..result(id, taken, None) },
            Verdict::Quarantined { reason } => result(id, OpOutcome::Quarantined, Some(reason)),
            Verdict::Refused { reason } => rejected(id, reason),
        }
    }
}

/// The answer to an op that can't be taken.
pub fn rejected(id: OpId, reason: &str) -> OpResult {
    result(id, OpOutcome::Rejected, Some(reason))
}

fn result(op: OpId, outcome: OpOutcome, reason: Option<&str>) -> OpResult {
    OpResult { op, outcome, reason: reason.map(str::to_owned), stamp: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::DeviceId,
        record::{Class, diff},
        rights::Place,
    };
    use serde_json::json;

    #[test]
    fn what_was_registered_twice_is_merged_by_a_lead_alone() {
        let village = "411502001003";
        let channel: Channel = format!("{village}-02/general").parse().expect("a channel");
        let grant = |role, place: Place| Grant::new(role, place, vec![Class::General]).expect("a grant");
        let worker = [grant(Role::GridWorker, Place::Grid(channel.grid.clone()))];
        let lead = [grant(Role::VillageLead, village.parse().expect("a place"))];
        let take = |grants: &[Grant], view: &serde_json::Value, n: u64| {
            let (id, stamp) = (OpId::new(n, [1; 10]), Stamp { ms: n, counter: 0, device: DeviceId(1) });
            let (kind, by, changes) = (Kind::Household, Name::default(), diff(None, view));
            let op = Op { id, record: RecordId::new(1, [1; 10]), kind, channel: channel.clone(), stamp, by, changes };
            Intake::default().take(op, &Sender { name: "王芳", grants, now_ms: 1_000 })
        };
        let merged = json!({"number": "001", "head": "李明", SAME_AS: RecordId::new(2, [2; 10])});
        let outcomes = [&worker, &lead].map(|grants| take(grants, &merged, 5).outcome);
        assert_eq!(outcomes, [OpOutcome::Quarantined, OpOutcome::Applied]);
        let plain = json!({"number": "001", "head": "李明"});
        assert_eq!(take(&worker, &plain, 6).outcome, OpOutcome::Applied, "the rest of it is anybody's");
        let nameless = take(&worker, &json!({"number": "001"}), 7);
        assert_eq!(nameless.reason.as_deref(), Some("请填写户主，已交主管核对"));
    }

    #[test]
    fn a_stamp_that_a_phone_gives_twice_is_told_apart() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let grants = [Grant::grid_worker(channel.grid.clone())];
        let op = |n: u64, head: &str| {
            let (id, stamp) = (OpId::new(n, [1; 10]), Stamp { ms: 5, counter: 0, device: DeviceId(1) });
            let view = json!({"number": "001", "head": head});
            let (kind, by, changes) = (Kind::Household, Name::default(), diff(None, &view));
            Op { id, record: RecordId::new(1, [1; 10]), kind, channel: channel.clone(), stamp, by, changes }
        };
        let mut intake = Intake::default();
        let mut take = |op| intake.take(op, &Sender { name: "王芳", grants: &grants, now_ms: 1_000 });
        assert_eq!(take(op(1, "李明")).stamp, None);
        assert_eq!(take(op(2, "李明")).stamp, None, "the same words");
        let second = take(op(3, "李大明"));
        assert_eq!((second.outcome, second.reason), (OpOutcome::Applied, None), "what comes second is later");
        assert_eq!(second.stamp, Some(Stamp { ms: 5, counter: 1, device: DeviceId(1) }));
    }

    #[test]
    fn a_visit_put_off_by_a_phone_with_a_wrong_clock_is_set_aside() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let grants = [Grant::grid_worker(channel.grid.clone())];
        let now_ms = 1_795_406_400_000; // 2026-11-23 12:00 in China
        let outcome = |postponed: &str| {
            let (id, stamp) = (OpId::new(5, [1; 10]), Stamp { ms: now_ms, counter: 0, device: DeviceId(1) });
            let view = json!({"number": "001", "head": "李明", "postponed": postponed});
            let (kind, by, changes) = (Kind::Household, Name::default(), diff(None, &view));
            let op = Op { id, record: RecordId::new(1, [1; 10]), kind, channel: channel.clone(), stamp, by, changes };
            Intake::default().take(op, &Sender { name: "王芳", grants: &grants, now_ms }).outcome
        };
        for (postponed, expected) in [
            ("2026-12-23 harvest 1795406400000", OpOutcome::Applied),
            ("2026-12-24 harvest 1795406400000", OpOutcome::Quarantined),
            ("2027-11-30 harvest 1826942400000", OpOutcome::Quarantined),
            ("2026-12-03 nothing 1795406400000", OpOutcome::Quarantined),
            ("soon", OpOutcome::Quarantined),
        ] {
            assert_eq!(outcome(postponed), expected, "{postponed}");
        }
    }

    #[test]
    fn a_household_from_before_a_rule_is_still_ordered_and_moved_and_what_is_changed_now_keeps_the_rule() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let grants = [Grant::grid_worker(channel.grid.clone())];
        let op = |n: u64, changes: &serde_json::Value| {
            let (id, stamp) = (OpId::new(n, [1; 10]), Stamp { ms: n, counter: 0, device: DeviceId(1) });
            let (kind, by, changes) = (Kind::Household, Name::default(), diff(None, changes));
            Op { id, record: RecordId::new(1, [1; 10]), kind, channel: channel.clone(), stamp, by, changes }
        };
        let old = merge(None, &op(1, &json!({"number": "001", "phone": "见村委"}))).record;
        let outcome = |changes: &serde_json::Value| {
            let mut intake = Intake::new([], [(old.clone(), 1)], []);
            intake.take(op(2, changes), &Sender { name: "王芳", grants: &grants, now_ms: 1_000 }).outcome
        };
        assert_eq!(outcome(&json!({"order": 5})), OpOutcome::Applied, "it has no head, and a phone that is none");
        assert_eq!(outcome(&json!({"head": "李明"})), OpOutcome::Applied);
        assert_eq!(outcome(&json!({"number": " "})), OpOutcome::Quarantined);
    }
}
