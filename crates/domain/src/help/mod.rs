//! Help for a worker in the field: the handbook (手册), phone numbers (便民电话), and the notice to the people recorded.

pub mod contact;
pub mod handbook;
pub mod notice;
