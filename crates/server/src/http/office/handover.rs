//! 交接: a grid, or all that somebody has in hand, goes to another. Rights go over in the database; the open cases that name
//! the one before as mediator, carer or owner name the next one, so that what is due falls to them.

use super::{
    Asked, Official, Refusal,
    saves::{save, take_step},
    staff::Staff,
};
use crate::{
    database::{Database, Given, Member},
    random,
};
use axum::{Json, extract::State};
use ruhu_domain::{
    GridCode, Kind, Record,
    care::{self, CareFile, records::CareStep},
    case::{Case, StepRecord, book::CaseFile},
    day,
    dispute::DisputeFile,
    office::{
        AllHandedOver, GridHandover, GridHandoverReceipt, HandAllOver, OfRecord,
        duties::{self, Duty},
    },
    record::Name,
    report::{self, Report, records::ReportStep},
    rights::{self, Grant, Place, Role},
};
use std::collections::{BTreeMap, BTreeSet};

/// `POST /api/v1/office/hand-over`
pub async fn grid(
    State(database): State<Database>,
    official: Official,
    Asked(GridHandover { grid, from, to }): Asked<GridHandover>,
) -> Result<Json<GridHandoverReceipt>, Refusal> {
    let staff = Staff::read(&database).await?;
    let [from, to] = both(&staff, &official, &from, &to)?;
    let place = Place::Grid(grid.clone());
    let goes_over: Vec<Grant> =
        staff.grants(&from.account).into_iter().filter(|grant| *grant.place() == place).collect();
    if !duties::governs(&official.grants, Duty::Rights, &place)
        || goes_over.iter().any(|grant| !duties::may_give(&official.grants, grant))
    {
        return Err(Refusal::Invalid("这个网格不归您管，或其中有您给不了的授权，请由上级办理".into()));
    }
    if goes_over.is_empty() {
        return Err(Refusal::Invalid(format!("{}现在没有这个网格的授权，没有要交接的", from.name)));
    }
    hand_cases_over(&database, &official, from, to, &goes_over).await?;
    let over = GridHandover { grid, from: from.account.clone(), to: to.account.clone() };
    Ok(Json(database.hand_grid_over(&over, &official.session.account).await?))
}

/// `POST /api/v1/office/hand-over-all`: all rights of an account, grid by grid with a receipt, and its open cases go to
/// another. Sent again after a fault it goes on.
pub async fn all(
    State(database): State<Database>,
    official: Official,
    Asked(HandAllOver { from, to }): Asked<HandAllOver>,
) -> Result<Json<AllHandedOver>, Refusal> {
    let staff = Staff::read(&database).await?;
    let [from, to] = both(&staff, &official, &from, &to)?;
    let now: Vec<Given> = staff.now(&from.account).cloned().collect();
    if now.is_empty() {
        return Err(Refusal::Invalid("这个账号现在没有授权，没有要移交的".into()));
    }
    if now.iter().any(|given| !duties::may_give(&official.grants, &given.grant)) {
        return Err(Refusal::Invalid("有的授权不归您管，请由上级办理移交".into()));
    }
    let grants: Vec<Grant> = now.iter().map(|given| given.grant.clone()).collect();
    let cases = hand_cases_over(&database, &official, from, to, &grants).await?;
    let mut done = AllHandedOver { cases, ..AllHandedOver::default() };
    let by = &official.session.account;
    let grids: BTreeSet<GridCode> = now.iter().filter_map(|given| given.grant.place().grid().cloned()).collect();
    for grid in grids {
        let over = GridHandover { grid, from: from.account.clone(), to: to.account.clone() };
        done.receipts.push(database.hand_grid_over(&over, by).await?);
    }
    for given in now.iter().filter(|given| given.grant.place().grid().is_none()) {
        if staff.has(&to.account, &given.grant).is_none() {
            database.give(&to.account, &given.grant, by, given.until).await?;
        }
        database.end(&given.id, by).await?;
        done.others += 1;
    }
    Ok(Json(done))
}

/// The accounts of a handover: both are looked after by the caller, and the one who takes over is in use.
fn both<'a>(staff: &'a Staff, official: &Official, from: &str, to: &str) -> Result<[&'a Member; 2], Refusal> {
    let [from, to] = [staff.of_caller(official, from)?, staff.of_caller(official, to)?];
    if from.id == to.id || to.closed.is_some() {
        return Err(Refusal::Invalid("请另选一个在用的账号接手".into()));
    }
    Ok([from, to])
}

/// Who hands over to whom, and with which grants the cases were in hand.
struct Handover<'a> {
    database: &'a Database,
    official: &'a Official,
    from: &'a Member,
    to: &'a Member,
    grants: &'a [Grant],
}

/// Writes the next one's name into the open cases that these grants are for; returns how many cases that were.
async fn hand_cases_over(
    database: &Database,
    official: &Official,
    from: &Member,
    to: &Member,
    grants: &[Grant],
) -> Result<usize, Refusal> {
    let over = Handover { database, official, from, to, grants };
    let mut count = 0;
    for prefix in grants.iter().map(|grant| grant.place().prefix()).collect::<BTreeSet<_>>() {
        for (head, file) in over.files::<DisputeFile>(prefix).await? {
            count += usize::from(file.state.is_open() && over.dispute(&head, &file).await?);
        }
        for (head, file) in over.files::<CareFile>(prefix).await? {
            count += usize::from(over.care(&head, &file).await?);
        }
        for (head, file) in over.files::<Report>(prefix).await? {
            count += usize::from(file.state().is_open() && over.report(&head, &file).await?);
        }
    }
    Ok(count)
}

impl Handover<'_> {
    /// The files that the grants are for.
    async fn files<F: CaseFile>(&self, prefix: &str) -> Result<Vec<(Record, F)>, Refusal> {
        let (mut files, _) = self.database.files::<F>(prefix).await?;
        files.retain(|(head, _)| !self.roles(head).is_empty());
        Ok(files)
    }

    /// The roles in which the one before had a file in hand.
    fn roles(&self, head: &Record) -> Vec<Role> {
        rights::roles(self.grants, &head.channel)
    }

    async fn dispute(&self, head: &Record, file: &DisputeFile) -> Result<bool, Refusal> {
        let Some(mediators) = renamed(&file.dispute.mediators, &self.from.name, &self.to.name) else {
            return Ok(false);
        };
        let of = OfRecord { record: head.id, channel: head.channel.clone() };
        let changes = BTreeMap::from([(Name::from("mediators"), mediators.into())]);
        save(self.database, self.official, self.grants, Kind::Dispute, &of, changes).await.map(|()| true)
    }

    async fn care(&self, head: &Record, file: &CareFile) -> Result<bool, Refusal> {
        let step = CareStep {
            to: self.to.name.clone(),
            why: "人员交接".to_owned(),
            ..CareStep::of(head.id, care::steps::Step::HandOver)
        };
        let today = day::day(random::now_ms().cast_signed());
        let fits = file.check(&step, &self.roles(head), &self.official.session.name, today).is_ok();
        if file.carer() != self.from.name || !fits {
            return Ok(false);
        }
        self.step(head, Kind::CareStep, &step).await
    }

    async fn report(&self, head: &Record, file: &Report) -> Result<bool, Refusal> {
        use report::steps::{State, Step};
        let step = if file.state() == State::Found { Step::Assign } else { Step::HandOver };
        let step = ReportStep { to: self.to.name.clone(), ..ReportStep::of(head.id, step) };
        let today = day::day(random::now_ms().cast_signed());
        let fits = file.check(&step, &self.roles(head), &self.official.session.name, today).is_ok();
        if file.owner() != self.from.name || !fits {
            return Ok(false);
        }
        let kind = if head.kind == Kind::Hazard { Kind::HazardStep } else { Kind::RequestStep };
        self.step(head, kind, &step).await
    }

    async fn step<T: serde::Serialize>(&self, head: &Record, kind: Kind, step: &T) -> Result<bool, Refusal> {
        take_step(self.database, self.official, self.grants, kind, head.channel.clone(), step).await.map(|()| true)
    }
}

/// Returns a list of names with one in place of another; `None` where that one is not in it.
fn renamed(names: &str, from: &str, to: &str) -> Option<String> {
    let names: Vec<&str> = names.split(['、', ',', '，', ' ']).filter(|name| !name.is_empty()).collect();
    if !names.contains(&from) {
        return None;
    }
    let mut next: Vec<&str> = Vec::new();
    for name in names {
        let name = if name == from { to } else { name };
        if !next.contains(&name) {
            next.push(name);
        }
    }
    Some(next.join("、"))
}

/// `POST /api/v1/office/receipts`
pub async fn receipts(
    State(database): State<Database>,
    official: Official,
) -> Result<Json<Vec<GridHandoverReceipt>>, Refusal> {
    official.has(Duty::Rights)?;
    let mut found = Vec::new();
    for county in counties(&database, &official).await? {
        found.extend(database.receipts(&county).await?);
    }
    let own = |receipt: &GridHandoverReceipt| {
        duties::governs(&official.grants, Duty::Rights, &Place::Grid(receipt.grid.clone()))
    };
    found.retain(own);
    Ok(Json(found))
}

/// The counties in which the caller gives rights.
async fn counties(database: &Database, official: &Official) -> Result<BTreeSet<String>, Refusal> {
    let mut counties = BTreeSet::new();
    for place in official.places(Duty::Rights) {
        match place.county() {
            Some(county) => drop(counties.insert(county.to_string())),
            None => counties.extend(database.counties_with_grids().await?),
        }
    }
    Ok(counties)
}
