//! What is appended and not yet committed, in one order for events and objects.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axon_domain::{Code, Error, Hlc, ObjectId, Result, Seq};

use crate::marks::Mark;
use crate::merkle::{CompactRange, Hash};
use crate::objects::ObjectRow;
use crate::snapshots::SnapshotRow;
use crate::source::EventRow;

/// Whoever appends waits while more than this is waiting for the disk.
const MOST_BYTES: usize = 32 << 20;
const MOST_ENTRIES: usize = 64 << 10;

/// While nobody waits for the disk, the writer lets this much gather, or lets this much time
/// pass, before it commits: every commit costs an fsync, and what readers hold in memory of the
/// database is void after it.
const GATHER_BYTES: usize = 128 << 10;
const GATHER_TIME: Duration = Duration::from_millis(10);

/// The end of the log as appended.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) time: Hlc,
    pub(crate) last_leaf: Hash,
    pub(crate) tree: CompactRange,
}

/// The events of one append, and the head after them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) rows: Vec<EventRow>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) last_leaf: Hash,
    pub(crate) tree: CompactRange,
}

/// One thing to be written.
#[derive(Debug)]
pub(crate) enum Work {
    /// Events.
    Events(Arc<Group>),
    /// An object or a chunk of one.
    Object(Arc<ObjectRow>),
    /// A signed checkpoint.
    Checkpoint { size: u64, note: String },
    /// What somebody makes of the events up to one of them.
    Snapshot(SnapshotRow),
    /// Erasing the payload of an event; answers when its bytes are gone from the disk.
    Erase { seq: u64, done: SyncSender<Result<()>> },
}

impl Work {
    fn bytes(&self) -> usize {
        const ROW: usize = 64;
        match self {
            Work::Events(group) => group
                .rows
                .iter()
                .map(|row| ROW + row.record.len() + row.payload.as_ref().map_or(0, Vec::len))
                .sum(),
            Work::Object(row) => ROW + row.data.len(),
            Work::Checkpoint { note, .. } => ROW + note.len(),
            Work::Snapshot(row) => ROW + row.data.len(),
            Work::Erase { .. } => ROW,
        }
    }
}

/// Why nothing can be written any more: an error that can be given many times.
#[derive(Debug, Clone)]
struct Failure {
    code: Code,
    text: String,
    hint: Option<String>,
}

impl Failure {
    fn error(&self) -> Error {
        let error = Error::new(self.code, self.text.clone());
        match &self.hint {
            Some(hint) => error.hint(hint.clone()),
            None => error,
        }
    }
}

/// The state behind the lock.
pub(crate) struct State {
    pub(crate) head: Head,
    entries: VecDeque<Arc<Work>>,
    bytes: usize,
    groups: VecDeque<Arc<Group>>,
    objects: HashMap<ObjectId, Arc<ObjectRow>>,
    /// Entries pushed and entries committed since opening: a wait is for a number.
    pushed: u64,
    committed: u64,
    durable: Seq,
    /// The first event whose payload was erased since opening.
    erased_from: Option<u64>,
    /// How many wait for the disk.
    waiting: usize,
    failure: Option<Failure>,
    closing: bool,
}

impl State {
    /// Adds work at the end of the order.
    pub(crate) fn push(&mut self, work: Work) {
        self.bytes += work.bytes();
        match &work {
            Work::Events(group) => self.groups.push_back(Arc::clone(group)),
            Work::Object(row) => {
                self.objects.insert(row.id, Arc::clone(row));
            }
            Work::Erase { seq, .. } => {
                self.erased_from = Some(self.erased_from.map_or(*seq, |other| other.min(*seq)));
            }
            Work::Checkpoint { .. } | Work::Snapshot(_) => {}
        }
        self.entries.push_back(Arc::new(work));
        self.pushed += 1;
    }

    pub(crate) fn last(&self) -> Seq {
        Seq(self.head.tree.size())
    }

    /// Whether something that was made of the events up to this one, and since this ledger was
    /// opened, may still know a payload that was erased meanwhile.
    pub(crate) fn may_know_erased(&self, seq: Seq) -> bool {
        self.erased_from.is_some_and(|erased| erased <= seq.0)
    }

    pub(crate) fn durable(&self) -> Seq {
        self.durable
    }

    /// The number to wait for, for everything pushed so far.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// An object that is not yet committed.
    pub(crate) fn object(&self, id: ObjectId) -> Option<Arc<ObjectRow>> {
        self.objects.get(&id).cloned()
    }

    /// The group of an event that is not yet committed.
    pub(crate) fn group_of(&self, seq: u64) -> Option<Arc<Group>> {
        let after = self.groups.partition_point(|group| group.tree.size() < seq);
        let group = self.groups.get(after)?;
        group.rows.first().is_some_and(|row| row.seq <= seq).then(|| Arc::clone(group))
    }

    fn ok(&self) -> Result<()> {
        self.failure.as_ref().map_or(Ok(()), |failure| Err(failure.error()))
    }
}

/// The queue between those who append and the one thread that writes.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// For the writer: there is work.
    work: Condvar,
    /// For everybody else: something was committed, or nothing ever will be again.
    done: Condvar,
}

impl Queue {
    pub(crate) fn new(head: Head) -> Self {
        let durable = Seq(head.tree.size());
        let state = State {
            head,
            entries: VecDeque::new(),
            bytes: 0,
            groups: VecDeque::new(),
            objects: HashMap::new(),
            pushed: 0,
            committed: 0,
            durable,
            erased_from: None,
            waiting: 0,
            failure: None,
            closing: false,
        };
        Self { state: Mutex::new(state), work: Condvar::new(), done: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless writing has failed.
    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        state.ok()?;
        Ok(state)
    }

    /// The state, once there is room for more work.
    pub(crate) fn room(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        loop {
            state.ok()?;
            if state.bytes < MOST_BYTES && state.entries.len() < MOST_ENTRIES {
                return Ok(state);
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Tells the writer that there is work.
    pub(crate) fn wake_writer(&self) {
        self.work.notify_one();
    }

    /// Waits until entry number `wanted` is on the disk.
    pub(crate) fn wait(&self, wanted: u64) -> Result<Seq> {
        let mut state = self.lock();
        state.waiting += 1;
        self.work.notify_one();
        let outcome = loop {
            if state.committed >= wanted {
                break Ok(state.durable);
            }
            if let Err(error) = state.ok() {
                break Err(error);
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting -= 1;
        outcome
    }

    /// For the writer: everything that waits, in order; `None` when the ledger is closing and
    /// nothing is left. The entries stay visible until they are [`Queue::committed`].
    pub(crate) fn next_batch(&self) -> Option<Vec<Arc<Work>>> {
        let mut state = self.lock();
        loop {
            if !state.entries.is_empty() {
                state = self.gather(state);
                return Some(state.entries.iter().cloned().collect());
            }
            if state.closing {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until it is worth committing, or somebody waits for that.
    fn gather<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let little =
            |state: &mut State| state.waiting == 0 && !state.closing && state.bytes < GATHER_BYTES;
        let gathered = self.work.wait_timeout_while(state, GATHER_TIME, little);
        gathered.unwrap_or_else(PoisonError::into_inner).0
    }

    /// For the writer: these entries are on the disk.
    pub(crate) fn committed(&self, batch: &[Arc<Work>]) {
        let mut state = self.lock();
        state.entries.drain(..batch.len());
        state.committed += batch.len() as u64;
        for work in batch {
            state.bytes -= work.bytes();
            match &**work {
                Work::Events(group) => {
                    state.durable = Seq(group.tree.size());
                    state.groups.pop_front();
                }
                Work::Object(row) => {
                    state.objects.remove(&row.id);
                }
                Work::Checkpoint { .. } | Work::Snapshot(_) | Work::Erase { .. } => {}
            }
        }
        drop(state);
        self.done.notify_all();
    }

    /// For the writer: nothing can be written any more, for this reason.
    pub(crate) fn fail(&self, error: &Error) {
        let mut state = self.lock();
        if state.failure.is_none() {
            state.failure = Some(Failure {
                code: error.code(),
                text: error.to_string(),
                hint: error.hint_text().map(str::to_owned),
            });
        }
        drop(state);
        self.done.notify_all();
    }

    /// Nothing more will be pushed.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.work.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue {
        Queue::new(Head { time: Hlc(0), last_leaf: [0; 32], tree: CompactRange::new() })
    }

    fn large() -> Work {
        Work::Checkpoint { size: 1, note: "x".repeat(MOST_BYTES / 4) }
    }

    #[test]
    fn whoever_appends_waits_for_room_and_goes_on_when_there_is_some() {
        let queue = queue();
        for _ in 0..4 {
            queue.room().unwrap().push(large());
        }
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let mut state = queue.room().unwrap();
                let waited_for = state.committed;
                state.push(large());
                waited_for
            });
            let batch = queue.next_batch().unwrap();
            assert_eq!(batch.len(), 4, "nobody got past the limit");
            queue.committed(&batch);
            assert_eq!(waiting.join().unwrap(), 4);
        });
        assert_eq!(queue.next_batch().unwrap().len(), 1);
    }

    #[test]
    fn a_failure_ends_every_wait_with_its_reason() {
        let queue = queue();
        queue.room().unwrap().push(large());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.wait(1));
            queue.fail(&Error::new(Code::DiskFull, "the disk is full").hint("make room"));
            let error = waiting.join().unwrap().unwrap_err();
            assert_eq!((error.code(), error.hint_text()), (Code::DiskFull, Some("make room")));
        });
        assert!(queue.room().is_err());
    }

    #[test]
    fn a_closed_queue_gives_what_is_left_and_then_ends() {
        let queue = queue();
        queue.room().unwrap().push(large());
        queue.close();
        let batch = queue.next_batch().unwrap();
        queue.committed(&batch);
        assert!(queue.next_batch().is_none());
    }
}
