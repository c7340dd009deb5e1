//! 督办, and confirming care cases.

use super::{TOWNSHIP, VILLAGE, in_class, of_dispute};
use crate::world::{
    Base, GRID, PASSWORD, World,
    desk::{Desk, place},
};
use ruhu_domain::case::book::CaseFile;
use ruhu_domain::{
    Class, Kind, RecordId, day,
    dispute::{DisputeFile, steps::Step},
    office::*,
    rights::{Grant, Role},
    wire::OpOutcome,
};
use ruhu_server::{database::OPERATOR, random};
use serde_json::json;

/// Returns the only open case that an office sees.
async fn only_case(desk: &Desk<'_>) -> OpenCase {
    let page: CasePage = desk.ask("cases", &WantedCases::default()).await;
    assert_eq!((page.cases.len(), page.totals.len(), page.unreadable), (1, 1, 0), "{page:?}");
    page.cases.into_iter().next().expect("one case")
}

async fn what_is_late_is_pressed_for_without_names_or_stories(base: Base) {
    let world = World::new(base).await;
    let grant = Grant::new(Role::Mediator, place(GRID), vec![Class::Mediation]).expect("a grant");
    world.database.give("wangfang", &grant, "test", None).await.expect("given");
    let mut phone = world.log_in(1).await;
    let dispute = RecordId::new(1, [1; 10]);
    let facts = json!({"title": "王家界墙", "found_on": "2026-03-01", "source": "screening", "matter": "neighbours", "summary": "界墙高低"});
    let party = json!({"dispute": dispute, "name": "王建国", "side": "applicant"});
    let register = json!({"dispute": dispute, "step": "register"});
    let ops = vec![
        of_dispute(dispute, Kind::Dispute, 0, &facts),
        of_dispute(RecordId::new(2, [2; 10]), Kind::Party, 1, &party),
        of_dispute(RecordId::new(3, [3; 10]), Kind::DisputeStep, 2, &register),
    ];
    let answer = phone.sync(ops).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);

    // Everyday records alone: of disputes the counts and dates, and nothing else.
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let text = desk.post("cases", &WantedCases::default()).await.text().await.expect("a body");
    for word in ["王建国", "界墙"] {
        assert!(!text.contains(word), "{text}");
    }
    assert!(text.contains("王芳"), "who has it in hand is told: {text}");
    let open_dispute = only_case(&desk).await;
    assert_eq!((open_dispute.of.record, open_dispute.deadline().map(|due| due.what)), (dispute, Some("受理")));
    let press = |step, why: &str| Press { of: open_dispute.of.clone(), step, why: why.into() };
    assert_eq!(desk.status("press", &press(Step::Supervise, "逾期")).await, 422, "that is the county's");
    assert_eq!(desk.status("press", &press(Step::LeadHandling, " ")).await, 422, "without a reason");
    assert_eq!(desk.status("press", &press(Step::Archive, "逾期")).await, 403, "nothing but that");
    desk.ask::<Nothing>("press", &press(Step::LeadHandling, "请今天受理")).await;
    let open_dispute = only_case(&desk).await;
    let pressed = open_dispute.pressed.clone().expect("it was pressed for");
    assert_eq!((pressed.step, pressed.acknowledged), (Step::LeadHandling, false));

    let came = phone.sync(Vec::new()).await;
    let records = came.channels.iter().flat_map(|page| &page.records);
    assert!(records.clone().any(|record| record.fields.get("why").is_some_and(|why| why.value == "请今天受理")));
    let acknowledge = json!({"dispute": dispute, "step": "acknowledge"});
    let answer = phone.sync(vec![of_dispute(RecordId::new(4, [4; 10]), Kind::DisputeStep, 61_000, &acknowledge)]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Applied, "{:?}", answer.results);
    let open_dispute = only_case(&desk).await;
    assert!(open_dispute.pressed.expect("it was").acknowledged);

    // The file itself: to those who may look at mediation there, and who did is on record.
    assert!(!open_dispute.readable);
    assert_eq!(desk.status("file", &open_dispute.of).await, 403);
    let all = Desk::open(&world, "quan", Role::Township, TOWNSHIP, Class::ALL).await;
    assert!(only_case(&all).await.readable);
    let whole: WholeFile = all.ask("file", &open_dispute.of).await;
    let file = DisputeFile::gather(&whole.dispute, &whole.others).expect("a file");
    assert_eq!((file.dispute.summary.as_str(), file.parties.len(), file.steps.len()), ("界墙高低", 1, 3));
    let seen: Vec<Seen> = all.ask("seen", &open_dispute.of).await;
    assert!(seen.iter().any(|seen| seen.account == "quan" && seen.how == "查看卷宗"), "{seen:?}");
    let mut other = open_dispute.of.clone();
    other.record = RecordId::new(9, [9; 10]);
    assert_eq!(all.status("file", &other).await, 404);
    let moves = json!({"channel": "411502001003-03/mediation"});
    let answer = phone.sync(vec![of_dispute(dispute, Kind::Dispute, 62_000, &moves)]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined, "a file is not torn apart");

    let elsewhere = Desk::open(&world, "bie", Role::Township, "411502002000", Class::ALL).await;
    assert_eq!(elsewhere.status("file", &open_dispute.of).await, 403);
    assert_eq!(elsewhere.ask::<CasePage>("cases", &WantedCases::default()).await, CasePage::default());
    let here = WantedCases { place: Some(place(GRID)), ..WantedCases::default() };
    assert_eq!(elsewhere.status("cases", &here).await, 422, "that is another's place");
    assert_eq!(desk.ask::<CasePage>("cases", &here).await.cases.len(), 1);
    assert_eq!(elsewhere.status("press", &press(Step::Remind, "逾期")).await, 403);
    let administrator = Desk::open(&world, "guanli", Role::Administrator, TOWNSHIP, &[]).await;
    assert_eq!(administrator.status("cases", &WantedCases::default()).await, 403);

    // One that can't be read is counted: it may be late.
    let broken = format!("UPDATE record SET body = '{{' WHERE kind = 'dispute' AND channel = '{GRID}/mediation'");
    crate::world::sql(&crate::world::address(&world.location), &broken).await;
    assert_eq!(only_case(&desk).await.of.record, dispute, "its line stays as it was");
    world.database.rebuild(drop).await.expect("rebuilt");
    let left: CasePage = desk.ask("cases", &WantedCases::default()).await;
    assert_eq!((left.cases.len(), left.totals.len(), left.unreadable), (0, 0, 1));
    assert_eq!(elsewhere.ask::<CasePage>("cases", &WantedCases::default()).await.unreadable, 0);
}

async fn a_care_case_is_confirmed_by_somebody_else_and_goes_to_nobody_outside_it(base: Base) {
    let world = World::new(base).await;
    for (account, name, role, at) in
        [("sunli", "孙丽", Role::Carer, GRID), ("zhoulan", "周兰", Role::VillageLead, VILLAGE)]
    {
        world.database.put_account(account, name, PASSWORD, &[]).await.expect("an account");
        let grant = Grant::new(role, place(at), vec![Class::General, Class::Care]).expect("a grant");
        world.database.give(account, &grant, OPERATOR, None).await.expect("given");
    }
    let mut carer = world.log_in_as("sunli", 2).await;
    let mut lead = world.log_in_as("zhoulan", 3).await;
    let mut worker = world.log_in(1).await;
    let case = RecordId::new(1, [1; 10]);
    let today = day::ledger(day::day(random::now_ms().cast_signed()));
    let facts = json!({
        "name": "赵桂兰", "reason": "alone", "why": "老伴今年过世", "opened_on": today, "carer": "孙丽",
        "interval": "7", "interval_why": "头一个月常去",
    });
    let step = |n: u8, at: u64, step: &str| {
        let taken = json!({"case": case, "step": step, "why": "情况有变"});
        in_class(Class::Care, RecordId::new(u64::from(n), [n; 10]), Kind::CareStep, at, &taken)
    };
    let outcomes = |answer: &ruhu_domain::wire::SyncResponse| {
        answer.results.iter().map(|result| result.outcome).collect::<Vec<_>>()
    };
    let opened = in_class(Class::Care, case, Kind::CareCase, 0, &facts);
    let answer = carer.sync(vec![opened, step(2, 1, "confirm"), step(3, 2, "close")]).await;
    let refused = OpOutcome::Quarantined;
    assert_eq!(outcomes(&answer), [OpOutcome::Applied, refused, refused], "not one's own, and not yet");
    let own = Decision { op: answer.results[1].op, reason: String::new() };
    // A lead's own case wants another lead.
    let led = RecordId::new(20, [20; 10]);
    let led = [
        in_class(Class::Care, led, Kind::CareCase, 10, &facts),
        in_class(
            Class::Care,
            RecordId::new(21, [21; 10]),
            Kind::CareStep,
            11,
            &json!({"case": led, "step": "confirm"}),
        ),
    ];
    assert_eq!(outcomes(&lead.sync(led.to_vec()).await), [OpOutcome::Applied, refused]);
    assert_eq!(
        outcomes(&lead.sync(vec![step(4, 3, "confirm"), step(5, 4, "confirm")]).await),
        [OpOutcome::Applied, refused]
    );
    let visit = |n: u8, help: &str| {
        let visit = json!({"case": case, "on": today, "way": "home", "found": "睡不好", "help": help});
        in_class(Class::Care, RecordId::new(u64::from(n), [n; 10]), Kind::CareVisit, 5, &visit)
    };
    let answer = carer.sync(vec![visit(6, "care"), visit(7, "counselling")]).await;
    assert_eq!(outcomes(&answer), [OpOutcome::Applied, refused], "no counselling without consent");

    let answer = worker.sync(vec![visit(8, "care")]).await;
    assert_eq!(outcomes(&answer), [refused], "no right to care");
    assert!(answer.channels.iter().all(|page| page.channel.class != Class::Care));
    let desk = Desk::open(&world, "bangong", Role::Township, TOWNSHIP, &[Class::General, Class::Mediation]).await;
    assert!(
        desk.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items.is_empty(),
        "an office without the right sees none of it"
    );
    assert_eq!(desk.status("accept", &own).await, 403);
}

on_both_databases! {
    what_is_late_is_pressed_for_without_names_or_stories,
    a_care_case_is_confirmed_by_somebody_else_and_goes_to_nobody_outside_it,
}
