//! The sync endpoint, over HTTP.

use crate::world::{Base, GRID_CHANNEL, Phone, World, channel, found};
use ruhu_domain::{
    DeviceId, Kind, OpId, RecordId, Stamp,
    record::{Change, MOVED, Op, diff},
    rights::Grant,
    wire::{
        HistoryEntry, LoginResponse, MAX_OPS, OpOutcome, Page, Problem, Recovery, SyncResponse, UnsentOps, vault_owner,
    },
};
use ruhu_server::{
    database::{CannotDecide, Database, OPERATOR},
    import,
};
use ruhu_vault::{RecoveryPublicKey, VaultKey};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::Arc,
};

async fn what_one_phone_saved_reaches_another_once(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    let op = one.visit(1, "都好");
    let answer = one.sync(vec![op.clone()]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Applied);
    let page = &two.sync(vec![]).await.channels[0];
    assert_eq!((page.channel.clone(), page.records.len()), (channel(), 1));
    assert_eq!(*found(&page.records[0]), json!("都好"));
    assert_eq!(page.records[0].created.by, "王芳", "the account's name, whatever the phone wrote");
    assert!(two.sync(vec![]).await.channels.is_empty(), "nothing new");
}

async fn a_phone_is_not_sent_back_what_it_just_sent(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let answer = phone.sync(vec![phone.visit(1, "一"), phone.visit(2, "二")]).await;
    assert_eq!(answer.channels.iter().map(|page| page.records.len()).sum::<usize>(), 0);
    let answer = phone.sync(vec![]).await;
    assert!(answer.channels.is_empty());
}

async fn a_phone_is_sent_back_a_record_that_others_changed_meanwhile(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync(vec![one.visit(1, "一")]).await;
    let mut op = two.visit(1, "二");
    op.id = OpId::new(9, [9; 10]);
    op.stamp.ms += 10;
    let answer = two.sync(vec![op]).await;
    let record = &answer.channels[0].records[0];
    assert_eq!(*found(record), json!("二"));
    assert_eq!(record.contested["found"][0].value, json!("一"), "neither had seen the other: both are kept");
}

async fn a_batch_sent_again_after_a_lost_answer_has_one_effect(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let ops = vec![phone.visit(1, "一"), phone.visit(2, "二")];
    let body = serde_json::to_vec(&phone.request(ops.clone())).expect("a request");
    drop(phone.post(body, &phone.token).await);
    let answer = phone.sync(ops).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Duplicate));
    assert_eq!(answer.channels[0].records.len(), 2, "the answer that was lost is made up for");
}

async fn the_same_id_with_other_content_overwrites_nothing(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "真")]).await;
    let answer = phone.sync(vec![phone.visit(1, "假")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Rejected);
    let mut other = world.log_in(2).await;
    assert_eq!(*found(&other.sync(vec![]).await.channels[0].records[0]), json!("真"));
}

async fn a_bad_op_holds_up_no_other(base: Base) {
    let world = World::new(base).await;
    let grids = ["411502001004-01".parse().expect("a grid")];
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &grids).await.expect("an account");
    let phone = world.log_in(1).await;
    let good = phone.visit(3, "好");
    let mut elsewhere = phone.visit(2, "别处");
    elsewhere.channel = "411502001004-01/general".parse().expect("a channel");
    let mut incomplete = phone.visit(4, "缺");
    incomplete.changes.remove("household");
    let mut request = serde_json::to_value(phone.request(vec![])).expect("a request");
    request["ops"] = json!([{"id": phone.visit(1, "").id, "stamp": "not a stamp"}, elsewhere, good, incomplete]);
    let answer = phone.post(serde_json::to_vec(&request).expect("a body"), &phone.token).await;
    let answer: SyncResponse = answer.json().await.expect("a sync answer");
    let outcomes: Vec<_> = answer.results.iter().map(|result| result.outcome).collect();
    let expected = [OpOutcome::Rejected, OpOutcome::Quarantined, OpOutcome::Applied, OpOutcome::Quarantined];
    assert_eq!(outcomes, expected);
    assert!(answer.results[1].reason.as_deref().is_some_and(|reason| reason.contains("权限")));
    let mut other = world.log_in(2).await;
    assert_eq!(other.sync(vec![]).await.channels[0].records.len(), 1);
}

async fn a_vault_key_is_opened_for_its_owner_on_the_same_device_alone(base: Base) {
    let world = World::new(base).await;
    let grids = [crate::world::GRID.parse().expect("a grid")];
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &grids).await.expect("an account");
    let login = |account: &str, device| json!({"account": account, "password": crate::world::PASSWORD, "device": DeviceId(device)});
    let post = |path: &str, token: &str, body: Value| {
        let request = world.client.post(format!("{}/api/v1/{path}", world.url)).bearer_auth(token.to_owned());
        async move { request.json(&body).send().await.expect("an answer") }
    };
    let own: LoginResponse = post("login", "", login("wangfang", 1)).await.json().await.expect("a login");
    let vault = VaultKey::new([5; 32]);
    let owner = vault_owner("wangfang", DeviceId(1));
    let server = RecoveryPublicKey::new(own.recovery);
    let key = server.seal(&vault, &owner, [6; 32]).expect("it is sealed");
    let body = serde_json::to_value(Recovery { key }).expect("a request");
    let opened = post("recover", &own.token, body.clone()).await;
    assert_eq!(opened.json::<Recovery<[u8; 32]>>().await.expect("a key").key, [5; 32]);
    let theirs = post("login", "", login("liqiang", 1)).await;
    assert_eq!(theirs.status(), 403, "a phone's identity is one account's alone");
    for (account, device) in [("wangfang", 2), ("liqiang", 3)] {
        let other: LoginResponse = post("login", "", login(account, device)).await.json().await.expect("a login");
        assert_eq!(post("recover", &other.token, body.clone()).await.status(), 403, "{account} {device}");
    }
    assert_eq!(post("recover", &own.token, json!({"key": [1, 2, 3]})).await.status(), 403);
    assert_eq!(post("recover", &own.token, json!({})).await.status(), 400);
    assert_eq!(post("recover", "nobody", body).await.status(), 401);
}

async fn every_page_is_pulled_whatever_the_limit(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync((0..25).map(|n| one.visit(n, "好")).collect()).await;
    let mut pulled = 0;
    loop {
        let page = ten(&mut two).await;
        pulled += page.records.len();
        if !page.more {
            break;
        }
    }
    assert_eq!(pulled, 25);
}

/// The next page of ten.
async fn ten(phone: &mut Phone<'_>) -> Page {
    let mut request = phone.request(vec![]);
    request.limit = 10;
    let answer = phone.post(serde_json::to_vec(&request).expect("a request"), &phone.token).await;
    let answer: SyncResponse = answer.json().await.expect("a sync answer");
    let page = answer.channels.into_iter().next().expect("a page");
    phone.cursors.insert(page.channel.clone(), page.next);
    page
}

async fn a_row_that_changes_between_pages_comes_with_its_new_value(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync((0..25).map(|n| one.visit(n, "好")).collect()).await;
    let mut known: BTreeMap<RecordId, Value> = BTreeMap::new();
    // One that was on the first page already, and one that would be on the last.
    let changes = [3, 22].map(|n| {
        let mut op = one.visit(n, "改");
        op.id = OpId::new(n, [9; 10]);
        op.stamp.ms += 1_000;
        op
    });
    let changed: Vec<RecordId> = changes.iter().map(|op| op.record).collect();
    let mut changes = changes.into_iter();
    loop {
        let page = ten(&mut two).await;
        known.extend(page.records.iter().map(|record| (record.id, found(record).clone())));
        match changes.next() {
            Some(op) => drop(one.sync(vec![op]).await),
            None if !page.more => break,
            None => {}
        }
    }
    assert_eq!(known.len(), 25);
    for (id, value) in known {
        assert_eq!(value, json!(if changed.contains(&id) { "改" } else { "好" }));
    }
}

async fn a_request_that_only_pushes_moves_the_position_past_what_it_wrote(base: Base) {
    let world = World::new(base).await;
    let (one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    let mut request = one.request(vec![one.visit(1, "一"), one.visit(2, "二")]);
    request.limit = 0;
    let answer = one.post(serde_json::to_vec(&request).expect("a request"), &one.token).await;
    let answer: SyncResponse = answer.json().await.expect("a sync answer");
    let page = &answer.channels[0];
    assert_eq!((page.after, page.next.next, page.records.len(), page.more), (0, 2, 0, false));

    // Where the sender does not have it all, the numbers are left for a pull.
    let mut op = two.visit(1, "乙");
    op.id = OpId::new(9, [9; 10]);
    op.stamp.ms += 10;
    let mut request = two.request(vec![op]);
    request.limit = 0;
    let answer = two.post(serde_json::to_vec(&request).expect("a request"), &two.token).await;
    let answer: SyncResponse = answer.json().await.expect("a sync answer");
    assert!(answer.channels.is_empty());
    assert_eq!(two.sync(vec![]).await.channels[0].records.len(), 2);
}

async fn a_stamp_from_the_future_is_merged_at_the_servers_time_and_said_so(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    let mut op = one.visit(1, "明年写的");
    op.stamp.ms = ruhu_server::random::now_ms() + 365 * 86_400_000;
    let answer = one.sync(vec![op.clone()]).await;
    let stamp = answer.results[0].stamp.expect("another stamp");
    assert!(stamp.ms <= answer.now && stamp.device == DeviceId(1));
    assert!(answer.results[0].reason.as_deref().is_some_and(|reason| reason.contains("手机时间")));
    let again = one.sync(vec![op]).await;
    assert_eq!((again.results[0].outcome, again.results[0].stamp), (OpOutcome::Duplicate, Some(stamp)));
    let page = &two.sync(vec![]).await.channels[0];
    assert_eq!(page.records[0].latest(), Some(stamp), "others have the server's time too");
}

async fn a_phone_that_was_away_while_records_were_purged_starts_over(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut away, mut here) = (world.log_in(1).await, world.log_in(2).await, world.log_in(3).await);
    one.sync(vec![one.visit(1, "一")]).await;
    away.sync(vec![]).await;
    one.sync(vec![one.visit(2, "二"), one.visit(3, "三")]).await;
    here.sync(vec![]).await;
    world.purge(2).await;
    assert!(!here.sync(vec![]).await.channels.iter().any(|page| page.reset), "it had seen all that was purged");
    let page = &away.sync(vec![]).await.channels[0];
    assert!(page.reset && page.after == 0);
    assert_eq!(page.records.len(), 2);
    assert!(!away.sync(vec![]).await.channels.iter().any(|page| page.reset), "once is enough");
    let answer = one.sync(vec![one.visit(2, "二")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Gone);
    let mut late = one.visit(2, "晚到的修改");
    late.id = OpId::new(9, [9; 10]);
    assert_eq!(one.sync(vec![late]).await.results[0].outcome, OpOutcome::Quarantined);
}

/// The other grid that the worker of the next test looks after.
const NEIGHBOUR: &str = "411502001003-03/general";

async fn a_record_that_moves_leaves_its_old_channel_also_between_two_pages_of_a_pull(base: Base) {
    let world = World::new(base).await;
    let both = [crate::world::GRID, "411502001003-03"].map(|grid| grid.parse().expect("a grid"));
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &both).await.expect("an account");
    let mut lead = world.log_in_as("liqiang", 9).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync((0..25).map(|n| one.visit(n, "好")).collect()).await;
    let first = ten(&mut two).await;
    // One that came already, and one that would be on the last page.
    let device = lead.device;
    let moves = |to: &str, second: u64| {
        [3, 22].map(|n| {
            let mut op = crate::world::visit(device, n, "");
            op.id = OpId::new(n, [100 + second as u8; 10]);
            op.stamp.ms += second * 1_000;
            let change = Change { value: json!(to), replaced: None, settles: Vec::new() };
            op.changes = [(MOVED.into(), change)].into();
            op
        })
    };
    let there = moves(NEIGHBOUR, 1);
    let gone: BTreeSet<RecordId> = there.iter().map(|op| op.record).collect();
    let answer = lead.sync(there.to_vec()).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied));
    let came = answer.channels.iter().find(|page| page.channel.to_string() == NEIGHBOUR).expect("a page");
    assert_eq!(came.records.len(), 2);
    let mut known: BTreeSet<RecordId> = first.records.iter().map(|record| record.id).collect();
    loop {
        let page = ten(&mut two).await;
        for left in &page.left {
            assert_eq!(left.to, None, "this phone may not follow, nor learn where to");
            known.remove(&left.record);
        }
        known.extend(page.records.iter().map(|record| record.id));
        if !page.more {
            break;
        }
    }
    assert_eq!(known.len(), 23);
    assert!(known.is_disjoint(&gone));

    // An edit by one who may not follow waits for a supervisor; one that came before is elsewhere.
    let mut late = two.visit(3, "迟到的");
    late.id = OpId::new(99, [9; 10]);
    assert_eq!(two.sync(vec![late]).await.results[0].outcome, OpOutcome::Quarantined);
    assert_eq!(one.sync(vec![one.visit(3, "好")]).await.results[0].outcome, OpOutcome::Elsewhere);

    // They come back, and nothing says any more that they left.
    lead.sync(moves(GRID_CHANNEL, 2).to_vec()).await;
    let page = &two.sync(vec![]).await.channels[0];
    assert_eq!((page.records.len(), page.left.len()), (2, 0));
    let mut fresh = world.log_in(4).await;
    let page = &fresh.sync(vec![]).await.channels[0];
    assert_eq!((page.records.len(), page.left.len()), (25, 0));
}

async fn what_is_written_on_a_household_that_moved_goes_after_it(base: Base) {
    let world = World::new(base).await;
    let both = [crate::world::GRID, "411502001003-03"].map(|grid| grid.parse().expect("a grid"));
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &both).await.expect("an account");
    let mut lead = world.log_in_as("liqiang", 9).await;
    let mut worker = world.log_in(1).await;
    // The household that every visit of these tests is to.
    let op = |device, n: u64, kind: Kind, record, fields: Value| {
        let stamp = Stamp { ms: 1_760_000_000_000 + n, counter: 0, device };
        let (id, changes) = (OpId::new(n, [device.0 as u8; 10]), diff(None, &fields));
        Op { id, record, kind, channel: channel(), stamp, by: Default::default(), changes }
    };
    let home = RecordId::new(1, [1; 10]);
    let household = op(worker.device, 1, Kind::Household, home, json!({"number": "001", "head": "李明"}));
    worker.sync(vec![household, worker.visit(10, "移户之前")]).await;
    lead.sync(vec![]).await;
    // The lead moves the household alone, before this reaches the office another visit does.
    let moved = op(lead.device, 20, Kind::Household, home, json!({MOVED: NEIGHBOUR}));
    worker.sync(vec![worker.visit(11, "移户的时候")]).await;
    assert_eq!(lead.sync(vec![moved]).await.results[0].outcome, OpOutcome::Applied);
    // The worker has not heard of it, and goes on: a visit, and somebody who lives there.
    let resident = json!({"household": home.to_string(), "name": "李小明"});
    let resident = op(worker.device, 12, Kind::Resident, RecordId::new(12, [7; 10]), resident);
    let answer = worker.sync(vec![worker.visit(13, "移户之后"), resident]).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);
    let left: Vec<_> = answer.channels.iter().flat_map(|page| &page.left).collect();
    assert_eq!(left.len(), 5, "the worker may not follow: all that is of it goes from the phone");
    assert!(left.iter().all(|left| left.to.is_none()));
    let named: Vec<String> = answer.written.keys().map(ToString::to_string).collect();
    assert_eq!(named, [GRID_CHANNEL], "nor is the worker told where it went");
    let again = worker.sync(vec![worker.visit(13, "移户之后")]).await;
    assert_eq!(again.results[0].outcome, OpOutcome::Elsewhere);

    let kinds = [Kind::Household, Kind::Resident, Kind::Visit];
    let there = world.database.records("411502001003-03", &kinds).await.expect("records");
    assert_eq!(there.len(), 5, "nothing stays behind");
    assert!(there.iter().all(|record| record.channel.to_string() == NEIGHBOUR));
    let visit = there.iter().find(|record| record.fields.get("found").is_some_and(|field| field.value == "移户之后"));
    assert_eq!(visit.expect("the visit").created.by, "王芳", "it is still hers");
    let came = lead.sync(vec![]).await;
    let came: Vec<_> = came.channels.iter().flat_map(|page| &page.records).collect();
    assert_eq!(came.len(), 2, "the lead's phone gets what is new");
    assert!(came.iter().all(|record| record.channel.to_string() == NEIGHBOUR));

    // Moved back, all of it comes back.
    let back = op(lead.device, 30, Kind::Household, home, json!({MOVED: GRID_CHANNEL}));
    lead.sync(vec![back]).await;
    let page = &worker.sync(vec![]).await.channels[0];
    assert_eq!((page.records.len(), page.left.len()), (5, 0));

    // What came before its household, elsewhere than where that is made: a channel that the push does not name.
    let third: RecordId = RecordId::new(3, [1; 10]);
    let early =
        op(worker.device, 35, Kind::Resident, RecordId::new(35, [7; 10]), json!({"household": third, "name": "钱"}));
    worker.sync(vec![early]).await;
    let mut late = op(lead.device, 36, Kind::Household, third, json!({"number": "003", "head": "钱进"}));
    late.channel = NEIGHBOUR.parse().expect("a channel");
    assert_eq!(lead.sync(vec![late]).await.results[0].outcome, OpOutcome::Applied);
    let there = world.database.records("411502001003-03", &[Kind::Resident]).await.expect("records");
    assert_eq!(there.len(), 1);

    // A resident is not put into a household where the worker has no right.
    let other = RecordId::new(2, [1; 10]);
    let mut there = op(lead.device, 40, Kind::Household, other, json!({"number": "002", "head": "张三"}));
    there.channel = NEIGHBOUR.parse().expect("a channel");
    lead.sync(vec![there]).await;
    let rehomed = json!({"household": other.to_string()});
    let rehomed = op(worker.device, 41, Kind::Resident, RecordId::new(12, [7; 10]), rehomed);
    let result = worker.sync(vec![rehomed]).await.results.remove(0);
    assert_eq!(result.outcome, OpOutcome::Quarantined);
    assert!(result.reason.is_some_and(|words| words.contains("所在网格的权限")));
    world.database.accept(OpId::new(41, [1; 10]), "admin").await.expect("accepted");
    let there = world.database.records("411502001003-03", &[Kind::Resident]).await.expect("records");
    assert_eq!(there.len(), 2, "a supervisor's word brings them there");
}

async fn a_record_goes_nowhere_without_the_right_there_and_never_to_another_county(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "一")]).await;
    for (n, to, reason) in [
        (3, "411522001003-01/general", "同一个县"),
        (4, "411502001003-02/care", "同一个县"),
        (5, NEIGHBOUR, "没有要移到"),
    ] {
        let mut op = phone.visit(1, "");
        op.id = OpId::new(n, [8; 10]);
        op.stamp.ms += n;
        let change = Change { value: json!(to), replaced: None, settles: Vec::new() };
        op.changes = [(MOVED.into(), change)].into();
        let id = op.id;
        let result = phone.sync(vec![op]).await.results.remove(0);
        assert_eq!(result.outcome, OpOutcome::Quarantined, "{to}");
        assert!(result.reason.is_some_and(|words| words.contains(reason)), "{to}");
        // A supervisor's word moves it within the county, and nothing moves it further.
        world.database.accept(id, "admin").await.expect("accepted");
    }
    let moved = world.database.records("4115", &[Kind::Visit]).await.expect("records");
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].channel.to_string(), NEIGHBOUR);
}

async fn an_edit_to_a_record_that_was_erased_is_kept_for_a_supervisor_and_brings_nothing_back(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync(vec![one.visit(1, "一")]).await;
    world.purge(1).await;
    let mut edit = two.visit(1, "改");
    edit.id = OpId::new(9, [9; 10]);
    let answer = two.sync(vec![edit]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined);
    assert!(answer.results[0].reason.as_deref().is_some_and(|reason| reason.contains("已清除")));
    assert!(two.sync(vec![]).await.channels.iter().all(|page| page.records.is_empty()));
    assert_eq!(world.database.quarantined().await.expect("a list").len(), 1);
}

async fn a_right_that_ends_ends_at_the_next_request_and_what_was_saved_waits_for_a_supervisor(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "一")]).await;
    let given = world.database.given(Some("wangfang")).await.expect("a list");
    world.database.end(&given[0].id, "李主任").await.expect("it ends");
    assert!(world.database.end(&given[0].id, "李主任").await.is_err(), "only once");
    let answer = phone.sync(vec![phone.visit(2, "离线时写的")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined);
    assert!(answer.grants.is_empty() && answer.channels.is_empty());
    let waiting = world.database.quarantined().await.expect("a list");
    assert_eq!(waiting[0].op.changes["found"].value, json!("离线时写的"));
    // Given again: all is there again, the supervisor takes in what waited.
    let grant = Grant::grid_worker(crate::world::GRID.parse().expect("a grid"));
    world.database.give("wangfang", &grant, "李主任", None).await.expect("it is given");
    world.database.accept(waiting[0].op.id, OPERATOR).await.expect("it is taken in");
    phone.cursors.clear();
    assert_eq!(phone.sync(vec![]).await.channels[0].records.len(), 2);
    let given = world.database.given(Some("wangfang")).await.expect("a list");
    let who: Vec<_> = given.iter().map(|given| (given.given_by.as_str(), given.ended.is_some())).collect();
    assert_eq!(who, [("服务器管理", true), ("李主任", false)], "who gave it, and which has ended");
}

async fn no_route_is_open_without_a_login(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let body = serde_json::to_vec(&phone.request(vec![])).expect("a request");
    let answer = phone.post(body.clone(), "no such token").await;
    assert_eq!(answer.status(), 401);
    let problem: Problem = answer.json().await.expect("words");
    assert!(problem.message.contains("重新登录"));
    let bare = world.client.post(format!("{}/api/v1/sync", world.url)).body(body.clone()).send().await;
    assert_eq!(bare.expect("an answer").status(), 401);
    let logout = world.client.post(format!("{}/api/v1/logout", world.url)).bearer_auth(&phone.token).send().await;
    assert_eq!(logout.expect("an answer").status(), 204);
    assert_eq!(phone.post(body, &phone.token).await.status(), 401, "a token that was logged out is over");
}

async fn a_token_speaks_for_its_own_device_only(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let mut request = phone.request(vec![]);
    request.device = DeviceId(2);
    let answer = phone.post(serde_json::to_vec(&request).expect("a request"), &phone.token).await;
    assert_eq!(answer.status(), 401);
}

async fn a_wrong_password_and_an_unknown_account_are_told_the_same(base: Base) {
    let world = World::new(base).await;
    let mut words = Vec::new();
    for account in ["wangfang", "nobody"] {
        let request = json!({"account": account, "password": "wrong", "device": "0000000000000001"});
        let answer = world.client.post(format!("{}/api/v1/login", world.url)).json(&request).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 401);
        words.push(answer.json::<Problem>().await.expect("words").message);
    }
    assert_eq!(words[0], words[1]);
}

async fn logins_without_end_are_slowed_down(base: Base) {
    let world = World::new(base).await;
    let request = json!({"account": "wangfang", "password": "wrong", "device": "0000000000000001"});
    let mut slowed = false;
    for _ in 0..40 {
        let answer = world.client.post(format!("{}/api/v1/login", world.url)).json(&request).send().await;
        slowed |= answer.expect("an answer").status() == 429;
    }
    assert!(slowed);
}

async fn compressed_requests_are_read_and_bombs_are_refused(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let send = async |body: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(body).expect("memory");
        let packed = gzip.finish().expect("memory");
        let request = world.client.post(format!("{}/api/v1/sync", world.url)).bearer_auth(&phone.token);
        let answer = request.header("content-encoding", "gzip").body(packed).send().await;
        answer.expect("an answer").status().as_u16()
    };
    let fine = serde_json::to_vec(&phone.request(vec![phone.visit(1, "好")])).expect("a request");
    assert_eq!(send(&fine).await, 200);
    assert_eq!(send(&vec![b' '; 64 * 1024 * 1024]).await, 413);
}

async fn too_many_ops_and_nonsense_are_refused_in_words(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let ops = (0..=MAX_OPS as u64).map(|n| phone.visit(n, "")).collect();
    let answer = phone.post(serde_json::to_vec(&phone.request(ops)).expect("a request"), &phone.token).await;
    assert_eq!(answer.status(), 413);
    for body in ["", "{", "[]", "null", "{\"device\":1}", "\u{0}"] {
        let answer = phone.post(body.into(), &phone.token).await;
        assert_eq!(answer.status(), 400, "{body:?}");
        assert!(!answer.json::<Problem>().await.expect("words").message.is_empty());
    }
    let mut truncated = serde_json::to_vec(&phone.request(vec![phone.visit(1, "好")])).expect("a request");
    truncated.truncate(truncated.len() / 2);
    assert_eq!(phone.post(truncated, &phone.token).await.status(), 400);
}

async fn what_was_answered_is_there_after_a_restart(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "好")]).await;
    let epoch = world.database.epoch().await.expect("an epoch");
    let (_folder, location) = world.stop().await;
    let again = Database::open(&location).await.expect("a database");
    let records = again.records(crate::world::GRID, &[Kind::Visit]).await.expect("records");
    assert_eq!((records.len(), again.epoch().await.expect("an epoch")), (1, epoch));
}

async fn answers_carry_the_protective_headers(base: Base) {
    let world = World::new(base).await;
    let answer = world.client.get(format!("{}/healthz", world.url)).send().await.expect("an answer");
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(!header("x-request-id").is_empty());
    let answer = world.client.post(format!("{}/api/v1/sync", world.url)).send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

async fn a_supervisor_decides_on_what_is_in_quarantine_and_the_phone_learns_it(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    let incomplete = |n: u64| {
        let mut op = one.visit(n, "缺了户");
        op.changes.remove("household");
        op
    };
    let (good, bad) = (incomplete(1), incomplete(2));
    let answer = one.sync(vec![good.clone(), bad.clone()]).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Quarantined));
    assert!(two.sync(vec![]).await.channels.iter().all(|page| page.records.is_empty()));
    let waiting = world.database.quarantined().await.expect("a list");
    assert_eq!(waiting.iter().map(|item| item.op.id).collect::<Vec<_>>(), [good.id, bad.id]);
    assert!(waiting[0].reason.contains("不完整") && waiting[0].op.by == "王芳");

    world.database.accept(good.id, OPERATOR).await.expect("it is merged after all");
    world.database.refuse(bad.id, "重复登记", OPERATOR).await.expect("it is refused");
    assert!(matches!(world.database.accept(bad.id, OPERATOR).await, Err(CannotDecide::NotThere)));
    let answer = one.sync(vec![good, bad]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Duplicate);
    assert_eq!(answer.results[1].outcome, OpOutcome::Rejected);
    assert_eq!(answer.results[1].reason.as_deref(), Some("重复登记"));
    assert_eq!(two.sync(vec![]).await.channels[0].records.len(), 1);
}

async fn what_a_phone_could_not_send_is_taken_in_from_a_file_once(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let ops = vec![phone.visit(1, "一"), phone.visit(2, "二")];
    phone.sync(vec![ops[0].clone()]).await;
    let file =
        UnsentOps { device: phone.device, account: "wangfang".into(), ops: ops.into_iter().map(Arc::new).collect() };
    let outcomes = async || {
        let results = import::ops(&world.database, file.clone()).await.expect("it is taken in");
        results.iter().map(|result| result.outcome).collect::<Vec<_>>()
    };
    assert_eq!(outcomes().await, [OpOutcome::Duplicate, OpOutcome::Applied]);
    assert_eq!(outcomes().await, [OpOutcome::Duplicate, OpOutcome::Duplicate]);
    let stranger = UnsentOps { account: "nobody".into(), ..file.clone() };
    assert!(import::ops(&world.database, stranger).await.is_err());
}

async fn the_history_of_a_record_says_who_changed_what_to_those_who_may_read_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let first = phone.visit(1, "一");
    let mut second = phone.visit(1, "二");
    second.id = OpId::new(9, [9; 10]);
    second.stamp.ms += 10;
    phone.sync(vec![first.clone()]).await;
    phone.sync(vec![second]).await;
    let ask = async |channel: &str| {
        let request = json!({"record": first.record, "channel": channel});
        let url = format!("{}/api/v1/history", world.url);
        world.client.post(url).bearer_auth(&phone.token).json(&request).send().await.expect("an answer")
    };
    let entries: Vec<HistoryEntry> = ask(GRID_CHANNEL).await.json().await.expect("a history");
    let found: Vec<_> = entries.iter().map(|entry| (entry.by.as_str(), entry.changes["found"].clone())).collect();
    assert_eq!(found, [("王芳", json!("二")), ("王芳", json!("一"))]);
    assert_eq!(ask("411502001003-77/general").await.status(), 404, "another grid's");
    let bare = world.client.post(format!("{}/api/v1/history", world.url)).json(&json!({})).send().await;
    assert_eq!(bare.expect("an answer").status(), 401);
}

/// Versions of the app meet: what one does not know it carries along, and nobody is turned away.
async fn an_older_app_can_push_and_what_a_newer_one_adds_is_kept(base: Base) {
    let world = World::new(base).await;
    let (newer, mut older) = (world.log_in(1).await, world.log_in(2).await);
    let mut request = serde_json::to_value(newer.request(vec![newer.visit(1, "新版写的")])).expect("a request");
    request["app"] = json!("9.0.0");
    request["something"] = json!({"new": true});
    request["ops"][0]["urgency"] = json!("high");
    request["ops"][0]["changes"]["mood"] = json!({"value": "平静"});
    let answer = newer.post(serde_json::to_vec(&request).expect("a body"), &newer.token).await;
    let answer: SyncResponse = answer.json().await.expect("a sync answer");
    assert_eq!(answer.results[0].outcome, OpOutcome::Applied);

    let page = &older.sync(vec![]).await.channels[0];
    let record = &page.records[0];
    assert_eq!(record.fields["mood"].value, json!("平静"));
    // The older app changes what it knows; the field that it does not know stays.
    let mut edit = older.visit(1, "旧版改的");
    edit.id = OpId::new(9, [9; 10]);
    edit.stamp.ms += 10;
    edit.changes.retain(|name, _| name == "found");
    let mut request = serde_json::to_value(older.request(vec![edit])).expect("a request");
    for name in ["epoch", "cursors", "app"] {
        let fields = request.as_object_mut().expect("an object");
        fields.remove(name);
    }
    let answer = older.post(serde_json::to_vec(&request).expect("a body"), &older.token).await;
    assert_eq!(answer.status(), 200);
    let records = world.database.records(crate::world::GRID, &[Kind::Visit]).await.expect("records");
    assert_eq!((found(&records[0]), &records[0].fields["mood"].value), (&json!("旧版改的"), &json!("平静")));
}

on_both_databases!(
    an_older_app_can_push_and_what_a_newer_one_adds_is_kept,
    what_one_phone_saved_reaches_another_once,
    a_phone_is_not_sent_back_what_it_just_sent,
    a_phone_is_sent_back_a_record_that_others_changed_meanwhile,
    a_batch_sent_again_after_a_lost_answer_has_one_effect,
    the_same_id_with_other_content_overwrites_nothing,
    a_bad_op_holds_up_no_other,
    every_page_is_pulled_whatever_the_limit,
    a_row_that_changes_between_pages_comes_with_its_new_value,
    a_request_that_only_pushes_moves_the_position_past_what_it_wrote,
    a_stamp_from_the_future_is_merged_at_the_servers_time_and_said_so,
    a_phone_that_was_away_while_records_were_purged_starts_over,
    a_record_that_moves_leaves_its_old_channel_also_between_two_pages_of_a_pull,
    what_is_written_on_a_household_that_moved_goes_after_it,
    a_record_goes_nowhere_without_the_right_there_and_never_to_another_county,
    an_edit_to_a_record_that_was_erased_is_kept_for_a_supervisor_and_brings_nothing_back,
    a_right_that_ends_ends_at_the_next_request_and_what_was_saved_waits_for_a_supervisor,
    no_route_is_open_without_a_login,
    a_token_speaks_for_its_own_device_only,
    a_wrong_password_and_an_unknown_account_are_told_the_same,
    a_vault_key_is_opened_for_its_owner_on_the_same_device_alone,
    logins_without_end_are_slowed_down,
    compressed_requests_are_read_and_bombs_are_refused,
    too_many_ops_and_nonsense_are_refused_in_words,
    what_was_answered_is_there_after_a_restart,
    answers_carry_the_protective_headers,
    a_supervisor_decides_on_what_is_in_quarantine_and_the_phone_learns_it,
    what_a_phone_could_not_send_is_taken_in_from_a_file_once,
    the_history_of_a_record_says_who_changed_what_to_those_who_may_read_it,
);
