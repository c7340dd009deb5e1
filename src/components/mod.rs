//! Reusable pieces of the interface: props in, callbacks out.

pub mod alike;
pub mod case_tabs;
pub mod chips;
pub mod contested;
pub mod door_row;
pub mod empty;
pub mod known_people;
pub mod next_steps;
pub mod notice;
pub mod page;
pub mod photos;
pub mod record_form;
pub mod search_field;
pub mod sheets;
pub mod switch;
pub mod tab_bar;
pub mod tick;
pub mod toast;
pub mod who_is_there;
pub mod windowed;
