//! Accounts, codes for phones, grids handed over.

use super::{COUNTY, NEW_PASSWORD, TOWNSHIP, VILLAGE, enrol, log_in, of, right};
use crate::world::{
    Base, GRID, PASSWORD, World, address, channel,
    desk::{Desk, place},
    sql,
};
use ruhu_domain::{
    Class, GridCode, day,
    office::*,
    rights::Role,
    wire::{LoginResponse, OpOutcome},
};
use ruhu_server::{database::OPERATOR, random};
use std::collections::BTreeMap;

async fn a_code_lets_one_phone_in_once(base: Base) {
    let world = World::new(base).await;
    sql(&address(&world.location), "DELETE FROM setting WHERE name = 'demo'").await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    desk.turn_on_factor().await;
    assert_eq!(log_in(&world, "wangfang", PASSWORD, 1).await, 403, "a password alone lets no new phone in");

    let new =
        PutAccount {
            account: "liqiang".into(), name: "李强".into(), team: "义务巡逻队".into(), home: place(VILLAGE)
        };
    desk.ask::<Nothing>("account", &new).await;
    let give = Give { account: "liqiang".into(), right: right(Role::GridWorker, GRID, &[Class::General]), until: None };
    desk.ask::<OfGrant>("give", &give).await;
    assert_eq!(log_in(&world, "liqiang", "", 1).await, 401, "there is no password yet");

    let first: Code = desk.ask("code", &of("liqiang")).await;
    let code: Code = desk.ask("code", &of("liqiang")).await;
    assert!(code.until > random::now_ms() + 23 * 3_600_000);
    assert_eq!(enrol(&world, "liqiang", &first.code, NEW_PASSWORD, 1).await.status(), 401, "the one before is void");
    assert_eq!(enrol(&world, "wangfang", &code.code, NEW_PASSWORD, 1).await.status(), 401, "somebody else's");
    assert_eq!(enrol(&world, "liqiang", &code.code, "12345678", 1).await.status(), 422, "too easy a password");
    // Typed as people type: small letters, without dashes.
    let typed = code.code.replace('-', " ").to_lowercase();
    let answer = enrol(&world, "liqiang", &typed, NEW_PASSWORD, 1).await;
    let answer: LoginResponse = answer.json().await.expect("a login");
    assert_eq!((answer.name.as_str(), answer.grids.len()), ("李强", 1));
    assert_eq!(enrol(&world, "liqiang", &code.code, NEW_PASSWORD, 2).await.status(), 401, "once");
    assert_eq!(log_in(&world, "liqiang", NEW_PASSWORD, 1).await, 200, "the phone is known now");
    assert_eq!(log_in(&world, "liqiang", NEW_PASSWORD, 2).await, 403);

    let late: Code = desk.ask("code", &of("liqiang")).await;
    sql(&address(&world.location), "UPDATE enrolment SET until = 1 WHERE used_at IS NULL").await;
    assert_eq!(enrol(&world, "liqiang", &late.code, NEW_PASSWORD, 3).await.status(), 401, "too late");
    let people: Vec<StaffMember> = desk.ask("people", &()).await;
    let person = people.iter().find(|person| person.account == "liqiang").expect("it is there");
    assert_eq!((person.team.as_str(), person.devices.len(), person.grants.len()), ("义务巡逻队", 1, 1));
    assert_eq!(person.grants[0].given.by, "zhen");
}

async fn a_closed_account_is_out_and_its_phone_hands_over(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    desk.ask::<Nothing>("close", &of("wangfang")).await;
    let body = serde_json::to_vec(&phone.request(vec![])).expect("a request");
    assert_eq!(phone.post(body, &phone.token).await.status(), 410, "it is to hand over what it has");
    assert_eq!(log_in(&world, "wangfang", PASSWORD, 9).await, 401);
    assert_eq!(desk.status("code", &of("wangfang")).await, 422, "nobody is let in again");
    let people: Vec<StaffMember> = desk.ask("people", &()).await;
    let person = people.iter().find(|person| person.account == "wangfang").expect("it is there");
    assert_eq!(person.closed.as_ref().map(|closed| closed.by.as_str()), Some("zhen"));
    assert!(person.grants.iter().all(|grant| grant.ended.is_some()));
}

async fn a_phones_identity_is_one_accounts_alone(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let code: Code = desk.ask("code", &of("liqiang")).await;
    assert_eq!(enrol(&world, "liqiang", &code.code, NEW_PASSWORD, phone.device.0).await.status(), 401);
    assert_eq!(enrol(&world, "liqiang", &code.code, NEW_PASSWORD, 9).await.status(), 200, "the code is still good");
    // A phone that was quiet for long can still be revoked, and hand over.
    sql(&address(&world.location), "UPDATE session SET created_at = 1, seen_at = 1").await;
    world.database.retain(day::day(random::now_ms().cast_signed()), "保存期限").await.expect("it is tidied");
    world.database.revoke(phone.device, OPERATOR).await.expect("it is revoked");
    let body = serde_json::to_vec(&phone.request(vec![])).expect("a request");
    assert_eq!(phone.post(body, &phone.token).await.status(), 410);
}

async fn a_grid_goes_over_with_what_was_not_sent(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "一"), phone.visit(2, "二")]).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let over = |from: &str, to: &str| {
        let grid: GridCode = GRID.parse().expect("a grid");
        GridHandover { grid, from: from.into(), to: to.into() }
    };
    assert_eq!(desk.status("hand-over", &over("liqiang", "wangfang")).await, 422, "there is nothing to hand over");
    let receipt: GridHandoverReceipt = desk.ask("hand-over", &over("wangfang", "liqiang")).await;
    assert_eq!((receipt.from.as_str(), receipt.to.as_str(), receipt.done.by.as_str()), ("王芳", "李强", "zhen"));
    assert_eq!(receipt.records, BTreeMap::from([("visit".to_owned(), 2)]));
    assert_eq!((receipt.late, receipt.devices), ([0, 0, 0], [0, 1]), "the phone has not been in contact since");

    // What the one before had not sent comes later, waits, and is on the receipt.
    let answer = phone.sync(vec![phone.visit(3, "三"), phone.visit(4, "四")]).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Quarantined));
    assert!(answer.grants.is_empty(), "the phone lets go of the grid");
    let waiting = desk.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    desk.ask::<Nothing>("accept", &Decision { op: waiting[0].op, reason: String::new() }).await;
    let receipts: Vec<GridHandoverReceipt> = desk.ask("receipts", &()).await;
    assert_eq!((receipts.len(), receipts[0].late), (1, [1, 1, 0]));
    assert_eq!(receipts[0].devices, [1, 0], "the phone delivered, within the same hour too");
    let code: Code = desk.ask("code", &of("liqiang")).await;
    let answer: LoginResponse = enrol(&world, "liqiang", &code.code, NEW_PASSWORD, 7).await.json().await.expect("in");
    assert_eq!(answer.grids[0].channel, channel());
}

async fn accounts_from_a_sheet_are_checked_against_those_there_are(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let read = async |rows: &[&str]| {
        let text = format!("姓名,手机号,队伍,所属,角色,管哪里,类别,截止日期\n{}", rows.join("\n"));
        let request = world.client.post(format!("{}/api/v1/office/staff-read", world.url));
        let answer = request.bearer_auth(&desk.token).body(text).send().await.expect("an answer");
        answer.json::<StaffFile>().await.expect("a sheet")
    };
    let rows = [
        format!("赵敏,13800009001,巡逻队,,网格员,{GRID},日常,2099-12-31"),
        format!("赵敏,13800009001,,,巡逻队员,{VILLAGE},日常,"),
        format!("王芳,WangFang,,{VILLAGE},网格员,{GRID},日常,"),
        // Not theirs to give, or to look after.
        format!("钱一,qian,,,网格员,{GRID},调解,"),
        "孙二,sun,,,网格员,411502002001-01,日常,".to_owned(),
        format!("别人,13800009001,,,网格员,{GRID},日常,"),
        format!("镇长,zhen,,{VILLAGE},,,,"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let file = read(&rows).await;
    let refused: Vec<usize> = file.refused.iter().map(|remark| remark.line.number).collect();
    assert_eq!(refused, [5, 6, 7, 8], "{:?}", file.refused);
    assert_eq!(file.rows.iter().map(|row| row.new).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(file.rows[2].account.account, "wangfang", "a login name is the same in capitals");
    assert_eq!(file.rows[2].right, None, "she has it");

    // Made as the page makes them, it is all there.
    for row in file.rows {
        if row.new || row.changed {
            desk.ask::<Nothing>(if row.new { "account" } else { "account-change" }, &row.account).await;
        }
        if let Some(right) = row.right {
            let give = Give { account: row.account.account, right, until: row.until };
            desk.ask::<OfGrant>("give", &give).await;
        }
    }
    let again = read(&rows).await;
    assert!(again.rows.iter().all(|row| !row.new && !row.changed && row.right.is_none()), "{:?}", again.rows);
    let made: SheetFile = desk.ask("staff-template", &()).await;
    assert!(!made.xlsx.is_empty());
}

async fn a_right_is_given_only_where_there_is_a_place(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let give = |at: &str| {
        let right = right(Role::GridWorker, at, &[Class::General]);
        Give { account: "wangfang".into(), right, until: None }
    };
    let answer = desk.post("give", &give("411502001998-01")).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.expect("words").contains("区划里没有"));
    assert_eq!(desk.status("give", &give("411502001003-09")).await, 200);
}

async fn making_an_account_changes_none_and_a_change_is_on_record(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let other = Desk::open(&world, "bie", Role::Township, "411502002000", Class::ALL).await;
    let member = |account: &str, name: &str, home: &str| PutAccount {
        account: account.into(),
        name: name.into(),
        team: String::new(),
        home: place(home),
    };
    desk.ask::<Nothing>("account", &member("liqiang", "李强", VILLAGE)).await;
    let name_of = async |account: &str| {
        let people: Vec<StaffMember> = desk.ask("people", &()).await;
        people.into_iter().find(|person| person.account == account).map(|person| person.name)
    };
    for login in ["liqiang", "LiQiang", "ｌｉｑｉａｎｇ"] {
        let answer = desk.post("account", &member(login, "张三", VILLAGE)).await;
        assert_eq!(answer.status(), 422, "{login}");
        assert!(answer.text().await.expect("words").contains("已经有人用了"));
    }
    assert_eq!(name_of("liqiang").await.as_deref(), Some("李强"), "nothing changed");
    assert_eq!(
        desk.status("account-change", &member("nobody", "张三", VILLAGE)).await,
        422,
        "there is no such account"
    );
    assert_eq!(other.status("account-change", &member("liqiang", "张三", "411502002001")).await, 422, "not theirs");
    desk.ask::<Nothing>("account-change", &member("liqiang", "李小强", TOWNSHIP)).await;
    assert_eq!(name_of("liqiang").await.as_deref(), Some("李小强"));
    let auditor = Desk::open(&world, "xian", Role::County, COUNTY, Class::ALL).await;
    let acts: Vec<ActLine> = auditor.ask("acts", &FindActs::default()).await;
    let change = acts.iter().find(|line| line.act == "修改账号信息").expect("it is on record");
    for words in ["姓名 李强 改为 李小强", "所属", "改为"] {
        assert!(change.subject.contains(words), "{}", change.subject);
    }
}

async fn a_right_is_given_once_and_not_for_a_time_that_is_over(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let today = day::day(random::now_ms().cast_signed());
    let give = |until| Give {
        account: "wangfang".into(),
        right: right(Role::GridWorker, "411502001003-09", &[Class::General]),
        until,
    };
    let refused = async |until, words: &str| {
        let answer = desk.post("give", &give(until)).await;
        assert_eq!(answer.status(), 422, "{until:?}");
        let text = answer.text().await.expect("words");
        assert!(text.contains(words), "{text}");
    };
    refused(today.pred_opt(), "已经过了").await;
    let [soon, late] = [10, 20].map(|days| Some(today + chrono::Days::new(days)));
    desk.ask::<OfGrant>("give", &give(soon)).await;
    refused(soon, "不用再给").await;
    refused(Some(today), "不用再给").await;
    desk.ask::<OfGrant>("give", &give(late)).await;
    let given: OfGrant = desk.ask("give", &give(None)).await;
    refused(late, "不用再给").await;
    desk.ask::<Nothing>("end", &given).await;
    refused(late, "不用再给").await;
    let contact = |at: &str| PutContact {
        id: None,
        place: place(at),
        service: ruhu_domain::help::contact::Service::ALL[0],
        name: "派出所".into(),
        phone: "0376-6220110".into(),
        note: String::new(),
    };
    assert_eq!(desk.status("contact", &contact("411502001998")).await, 422, "there is no such village");
    assert_eq!(desk.status("contact", &contact(VILLAGE)).await, 200);
    let ledger = |at: &str| WantedLedger {
        ledger: ruhu_domain::ledger::Ledger::Visits,
        place: place(at),
        from: Some(today),
        to: Some(today),
        purpose: String::new(),
    };
    let nowhere = desk.post("ledger", &ledger("411502001998")).await;
    assert_eq!(nowhere.status(), 422);
    assert!(nowhere.text().await.expect("words").contains("区划里没有"));
    assert_eq!(desk.status("ledger", &ledger(GRID)).await, 200);
}

on_both_databases! {
    making_an_account_changes_none_and_a_change_is_on_record,
    a_right_is_given_once_and_not_for_a_time_that_is_over,
    accounts_from_a_sheet_are_checked_against_those_there_are,
    a_right_is_given_only_where_there_is_a_place,
    a_code_lets_one_phone_in_once,
    a_closed_account_is_out_and_its_phone_hands_over,
    a_phones_identity_is_one_accounts_alone,
    a_grid_goes_over_with_what_was_not_sent,
}
