//! What the tests share.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axon_domain::{Draft, Event, MissionId, Payload, Role, Seq, TaskChange, TaskId, TaskStatus};
use axon_ledger::keys::SigningKey;
use axon_ledger::{Ledger, Options, Reader};

/// The key of every ledger of the tests.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// Options with a wall clock that goes on by a millisecond each time it is read.
pub(crate) fn options() -> Options {
    options_from(1_700_000_000_000)
}

pub(crate) fn options_from(millis: u64) -> Options {
    let clock = AtomicU64::new(millis);
    Options { signer: key(), wall_clock: Arc::new(move || clock.fetch_add(1, Ordering::Relaxed)) }
}

pub(crate) fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, options()).unwrap()
}

/// A small event with a note.
pub(crate) fn note(text: &str) -> Draft {
    let change = TaskChange { status: TaskStatus::Done, note: text.to_owned() };
    Draft::new(Role::Coder, Payload::Task(change)).of(MissionId(1)).task(TaskId(2))
}

pub(crate) fn notes(count: usize) -> Vec<Draft> {
    (0..count).map(|number| note(&format!("note {number}"))).collect()
}

pub(crate) fn read_all(folder: &Path) -> Vec<Event> {
    let reader = Reader::open(folder).unwrap();
    reader.events(Seq(1).., None).collect::<Result<_, _>>().unwrap()
}
