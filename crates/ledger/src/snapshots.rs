//! Snapshots: what somebody makes of the events up to one of them, kept so that it need not be
//! made again.
//!
//! They are a cache and nothing else. A row is signed together with the leaf of its event,
//! which stands for all events before it too, and with how many payloads among them are erased.
//! So what was altered, and what was made of other events than the ones that are there, is
//! found out when it is read, and not used.

use axon_domain::Seq;
use rusqlite::{Row, Transaction};
use sha2::{Digest as _, Sha256};

use crate::keys::SigningKey;
use crate::merkle::{Hash, leaf_hash};
use crate::source::{Source, signed};

/// How many are kept of each name: a second one for a log that was cut behind the first.
const KEPT: i64 = 2;

/// More than this (as given, 1 GiB) is not kept.
const LARGEST_BYTES: usize = 1 << 30;

/// Little is gained by more: most of the time goes into making the bytes.
const LEVEL: i32 = 1;

/// Something made of all events up to one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last event that it is made of.
    pub seq: Seq,
    /// What was made.
    pub data: Vec<u8>,
}

/// The stored form of a snapshot.
#[derive(Debug)]
pub(crate) struct SnapshotRow {
    name: String,
    version: u32,
    seq: u64,
    leaf: Hash,
    signature: [u8; 64],
    /// Compressed.
    pub(crate) data: Vec<u8>,
}

impl SnapshotRow {
    /// Signs a snapshot at an event with this leaf, before which so many payloads are erased;
    /// `None` for one that is too large to keep.
    pub(crate) fn sign(
        name: &str,
        version: u32,
        (seq, leaf): (Seq, Hash),
        erased: u64,
        data: &[u8],
        signer: &SigningKey,
    ) -> Option<Self> {
        if data.len() > LARGEST_BYTES {
            return None;
        }
        let data = zstd::bulk::compress(data, LEVEL).ok()?;
        let name = name.to_owned();
        let mut row = Self { name, version, seq: seq.0, leaf, signature: [0; 64], data };
        row.signature = signer.sign(&row.message(erased));
        Some(row)
    }

    /// What is signed. It begins as no checkpoint does, and ends with bytes that are no text.
    fn message(&self, erased: u64) -> Vec<u8> {
        let number = |number: usize| (number as u64).to_be_bytes();
        let hash = Sha256::new()
            .chain_update(number(self.name.len()))
            .chain_update(&self.name)
            .chain_update(self.version.to_be_bytes())
            .chain_update(self.seq.to_be_bytes())
            .chain_update(self.leaf)
            .chain_update(erased.to_be_bytes())
            .chain_update(&self.data)
            .finalize();
        [b"axon-snapshot v1\n".as_slice(), &hash].concat()
    }

    /// Writes it in place of the oldest ones.
    pub(crate) fn write(&self, step: &Transaction<'_>) -> rusqlite::Result<()> {
        step.execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (&self.name, self.version, signed(self.seq), self.leaf, self.signature, &self.data),
        )?;
        // Rows of higher numbers were made of a log that is no more.
        step.execute(
            "DELETE FROM snapshots WHERE name = ?1 AND (seq > ?2 OR seq NOT IN \
             (SELECT seq FROM snapshots WHERE name = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT ?3))",
            (&self.name, signed(self.seq), KEPT),
        )?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let seq: i64 = row.get(2)?;
        Ok(Self {
            name: row.get(0)?,
            version: row.get(1)?,
            seq: u64::try_from(seq).unwrap_or(u64::MAX),
            leaf: row.get(3)?,
            signature: row.get(4)?,
            data: row.get(5)?,
        })
    }
}

/// Whatever keeps a snapshot from being read, without it everything is the same: so there are
/// no errors here.
impl Source {
    pub(crate) fn snapshot(&self, name: &str, version: u32) -> Option<Snapshot> {
        let mut seqs = self.snapshot_seqs(name, version).ok()?;
        seqs.sort_unstable_by(|a, b| b.cmp(a));
        seqs.into_iter().find_map(|seq| {
            let row = self.fitting(name, seq)?;
            let data = zstd::stream::decode_all(row.data.as_slice()).ok()?;
            Some(Snapshot { seq: Seq(row.seq), data })
        })
    }

    /// Whether the row is of the events that are there, and as it was written.
    pub(crate) fn has_fitting_snapshot(&self, name: &str, seq: i64) -> bool {
        self.fitting(name, seq).is_some()
    }

    /// How many payloads of events up to this one are erased.
    pub(crate) fn erased_up_to(&self, seq: Seq) -> axon_domain::Result<u64> {
        self.count_erased(seq).map_err(|error| self.failed(error))
    }

    fn snapshot_seqs(&self, name: &str, version: u32) -> rusqlite::Result<Vec<i64>> {
        self.db
            .prepare("SELECT seq FROM snapshots WHERE name = ?1 AND version = ?2")?
            .query_map((name, version), |row| row.get(0))?
            .collect()
    }

    fn fitting(&self, name: &str, seq: i64) -> Option<SnapshotRow> {
        let select = "SELECT name, version, seq, leaf, signature, data FROM snapshots \
                      WHERE name = ?1 AND seq = ?2";
        let row = self.db.query_row(select, (name, seq), SnapshotRow::read).ok()?;
        let record: Vec<u8> = self
            .db
            .query_row("SELECT record FROM events WHERE seq = ?1", [seq], |row| row.get(0))
            .ok()?;
        let erased = self.count_erased(Seq(row.seq)).ok()?;
        let fits = row.leaf == leaf_hash(&record)
            && self.identity.key.verify(&row.message(erased), &row.signature);
        fits.then_some(row)
    }

    fn count_erased(&self, seq: Seq) -> rusqlite::Result<u64> {
        self.db
            .prepare_cached("SELECT count(*) FROM erased WHERE seq <= ?1")?
            .query_row([signed(seq.0)], |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
    }
}
