//! Actors that have something to do, in the order in which they are run.

use std::collections::VecDeque;
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How often a worker that found nothing looks whether there is something, before it waits:
/// waking a thread costs more than that.
const LOOKS: usize = 256;
/// After how many of them another thread may run.
const SPINS: usize = 16;

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
    /// How many are ready: looked at by the worker that looks out, so without the lock.
    count: AtomicUsize,
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
    /// Whether a worker that found nothing looks out for a moment before it waits.
    looking_out: bool,
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
            looking_out: false,
            listening: 0,
            closed: false,
        };
        Self {
            inner: Mutex::new(inner),
            ready: Condvar::new(),
            quiet: Condvar::new(),
            closed: AtomicBool::new(false),
            count: AtomicUsize::new(0),
        }
    }

    /// Something is to be done. Nothing happens once the queue is closed.
    pub(crate) fn push(&self, entry: T) {
        let mut inner = self.lock();
        if inner.closed {
            return;
        }
        self.put(&mut inner, entry);
        self.tell(inner);
    }

    /// Tells a worker that waits. That costs a system call, so it is done only where nobody
    /// looks out, and for who was not told yet.
    fn tell(&self, mut inner: MutexGuard<'_, Inner<T>>) {
        if inner.looking_out {
            return;
        }
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
        let mut looked_out = false;
        loop {
            if inner.closed {
                return None;
            }
            if let Some(entry) = self.pop(&mut inner) {
                if !inner.ready.is_empty() {
                    // It may have been left to this worker, which looked out, and it may be at
                    // its entry for minutes.
                    self.tell(inner);
                }
                return Some(entry);
            }
            if !looked_out && !inner.looking_out {
                looked_out = true;
                inner.looking_out = true;
                drop(inner);
                self.look_out();
                inner = self.lock();
                inner.looking_out = false;
                continue;
            }
            inner.idle += 1;
            inner = self.ready.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle -= 1;
            inner.told = inner.told.saturating_sub(1);
        }
    }

    /// Returns when something is ready, or after some microseconds.
    fn look_out(&self) {
        for round in 0..LOOKS {
            if self.count.load(Ordering::Relaxed) > 0 || self.is_closed() {
                return;
            }
            if round % SPINS == SPINS - 1 {
                thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
    }

    fn put(&self, inner: &mut Inner<T>, entry: T) {
        inner.ready.push_back(entry);
        self.count.store(inner.ready.len(), Ordering::Relaxed);
    }

    fn pop(&self, inner: &mut Inner<T>) -> Option<T> {
        let entry = inner.ready.pop_front()?;
        self.count.store(inner.ready.len(), Ordering::Relaxed);
        inner.running += 1;
        Some(entry)
    }

    /// The same for a thread that helps until all is quiet: `None` when nothing is to be done
    /// and nobody works, or once the queue is closed.
    pub(crate) fn next_until_quiet(&self, last: Last<T>) -> Option<T> {
        let mut inner = self.give_back(last);
        loop {
            if inner.closed {
                return None;
            }
            if let Some(entry) = self.pop(&mut inner) {
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
            Last::Again(entry) => self.put(&mut inner, entry),
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
