//! Records whose time is over.

use super::{HOUSEHOLD, VILLAGE, id, in_class, op, whole};
use crate::world::{Base, GRID, PASSWORD, World, address, desk::place, sql};
use ruhu_domain::{
    Class, Kind, RecordId,
    codes::Outcome,
    day,
    rights::{Grant, Role},
    visit::Visit,
    wire::OpOutcome,
};
use ruhu_server::{database::OPERATOR, random};
use serde_json::json;

async fn what_is_over_is_erased_at_night(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let old = random::now_ms().cast_signed() - 4 * 366 * 86_400_000;
    let visits = [(200, old), (201, random::now_ms().cast_signed())].map(|(n, at)| {
        let mut visit = Visit::new(id(HOUSEHOLD), at, "王芳", Outcome::Met);
        visit.found = format!("记录{n}");
        op(n, Kind::Visit, id(n), &visit)
    });
    phone.sync(visits.to_vec()).await;
    let today = day::day(random::now_ms().cast_signed());
    let before = today - chrono::Days::new(4 * 366);
    assert_eq!(world.database.retain(before, "保存期限").await.expect("it is looked at"), 0);
    assert_eq!(
        world.database.retain(today, "保存期限").await.expect("it is looked at"),
        0,
        "a wrong clock's: it just came"
    );
    sql(&address(&world.location), &format!("UPDATE op SET received_at = {old}")).await;
    // What was changed past the server is noted by it.
    world.database.rebuild(drop).await.expect("it is noted");
    assert_eq!(world.database.retain(today, "保存期限").await.expect("it is erased"), 1);
    assert_eq!(world.database.retain(today, "保存期限").await.expect("once"), 0);
    let left = whole(&world).await;
    assert!(!left.contains("记录200") && left.contains("记录201"));
    let answer = phone.sync(vec![]).await;
    assert!(answer.channels[0].reset && answer.channels[0].records.len() == 1);
}

async fn an_ended_care_case_is_erased_whole_when_its_time_is_over(base: Base) {
    let world = World::new(base).await;
    for (account, role, at) in [("sunli", Role::Carer, GRID), ("zhoulan", Role::VillageLead, VILLAGE)] {
        world.database.put_account(account, account, PASSWORD, &[]).await.expect("an account");
        let grant = Grant::new(role, place(at), vec![Class::General, Class::Care]).expect("a grant");
        world.database.give(account, &grant, OPERATOR, None).await.expect("given");
    }
    let (mut carer, mut lead) = (world.log_in_as("sunli", 2).await, world.log_in_as("zhoulan", 3).await);
    let today = day::day(random::now_ms().cast_signed());
    let ids = [40_u8, 41, 42, 43, 44, 45, 46].map(|n| RecordId::new(u64::from(n), [n; 10]));
    let [ended, confirm, look, waits, close, mistake, its_look] = ids;
    let facts = json!({
        "name": "赵桂兰", "reason": "alone", "why": "老伴今年过世", "opened_on": day::ledger(today), "carer": "sunli",
        "interval": "7", "interval_why": "头一个月常去",
    });
    let visit = |case| json!({"case": case, "on": day::ledger(today), "way": "home", "found": "睡不好"});
    let step = |record, at, step: &str| {
        in_class(Class::Care, record, Kind::CareStep, at, &json!({"case": ended, "step": step, "why": "好多了"}))
    };
    let cases = [ended, waits, mistake].map(|case| in_class(Class::Care, case, Kind::CareCase, 0, &facts));
    carer.sync(cases.to_vec()).await;
    lead.sync(vec![step(confirm, 1, "confirm")]).await;
    carer.sync(vec![in_class(Class::Care, look, Kind::CareVisit, 2, &visit(ended))]).await;
    carer.sync(vec![in_class(Class::Care, its_look, Kind::CareVisit, 2, &visit(mistake))]).await;
    carer.sync(vec![in_class(Class::Care, mistake, Kind::CareCase, 4, &json!({"withdrawn": "重复"}))]).await;
    let answer = carer.sync(vec![step(close, 3, "close")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Applied, "{:?}", answer.results[0]);
    let retain = async |years: u64| {
        let on = today + chrono::Days::new(years * 366);
        world.database.retain(on, "保存期限").await.expect("it is looked at")
    };
    assert_eq!(retain(0).await, 0, "not before its time");
    assert_eq!(retain(1).await, 3, "what nobody confirmed, and what was withdrawn, with its look");
    let left = whole(&world).await;
    assert!(!left.contains(&waits.to_string()) && !left.contains(&its_look.to_string()), "{left}");
    assert!(left.contains("睡不好"), "the ended one is kept longer");
    assert_eq!(retain(2).await, 0);
    let damage = async |from: &str, to: &str| {
        let words = format!("UPDATE record SET body = REPLACE(body, '{from}', '{to}') WHERE body LIKE '%\"close\"%'");
        sql(&address(&world.location), &words).await;
    };
    damage("{", "<").await;
    assert_eq!(retain(3).await, 0, "a file of which something can't be read stays whole");
    damage("<", "{").await;
    assert_eq!(retain(3).await, 4, "the case with its look and its steps");
    let left = whole(&world).await;
    assert!(!left.contains("睡不好") && !left.contains("好多了") && !left.contains("老伴今年过世"), "{left}");
    let page = lead.sync(vec![]).await.channels.into_iter().find(|page| page.channel.class == Class::Care);
    assert!(page.expect("the channel").records.is_empty());
}

on_both_databases! {
    what_is_over_is_erased_at_night,
    an_ended_care_case_is_erased_whole_when_its_time_is_over,
}
