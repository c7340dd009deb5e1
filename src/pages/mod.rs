//! A file per route: reads the parameters and composes components.

pub mod broken;
pub mod care;
pub mod dispute;
pub mod dispute_form;
pub mod dispute_step;
pub mod history;
pub mod household;
pub mod install;
pub mod locked;
pub mod login;
pub mod matters;
pub mod me;
pub mod not_found;
pub mod notice;
pub mod papers;
pub mod round;
pub mod sign;
pub mod today;
pub mod visit_form;

use ruhu_domain::{Kind, RecordId, dispute::workflow::Step};

/// The screen that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 今日
    Today,
    /// 走访
    Round,
    /// 户
    Household(RecordId),
    /// 告知 to a household.
    Notice(RecordId),
    /// 入户走访: a new visit to a household.
    NewVisit(RecordId),
    /// 入户走访: a visit to change.
    EditVisit(RecordId),
    /// 修改历史 of a visit.
    History(RecordId),
    /// 事项
    Matters,
    /// 登记纠纷: a new dispute, found at a household where one is named.
    NewDispute(Option<RecordId>),
    /// 卷宗 of a dispute.
    Dispute(RecordId),
    /// The dispute itself, to change.
    EditDispute(RecordId),
    /// A record of a dispute's file: a new one, or one to change.
    InFile(RecordId, Kind, Option<RecordId>),
    /// 办理: a step of a dispute about which something has to be said.
    TakeStep(RecordId, Step),
    /// 签名 of a party on the agreement, or of the mediator.
    Sign(RecordId, Option<RecordId>),
    /// 文书 of a dispute.
    Papers(RecordId),
    /// One document of a dispute, or all of them.
    Paper(RecordId, String),
    /// 关爱
    Care,
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
            ["round"] => Self::Round,
            ["households", id] => record(id, Self::Household),
            ["households", id, "notice"] => record(id, Self::Notice),
            ["households", id, "visit"] => record(id, Self::NewVisit),
            ["visits", id] => record(id, Self::EditVisit),
            ["visits", id, "history"] => record(id, Self::History),
            ["households", id, "dispute"] => record(id, |id| Self::NewDispute(Some(id))),
            ["matters"] => Self::Matters,
            ["matters", "new"] => Self::NewDispute(None),
            ["matters", id] => record(id, Self::Dispute),
            ["matters", id, "edit"] => record(id, Self::EditDispute),
            ["matters", id, "sign", "mediator"] => record(id, |id| Self::Sign(id, None)),
            ["matters", id, "sign", party] => match (id.parse(), party.parse()) {
                (Ok(id), Ok(party)) => Self::Sign(id, Some(party)),
                _ => Self::NotFound,
            },
            ["matters", id, "papers"] => record(id, Self::Papers),
            ["matters", id, "papers", key] => {
                id.parse().map_or(Self::NotFound, |id| Self::Paper(id, (*key).to_owned()))
            }
            ["matters", id, "step", step] => match (id.parse(), Step::find(step)) {
                (Ok(id), Some(step)) => Self::TakeStep(id, step),
                _ => Self::NotFound,
            },
            ["matters", id, kind, one] => match (id.parse(), kind.parse::<Kind>(), *one, one.parse()) {
                (Ok(id), Ok(kind), "new", _) if kind.belongs_to_a_dispute() => Self::InFile(id, kind, None),
                (Ok(id), Ok(kind), _, Ok(one)) if kind.belongs_to_a_dispute() => Self::InFile(id, kind, Some(one)),
                _ => Self::NotFound,
            },
            ["care"] => Self::Care,
            ["me"] => Self::Me,
            ["install"] => Self::Install,
            ["login"] => Self::Login,
            // A code scanned on a phone that is open already.
            ["enrol"] => Self::Today,
            _ => Self::NotFound,
        }
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
            ("/round/", Screen::Round),
            (&format!("/households/{id}"), Screen::Household(id)),
            (&format!("/households/{id}/visit"), Screen::NewVisit(id)),
            (&format!("/visits/{id}/history"), Screen::History(id)),
            ("/visits/nothing", Screen::NotFound),
            ("/rounds", Screen::NotFound),
            ("/matters/new", Screen::NewDispute(None)),
            (&format!("/matters/{id}"), Screen::Dispute(id)),
            (&format!("/matters/{id}/party/new"), Screen::InFile(id, Kind::Party, None)),
            (&format!("/matters/{id}/party/{id}"), Screen::InFile(id, Kind::Party, Some(id))),
            (&format!("/matters/{id}/visit/new"), Screen::NotFound),
            (&format!("/matters/{id}/step/extend"), Screen::TakeStep(id, Step::Extend)),
            (&format!("/matters/{id}/papers"), Screen::Papers(id)),
            (&format!("/matters/{id}/papers/all"), Screen::Paper(id, "all".to_owned())),
            (&format!("/matters/{id}/sign/mediator"), Screen::Sign(id, None)),
        ] {
            assert_eq!(Screen::of(path), screen, "{path}");
        }
    }
}
