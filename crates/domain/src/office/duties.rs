//! The duties of offices besides reading records: staff and their devices, rights, decisions, the rights of the people
//! recorded, the audit. Like [`crate::rights`] it decides on a person's grants alone.

use crate::{
    area::GridCode,
    ledger::Ledger,
    planted::{self, planted},
    record::{Channel, Class},
    rights::{Action, Grant, Place, Role, allows},
};
use serde::{Deserialize, Serialize};

/// Work of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// 账号与设备: accounts, codes for new phones and forgotten passwords, revoking a device.
    People,
    /// 授权: giving and ending grants, handing a grid over.
    Rights,
    /// 待核对: deciding on what was set aside.
    Decide,
    /// 个人信息请求: what is held on one person; corrections, deletions (个人信息保护法 44–50).
    Personal,
    /// 督办: what is late, by counts and dates alone; pressing for it.
    Late,
    /// 台账: ledgers as tables, family names alone unless there is a purpose.
    Ledger,
    /// 花名册: taking in rosters, and taking them out again.
    Roster,
    /// 手册 and 便民电话: pages and numbers of an office's own, for the phones at its place.
    Handbook,
    /// 审计: who saw or did what.
    Audit,
    /// 运行: how the server is; backups.
    Operation,
}

impl Duty {
    /// Every duty.
    pub const ALL: [Self; 10] = [
        Self::People,
        Self::Rights,
        Self::Decide,
        Self::Personal,
        Self::Late,
        Self::Ledger,
        Self::Roster,
        Self::Handbook,
        Self::Audit,
        Self::Operation,
    ];
}

impl Role {
    /// Whether a role has a duty.
    pub const fn has(self, duty: Duty) -> bool {
        match self {
            Self::GridWorker | Self::Mediator | Self::PatrolMember | Self::Carer => false,
            Self::VillageLead => {
                matches!(duty, Duty::People | Duty::Decide | Duty::Late | Duty::Ledger | Duty::Roster | Duty::Handbook)
            }
            // Named one by one, so that a new duty is given on purpose.
            Self::Township | Self::County | Self::City => match duty {
                Duty::People
                | Duty::Rights
                | Duty::Decide
                | Duty::Personal
                | Duty::Late
                | Duty::Ledger
                | Duty::Roster
                | Duty::Handbook
                | Duty::Audit => true,
                Duty::Operation => !matches!(self, Self::Township),
            },
            Self::Administrator => matches!(duty, Duty::People | Duty::Rights | Duty::Audit | Duty::Operation),
        }
    }

    /// Whether a role gives rights of another: those below its own; an administrator, who sees no records, any.
    pub fn gives(self, other: Self) -> bool {
        let below = other.rank() < self.rank() || self == Self::Administrator || planted(planted::GIVES_ABOVE);
        self.has(Duty::Rights) && below
    }

    /// How far up a role stands: who gives rights gives those of roles below their own.
    const fn rank(self) -> u8 {
        match self {
            Self::GridWorker | Self::Mediator | Self::PatrolMember | Self::Carer => 0,
            Self::VillageLead => 1,
            Self::Township => 2,
            Self::County => 3,
            Self::City => 4,
            Self::Administrator => 5,
        }
    }
}

/// Whether somebody with these grants has a duty at all.
pub fn has(grants: &[Grant], duty: Duty) -> bool {
    grants.iter().any(|grant| grant.role().has(duty))
}

/// Whether somebody with these grants has a duty at a place.
pub fn governs(grants: &[Grant], duty: Duty, place: &Place) -> bool {
    let here = |grant: &Grant| grant.place().contains(place) || planted(planted::GOVERNS_ANYWHERE);
    grants.iter().any(|grant| grant.role().has(duty) && here(grant))
}

/// The roles in which somebody with these grants has a duty at a grid, whatever the class: for what says nothing of what
/// is in the records.
pub fn roles(grants: &[Grant], duty: Duty, grid: &GridCode) -> Vec<Role> {
    let here = grants.iter().filter(|grant| grant.role().has(duty));
    here.filter(|grant| grant.place().covers(grid) || planted(planted::GOVERNS_ANYWHERE)).map(Grant::role).collect()
}

/// Whether somebody with these grants has a duty towards a channel's records: they may look at them, too.
pub fn answers_for(grants: &[Grant], duty: Duty, channel: &Channel) -> bool {
    let one = |grant: &Grant| {
        grant.role().has(duty)
            && (allows(std::slice::from_ref(grant), Action::Look, channel)
                || (planted(planted::DUTY_OF_ANY_CLASS) && grant.place().covers(&channel.grid)))
    };
    grants.iter().any(one)
}

/// Whether somebody with these grants has a duty towards all records of a class at a place: they may look at them, too.
pub fn answers_at(grants: &[Grant], duty: Duty, place: &Place, class: Class) -> bool {
    let looks = |grant: &Grant| grant.classes().contains(&class) || planted(planted::DUTY_OF_ANY_CLASS);
    let here = |grant: &Grant| grant.place().contains(place) || planted(planted::GOVERNS_ANYWHERE);
    grants.iter().any(|grant| grant.role().has(duty) && looks(grant) && here(grant))
}

/// Whether somebody with these grants may have a ledger of a place. That of care is for the village and the township:
/// who is above them needs no single case.
pub fn may_have(grants: &[Grant], ledger: Ledger, place: &Place) -> bool {
    let near = |grant: &&Grant| matches!(grant.role(), Role::VillageLead | Role::Township);
    let near: Vec<Grant> = grants.iter().filter(near).cloned().collect();
    let grants = if ledger == Ledger::Care { &near } else { grants };
    answers_at(grants, Duty::Ledger, place, ledger.class())
}

/// Returns the ledgers that somebody with these grants may have of some place of theirs.
pub fn ledgers(grants: &[Grant]) -> Vec<Ledger> {
    let somewhere = |ledger: &Ledger| grants.iter().any(|grant| may_have(grants, *ledger, grant.place()));
    Ledger::ALL.into_iter().filter(somewhere).collect()
}

/// Whether somebody with these grants works in the office alone: the phone app has nothing for them.
pub fn is_office_alone(grants: &[Grant]) -> bool {
    !grants.is_empty() && !grants.iter().any(|grant| grant.role().is_in_the_field())
}

/// Whether somebody with these grants may give or end this one: at a place of theirs, for a role below theirs, and for
/// no class that they lack themselves. Administrators, who see no records, give any role's.
pub fn may_give(own: &[Grant], grant: &Grant) -> bool {
    let one = |with: &Grant| {
        let whole = with.role() == Role::Administrator || planted(planted::GIVES_ABOVE);
        let has_classes = whole || grant.classes().iter().all(|class| with.classes().contains(class));
        with.role().gives(grant.role()) && with.place().contains(grant.place()) && has_classes
    };
    own.iter().any(one)
}

/// Whether somebody with these grants looks after another's account: it belongs to a place of theirs, and everything
/// that it may do is at places of theirs and of roles below (an administrator's account is another's to look after).
pub fn looks_after(own: &[Grant], home: Option<&Place>, theirs: &[Grant]) -> bool {
    if home.is_none() && theirs.is_empty() {
        return own.iter().any(|grant| grant.role() == Role::Administrator);
    }
    let at_home = home.is_none_or(|home| governs(own, Duty::People, home));
    let one = |grant: &Grant, with: &Grant| {
        let below = grant.role().rank() < with.role().rank() || with.role() == Role::Administrator;
        with.role().has(Duty::People)
            && with.place().contains(grant.place())
            && (below || planted(planted::PEERS_GOVERNED))
    };
    at_home && theirs.iter().all(|grant| own.iter().any(|with| one(grant, with)))
}

/// Whether somebody with these grants may make a code for an account that has `theirs`: a code opens all that the account
/// sees, so of each class they need a grant themselves, over that place. Administrators, who see no records, let anybody in.
pub fn may_let_in(own: &[Grant], theirs: &[Grant]) -> bool {
    let opens = |with: &Grant, grant: &Grant| {
        let sees = with.role() == Role::Administrator
            || grant.classes().iter().all(|class| with.classes().contains(class))
            || planted(planted::CODES_FOR_ANYBODY);
        with.role().has(Duty::People) && with.place().contains(grant.place()) && sees
    };
    theirs.iter().all(|grant| own.iter().any(|with| opens(with, grant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: &str = "411502001003-02";
    const VILLAGE: &str = "411502001003";
    const TOWNSHIP: &str = "411502001000";
    const COUNTY: &str = "411502000000";
    const CITY: &str = "411500000000";

    fn place(text: &str) -> Place {
        text.parse().expect("a place")
    }

    fn grant(role: Role, at: &str, classes: &[Class]) -> Grant {
        Grant::new(role, place(at), classes.to_vec()).expect("a grant")
    }

    #[test]
    fn duties_are_those_of_the_table() {
        let table = [
            (Role::GridWorker, [false; 10]),
            (Role::Mediator, [false; 10]),
            (Role::PatrolMember, [false; 10]),
            (Role::Carer, [false; 10]),
            (Role::VillageLead, [true, false, true, false, true, true, true, true, false, false]),
            (Role::Township, [true, true, true, true, true, true, true, true, true, false]),
            (Role::County, [true; 10]),
            (Role::City, [true; 10]),
            (Role::Administrator, [true, true, false, false, false, false, false, false, true, true]),
        ];
        for (role, duties) in table {
            assert_eq!(Duty::ALL.map(|duty| role.has(duty)), duties, "{role:?}");
        }
    }

    #[test]
    fn rights_are_given_downwards_and_within_ones_own() {
        let all = Class::ALL;
        let township = [grant(Role::Township, TOWNSHIP, &[Class::General, Class::Mediation])];
        let given = |role, at: &str, classes: &[Class]| may_give(&township, &grant(role, at, classes));
        assert!(given(Role::GridWorker, GRID, &[Class::General]));
        assert!(given(Role::VillageLead, VILLAGE, &[Class::General, Class::Mediation]));
        assert!(!given(Role::VillageLead, VILLAGE, all), "care is not theirs to give");
        assert!(!given(Role::Township, TOWNSHIP, &[Class::General]), "a colleague's");
        assert!(!given(Role::Administrator, VILLAGE, &[]));
        assert!(!given(Role::GridWorker, "411502002001-01", &[Class::General]), "the next township's");
        let lead = [grant(Role::VillageLead, VILLAGE, all)];
        assert!(!may_give(&lead, &grant(Role::GridWorker, GRID, &[Class::General])));
        let administrator = [grant(Role::Administrator, COUNTY, &[])];
        assert!(may_give(&administrator, &grant(Role::County, COUNTY, all)));
        assert!(!may_give(&administrator, &grant(Role::City, CITY, all)));
    }

    #[test]
    fn an_account_is_looked_after_from_above() {
        let lead = [grant(Role::VillageLead, VILLAGE, Class::ALL)];
        let worker = [grant(Role::GridWorker, GRID, &[Class::General])];
        let home = place(VILLAGE);
        assert!(looks_after(&lead, Some(&home), &worker));
        assert!(looks_after(&lead, Some(&home), &[]), "a new one, without grants");
        assert!(!looks_after(&lead, Some(&home), &lead), "a colleague's password is not theirs to set");
        assert!(!looks_after(&lead, Some(&place(TOWNSHIP)), &worker));
        assert!(!looks_after(&worker, Some(&home), &[]));
        let township = [grant(Role::Township, TOWNSHIP, &[Class::General])];
        assert!(looks_after(&township, Some(&home), &lead));
        let elsewhere = [worker[0].clone(), grant(Role::GridWorker, "411502002001-01", &[Class::General])];
        assert!(!looks_after(&township, Some(&home), &elsewhere), "part of the work is elsewhere");
        let administrator = [grant(Role::Administrator, CITY, &[])];
        assert!(looks_after(&administrator, None, &[]) && !looks_after(&township, None, &[]));
        assert!(looks_after(&administrator, Some(&home), &administrator));
    }

    #[test]
    fn records_are_answered_for_by_place_and_class() {
        let township = [grant(Role::Township, TOWNSHIP, &[Class::General])];
        let channel = |text: &str| text.parse::<Channel>().expect("a channel");
        assert!(answers_for(&township, Duty::Decide, &channel("411502001003-02/general")));
        assert!(!answers_for(&township, Duty::Decide, &channel("411502001003-02/care")));
        assert!(!answers_for(&township, Duty::Decide, &channel("411502002001-01/general")));
        let at = |text: &str, class| answers_at(&township, Duty::Ledger, &place(text), class);
        assert!(at(VILLAGE, Class::General) && at(GRID, Class::General) && at(TOWNSHIP, Class::General));
        assert!(!at(VILLAGE, Class::Mediation) && !at(COUNTY, Class::General) && !at("411502002001", Class::General));
        let administrator = [grant(Role::Administrator, CITY, &[])];
        assert!(!answers_at(&administrator, Duty::Ledger, &place(VILLAGE), Class::General));
        assert!(!answers_for(&administrator, Duty::Audit, &channel("411502001003-02/general")));
    }
}
