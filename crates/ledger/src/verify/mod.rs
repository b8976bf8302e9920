//! Verifying a ledger: everything that can be computed again is, and compared.

mod checkpoints;
mod events;
mod objects;
mod snapshots;

use std::fmt;
use std::path::Path;

use axon_domain::{ObjectId, Result, Seq};

use crate::checkpoint::Checkpoint;
use crate::keys::VerifyingKey;
use crate::merkle::Hash;
use crate::schema::SCHEMA;
use crate::source::Source;

/// More problems than these are counted and not listed.
const MOST_PROBLEMS: usize = 1_000;

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An event.
    Event(Seq),
    /// An object.
    Object(ObjectId),
    /// The checkpoint over so many events.
    Checkpoint(u64),
    /// The snapshot over the events up to this one.
    Snapshot(Seq),
    /// A page of the database file, from 1.
    Page(u64),
    /// A table or index of the database.
    Table(String),
    /// The file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Event(seq) => write!(f, "event {seq}"),
            Place::Object(id) => write!(f, "object {id}"),
            Place::Checkpoint(size) => write!(f, "checkpoint at {size}"),
            Place::Snapshot(seq) => write!(f, "snapshot at event {seq}"),
            Place::Page(number) => write!(f, "page {number}"),
            Place::Table(name) => write!(f, "table {name}"),
            Place::File => f.write_str("file"),
        }
    }
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, in words.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What verifying found. What lies after the last checkpoint is protected against accidents
/// (it is chained and hashed), and against nobody who can write the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many events were read.
    pub events: u64,
    /// How many objects were read, chunks included.
    pub objects: u64,
    /// How many payloads were erased on purpose.
    pub erased: u64,
    /// How many checkpoints hold, those brought from outside included.
    pub checkpoints: u64,
    /// The last event that a checkpoint covers.
    pub covered_to: Option<Seq>,
    /// How many events lie after it.
    pub after_last_checkpoint: u64,
    /// The root over all events; `None` where some could not be read.
    pub root: Option<Hash>,
    /// The key that signatures were checked with.
    pub key: VerifyingKey,
    /// Whether that key was brought from outside. A ledger's own statement of its key proves
    /// nothing against somebody who wrote both.
    pub key_was_given: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub more_problems: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, place: Place, what: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem { place, what: what.into() });
        } else {
            self.more_problems += 1;
        }
    }
}

/// Verifies the ledger in a folder, also while it is written: as it is at this moment.
/// Signatures are checked with `key`, or with the key that the ledger states; `witnesses` are
/// checkpoints from elsewhere, such as the trailers of pushed commits.
///
/// # Errors
/// Only where there is nothing to report on: `NotFound`, `LedgerNewer`, `LedgerDamaged` for a
/// file that cannot be opened at all, `NetworkFileSystem`, `Io`.
pub fn verify(
    folder: &Path,
    key: Option<&VerifyingKey>,
    witnesses: &[Checkpoint],
) -> Result<VerifyReport> {
    verify_source(&Source::open(folder)?, key, witnesses)
}

/// As [`verify`], for a single file, as [`crate::backup`] writes it.
///
/// # Errors
/// As [`verify`].
pub fn verify_file(
    file: &Path,
    key: Option<&VerifyingKey>,
    witnesses: &[Checkpoint],
) -> Result<VerifyReport> {
    verify_source(&Source::open_file(file.to_owned())?, key, witnesses)
}

fn verify_source(
    source: &Source,
    key: Option<&VerifyingKey>,
    witnesses: &[Checkpoint],
) -> Result<VerifyReport> {
    let stated = source.identity.key;
    let mut report = VerifyReport {
        events: 0,
        objects: 0,
        erased: 0,
        checkpoints: 0,
        covered_to: None,
        after_last_checkpoint: 0,
        root: None,
        key: *key.unwrap_or(&stated),
        key_was_given: key.is_some(),
        problems: Vec::new(),
        more_problems: 0,
    };
    if report.key != stated {
        report.problem(Place::File, "the ledger states another key than the one given");
    }
    // One snapshot for everything, whatever a writer does meanwhile.
    let snapshot = source.db.unchecked_transaction().map_err(|error| source.failed(error))?;
    check_file(source, &mut report);
    let checkpoints = checkpoints::collect(source, witnesses, &mut report);
    events::check(source, &checkpoints, &mut report);
    objects::check(source, &mut report);
    snapshots::check(source, &mut report);
    // Nothing was written, so how the transaction ends does not matter.
    drop(snapshot);
    report.after_last_checkpoint = report.events - report.covered_to.map_or(0, |seq| seq.0);
    Ok(report)
}

/// What SQLite itself can say about the file.
fn check_file(source: &Source, report: &mut VerifyReport) {
    match SCHEMA.alterations(&source.db, &source.path) {
        Ok(names) => {
            for name in names {
                report.problem(Place::Table(name), "it is not defined as it should be");
            }
        }
        Err(error) => report.problem(Place::File, error.to_string()),
    }
    let lines = source.db.prepare("PRAGMA integrity_check(100)").and_then(|mut pragma| {
        pragma.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    });
    match lines {
        Ok(lines) => {
            for line in lines.iter().filter(|line| *line != "ok") {
                report.problem(page_of(line).map_or(Place::File, Place::Page), line.as_str());
            }
        }
        Err(error) => report.problem(Place::File, error.to_string()),
    }
}

/// The page that a line of SQLite's integrity check names.
fn page_of(line: &str) -> Option<u64> {
    let mut words = line.split([' ', ':']);
    words.find(|word| word.eq_ignore_ascii_case("page"))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_found_in_what_sqlite_says() {
        assert_eq!(page_of("Tree 4 page 17 cell 3: Rowid 12 out of order"), Some(17));
        assert_eq!(page_of("Page 9: never used"), Some(9));
        assert_eq!(page_of("row 3 missing from index x"), None);
    }
}
