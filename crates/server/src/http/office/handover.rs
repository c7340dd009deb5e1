//! 交接: a grid, or all that somebody has in hand, goes to another. Rights go over in the database; the open cases that name
//! the one before as mediator, carer or owner name the next one, so that what is due falls to them.

use super::{
    Asked, Official, Refusal,
    saves::{Save, save, take_step},
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
    case::{Case as _, StepRecord, book::CaseFile},
    day,
    dispute::{self, DisputeFile},
    office::{
        AllHandedOver, GridHandedOver, GridHandover, GridHandoverReceipt, HandAllOver, OfRecord,
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
) -> Result<Json<GridHandedOver>, Refusal> {
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
    let [cases, left] = Handover::new(&database, &official, &staff, [from, to], &goes_over).cases().await?;
    let over = GridHandover { grid, from: from.account.clone(), to: to.account.clone() };
    let receipt = database.hand_grid_over(&over, &official.session.account).await?;
    Ok(Json(GridHandedOver { receipt, cases, left }))
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
    let [cases, left] = Handover::new(&database, &official, &staff, [from, to], &grants).cases().await?;
    let mut done = AllHandedOver { cases, left, ..AllHandedOver::default() };
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
    /// The grants of others who have the same name: a case that names it may be theirs.
    namesakes: Vec<Grant>,
}

/// What became of a case.
enum Case {
    /// It does not name the one before.
    Anothers,
    /// It names the next one.
    Went,
    /// It names the one before still: it can't be changed now, or may be a namesake's.
    Stays,
}

impl<'a> Handover<'a> {
    fn new(
        database: &'a Database,
        official: &'a Official,
        staff: &Staff,
        [from, to]: [&'a Member; 2],
        grants: &'a [Grant],
    ) -> Self {
        let namesakes = staff.namesakes(from).flat_map(|other| staff.grants(&other.account)).collect();
        Self { database, official, from, to, grants, namesakes }
    }

    /// Writes the next one's name into the open cases that the grants are for; returns how many took it, and how many still
    /// name the one before. A case that can't be changed holds up no other.
    async fn cases(&self) -> Result<[usize; 2], Refusal> {
        let [mut went, mut stay] = [0, 0];
        let mut count = |case: Case| match case {
            Case::Anothers => {}
            Case::Went => went += 1,
            Case::Stays => stay += 1,
        };
        for prefix in self.grants.iter().map(|grant| grant.place().prefix()).collect::<BTreeSet<_>>() {
            for (head, file) in self.files::<DisputeFile>(prefix).await? {
                count(self.dispute(&head, &file).await?);
            }
            for (head, file) in self.files::<CareFile>(prefix).await? {
                count(self.care(&head, &file).await?);
            }
            for (head, file) in self.files::<Report>(prefix).await? {
                count(self.report(&head, &file).await?);
            }
        }
        Ok([went, stay])
    }

    /// The open files that the grants are for.
    async fn files<F: CaseFile>(&self, prefix: &str) -> Result<Vec<(Record, F)>, Refusal> {
        let mut files = self.database.open_files::<F>(prefix).await?;
        files.retain(|(head, _)| !self.roles(head).is_empty());
        Ok(files)
    }

    /// The roles in which the one before had a file in hand.
    fn roles(&self, head: &Record) -> Vec<Role> {
        rights::roles(self.grants, &head.channel)
    }

    /// The outcome of a change, where the file was the one before's. A namesake's is not touched.
    async fn changed(&self, head: &Record, change: impl Future<Output = Result<(), Refusal>>) -> Result<Case, Refusal> {
        if !rights::roles(&self.namesakes, &head.channel).is_empty() {
            return Ok(Case::Stays);
        }
        match change.await {
            Ok(()) => Ok(Case::Went),
            Err(Refusal::Invalid(_)) => Ok(Case::Stays),
            Err(error) => Err(error),
        }
    }

    /// Before the mediation began, the next one is its mediator; while it goes on, one besides. Who mediated what is agreed
    /// stays as it was: deadlines of disputes fall to everybody of the grid.
    async fn dispute(&self, head: &Record, file: &DisputeFile) -> Result<Case, Refusal> {
        use dispute::steps::State;
        let named = &file.dispute.mediators;
        let mediators = match file.state {
            State::Found | State::Registered | State::Accepted | State::Assigned | State::Escalated => {
                let unnamed = named.trim().is_empty() && file.handler() == self.from.name;
                if unnamed { Some(self.to.name.clone()) } else { renamed(named, &self.from.name, &[&self.to.name]) }
            }
            State::Mediating => renamed(named, &self.from.name, &[&self.from.name, &self.to.name]),
            _ => None,
        };
        let Some(mediators) = mediators else { return Ok(Case::Anothers) };
        let of = OfRecord { record: head.id, channel: head.channel.clone() };
        let changes = BTreeMap::from([(Name::from("mediators"), mediators.into())]);
        let saves = vec![Save { kind: Kind::Dispute, of, changes }];
        self.changed(head, save(self.database, self.official, self.grants, saves)).await
    }

    async fn care(&self, head: &Record, file: &CareFile) -> Result<Case, Refusal> {
        let today = day::day(random::now_ms().cast_signed());
        if file.carer() != self.from.name || !file.state(today).is_open() {
            return Ok(Case::Anothers);
        }
        let step = CareStep {
            to: self.to.name.clone(),
            why: "人员交接".to_owned(),
            ..CareStep::of(head.id, care::steps::Step::HandOver)
        };
        if file.check(&step, &self.roles(head), &self.official.session.name, today).is_err() {
            return Ok(Case::Stays);
        }
        self.changed(head, self.step(head, Kind::CareStep, &step)).await
    }

    async fn report(&self, head: &Record, file: &Report) -> Result<Case, Refusal> {
        use report::steps::{State, Step};
        if file.owner() != self.from.name || !file.state().is_open() {
            return Ok(Case::Anothers);
        }
        let step = if file.state() == State::Found { Step::Assign } else { Step::HandOver };
        let step = ReportStep { to: self.to.name.clone(), ..ReportStep::of(head.id, step) };
        let today = day::day(random::now_ms().cast_signed());
        if file.check(&step, &self.roles(head), &self.official.session.name, today).is_err() {
            return Ok(Case::Stays);
        }
        let kind = if head.kind == Kind::Hazard { Kind::HazardStep } else { Kind::RequestStep };
        self.changed(head, self.step(head, kind, &step)).await
    }

    async fn step<T: serde::Serialize>(&self, head: &Record, kind: Kind, step: &T) -> Result<(), Refusal> {
        take_step(self.database, self.official, self.grants, kind, head.channel.clone(), step).await
    }
}

/// Returns a list of names with others in place of one; `None` where that one is not in it, or nothing would change.
fn renamed(names: &str, from: &str, to: &[&str]) -> Option<String> {
    let before: Vec<&str> = names.split(['、', ',', '，', ' ']).filter(|name| !name.is_empty()).collect();
    let mut after: Vec<&str> = Vec::new();
    for name in &before {
        let next = if *name == from { to } else { std::slice::from_ref(name) };
        for name in next {
            if !after.contains(name) {
                after.push(name);
            }
        }
    }
    (before.contains(&from) && before != after).then(|| after.join("、"))
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
            None => counties.extend(database.counties("").await?),
        }
    }
    Ok(counties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_list_gives_way_to_others() {
        for (names, to, after) in [
            ("周岚、王芳", &["李强"][..], Some("周岚、李强")),
            ("王芳，周岚", &["王芳", "李强"], Some("王芳、李强、周岚")),
            ("王芳 李强", &["李强"], Some("李强")),
            // It names both already.
            ("王芳、李强", &["王芳", "李强"], None),
            ("王芳芳", &["李强"], None),
            ("", &["李强"], None),
        ] {
            assert_eq!(renamed(names, "王芳", to).as_deref(), after, "{names}");
        }
    }
}
