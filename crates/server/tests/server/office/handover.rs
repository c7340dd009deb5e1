//! All that somebody has in hand goes to another.

use super::{TOWNSHIP, VILLAGE, family, in_class, of_dispute};
use crate::world::{
    Base, GRID, PASSWORD, World,
    desk::{Desk, place},
    hazard,
};
use ruhu_domain::{
    Class, Kind, RecordId,
    care::CareFile,
    dispute::DisputeFile,
    office::*,
    record::Op,
    report::Report,
    rights::{Grant, Role},
    wire::OpOutcome,
};
use ruhu_server::database::OPERATOR;
use serde_json::json;

async fn open_cases_go_over_with_whatever_is_due_on_them(base: Base) {
    let world = World::new(base).await;
    for (role, classes) in [(Role::Mediator, vec![Class::Mediation]), (Role::Carer, vec![Class::General, Class::Care])]
    {
        let grant = Grant::new(role, place(GRID), classes).expect("a grant");
        world.database.give("wangfang", &grant, OPERATOR, None).await.expect("given");
    }
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let [dispute, others, case, theirs] = [1, 2, 3, 4].map(|n: u8| RecordId::new(u64::from(n), [n; 10]));
    let facts = |mediators: &str| {
        json!({"title": "界墙", "found_on": "2026-03-01", "source": "screening", "matter": "neighbours",
               "summary": "界墙高低", "mediators": mediators})
    };
    let care = |carer: &str| {
        json!({"name": "陈静", "reason": "alone", "why": "腿脚不便", "opened_on": "2026-11-01", "carer": carer,
               "interval": "7", "interval_why": "头一个月常去"})
    };
    let ops = vec![
        of_dispute(dispute, Kind::Dispute, 0, &facts("周岚、王芳")),
        of_dispute(others, Kind::Dispute, 1, &facts("周岚")),
        in_class(Class::Care, case, Kind::CareCase, 2, &care("王芳")),
        in_class(Class::Care, theirs, Kind::CareCase, 3, &care("周岚")),
        Op { record: RecordId::new(5, [5; 10]), ..hazard(phone.device) },
    ];
    let answer = phone.sync(ops).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);

    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let over = HandAllOver { from: "WangFang".into(), to: "liqiang".into() };
    let done: AllHandedOver = desk.ask("hand-over-all", &over).await;
    assert_eq!((done.receipts.len(), done.others, done.cases, done.left), (1, 0, 3, 0));

    let (disputes, _) = world.database.files::<DisputeFile>(GRID).await.expect("files");
    let mediators =
        |id| disputes.iter().find(|(head, _)| head.id == id).map(|(_, file)| file.dispute.mediators.clone());
    assert_eq!(mediators(dispute).as_deref(), Some("周岚、李强"));
    assert_eq!(mediators(others).as_deref(), Some("周岚"));
    let (cases, _) = world.database.files::<CareFile>(GRID).await.expect("files");
    let carer = |id| cases.iter().find(|(head, _)| head.id == id).map(|(_, file)| file.carer().to_owned());
    assert_eq!((carer(case).as_deref(), carer(theirs).as_deref()), (Some("李强"), Some("周岚")));
    let (reports, _) = world.database.files::<Report>(GRID).await.expect("files");
    assert_eq!(reports[0].1.owner(), "李强");
    let waiting: WaitingPage = desk.ask("waiting", &FindWaiting::default()).await;
    assert!(waiting.items.is_empty(), "nothing of it waits for a decision");
    // There is nothing left to hand over, and the words say so.
    let again = desk.post("hand-over-all", &over).await;
    assert_eq!(again.status(), 422);
    let nobody = HandAllOver { from: "nobody".into(), to: "liqiang".into() };
    let words = desk.post("hand-over-all", &nobody).await.text().await.expect("words");
    assert!(words.contains("没有“nobody”这个账号，或不归您管"), "{words}");
}

async fn a_namesakes_cases_stay_and_hold_up_nothing(base: Base) {
    let world = World::new(base).await;
    let grant = Grant::new(Role::Carer, place(GRID), vec![Class::General, Class::Care]).expect("a grant");
    world.database.give("wangfang", &grant, OPERATOR, None).await.expect("given");
    // Another 王芳 works in the same grid.
    world.database.put_account("wangfang2", "王芳", PASSWORD, &[]).await.expect("an account");
    world.database.give("wangfang2", &grant, OPERATOR, None).await.expect("given");
    let mut phone = world.log_in(1).await;
    let case = RecordId::new(3, [3; 10]);
    let facts = json!({"name": "陈静", "reason": "alone", "why": "腿脚不便", "opened_on": "2026-11-01", "carer": "王芳",
                       "interval": "7", "interval_why": "头一个月常去"});
    let answer = phone.sync(vec![in_class(Class::Care, case, Kind::CareCase, 2, &facts)]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Applied, "{:?}", answer.results);
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let over = GridHandover { grid: GRID.parse().expect("a grid"), from: "wangfang".into(), to: "liqiang".into() };
    let done: GridHandedOver = desk.ask("hand-over", &over).await;
    assert_eq!((done.cases, done.left), (0, 1), "nobody knows which 王芳 is meant");
    let (cases, _) = world.database.files::<CareFile>(GRID).await.expect("files");
    assert_eq!(cases[0].1.carer(), "王芳");
}

on_both_databases! {
    a_namesakes_cases_stay_and_hold_up_nothing,
    open_cases_go_over_with_whatever_is_due_on_them,
}
