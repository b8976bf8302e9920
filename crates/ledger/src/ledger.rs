//! The handle of the one who writes.

use std::fs;
use std::ops::RangeBounds;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axon_domain::{Code, Draft, Error, Event, ObjectId, ObjectStore, Result, Seq};
use rusqlite::Connection;

use crate::checkpoint::Checkpoint;
use crate::clock;
use crate::codec::{Record, SALT_BYTES, encode_payload, payload_hash};
use crate::event_id::LedgerId;
use crate::events::{Events, Filter};
use crate::keys::SigningKey;
use crate::lock::{OwnerLock, io_error};
use crate::marks::Mark;
use crate::merkle::leaf_hash;
use crate::objects::{self, Found};
use crate::queue::{Group, Head, Queue, State, Work};
use crate::salt::Salts;
use crate::schema::{FILE, Identity, SCHEMA, StoredHead};
use crate::snapshots::{Snapshot, SnapshotRow};
use crate::source::{EventRow, Source, check_row, event_of, wrong};
use crate::writer::{Writer, WriterThread};

/// A payload larger than this belongs into an object.
const LARGEST_PAYLOAD: usize = 64 << 20;

/// A wall clock: milliseconds since 1970, UTC.
pub type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a ledger needs from outside.
#[derive(Clone)]
pub struct Options {
    /// Signs checkpoints.
    pub signer: SigningKey,
    /// Gives the time of events; it may go backwards, the ledger's time does not.
    pub wall_clock: WallClock,
}

/// A ledger that is open for writing. There is one at a time; share it by reference.
///
/// What is appended is visible through this handle at once, and durable once
/// [`Ledger::sync`] returns. When writing fails (the disk is full), every later call gives
/// that error; what was acknowledged as durable is there when the ledger is opened again.
pub struct Ledger {
    queue: Arc<Queue>,
    // Given up first: SQLite tidies up when its last connection that writes is closed.
    reader: Mutex<Source>,
    _writer: WriterThread,
    signer: SigningKey,
    wall_clock: WallClock,
    /// How far the wall clock was behind the last event when the ledger was opened.
    behind: u64,
    salts: Salts,
    identity: Identity,
    path: PathBuf,
    // Given up last, after the writer has ended.
    _lock: OwnerLock,
}

impl Ledger {
    /// Opens the ledger in a folder, or makes one there.
    ///
    /// # Errors
    /// [`Code::LedgerLocked`] if another process writes it, [`Code::LedgerNewer`],
    /// [`Code::LedgerDamaged`] (also where one was and its file is gone),
    /// [`Code::NetworkFileSystem`], [`Code::SigningKey`] if it was begun with another key, [`Code::ReadOnly`], [`Code::DiskFull`], [`Code::Io`].
    pub fn open(folder: &Path, options: Options) -> Result<Self> {
        Self::open_with(folder, options, |_| Ok(()))
    }

    /// As [`Ledger::open`], with a say in how the writer's connection is set up.
    pub(crate) fn open_with(
        folder: &Path,
        options: Options,
        prepare: impl FnOnce(&Connection) -> Result<()>,
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| io_error(folder, error))?;
        options.signer.refuse_inside(folder)?;
        let mut lock = OwnerLock::take(folder)?;
        let path = folder.join(FILE);
        let mut db = axon_store::open_writer(&path, &SCHEMA)?;
        let identity = Identity::read_or_create(&mut db, &path, &options.signer)?;
        if identity.key != options.signer.verifying_key() {
            return Err(Error::new(Code::SigningKey, "the ledger was begun with another key")
                .at(path.display().to_string())
                .hint(
                    "bring back the key it was begun with: `axon verify` shows which one that is, \
                     `axon doctor` where it is expected",
                ));
        }
        lock.remember(identity.id)?;
        prepare(&db)?;
        let reader = Source::open(folder)?;
        let head = last_head(&reader)?;
        let behind = head.time.millis().saturating_sub((options.wall_clock)());
        let queue = Arc::new(Queue::new(head));
        let writer = WriterThread::start(Writer { db, path: path.clone(), queue: queue.clone() })?;
        Ok(Self {
            queue,
            reader: Mutex::new(reader),
            _writer: writer,
            signer: options.signer,
            wall_clock: options.wall_clock,
            behind,
            salts: Salts::new()?,
            identity,
            path,
            _lock: lock,
        })
    }

    /// The ledger's id.
    #[must_use]
    pub fn id(&self) -> LedgerId {
        self.identity.id
    }

    /// The ledger's time, in milliseconds since 1970: the wall clock's, or where that was set back
    /// before the ledger was opened, as much later as the last event was. So what is over after
    /// some time is over then, and not when the clock has caught up.
    #[must_use]
    pub fn now(&self) -> u64 {
        (self.wall_clock)().saturating_add(self.behind)
    }

    /// Appends events, in this order and without others between them, and gives them with
    /// their place and time. They are visible through this handle at once, and durable later:
    /// all of them or none. Waits while too much is waiting for the disk.
    ///
    /// # Errors
    /// What made writing fail; [`Code::LimitReached`] for a payload over 64 MiB, and
    /// [`Code::Bug`] for a cause that does not precede its effect.
    pub fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Event>> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let payloads = self.salted_payloads(&drafts)?;
        let mut state = self.queue.room()?;
        check_causes(&drafts, state.last())?;
        let now = self.now();
        let mut rows = Vec::with_capacity(drafts.len());
        let mut events = Vec::with_capacity(drafts.len());
        let mut marks = Vec::new();
        let State { head, .. } = &mut *state;
        for (draft, (salted, payload_hash)) in drafts.into_iter().zip(payloads) {
            let time = clock::next(head.time, now);
            let seq = head.tree.size() + 1;
            marks.extend(Mark::of(seq, &draft));
            let event = draft.at(Seq(seq), time);
            let record = record_of(&event, head.last_leaf, payload_hash).encode();
            let leaf = leaf_hash(&record);
            head.time = time;
            head.last_leaf = leaf;
            head.tree.push(leaf);
            rows.push(EventRow { seq: event.seq.0, record, payload: Some(salted) });
            events.push(event);
        }
        let group = Group { rows, marks, last_leaf: head.last_leaf, tree: head.tree.clone() };
        state.push(Work::Events(Arc::new(group)));
        drop(state);
        self.queue.wake_writer();
        Ok(events)
    }

    /// Waits until everything appended so far is on the disk, and gives the last event that is.
    ///
    /// # Errors
    /// What made writing fail.
    pub fn sync(&self) -> Result<Seq> {
        let pushed = self.queue.state()?.pushed();
        self.queue.wait(pushed)
    }

    /// The last event appended; 0 in an empty ledger.
    ///
    /// # Errors
    /// What made writing fail.
    pub fn last(&self) -> Result<Seq> {
        Ok(self.queue.state()?.last())
    }

    /// One event, durable or not.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::LedgerDamaged`], or what made writing fail.
    pub fn event(&self, seq: Seq) -> Result<Event> {
        let page = self.page(seq.0, seq.0)?;
        let (record, row) = page.into_iter().next().ok_or_else(|| no_event(seq))?;
        event_of(record, &row)
    }

    /// Events in order, durable or not, read as they are wanted.
    pub fn events(&self, range: impl RangeBounds<Seq>, filter: Option<Filter>) -> Events<'_> {
        let page = Box::new(|from, to| self.page(from, to));
        Events::new(page, &range, filter.unwrap_or_default())
    }

    /// Signs how long the log is and what its root is, after everything it covers is durable.
    /// The checkpoint is kept in the ledger, and durable when this returns.
    ///
    /// # Errors
    /// What made writing fail.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        let (pushed, tree) = {
            let state = self.queue.state()?;
            (state.pushed(), state.head.tree.clone())
        };
        self.queue.wait(pushed)?;
        let origin = self.identity.id.origin();
        let checkpoint = Checkpoint::sign(&origin, tree.size(), tree.root(), &self.signer);
        let work = Work::Checkpoint { size: tree.size(), note: checkpoint.to_string() };
        self.push_and_wait(work)?;
        Ok(checkpoint)
    }

    /// Keeps what somebody makes of all events up to `seq`, so that it need not be made again.
    /// It becomes durable after those events, some time later. `version` is of the form and
    /// meaning of `data`: a snapshot is given back for the same version only. Nothing is kept
    /// where a payload among those events was erased since this ledger was opened: `data` may
    /// still know it.
    ///
    /// # Errors
    /// [`Code::NotFound`] if there is no such event; what made writing fail.
    pub fn put_snapshot(&self, name: &str, version: u32, seq: Seq, data: &[u8]) -> Result<()> {
        let page = self.page(seq.0, seq.0)?;
        let (_, event) = page.first().ok_or_else(|| no_event(seq))?;
        let leaf = leaf_hash(&event.record);
        let erased = self.reader().erased_up_to(seq)?;
        let Some(row) = SnapshotRow::sign(name, version, (seq, leaf), erased, data, &self.signer)
        else {
            return Ok(());
        };
        let mut state = self.queue.room()?;
        if !state.may_know_erased(seq) {
            state.push(Work::Snapshot(row));
        }
        drop(state);
        self.queue.wake_writer();
        Ok(())
    }

    /// The last durable snapshot of that name and version that fits the events. A snapshot is
    /// a cache: one that was altered, or that is of other events, is as if there were none.
    #[must_use]
    pub fn snapshot(&self, name: &str, version: u32) -> Option<Snapshot> {
        self.reader().snapshot(name, version)
    }

    /// Erases the payload of an event for good: when this returns, its bytes are in none of the
    /// ledger's files. Its record stays, so the chain stays whole. Why it was erased is an
    /// event of its own, which the caller appends.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::LedgerLocked`] while a reader still looks at the state
    /// before (the payload is gone for all others; call again to be rid of the bytes); what
    /// made writing fail.
    pub fn erase_payload(&self, seq: Seq) -> Result<()> {
        if seq.0 == 0 || seq > self.last()? {
            return Err(no_event(seq));
        }
        let (done, answer) = sync_channel(1);
        self.push_and_wait(Work::Erase { seq: seq.0, done })?;
        answer.recv().unwrap_or_else(|_| {
            Err(Error::new(Code::Bug, "the thread that writes the ledger has stopped"))
        })
    }

    /// Writes what is left and gives up the right to write. Dropping the handle does the same,
    /// without telling whether it worked.
    ///
    /// # Errors
    /// What made writing fail.
    pub fn close(self) -> Result<()> {
        self.sync().map(|_| ())
    }

    fn push_and_wait(&self, work: Work) -> Result<Seq> {
        let pushed = {
            let mut state = self.queue.room()?;
            state.push(work);
            state.pushed()
        };
        self.queue.wake_writer();
        self.queue.wait(pushed)
    }

    fn salted_payloads(&self, drafts: &[Draft]) -> Result<Vec<(Vec<u8>, [u8; 32])>> {
        let mut salt = self.salts.draw();
        drafts
            .iter()
            .map(|draft| {
                let salted = salted(salt(), &encode_payload(&draft.payload));
                if salted.len() > LARGEST_PAYLOAD {
                    return Err(Error::new(Code::LimitReached, "the payload is over 64 MiB")
                        .hint("keep large contents as objects"));
                }
                let hash = payload_hash(&salted);
                Ok((salted, hash))
            })
            .collect()
    }

    fn reader(&self) -> MutexGuard<'_, Source> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, from: u64, to: u64) -> Result<Vec<(Record, EventRow)>> {
        let (durable, pending) = {
            let state = self.queue.state()?;
            (state.durable().0, state.group_of(from))
        };
        let Some(group) = pending else {
            return self.reader().page(from, to.min(durable));
        };
        let wanted = group.rows.iter().filter(|row| (from..=to).contains(&row.seq));
        wanted.map(|row| Ok((check_row(row.seq, row)?, row.clone()))).collect()
    }

    fn find_object(&self, id: ObjectId) -> Result<Found> {
        if let Some(row) = self.queue.state()?.object(id) {
            return Ok(Found::Row((*row).clone()));
        }
        self.reader().find_object(id)
    }

    fn has_object(&self, id: ObjectId) -> Result<bool> {
        Ok(self.queue.state()?.object(id).is_some() || self.reader().has_object(id)?)
    }
}

impl ObjectStore for Ledger {
    fn put(&self, bytes: &[u8]) -> Result<ObjectId> {
        let id = objects::object_id(bytes);
        if self.has_object(id)? {
            return Ok(id);
        }
        let rows = objects::rows_of(id, bytes, |part| self.has_object(part))?;
        let mut state = self.queue.room()?;
        for row in rows {
            state.push(Work::Object(Arc::new(row)));
        }
        drop(state);
        self.queue.wake_writer();
        Ok(id)
    }

    fn get(&self, id: ObjectId) -> Result<Vec<u8>> {
        objects::assemble(id, &mut |id| self.find_object(id))
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ledger({}, {})", self.identity.id, self.path.display())
    }
}

pub(crate) fn salted(salt: [u8; SALT_BYTES], bytes: &[u8]) -> Vec<u8> {
    [&salt, bytes].concat()
}

pub(crate) fn no_event(seq: Seq) -> Error {
    Error::new(Code::NotFound, format!("there is no event {seq}"))
}

/// Where to go on: the head of the log, which the last record has to confirm.
fn last_head(reader: &Source) -> Result<Head> {
    let StoredHead { last_leaf, tree } = reader.head()?;
    let last: Option<i64> = reader
        .db
        .query_row("SELECT max(seq) FROM events", [], |row| row.get(0))
        .map_err(|error| reader.failed(error))?;
    if last.unwrap_or(0) != crate::source::signed(tree.size()) {
        return Err(wrong(tree.size(), "it is not the last one, as it should be"));
    }
    let page = reader.page(tree.size(), tree.size())?;
    let time = page.first().map(|(record, _)| record.time).unwrap_or_default();
    Ok(Head { time, last_leaf, tree })
}

fn record_of(event: &Event, prev_hash: [u8; 32], payload_hash: [u8; 32]) -> Record {
    Record {
        seq: event.seq,
        time: event.time,
        kind: event.kind,
        mission: event.mission,
        task: event.task,
        role: event.role,
        agent: event.agent,
        causes: event.causes.clone(),
        prev_hash,
        payload_hash,
    }
}

fn check_causes(drafts: &[Draft], last: Seq) -> Result<()> {
    for (draft, own) in drafts.iter().zip(last.0 + 1..) {
        if let Some(cause) = draft.causes.iter().find(|cause| cause.0 == 0 || cause.0 >= own) {
            return Err(Error::new(
                Code::Bug,
                format!("event {cause} cannot be a cause of event {own}"),
            ));
        }
    }
    Ok(())
}
