//! Records that are kept and edited offline, and merged field by field.
//!
//! A *phone* ([`engine::Engine`]) plans each save as an [`Op`], keeps it in an outbox, and shows records as it knows them with
//! the outbox laid on top. A *server* ([`intake::Intake`]) takes in batches of ops, decides on each, and returns what to
//! store. Both merge with one function ([`merge::merge`]). Everything is pure: time, random bytes and stored values come in
//! as arguments, and what is to be written comes out as data ([`storage::Write`]). So the same code runs in a browser, on a
//! server, and in a simulation.
//!
//! A [`Schema`] gives the kinds of records and where they belong. A [`Policy`](intake::Policy) decides which ops are accepted.
//!
//! # Guarantees
//!
//! - An op leaves the outbox only when an answer names it.
//! - Sending an op twice has one effect.
//! - Where two people changed one field without knowing of each other, the later value shows and the other is kept as
//!   *contested* until a person chooses.
//! - Fields that this version does not know are carried along.
//! - A bad op is set aside with a reason and holds up no other.
//!
//! # Example: two phones and a server in memory
//!
//! ```
//! use ruhu_sync::{
//!     DeviceId, Record, RecordId,
//!     engine::{Engine, Head, Moment, Pass},
//!     intake::{Incident, Intake, Kept, Policy, Proposal, Sender},
//!     schema::{RecordChannel, RecordClass, RecordKind, Schema},
//!     storage::Snapshot,
//!     wire::{Carried, Page, Position, SyncRequest, SyncResponse},
//! };
//! use serde::{Deserialize, Serialize};
//! use std::{borrow::Cow, collections::HashMap, fmt, str::FromStr};
//!
//! // The schema: notes in one list, that anybody may change.
//! #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
//! struct Notes;
//!
//! #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
//! struct Note;
//! impl RecordKind for Note {
//!     fn name(&self) -> &str {
//!         "note"
//!     }
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
//! struct List(String);
//! impl fmt::Display for List {
//!     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
//!         f.write_str(&self.0)
//!     }
//! }
//! impl FromStr for List {
//!     type Err = std::convert::Infallible;
//!     fn from_str(text: &str) -> Result<Self, Self::Err> {
//!         Ok(Self(text.to_owned()))
//!     }
//! }
//! impl RecordChannel for List {
//!     type Class = Open;
//!     fn class(&self) -> Open {
//!         Open
//!     }
//!     fn leads_to(&self, _: &Self) -> bool {
//!         false
//!     }
//! }
//!
//! #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
//! struct Open;
//! impl RecordClass for Open {
//!     const ALL: &'static [Self] = &[Self];
//!     fn table(self) -> &'static str {
//!         "segments"
//!     }
//! }
//!
//! impl Schema for Notes {
//!     type Kind = Note;
//!     type Channel = List;
//!     type Role = ();
//! }
//!
//! impl Policy for Notes {
//!     type Grant = ();
//!     fn may_carry(_: &[()], _: &List) -> bool {
//!         true
//!     }
//!     fn check(_: &Proposal<'_, Self>) -> Result<(), Cow<'static, str>> {
//!         Ok(())
//!     }
//!     fn words(incident: Incident) -> &'static str {
//!         match incident {
//!             Incident::TooLarge => "The note is too large.",
//!             Incident::IdReused => "Another change has this identity.",
//!             Incident::ClockAhead => "The clock is ahead.",
//!             Incident::Malformed => "The change is malformed.",
//!             Incident::RecordTooLarge => "The note has grown too large.",
//!             Incident::Unreadable => "The note can't be read any more.",
//!         }
//!     }
//! }
//!
//! // The server: tables in memory, numbered as one channel.
//! #[derive(Default)]
//! struct Server {
//!     history: HashMap<ruhu_sync::OpId, Kept<Notes>>,
//!     records: HashMap<RecordId, (Record<Notes>, u64)>,
//!     last: u64,
//! }
//!
//! impl Server {
//!     fn sync(&mut self, request: SyncRequest<Notes>, now: u64) -> SyncResponse<Notes> {
//!         let known = request.ops.iter().filter_map(|op| Some((op.id, self.history.get(&op.id)?.past.clone())));
//!         let stored = request.ops.iter().filter_map(|op| self.records.get(&op.record).cloned());
//!         let mut intake = Intake::new(known, stored, []);
//!         let sender = Sender { name: "somebody", grants: &[], now_ms: now };
//!         let results = request.ops.iter().map(|op| intake.take(op.as_ref().clone(), &sender)).collect();
//!         let (kept, changed) = intake.finish();
//!         self.history.extend(kept.into_iter().map(|kept| (kept.op.id, kept)));
//!         for changed in changed.into_values().flat_map(|changes| changes.records) {
//!             self.last += 1;
//!             self.records.insert(changed.record.id, (changed.record, self.last));
//!         }
//!         let channel = List("list".into());
//!         let after = request.cursors.get(&channel).copied().unwrap_or_default().next;
//!         let newer = self.records.values().filter(|(_, number)| *number > after);
//!         let page = Page {
//!             channel: channel.clone(),
//!             records: newer.map(|(record, _)| record.clone()).collect(),
//!             left: Vec::new(),
//!             after,
//!             next: Position { next: self.last, generation: 0 },
//!             more: false,
//!             reset: false,
//!             run: 0,
//!         };
//!         let grants = vec![Carried { channel, name: "The list".into(), roles: Vec::new() }];
//!         SyncResponse { now, epoch: "1".into(), results, channels: vec![page], grants, written: Default::default(), unreadable: Default::default() }
//!     }
//! }
//!
//! // A pass: requests and answers, until neither side has more.
//! fn pass(phone: &mut Engine<Notes>, server: &mut Server, now: u64) {
//!     let mut pass = Pass::new("example", 100, 1_000);
//!     while let Some((number, request)) = phone.depart(&mut pass) {
//!         let epoch = request.epoch.clone();
//!         let answer = server.sync(request, now);
//!         pass.land(number);
//!         let plan = phone.plan_answer(epoch.as_deref(), answer, now);
//!         // Here `plan.writes` goes to storage, in one transaction.
//!         pass.landed(&plan.delta);
//!         phone.apply(plan.delta);
//!     }
//! }
//!
//! let phone = |n: u64| Engine::load(Head::new(DeviceId(n), format!("person {n}"), Vec::new()), &Snapshot::default());
//! let (mut one, mut other, mut server) = (phone(1)?, phone(2)?, Server::default());
//! let note = RecordId::new(1, [0; 10]);
//! let save = |phone: &mut Engine<Notes>, text: &str, now_ms: u64| {
//!     let moment = Moment { now_ms, random: [now_ms as u8; 10] };
//!     let after = serde_json::json!({ "text": text });
//!     let plan = phone.plan_edit(note, Note, List("list".into()), &after, moment).expect("something changed");
//!     phone.apply(plan.delta);
//! };
//!
//! save(&mut one, "milk", 1);
//! pass(&mut one, &mut server, 2);
//! pass(&mut other, &mut server, 2);
//! assert_eq!(other.record(note).expect("it came").fields["text"].value, "milk");
//!
//! // Both change it without a network. The later value shows, and the other is kept.
//! save(&mut one, "milk and bread", 3);
//! save(&mut other, "oat milk", 4);
//! for phone in [&mut one, &mut other] {
//!     pass(phone, &mut server, 5);
//! }
//! pass(&mut one, &mut server, 6);
//! for phone in [&one, &other] {
//!     let note = phone.record(note).expect("it is there");
//!     assert_eq!(note.fields["text"].value, "oat milk");
//!     assert_eq!(note.contested["text"][0].value, "milk and bread");
//!     assert_eq!(phone.outbox().len(), 0);
//! }
//! # Ok::<(), ruhu_sync::engine::Unreadable>(())
//! ```

pub mod bounds;
pub mod clock;
pub mod engine;
pub mod id;
mod incident;
pub mod intake;
pub mod merge;
pub mod planted;
pub mod record;
pub mod schema;
pub mod stamp;
pub mod storage;
pub mod text;
pub mod timeline;
pub mod wire;

#[cfg(test)]
mod testing;

pub use id::{DeviceId, OpId, RecordId};
pub use record::{Op, Record};
pub use schema::{RecordChannel, RecordClass, RecordKind, Schema};
pub use stamp::Stamp;
