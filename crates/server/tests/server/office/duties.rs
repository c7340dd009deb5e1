//! The matrix of duties: each does what is its own and no more.

use super::{COUNTY, TOWNSHIP, VILLAGE, id, of, op, right};
use crate::world::{
    Base, GRID, PASSWORD, World, address,
    desk::{Desk, place},
    sql,
};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind,
    office::*,
    planted::{self, plant},
    record::Op,
    rights::{Grant, Role},
};
use ruhu_server::{
    database::{Author, Incoming, OPERATOR},
    random,
};
use serde_json::json;

const HOMES: [&str; 3] = [VILLAGE, "411502002001", "411503001001"];
const G: &[Class] = &[Class::General];
const AWAITED: [&str; 3] = ["411502001003-02/general", "411502001003-02/care", "411502002001-01/general"];

/// The counts that the matrix of duties expects of an official: accounts made at the homes, codes for the accounts, rights
/// given, ops decided on.
struct Expected {
    role: Role,
    at: &'static str,
    classes: &'static [Class],
    makes: [bool; 3],
    codes: [bool; 5],
    gives: [bool; 4],
    decides: [bool; 3],
}

fn expected() -> [Expected; 5] {
    let row = |(role, at, classes), makes, codes, gives, decides| Expected {
        role,
        at,
        classes,
        makes,
        codes,
        gives,
        decides,
    };
    let (yes, no) = (true, false);
    [
        row((Role::VillageLead, VILLAGE, G), [yes, no, no], [yes, no, no, no, no], [no; 4], [yes, no, no]),
        row((Role::Township, TOWNSHIP, G), [yes, no, no], [yes, yes, no, no, no], [yes, yes, no, no], [yes, no, no]),
        row(
            (Role::Township, TOWNSHIP, Class::ALL),
            [yes, no, no],
            [yes, yes, yes, no, no],
            [yes, yes, yes, no],
            [yes, yes, no],
        ),
        row((Role::County, COUNTY, Class::ALL), [yes, yes, no], [yes; 5], [yes; 4], [yes; 3]),
        row((Role::Administrator, COUNTY, &[]), [yes, yes, no], [yes; 5], [yes; 4], [no; 3]),
    ]
}

async fn differences(world: &World, stop: bool) -> (usize, Vec<String>) {
    let (mut cells, mut differ) = (0, Vec::new());
    for (n, row) in expected().iter().enumerate() {
        let desk = Desk::open(world, &format!("desk{n}"), row.role, row.at, row.classes).await;
        let mut cell = |what: String, expected: bool, found: bool| {
            cells += 1;
            if expected != found {
                differ.push(format!("{}: {:?} {} {what}", if found { "leak" } else { "refused" }, row.role, row.at));
            }
        };
        for (home, expected) in HOMES.into_iter().zip(row.makes) {
            let account = format!("new{n}-{home}-{}", random::now_ms());
            let new = PutAccount { account, name: "新人".into(), team: String::new(), home: place(home) };
            cell(format!("make {home}"), expected, desk.status("account", &new).await == 200);
        }
        for (account, expected) in ["wangfang", "lead", "carer", "town", "far"].into_iter().zip(row.codes) {
            cell(format!("code {account}"), expected, desk.status("code", &of(account)).await == 200);
        }
        let rights = [
            ("wangfang", right(Role::GridWorker, "411502001003-07", G)),
            ("wangfang", right(Role::VillageLead, VILLAGE, G)),
            ("wangfang", right(Role::Carer, GRID, &[Class::Care])),
            ("far", right(Role::GridWorker, "411502002001-07", G)),
        ];
        for ((account, right), expected) in rights.into_iter().zip(row.gives) {
            let words = format!("give {right:?}");
            let give = Give { account: account.into(), right, until: None };
            let answer = desk.post("give", &give).await;
            let done = answer.status() == 200;
            if done {
                let grant: OfGrant = answer.json().await.expect("a grant");
                world.database.end(&grant.id, OPERATOR).await.expect("it ends");
            }
            cell(words, expected, done);
        }
        let waiting = desk.post("waiting", &FindWaiting::default()).await;
        let waiting: Vec<Waiting> = match waiting.status().as_u16() {
            200 => waiting.json::<WaitingPage>().await.expect("a page").items,
            _ => vec![],
        };
        for (at, expected) in AWAITED.into_iter().zip(row.decides) {
            let found = waiting.iter().any(|item| item.channel.to_string() == at);
            cell(format!("decide {at}"), expected, found);
        }
        world.database.close_account(&format!("desk{n}"), OPERATOR).await.expect("it is closed");
        sql(
            &address(&world.location),
            &format!("UPDATE account SET account = account || '-{}' WHERE account = 'desk{n}'", random::now_ms()),
        )
        .await;
        if stop && !differ.is_empty() {
            break;
        }
    }
    (cells, differ)
}

async fn an_office_does_what_is_its_own_and_no_more(base: Base) {
    let world = World::new(base).await;
    let people = [
        ("lead", Role::VillageLead, VILLAGE, G),
        ("carer", Role::Carer, GRID, &[Class::General, Class::Care]),
        ("town", Role::Township, TOWNSHIP, G),
        ("far", Role::GridWorker, "411502002001-01", G),
    ];
    for (account, role, at, classes) in people {
        world.database.put_account(account, account, PASSWORD, &[]).await.expect("an account");
        let home = place(at).to_string().chars().take(12).collect::<String>();
        sql(&address(&world.location), &format!("UPDATE account SET home = '{home}' WHERE account = '{account}'"))
            .await;
        let grant = Grant::new(role, place(at), classes.to_vec()).expect("a grant");
        world.database.give(account, &grant, OPERATOR, None).await.expect("it is given");
    }
    let author = Author { account: "stranger", name: "王芳", device: DeviceId(1), grants: &[] };
    let waiting = AWAITED.iter().zip(300..).map(|(at, n)| {
        let channel: Channel = at.parse().expect("a channel");
        Incoming::Op(Box::new(Op { channel, ..op(n, Kind::Other("note".into()), id(n), &json!({"text": "话"})) }))
    });
    world.database.take(author, waiting.collect()).await.expect("they wait");

    let (cells, differ) = differences(&world, false).await;
    let mut caught = 0;
    for bug in planted::DUTIES {
        plant(Some(bug));
        let (_, differ) = differences(&world, true).await;
        plant(None);
        caught += usize::from(!differ.is_empty());
        if differ.is_empty() {
            println!("{bug:?} was not caught");
        }
    }
    let leaks = differ.iter().filter(|cell| cell.starts_with("leak")).count();
    println!("{base:?}: {cells} cells, {leaks} leaks; {} mutants, {caught} caught", planted::DUTIES.len());
    assert_eq!(differ, Vec::<String>::new());
    assert_eq!(caught, planted::DUTIES.len());
}

on_both_databases! {
    an_office_does_what_is_its_own_and_no_more,
}
