//! A file per route: reads the parameters and composes components.

pub mod broken;
pub mod care;
pub mod history;
pub mod household;
pub mod install;
pub mod locked;
pub mod login;
pub mod matters;
pub mod me;
pub mod not_found;
pub mod notice;
pub mod round;
pub mod today;
pub mod visit_form;

use ruhu_domain::RecordId;

/// The screen that an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            ["matters"] => Self::Matters,
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
        ] {
            assert_eq!(Screen::of(path), screen, "{path}");
        }
    }
}
