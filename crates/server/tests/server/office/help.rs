//! Pages of the handbook and phone numbers that offices add.

use super::{COUNTY, TOWNSHIP};
use crate::world::{
    Base, World,
    desk::{Desk, place},
};
use ruhu_domain::{
    Class, OpId,
    help::contact::Service,
    office::*,
    rights::Role,
    wire::{HandbookAnswer, HandbookRequest},
};

async fn an_offices_pages_reach_the_phones_at_its_place_and_no_others(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let fetch = async |digest: &str| {
        let asked = HandbookRequest { digest: digest.into() };
        let request = world.client.post(format!("{}/api/v1/handbook", world.url)).bearer_auth(&phone.token);
        request.json(&asked).send().await.expect("an answer").json::<HandbookAnswer>().await.expect("an answer")
    };
    let none = fetch("").await;
    assert_eq!(none.pages, Some(Vec::new()));
    assert_eq!(fetch(&none.digest).await.pages, None, "nothing new");
    let county = Desk::open(&world, "xian", Role::County, COUNTY, &[Class::General]).await;
    let town = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let page = |id: Option<OpId>, at: &str, title: &str| PutPage {
        id,
        place: place(at),
        title: title.into(),
        law: "《水法》第二十八条".into(),
        text: "先看水闸\n- 谁管钥匙".into(),
    };
    let kept: OfPage = county.ask("page", &page(None, COUNTY, "放水")).await;
    let _: OfPage = county.ask("page", &page(None, "411502002001", "别村的")).await;
    assert_eq!(town.status("page", &page(None, COUNTY, "越级")).await, 403);
    assert_eq!(town.status("page", &page(Some(kept.id), TOWNSHIP, "改上级的")).await, 403);
    assert_eq!(county.status("page", &page(None, COUNTY, " ")).await, 422, "without a title");
    assert_eq!(town.ask::<Vec<OwnPage>>("pages", &()).await.len(), 0, "the county's are the county's");
    let got = fetch(&none.digest).await;
    let titles: Vec<&str> = got.pages.iter().flatten().map(|page| page.title.as_str()).collect();
    assert_eq!(titles, ["放水"], "not another village's");
    let _: OfPage = county.ask("page", &page(Some(kept.id), COUNTY, "放水的规矩")).await;
    let changed = fetch(&got.digest).await;
    let pages = changed.pages.expect("it changed");
    assert_eq!((pages.len(), pages[0].title.as_str(), pages[0].id), (1, "放水的规矩", kept.id));
    county.ask::<Nothing>("page-withdraw", &kept).await;
    assert_eq!(fetch(&changed.digest).await.pages, Some(Vec::new()), "taken back");
    assert_eq!(county.status("page-withdraw", &kept).await, 422, "once");
    let administrator = Desk::open(&world, "guanli", Role::Administrator, COUNTY, &[]).await;
    assert_eq!(administrator.status("pages", &()).await, 403);
    let acts: Vec<ActLine> = county.ask("acts", &FindActs::default()).await;
    assert_eq!(acts.iter().filter(|act| act.act == "编写手册").count(), 4);
}

async fn numbers_to_call_reach_the_phones_at_their_place_nearest_first(base: Base) {
    let world = World::new(base).await;
    let phone = world.log_in(1).await;
    let fetch = async |digest: &str| {
        let asked = HandbookRequest { digest: digest.into() };
        let request = world.client.post(format!("{}/api/v1/handbook", world.url)).bearer_auth(&phone.token);
        request.json(&asked).send().await.expect("an answer").json::<HandbookAnswer>().await.expect("an answer")
    };
    let county = Desk::open(&world, "xian", Role::County, COUNTY, &[Class::General]).await;
    let town = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let contact = |id: Option<OpId>, at: &str, name: &str, phone: &str| PutContact {
        id,
        place: place(at),
        service: Service::Police,
        name: name.into(),
        phone: phone.into(),
        note: String::new(),
    };
    let _: OfContact = county.ask("contact", &contact(None, COUNTY, "县局", "0376-6000001")).await;
    let near: OfContact = town.ask("contact", &contact(None, TOWNSHIP, "镇上", "0376-6000002")).await;
    let _: OfContact = county.ask("contact", &contact(None, "411502002001", "别村的", "0376-6000003")).await;
    assert_eq!(town.status("contact", &contact(None, COUNTY, "越级", "110")).await, 403);
    assert_eq!(town.status("contact", &contact(None, TOWNSHIP, " ", "110")).await, 422, "without a name");
    assert_eq!(town.status("contact", &contact(None, TOWNSHIP, "镇上", "找小王")).await, 422, "no number");
    let got = fetch("").await;
    let names = |answer: &HandbookAnswer| answer.contacts.iter().map(|each| each.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&got), ["镇上", "县局"], "the nearest first, not another village's");
    assert_eq!(got.contacts[0].service, "驻村民警（辅警）");
    let same = fetch(&got.digest).await;
    assert!(same.contacts.is_empty() && same.pages.is_none(), "nothing new");
    let _: OfContact = town.ask("contact", &contact(Some(near.id), TOWNSHIP, "镇上新号", "0376-6000004")).await;
    let changed = fetch(&got.digest).await;
    assert_eq!(
        (names(&changed), changed.contacts[0].phone.as_str()),
        (vec!["镇上新号".into(), "县局".into()], "0376-6000004")
    );
    town.ask::<Nothing>("contact-drop", &near).await;
    assert_eq!(names(&fetch(&changed.digest).await), ["县局"]);
    assert_eq!(town.status("contact-drop", &near).await, 422, "once");
    assert_eq!(town.ask::<Vec<OwnContact>>("contacts", &()).await.len(), 0, "the county's are the county's");
    let administrator = Desk::open(&world, "guanli", Role::Administrator, COUNTY, &[]).await;
    assert_eq!(administrator.status("contacts", &()).await, 403);
    let acts: Vec<ActLine> = county.ask("acts", &FindActs::default()).await;
    assert_eq!(acts.iter().filter(|act| act.act == "编写便民电话").count(), 5);
}

on_both_databases! {
    an_offices_pages_reach_the_phones_at_its_place_and_no_others,
    numbers_to_call_reach_the_phones_at_their_place_nearest_first,
}
