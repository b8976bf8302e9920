//! The append-only, tamper-evident log of events and the objects it refers to.
//!
//! One process writes a ledger ([`Ledger`]), any number read it ([`Reader`]). Every event is a
//! *record*, which is chained and never changes, and a *payload*, which the record names by
//! its hash and which can be erased. The records are the leaves of a Merkle tree as RFC 6962
//! builds it, whose root is signed in [`Checkpoint`]s.
//!
//! What it is not: it does not say what happens next, it knows no state (a [`Snapshot`] of one
//! is bytes to it, and never more than a cache), and it does not protect against whoever holds
//! the signing key.

mod backup;
mod checkpoint;
mod clock;
pub mod codec;
mod event_id;
mod events;
pub mod keys;
mod ledger;
mod lock;
mod marks;
pub mod merkle;
mod objects;
pub mod proof;
mod queue;
mod reader;
mod salt;
mod schema;
mod snapshots;
mod source;
mod verify;
mod writer;

pub use backup::backup;
pub use checkpoint::Checkpoint;
pub use event_id::{LedgerId, event_id};
pub use events::{Events, Filter};
pub use ledger::{Ledger, Options, WallClock};
pub use lock::{gone, owner};
pub use reader::{LedgerInfo, Reader};
pub use snapshots::Snapshot;
pub use verify::{Place, Problem, VerifyReport, verify, verify_file};
