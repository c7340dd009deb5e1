//! The rights of the people recorded.

use super::{HOUSEHOLD, RESIDENT, TOWNSHIP, VILLAGE, VISIT, family, id, in_class, of_dispute, op, resident, whole};
use crate::world::{
    Base, GRID, PASSWORD, World, channel,
    desk::{Desk, place},
};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, Record, RecordId,
    codes::Outcome,
    office::*,
    record::{MOVED, Op, diff},
    rights::{Grant, Role},
    visit::Visit,
    wire::OpOutcome,
};
use ruhu_server::{
    database::{Author, ERASED_NAME, Incoming, Location, OPERATOR},
    random,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn asks(wish: Wish) -> OpenDataRequest {
    OpenDataRequest { of: resident(), wish, asked_by: "本人，核对了身份证".into(), words: "见附件".into() }
}

async fn a_person_sees_that_they_are_a_party_where_the_office_may_see_it(base: Base) {
    let world = World::new(base).await;
    let grant = Grant::new(Role::Mediator, place(GRID), vec![Class::Mediation]).expect("a grant");
    world.database.give("wangfang", &grant, OPERATOR, None).await.expect("given");
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let dispute = RecordId::new(1, [1; 10]);
    let facts = json!({"title": "界墙", "found_on": "2026-03-01", "source": "screening", "matter": "neighbours", "summary": "界墙高低"});
    let party = |resident| json!({"dispute": dispute, "name": "陈静", "side": "applicant", "resident": resident});
    let ops = vec![
        of_dispute(dispute, Kind::Dispute, 0, &facts),
        of_dispute(RecordId::new(2, [2; 10]), Kind::Party, 1, &party(id(RESIDENT))),
        of_dispute(RecordId::new(3, [3; 10]), Kind::Party, 2, &party(id(999))),
    ];
    let answer = phone.sync(ops).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);
    let kinds = async |desk: &Desk<'_>| {
        let dossier: Dossier = desk.ask("dossier", &resident()).await;
        let text = serde_json::to_string(&dossier).expect("JSON");
        assert!(!text.contains("界墙"), "what it is about is not on this person alone");
        dossier.records.iter().map(|held| held.kind.as_str().to_owned()).collect::<Vec<_>>()
    };
    let all = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General, Class::Mediation]).await;
    assert_eq!(kinds(&all).await, ["household", "resident", "visit", "party"]);
    let general = Desk::open(&world, "bangong", Role::Township, TOWNSHIP, &[Class::General]).await;
    assert_eq!(kinds(&general).await, ["household", "resident", "visit"]);
}

async fn a_party_who_is_no_resident_is_found_and_served(base: Base) {
    let world = World::new(base).await;
    let grant = Grant::new(Role::Mediator, place(GRID), vec![Class::Mediation]).expect("a grant");
    world.database.give("wangfang", &grant, OPERATOR, None).await.expect("given");
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let [dispute, entry] = [1, 2].map(|n: u8| RecordId::new(u64::from(n), [n; 10]));
    let facts = json!({"title": "界墙", "found_on": "2026-03-01", "source": "screening", "matter": "neighbours", "summary": "界墙高低"});
    let party = json!({"dispute": dispute, "name": "王建国", "side": "applicant", "phone": "139 0000 1111"});
    // Others of that name, or nobody knows: without a phone, with another, born in another year.
    let namesakes =
        [json!(""), json!("13900003333"), json!("139 0000 1111")].into_iter().zip(10_u8..).map(|(phone, n)| {
            let born = (n == 12).then_some(1950);
            let view =
                json!({"dispute": dispute, "name": "王建国", "side": "respondent", "phone": phone, "born": born});
            of_dispute(RecordId::new(u64::from(n), [n; 10]), Kind::Party, u64::from(n), &view)
        });
    let namesakes: Vec<Op> = namesakes.collect();
    let party = {
        let mut party = party;
        party["born"] = json!(1960);
        party
    };
    let mut ops = vec![of_dispute(dispute, Kind::Dispute, 0, &facts), of_dispute(entry, Kind::Party, 1, &party)];
    ops.extend(namesakes.clone());
    let answer = phone.sync(ops).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);

    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General, Class::Mediation]).await;
    let find = async |desk: &Desk<'_>, text: &str| {
        desk.ask::<Vec<FoundResident>>("find", &FindPerson { name: text.into(), place: None }).await
    };
    let found = find(&desk, "王建国").await;
    assert_eq!((found.len(), found.iter().all(|found| found.party)), (4, true));
    assert_eq!(find(&desk, "+86 139 0000 1111").await.len(), 2, "by the phone too");
    let found: Vec<FoundResident> = found.into_iter().filter(|found| found.record == entry).collect();
    assert_eq!(find(&desk, "19900000001").await[0].name, "陈静", "the phone of a household is its head's");
    assert_eq!(
        desk.status("find", &FindPerson { name: "001111".into(), place: None }).await,
        422,
        "six digits are many people"
    );
    let general = Desk::open(&world, "bangong", Role::Township, TOWNSHIP, &[Class::General]).await;
    assert!(find(&general, "王建国").await.is_empty(), "without the right to mediation nobody is found");

    let of = OfRecord { record: found[0].record, channel: found[0].channel.clone() };
    assert_eq!(general.status("dossier", &of).await, 403);
    let dossier: Dossier = desk.ask("dossier", &of).await;
    assert!(dossier.kept.contains("第二十七条") && dossier.found.party);
    let kinds: Vec<&str> = dossier.records.iter().map(|held| held.kind.as_str()).collect();
    assert_eq!(kinds, ["party"], "nothing of what it is about");
    let decide = async |wish: Wish, granted: bool, values: Value| {
        let request = OpenDataRequest { of: of.clone(), wish, asked_by: "本人".into(), words: "见附件".into() };
        desk.ask::<Nothing>("request-open", &request).await;
        let requests: Vec<DataRequest> = desk.ask("requests", &()).await;
        let open = requests.iter().find(|request| request.decided.is_none()).expect("it is open");
        let values = serde_json::from_value(values).expect("fields");
        let decision = DecideDataRequest { id: open.id.clone(), granted, answer: "已核实".into(), values };
        let status = desk.status("request-decide", &decision).await;
        if status != 200 {
            let refusal = DecideDataRequest { granted: false, values: BTreeMap::new(), ..decision };
            desk.ask::<Nothing>("request-decide", &refusal).await;
        }
        status
    };
    assert_eq!(decide(Wish::Erase, true, json!({})).await, 422, "files are kept");
    assert_eq!(decide(Wish::Correct, true, json!({"side": "respondent"})).await, 422);
    assert_eq!(decide(Wish::Correct, true, json!({"phone": "13900002222"})).await, 200);
    let pages = phone.sync(Vec::new()).await.channels;
    let changed = pages.iter().flat_map(|page| &page.records).find(|record| record.id == entry).expect("it changed");
    assert_eq!(changed.fields["phone"].value, json!("13900002222"));
    let touched = pages.iter().flat_map(|page| &page.records).map(|record| record.id);
    assert!(touched.into_iter().all(|id| namesakes.iter().all(|op| op.record != id)), "a name alone is many people's");
    let waiting: WaitingPage = desk.ask("waiting", &FindWaiting::default()).await;
    assert!(waiting.items.is_empty(), "what was refused waits for nobody");
}

async fn a_person_sees_their_care_case_and_it_goes_with_them(base: Base) {
    let world = World::new(base).await;
    world.database.put_account("sunli", "孙丽", PASSWORD, &[]).await.expect("an account");
    let grant = Grant::new(Role::Carer, place(GRID), vec![Class::General, Class::Care]).expect("a grant");
    world.database.give("sunli", &grant, OPERATOR, None).await.expect("given");
    let mut worker = world.log_in(1).await;
    worker.sync(family()).await;
    let mut carer = world.log_in_as("sunli", 2).await;
    let case = |n: u8, whose: Option<RecordId>, why: &str| {
        let facts = json!({
            "name": "陈静", "resident": whose, "reason": "alone", "why": why, "opened_on": "2026-11-01",
            "carer": "孙丽", "interval": "7", "interval_why": "头一个月常去",
        });
        in_class(Class::Care, RecordId::new(u64::from(n), [n; 10]), Kind::CareCase, u64::from(n), &facts)
    };
    let (own, other) = (case(1, Some(id(RESIDENT)), "腿脚不便"), case(2, None, "别人的理由"));
    let visit = json!({"case": own.record, "on": "2026-11-02", "way": "home", "found": "夜里睡不好"});
    let visit = in_class(Class::Care, RecordId::new(3, [3; 10]), Kind::CareVisit, 3, &visit);
    // FoundResident by household and name too; a step that may not be taken waits.
    let by_name = json!({
        "name": "陈静", "household": id(HOUSEHOLD), "reason": "alone", "why": "只写了名字", "opened_on": "2026-11-01",
        "carer": "孙丽", "interval": "7", "interval_why": "常去",
    });
    let by_name = in_class(Class::Care, RecordId::new(4, [4; 10]), Kind::CareCase, 4, &by_name);
    let step = json!({"case": own.record, "step": "confirm", "why": "等着核对的理由"});
    let step = in_class(Class::Care, RecordId::new(5, [5; 10]), Kind::CareStep, 5, &step);
    let late = json!({"case": own.record, "on": "2026-11-03", "way": "home", "found": "后来才发的话"});
    let late = in_class(Class::Care, RecordId::new(6, [6; 10]), Kind::CareVisit, 6, &late);
    assert_eq!(carer.sync(vec![own.clone()]).await.results[0].outcome, OpOutcome::Applied);
    assert_eq!(carer.sync(vec![step]).await.results[0].outcome, OpOutcome::Quarantined);
    let answer = carer.sync(vec![other, visit, by_name]).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);

    let general = Desk::open(&world, "bangong", Role::Township, TOWNSHIP, &[Class::General]).await;
    let text = general.post("dossier", &resident()).await.text().await.expect("a body");
    assert!(text.contains("陈静") && !text.contains("腿脚不便"), "without the right to care nothing of it is shown");
    let all = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let text = all.post("dossier", &resident()).await.text().await.expect("a body");
    for words in ["腿脚不便", "夜里睡不好", "只写了名字"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("别人的理由"));

    // It goes with the person, also where who decides may not read it.
    general.ask::<Nothing>("request-open", &asks(Wish::Erase)).await;
    let requests: Vec<DataRequest> = general.ask("requests", &()).await;
    let decision = DecideDataRequest {
        id: requests[0].id.clone(),
        granted: true,
        answer: "已核实".into(),
        values: BTreeMap::new(),
    };
    general.ask::<Nothing>("request-decide", &decision).await;
    let left = whole(&world).await;
    for words in ["腿脚不便", "夜里睡不好", "只写了名字", "等着核对的理由"] {
        assert!(!left.contains(words), "{words} is gone from records, history and what waits");
    }
    assert!(left.contains("别人的理由"));
    let page = carer.sync(vec![]).await.channels.into_iter().find(|page| page.channel.class == Class::Care);
    let page = page.expect("the channel starts over");
    assert!(page.reset && page.records.len() == 1, "the phone forgets it");
    // What a phone sends later is added to nothing.
    let answer = carer.sync(vec![late]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined);
    let decision = Decision { op: answer.results[0].op, reason: String::new() };
    assert_eq!(all.status("accept", &decision).await, 422, "and can't be accepted");
}

async fn a_person_sees_corrects_restricts_and_erases_what_is_held(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    assert_eq!(
        desk.status("find", &FindPerson { name: "陈".into(), place: None }).await,
        422,
        "one letter is a list of people"
    );
    let found: Vec<FoundResident> = desk.ask("find", &FindPerson { name: "陈静".into(), place: None }).await;
    assert_eq!((found.len(), found[0].birth_year, found[0].household.trim()), (1, Some(1956), "001"));
    let dossier: Dossier = desk.ask("dossier", &resident()).await;
    let kinds: Vec<&str> = dossier.records.iter().map(|held| held.kind.as_str()).collect();
    assert_eq!(kinds, ["household", "resident", "visit"]);
    assert!(dossier.kept.contains("3年") && dossier.records[1].history.len() == 1);

    let decide = async |wish: Wish, granted: bool, values: Value| {
        desk.ask::<Nothing>("request-open", &asks(wish)).await;
        let requests: Vec<DataRequest> = desk.ask("requests", &()).await;
        assert!(requests[0].decided.is_none() && requests[0].wish == wish);
        let values = serde_json::from_value(values).expect("fields");
        let decision = DecideDataRequest { id: requests[0].id.clone(), granted, answer: "已核实".into(), values };
        let status = desk.status("request-decide", &decision).await;
        (status, decision)
    };
    let (status, decision) = decide(Wish::Correct, true, json!({"living": "died"})).await;
    assert_eq!(status, 422, "not every field is a person's to correct");
    let right =
        DecideDataRequest { values: serde_json::from_value(json!({"birth": "1956-08-03"})).expect("x"), ..decision };
    desk.ask::<Nothing>("request-decide", &right).await;
    assert_eq!(desk.status("request-decide", &right).await, 422, "once");
    assert_eq!(decide(Wish::Restrict, true, json!({})).await.0, 200);
    let records = phone.sync(vec![]).await;
    let changed: &Record =
        records.channels[0].records.iter().find(|record| record.id == id(RESIDENT)).expect("changed");
    assert_eq!(changed.fields["birth"].value, json!("1956-08-03"));
    assert_eq!(changed.fields["restricted"].value, json!("已核实"));
    let dossier: Dossier = desk.ask("dossier", &resident()).await;
    let history = &dossier.records[1].history;
    assert_eq!((history.len(), history[0].by.as_str()), (3, "zhen"), "each correction is on record");

    assert_eq!(decide(Wish::Erase, false, json!({})).await.0, 200);
    assert!(whole(&world).await.contains("陈静"), "a refusal erases nothing");
    assert_eq!(decide(Wish::Erase, true, json!({})).await.0, 200);
    let left = whole(&world).await;
    assert!(!left.contains("陈静") && !left.contains("1956"), "gone from records and history: {left}");
    assert!(left.contains("陈雨") && left.contains(ERASED_NAME), "what is others' stays");
    assert_eq!(desk.status("dossier", &resident()).await, 404);
    // The phone starts the channel over and forgets; sending the record again brings nothing back.
    let answer = phone.sync(vec![]).await;
    let page = &answer.channels[0];
    assert!(page.reset && page.records.len() == 2 && page.records.iter().all(|record| record.id != id(RESIDENT)));
    let again = phone.sync(family()).await;
    assert!(again.results[1].outcome == OpOutcome::Gone, "{:?}", again.results[1]);
    let edit = op(50, Kind::Resident, id(RESIDENT), &json!({"household": id(HOUSEHOLD), "name": "陈静"}));
    assert_eq!(phone.sync(vec![edit]).await.results[0].outcome, OpOutcome::Quarantined);
    let requests: Vec<DataRequest> = desk.ask("requests", &()).await;
    assert_eq!(requests.iter().filter(|request| request.decided.is_some()).count(), 4);
    let seen: Vec<Seen> = desk.ask("seen", &resident()).await;
    assert!(seen.iter().any(|seen| seen.account == "zhen" && seen.how == "查阅个人信息"));
    assert!(seen.iter().any(|seen| seen.account == "wangfang"));
    assert_eq!(world.database.verify_audit(None).await.map(drop).map_err(|error| error.to_string()), Ok(()));
}

async fn a_correction_of_the_head_is_made_in_the_household_too(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let number = json!({"household": id(HOUSEHOLD), "name": "陈静", "birth": "1956-03-08", "living": "home",
                        "phone": "19900000001"});
    phone.sync(vec![op(4, Kind::Resident, id(RESIDENT), &number)]).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let correct = async |values: Value| {
        desk.ask::<Nothing>("request-open", &asks(Wish::Correct)).await;
        let requests: Vec<DataRequest> = desk.ask("requests", &()).await;
        let open = requests.iter().find(|request| request.decided.is_none()).expect("it is open");
        let values = serde_json::from_value(values).expect("fields");
        let decision = DecideDataRequest { id: open.id.clone(), granted: true, answer: "已核实".into(), values };
        desk.ask::<Nothing>("request-decide", &decision).await;
    };
    correct(json!({"name": "陈晶", "phone": "19900000002"})).await;
    let pages = phone.sync(vec![]).await.channels;
    let field = |record: RecordId, name: &str| {
        let record = pages[0].records.iter().find(|one| one.id == record).expect("it changed");
        record.fields[name].value.clone()
    };
    assert_eq!((field(id(RESIDENT), "name"), field(id(RESIDENT), "phone")), (json!("陈晶"), json!("19900000002")));
    assert_eq!((field(id(HOUSEHOLD), "head"), field(id(HOUSEHOLD), "phone")), (json!("陈晶"), json!("19900000002")));
    // The phone of somebody else of the household stays theirs.
    let son = op(60, Kind::Household, id(HOUSEHOLD), &json!({"number": "001", "head": "陈晶", "phone": "19900000003"}));
    let stamped = Op { stamp: ruhu_domain::Stamp { ms: random::now_ms(), ..son.stamp }, ..son };
    assert_eq!(phone.sync(vec![stamped]).await.results[0].outcome, OpOutcome::Applied);
    correct(json!({"phone": "19900000004"})).await;
    assert!(phone.sync(vec![]).await.channels.iter().flat_map(|page| &page.records).all(|one| one.id != id(HOUSEHOLD)));
}

async fn who_was_registered_twice_and_moved_is_erased_everywhere(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let other: Channel = format!("{VILLAGE}-03/general").parse().expect("a channel");
    let there = |op: Op| Op { channel: other.clone(), ..op };
    let visit = |n: u64, household: u64, found: &str| {
        let mut visit = Visit::new(id(household), random::now_ms().cast_signed(), "王芳", Outcome::Met);
        visit.found = found.into();
        op(n, Kind::Visit, id(n), &visit)
    };
    let twin = json!({"household": id(HOUSEHOLD), "name": "陈靖", "same_as": id(RESIDENT)});
    let lived = BTreeMap::from([("household", id(200))]);
    let ops = [
        there(op(20, Kind::Household, id(200), &json!({"number": "002", "head": "王强"}))),
        there(visit(21, 200, "陈静帮忙带孩子，王强在外")),
        there(visit(22, 200, "王强在家，陈静怡也在")),
        there(op(27, Kind::Resident, id(201), &json!({"household": id(200), "name": "陈静怡"}))),
        op(23, Kind::Resident, id(105), &twin),
        visit(24, HOUSEHOLD, "陈靖说好多了"),
        // First in the other household, then in this one.
        op(25, Kind::Resident, id(RESIDENT), &lived),
        op(26, Kind::Resident, id(RESIDENT), &BTreeMap::from([("household", id(HOUSEHOLD))])),
    ];
    let grants = [Grant::new(Role::VillageLead, place(VILLAGE), vec![Class::General]).expect("a grant")];
    let author = Author { account: "lead", name: "周兰", device: DeviceId(1), grants: &grants };
    let taken = world.database.take(author, ops.map(|op| Incoming::Op(Box::new(op))).to_vec()).await.expect("taken");
    assert!(taken.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", taken.results);

    let grid = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let dossier: Dossier = grid.ask("dossier", &resident()).await;
    let records: Vec<RecordId> = dossier.records.iter().map(|held| held.record).collect();
    for (n, there) in [(RESIDENT, true), (105, true), (VISIT, true), (24, true), (21, true), (22, false)] {
        assert_eq!(records.contains(&id(n)), there, "{n}");
    }
    grid.ask::<Nothing>("request-open", &asks(Wish::Erase)).await;
    let requests: Vec<DataRequest> = grid.ask("requests", &()).await;
    let decision = DecideDataRequest {
        id: requests[0].id.clone(),
        granted: true,
        answer: "已核实".into(),
        values: BTreeMap::new(),
    };
    grid.ask::<Nothing>("request-decide", &decision).await;
    let left = whole(&world).await;
    let others = left.replace("陈静怡", "");
    assert!(!others.contains("陈静") && !others.contains("陈靖"), "{left}");
    assert!(left.contains("陈静怡也在"), "a longer name is another's");
    assert!(left.contains("王强在外") && left.contains("王强在家"), "what is others' stays");
    let gone: Vec<RecordId> = [RESIDENT, 105].map(id).to_vec();
    let page = &phone.sync(vec![]).await.channels[0];
    assert!(page.reset && page.records.iter().all(|record| !gone.contains(&record.id)));
}

async fn an_erased_name_is_in_no_table_and_no_file(base: Base) {
    const NAME: &str = "欧阳金丝雀";
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let visit = |n: u64, household: u64, found: &str| {
        let mut visit = Visit::new(id(household), random::now_ms().cast_signed(), "王芳", Outcome::Met);
        visit.found = found.into();
        op(n, Kind::Visit, id(n), &visit)
    };
    let said = |words: &str| format!("{NAME}{words}");
    let ops = vec![
        op(20, Kind::Household, id(200), &json!({"number": "007", "head": NAME, "phone": "19900000007"})),
        op(21, Kind::Resident, id(201), &json!({"household": id(200), "name": NAME, "birth": "1956-03-08"})),
        visit(22, 200, &said("在家")),
        op(23, Kind::Household, id(210), &json!({"number": "008", "head": "邻居", "note": said("的邻居")})),
        visit(24, 210, &said("来串门，借了把锄头")),
        op(
            25,
            Kind::Other("from_2030".into()),
            id(211),
            &json!({"text": said("的事"), "deep": {"list": [said("还有")]}}),
        ),
        op(
            26,
            Kind::Patrol,
            id(212),
            &json!({"team": "volunteers", "members": "王芳", "places": said("家门口"), "began": 1}),
        ),
    ];
    let results = phone.sync(ops).await.results;
    assert!(results.iter().all(|result| result.outcome == OpOutcome::Applied), "{results:?}");
    // A second value that waits for a choice; one op that waits for a supervisor, one that was refused.
    let mut edit = visit(30, 210, &said("第二次来"));
    edit.record = id(24);
    let mut other = world.log_in(2).await;
    other.sync(vec![edit]).await;
    let waits = |n: u64| Op { changes: diff(None, &json!({"found": said("等着核对")})), ..visit(n, 210, "") };
    // What was said once and changed since is in the history alone; and a change to a record that is here waits too.
    let once = visit(27, 210, &said("当时也在场"));
    let changed = op(28, Kind::Visit, id(27), &BTreeMap::from([("found", "没有别人在场")]));
    let results = phone.sync(vec![once, visit(29, 210, "没事"), changed]).await.results;
    assert!(results.iter().all(|result| result.outcome == OpOutcome::Applied), "{results:?}");
    let on_known = json!({"found": said("也来过"), MOVED: "411502001009-01/general"});
    let waiting = phone.sync(vec![op(33, Kind::Visit, id(29), &on_known)]).await.results;
    assert_eq!(waiting[0].outcome, OpOutcome::Quarantined, "{waiting:?}");
    let waiting = phone.sync(vec![waits(31), waits(32)]).await.results;
    assert!(waiting.iter().all(|result| result.outcome == OpOutcome::Quarantined), "{waiting:?}");
    world.database.refuse(waiting[1].op, "没有写明", OPERATOR).await.expect("it is refused");

    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let of = OfRecord { record: id(201), channel: channel() };
    let words = said("要求删除");
    let asked = OpenDataRequest { of: of.clone(), wish: Wish::Erase, asked_by: said("本人"), words };
    desk.ask::<Nothing>("request-open", &asked).await;
    let dossier: Dossier = desk.ask("dossier", &of).await;
    let held = serde_json::to_string(&dossier.records).expect("text");
    assert!(!held.contains("锄头"), "what was written at a neighbour's is not this person's to read");
    let requests: Vec<DataRequest> = desk.ask("requests", &()).await;
    let decided = DecideDataRequest {
        id: requests[0].id.clone(),
        granted: true,
        answer: said("，已删除"),
        values: BTreeMap::new(),
    };
    desk.ask::<Nothing>("request-decide", &decided).await;

    let checked = world.database.verify_ops().await.expect("what the law has erased is no forgery");
    assert!(checked.redacted > 0, "{checked:?}");
    let mut connection = world.connect().await;
    let tables = match base {
        Base::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Base::Postgres => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'",
    };
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
    assert!(tables.len() > 10);
    let mut everything = String::new();
    for table in tables {
        let columns = match base {
            Base::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
            Base::Postgres => {
                format!("SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_name = '{table}'")
            }
        };
        let columns: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_all(&mut connection).await.expect("columns");
        for column in columns {
            let words = format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL");
            let texts: Vec<String> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(words)).fetch_all(&mut connection).await.unwrap_or_default();
            everything.extend(texts);
        }
    }
    assert!(everything.contains("锄头") && everything.contains(ERASED_NAME), "what others said stays");
    assert!(
        !everything.contains(NAME),
        "{}",
        everything.split(NAME).next().unwrap_or_default().chars().rev().take(200).collect::<String>()
    );
    if let Location::File(file) = &world.location {
        for name in ["", "-wal", "-shm"] {
            let bytes = std::fs::read(format!("{}{name}", file.display())).unwrap_or_default();
            let found = bytes.windows(NAME.len()).any(|window| window == NAME.as_bytes());
            assert!(!found, "{name}");
        }
    }
}

on_both_databases! {
    a_correction_of_the_head_is_made_in_the_household_too,
    a_party_who_is_no_resident_is_found_and_served,
    an_erased_name_is_in_no_table_and_no_file,
    a_person_sees_that_they_are_a_party_where_the_office_may_see_it,
    a_person_sees_their_care_case_and_it_goes_with_them,
    a_person_sees_corrects_restricts_and_erases_what_is_held,
    who_was_registered_twice_and_moved_is_erased_everywhere,
}
