//! A file per screen, in folders by subject: each reads what the screen is of and composes components.

pub mod access;
pub mod care;
pub mod case;
pub mod dispute;
pub mod due;
pub mod help;
pub mod me;
pub mod not_found;
mod outbox;
pub mod patrol;
pub mod report;
pub mod roster;
pub mod today;
pub mod visit;
