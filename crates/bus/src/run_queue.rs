//! Actors that have something to do, in the order in which they are run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue that workers wait at. Each entry is in it at most once; whoever puts it in sees to
/// that.
#[derive(Debug)]
pub(crate) struct RunQueue<T> {
    inner: Mutex<Inner<T>>,
    /// Told when there is something to do, or never again.
    ready: Condvar,
    /// Told when nothing is to be done and nothing is being done, or when there is something
    /// to help with.
    quiet: Condvar,
    /// The same as in there: looked at between any two letters, so without the lock.
    closed: AtomicBool,
}

#[derive(Debug)]
struct Inner<T> {
    ready: VecDeque<T>,
    /// Entries that somebody works on.
    running: usize,
    /// Workers that wait.
    idle: usize,
    /// Workers that were told and have not come yet.
    told: usize,
    /// Threads that wait until it is quiet.
    listening: usize,
    closed: bool,
}

/// What became of the entry that a worker had.
pub(crate) enum Last<T> {
    /// It had none.
    None,
    /// There is nothing more to do for it.
    Done,
    /// There is more to do for it, after the others.
    Again(T),
}

impl<T> RunQueue<T> {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            ready: VecDeque::new(),
            running: 0,
            idle: 0,
            told: 0,
            listening: 0,
            closed: false,
        };
        Self {
            inner: Mutex::new(inner),
            ready: Condvar::new(),
            quiet: Condvar::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// Something is to be done. Nothing happens once the queue is closed.
    pub(crate) fn push(&self, entry: T) {
        let mut inner = self.lock();
        if inner.closed {
            return;
        }
        inner.ready.push_back(entry);
        // Telling costs a system call, so it is done only for who waits and was not told yet.
        if inner.idle > inner.told {
            inner.told += 1;
            drop(inner);
            self.ready.notify_one();
        } else if inner.listening > 0 {
            drop(inner);
            self.quiet.notify_one();
        }
    }

    /// Gives back the last entry and waits for the next; `None` once the queue is closed.
    pub(crate) fn next(&self, last: Last<T>) -> Option<T> {
        let mut inner = self.give_back(last);
        loop {
            if inner.closed {
                return None;
            }
            if let Some(entry) = inner.ready.pop_front() {
                inner.running += 1;
                return Some(entry);
            }
            inner.idle += 1;
            inner = self.ready.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle -= 1;
            inner.told = inner.told.saturating_sub(1);
        }
    }

    /// The same for a thread that helps until all is quiet: `None` when nothing is to be done
    /// and nobody works, or once the queue is closed.
    pub(crate) fn next_until_quiet(&self, last: Last<T>) -> Option<T> {
        let mut inner = self.give_back(last);
        loop {
            if inner.closed {
                return None;
            }
            if let Some(entry) = inner.ready.pop_front() {
                inner.running += 1;
                return Some(entry);
            }
            if inner.running == 0 {
                return None;
            }
            inner = self.listen(inner);
        }
    }

    /// Ends the queue: nothing is begun any more. What is being done goes on.
    pub(crate) fn close(&self) {
        let ready = {
            let mut inner = self.lock();
            inner.closed = true;
            self.closed.store(true, Ordering::Release);
            std::mem::take(&mut inner.ready)
        };
        self.ready.notify_all();
        self.quiet.notify_all();
        drop(ready);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Waits until nobody works, after the queue was closed.
    pub(crate) fn wait_closed(&self) {
        let mut inner = self.lock();
        while inner.running > 0 {
            inner = self.listen(inner);
        }
    }

    fn listen<'q>(&'q self, mut inner: MutexGuard<'q, Inner<T>>) -> MutexGuard<'q, Inner<T>> {
        inner.listening += 1;
        let mut inner = self.quiet.wait(inner).unwrap_or_else(PoisonError::into_inner);
        inner.listening -= 1;
        inner
    }

    fn give_back(&self, last: Last<T>) -> MutexGuard<'_, Inner<T>> {
        let mut inner = self.lock();
        match last {
            Last::None => return inner,
            Last::Done => {}
            Last::Again(entry) if inner.closed => {
                inner.running -= 1;
                self.tell_if_quiet(&inner);
                drop(inner);
                // Whatever goes with it may come back here.
                drop(entry);
                return self.lock();
            }
            Last::Again(entry) => inner.ready.push_back(entry),
        }
        inner.running -= 1;
        self.tell_if_quiet(&inner);
        inner
    }

    fn tell_if_quiet(&self, inner: &Inner<T>) {
        if inner.listening > 0 && inner.running == 0 && inner.ready.is_empty() {
            self.quiet.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
