//! Carrying messages and photos to the office and back. What they say is the domain's, how edits merge is `ruhu_sync`'s.

pub mod http;
pub mod tus;
