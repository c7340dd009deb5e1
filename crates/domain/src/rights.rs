//! Who may do what, and where. One function decides, on the server for every request and in the simulation:
//! [`allows`]. What it decides on is a person's grants: role × place × classes.
//!
//! Need to know (个人信息保护法 6, 28; 人民调解法 15): a role is never given a class that its work does not
//! touch, and an office's grant lets it look at single records, not carry them all away.

use crate::{
    area::{AreaCode, AreaLevel, GridCode},
    planted::{self, planted},
    record::{Channel, Class},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

/// Sends and reads a value as its text.
macro_rules! as_text {
    ($($name:ident),+) => {
        $(impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ruhu_sync::text::parsed(deserializer)
            }
        })+
    };
}

as_text!(Role, Place);

/// A person's part in the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 网格员
    GridWorker,
    /// 人民调解员
    Mediator,
    /// 巡逻队员
    PatrolMember,
    /// 心理辅导员、关爱帮扶人
    Carer,
    /// 村（社区）负责人
    VillageLead,
    /// 乡镇（街道）
    Township,
    /// 县（市、区）
    County,
    /// 市
    City,
    /// 系统管理员: accounts and devices, no records.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::GridWorker,
        Self::Mediator,
        Self::PatrolMember,
        Self::Carer,
        Self::VillageLead,
        Self::Township,
        Self::County,
        Self::City,
        Self::Administrator,
    ];

    /// The name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GridWorker => "grid-worker",
            Self::Mediator => "mediator",
            Self::PatrolMember => "patrol",
            Self::Carer => "carer",
            Self::VillageLead => "village-lead",
            Self::Township => "township",
            Self::County => "county",
            Self::City => "city",
            Self::Administrator => "administrator",
        }
    }

    /// The role's name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::GridWorker => "网格员",
            Self::Mediator => "人民调解员",
            Self::PatrolMember => "巡逻队员",
            Self::Carer => "关爱帮扶人",
            Self::VillageLead => "村（社区）负责人",
            Self::Township => "乡镇（街道）",
            Self::County => "县（市、区）",
            Self::City => "市",
            Self::Administrator => "系统管理员",
        }
    }

    /// The classes that a grant of this role may name.
    pub const fn classes(self) -> &'static [Class] {
        match self {
            Self::GridWorker | Self::Mediator => &[Class::General, Class::Mediation],
            Self::PatrolMember => &[Class::General],
            Self::Carer => &[Class::General, Class::Care],
            Self::VillageLead | Self::Township | Self::County | Self::City => Class::ALL,
            Self::Administrator => &[],
        }
    }

    /// Whether a grant of this role may be for a place of this level; none for a grid.
    const fn works_at(self, level: Option<AreaLevel>) -> bool {
        match self {
            Self::GridWorker | Self::Mediator | Self::PatrolMember | Self::Carer => {
                matches!(level, None | Some(AreaLevel::Village))
            }
            Self::VillageLead => matches!(level, Some(AreaLevel::Village)),
            Self::Township => matches!(level, Some(AreaLevel::Township)),
            Self::County => matches!(level, Some(AreaLevel::County)),
            Self::City => matches!(level, Some(AreaLevel::City)),
            Self::Administrator => level.is_some(),
        }
    }

    /// Whether this role works on a phone.
    pub const fn is_in_the_field(self) -> bool {
        matches!(self, Self::GridWorker | Self::Mediator | Self::PatrolMember | Self::Carer | Self::VillageLead)
    }

    /// Whether this role does such a thing at all.
    fn does(self, action: Action) -> bool {
        let in_the_field = self.is_in_the_field();
        match action {
            Action::Save => in_the_field || planted(planted::OFFICES_SAVE),
            Action::Carry => in_the_field || planted(planted::OFFICES_CARRY),
            Action::Look => self != Self::Administrator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "没有这个角色；角色有：grid-worker、mediator、patrol、carer、village-lead、township、county、city、administrator"
)]
pub struct UnknownRole;

/// Where a grant is for: a grid, or an area with every grid below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// One grid.
    Grid(GridCode),
    /// An area.
    Area(AreaCode),
}

impl Place {
    /// Whether a grid is part of it.
    pub fn covers(&self, grid: &GridCode) -> bool {
        match self {
            Self::Grid(own) => own == grid || (planted(planted::WHOLE_VILLAGE) && own.village() == grid.village()),
            Self::Area(area) => grid.as_str().starts_with(area.prefix()),
        }
    }

    /// Whether another place is this one or part of it.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Grid(own), Self::Grid(grid)) => own == grid,
            (Self::Grid(_), Self::Area(_)) => false,
            (Self::Area(area), Self::Grid(grid)) => grid.as_str().starts_with(area.prefix()),
            (Self::Area(area), Self::Area(below)) => {
                below.as_str().starts_with(area.prefix()) && below.prefix().len() >= area.prefix().len()
            }
        }
    }

    /// Returns the grid; none where it is an area.
    pub const fn grid(&self) -> Option<&GridCode> {
        match self {
            Self::Grid(grid) => Some(grid),
            Self::Area(_) => None,
        }
    }

    /// Returns the beginning that the codes of all places in it share. The longer it is, the narrower is the area.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Grid(grid) => grid.as_str(),
            Self::Area(area) => area.prefix(),
        }
    }

    /// The county's six digits; none for a city.
    pub fn county(&self) -> Option<SmolStr> {
        match self {
            Self::Grid(grid) => Some(grid.village().county().into()),
            Self::Area(area) => (area.level() != AreaLevel::City).then(|| area.county().into()),
        }
    }

    fn level(&self) -> Option<AreaLevel> {
        match self {
            Self::Grid(_) => None,
            Self::Area(area) => Some(area.level()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grid(grid) => grid.fmt(f),
            Self::Area(area) => area.fmt(f),
        }
    }
}

impl FromStr for Place {
    type Err = crate::area::BadAreaCode;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('-') { text.parse().map(Self::Grid) } else { text.parse().map(Self::Area) }
    }
}

/// The actions on a channel's records that need a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Save changes of them.
    Save,
    /// Have them all on the phone, to work without signal.
    Carry,
    /// Look at one of them, and at its history.
    Look,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Save, Self::Carry, Self::Look];
}

/// A right that was given: a role, at a place, for classes of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    role: Role,
    place: Place,
    classes: Vec<Class>,
}

/// Why a grant can't be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotGrant {
    /// The role's work does not touch the class.
    #[error("{}不能有“{}”类记录的权限", .0.title(), .1.title())]
    Class(Role, Class),
    /// The role belongs to another level.
    #[error("{}的权限不能给这一级区域", .0.title())]
    Place(Role),
    /// There is nothing in it.
    #[error("请写明{}可以看哪类记录", .0.title())]
    Empty(Role),
}

impl Grant {
    /// A grant.
    ///
    /// # Errors
    /// The role can't have such a one.
    pub fn new(role: Role, place: Place, mut classes: Vec<Class>) -> Result<Self, CannotGrant> {
        classes.sort();
        classes.dedup();
        if let Some(class) = classes.iter().find(|class| !role.classes().contains(class)) {
            return Err(CannotGrant::Class(role, *class));
        }
        if !role.works_at(place.level()) {
            return Err(CannotGrant::Place(role));
        }
        if classes.is_empty() && role != Role::Administrator {
            return Err(CannotGrant::Empty(role));
        }
        Ok(Self { role, place, classes })
    }

    /// A grid worker's everyday grant.
    pub fn grid_worker(grid: GridCode) -> Self {
        Self { role: Role::GridWorker, place: Place::Grid(grid), classes: vec![Class::General] }
    }

    /// The role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The place.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The classes, in their order.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Whether it allows an action on a channel's records.
    pub fn allows(&self, action: Action, channel: &Channel) -> bool {
        self.role.does(action)
            && (self.place.covers(&channel.grid) || planted(planted::ANY_PLACE))
            && (self.classes.contains(&channel.class) || planted(planted::ANY_CLASS))
    }
}

/// Whether somebody with these grants may do this with a channel's records.
pub fn allows(grants: &[Grant], action: Action, channel: &Channel) -> bool {
    grants.iter().any(|grant| grant.allows(action, channel))
}

/// The roles in which somebody with these grants may save a channel's records.
pub fn roles(grants: &[Grant], channel: &Channel) -> Vec<Role> {
    let mut roles: Vec<Role> =
        grants.iter().filter(|grant| grant.allows(Action::Save, channel)).map(|grant| grant.role).collect();
    roles.sort();
    roles.dedup();
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().expect("a place")
    }

    #[test]
    fn a_place_covers_the_grids_below_it_and_no_others() {
        let grid: GridCode = "411502001003-02".parse().expect("a grid");
        for covers in ["411502001003-02", "411502001003", "411502001000", "411502000000", "411500000000"] {
            assert!(place(covers).covers(&grid), "{covers}");
        }
        for other in ["411502001003-03", "411502001004", "411502002000", "411503000000", "411600000000"] {
            assert!(!place(other).covers(&grid), "{other}");
        }
    }

    #[test]
    fn a_place_contains_itself_and_what_is_below_it() {
        let order = ["411500000000", "411502000000", "411502001000", "411502001003", "411502001003-02"];
        for (above, outer) in order.iter().enumerate() {
            for (below, inner) in order.iter().enumerate() {
                assert_eq!(place(outer).contains(&place(inner)), above <= below, "{outer} {inner}");
            }
        }
        assert!(!place("411502001003").contains(&place("411502001004-01")));
    }

    #[test]
    fn a_grant_names_what_the_roles_work_touches_at_the_roles_level() {
        let grid = "411502001003-02";
        let cases = [
            (Role::GridWorker, grid, vec![Class::Care], Err(CannotGrant::Class(Role::GridWorker, Class::Care))),
            (
                Role::PatrolMember,
                grid,
                vec![Class::Mediation],
                Err(CannotGrant::Class(Role::PatrolMember, Class::Mediation)),
            ),
            (Role::Carer, "411502001000", vec![Class::Care], Err(CannotGrant::Place(Role::Carer))),
            (Role::VillageLead, grid, vec![Class::General], Err(CannotGrant::Place(Role::VillageLead))),
            (Role::Township, "411502001000", vec![], Err(CannotGrant::Empty(Role::Township))),
            (
                Role::Administrator,
                "411500000000",
                vec![Class::General],
                Err(CannotGrant::Class(Role::Administrator, Class::General)),
            ),
            (Role::Administrator, "411500000000", vec![], Ok(())),
            (Role::Mediator, grid, vec![Class::General, Class::Mediation], Ok(())),
        ];
        for (role, at, classes, expected) in cases {
            assert_eq!(Grant::new(role, place(at), classes).map(drop), expected, "{role:?} {at}");
        }
    }
}
