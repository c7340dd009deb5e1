//! Decisions on records that wait.

use super::TOWNSHIP;
use crate::world::{Base, World, channel, desk::Desk};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, OpId, RecordId,
    office::*,
    record::{Change, Op, diff},
    rights::Role,
    wire::OpOutcome,
};
use ruhu_server::database::{Author, Incoming};

async fn nobody_decides_on_a_record_by_what_a_change_claims_of_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "第2网格的")]).await;
    let lead = Desk::open(&world, "lead", Role::VillageLead, "411502002001", &[Class::General]).await;
    let own = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    // Somebody without a right there writes to the record of another village, and names the lead's own grid.
    let elsewhere: Channel = "411502002001-01/general".parse().expect("a channel");
    let author = Author { account: "stranger", name: "某人", device: DeviceId(3), grants: &[] };
    let op = Op { channel: elsewhere, id: OpId::new(77, [7; 10]), ..crate::world::visit(DeviceId(3), 1, "改掉") };
    let taken = world.database.take(author, vec![Incoming::Op(Box::new(op.clone()))]).await.expect("it is kept");
    assert_eq!(taken.results[0].outcome, OpOutcome::Quarantined);
    assert!(lead.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items.is_empty());
    assert_eq!(lead.status("accept", &Decision { op: op.id, reason: String::new() }).await, 403);
    let waiting = own.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    assert_eq!((waiting.len(), waiting[0].channel.clone()), (1, channel()));
}

async fn what_waits_says_which_household_it_is_about(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let mut home = phone.visit(1, "");
    let called = serde_json::json!({"number": "017", "head": "李明", "address": "东湾1号"});
    (home.kind, home.changes) = (Kind::Household, diff(None, &called));
    let mut visit = Op { record: RecordId::new(2, [2; 10]), ..phone.visit(2, "都好") };
    visit.changes.insert(
        "household".into(),
        Change { value: home.record.to_string().into(), replaced: None, settles: Vec::new() },
    );
    let record = visit.record;
    assert_eq!(phone.sync(vec![home, visit]).await.results[1].outcome, OpOutcome::Applied);
    // Somebody without a right there writes on the visit.
    let author = Author { account: "stranger", name: "某人", device: DeviceId(3), grants: &[] };
    let op = Op { record, id: OpId::new(77, [7; 10]), ..crate::world::visit(DeviceId(3), 1, "改掉") };
    world.database.take(author, vec![Incoming::Op(Box::new(op))]).await.expect("it is kept");
    let own = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let waiting = own.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    assert_eq!(waiting[0].household, "017 李明 东湾1号");
    assert!(!waiting[0].reason.contains('您'), "{}: it is read by a supervisor too", waiting[0].reason);
}

on_both_databases! {
    nobody_decides_on_a_record_by_what_a_change_claims_of_it,
    what_waits_says_which_household_it_is_about,
}
