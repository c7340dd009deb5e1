//! Ruhu's server: one program that takes in what phones push, hands out what they may see, imports
//! rosters and writes ledgers.

pub mod accounts;
pub mod crypto;
pub mod database;
pub mod demo;
pub mod export;
pub mod http;
pub mod import;
pub mod nightly;
pub mod photo_check;
pub mod photos;
pub mod random;
pub mod second_factor;
pub mod secrets;
mod text;
