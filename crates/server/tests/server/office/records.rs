//! Decisions on records that wait.

use super::TOWNSHIP;
use crate::world::{Base, World, channel, desk::Desk};
use ruhu_domain::{Channel, Class, DeviceId, OpId, office::*, record::Op, rights::Role, wire::OpOutcome};
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

on_both_databases! {
    nobody_decides_on_a_record_by_what_a_change_claims_of_it,
}
