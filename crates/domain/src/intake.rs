//! Decides which ops of phones the server accepts: who may do what, whole records, and steps that follow from their file. An op
//! that is not accepted waits for a supervisor, with the reason.

use crate::{
    care::CareFile,
    case::{Case, book::CaseFile},
    day,
    dispute::{DisputeFile, file::presses},
    field_rights, form,
    office::duties::{self, Duty},
    photo::Photo,
    record::{Channel, Fieldwork, Kind, MOVED, Record, WITHDRAWN},
    report::Report,
    rights::{self, Action, Grant, Role},
    roster::{
        household::{Household, POSTPONED},
        resident::Resident,
    },
    visit::Visit,
};
use ruhu_sync::{RecordChannel, RecordId, Schema, intake::Proposal, merge::merge};
use std::borrow::Cow;

pub use ruhu_sync::intake::{Incident, MAX_OP, OpDigest, Past, Policy, Unacceptable, Verdict, rejected};

/// Who sends ops, and when.
pub type Sender<'a> = ruhu_sync::intake::Sender<'a, Fieldwork>;

/// An op for the history.
pub type Kept = ruhu_sync::intake::Kept<Fieldwork>;

/// A record that changed.
pub type Changed = ruhu_sync::intake::Changed<Fieldwork>;

/// The changes in a channel.
pub type Changes = ruhu_sync::intake::Changes<Fieldwork>;

/// A batch being taken in.
pub type Intake = ruhu_sync::intake::Intake<Fieldwork>;

impl Schema for Fieldwork {
    type Kind = Kind;
    type Channel = Channel;
    type Role = Role;
}

impl Policy for Fieldwork {
    type Grant = Grant;

    fn may_carry(grants: &[Grant], channel: &Channel) -> bool {
        rights::allows(grants, Action::Carry, channel)
    }

    fn check(proposal: &Proposal<'_, Self>) -> Result<(), Cow<'static, str>> {
        let Proposal { op, stored, merged, intake, sender } = *proposal;
        let channel = &proposal.channel();
        // Who presses from above saves nothing else there: whether they may is asked with the step.
        let pressing = stored.is_none() && presses(op);
        if !pressing && !rights::allows(sender.grants, Action::Save, channel) {
            return Err("没有这个网格的权限，已交主管核对".into());
        }
        if op.changes.contains_key(MOVED) {
            if op.kind.head().is_some() {
                return Err("卷宗留在登记它的网格，不能移走，已交主管核对".into());
            }
            let to = op.moves_to().map(|to| intake.current(&to).clone());
            let Some(to) = to.filter(|to| channel.leads_to(to)) else {
                return Err("只能移到同一个县（市、区）的网格，已交主管核对".into());
            };
            if !rights::allows(sender.grants, Action::Save, &to) {
                return Err("您没有要移到的那个网格的权限，已交主管核对".into());
            }
        }
        // To a household in another grid. What is new there goes along with one that moved without the sender's knowing.
        let home = op.home().and_then(|home| intake.home(home));
        let unknown = |home: &Record| stored.is_none() && intake.has_left(home.id, channel);
        let away = home.filter(|home| home.channel != *channel && !unknown(home));
        if away.is_some_and(|home| !rights::allows(sender.grants, Action::Save, &home.channel)) {
            return Err("您没有那一户所在网格的权限，已交主管核对".into());
        }
        let named = op.changes.keys().map(|name| name.as_str());
        field_rights::check(sender.grants, &op.kind, channel, named).map_err(|why| format!("{why}，已交主管核对"))?;
        if stored.is_some_and(|record| record.kind != op.kind) {
            return Err("记录类型前后不一致，已交主管核对".into());
        }
        if intake.is_gone(op.record) {
            return Err("这条记录在办公室已清除，已交主管核对".into());
        }
        if op.parent().is_some_and(|head| intake.is_gone(head)) {
            return Err("这条记录所属的卷宗在办公室已清除，已交主管核对".into());
        }
        let known = !matches!(op.kind, Kind::Other(_));
        if known && op.kind.class() != channel.class {
            return Err("这条记录放错了类别，已交主管核对".into());
        }
        if op.kind.is_step() {
            check_step(proposal)?;
        }
        if let Some(why) = closed(proposal) {
            return Err(format!("{why}，已交主管核对").into());
        }
        if op.kind == Kind::Visit && merged.view::<Visit>().is_none() {
            return Err("走访记录内容不完整，已交主管核对".into());
        }
        if op.kind == Kind::Photo && !Photo::of(merged).is_some_and(|photo| photo.is_sound()) {
            return Err("照片的登记不完整，已交主管核对".into());
        }
        let of = (op.kind == Kind::Photo && stored.is_none()).then(|| op.parent()).flatten();
        if of.is_some_and(|of| intake.record(of).is_none_or(|of| of.channel != *channel)) {
            return Err("照片所属的记录还没有收下，已交主管核对".into());
        }
        let household = (op.kind == Kind::Household).then(|| merged.view::<Household>());
        let resident = (op.kind == Kind::Resident).then(|| merged.view::<Resident>());
        if !merged.withdrawn() && (household == Some(None) || resident == Some(None)) {
            return Err("户或居民的登记有一项读不出来，已交主管核对".into());
        }
        let later = household.flatten().and_then(|household| household.postponed);
        if op.changes.contains_key(POSTPONED) && later.is_some_and(|later| !later.is_sound(sender.now_ms)) {
            return Err("改期的日期不对，请核对手机的时间，已交主管核对".into());
        }
        if !merged.withdrawn() && !form::fields(&op.kind).is_empty() {
            let values = merged.fields.iter().map(|(name, field)| (name.to_string(), field.value.clone()));
            let values = values.collect();
            // A household, a resident or a visit may be from before a rule: only what is changed now has to keep it.
            let before = matches!(op.kind, Kind::Household | Kind::Resident) && stored.is_some();
            let checked = if before || op.kind == Kind::Visit {
                form::check_fields(&op.kind, &values, |name| op.changes.contains_key(name))
            } else {
                form::check(&op.kind, &values)
            };
            checked.map_err(|wrong| format!("{}，已交主管核对", wrong.words))?;
        }
        Ok(())
    }

    fn words(incident: Incident) -> &'static str {
        match incident {
            Incident::TooLarge => "这条记录太大，请缩短文字后再保存",
            Incident::IdReused => "同一编号已有不同内容，请导出这条记录交办公室",
            Incident::ClockAhead => "手机时间比办公室快，已按办公室的时间排序",
            Incident::Malformed => "这条记录的格式有误，办公室无法读取",
            Incident::RecordTooLarge => "这条记录累计的内容太多，没有合并进去，已交主管核对",
            Incident::Unreadable => "这条记录在办公室读不出来，已交主管核对，请告诉管理员",
        }
    }
}

/// A file, as far as it came.
fn file<F: CaseFile>(intake: &Intake, id: RecordId) -> Option<F> {
    let head = intake.record(id).filter(|record| F::HEADS.contains(&record.kind))?;
    F::gather(head, intake.records().filter(|record| record.parent() == Some(id)))
}

/// Returns why a record of a dispute's file may not be written any more; none where it may.
fn closed(proposal: &Proposal<'_, Fieldwork>) -> Option<&'static str> {
    let Proposal { op, stored, intake, .. } = *proposal;
    if op.kind.head() != Some(Kind::Dispute) {
        return None;
    }
    let own = (op.kind == Kind::Dispute).then_some(op.record);
    let head = own.or_else(|| op.parent()).or_else(|| stored?.parent())?;
    file::<DisputeFile>(intake, head)?.closed_to(&op.kind, op.changes.keys().map(|name| name.as_str()))
}

/// A step follows from the file as it is here, and is its sender's to take. It is not changed afterwards, but the
/// last one may be taken back.
fn check_step(proposal: &Proposal<'_, Fieldwork>) -> Result<(), Cow<'static, str>> {
    match proposal.op.kind {
        Kind::CareStep => check_step_of::<CareFile>(proposal),
        Kind::HazardStep | Kind::RequestStep => check_step_of::<Report>(proposal),
        _ => check_step_of::<DisputeFile>(proposal),
    }
}

fn check_step_of<C: Case>(proposal: &Proposal<'_, Fieldwork>) -> Result<(), Cow<'static, str>> {
    let Proposal { op, stored, intake, sender, .. } = *proposal;
    let channel = &proposal.channel();
    if let Some(stored) = stored {
        let last = stored.parent().and_then(|id| Some(file::<C>(intake, id)?.history().next_back()?.id));
        let taken_back = op.changes.keys().all(|name| name == WITHDRAWN) && last == Some(op.record);
        return taken_back.then_some(()).ok_or("办过的步骤不能改，只能撤销最后一步，已交主管核对".into());
    }
    let at_home = |id: &RecordId| intake.record(*id).is_some_and(|head| head.channel == *channel);
    let Some(id) = op.parent().filter(at_home) else {
        return Err("没有找到这一步所属的卷宗，已交主管核对".into());
    };
    let record = merge(None, op).record;
    let (Some(file), Some(taken)) = (file::<C>(intake, id), record.view::<C::StepRecord>()) else {
        return Err("步骤内容不完整，已交主管核对".into());
    };
    let roles = if presses(op) {
        duties::roles(sender.grants, Duty::Late, &channel.grid)
    } else {
        rights::roles(sender.grants, channel)
    };
    let on = day::day(record.created.at.cast_signed());
    file.check(&taken, &roles, sender.name, on).map_err(|why| format!("{why}，已交主管核对").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{Class, Name, Op, diff},
        rights::Place,
        roster::merged::SAME_AS,
        wire::OpOutcome,
    };
    use ruhu_sync::{DeviceId, OpId, Stamp};
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
