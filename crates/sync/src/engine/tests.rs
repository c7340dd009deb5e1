use super::*;
use crate::{
    record::{Field, MOVED},
    testing::{Channel, Class, Kind, NoteRecord as Record, Notes},
    wire::{Carried, MAX_OP_BYTES, MAX_OPS, OpOutcome, OpResult, Position, read_answer},
};
use serde_json::{Map, Value, json};

type Engine = super::Engine<Notes>;
type Head = super::Head<Notes>;
type Plan = super::Plan<Notes>;
type Table = super::Table<Class>;
type Left = crate::wire::Left<Notes>;
type Page = crate::wire::Page<Notes>;
type SyncRequest = crate::wire::SyncRequest<Notes>;
type SyncResponse = crate::wire::SyncResponse<Notes>;

const NOW: u64 = 1_790_000_000_000;
const DAY_MS: u64 = 86_400_000;

fn channel() -> Channel {
    "north-02/open".parse().expect("a channel")
}

/// A phone: the engine and what its storage holds.
struct Phone {
    engine: Engine,
    stored: BTreeMap<(Table, String), Vec<u8>>,
    edits: u8,
}

impl Phone {
    fn new(device: u64) -> Self {
        let head = Head::new(DeviceId(device), format!("{device}"), Vec::new());
        let engine = Engine::load(head, &Snapshot::default()).expect("an empty store");
        Self { engine, stored: BTreeMap::new(), edits: 0 }
    }

    fn carry_out(&mut self, plan: Plan) {
        for write in plan.writes {
            match write {
                Write::Check(table, key, value) => {
                    assert_eq!(self.stored.get(&(table, key)), value.as_ref(), "nobody else writes here");
                }
                Write::CheckKeys(..) => unreachable!("the engine plans none"),
                Write::Put(table, key, value) => drop(self.stored.insert((table, key), value)),
                Write::Delete(table, key) => drop(self.stored.remove(&(table, key))),
                Write::Clear(table) => self.stored.retain(|(of, _), _| *of != table),
            }
        }
        self.engine.apply(plan.delta);
    }

    fn edit(&mut self, record: RecordId, after: &Value, now: u64) -> OpId {
        self.edits += 1;
        let moment = Moment { now_ms: now, random: [self.edits; 10] };
        let plan = self.engine.plan_edit(record, Kind::Note, channel(), after, moment).expect("a change");
        let id = plan.delta.queued[0].op.id;
        self.carry_out(plan);
        id
    }

    fn answer(&mut self, response: SyncResponse) {
        let plan = self.engine.plan_answer(self.engine.head.epoch.as_deref(), response, NOW);
        self.carry_out(plan);
    }

    /// The phone after its browser was killed and started again.
    fn restarted(&self) -> Self {
        let head = self.stored.get(&(Table::Meta, HEAD.to_owned()));
        let head = head.map_or_else(
            || Head::new(self.engine.head.device, self.engine.head.by.clone(), Vec::new()),
            |bytes| serde_json::from_slice(bytes).expect("a head"),
        );
        let mut stored = Snapshot::default();
        let own = [Table::Meta, Table::Outbox, Table::Cursors];
        for table in own.into_iter().chain(Class::ALL.iter().copied().map(Table::Segments)) {
            let of_table = self.stored.iter().filter(|((of, _), _)| *of == table);
            stored.put(table, of_table.map(|((_, key), value)| (key.clone(), value.clone())).collect());
        }
        let engine = Engine::load(head, &stored).expect("what was stored can be read");
        Self { engine, stored: self.stored.clone(), edits: self.edits }
    }

    /// The first request of a pass.
    fn request(&self) -> SyncRequest {
        self.engine.depart(&mut Pass::new("test", 100, MAX_OPS)).expect("a pass begins with a request").1
    }

    fn waiting(&self) -> usize {
        self.request().ops.len()
    }

    fn value(&self, record: RecordId, field: &str) -> Value {
        self.engine
            .record(record)
            .and_then(|record| record.fields.get(field))
            .map_or(Value::Null, |field| field.value.clone())
    }
}

fn record(n: u64) -> RecordId {
    RecordId::new(n, [n as u8; 10])
}

fn response(results: &[(OpId, OpOutcome)], records: Vec<Record>, next: u64) -> SyncResponse {
    SyncResponse {
        now: NOW,
        epoch: "e1".into(),
        results: results
            .iter()
            .map(|(op, outcome)| OpResult { op: *op, outcome: *outcome, reason: Some("原因".into()), stamp: None })
            .collect(),
        channels: vec![page(records, next)],
        grants: vec![Carried { channel: channel(), name: "第2网格".into(), roles: Vec::new() }],
        written: BTreeMap::new(),
        unreadable: BTreeMap::new(),
    }
}

fn page(records: Vec<Record>, next: u64) -> Page {
    let next = Position { next, generation: 0 };
    Page { channel: channel(), records, left: Vec::new(), after: 0, next, more: false, reset: false, run: 0 }
}

#[test]
fn a_saved_visit_is_there_after_a_restart_and_waits_for_the_office() {
    let mut phone = Phone::new(1);
    phone.edit(record(1), &json!({"found": "都好"}), NOW);
    let phone = phone.restarted();
    assert_eq!(phone.value(record(1), "found"), json!("都好"));
    assert!(!phone.engine.at_office(record(1)));
    assert_eq!(phone.request().ops.len(), 1);
}

#[test]
fn an_op_is_forgotten_only_when_the_answer_names_it() {
    let mut phone = Phone::new(1);
    let first = phone.edit(record(1), &json!({"found": "一"}), NOW);
    let second = phone.edit(record(2), &json!({"found": "二"}), NOW);
    phone.answer(response(&[(first, OpOutcome::Applied)], vec![], 1));
    assert!(phone.engine.at_office(record(1)));
    assert!(!phone.engine.at_office(record(2)));
    let phone = phone.restarted();
    assert_eq!(phone.request().ops.iter().map(|op| op.id).collect::<Vec<_>>(), [second]);
    assert_eq!(phone.value(record(1), "found"), json!("一"), "what the office has stays on the phone");
}

#[test]
fn a_pass_sends_each_op_once_and_two_of_one_record_one_after_the_other() {
    let mut phone = Phone::new(1);
    let ids: Vec<OpId> =
        (0..3).map(|n| phone.edit(record(n), &json!({"found": "长".repeat(MAX_OP_BYTES / 4)}), NOW)).collect();
    let again = phone.edit(record(1), &json!({"found": "又"}), NOW);
    let mut pass = Pass::new("test", 100, MAX_OPS);
    let (first, request) = phone.engine.depart(&mut pass).expect("a first request");
    assert_eq!((request.ops[0].id, request.ops.len(), request.limit), (ids[0], 1, 0), "what was pushed is not pulled");
    let (second, request) = phone.engine.depart(&mut pass).expect("the next, meanwhile");
    assert_eq!((request.ops[0].id, request.ops.len(), request.limit), (ids[1], 1, 0), "it only pushes");
    assert!(phone.engine.depart(&mut pass).is_none(), "there are enough on their way");
    let plan = phone.engine.plan_answer(None, response(&[(ids[0], OpOutcome::Applied)], vec![], 7), NOW);
    pass.land(first);
    let (third, request) = phone.engine.depart(&mut pass).expect("the rest, while the answer is taken in");
    pass.landed(&plan.delta);
    phone.carry_out(plan);
    let sent: Vec<OpId> = request.ops.iter().map(|op| op.id).collect();
    assert_eq!(sent, [ids[2]], "not the second edit of a record whose first is on its way");
    let plan = phone.engine.plan_answer(None, response(&[(ids[2], OpOutcome::Applied)], vec![], 8), NOW);
    pass.land(third);
    assert!(phone.engine.depart(&mut pass).is_none(), "nothing more, and no pull, while an answer is taken in");
    pass.landed(&plan.delta);
    phone.carry_out(plan);
    pass.land(second);
    let (last, request) = phone.engine.depart(&mut pass).expect("the second edit of a record");
    let plan = phone.engine.plan_answer(None, response(&[(ids[1], OpOutcome::Applied)], vec![], 9), NOW);
    pass.landed(&plan.delta);
    phone.carry_out(plan);
    assert_eq!((request.ops[0].id, request.ops.len()), (again, 1));
    pass.land(last);
    pass.landed(&Delta::<Notes>::default());
    let (pull, request) = phone.engine.depart(&mut pass).expect("all is pushed: what is new is pulled");
    assert_eq!((request.ops.len(), request.limit), (0, 100));
    pass.land(pull);
    pass.landed(&Delta::<Notes>::default());
    assert!(phone.engine.depart(&mut pass).is_none(), "a server that names nothing is not asked without end");
}

#[test]
fn one_request_pushes_and_pulls_where_it_holds_all() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "一"}), NOW);
    let mut pass = Pass::new("test", 100, MAX_OPS);
    let (only, request) = phone.engine.depart(&mut pass).expect("a request");
    assert_eq!((request.ops[0].id, request.ops.len(), request.limit), (op, 1, 100));
    let plan = phone.engine.plan_answer(None, response(&[(op, OpOutcome::Applied)], vec![], 1), NOW);
    pass.land(only);
    pass.landed(&plan.delta);
    phone.carry_out(plan);
    assert!(phone.engine.depart(&mut pass).is_none());
}

#[test]
fn what_was_pushed_before_the_first_pull_is_forgotten_with_a_server_that_lost_it() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "一"}), NOW);
    let pushed = |now, epoch: &str, results: &[(OpId, OpOutcome)]| SyncResponse {
        now,
        epoch: epoch.into(),
        channels: Vec::new(),
        ..response(results, vec![], 0)
    };
    phone.answer(pushed(NOW, "e1", &[(op, OpOutcome::Applied)]));
    for day in 1..=KEEP_MS / DAY_MS + 1 {
        phone.answer(pushed(NOW + day * DAY_MS, "e1", &[]));
    }
    let sweep = phone.engine.plan_sweep().expect("it was acknowledged long ago");
    phone.carry_out(sweep);
    phone.answer(pushed(NOW + 2 * KEEP_MS, "e2", &[]));
    assert!(phone.engine.record(record(1)).is_some(), "it stays to be seen until the new pull is through");
    phone.answer(SyncResponse { epoch: "e2".into(), ..response(&[], vec![], 0) });
    assert!(phone.engine.record(record(1)).is_none());
}

#[test]
fn what_is_in_one_file_is_never_on_its_way_in_two_requests() {
    let mut phone = Phone::new(1);
    let put = |phone: &mut Phone, n: u64, kind: Kind, view: &Value| {
        let channel: Channel = "north-02/secret".parse().expect("a channel");
        let moment = Moment { now_ms: NOW, random: [u8::try_from(n).expect("small"); 10] };
        let plan = phone.engine.plan_edit(record(n), kind, channel, view, moment).expect("a change");
        phone.carry_out(plan);
    };
    put(&mut phone, 1, Kind::Case, &json!({"name": "赵桂兰"}));
    put(&mut phone, 3, Kind::Step, &json!({"case": record(1), "step": "pause"}));
    put(&mut phone, 2, Kind::Case, &json!({"name": "陈静"}));
    let mut pass = Pass::new("test", 100, 1);
    let mut sent = || phone.engine.depart(&mut pass).map(|(_, request)| request.ops[0].record);
    assert_eq!([sent(), sent()], [Some(record(1)), Some(record(2))], "the step waits for its case, and another goes");
}

#[test]
fn where_passes_break_off_requests_get_smaller_and_larger_again_as_they_go_through() {
    let mut pace = Pace::default();
    assert_eq!(pace.most(), MAX_OPS);
    let mut sizes = Vec::new();
    for _ in 0..4 {
        pace = pace.broke_off();
        sizes.push(pace.most());
    }
    assert_eq!(sizes, [250, 62, 50, 50], "small enough for the slowest connection, and never none");
    let through = (0..6).map(|_| {
        pace = pace.went_through();
        pace.most()
    });
    assert_eq!(through.collect::<Vec<_>>(), [100, 200, 400, 800, MAX_OPS, MAX_OPS]);
    // A request takes as many as the pace says.
    let mut phone = Phone::new(1);
    for n in 0..120 {
        phone.edit(record(n), &json!({"found": "好"}), NOW);
    }
    let mut pass = Pass::new("test", 100, Pace::default().broke_off().broke_off().most());
    assert_eq!(phone.engine.depart(&mut pass).expect("a request").1.ops.len(), 62);
}

#[test]
fn a_batch_that_is_too_large_goes_in_halves_and_one_op_too_large_is_set_aside() {
    let mut phone = Phone::new(1);
    for n in 0..4 {
        phone.edit(record(n), &json!({"found": "好"}), NOW);
    }
    let mut pass = Pass::new("test", 100, MAX_OPS);
    let mut sizes = Vec::new();
    let stuck = loop {
        let (number, request) = phone.engine.depart(&mut pass).expect("a request");
        sizes.push(request.ops.len());
        if let Some(op) = pass.too_large(number) {
            break op;
        }
    };
    assert_eq!(sizes, [4, 2, 1]);
    let plan = phone.engine.plan_set_aside(stuck, "太大").expect("it is queued");
    phone.carry_out(plan);
    assert_eq!(phone.waiting(), 3, "the others go on");
}

#[test]
fn an_edit_made_while_the_earlier_one_was_on_its_way_stays_queued() {
    let mut phone = Phone::new(1);
    let first = phone.edit(record(1), &json!({"found": "一"}), NOW);
    let request = phone.request();
    phone.edit(record(1), &json!({"found": "二"}), NOW);
    assert_eq!(request.ops.len(), 1);
    phone.answer(response(&[(first, OpOutcome::Applied)], vec![], 1));
    assert_eq!(phone.value(record(1), "found"), json!("二"));
    assert!(!phone.engine.at_office(record(1)));
}

#[test]
fn a_pull_does_not_overwrite_an_edit_that_is_not_acknowledged() {
    let (mut phone, mut other) = (Phone::new(1), Phone::new(2));
    other.edit(record(1), &json!({"found": "旧", "done": "办"}), NOW - 10);
    let at_office = other.engine.record(record(1)).expect("it was saved").as_ref().clone();
    phone.edit(record(1), &json!({"found": "新"}), NOW);
    phone.answer(response(&[], vec![at_office], 1));
    assert_eq!(phone.value(record(1), "found"), json!("新"));
    assert_eq!(phone.value(record(1), "done"), json!("办"));
    let merged = phone.engine.record(record(1)).expect("a record");
    assert_eq!(merged.contested["found"][0].value, json!("旧"), "neither had seen the other's: both are kept");
}

#[test]
fn a_refused_op_is_set_aside_and_holds_up_nothing() {
    let mut phone = Phone::new(1);
    let bad = phone.edit(record(1), &json!({"found": "坏"}), NOW);
    let good = phone.edit(record(2), &json!({"found": "好"}), NOW);
    phone.answer(response(&[(bad, OpOutcome::Rejected), (good, OpOutcome::Applied)], vec![], 1));
    assert_eq!(phone.waiting(), 0);
    let queued: Vec<_> = phone.engine.outbox().map(|queued| queued.state.clone()).collect();
    assert_eq!(queued, [QueuedState::SetAside { reason: "原因".into() }]);
    assert_eq!(phone.value(record(1), "found"), json!("坏"), "what was written stays to be read");
    let retry = phone.engine.plan_retry(bad).expect("it can be sent again");
    phone.carry_out(retry);
    assert_eq!(phone.restarted().request().ops[0].id, bad);
}

#[test]
fn a_request_keeps_to_its_limits_but_always_carries_one_op() {
    let mut phone = Phone::new(1);
    for n in 0..3 {
        phone.edit(record(n), &json!({"found": "长".repeat(MAX_OP_BYTES / 3)}), NOW);
    }
    assert_eq!(phone.request().ops.len(), 1);
}

#[test]
fn stamps_never_go_back_across_restarts_and_clock_jumps() {
    let mut phone = Phone::new(1);
    let first = phone.edit(record(1), &json!({"found": "一"}), NOW);
    let before = phone.engine.head.last;
    phone.answer(response(&[(first, OpOutcome::Applied)], vec![], 1));
    let mut phone = phone.restarted();
    phone.edit(record(1), &json!({"found": "二"}), 1_000);
    assert!(phone.engine.head.last > before, "{} after {before}", phone.engine.head.last);
    assert_eq!(phone.value(record(1), "found"), json!("二"));
}

/// A record as another device left it at the office.
fn at_office(id: u64, found: &str) -> Record {
    let mut other = Phone::new(9);
    other.edit(record(id), &json!({"found": found}), NOW - 1_000);
    other.engine.record(record(id)).expect("it was saved").as_ref().clone()
}

#[test]
fn a_restored_server_gets_lately_acknowledged_ops_again_and_is_pulled_from_the_beginning() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "好"}), NOW);
    let old = vec![at_office(2, "旧"), at_office(3, "没了")];
    phone.answer(response(&[(op, OpOutcome::Applied)], old, 40));
    assert_eq!((phone.waiting(), phone.request().cursors[&channel()].next), (0, 40));

    let first = Page { more: true, ..page(vec![at_office(2, "旧")], 1) };
    phone.answer(SyncResponse { epoch: "e2".into(), channels: vec![first], ..response(&[], vec![], 0) });
    let mut phone = phone.restarted();
    let request = phone.request();
    assert_eq!((request.epoch.as_deref(), request.cursors[&channel()].next), (Some("e2"), 1));
    assert_eq!(request.ops.iter().map(|op| op.id).collect::<Vec<_>>(), [op], "the backup may not have it");
    assert_eq!(phone.value(record(3), "found"), json!("没了"), "what is on the phone can be read meanwhile");

    let epoch = || "e2".to_owned();
    phone.answer(SyncResponse { epoch: epoch(), ..response(&[(op, OpOutcome::Applied)], vec![], 5) });
    let phone = phone.restarted();
    assert_eq!(phone.waiting(), 0);
    assert_eq!((phone.value(record(1), "found"), phone.value(record(2), "found")), (json!("好"), json!("旧")));
    assert_eq!(phone.value(record(3), "found"), Value::Null, "the office no longer has it");
}

#[test]
fn an_answer_from_before_a_restore_that_is_noticed_already_changes_nothing() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "好"}), NOW);
    phone.answer(SyncResponse { epoch: "e2".into(), ..response(&[], vec![], 1) });
    let late = phone.engine.plan_answer(None, response(&[(op, OpOutcome::Applied)], vec![], 9), NOW);
    assert!(late.writes.is_empty() && late.delta.again);
    phone.carry_out(late);
    assert_eq!((phone.waiting(), phone.request().epoch.as_deref()), (1, Some("e2")));
}

#[test]
fn a_phone_that_was_away_while_the_server_purged_forgets_what_is_gone() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一"), at_office(2, "二")], 40));
    let next = Position { next: 90, generation: 1 };
    let reset = Page { next, reset: true, ..page(vec![at_office(2, "二")], 0) };
    phone.answer(SyncResponse { channels: vec![reset], ..response(&[], vec![], 0) });
    let phone = phone.restarted();
    assert_eq!((phone.value(record(1), "found"), phone.value(record(2), "found")), (Value::Null, json!("二")));
    assert_eq!(phone.request().cursors[&channel()], next);
}

#[test]
fn what_the_office_erased_is_nowhere_on_the_phone_any_more() {
    let mut phone = Phone::new(1);
    let erased = phone.edit(record(1), &json!({"found": "要删的"}), NOW);
    let kept = phone.edit(record(2), &json!({"found": "留下的"}), NOW);
    phone.answer(response(&[(erased, OpOutcome::Applied), (kept, OpOutcome::Applied)], vec![], 2));
    let next = Position { next: 3, generation: 1 };
    let reset = Page { next, reset: true, ..page(vec![at_office(2, "留下的")], 0) };
    phone.answer(SyncResponse { now: NOW + 1, channels: vec![reset], ..response(&[], vec![], 0) });
    let late = phone.edit(record(1), &json!({"found": "要删的又写了"}), NOW);
    phone.answer(SyncResponse { channels: vec![], ..response(&[(late, OpOutcome::Gone)], vec![], 0) });
    let stored = |words: &str| phone.stored.values().any(|value| String::from_utf8_lossy(value).contains(words));
    assert!(!stored("要删的"));
    assert!(stored("留下的"));
    assert_eq!(phone.restarted().value(record(2), "found"), json!("留下的"));
}

#[test]
fn a_save_that_the_office_acknowledged_after_it_wrote_a_page_is_not_erased_by_that_page() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "后到的"}), NOW);
    phone.answer(SyncResponse { now: NOW + 1, ..response(&[(op, OpOutcome::Applied)], vec![], 2) });
    // The answer to an earlier request comes later: it begins anew, and knows nothing of the save.
    let next = Position { next: 3, generation: 1 };
    phone.answer(SyncResponse {
        channels: vec![Page { next, reset: true, ..page(vec![], 0) }],
        ..response(&[], vec![], 0)
    });
    assert!(phone.engine.acknowledged().any(|(_, kept)| kept.id == op), "it is kept for a server that is restored");
}

#[test]
fn a_page_from_before_a_purge_that_was_noticed_brings_nothing_back() {
    let mut phone = Phone::new(1);
    let next = Position { next: 90, generation: 1 };
    phone.answer(SyncResponse {
        channels: vec![Page { next, reset: true, ..page(vec![], 0) }],
        ..response(&[], vec![], 0)
    });
    phone.answer(response(&[], vec![at_office(1, "已清除")], 40));
    assert_eq!(phone.value(record(1), "found"), Value::Null);
    assert_eq!(phone.request().cursors[&channel()], next);
}

/// An answer to a phone whose worker has no right any more.
fn no_right(results: &[(OpId, OpOutcome)]) -> SyncResponse {
    SyncResponse { channels: vec![], grants: vec![], ..response(results, vec![], 0) }
}

#[test]
fn what_a_worker_lost_the_right_to_is_erased_and_what_they_saved_goes_to_the_office() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一"), at_office(2, "二")], 40));
    let op = phone.edit(record(1), &json!({"found": "离线时写的"}), NOW);
    assert_eq!(phone.waiting(), 1, "it is on its way with the next pass, right or no right");
    phone.answer(no_right(&[(op, OpOutcome::Quarantined)]));
    let phone = phone.restarted();
    assert!(phone.engine.record(record(2)).is_none(), "erased");
    assert!(
        !phone.stored.iter().any(|((table, _), value)| *table == Table::Segments(Class::Open) && contains(value, "二"))
    );
    assert_eq!(phone.value(record(1), "found"), json!("离线时写的"), "their own words are still there to see");
    assert!(phone.request().cursors.is_empty());
    assert_eq!(phone.engine.outbox().len(), 1, "until a supervisor decides");
}

fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

#[test]
fn what_is_granted_again_is_pulled_from_the_beginning() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一")], 40));
    phone.answer(no_right(&[]));
    assert!(phone.engine.record(record(1)).is_none());
    let mut phone = phone.restarted();
    assert_eq!(phone.request().cursors.get(&channel()), None, "from the beginning");
    phone.answer(response(&[], vec![at_office(1, "一")], 40));
    assert_eq!(phone.restarted().value(record(1), "found"), json!("一"));
}

#[test]
fn an_op_that_the_office_has_leaves_the_queue_of_a_worker_who_may_not_see_its_record_any_more() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "都好"}), NOW);
    phone.answer(no_right(&[(op, OpOutcome::Duplicate)]));
    assert_eq!(phone.restarted().engine.outbox().len(), 0);
}

#[test]
fn a_withdrawal_and_an_edit_at_the_same_time_are_both_kept() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一")], 40));
    phone.edit(record(1), &json!({"found": "改过"}), NOW);
    let mut withdrawn = at_office(1, "一");
    let field = Field { value: "重复".into(), stamp: Stamp { ms: NOW + 9, counter: 0, device: DeviceId(2) } };
    withdrawn.fields.insert(crate::record::WITHDRAWN.into(), field);
    phone.answer(response(&[], vec![withdrawn], 41));
    let seen = phone.engine.record(record(1)).expect("it is not gone");
    assert!(seen.withdrawn());
    assert_eq!(phone.value(record(1), "found"), json!("改过"));
    assert_eq!(phone.waiting(), 1, "and it goes to the office");
}

#[test]
fn a_server_that_lags_behind_takes_nothing_back() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "旧")], 40));
    let op = phone.edit(record(1), &json!({"found": "新"}), NOW);
    phone.answer(response(&[(op, OpOutcome::Applied)], vec![], 50));
    phone.answer(response(&[], vec![at_office(1, "旧")], 45));
    assert_eq!(phone.value(record(1), "found"), json!("新"));
    assert_eq!(phone.request().cursors[&channel()].next, 50);
}

#[test]
fn a_page_that_leaves_something_out_does_not_move_the_cursor() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![], 40));
    let gap = Page { after: 45, ..page(vec![], 50) };
    phone.answer(SyncResponse { channels: vec![gap], ..response(&[], vec![], 0) });
    assert_eq!(phone.request().cursors[&channel()].next, 40);
}

#[test]
fn an_op_merged_at_the_servers_time_is_so_on_the_phone_too() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "一年后"}), NOW + 31_536_000_000);
    let stamp = Stamp { ms: NOW, counter: 0, device: DeviceId(1) };
    let mut answer = response(&[(op, OpOutcome::Applied)], vec![], 1);
    answer.results[0].stamp = Some(stamp);
    phone.answer(answer);
    assert_eq!(phone.engine.record(record(1)).expect("a record").fields["found"].stamp, stamp);
}

#[test]
fn what_is_under_review_is_asked_about_once_a_pass() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "好"}), NOW);
    phone.answer(response(&[(op, OpOutcome::Quarantined)], vec![], 1));
    let mut pass = Pass::new("test", 100, MAX_OPS);
    assert_eq!(phone.engine.depart(&mut pass).expect("a request").1.ops[0].id, op);
    phone.answer(response(&[(op, OpOutcome::Duplicate)], vec![], 1));
    assert!(!phone.engine.at_office(record(1)), "it was accepted, but its record has not come yet");
    let mut accepted = phone.engine.record(record(1)).expect("a record").as_ref().clone();
    accepted.fields.insert("more".into(), accepted.fields["found"].clone());
    phone.answer(response(&[(op, OpOutcome::Duplicate)], vec![accepted], 2));
    assert!(phone.engine.at_office(record(1)), "the supervisor accepted it");
}

#[test]
fn a_choice_settles_a_contested_field() {
    let mut phone = Phone::new(1);
    let op = phone.edit(record(1), &json!({"found": "甲"}), NOW - 5_000);
    phone.answer(response(&[(op, OpOutcome::Applied)], vec![at_office(1, "乙")], 1));
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "乙")], 1));
    let mut contested = at_office(1, "乙");
    let loser = Field { value: json!("甲"), stamp: Stamp { ms: 5, counter: 0, device: DeviceId(3) } };
    contested.contested.insert("found".into(), vec![loser.clone()]);
    phone.answer(response(&[], vec![contested], 2));
    let moment = Moment { now_ms: NOW, random: [9; 10] };
    let plan = phone.engine.plan_choice(record(1), "found", loser.stamp, moment).expect("a choice");
    phone.carry_out(plan);
    assert_eq!(phone.value(record(1), "found"), json!("甲"));
    assert!(phone.engine.record(record(1)).expect("a record").contested.is_empty());
    assert!(phone.engine.plan_choice(record(1), "found", loser.stamp, moment).is_none(), "it is settled");
}

#[test]
fn compaction_keeps_every_record_and_the_newest_of_each() {
    let mut phone = Phone::new(1);
    for n in 0..200_u64 {
        let id = record(n % 50);
        let op = phone.edit(id, &json!({"found": format!("第{n}次")}), NOW + n);
        phone.answer(response(&[(op, OpOutcome::Applied)], vec![], n));
    }
    let before = phone.stored.keys().filter(|(table, _)| *table == Table::Segments(Class::Open)).count();
    let plan = phone.engine.plan_compaction().expect("many small segments");
    phone.carry_out(plan);
    let after = phone.stored.keys().filter(|(table, _)| *table == Table::Segments(Class::Open)).count();
    assert_eq!((before, after), (200, 1));
    assert!(phone.engine.plan_compaction().is_none(), "there is nothing more to gain");
    let phone = phone.restarted();
    assert_eq!(phone.engine.records().count(), 50);
    for n in 150..200 {
        assert_eq!(phone.value(record(n % 50), "found"), json!(format!("第{n}次")));
    }
}

#[test]
fn acknowledged_ops_are_swept_and_none_comes_back_whenever_the_phone_is_restarted() {
    let mut phone = Phone::new(1);
    let ops: Vec<OpId> = (0..40).map(|n| phone.edit(record(n), &json!({"found": "好"}), NOW + n)).collect();
    let results: Vec<_> = ops.iter().map(|op| (*op, OpOutcome::Applied)).collect();
    phone.answer(response(&results, vec![], 40));
    let entries = |phone: &Phone| phone.stored.keys().filter(|(table, _)| *table == Table::Outbox).count();
    assert_eq!((entries(&phone), phone.waiting()), (40, 0));
    let mut phone = phone.restarted();
    assert_eq!(phone.waiting(), 0, "acknowledged is acknowledged, swept or not");
    assert!(phone.engine.plan_sweep().is_none(), "a restored server may still want them");
    // A clock that jumps is no time that passed.
    phone.answer(SyncResponse { now: NOW + 2 * KEEP_MS, ..response(&[], vec![], 40) });
    assert!(phone.engine.plan_sweep().is_none(), "a restored server may still want them");
    phone.answer(response(&[], vec![], 40));
    for day in 0..=KEEP_MS / DAY_MS {
        assert!(phone.engine.plan_sweep().is_none(), "day {day}");
        phone.answer(SyncResponse { now: NOW + day * DAY_MS + 1, ..response(&[], vec![], 40) });
    }
    while let Some(plan) = phone.engine.plan_sweep() {
        phone.carry_out(plan);
        assert_eq!(phone.restarted().waiting(), 0);
    }
    assert_eq!(entries(&phone), 0);
}

#[test]
fn a_compaction_before_the_sweep_brings_no_op_back() {
    let mut phone = Phone::new(1);
    for n in 0..20 {
        let op = phone.edit(record(n), &json!({"found": "好"}), NOW + n);
        phone.answer(response(&[(op, OpOutcome::Applied)], vec![], n));
    }
    let plan = phone.engine.plan_compaction().expect("many small segments");
    phone.carry_out(plan);
    assert_eq!(phone.restarted().waiting(), 0);
}

#[test]
fn windows_that_exchange_their_deltas_know_the_same() {
    let (mut one, mut two) = (Phone::new(1), Phone::new(1));
    two.edits = 100;
    let first = one
        .engine
        .plan_edit(record(1), Kind::Note, channel(), &json!({"found": "一"}), Moment { now_ms: NOW, random: [1; 10] })
        .expect("a change");
    two.engine.apply(first.delta.clone());
    one.carry_out(first);
    let second = two
        .engine
        .plan_edit(record(1), Kind::Note, channel(), &json!({"done": "二"}), Moment { now_ms: NOW, random: [2; 10] })
        .expect("a change");
    one.engine.apply(second.delta.clone());
    two.carry_out(second);
    assert_eq!(one.engine.record(record(1)), two.engine.record(record(1)));
    assert_eq!(one.waiting(), 2);
}

#[test]
fn what_a_window_planned_before_another_wrote_is_not_written() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], Vec::new(), 0));
    let frozen = phone.restarted();
    let late = frozen.engine.plan_answer(None, response(&[], Vec::new(), 0), NOW);
    phone.answer(response(&[], Vec::new(), 0));
    let Some(Write::Check(table, key, seen)) = late.writes.first() else { panic!("it makes sure first") };
    assert_ne!(phone.stored.get(&(*table, key.clone())), seen.as_ref(), "the other window's write shows");
    let fresh = phone.restarted().engine.plan_answer(None, response(&[], Vec::new(), 0), NOW);
    assert_eq!(fresh.writes[0], Write::Check(*table, key.clone(), phone.stored.get(&(*table, key.clone())).cloned()));
}

#[test]
fn what_counts_as_written_is_what_the_storage_says() {
    let mut phone = Phone::new(1);
    let id = phone.edit(record(1), &json!({"found": "一"}), NOW);
    phone.answer(response(&[(id, OpOutcome::Applied)], vec![], 1));
    assert!(!phone.engine.is_behind(Some(b"1")));
    assert!(phone.engine.is_behind(Some(b"2")) && phone.engine.is_behind(None));
    // A phone that an earlier version of the app left without the count goes on all the same.
    phone.stored.remove(&(Table::Meta, COUNT.to_owned()));
    let mut phone = phone.restarted();
    let id = phone.edit(record(1), &json!({"found": "二"}), NOW);
    phone.answer(response(&[(id, OpOutcome::Applied)], vec![], 2));
    assert_eq!(phone.restarted().value(record(1), "found"), json!("二"));
}

fn neighbour() -> Channel {
    "north-07/open".parse().expect("a channel")
}

/// An answer that tells of a record that it moved, and where to if the phone may follow.
fn moved(id: RecordId, to: Option<Channel>, next: u64) -> SyncResponse {
    let left = vec![Left { record: id, to: to.clone() }];
    let mut answer =
        SyncResponse { channels: vec![Page { left, ..page(Vec::new(), next) }], ..response(&[], Vec::new(), 0) };
    answer.grants.extend(to.map(|channel| Carried { channel, name: "第7网格".into(), roles: Vec::new() }));
    answer
}

#[test]
fn a_record_that_moves_to_where_the_worker_may_not_follow_is_erased_and_what_waits_goes_to_the_office() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一"), at_office(2, "二")], 40));
    let op = phone.edit(record(1), &json!({"found": "离线时写的"}), NOW);
    phone.answer(moved(record(1), None, 41));
    let mut phone = phone.restarted();
    let stored = |phone: &Phone, words: &str| {
        let segments = phone.stored.iter().filter(|((table, _), _)| matches!(table, Table::Segments(_)));
        segments.map(|(_, value)| value).any(|value| contains(value, words))
    };
    assert!(!stored(&phone, "一") && stored(&phone, "二"));
    assert_eq!(phone.value(record(1), "found"), json!("离线时写的"), "their own words are still there to see");
    assert_eq!(phone.request().ops[0].id, op);
    // It was in the history before: it is acknowledged, and kept for a server that has to be restored.
    phone.answer(response(&[(op, OpOutcome::Elsewhere)], Vec::new(), 42));
    assert_eq!(phone.waiting(), 0);
    assert!(phone.engine.record(record(1)).is_none());
    assert!(phone.restarted().engine.acknowledged().any(|(_, kept)| kept.id == op));
}

#[test]
fn a_record_that_moves_within_what_the_worker_may_carry_is_never_out_of_sight() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一")], 40));
    phone.answer(moved(record(1), Some(neighbour()), 41));
    assert_eq!(phone.value(record(1), "found"), json!("一"), "before the page of the other grid comes");
    let seen = |phone: &Phone| phone.engine.record(record(1)).expect("a record").channel.clone();
    assert_eq!(seen(&phone.restarted()), neighbour());
    // The grid where it was is lost: the record is not of it any more.
    let mut answer = response(&[], Vec::new(), 0);
    answer.channels.clear();
    answer.grants[0].channel = neighbour();
    phone.answer(answer);
    assert_eq!(seen(&phone.restarted()), neighbour());
}

#[test]
fn a_worker_moves_a_record_to_another_grid_of_the_county_and_no_further() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一")], 40));
    let plan = |phone: &Phone, to: &str| {
        let after = Map::from_iter([(MOVED.to_owned(), to.into())]);
        let edit = Edit { record: record(1), kind: Kind::Note, channel: channel(), after };
        phone.engine.plan_edits(&[edit], &mut || Moment { now_ms: NOW, random: [9; 10] })
    };
    for (to, why) in [
        ("north-02/open", "it is there"),
        ("411522001003-02/open", "another county"),
        ("north-02/secret", "another class"),
    ] {
        assert!(plan(&phone, to).is_none(), "{why}");
    }
    let plan = plan(&phone, &neighbour().to_string()).expect("a move");
    let op = plan.delta.queued[0].op.clone();
    assert_eq!((op.channel.clone(), op.moves_to()), (channel(), Some(neighbour())));
    phone.carry_out(plan);
    let phone = phone.restarted();
    let seen = phone.engine.record(record(1)).expect("a record");
    assert_eq!((&seen.channel, &seen.fields[MOVED].value), (&neighbour(), &json!(neighbour().to_string())));
}

#[test]
fn records_of_each_class_are_kept_in_a_table_of_their_own() {
    let mut phone = Phone::new(1);
    let classes = [Class::Open, Class::Private, Class::Secret];
    let records = (1..).zip(classes).map(|(n, class)| {
        let mut record = at_office(n, class.table());
        record.channel.class = class;
        record
    });
    let records: Vec<Record> = records.collect();
    let pages = records.iter().map(|record| Page { channel: record.channel.clone(), ..page(vec![record.clone()], 1) });
    let mut answer = SyncResponse { channels: pages.collect(), ..response(&[], Vec::new(), 0) };
    answer.grants = records
        .iter()
        .map(|record| Carried { channel: record.channel.clone(), name: "第2网格".into(), roles: Vec::new() })
        .collect();
    phone.answer(answer);
    for class in classes {
        let of_table = phone.stored.iter().filter(|((table, _), _)| *table == Table::Segments(class));
        let kept: Vec<&Vec<u8>> = of_table.map(|(_, value)| value).collect();
        assert_eq!(kept.len(), 1);
        for other in classes {
            assert_eq!(contains(kept[0], other.table()), other == class, "{other:?} in {class:?}");
        }
    }
    // The right to one class is lost: nothing of it stays, and nothing of the others goes.
    let mut answer = response(&[], Vec::new(), 0);
    answer.channels.clear();
    answer.grants = records[..2]
        .iter()
        .map(|record| Carried { channel: record.channel.clone(), name: String::new(), roles: Vec::new() })
        .collect();
    phone.answer(answer);
    let phone = phone.restarted();
    assert!(!phone.stored.keys().any(|(table, _)| *table == Table::Segments(Class::Secret)));
    assert_eq!(phone.engine.records().count(), 2);
}

#[test]
fn several_saves_at_once_are_all_kept_or_none() {
    let mut phone = Phone::new(1);
    phone.answer(response(&[], vec![at_office(1, "一"), at_office(2, "二")], 40));
    let edit = |n, found: &str, to: Option<&str>| {
        let mut after = Map::from_iter([("found".to_owned(), found.into())]);
        after.extend(to.map(|to| (MOVED.to_owned(), to.into())));
        Edit { record: record(n), kind: Kind::Note, channel: channel(), after }
    };
    let mut random = 0;
    let mut moment = || {
        random += 1;
        Moment { now_ms: NOW, random: [random; 10] }
    };
    let nowhere = [edit(1, "甲", None), edit(2, "乙", Some("411522001003-02/open"))];
    assert!(phone.engine.plan_edits(&nowhere, &mut moment).is_none(), "not one of them alone");
    assert!(phone.engine.plan_edits(&[edit(1, "一", None)], &mut moment).is_none(), "nothing changes");
    let plan = phone.engine.plan_edits(&[edit(1, "甲", None), edit(2, "乙", None), edit(3, "丙", None)], &mut moment);
    let plan = plan.expect("a plan");
    let stamps: Vec<_> = plan.delta.queued.iter().map(|queued| queued.op.stamp).collect();
    assert!(stamps.windows(2).all(|two| two[0] < two[1]), "each has a stamp of its own: {stamps:?}");
    phone.carry_out(plan);
    let phone = phone.restarted();
    assert_eq!([1, 2, 3].map(|n| phone.value(record(n), "found")), [json!("甲"), json!("乙"), json!("丙")]);
    assert_eq!(phone.engine.outbox().count(), 3);
}

#[test]
fn a_record_that_can_t_be_read_is_left_out_of_an_answer_and_named() {
    let mut phone = Phone::new(1);
    let mut office = Phone::new(2);
    for n in 1..=3 {
        office.edit(record(n), &json!({"found": format!("第{n}条")}), NOW);
    }
    let records: Vec<Record> =
        (1..=3).map(|n| office.engine.record(record(n)).expect("a record").as_ref().clone()).collect();
    let text = serde_json::to_string(&response(&[], records, 3)).expect("text");
    let deep = text.replace("\"第2条\"", &format!("{}1{}", "[".repeat(150), "]".repeat(150)));
    assert_ne!(deep, text);
    let answer: SyncResponse = read_answer(deep.as_bytes()).expect("the rest can be read");
    assert_eq!(answer.unreadable, [(record(2), channel())].into());
    phone.answer(answer);
    assert!(phone.engine.record(record(1)).is_some() && phone.engine.record(record(3)).is_some());
    assert!(phone.engine.record(record(2)).is_none());
    assert_eq!(phone.engine.head().unreadable, [(record(2), channel())].into(), "it is named until it comes");
    phone.answer(read_answer(text.as_bytes()).expect("an answer"));
    assert!(phone.engine.record(record(2)).is_some() && phone.engine.head().unreadable.is_empty());
    assert!(read_answer::<Notes>(b"<html>").is_err());
}

#[test]
fn what_can_t_be_read_is_not_taken_for_erased_and_is_forgotten_with_its_channel() {
    let mut phone = Phone::new(1);
    let saved = phone.edit(record(2), &json!({"found": "一"}), NOW);
    let known = phone.engine.record(record(2)).expect("a record").as_ref().clone();
    phone.answer(response(&[(saved, OpOutcome::Applied)], vec![at_office(1, "甲"), known], 2));
    // A pull from the beginning, in which the record comes and can't be read.
    let mut anew = response(&[], vec![at_office(1, "甲")], 2);
    anew.channels[0].reset = true;
    anew.channels[0].next.generation = 1;
    anew.unreadable = [(record(2), channel())].into();
    phone.answer(anew);
    let mut phone = phone.restarted();
    assert_eq!(phone.value(record(2), "found"), json!("一"), "what is known of it stays");
    // It was left, its channel was begun anew, or the right to it ended: it is not counted any more.
    let mut left = response(&[], Vec::new(), 3);
    left.channels[0].after = 2;
    left.channels[0].next.generation = 1;
    left.channels[0].left = vec![Left { record: record(2), to: None }];
    phone.answer(left);
    assert!(phone.engine.head().unreadable.is_empty());
    let mut bad = response(&[], Vec::new(), 4);
    bad.channels[0].next.generation = 1;
    bad.unreadable = [(record(5), channel())].into();
    phone.answer(bad.clone());
    assert_eq!(phone.engine.head().unreadable.len(), 1);
    bad.unreadable.clear();
    bad.grants.clear();
    phone.answer(bad);
    assert!(phone.engine.head().unreadable.is_empty());
}

#[test]
fn what_an_older_version_saved_with_control_characters_can_be_sent() {
    let mut phone = Phone::new(1);
    phone.edit(record(1), &json!({"found": "第一行第二行"}), NOW);
    for bytes in phone.stored.iter_mut().filter(|((table, _), _)| *table == Table::Outbox).map(|(_, bytes)| bytes) {
        let text = String::from_utf8(std::mem::take(bytes)).expect("text");
        *bytes = text.replace("第一行", "第一行\\u000b").into_bytes();
    }
    let phone = phone.restarted();
    let op = &phone.request().ops[0];
    assert_eq!(op.changes.get("found").map(|change| &change.value), Some(&json!("第一行第二行")));
    assert_eq!(phone.value(record(1), "found"), json!("第一行第二行"));
}
