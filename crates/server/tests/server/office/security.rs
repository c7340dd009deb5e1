//! Sessions of offices and the second factor.

use super::{TOWNSHIP, log_in, of};
use crate::world::{
    Base, PASSWORD, World, address,
    desk::{Desk, place},
    sql,
};
use ruhu_domain::{
    Class, DeviceId,
    office::{duties::Duty, *},
    rights::{Grant, Role},
    wire::LoginRequest,
};
use ruhu_server::{database::OPERATOR, random};
use sqlx::Row;

async fn a_session_is_for_one_kind_of_work_and_ends_by_itself(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let body = serde_json::to_vec(&phone.request(vec![])).expect("a request");
    assert_eq!(phone.post(body, &desk.token).await.status(), 401, "an office does not sync");
    let as_phone = Desk { world: &world, token: phone.token.clone() };
    assert_eq!(as_phone.status("people", &()).await, 401, "a phone is no office");
    assert_eq!(Desk::log_in(&world, "wangfang", None).await.status(), 403, "nor is its worker");
    let welcome: Welcome = desk.ask("me", &()).await;
    let township: Vec<Duty> = Duty::ALL.into_iter().filter(|duty| *duty != Duty::Operation).collect();
    assert_eq!(welcome.duties, township);
    let ago = random::now_ms() - 16 * 60_000;
    sql(&address(&world.location), &format!("UPDATE session SET seen_at = {ago} WHERE kind = 'office'")).await;
    assert_eq!(desk.status("me", &()).await, 401, "a quarter of an hour without a request");
}

async fn a_second_factor_is_asked_for_and_good_once(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let factor: SecondFactor = desk.ask("second-factor", &()).await;
    assert_eq!(Desk::log_in(&world, "zhen", None).await.status(), 200, "it does not count before it is confirmed");
    let totp = |uri: &str| totp_rs::Totp::from_url(uri).expect("an authenticator takes it");
    // Of one moment, however long the test takes: this step of half a minute, and the next, are good until that is over.
    let now = random::now_ms() / 1_000;
    let code = |ahead: u64| OfMoment { code: totp(&factor.uri).generate(now + ahead).to_string() };
    assert_eq!(desk.status("second-factor-on", &OfMoment { code: "000000".into() }).await, 401);
    desk.ask::<Nothing>("second-factor-on", &code(0)).await;
    assert_eq!(Desk::log_in(&world, "zhen", None).await.status(), 428, "the digits are wanted");
    assert_eq!(Desk::log_in(&world, "zhen", Some("000000".into())).await.status(), 401);
    assert_eq!(Desk::log_in(&world, "zhen", Some(code(0).code)).await.status(), 401, "used before");
    let next = code(30).code;
    assert_eq!(Desk::log_in(&world, "zhen", Some(next.clone())).await.status(), 200);
    assert_eq!(Desk::log_in(&world, "zhen", Some(next)).await.status(), 401, "once");
    assert_eq!(log_in(&world, "zhen", PASSWORD, 5).await, 428, "on a phone too");
    let secret: String = {
        let row = sqlx::query("SELECT factor FROM account WHERE account = 'zhen'");
        row.fetch_one(&mut world.connect().await).await.expect("a row").try_get(0).expect("text")
    };
    assert!(!secret.contains(&factor.secret), "it is kept sealed");
}

async fn an_office_does_nothing_before_it_has_a_second_factor(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let welcome: Welcome = desk.ask("me", &()).await;
    assert!(!welcome.factor_wanted, "demo data is for trying out");
    sql(&address(&world.location), "DELETE FROM setting WHERE name = 'demo'").await;
    let welcome: Welcome = desk.ask("me", &()).await;
    assert!(welcome.factor_wanted && !welcome.second_factor);
    let find = FindPerson { name: "陈静".into(), place: None };
    for (path, status) in [
        ("people", desk.status("people", &()).await),
        ("waiting", desk.status("waiting", &FindWaiting::default()).await),
        ("acts", desk.status("acts", &()).await),
        ("find", desk.status("find", &find).await),
        ("cases", desk.status("cases", &WantedCases::default()).await),
        ("code", desk.status("code", &of("wangfang")).await),
    ] {
        assert_eq!(status, 403, "{path}");
    }
    desk.turn_on_factor().await;
    let welcome: Welcome = desk.ask("me", &()).await;
    assert!(!welcome.factor_wanted && welcome.second_factor);
    assert_eq!(desk.status("people", &()).await, 200);
}

async fn an_account_of_an_office_alone_is_sent_there_by_the_phone_app(base: Base) {
    let world = World::new(base).await;
    let township = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    drop(Desk::open(&world, "cun", Role::VillageLead, super::VILLAGE, Class::ALL).await);
    let login = |account: &str| LoginRequest {
        account: account.into(),
        password: PASSWORD.into(),
        device: DeviceId(7),
        code: None,
    };
    let post = async |account: &str| {
        let request = world.client.post(format!("{}/api/v1/login", world.url)).json(&login(account));
        request.send().await.expect("an answer")
    };
    let answer = post("zhen").await;
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.expect("words").contains("办公室登录"));
    assert_eq!(post("cun").await.status(), 200, "a village lead works in both");
    let county = Desk::open(&world, "xian", Role::County, "411502000000", Class::ALL).await;
    let code: Code = county.ask("code", &of("zhen")).await;
    assert!(code.office, "the slip says where");
    assert!(!township.ask::<Code>("code", &of("wangfang")).await.office);
    let answer = super::enrol(&world, "zhen", &code.code, super::NEW_PASSWORD, 8).await;
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.expect("words").contains("密码已设好"), "and it is set");
    let login = Login { account: "zhen".into(), password: super::NEW_PASSWORD.into(), code: None };
    let request = world.client.post(format!("{}/api/v1/office/login", world.url)).json(&login);
    assert_eq!(request.send().await.expect("an answer").status(), 200);

    // Who went from the grid to the office still gets in on the phone they had, to send what is on it; and after a forgotten
    // password too.
    drop(world.log_in(9).await);
    sql(
        &address(&world.location),
        "UPDATE access_grant SET ended_at = 1, ended_by = 'test' WHERE role = 'grid-worker'",
    )
    .await;
    let grant = Grant::new(Role::Township, place(TOWNSHIP), vec![Class::General]).expect("a grant");
    world.database.give("wangfang", &grant, OPERATOR, None).await.expect("it is given");
    assert_eq!(log_in(&world, "wangfang", PASSWORD, 9).await, 200, "her phone");
    assert_eq!(log_in(&world, "wangfang", PASSWORD, 10).await, 403, "another");
    let code: Code = county.ask("code", &of("wangfang")).await;
    assert_eq!(super::enrol(&world, "wangfang", &code.code, super::NEW_PASSWORD, 9).await.status(), 200);
}

on_both_databases! {
    an_account_of_an_office_alone_is_sent_there_by_the_phone_app,
    a_session_is_for_one_kind_of_work_and_ends_by_itself,
    a_second_factor_is_asked_for_and_good_once,
    an_office_does_nothing_before_it_has_a_second_factor,
}
