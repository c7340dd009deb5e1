//! The matrix of rights: every role, at every place and for every set of classes that a grant of it may have,
//! against the channels of near and far grids. What the server does over HTTP is held against a table of its own,
//! and each planted bug in the deciding must show.

use crate::world::{Base, World};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, OpId, RecordId, Stamp,
    planted::{self, plant},
    record::{Change, Op, diff},
    rights::{Grant, Place, Role},
    wire::{HistoryRequest, OpOutcome, SyncRequest, SyncResponse},
};
use ruhu_server::{
    database::{Author, Incoming},
    random,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const DEVICE: DeviceId = DeviceId(77);
const TOKEN: &str = "a token";

/// Grids near and far: a village's two, one of the next village, township, county and city.
const GRIDS: [&str; 6] =
    ["411502001003-02", "411502001003-05", "411502001004-01", "411502002001-01", "411503001001-01", "411602001001-01"];

/// Places of grants, and which of the grids are theirs.
const PLACES: [(&str, [bool; 6]); 6] = [
    ("411502001003-02", [true, false, false, false, false, false]),
    ("411502001003", [true, true, false, false, false, false]),
    ("411502001004", [false, false, true, false, false, false]),
    ("411502001000", [true, true, true, false, false, false]),
    ("411502000000", [true, true, true, true, false, false]),
    ("411500000000", [true, true, true, true, true, false]),
];

const G: &str = "general";
const M: &str = "mediation";
const C: &str = "care";

/// A row of the table of roles: the name, the places a grant of it may be for, the classes, and whether it saves, carries and
/// looks.
type Part = (&'static str, &'static [usize], &'static [&'static str], [bool; 3]);

const ROLES: [Part; 9] = [
    ("grid-worker", &[0, 1, 2], &[G, M], [true, true, true]),
    ("mediator", &[0, 1, 2], &[G, M], [true, true, true]),
    ("patrol", &[0, 1, 2], &[G], [true, true, true]),
    ("carer", &[0, 1, 2], &[G, C], [true, true, true]),
    ("village-lead", &[1, 2], &[G, M, C], [true, true, true]),
    ("township", &[3], &[G, M, C], [false, false, true]),
    ("county", &[4], &[G, M, C], [false, false, true]),
    ("city", &[5], &[G, M, C], [false, false, true]),
    ("administrator", &[1, 2, 3, 4, 5], &[], [false, false, false]),
];

/// Fields that not everybody sets who may save their record, and one of those that everybody does: the kind, the field, a
/// value, and the roles that set it from a phone. What offices set they set by decisions of their own.
const FIELDS: [(Kind, &str, &str, &[&str]); 4] = [
    (Kind::Household, "address", "东湾2号", &["grid-worker", "mediator", "patrol", "carer", "village-lead"]),
    (Kind::Household, "same_as", "00000000-0002-7202-8202-020202020202", &["village-lead"]),
    (Kind::Resident, "same_as", "00000000-0002-7202-8202-020202020202", &["village-lead"]),
    (Kind::Resident, "restricted", "本人要求", &[]),
];

/// The household and the resident of the first grid that fields are set of.
const HOME: u64 = 7_001;
const PERSON: u64 = 7_002;

/// How a grant stands when it is asked for.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    Ended,
    Expired,
}

struct Case {
    name: String,
    grant: Grant,
    state: State,
    /// Whether an action on the class's channel of a grid is allowed: save, carry, look.
    allowed: Vec<(Channel, [bool; 3])>,
    /// Whether it sets each of [`FIELDS`] in the first grid.
    sets: [bool; FIELDS.len()],
}

fn channels() -> impl Iterator<Item = (usize, Channel)> {
    let of = |grid: &str, class: &Class| Channel { grid: grid.parse().expect("a grid"), class: *class };
    GRIDS.iter().enumerate().flat_map(move |(at, grid)| Class::ALL.iter().map(move |class| (at, of(grid, class))))
}

/// Every grant there can be, and what it allows by the table.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, places, classes, does) in ROLES {
        let role: Role = name.parse().expect("a role");
        for place in places {
            let (text, covers) = PLACES[*place];
            let sets = (0..1_usize << classes.len()).filter(|set| *set > 0 || classes.is_empty());
            for set in sets {
                let has: Vec<&str> = classes
                    .iter()
                    .enumerate()
                    .filter(|(bit, _)| set >> bit & 1 == 1)
                    .map(|(_, class)| *class)
                    .collect();
                let parsed = has.iter().map(|class| class.parse().expect("a class")).collect();
                let at: Place = text.parse().expect("a place");
                let grant = Grant::new(role, at, parsed).expect("the table names what can be given");
                for state in [State::Good, State::Ended, State::Expired] {
                    // An ended grant is as good as none, whatever was in it: one of each role will do.
                    if state != State::Good && place != &places[0] {
                        continue;
                    }
                    let allows = |(at, channel): (usize, Channel)| {
                        let its = state == State::Good && covers[at] && has.contains(&channel.class.as_str());
                        (channel, does.map(|does| does && its))
                    };
                    let saves = state == State::Good && covers[0] && has.contains(&G) && does[0];
                    let sets = FIELDS.map(|(.., roles)| saves && roles.contains(&name));
                    let (name, grant) = (format!("{name} {text} {has:?}"), grant.clone());
                    cases.push(Case { name, grant, state, allowed: channels().map(allows).collect(), sets });
                }
            }
        }
    }
    cases
}

fn note(channel: Channel) -> Op {
    let now = random::now_ms();
    Op {
        id: OpId::new(now, random::bytes()),
        record: RecordId::new(now, random::bytes()),
        kind: Kind::Other("note".into()),
        channel,
        stamp: Stamp { ms: now, counter: 0, device: DEVICE },
        by: Default::default(),
        changes: BTreeMap::from([("text".into(), Change { value: "话".into(), replaced: None, settles: Vec::new() })]),
    }
}

/// An op that sets a field.
fn sets(kind: &Kind, field: &str, value: &str) -> Op {
    let (_, channel) = channels().next().expect("a channel");
    let record = if *kind == Kind::Household { HOME } else { PERSON };
    let change = Change { value: value.into(), replaced: None, settles: Vec::new() };
    Op {
        kind: kind.clone(),
        record: RecordId::new(record, [7; 10]),
        changes: BTreeMap::from([(field.into(), change)]),
        ..note(channel)
    }
}

struct Matrix {
    world: World,
    /// A record in each channel.
    seeds: BTreeMap<Channel, RecordId>,
}

impl Matrix {
    async fn new(base: Base) -> Self {
        let world = World::new(base).await;
        world.database.put_account("matrix", "某人", crate::world::PASSWORD, &[]).await.expect("an account");
        let account = world.database.account("matrix").await.expect("an answer").expect("it is there");
        world.database.open_session(&account, DEVICE, TOKEN).await.expect("a session");
        let seeds: Vec<Op> = channels().map(|(_, channel)| note(channel)).collect();
        let fields = |op: Op, view: &Value| Op { changes: diff(None, view), ..op };
        let home = fields(sets(&Kind::Household, "", ""), &json!({"number": "001", "head": "李明"}));
        let household = home.record.to_string();
        let person = fields(sets(&Kind::Resident, "", ""), &json!({"household": household, "name": "李明"}));
        let everywhere: Vec<Grant> = seeds
            .iter()
            .map(|op| {
                let village = Place::Area(op.channel.grid.village());
                Grant::new(Role::VillageLead, village, Class::ALL.to_vec()).expect("a grant")
            })
            .collect();
        let author = Author { account: "seed", name: "王芳", device: DEVICE, grants: &everywhere };
        let ops = seeds.iter().cloned().chain([home, person]).map(|op| Incoming::Op(Box::new(op))).collect();
        let taken = world.database.take(author, ops).await.expect("they are taken");
        assert!(taken.results.iter().all(|result| result.outcome == OpOutcome::Applied));
        Self { world, seeds: seeds.into_iter().map(|op| (op.channel, op.record)).collect() }
    }

    async fn post(&self, path: &str, body: &impl serde::Serialize) -> reqwest::Response {
        let request = self.world.client.post(format!("{}/api/v1/{path}", self.world.url)).bearer_auth(TOKEN);
        request.json(body).send().await.expect("an answer")
    }

    /// Returns what the server lets somebody with this grant do in each channel: save, carry, look; and which fields it lets
    /// them set.
    async fn tried(&self, case: &Case) -> (Vec<[bool; 3]>, Vec<bool>) {
        let id = self.world.database.give("matrix", &case.grant, "测试", None).await.expect("it is given");
        if case.state == State::Expired {
            let words = format!("UPDATE access_grant SET until = {} WHERE id = '{id}'", random::now_ms() - 1);
            crate::world::sql(&crate::world::address(&self.world.location), &words).await;
        }
        if case.state == State::Ended {
            self.world.database.end(&id, "测试").await.expect("it ends");
        }
        let notes = case.allowed.iter().map(|(channel, _)| note(channel.clone()));
        let fields = FIELDS.iter().map(|(kind, field, value, _)| sets(kind, field, value));
        let ops: Vec<Arc<Op>> = notes.chain(fields).map(Arc::new).collect();
        let request = SyncRequest {
            device: DEVICE,
            app: "test".into(),
            epoch: None,
            ops,
            cursors: BTreeMap::new(),
            milestones: BTreeMap::new(),
            limit: 2_000,
        };
        let answer: SyncResponse = self.post("sync", &request).await.json().await.expect("a sync answer");
        let mut tried = Vec::new();
        for ((channel, _), result) in case.allowed.iter().zip(&answer.results) {
            let records = answer.channels.iter().flat_map(|page| &page.records);
            let carried = records.filter(|record| record.channel == *channel).count() > 0
                || answer.grants.iter().any(|grid| grid.channel == *channel);
            let look = HistoryRequest { record: self.seeds[channel], channel: channel.clone() };
            let looked = self.post("history", &look).await.status() == 200;
            tried.push([result.outcome != OpOutcome::Quarantined, carried, looked]);
        }
        if case.state != State::Ended {
            self.world.database.end(&id, "测试").await.expect("it ends");
        }
        let of_fields = &answer.results[case.allowed.len()..];
        (tried, of_fields.iter().map(|result| result.outcome != OpOutcome::Quarantined).collect())
    }

    /// Cells tried, and those where the server differs from the table; all of them, or up to the first.
    async fn differences(&self, cases: &[Case], all: bool) -> (usize, Vec<String>) {
        let (mut cells, mut differ) = (0, Vec::new());
        for case in cases {
            let (tried, set) = self.tried(case).await;
            for ((kind, field, ..), (expected, found)) in FIELDS.iter().zip(case.sets.iter().zip(set)) {
                cells += 1;
                if *expected != found {
                    let what = if found { "leak" } else { "refused" };
                    differ.push(format!("{what}: {} sets {kind:?} {field}", case.name));
                }
            }
            for ((channel, expected), found) in case.allowed.iter().zip(tried) {
                for (action, (expected, found)) in ["save", "carry", "look"].iter().zip(expected.iter().zip(found)) {
                    cells += 1;
                    if *expected != found {
                        let what = if found { "leak" } else { "refused" };
                        differ.push(format!("{what}: {} {action} {channel}", case.name));
                    }
                }
            }
            if !all && !differ.is_empty() {
                break;
            }
        }
        (cells, differ)
    }
}

async fn nobody_gets_past_their_grants(base: Base) {
    let (matrix, cases) = (Matrix::new(base).await, cases());
    let (cells, differ) = matrix.differences(&cases, true).await;
    let mut caught = 0;
    for bug in planted::RIGHTS {
        plant(Some(bug));
        let (_, differ) = matrix.differences(&cases, false).await;
        plant(None);
        caught += usize::from(!differ.is_empty());
        if differ.is_empty() {
            println!("{bug:?} was not caught");
        }
    }
    let leaks = differ.iter().filter(|cell| cell.starts_with("leak")).count();
    println!("{base:?}: {cells} cells, {leaks} leaks; {} mutants, {caught} caught", planted::RIGHTS.len());
    assert_eq!(differ, Vec::<String>::new());
    assert_eq!(caught, planted::RIGHTS.len());
}

on_both_databases!(nobody_gets_past_their_grants);
