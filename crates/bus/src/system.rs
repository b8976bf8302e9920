//! The actors of one process, and the threads that run them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::actor::{Factory, Notice, Observer, Options, Restart};
use crate::cell::{Cell, guarded};
use crate::group::Group;
use crate::letter::{Address, Body, Letter};
use crate::router::{Bounds, Router, Taken};
use crate::run_queue::{Last, RunQueue};

/// The actors of a process. When it is dropped, nothing is begun any more and its workers end
/// after the letter that they are at; nobody waits for that.
pub struct System<'a, M: Body> {
    shared: Arc<Shared<'a, M>>,
}

pub(crate) struct Shared<'a, M> {
    pub(crate) router: Router<'a, M>,
    queue: Arc<RunQueue<Arc<Cell<'a, M>>>>,
    cells: Mutex<Cells<'a, M>>,
    groups: Mutex<BTreeMap<u32, Arc<Group<'a, M>>>>,
    observer: Observer<'a, M>,
    workers: AtomicUsize,
}

/// Everybody who has not ended.
struct Cells<'a, M> {
    /// Those that can be reached.
    known: HashMap<Address, Arc<Cell<'a, M>>>,
    /// Those that cannot any more, by where they are in memory.
    leaving: BTreeMap<usize, Arc<Cell<'a, M>>>,
    /// Whether nobody comes any more.
    closed: bool,
}

/// Why there is no new actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSpawned {
    /// The address has one already.
    Taken(Address),
    /// The system has been shut down.
    ShutDown,
}

impl fmt::Display for NotSpawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(address) => Taken(*address).fmt(f),
            Self::ShutDown => f.write_str("no agent begins any more"),
        }
    }
}

impl std::error::Error for NotSpawned {}

/// What a thread runs: actors, one turn after the other.
pub struct Worker<'a, M> {
    shared: Arc<Shared<'a, M>>,
}

impl<'a, M: Body + 'a> System<'a, M> {
    /// A system without actors and workers.
    #[must_use]
    pub fn new(bounds: Bounds, observer: Observer<'a, M>) -> Self {
        let shared = Shared {
            router: Router::new(bounds),
            queue: Arc::new(RunQueue::new()),
            cells: Mutex::new(Cells {
                known: HashMap::new(),
                leaving: BTreeMap::new(),
                closed: false,
            }),
            groups: Mutex::default(),
            observer,
            workers: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What its actors are reached by.
    #[must_use]
    pub fn router(&self) -> &Router<'a, M> {
        &self.shared.router
    }

    /// Lets there be an actor at an address. Until its first letter it has no state and costs
    /// nothing but its entry.
    ///
    /// # Errors
    /// The address is taken, or the system has been shut down.
    pub fn spawn(
        &self,
        address: Address,
        factory: &Factory<'a, M>,
        options: Options,
    ) -> Result<(), NotSpawned> {
        let shared = &self.shared;
        let group = shared.group(options.restart);
        let queue = Arc::clone(&shared.queue);
        let cell = Cell::new(address, Arc::clone(factory), options, group.clone(), queue);
        let mut cells = shared.cells();
        if cells.closed {
            return Err(NotSpawned::ShutDown);
        }
        let inbox = Arc::clone(&cell) as _;
        shared.router.register(address, inbox).map_err(|_| NotSpawned::Taken(address))?;
        if let Some(group) = group {
            group.add(Arc::downgrade(&cell));
        }
        cells.known.insert(address, cell);
        Ok(())
    }

    /// Ends an actor: it reads the letter that it is at to its end, what waits is dead, and its
    /// address is free at once. False: nobody is there.
    pub fn stop(&self, address: Address) -> bool {
        let Some(cell) = self.shared.let_go(address) else { return false };
        cell.stop();
        true
    }

    /// Ends an actor once it has read what waits; its address is free at once. False: nobody is
    /// there.
    pub fn retire(&self, address: Address) -> bool {
        let Some(cell) = self.shared.let_go(address) else { return false };
        cell.retire();
        true
    }

    /// How many actors can be reached.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.cells().known.len()
    }

    /// Whether none can be reached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has at least as many workers as `wanted`: `start` has a thread run each further one.
    /// More than there are processors are of use where letters take long.
    ///
    /// # Errors
    /// What kept a thread from being started; those that were started stay.
    pub fn grow_to(
        &self,
        wanted: usize,
        mut start: impl FnMut(Worker<'a, M>) -> io::Result<()>,
    ) -> io::Result<()> {
        while self.workers() < wanted {
            self.shared.workers.fetch_add(1, Ordering::Relaxed);
            start(Worker { shared: Arc::clone(&self.shared) })?;
        }
        Ok(())
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.shared.workers.load(Ordering::Relaxed)
    }

    /// Returns when no letter waits and none is being read. The calling thread helps, so this
    /// works without workers too; then one thread does everything, in the same order each time.
    pub fn drain(&self) {
        let mut hand = VecDeque::new();
        let mut last = Last::None;
        while let Some(cell) = self.shared.queue.next_until_quiet(last) {
            last = self.shared.turn(cell, &mut hand);
        }
    }

    /// Ends every actor and all workers, and returns when they have: letters that are being
    /// read are read to their end, those that wait are dead.
    pub fn shut_down(&self) {
        let shared = &self.shared;
        shared.queue.close();
        shared.queue.wait_closed();
        let (known, leaving) = {
            let mut cells = shared.cells();
            cells.closed = true;
            (std::mem::take(&mut cells.known), std::mem::take(&mut cells.leaving))
        };
        for address in known.keys() {
            shared.router.unregister(*address);
        }
        for cell in known.into_values().chain(leaving.into_values()) {
            cell.end_now(shared, &mut VecDeque::new());
        }
    }
}

impl<M: Body> Drop for System<'_, M> {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl<'a, M: Body> Shared<'a, M> {
    /// Nothing that an actor does ends the thread that runs it.
    fn turn(
        &self,
        cell: Arc<Cell<'a, M>>,
        hand: &mut VecDeque<Letter<M>>,
    ) -> Last<Arc<Cell<'a, M>>> {
        match guarded(|| Ok(cell.turn(self, hand))) {
            Ok(true) => Last::Again(cell),
            Ok(false) => Last::Done,
            // A body that panics when it is dropped, say: nobody knows what is left of this
            // actor.
            Err(_) => {
                let _ = guarded(|| {
                    cell.end_now(self, hand);
                    Ok(())
                });
                Last::Done
            }
        }
    }

    pub(crate) fn tell(&self, who: Address, notice: Notice<'_, M>) {
        let _ = guarded(|| {
            (self.observer)(who, notice);
            Ok(())
        });
    }

    /// An actor has ended.
    pub(crate) fn forget(&self, cell: &Cell<'a, M>) {
        let gone = {
            let mut cells = self.cells();
            let place = std::ptr::from_ref(cell).addr();
            let same = |known: &Arc<Cell<'a, M>>| Arc::as_ptr(known).addr() == place;
            if cells.known.get(&cell.address()).is_some_and(same) {
                self.router.unregister(cell.address());
                cells.known.remove(&cell.address())
            } else {
                cells.leaving.remove(&place)
            }
        };
        drop(gone);
    }

    /// Nobody reaches an actor any more, and its address is free.
    fn let_go(&self, address: Address) -> Option<Arc<Cell<'a, M>>> {
        let mut cells = self.cells();
        let cell = cells.known.remove(&address)?;
        cells.leaving.insert(Arc::as_ptr(&cell).addr(), Arc::clone(&cell));
        self.router.unregister(address);
        Some(cell)
    }

    fn group(&self, restart: Restart) -> Option<Arc<Group<'a, M>>> {
        let Restart::OneForAll { group, most, within_letters } = restart else { return None };
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match groups.entry(group) {
            // One whose actors have all ended is begun anew.
            Entry::Occupied(known) if !known.get().is_over() => return Some(known.get().clone()),
            Entry::Occupied(over) => {
                let new = Arc::new(Group::new(most, within_letters));
                *over.into_mut() = Arc::clone(&new);
                new
            }
            Entry::Vacant(free) => free.insert(Arc::new(Group::new(most, within_letters))).clone(),
        };
        Some(found)
    }

    fn cells(&self) -> MutexGuard<'_, Cells<'a, M>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Body> Worker<'_, M> {
    /// Runs actors until the system ends.
    pub fn run(self) {
        let mut hand = VecDeque::new();
        let mut last = Last::None;
        while let Some(cell) = self.shared.queue.next(last) {
            last = self.shared.turn(cell, &mut hand);
        }
    }
}

impl<M> Drop for Worker<'_, M> {
    fn drop(&mut self) {
        self.shared.workers.fetch_sub(1, Ordering::Relaxed);
    }
}
