//! Households and residents: the doors in walking order, a household, who lives there, what was registered twice.

pub mod doors;
pub mod duplicates;
pub mod household;
pub mod notice;
pub mod residents;
pub mod walking_order;
