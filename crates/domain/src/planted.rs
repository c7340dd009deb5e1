//! Bugs in the deciding on rights and duties, which the matrices plant one at a time to show that they would find them.

#[cfg(feature = "planted")]
pub use ruhu_sync::planted::plant;
pub use ruhu_sync::planted::{Bug, planted};

/// Offices save records.
pub const OFFICES_SAVE: Bug = Bug("OfficesSave");

/// Offices carry whole channels away.
pub const OFFICES_CARRY: Bug = Bug("OfficesCarry");

/// A grid's grant is good for the whole village.
pub const WHOLE_VILLAGE: Bug = Bug("WholeVillage");

/// A grant is good everywhere.
pub const ANY_PLACE: Bug = Bug("AnyPlace");

/// A grant is good for every class.
pub const ANY_CLASS: Bug = Bug("AnyClass");

/// A grant is good after it ended.
pub const ENDED_GRANTS: Bug = Bug("EndedGrants");

/// An office looks after accounts and gives rights anywhere.
pub const GOVERNS_ANYWHERE: Bug = Bug("GovernsAnywhere");

/// An office looks after its colleagues' accounts.
pub const PEERS_GOVERNED: Bug = Bug("PeersGoverned");

/// An office gives the rights of any role.
pub const GIVES_ABOVE: Bug = Bug("GivesAbove");

/// An office answers for records of every class.
pub const DUTY_OF_ANY_CLASS: Bug = Bug("DutyOfAnyClass");

/// An office makes codes for accounts that may do more than it may give.
pub const CODES_FOR_ANYBODY: Bug = Bug("CodesForAnybody");

/// Whoever saves a record sets all of its fields.
pub const FIELDS_OF_ANYBODY: Bug = Bug("FieldsOfAnybody");

/// Those that the matrix of rights finds.
pub const RIGHTS: [Bug; 7] =
    [OFFICES_SAVE, OFFICES_CARRY, WHOLE_VILLAGE, ANY_PLACE, ANY_CLASS, ENDED_GRANTS, FIELDS_OF_ANYBODY];

/// Those that the matrix of duties finds.
pub const DUTIES: [Bug; 5] = [GOVERNS_ANYWHERE, PEERS_GOVERNED, GIVES_ABOVE, DUTY_OF_ANY_CLASS, CODES_FOR_ANYBODY];
