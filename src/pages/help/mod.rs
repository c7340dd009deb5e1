//! The handbook (手册) and phone numbers (便民电话).

pub mod contacts;
pub mod handbook;
