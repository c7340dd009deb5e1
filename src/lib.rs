//! Ruhu (入户): the phone app, a Leptos PWA. Data flows one way:
//! `pages, components → state → domain ← storage, sync, platform`.

pub mod components;
pub mod office;
pub mod pages;
pub mod platform;
pub mod route;
pub mod state;
pub mod storage;
pub mod transport;
