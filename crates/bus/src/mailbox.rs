//! A mailbox: letters that wait for one reader, never more than a bound.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::letter::{Letter, Priority, Reason, Returned};

/// Room that stays with an empty queue; what a burst took beyond it is given back.
const KEPT_ROOM: usize = 4;

/// Letters that wait for one reader: urgent ones before normal ones, each in the order of
/// arrival. Every priority has its own bound, so that a flood of normal letters never keeps an
/// urgent one out.
///
/// The reader is somebody who is called, not a thread that waits: [`offer`](Self::offer) says
/// when nobody attends to the mailbox, and whoever attends reads until
/// [`settle`](Self::settle) says that nothing is left.
#[derive(Debug)]
pub struct Mailbox<M> {
    capacity: usize,
    inner: Mutex<Inner<M>>,
    /// Told when letters were taken while senders wait.
    room: Condvar,
    /// Whether urgent letters wait: looked at between any two letters, so without the lock.
    urgent: AtomicBool,
}

#[derive(Debug)]
struct Inner<M> {
    urgent: VecDeque<Letter<M>>,
    normal: VecDeque<Letter<M>>,
    /// Letters that the reader took since it last settled.
    taken: usize,
    /// Senders that wait for room.
    senders: usize,
    refused: u64,
    closed: bool,
    /// Whether the reader has been called and has not settled since.
    attended: bool,
    /// Whether it was called again for something else than a letter.
    called: bool,
}

impl<M> Inner<M> {
    fn queue(&mut self, priority: Priority) -> &mut VecDeque<Letter<M>> {
        match priority {
            Priority::Urgent => &mut self.urgent,
            Priority::Normal => &mut self.normal,
        }
    }

    fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.normal.is_empty()
    }
}

impl<M> Mailbox<M> {
    /// A mailbox in which at most `capacity` letters of each priority wait; at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let inner = Inner {
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            taken: 0,
            senders: 0,
            refused: 0,
            closed: false,
            attended: false,
            called: false,
        };
        Self {
            capacity: capacity.max(1),
            inner: Mutex::new(inner),
            room: Condvar::new(),
            urgent: AtomicBool::new(false),
        }
    }

    /// Puts a letter in, or gives it back at once. True: nobody attends, so the reader has to
    /// be called; who gets `true` does that, nobody else is told.
    ///
    /// # Errors
    /// [`Reason::Full`], or [`Reason::Ended`] once the mailbox is closed.
    pub fn offer(&self, letter: Letter<M>) -> Result<bool, Returned<M>> {
        let inner = self.lock();
        self.put(inner, letter)
    }

    /// The same, but while there is no room it waits, no longer than `patience`. An actor does
    /// not use this: it would hold up its worker.
    ///
    /// # Errors
    /// [`Reason::Full`] when there was no room all the time; [`Reason::Ended`] once the mailbox
    /// is closed.
    pub fn offer_within(&self, letter: Letter<M>, patience: Duration) -> Result<bool, Returned<M>> {
        let mut inner = self.lock();
        let (capacity, priority) = (self.capacity, letter.priority);
        let no_room =
            |inner: &mut Inner<M>| !inner.closed && inner.queue(priority).len() >= capacity;
        if no_room(&mut inner) {
            inner.senders += 1;
            let waited = self.room.wait_timeout_while(inner, patience, no_room);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
            inner.senders -= 1;
        }
        self.put(inner, letter)
    }

    fn put(
        &self,
        mut inner: MutexGuard<'_, Inner<M>>,
        letter: Letter<M>,
    ) -> Result<bool, Returned<M>> {
        if inner.closed {
            inner.refused += 1;
            return Err(Returned { letter, reason: Reason::Ended });
        }
        let priority = letter.priority;
        let queue = inner.queue(priority);
        if queue.len() >= self.capacity {
            inner.refused += 1;
            return Err(Returned { letter, reason: Reason::Full });
        }
        queue.push_back(letter);
        if priority == Priority::Urgent {
            self.urgent.store(true, Ordering::Release);
        }
        Ok(!std::mem::replace(&mut inner.attended, true))
    }

    /// Takes at most `most` letters in the order in which they are to be read.
    pub fn take(&self, most: usize, into: &mut VecDeque<Letter<M>>) {
        let mut inner = self.lock();
        let before = into.len();
        let urgent = inner.urgent.len().min(most);
        into.extend(inner.urgent.drain(..urgent));
        let normal = inner.normal.len().min(most - urgent);
        into.extend(inner.normal.drain(..normal));
        self.took(inner, into.len() - before);
    }

    /// Takes the next urgent letter, if there is one. Costs next to nothing when there is none.
    pub fn take_urgent(&self) -> Option<Letter<M>> {
        if !self.urgent.load(Ordering::Acquire) {
            return None;
        }
        let mut inner = self.lock();
        let letter = inner.urgent.pop_front();
        self.took(inner, usize::from(letter.is_some()));
        letter
    }

    fn took(&self, mut inner: MutexGuard<'_, Inner<M>>, letters: usize) {
        inner.taken += letters;
        self.urgent.store(!inner.urgent.is_empty(), Ordering::Release);
        let waiting = inner.senders > 0;
        drop(inner);
        if letters > 0 && waiting {
            self.room.notify_all();
        }
    }

    /// The reader has dealt with what it took. True: nothing is left, and the next letter calls
    /// it; false: it has to go on.
    pub fn settle(&self) -> bool {
        let mut inner = self.lock();
        inner.taken = 0;
        if std::mem::take(&mut inner.called) || !inner.is_empty() {
            return false;
        }
        for queue in [Priority::Urgent, Priority::Normal] {
            let queue = inner.queue(queue);
            if queue.capacity() > KEPT_ROOM {
                queue.shrink_to(KEPT_ROOM);
            }
        }
        inner.attended = false;
        true
    }

    /// Calls the reader for something else than a letter; true: nobody attends, as in
    /// [`offer`](Self::offer). Somebody who attends goes on once more.
    pub fn call(&self) -> bool {
        let mut inner = self.lock();
        inner.called = inner.attended;
        !std::mem::replace(&mut inner.attended, true)
    }

    /// Takes no more letters; what waits stays. Senders that wait for room learn of it.
    pub fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
    }

    /// Letters that wait or are in the hands of the reader.
    #[must_use]
    pub fn load(&self) -> usize {
        let inner = self.lock();
        inner.urgent.len() + inner.normal.len() + inner.taken
    }

    /// Letters that were given back since the beginning.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, Inner<M>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
