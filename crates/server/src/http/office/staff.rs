//! 账号、设备、授权: accounts, devices and grants.

use super::{Asked, Newcomer, Official, Refusal, right};
use crate::{
    accounts,
    database::{CannotChange, Database, Device, Given, Member},
};
use axum::{Json, extract::State};
use ruhu_domain::{
    day,
    office::{
        Attribution, Code, FindAreas, Give, GivenRight, KnownDevice, NamePlaces, NamedArea, Nothing, OfAccount,
        OfDevice, OfGrant, PlaceNames, PutAccount, StaffMember,
        duties::{self, Duty},
    },
    rights::{Grant, Place},
};

/// Areas named in one answer.
const AREAS: usize = 60;

/// The facts that an office decides on accounts by.
pub struct Staff {
    members: Vec<Member>,
    given: Vec<Given>,
    devices: Vec<Device>,
}

impl Staff {
    /// Reads them.
    pub async fn read(database: &Database) -> Result<Self, Refusal> {
        let (members, given) = (database.members().await?, database.given(None).await?);
        Ok(Self { members, given, devices: database.devices(None).await? })
    }

    /// Returns the account of a login name, whose case does not matter.
    pub fn named(&self, account: &str) -> Option<&Member> {
        let name = accounts::login_name(account).to_lowercase();
        self.members.iter().find(|member| member.account.to_lowercase() == name)
    }

    /// What an account was given and has now.
    pub(super) fn now(&self, account: &str) -> impl Iterator<Item = &Given> {
        let now = crate::random::now_ms();
        let has = move |given: &&Given| given.ended.is_none() && given.until.is_none_or(|until| until > now);
        self.given.iter().filter(move |given| given.account == account).filter(has)
    }

    /// Returns when a right of an account ends by itself; none where the account has not the right.
    pub fn has(&self, account: &str, grant: &Grant) -> Option<Option<u64>> {
        self.now(account).find(|given| given.grant == *grant).map(|given| given.until)
    }

    /// The grants an account has now.
    pub(super) fn grants(&self, account: &str) -> Vec<Grant> {
        self.now(account).map(|given| given.grant.clone()).collect()
    }

    /// An account that the caller looks after.
    fn looked_after(&self, official: &Official, account: &str) -> Result<&Member, Refusal> {
        let member = self.members.iter().find(|member| member.account == account);
        member.filter(|member| self.looks_after(official, member)).ok_or(Refusal::NotAllowed)
    }

    /// The other accounts in use of people with the same name.
    pub(super) fn namesakes<'a>(&'a self, of: &'a Member) -> impl Iterator<Item = &'a Member> {
        let same = move |other: &&Member| other.name == of.name && other.id != of.id && other.closed.is_none();
        self.members.iter().filter(same)
    }

    /// As [`Self::looked_after`], of a login name in any case. The words are the same for an account that is not there.
    pub(super) fn of_caller(&self, official: &Official, account: &str) -> Result<&Member, Refusal> {
        let words = || Refusal::Invalid(format!("没有“{}”这个账号，或不归您管", account.trim()));
        self.named(account).filter(|member| self.looks_after(official, member)).ok_or_else(words)
    }

    /// Whether the caller looks after an account.
    pub fn looks_after(&self, official: &Official, member: &Member) -> bool {
        // Nobody sets their own account's password, rights or end.
        member.id != official.session.account
            && duties::looks_after(&official.grants, member.home.as_ref(), &self.grants(&member.account))
    }

    fn person(&self, member: &Member) -> StaffMember {
        let done =
            |done: &Option<(String, u64)>| done.as_ref().map(|(by, at)| Attribution { by: self.name(by), at: *at });
        let given = |given: &Given| GivenRight {
            id: given.id.clone(),
            right: right(&given.grant),
            given: Attribution { by: self.name(&given.given_by), at: given.given_at },
            until: given.until,
            ended: done(&given.ended),
        };
        let device = |device: &Device| KnownDevice {
            id: device.id,
            first_at: device.first_at,
            seen_on: device.seen_at.map(|at| day::day(at.cast_signed())),
            revoked: done(&device.revoked),
            handed_over_at: device.handed_over_at,
        };
        let own = |account: &str| account == member.account;
        StaffMember {
            account: member.account.clone(),
            name: member.name.clone(),
            team: member.team.clone(),
            home: member.home.clone(),
            closed: member.closed.as_ref().map(|closed| Attribution { by: self.name(&closed.by), at: closed.at }),
            second_factor: member.second_factor,
            grants: self.given.iter().filter(|given| own(&given.account)).map(given).collect(),
            devices: self.devices.iter().filter(|device| own(&device.account)).map(device).collect(),
        }
    }

    /// The name of whoever did something: an account's, or what a command was given for.
    fn name(&self, by: &str) -> String {
        self.members.iter().find(|member| member.id == by).map_or(by, |member| &member.name).to_owned()
    }
}

/// `POST /api/v1/office/people`
pub async fn list(State(database): State<Database>, official: Official) -> Result<Json<Vec<StaffMember>>, Refusal> {
    official.has(Duty::People)?;
    let staff = Staff::read(&database).await?;
    let own = staff.members.iter().filter(|member| staff.looks_after(&official, member));
    Ok(Json(own.map(|member| staff.person(member)).collect()))
}

/// `POST /api/v1/office/account`: makes an account. A login name that somebody has is refused, whoever looks after it.
pub async fn make(
    State(database): State<Database>,
    official: Official,
    Asked(asked): Asked<PutAccount>,
) -> Result<Json<Nothing>, Refusal> {
    let member = checked(&official, asked)?;
    // Case and width of a login name don't matter.
    if let Some(taken) = database.login_name(&member.account).await? {
        return Err(Refusal::Invalid(CannotChange::Taken(taken).to_string()));
    }
    database.make_member(&member, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/account-change`: changes the name, the team and the home of an account that the caller looks after.
pub async fn change(
    State(database): State<Database>,
    official: Official,
    Asked(asked): Asked<PutAccount>,
) -> Result<Json<Nothing>, Refusal> {
    let mut member = checked(&official, asked)?;
    let staff = Staff::read(&database).await?;
    member.account.clone_from(&staff.of_caller(&official, &member.account)?.account);
    database.change_member(&member, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// Returns an account as it may be made or changed by the caller.
fn checked(official: &Official, PutAccount { account, name, team, home }: PutAccount) -> Result<PutAccount, Refusal> {
    let [name, team] = [name, team].map(|text| text.trim().to_owned());
    let account = accounts::login_name(&account);
    accounts::check_names(&account, &name, &team).map_err(|error| Refusal::Invalid(error.to_string()))?;
    if !duties::governs(&official.grants, Duty::People, &home) {
        return Err(Refusal::NotAllowed);
    }
    Ok(PutAccount { account, name, team, home })
}

/// `POST /api/v1/office/close`
pub async fn close(
    State(database): State<Database>,
    official: Official,
    Asked(OfAccount { account }): Asked<OfAccount>,
) -> Result<Json<Nothing>, Refusal> {
    Staff::read(&database).await?.looked_after(&official, &account)?;
    database.close_account(&account, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/code`
pub async fn code(
    State(database): State<Database>,
    official: Official,
    Asked(OfAccount { account }): Asked<OfAccount>,
) -> Result<Json<Code>, Refusal> {
    let staff = Staff::read(&database).await?;
    staff.looked_after(&official, &account)?;
    if !duties::may_let_in(&official.grants, &staff.grants(&account)) {
        let words = "这个账号能看的记录有您没有的类别，请由有这些类别权限的办公室或管理员发码";
        return Err(Refusal::Invalid(words.into()));
    }
    let (code, until) = database.make_code(&account, &official.session.account).await?;
    Ok(Json(Code { code, until, office: duties::is_office_alone(&staff.grants(&account)) }))
}

/// `POST /api/v1/office/give`
pub async fn give(
    State(database): State<Database>,
    official: Official,
    Asked(Give { account, right, until }): Asked<Give>,
) -> Result<Json<OfGrant>, Refusal> {
    let grant = Grant::new(right.role, right.place, right.classes);
    let grant = grant.map_err(|error| Refusal::Invalid(error.to_string()))?;
    Staff::read(&database).await?.looked_after(&official, &account)?;
    if !duties::may_give(&official.grants, &grant) {
        return Err(Refusal::NotAllowed);
    }
    let until = match until {
        Some(last) => Some(day::end_of(last).ok_or_else(|| Refusal::Invalid("日期太远".into()))?),
        None => None,
    };
    let id = database.give(&account, &grant, &official.session.account, until).await?;
    Ok(Json(OfGrant { id }))
}

/// `POST /api/v1/office/end`
pub async fn end(
    State(database): State<Database>,
    official: Official,
    Asked(OfGrant { id }): Asked<OfGrant>,
) -> Result<Json<Nothing>, Refusal> {
    let staff = Staff::read(&database).await?;
    let given = staff.given.iter().find(|given| given.id == id).ok_or(Refusal::NotAllowed)?;
    staff.looked_after(&official, &given.account)?;
    if !duties::may_give(&official.grants, &given.grant) {
        return Err(Refusal::NotAllowed);
    }
    database.end(&id, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/revoke`
pub async fn revoke(
    State(database): State<Database>,
    official: Official,
    Asked(OfDevice { id }): Asked<OfDevice>,
) -> Result<Json<Nothing>, Refusal> {
    let staff = Staff::read(&database).await?;
    let device = staff.devices.iter().find(|device| device.id == id).ok_or(Refusal::NotAllowed)?;
    staff.looked_after(&official, &device.account)?;
    database.revoke(id, &official.session.account).await.map_err(|error| Refusal::Invalid(error.to_string()))?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/areas`
pub async fn areas(
    State(database): State<Database>,
    official: Official,
    Asked(FindAreas { text }): Asked<FindAreas>,
) -> Result<Json<Vec<NamedArea>>, Refusal> {
    let text = text.trim();
    let found = database.named_areas(text).await?;
    let own = found.into_iter().filter(|area| {
        let place: Option<Place> = area.code.parse().ok();
        place.is_some_and(|place| duties::governs(&official.grants, Duty::People, &place))
    });
    Ok(Json(own.take(AREAS).collect()))
}

/// `POST /api/v1/office/place-names`: for everybody of an office; names of places are public.
pub async fn place_names(
    State(database): State<Database>,
    Newcomer(_): Newcomer,
    Asked(NamePlaces { places }): Asked<NamePlaces>,
) -> Result<Json<PlaceNames>, Refusal> {
    if places.len() > NamePlaces::MOST {
        return Err(Refusal::Invalid(format!("一次最多问 {} 个地方的名称", NamePlaces::MOST)));
    }
    Ok(Json(database.place_names(places).await?))
}
