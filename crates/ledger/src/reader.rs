//! Reading a ledger, also while another process writes it.

use std::cell::Cell;
use std::fs;
use std::ops::RangeBounds;
use std::path::Path;

use axon_domain::{Event, Hlc, ObjectId, Result, Seq};

use crate::checkpoint::Checkpoint;
use crate::event_id::LedgerId;
use crate::events::{Events, Filter};
use crate::keys::VerifyingKey;
use crate::ledger::no_event;
use crate::marks;
use crate::objects;
use crate::schema::SCHEMA;
use crate::snapshots::Snapshot;
use crate::source::{Source, event_of};

/// A ledger that is open for reading. Any number of them may be, in any process.
pub struct Reader {
    source: Source,
    version: Cell<Option<i64>>,
}

/// What a ledger is, and how large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerInfo {
    /// Its id.
    pub id: LedgerId,
    /// The name under which its checkpoints are signed.
    pub origin: String,
    /// The public half of the key that signs them, as the ledger itself states it.
    pub key: VerifyingKey,
    /// The format of the file.
    pub format: u32,
    /// How many events there are.
    pub events: u64,
    /// How many payloads were erased.
    pub erased: u64,
    /// How many objects there are, chunks included.
    pub objects: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
}

impl Reader {
    /// Opens the ledger in a folder.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`] without one, `LedgerNewer`, `LedgerDamaged`,
    /// `NetworkFileSystem`, `ReadOnly`, `Io`.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self { source: Source::open(folder)?, version: Cell::new(None) })
    }

    /// Opens a single file, as [`crate::backup`] writes it.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_file(file: &Path) -> Result<Self> {
        Ok(Self { source: Source::open_file(file.to_owned())?, version: Cell::new(None) })
    }

    /// The last event that is durable; 0 in an empty ledger.
    ///
    /// # Errors
    /// `LedgerDamaged`, `Io`.
    pub fn last(&self) -> Result<Seq> {
        Ok(Seq(self.source.head()?.tree.size()))
    }

    /// One event.
    ///
    /// # Errors
    /// `NotFound`, `LedgerDamaged`, `Io`.
    pub fn event(&self, seq: Seq) -> Result<Event> {
        let page = self.source.page(seq.0, seq.0)?;
        let (record, row) = page.into_iter().next().ok_or_else(|| no_event(seq))?;
        event_of(record, &row)
    }

    /// Events in order, read as they are wanted and in bounded memory. Missions given or ended
    /// and merges, where nothing else is wanted, are found without reading what is between.
    pub fn events(&self, range: impl RangeBounds<Seq>, filter: Option<Filter>) -> Events<'_> {
        let filter = filter.unwrap_or_default();
        let wanted = marks::covers(&filter).then(|| filter.clone());
        let page = Box::new(move |from, to| match &wanted {
            Some(filter) => self.source.marked(from, to, filter),
            None => self.source.page(from, to),
        });
        Events::new(page, &range, filter)
    }

    /// The last event that happened at or before a moment; 0 if none did.
    ///
    /// # Errors
    /// `LedgerDamaged`, `Io`.
    pub fn last_at(&self, moment: Hlc) -> Result<Seq> {
        let (mut low, mut high) = (0, self.last()?.0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.event(Seq(middle))?.time <= moment {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Seq(low))
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// `NotFound`, `PayloadErased`, `LedgerDamaged`, `Io`.
    pub fn object(&self, id: ObjectId) -> Result<Vec<u8>> {
        objects::assemble(id, &mut |id| self.source.find_object(id))
    }

    /// The last snapshot of that name and version that fits the events; see
    /// [`crate::Ledger::snapshot`].
    #[must_use]
    pub fn snapshot(&self, name: &str, version: u32) -> Option<Snapshot> {
        self.source.snapshot(name, version)
    }

    /// Whether anything was committed since this was last asked (and the first time).
    ///
    /// # Errors
    /// `Io`.
    pub fn changed(&self) -> Result<bool> {
        let version = self
            .source
            .db
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut pragma| pragma.query_row([], |row| row.get(0)))
            .map_err(|error| self.source.failed(error))?;
        Ok(self.version.replace(Some(version)) != Some(version))
    }

    /// The checkpoints that the ledger keeps, the oldest first.
    ///
    /// # Errors
    /// `LedgerDamaged`, `Io`.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let notes: Vec<String> = self
            .source
            .db
            .prepare_cached("SELECT note FROM checkpoints ORDER BY size")
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
            .map_err(|error| self.source.failed(error))?;
        notes.iter().map(|note| Checkpoint::parse(note)).collect()
    }

    /// What the ledger is, and how large.
    ///
    /// # Errors
    /// `LedgerDamaged`, `Io`.
    pub fn info(&self) -> Result<LedgerInfo> {
        let identity = self.source.identity;
        let path = &self.source.path;
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        Ok(LedgerInfo {
            id: identity.id,
            origin: identity.id.origin(),
            key: identity.key,
            format: SCHEMA.format(),
            events: self.last()?.0,
            erased: self.count("SELECT count(*) FROM erased")?,
            objects: self.count("SELECT coalesce(max(n), 0) FROM objects")?,
            database_bytes: length(path),
            wal_bytes: length(Path::new(&wal)),
        })
    }

    fn count(&self, query: &str) -> Result<u64> {
        self.source
            .db
            .query_row(query, [], |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .map_err(|error| self.source.failed(error))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader({})", self.source.path.display())
    }
}
