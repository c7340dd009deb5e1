//! Routes: which screen an address names, and the address of a record.

use ruhu_domain::{Kind, RecordId, RecordKind, care, dispute, form::labels, report};

/// The screen that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 今日
    Today,
    /// 月历
    Calendar,
    /// 走访
    Doors,
    /// 走访顺序
    WalkingOrder,
    /// 户
    Household(RecordId),
    /// 登记新户
    NewHousehold,
    /// A household, to change.
    EditHousehold(RecordId),
    /// 改期 of the next visit to a household.
    PutOff(RecordId),
    /// 移户 to another grid.
    MoveHousehold(RecordId),
    /// 添加成员 of a household.
    NewResident(RecordId),
    /// A resident, to change.
    Resident(RecordId),
    /// 换户 of a resident.
    MoveResident(RecordId),
    /// 作废 of a household or resident.
    Withdraw(RecordId),
    /// 查重
    Duplicates,
    /// 查重: two that may be the same.
    DuplicatePair(RecordId, RecordId),
    /// 告知 to a household.
    Notice(RecordId),
    /// 入户走访: a new visit to a household.
    NewVisit(RecordId),
    /// 入户走访: a visit to change.
    EditVisit(RecordId),
    /// 修改历史 of a visit.
    History(RecordId),
    /// 事项
    Disputes,
    /// A new dispute, care case, hazard, request or outreach; of a household, a visit or a finding, where one is named.
    New(Kind, Option<RecordId>),
    /// A dispute, care case, hazard, request, patrol or outreach itself, to change.
    Edit(Kind, RecordId),
    /// 卷宗 of a dispute.
    Dispute(RecordId),
    /// A record of a file, a dispute's or a care case's: a new one, or one to change.
    InFile(RecordId, Kind, Option<RecordId>),
    /// 办理: a step of a dispute about which something has to be said.
    TakeStep(RecordId, dispute::steps::Step),
    /// 签名 of a party on the agreement, or of the mediator.
    Sign(RecordId, Option<RecordId>),
    /// 文书 of a dispute.
    Papers(RecordId),
    /// One document of a dispute, or all of them.
    Paper(RecordId, String),
    /// 关爱
    Care,
    /// A care case.
    Case(RecordId),
    /// 办理: a step of a care case about which something has to be said.
    TakeCareStep(RecordId, care::steps::Step),
    /// 隐患, or 诉求
    Reports(Kind),
    /// A hazard or a request.
    Report(Kind, RecordId),
    /// 办理: a step of a hazard or a request about which something has to be said.
    TakeReportStep(Kind, RecordId, report::steps::Step),
    /// 巡逻
    Patrols,
    /// A patrol.
    Patrol(RecordId),
    /// 宣讲
    Outreach,
    /// 便民电话, with the address back without its first slash; empty for 我的.
    Contacts(String),
    /// 手册
    Handbook,
    /// A page of 手册, by its name.
    HandbookPage(String),
    /// 我的
    Me,
    /// 装到桌面
    Install,
    /// 登录
    Login,
    /// None.
    NotFound,
}

impl Screen {
    /// The screen of a path.
    pub fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let record = |id: &str, screen: fn(RecordId) -> Self| id.parse().map_or(Self::NotFound, screen);
        match parts.as_slice() {
            [] => Self::Today,
            ["calendar"] => Self::Calendar,
            ["round"] => Self::Doors,
            ["round", "order"] => Self::WalkingOrder,
            ["households", "new"] => Self::NewHousehold,
            ["households", id] => record(id, Self::Household),
            ["households", id, "edit"] => record(id, Self::EditHousehold),
            ["households", id, "move"] => record(id, Self::MoveHousehold),
            ["households", id, "resident"] => record(id, Self::NewResident),
            ["residents", id] => record(id, Self::Resident),
            ["residents", id, "move"] => record(id, Self::MoveResident),
            ["withdraw", id] => record(id, Self::Withdraw),
            ["duplicates"] => Self::Duplicates,
            ["duplicates", one, other] => match (one.parse(), other.parse()) {
                (Ok(one), Ok(other)) => Self::DuplicatePair(one, other),
                _ => Self::NotFound,
            },
            ["households", id, "later"] => record(id, Self::PutOff),
            ["households", id, "notice"] => record(id, Self::Notice),
            ["households", id, "visit"] => record(id, Self::NewVisit),
            ["visits", id] => record(id, Self::EditVisit),
            ["visits", id, "history"] => record(id, Self::History),
            ["households" | "visits" | "findings", id, "dispute"] => Self::new_of(Kind::Dispute, id),
            ["households" | "visits" | "findings", id, "care"] => Self::new_of(Kind::CareCase, id),
            ["households" | "visits" | "findings", id, "hazard"] => Self::new_of(Kind::Hazard, id),
            ["households" | "visits" | "findings", id, "request"] => Self::new_of(Kind::Request, id),
            ["matters"] => Self::Disputes,
            ["matters", "new"] => Self::New(Kind::Dispute, None),
            ["matters", id] => record(id, Self::Dispute),
            ["matters", id, "edit"] => record(id, |id| Self::Edit(Kind::Dispute, id)),
            ["matters", id, "sign", "mediator"] => record(id, |id| Self::Sign(id, None)),
            ["matters", id, "sign", party] => match (id.parse(), party.parse()) {
                (Ok(id), Ok(party)) => Self::Sign(id, Some(party)),
                _ => Self::NotFound,
            },
            ["matters", id, "papers"] => record(id, Self::Papers),
            ["matters", id, "papers", key] => {
                id.parse().map_or(Self::NotFound, |id| Self::Paper(id, (*key).to_owned()))
            }
            ["matters", id, "step", step] => match (id.parse(), dispute::steps::Step::find(step)) {
                (Ok(id), Some(step)) => Self::TakeStep(id, step),
                _ => Self::NotFound,
            },
            ["matters", id, kind, one] => Self::in_file(Kind::Dispute, id, kind, one),
            ["care"] => Self::Care,
            ["care", "new"] => Self::New(Kind::CareCase, None),
            ["care", id] => record(id, Self::Case),
            ["care", id, "edit"] => record(id, |id| Self::Edit(Kind::CareCase, id)),
            ["care", id, "step", step] => match (id.parse(), care::steps::Step::find(step)) {
                (Ok(id), Some(step)) => Self::TakeCareStep(id, step),
                _ => Self::NotFound,
            },
            ["care", id, kind, one] => Self::in_file(Kind::CareCase, id, kind, one),
            ["hazards", rest @ ..] => Self::of_report(Kind::Hazard, Kind::HazardStep, rest),
            ["requests", rest @ ..] => Self::of_report(Kind::Request, Kind::RequestStep, rest),
            ["patrols"] => Self::Patrols,
            ["patrols", id] => record(id, Self::Patrol),
            ["patrols", id, "edit"] => record(id, |id| Self::Edit(Kind::Patrol, id)),
            ["outreach"] => Self::Outreach,
            ["outreach", "new"] => Self::New(Kind::Outreach, None),
            ["outreach", id, "edit"] => record(id, |id| Self::Edit(Kind::Outreach, id)),
            ["drafts", kind, id] => kind.parse().map_or(Self::NotFound, |kind| Self::new_of(kind, id)),
            ["contacts", from @ ..] => Self::Contacts(from.join("/")),
            ["handbook"] => Self::Handbook,
            ["handbook", name] => Self::HandbookPage((*name).to_owned()),
            ["me"] => Self::Me,
            ["install"] => Self::Install,
            ["login"] => Self::Login,
            // A code scanned on a phone that is open already.
            ["enrol"] => Self::Today,
            _ => Self::NotFound,
        }
    }

    /// Returns the title of the document: what the screen is for, and never what it shows. Browsers keep titles in their
    /// history, in the clear.
    pub fn title(&self) -> &str {
        match self {
            Self::Today => "今日",
            Self::Calendar => "月历",
            Self::Doors => "走访",
            Self::WalkingOrder => "走访顺序",
            Self::Household(_) | Self::NewHousehold | Self::EditHousehold(_) => "户",
            Self::PutOff(_) => "改期",
            Self::MoveHousehold(_) => "移户",
            Self::NewResident(_) | Self::Resident(_) => "居民",
            Self::MoveResident(_) => "换户",
            Self::Withdraw(_) => "作废",
            Self::Duplicates | Self::DuplicatePair(..) => "查重",
            Self::Notice(_) => "告知",
            Self::NewVisit(_) | Self::EditVisit(_) => "入户走访",
            Self::History(_) => "修改历史",
            Self::Disputes => "事项",
            Self::New(kind, _) | Self::Edit(kind, _) | Self::InFile(_, kind, _) | Self::Report(kind, _) => {
                labels::kind(kind)
            }
            Self::Dispute(_) => labels::kind(&Kind::Dispute),
            Self::TakeStep(..) | Self::TakeCareStep(..) | Self::TakeReportStep(..) => "办理",
            Self::Sign(..) => "签名",
            Self::Papers(_) | Self::Paper(..) => "文书",
            Self::Care => "关爱",
            Self::Case(_) => labels::kind(&Kind::CareCase),
            Self::Reports(kind) => labels::kind(kind),
            Self::Patrols | Self::Patrol(_) => labels::kind(&Kind::Patrol),
            Self::Outreach => labels::kind(&Kind::Outreach),
            Self::Contacts(_) => "便民电话",
            Self::Handbook | Self::HandbookPage(_) => "手册",
            Self::Me => "我的",
            Self::Install => "装到桌面",
            Self::Login => "登录",
            Self::NotFound => "找不到这一页",
        }
    }

    fn new_of(kind: Kind, of: &str) -> Self {
        of.parse().map_or(Self::NotFound, |id| Self::New(kind, Some(id)))
    }

    fn of_report(kind: Kind, of_step: Kind, rest: &[&str]) -> Self {
        let id = rest.first().and_then(|id| id.parse().ok());
        match (rest, id) {
            ([], _) => Self::Reports(kind),
            (["new"], _) => Self::New(kind, None),
            ([_], Some(id)) => Self::Report(kind, id),
            ([_, "edit"], Some(id)) => Self::Edit(kind, id),
            ([_, "step", step], Some(id)) => {
                report::steps::Step::find(step).map_or(Self::NotFound, |step| Self::TakeReportStep(of_step, id, step))
            }
            _ => Self::NotFound,
        }
    }

    fn in_file(head: Kind, id: &str, kind: &str, one: &str) -> Self {
        let Ok(kind) = kind.parse::<Kind>();
        let fits = kind.head() == Some(head) && kind.parent_field().is_some();
        match (id.parse(), one, one.parse()) {
            (Ok(id), "new", _) if fits => Self::InFile(id, kind, None),
            (Ok(id), _, Ok(one)) if fits => Self::InFile(id, kind, Some(one)),
            _ => Self::NotFound,
        }
    }
}

/// The address of a household, or of a file by the kind of any record in it.
pub fn path_of(kind: &Kind, head: RecordId) -> String {
    match kind.head() {
        _ if *kind == Kind::Outreach => format!("/outreach/{head}"),
        None => format!("/households/{head}"),
        Some(Kind::CareCase) => format!("/care/{head}"),
        Some(Kind::Hazard) => format!("/hazards/{head}"),
        Some(Kind::Request) => format!("/requests/{head}"),
        Some(Kind::Patrol) => format!("/patrols/{head}"),
        _ => format!("/matters/{head}"),
    }
}

/// The address of the list that files of a kind are in.
pub const fn list_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Hazard | Kind::HazardStep => "/hazards",
        Kind::Request | Kind::RequestStep => "/requests",
        Kind::Outreach => "/outreach",
        _ => "/patrols",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_screen() {
        let id = RecordId::new(1, [1; 10]);
        for (path, screen) in [
            ("/", Screen::Today),
            ("", Screen::Today),
            ("/round/", Screen::Doors),
            ("/round/order", Screen::WalkingOrder),
            (&format!("/households/{id}"), Screen::Household(id)),
            (&format!("/households/{id}/visit"), Screen::NewVisit(id)),
            ("/households/new", Screen::NewHousehold),
            (&format!("/residents/{id}/move"), Screen::MoveResident(id)),
            (&format!("/duplicates/{id}/{id}"), Screen::DuplicatePair(id, id)),
            (&format!("/visits/{id}/history"), Screen::History(id)),
            ("/visits/nothing", Screen::NotFound),
            ("/rounds", Screen::NotFound),
            (&format!("/drafts/hazard/{id}"), Screen::New(Kind::Hazard, Some(id))),
            ("/contacts", Screen::Contacts(String::new())),
            ("/contacts/matters/1", Screen::Contacts("matters/1".to_owned())),
            ("/handbook/fire", Screen::HandbookPage("fire".to_owned())),
            ("/matters/new", Screen::New(Kind::Dispute, None)),
            ("/hazards", Screen::Reports(Kind::Hazard)),
            (
                &format!("/hazards/{id}/step/assign"),
                Screen::TakeReportStep(Kind::HazardStep, id, report::steps::Step::Assign),
            ),
            (&format!("/requests/{id}/edit"), Screen::Edit(Kind::Request, id)),
            (&format!("/findings/{id}/hazard"), Screen::New(Kind::Hazard, Some(id))),
            (&format!("/visits/{id}/care"), Screen::New(Kind::CareCase, Some(id))),
            (&format!("/matters/{id}"), Screen::Dispute(id)),
            (&format!("/matters/{id}/party/new"), Screen::InFile(id, Kind::Party, None)),
            (&format!("/matters/{id}/party/{id}"), Screen::InFile(id, Kind::Party, Some(id))),
            (&format!("/matters/{id}/visit/new"), Screen::NotFound),
            (&format!("/matters/{id}/care_visit/new"), Screen::NotFound),
            (&format!("/care/{id}/care_visit/new"), Screen::InFile(id, Kind::CareVisit, None)),
            (&format!("/care/{id}/step/pause"), Screen::TakeCareStep(id, care::steps::Step::Pause)),
            (&format!("/households/{id}/care"), Screen::New(Kind::CareCase, Some(id))),
            (&format!("/matters/{id}/step/extend"), Screen::TakeStep(id, dispute::steps::Step::Extend)),
            (&format!("/matters/{id}/papers"), Screen::Papers(id)),
            (&format!("/matters/{id}/papers/all"), Screen::Paper(id, "all".to_owned())),
            (&format!("/matters/{id}/sign/mediator"), Screen::Sign(id, None)),
        ] {
            assert_eq!(Screen::of(path), screen, "{path}");
        }
    }
}
