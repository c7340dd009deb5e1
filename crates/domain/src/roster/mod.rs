//! The roster of a grid: its households and residents, the doors in walking order, and what was registered twice.

pub mod doors;
pub mod duplicates;
pub mod household;
pub mod id_number;
pub mod merged;
pub mod pinyin;
pub mod resident;
pub mod search;
pub mod walking_order;

pub use doors::{Door, Filter, LastVisit, Roster};
