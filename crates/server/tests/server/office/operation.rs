//! 运行: how the server is, and backups from the page.

use super::{COUNTY, TOWNSHIP, VILLAGE, family};
use crate::world::{Base, World, desk::Desk};
use ruhu_domain::{Class, office::*, rights::Role};
use ruhu_server::database::{Database, Location};

async fn those_who_look_after_the_server_see_how_it_is(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    world.log_in(2).await;
    for (account, role, at, classes, status) in [
        ("cun", Role::VillageLead, VILLAGE, Class::ALL, 403),
        ("zhen", Role::Township, TOWNSHIP, Class::ALL, 403),
        ("xian", Role::County, COUNTY, Class::ALL, 200),
        ("guanli", Role::Administrator, COUNTY, &[], 200),
    ] {
        let desk = Desk::open(&world, account, role, at, classes).await;
        assert_eq!(desk.status("operation", &()).await, status, "{account}");
        if status != 200 {
            assert_eq!(desk.status("backup", &()).await, status, "{account}");
        }
    }
    let desk = Desk::open(&world, "guanli2", Role::Administrator, COUNTY, &[]).await;
    let facts: Operation = desk.ask("operation", &()).await;
    assert!(facts.database_bytes > 10_000, "{facts:?}");
    assert_eq!(facts.free_bytes.is_some(), base == Base::Sqlite);
    assert_eq!((facts.waiting, facts.certificate, facts.night), (0, CertificateState::Elsewhere, None));
    let versions: Vec<(&str, u64)> = facts.phones.iter().map(|one| (one.app.as_str(), one.phones)).collect();
    assert_eq!(versions.iter().map(|(_, phones)| phones).sum::<u64>(), 2, "phones in use, and no office");
    assert!(versions.contains(&("", 1)), "the one that did not sync yet: {versions:?}");

    // What the night did is there the next morning.
    let night = NightDone {
        on: "2026-11-30".parse().expect("a day"),
        at: 1,
        erased: Some(3),
        held: false,
        photos: 1,
        failed: vec![],
    };
    world.database.note_night(&night).await.expect("it is noted");
    assert_eq!(desk.ask::<Operation>("operation", &()).await.night, Some(night));
}

async fn a_backup_is_made_and_tried_from_the_page(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let desk = Desk::open(&world, "guanli", Role::Administrator, COUNTY, &[]).await;
    if base == Base::Postgres {
        let facts: Operation = desk.ask("operation", &()).await;
        assert!(!facts.can_back_up && facts.backup.is_none());
        assert_eq!(desk.status("backup", &()).await, 422, "PostgreSQL has its own tools");
        return;
    }
    let folder = world.database.folder().expect("a folder").join("backups");
    std::fs::create_dir_all(&folder).expect("a folder");
    for n in 0..9 {
        std::fs::write(folder.join(format!("office-2026-01-0{}-000000.db", n + 1)), "").expect("an old backup");
    }
    for own in ["另存的.db", "ruhu-2026-01-01.db", "office-old.db"] {
        std::fs::write(folder.join(own), "").expect("somebody's own file");
    }
    std::fs::write(folder.join("office-2026-01-01-000000.trying-wal"), "").expect("what was cut off");
    desk.ask::<Nothing>("backup", &()).await;
    let made = loop {
        let facts: Operation = desk.ask("operation", &()).await;
        if let Some(made) = facts.backup.filter(|_| !facts.backing_up) {
            break made;
        }
    };
    assert_eq!((made.records, made.problem.as_str()), (Some(3), ""), "{made:?}");
    let file = world.database.folder().expect("a folder").join(&made.file);
    assert_eq!(file.metadata().expect("the file").len(), made.bytes);
    let copy = Database::open(&Location::File(file.clone())).await.expect("it opens");
    copy.close().await;
    let names: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    // Opening the backup above left SQLite's own files beside it, or none.
    let own = |name: &&String| name.starts_with("office-20") && name.ends_with(".db");
    assert_eq!(names.iter().filter(own).count(), 7, "the last seven stay: {names:?}");
    assert!(!names.contains(&"office-2026-01-01-000000.db".to_owned()), "the oldest goes first: {names:?}");
    assert!(
        ["另存的.db", "ruhu-2026-01-01.db", "office-old.db"].iter().all(|name| names.contains(&(*name).to_owned()))
    );
    assert!(names.iter().all(|name| !name.contains("trying")), "nothing of a trial is left: {names:?}");
    let acts: Vec<ActLine> =
        Desk::open(&world, "xian", Role::County, COUNTY, Class::ALL).await.ask("acts", &FindActs::default()).await;
    assert!(acts.iter().all(|act| act.act != "备份" || act.done.by == "guanli"), "{acts:?}");

    // A backup that can't be written says why.
    std::fs::remove_dir_all(&folder).expect("it is deleted");
    std::fs::write(&folder, "in the way").expect("a file");
    desk.ask::<Nothing>("backup", &()).await;
    let problem = loop {
        let facts: Operation = desk.ask("operation", &()).await;
        if let Some(made) = facts.backup.filter(|made| !facts.backing_up && !made.problem.is_empty()) {
            break made.problem;
        }
    };
    assert!(problem.contains("无法建立目录"), "{problem}");
}

on_both_databases! {
    those_who_look_after_the_server_see_how_it_is,
    a_backup_is_made_and_tried_from_the_page,
}
