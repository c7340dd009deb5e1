//! Demo data: invented residents at real places, the same for the same seed.

use crate::{
    database::{Author, Database, Incoming, OPERATOR},
    import, random,
};
use chrono::{Datelike, NaiveDate};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    AreaCode, Channel, Class, DeviceId, GridCode, Kind, OpId, Record, RecordId, Stamp,
    codes::{Living, Outcome, Purpose, Relation, Sex, Tag},
    day,
    help::contact::Service,
    office::{PutAccount, PutContact},
    record::{Name, Op, diff},
    rights::{Grant, Place, Role},
    roster::{household::Household, resident::Resident},
    visit::Visit,
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// The demo's password, the same for every demo account.
pub const PASSWORD: &str = "ruhu-demo-2026";

/// A demo account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The login name.
    pub account: &'static str,
    /// The person's name.
    pub name: &'static str,
    /// Their part: where, and what they see.
    pub part: String,
}

const WORKERS: [(&str, &str, &str); 2] = [("wangfang", "王芳", "01"), ("liqiang", "李强", "02")];

/// The worker who also mediates.
const MEDIATOR: &str = "liqiang";

/// Who looks after people in difficulty in the first grid: login name, name.
const CARER: (&str, &str) = ("sunli", "孙丽");

/// Who sits in offices: login name, name, role, classes.
const OFFICES: [(&str, &str, Role, &[Class]); 3] = [
    ("zhoulan", "周兰", Role::VillageLead, Class::ALL),
    ("chenming", "陈明", Role::Township, Class::ALL),
    ("guanli", "何磊", Role::Administrator, &[]),
];

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾",
    "彭", "吕", "单", "解", "仇", "欧阳", "尉迟",
];
const MALE: &[&str] = &[
    "建国", "建军", "国强", "志强", "德福", "德明", "长河", "明", "伟", "军", "勇", "涛", "磊", "学文", "守义", "家兴",
    "永贵", "宝山", "立新", "红旗", "子轩", "浩然", "俊杰", "文博",
];
const FEMALE: &[&str] = &[
    "秀英", "桂兰", "玉梅", "淑珍", "芳", "敏", "静", "丽", "娟", "霞", "桂荣", "春花", "秋菊", "兰英", "改莲", "小燕",
    "婷", "雨涵", "欣怡", "梦瑶", "思雨", "佳慧",
];
const LANES: &[&str] = &["东湾", "西湾", "上河", "下河", "老街", "新村", "南岗", "北坡"];
const FOUND: &[&str] = &[
    "家里都好，老人血压正常，药够吃半个月。",
    "在院里剥花生，孩子在外打工，常打电话回来。",
    "房前排水沟堵了，已一起清开。",
    "讲了冒充客服退款的骗局，记下了96110。",
    "灶台旁堆了柴草，已挪到院外，提醒用火安全。",
    "孙子放假在家，提醒不要去塘边玩水。",
];
const REQUESTS: &[&str] = &["门前路灯不亮", "想问高龄补贴怎么办", "自来水压力小", "希望修一段入户路"];

/// Title, type, story and parties of the disputes.
const DISPUTES: [(&str, &str, &str, [&str; 2]); 2] = [
    ("两家排水沟", "neighbours", "下雨时上家的水漫进下家院里，两家各说各的理。", ["赵德明", "孙立新"]),
    ("承包地边界", "land", "春耕时发现地边的界石被挪动过，争的是半米宽的地。", ["何桂兰", "马学文"]),
];

/// A step of a hazard: which, what was done, who has it.
type HazardStep = (&'static str, &'static str, &'static str);

/// Hazards: days ago, then what, its type, grade and place, and a step on the next day.
const HAZARDS: [(i64, [&str; 4], Option<HazardStep>); 2] = [
    (5, ["井盖塌了一角，孩子上学要从旁边过。", "traffic", "serious", "小学门口"], None),
    (
        4,
        ["老屋电线老化，外皮开裂。", "wiring", "ordinary", "东巷31号"],
        Some(("put_right", "电工已换新线，插座也查过。", "")),
    ),
];

/// Who helps: what for, who, the number (of no area that exists), when. Those of the village, then of the township.
const CONTACTS: [&[(Service, &str, &str, &str)]; 2] = [
    &[
        (Service::Police, "赵警官", "0000-6000101", "每周二、四在村委会"),
        (Service::Lawyer, "钱律师", "0000-6000102", "每月 10 日到村，平时可打电话"),
        (Service::Mediator, "李强", "0000-6000103", ""),
        (Service::Clinic, "村卫生室 孙医生", "0000-6000104", "上午在，急病先打 120"),
    ],
    &[
        (Service::Counsel, "心理服务室", "0000-6000105", "工作日"),
        (Service::Justice, "司法所", "0000-6000106", "调解协议、法律援助、安置帮教"),
        (Service::Station, "派出所", "0000-6000107", "24 小时"),
        (Service::Relief, "民政办", "0000-6000108", "低保、临时救助"),
    ],
];

/// Why the care cases were opened, and why they are looked at so often.
const CASES: [(&str, &str, &str); 2] = [
    ("alone", "独自生活，子女在外地，冬天取暖和就医需要有人搭把手。", "腿脚不便，天冷时要常去"),
    ("hardship", "家里主要劳力受伤，这半年没有收入，需要帮着申请救助。", "申请办下来以前每月看一次"),
];

const DAY_MS: i64 = 86_400_000;

/// Fills the database: areas, two grids of one village, their workers, `households` households, what was visited in
/// the last months, two disputes and two care cases. Does nothing more when the demo is there already.
///
/// # Errors
/// Fails when the database can't be reached or refuses a statement.
pub async fn fill(database: &Database, seed: u64, households: usize) -> anyhow::Result<Vec<Login>> {
    database.put_areas(&import::areas::xinyang()?).await?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let villages = database.village_names().await?;
    let rural: Vec<_> = villages.iter().filter(|(_, name)| name.contains('村')).collect();
    let (village, _) = rural.choose(&mut rng).ok_or_else(|| anyhow::anyhow!("the area table has no villages"))?;

    let mut logins = Vec::new();
    for (at, (account, name, number)) in WORKERS.into_iter().enumerate() {
        let grid: GridCode = format!("{village}-{number}").parse()?;
        let households = (households + WORKERS.len() - 1 - at) / WORKERS.len();
        if database.account(account).await?.is_none() {
            let mut demo = Demo::new(rng.clone(), at, grid.clone(), name);
            demo.residents(households);
            let grants = [Grant::grid_worker(grid.clone())];
            let author = Author { account: "demo", name, device: demo.device, grants: &grants };
            for chunk in demo.ops.chunks(2_000) {
                let ops = chunk.iter().cloned().map(|op| Incoming::Op(Box::new(op))).collect();
                database.take(author, ops).await?;
            }
            database.put_account(account, name, PASSWORD, std::slice::from_ref(&grid)).await?;
            if account != MEDIATOR {
                demo.ops.clear();
                demo.reports();
                database.take(author, demo.taken()).await?;
            }
            if account == MEDIATOR {
                let grant = Grant::new(Role::Mediator, Place::Grid(grid.clone()), vec![Class::Mediation])?;
                database.give(account, &grant, OPERATOR, None).await?;
                demo.ops.clear();
                demo.disputes();
                database.take(Author { grants: &[grant], ..author }, demo.taken()).await?;
            }
        }
        let also = if account == MEDIATOR { "，兼人民调解员" } else { "" };
        logins.push(Login { account, name, part: format!("手机应用，网格 {grid}，{households} 户{also}") });
    }
    let village: AreaCode = village.parse()?;
    if database.contacts(None).await?.is_empty() {
        for (place, contacts) in [Some(village.clone()), village.parent()].into_iter().flatten().zip(CONTACTS) {
            for &(service, name, phone, note) in contacts {
                let [name, phone, note] = [name, phone, note].map(str::to_owned);
                let contact = PutContact { id: None, place: Place::Area(place.clone()), service, name, phone, note };
                database.put_contact(&contact, OPERATOR).await?;
            }
        }
    }
    for (account, name, role, classes) in OFFICES {
        let at = match role {
            Role::VillageLead => Some(village.clone()),
            Role::Township => village.parent(),
            _ => village.parent().and_then(|township| township.parent()),
        };
        let at = at.ok_or_else(|| anyhow::anyhow!("the village is of no township"))?;
        if database.account(account).await?.is_none() {
            let grant = Grant::new(role, Place::Area(at.clone()), classes.to_vec())?;
            database.put_account(account, name, PASSWORD, &[]).await?;
            let member = PutAccount {
                account: account.to_owned(),
                name: name.to_owned(),
                team: String::new(),
                home: Place::Area(at.clone()),
            };
            database.change_member(&member, OPERATOR).await?;
            database.give(account, &grant, OPERATOR, None).await?;
        }
        logins.push(Login { account, name, part: format!("办公室网页 /office，{} {at}", role.title()) });
    }
    let (account, name) = CARER;
    let grid: GridCode = format!("{village}-{}", WORKERS[0].2).parse()?;
    if database.account(account).await?.is_none() {
        let grant = Grant::new(Role::Carer, Place::Grid(grid.clone()), vec![Class::General, Class::Care])?;
        database.put_account(account, name, PASSWORD, &[]).await?;
        database.give(account, &grant, OPERATOR, None).await?;
        let mut demo = Demo::new(rng.clone(), WORKERS.len(), grid.clone(), name);
        let author = Author { account: "demo", name, device: demo.device, grants: &[grant] };
        let people = database.records(grid.as_str(), &[Kind::Household, Kind::Resident]).await?;
        demo.cases(&people.records);
        database.take(author, demo.taken()).await?;
        let (_, lead, role, classes) = OFFICES[0];
        let over = [Grant::new(role, Place::Area(village.clone()), classes.to_vec())?];
        demo.confirm();
        database.take(Author { name: lead, grants: &over, ..author }, demo.taken()).await?;
    }
    logins.insert(WORKERS.len(), Login { account, name, part: format!("手机应用，网格 {grid}，关爱人员") });
    database.set_demo().await?;
    Ok(logins)
}

struct Demo {
    rng: ChaCha8Rng,
    channel: Channel,
    device: DeviceId,
    stamp: Stamp,
    today: NaiveDate,
    now: i64,
    worker: &'static str,
    first_case: Option<RecordId>,
    ops: Vec<Op>,
}

impl Demo {
    fn new(mut rng: ChaCha8Rng, stream: usize, grid: GridCode, worker: &'static str) -> Self {
        rng.set_stream(stream as u64 + 1);
        let device = DeviceId(rng.random());
        let now = random::now_ms().cast_signed();
        let today = day::day(now);
        let stamp = Stamp::zero(device).next((now - 200 * 86_400_000).cast_unsigned(), device);
        Self {
            rng,
            channel: Channel::general(grid),
            device,
            stamp,
            today,
            now,
            worker,
            first_case: None,
            ops: Vec::new(),
        }
    }

    fn id(&mut self) -> RecordId {
        RecordId::new(self.stamp.ms, self.rng.random())
    }

    fn write<T: Serialize>(&mut self, record: RecordId, kind: Kind, view: &T) {
        self.stamp = self.stamp.next(self.stamp.ms + 1, self.device);
        let id = OpId::new(self.stamp.ms, self.rng.random());
        let (channel, changes) = (self.channel.clone(), diff(None, view));
        self.ops.push(Op { id, record, kind, channel, stamp: self.stamp, by: Name::default(), changes });
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.rng).copied().unwrap_or_default()
    }

    fn name(&mut self, surname: &str, sex: Sex) -> String {
        let given = self.pick(if sex == Sex::Male { MALE } else { FEMALE });
        format!("{surname}{given}")
    }

    fn birth(&mut self, ages: std::ops::Range<i32>) -> Option<NaiveDate> {
        let year = self.today.year() - self.rng.random_range(ages);
        NaiveDate::from_yo_opt(year, self.rng.random_range(1..=365))
    }

    fn phone(&mut self) -> String {
        // 1990000xxxx: a range that no operator has given out.
        format!("1990000{:04}", self.rng.random_range(0..10_000))
    }

    fn residents(&mut self, households: usize) {
        for number in 1..=households {
            let id = self.id();
            let surname = self.pick(SURNAMES);
            let old = self.rng.random_bool(0.35);
            let alone = old && self.rng.random_bool(0.3);
            let head = self.name(surname, Sex::Male);
            let mut tags = Vec::new();
            if alone {
                tags.push(Tag::ElderAlone);
            } else if old && self.rng.random_bool(0.4) {
                tags.push(Tag::EmptyNest);
            }
            for (tag, chance) in [(Tag::Hardship, 0.06), (Tag::MigrantWork, 0.12), (Tag::Rented, 0.04)] {
                if self.rng.random_bool(chance) {
                    tags.push(tag);
                }
            }
            let lane = LANES[(number - 1) * LANES.len() / households.max(1) % LANES.len()];
            let household = Household {
                number: format!("{number:03}"),
                address: format!("{lane}{}号", number * 2 - 1),
                order: Some(number as i64),
                head: head.clone(),
                phone: self.phone(),
                tags,
                ..Household::default()
            };
            self.write(id, Kind::Household, &household);
            self.members(id, surname, head, old, alone);
            self.visits(id);
        }
    }

    /// Goes on some days ago.
    fn go_on(&mut self, days_ago: i64) {
        self.stamp = Stamp::zero(self.device).next((self.now - days_ago * DAY_MS).cast_unsigned(), self.device);
    }

    /// Returns the ops written so far, to be taken in.
    fn taken(&mut self) -> Vec<Incoming> {
        self.ops.drain(..).map(|op| Incoming::Op(Box::new(op))).collect()
    }

    /// Two care cases: of the heads of the second and the third household.
    fn cases(&mut self, people: &[Record]) {
        self.channel.class = Class::Care;
        let of = |kind: Kind| people.iter().filter(move |record| record.kind == kind);
        let places: HashMap<RecordId, String> =
            of(Kind::Household).filter_map(|record| Some((record.id, record.view::<Household>()?.address))).collect();
        let residents = of(Kind::Resident).filter_map(|record| Some((record.id, record.view::<Resident>()?)));
        let heads: Vec<_> = residents.filter(|(_, resident)| resident.relation == Some(Relation::Head)).collect();
        for ((reason, why, interval_why), (resident, head)) in CASES.iter().zip(heads.iter().skip(1)) {
            // The first was opened long enough ago for the next look to be due.
            let days_ago = if self.first_case.is_none() { 40 } else { 1 };
            self.go_on(days_ago);
            let id = self.id();
            let case = json!({
                "name": head.name, "resident": resident, "household": head.household,
                "place": places.get(&head.household), "reason": reason, "why": why,
                "carer": self.worker, "interval": "30", "interval_why": interval_why,
                "opened_on": day::ledger(day::day(self.now - days_ago * DAY_MS)),
            });
            self.first_case.get_or_insert(id);
            self.write(id, Kind::CareCase, &case);
        }
    }

    /// The first of the care cases is confirmed.
    fn confirm(&mut self) {
        let Some(case) = self.first_case else { return };
        self.go_on(39);
        let id = self.id();
        self.write(id, Kind::CareStep, &json!({"case": case, "step": "confirm"}));
    }

    /// Two disputes: one that nobody has accepted in time, and one that is being mediated.
    fn disputes(&mut self) {
        self.channel.class = Class::Mediation;
        let steps: [&[(i64, &str)]; 2] = [&[(5, "register")], &[(10, "register"), (9, "accept"), (8, "begin")]];
        for ((title, matter, summary, parties), steps) in DISPUTES.iter().zip(steps) {
            self.go_on(steps[0].0 + 1);
            let found_on = day::ledger(day::day(self.now - (steps[0].0 + 1) * DAY_MS));
            let dispute = self.id();
            let facts = json!({
                "title": title, "matter": matter, "source": "screening", "found_on": found_on, "summary": summary,
                "colour": "yellow", "colour_why": "邻里小事，双方愿意坐下来谈",
            });
            self.write(dispute, Kind::Dispute, &facts);
            for (name, side) in parties.iter().zip(["applicant", "respondent"]) {
                let (id, phone) = (self.id(), self.phone());
                let party =
                    json!({"dispute": dispute, "name": name, "side": side, "consent": "agreed", "phone": phone});
                self.write(id, Kind::Party, &party);
            }
            for (days_ago, step) in steps {
                self.go_on(*days_ago);
                let id = self.id();
                self.write(id, Kind::DisputeStep, &json!({"dispute": dispute, "step": step}));
            }
        }
    }

    /// Two hazards (one serious and late, one put right and to be verified), a request, a patrol with what it found, and
    /// outreach.
    fn reports(&mut self) {
        self.channel.class = Class::General;
        let day = |demo: &Self, days_ago: i64| day::ledger(day::day(demo.now - days_ago * DAY_MS));
        for (days_ago, [what, danger, grade, place], step) in HAZARDS {
            self.go_on(days_ago);
            let (id, found_on) = (self.id(), day(self, days_ago));
            let hazard = json!({"what": what, "danger": danger, "grade": grade, "place": place, "found_on": found_on});
            self.write(id, Kind::Hazard, &hazard);
            if let Some((step, why, to)) = step {
                self.go_on(days_ago - 1);
                let taken = self.id();
                self.write(taken, Kind::HazardStep, &json!({"affair": id, "step": step, "why": why, "to": to}));
            }
        }
        self.go_on(6);
        let (id, received_on) = (self.id(), day(self, 6));
        let request = json!({
            "what": "东巷路灯坏了三盏，晚上老人不敢出门，希望修一修。", "subject": "utilities",
            "received_on": received_on,
        });
        self.write(id, Kind::Request, &request);
        self.go_on(2);
        let (id, began) = (self.id(), self.now - 2 * DAY_MS);
        let patrol = json!({
            "team": "unpaid", "members": self.worker, "places": "村东头、河堤、小学门口", "began": began,
            "ended": began + 5_400_000,
        });
        self.write(id, Kind::Patrol, &patrol);
        let finding = self.id();
        self.write(finding, Kind::Finding, &json!({"patrol": id, "what": "河堤缺口处没有警示牌，已先拉绳拦上。"}));
        self.go_on(9);
        let (id, on) = (self.id(), day(self, 9));
        let outreach = json!({
            "topic": "fraud", "venue": "village", "on": on, "place": "村文化广场", "reached": 46, "saved": 1,
            "material": "反诈宣传单",
        });
        self.write(id, Kind::Outreach, &outreach);
    }

    fn members(&mut self, household: RecordId, surname: &str, head: String, old: bool, alone: bool) {
        let ages = if old { 62..88 } else { 32..60 };
        let add = |demo: &mut Self, name: String, sex, birth, relation, living| {
            let id = demo.id();
            let resident = Resident {
                sex: Some(sex),
                birth,
                relation: Some(relation),
                living: Some(living),
                ..Resident::new(household, name)
            };
            demo.write(id, Kind::Resident, &resident);
        };
        let birth = self.birth(ages.clone());
        add(self, head, Sex::Male, birth, Relation::Head, Living::Home);
        if alone {
            return;
        }
        let wife = self.pick(SURNAMES);
        let (name, birth) = (self.name(wife, Sex::Female), self.birth(ages));
        add(self, name, Sex::Female, birth, Relation::Spouse, Living::Home);
        for _ in 0..self.rng.random_range(0..=2) {
            let (sex, relation) =
                if self.rng.random_bool(0.5) { (Sex::Male, Relation::Son) } else { (Sex::Female, Relation::Daughter) };
            let living = if self.rng.random_bool(0.4) { Living::Away } else { Living::Home };
            let (name, birth) = (self.name(surname, sex), self.birth(if old { 35..58 } else { 3..25 }));
            add(self, name, sex, birth, relation, living);
        }
    }

    fn visits(&mut self, household: RecordId) {
        if self.rng.random_bool(0.15) {
            return;
        }
        let mut days = self.rng.random_range(1..200);
        for _ in 0..self.rng.random_range(1..=2) {
            let hour = self.rng.random_range(0..9);
            let at = self.now - days * DAY_MS - hour * 3_600_000;
            let outcome = match self.rng.random_range(0..10) {
                0 => Outcome::NobodyHome,
                1 => Outcome::Phoned,
                _ => Outcome::Met,
            };
            let mut visit = Visit::new(household, at, self.worker, outcome);
            if outcome != Outcome::NobodyHome {
                visit.purposes = vec![*Purpose::ALL.choose(&mut self.rng).unwrap_or(&Purpose::Routine)];
                visit.found = self.pick(FOUND).to_owned();
                if self.rng.random_bool(0.15) {
                    visit.requests = self.pick(REQUESTS).to_owned();
                    visit.done = "已报村委，约定一周内答复。".to_owned();
                }
            }
            let id = self.id();
            self.write(id, Kind::Visit, &visit);
            days += self.rng.random_range(20..120);
        }
    }
}
