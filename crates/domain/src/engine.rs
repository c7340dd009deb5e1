//! The phone's engine, for records of field work: see [`ruhu_sync::engine`].

use crate::{
    record::{Class, Fieldwork},
    wire::Grid,
};

pub use ruhu_sync::engine::{COUNT, KEEP, KEEP_MS, Moment, Pace, Pass, QueuedState, SEGMENT, Unreadable, WINDOW};

/// The phone's records and queue.
pub type Engine = ruhu_sync::engine::Engine<Fieldwork>;

/// The engine's own values.
pub type Head = ruhu_sync::engine::Head<Fieldwork>;

/// A planned change.
pub type Plan = ruhu_sync::engine::Plan<Fieldwork>;

/// A change of the engine's memory.
pub type Delta = ruhu_sync::engine::Delta<Fieldwork>;

/// A save of one record, where several are saved at once.
pub type Edit = ruhu_sync::engine::Edit<Fieldwork>;

/// An op that the office has not acknowledged, and how far it got.
pub type Queued = ruhu_sync::engine::Queued<Fieldwork>;

/// The grids of everyday work.
pub fn grids(head: &Head) -> impl Iterator<Item = &Grid> {
    head.grants.iter().filter(|grid| grid.channel.class == Class::General)
}
