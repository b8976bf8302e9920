//! The tables of a ledger and what its file says about itself.

use std::path::Path;

use axon_domain::{Code, Error, Result};
use axon_store::{Schema, to_error};
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use crate::event_id::LedgerId;
use crate::keys::{SigningKey, VerifyingKey};
use crate::merkle::{CompactRange, Hash};

/// The name of the database in a ledger's folder.
pub(crate) const FILE: &str = "ledger.db";

/// `events` grows at its end only. `head` is the Merkle log of exactly the events of the same
/// commit. `marks` repeats what a few rare events say, so that they are found without reading
/// all others; like them it grows at its end only. `erased` tells a payload that was erased from
/// one that was lost. In `objects`, `form` is 0 for bytes compressed with zstd and 1 for a
/// manifest of chunks. `snapshots` is a cache: without its rows everything is the same, slower.
pub(crate) const SCHEMA: Schema = Schema {
    name: "ledger",
    application_id: i32::from_be_bytes(*b"AxLg"),
    migrations: &["
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  payload BLOB
) STRICT;
CREATE TABLE marks (
  seq INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  mission INTEGER
) STRICT;
CREATE TABLE erased (
  seq INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  last_leaf BLOB NOT NULL,
  roots BLOB NOT NULL
) STRICT;
CREATE TABLE objects (
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  form INTEGER NOT NULL,
  size INTEGER NOT NULL,
  data BLOB
) STRICT;
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;
CREATE TABLE snapshots (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  signature BLOB NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (name, seq)
) STRICT;
"],
};

/// Who a ledger is: constant from its first moment, and bound into the first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: LedgerId,
    pub(crate) key: VerifyingKey,
}

impl Identity {
    /// What stands in the first record in place of the hash of a record before.
    pub(crate) fn genesis(&self) -> Hash {
        Sha256::new()
            .chain_update(b"axon-ledger v1\n")
            .chain_update(self.id.0)
            .chain_update(self.key.to_bytes())
            .finalize()
            .into()
    }

    /// Reads it; `None` for a database in which no ledger was begun yet.
    pub(crate) fn read(db: &Connection, path: &Path) -> Result<Option<Self>> {
        let Some(id) = meta(db, path, "id")? else { return Ok(None) };
        let key = meta(db, path, "key")?;
        let origin = meta(db, path, "origin")?;
        let identity = (|| {
            let id = LedgerId(id.try_into().ok()?);
            let key = VerifyingKey::from_bytes(&key?.try_into().ok()?)?;
            (origin?.as_slice() == id.origin().as_bytes()).then_some(Self { id, key })
        })();
        identity.map(Some).ok_or_else(|| damaged(path, "the ledger's own name and key do not fit"))
    }

    /// Reads it, or begins the ledger.
    pub(crate) fn read_or_create(
        db: &mut Connection,
        path: &Path,
        signer: &SigningKey,
    ) -> Result<Self> {
        if let Some(identity) = Self::read(db, path)? {
            return Ok(identity);
        }
        let identity = Self { id: LedgerId::random()?, key: signer.verifying_key() };
        identity.write(db).map_err(|error| to_error(error, path))?;
        Ok(identity)
    }

    fn write(&self, db: &mut Connection) -> rusqlite::Result<()> {
        let step = db.transaction()?;
        let mut insert = step.prepare("INSERT INTO meta VALUES (?1, ?2)")?;
        insert.execute(("id", self.id.0))?;
        insert.execute(("key", self.key.to_bytes()))?;
        insert.execute(("origin", self.id.origin().into_bytes()))?;
        drop(insert);
        step.execute("INSERT INTO head VALUES (1, 0, ?1, x'')", [self.genesis()])?;
        step.commit()
    }
}

/// The end of the log as it was committed.
#[derive(Debug, Clone)]
pub(crate) struct StoredHead {
    pub(crate) last_leaf: Hash,
    pub(crate) tree: CompactRange,
}

impl StoredHead {
    pub(crate) fn read(db: &Connection, path: &Path) -> Result<Self> {
        let row: Option<(i64, Hash, Vec<u8>)> = db
            .prepare_cached("SELECT size, last_leaf, roots FROM head WHERE id = 1")
            .and_then(|mut select| {
                select.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
            })
            .map_err(|error| to_error(error, path))?;
        row.and_then(|(size, last_leaf, roots)| {
            let tree = CompactRange::from_bytes(u64::try_from(size).ok()?, &roots)?;
            Some(Self { last_leaf, tree })
        })
        .ok_or_else(|| damaged(path, "the end of the log is not as it was written"))
    }
}

fn meta(db: &Connection, path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    db.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map_err(|error| to_error(error, path))
}

pub(crate) fn damaged(path: &Path, what: &str) -> Error {
    Error::new(Code::LedgerDamaged, what)
        .at(path.display().to_string())
        .hint("run `axon verify`; if it confirms the damage, go back to a backup")
}
