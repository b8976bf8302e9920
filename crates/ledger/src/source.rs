//! Reading what is committed, checked while it is read.

use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Event, ObjectId, Result, Seq};
use axon_store::to_error;
use rusqlite::{Connection, OptionalExtension as _};

use crate::codec::{Record, SALT_BYTES, decode_payload, payload_hash};
use crate::merkle::{Hash, leaf_hash};
use crate::objects::{Form, Found, ObjectRow};
use crate::schema::{FILE, Identity, SCHEMA, StoredHead, damaged};

/// Events of a page, and bytes after which a page ends: what a reader holds in memory.
const PAGE_EVENTS: u64 = 1_024;
const PAGE_BYTES: usize = 1 << 20;

/// The stored form of an event.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub(crate) seq: u64,
    pub(crate) record: Vec<u8>,
    pub(crate) payload: Option<Vec<u8>>,
}

/// A read-only connection to a ledger.
pub(crate) struct Source {
    pub(crate) db: Connection,
    pub(crate) path: PathBuf,
    pub(crate) identity: Identity,
}

impl Source {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        crate::lock::refuse_gone(folder)?;
        let path = folder.join(FILE);
        let db = axon_store::open_reader(&path, &SCHEMA)?;
        Self::identified(db, path)
    }

    /// A file that nobody writes.
    pub(crate) fn open_file(path: PathBuf) -> Result<Self> {
        let db = axon_store::open_copy(&path, &SCHEMA)?;
        Self::identified(db, path)
    }

    fn identified(db: Connection, path: PathBuf) -> Result<Self> {
        match Identity::read(&db, &path)? {
            Some(identity) => Ok(Self { db, path, identity }),
            // The process that made the file ended before it began the ledger.
            None if is_empty(&db, &path)? => Err(axon_store::not_begun(&path, &SCHEMA)),
            None => Err(damaged(&path, "the ledger's own name is gone")),
        }
    }

    pub(crate) fn failed(&self, error: rusqlite::Error) -> Error {
        to_error(error, &self.path)
    }

    pub(crate) fn head(&self) -> Result<StoredHead> {
        StoredHead::read(&self.db, &self.path)
    }

    /// Events from `from` up to `to` (both included) as far as a page goes, each confirmed by
    /// the record after it, or by the head of the log: an altered event is an error, never a
    /// wrong answer. Empty if there is no event at `from`.
    pub(crate) fn page(&self, from: u64, to: u64) -> Result<Vec<(Record, EventRow)>> {
        // One snapshot for the events and for the head.
        let snapshot = self.db.unchecked_transaction().map_err(|error| self.failed(error))?;
        let head = self.head()?;
        let last = to.min(head.tree.size());
        if from == 0 || from > last {
            return Ok(Vec::new());
        }
        let mut page = self.confirmed(from, last, &head)?;
        snapshot.finish().map_err(|error| self.failed(error))?;
        page.shrink_to_fit();
        Ok(page)
    }

    fn confirmed(
        &self,
        from: u64,
        last: u64,
        head: &StoredHead,
    ) -> Result<Vec<(Record, EventRow)>> {
        let mut page: Vec<(Record, EventRow)> = Vec::new();
        let mut bytes = 0;
        let mut waiting: Option<(Hash, Record, EventRow)> = None;
        let mut select = self
            .db
            .prepare_cached("SELECT seq, record, payload FROM events WHERE seq >= ?1 ORDER BY seq")
            .map_err(|error| self.failed(error))?;
        let mut rows = select.query([signed(from)]).map_err(|error| self.failed(error))?;
        for expected in from..=head.tree.size() {
            let row = match rows.next().map_err(|error| self.failed(error).at(place(expected)))? {
                Some(row) => row_of(row).map_err(|error| self.failed(error).at(place(expected)))?,
                None => return Err(wrong(expected, "it is missing")),
            };
            let record = check_row(expected, &row)?;
            if let Some((leaf, before, before_row)) = waiting.take() {
                if record.prev_hash != leaf {
                    return Err(wrong(expected - 1, "its record was altered, or the next one's"));
                }
                bytes += before_row.record.len() + before_row.payload.as_ref().map_or(0, Vec::len);
                page.push((before, before_row));
            }
            if expected > last || page.len() as u64 >= PAGE_EVENTS || bytes >= PAGE_BYTES {
                return Ok(page);
            }
            waiting = Some((leaf_hash(&row.record), record, row));
        }
        if let Some((leaf, record, row)) = waiting {
            if leaf != head.last_leaf {
                return Err(wrong(row.seq, "its record was altered"));
            }
            page.push((record, row));
        }
        Ok(page)
    }

    pub(crate) fn find_object(&self, id: ObjectId) -> Result<Found> {
        let row: Option<(i64, i64, Option<Vec<u8>>)> = self
            .db
            .prepare_cached("SELECT form, size, data FROM objects WHERE id = ?1")
            .and_then(|mut select| {
                select
                    .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()
            })
            .map_err(|error| self.failed(error))?;
        let Some((form, size, data)) = row else { return Ok(Found::Missing) };
        let Some(data) = data else { return Ok(Found::Erased) };
        match (Form::from_number(form), u64::try_from(size)) {
            (Some(form), Ok(size)) => Ok(Found::Row(ObjectRow { id, form, size, data })),
            _ => {
                Err(damaged(&self.path, "an object is of no known form").at(format!("object {id}")))
            }
        }
    }

    /// Whether the object is there and was not erased.
    pub(crate) fn has_object(&self, id: ObjectId) -> Result<bool> {
        self.db
            .prepare_cached("SELECT 1 FROM objects WHERE id = ?1 AND data IS NOT NULL")
            .and_then(|mut select| select.exists([id.0]))
            .map_err(|error| self.failed(error))
    }
}

/// Whether no ledger was ever begun in a file that has its tables.
fn is_empty(db: &Connection, path: &Path) -> Result<bool> {
    let anything = "SELECT EXISTS (SELECT 1 FROM meta) OR EXISTS (SELECT 1 FROM head) \
                    OR EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM objects)";
    db.query_row(anything, [], |row| row.get(0))
        .map(|anything: bool| !anything)
        .map_err(|error| to_error(error, path))
}

pub(crate) fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    let seq: i64 = row.get(0)?;
    let seq = u64::try_from(seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, seq))?;
    Ok(EventRow { seq, record: row.get(1)?, payload: row.get(2)? })
}

/// The record of a row, if row and payload are what it says.
pub(crate) fn check_row(expected: u64, row: &EventRow) -> Result<Record> {
    if row.seq != expected {
        return Err(wrong(expected, "it is missing"));
    }
    let record = Record::decode(&row.record)
        .map_err(|error| wrong(expected, &format!("its record does not decode: {error}")))?;
    if record.seq.0 != expected {
        return Err(wrong(expected, "its record belongs to another place"));
    }
    match &row.payload {
        Some(salted) if payload_hash(salted) != record.payload_hash => {
            Err(wrong(expected, "its payload does not match its hash"))
        }
        _ => Ok(record),
    }
}

/// The event of a row that was checked.
pub(crate) fn event_of(record: Record, row: &EventRow) -> Result<Event> {
    let payload = match &row.payload {
        None => None,
        Some(salted) => {
            let bytes = salted.get(SALT_BYTES..).unwrap_or_default();
            let decoded = decode_payload(record.kind, bytes);
            let failed = |error| wrong(row.seq, &format!("its payload does not decode: {error}"));
            Some(decoded.map_err(failed)?)
        }
    };
    Ok(record.into_event(payload))
}

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn wrong(seq: u64, what: &str) -> Error {
    Error::new(Code::LedgerDamaged, format!("an event is damaged: {what}"))
        .at(place(seq))
        .hint("run `axon verify`; if it confirms the damage, go back to a backup")
}

fn place(seq: u64) -> String {
    format!("event {}", Seq(seq))
}
