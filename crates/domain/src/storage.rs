//! The tables on the phone. The engine plans what is written to them, the adapters carry a batch out in one transaction.

use crate::record::Class;

/// A table on the phone.
pub type Table = ruhu_sync::storage::Table<Class>;

/// One step of a batch.
pub type Write = ruhu_sync::storage::Write<Class>;

/// Writes that happen together or not at all.
pub type Batch = ruhu_sync::storage::Batch<Class>;

/// Everything in a store as of one moment.
pub type Snapshot = ruhu_sync::storage::Snapshot<Class>;

pub use ruhu_sync::storage::Entry;

/// Forms being filled in.
pub const DRAFTS: Table = Table::Own("drafts");

/// The state of each photo on the phone, by its hash.
pub const PHOTOS: Table = Table::Own("photos");

/// The photos, in pieces: large, and read one by one.
pub const BLOBS: Table = Table::Own("blobs");

/// The table of the parameters and sealed keys that open the others. It is the only table that is not sealed.
pub const VAULT: Table = Table::Own("vault");

/// Every table.
pub const TABLES: [Table; 10] = [
    Table::Meta,
    Table::Outbox,
    Table::Segments(Class::General),
    Table::Segments(Class::Mediation),
    Table::Segments(Class::Care),
    Table::Cursors,
    DRAFTS,
    PHOTOS,
    BLOBS,
    VAULT,
];

/// The tables that are read when the notebook opens: all but the photos.
pub const READ_ON_OPEN: [Table; 9] = [
    Table::Meta,
    Table::Outbox,
    Table::Segments(Class::General),
    Table::Segments(Class::Mediation),
    Table::Segments(Class::Care),
    Table::Cursors,
    DRAFTS,
    PHOTOS,
    VAULT,
];

/// The key in [`Table::Meta`] of the token that speaks for the worker at the server, as plain text. A revoked phone
/// hands it over sealed, to show whose it is.
pub const TOKEN: &str = "token";
