//! Counting failures, and actors that are made anew together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use crate::cell::Cell;
use crate::letter::Body;

/// When the last failures were, in letters. It knows no more of them than are allowed.
#[derive(Debug, Default)]
pub(crate) struct Failures(VecDeque<u64>);

impl Failures {
    /// A failure at the letter of this number; whether it may go on, which is when no more
    /// than `most` failures are among the last `within` letters.
    pub(crate) fn allow(&mut self, letter: u64, most: u32, within: u64) -> bool {
        self.0.push_back(letter);
        while self.0.front().is_some_and(|first| letter - first >= within) {
            self.0.pop_front();
        }
        self.0.len() <= most as usize
    }
}

/// Actors of which each is made anew when one fails.
pub(crate) struct Group<'a, M> {
    most: u32,
    within: u64,
    letters: AtomicU64,
    /// How often all were made anew.
    generation: AtomicU64,
    over: AtomicBool,
    inner: Mutex<Inner<'a, M>>,
}

struct Inner<'a, M> {
    failures: Failures,
    members: Vec<Weak<Cell<'a, M>>>,
}

impl<'a, M: Body> Group<'a, M> {
    pub(crate) fn new(most: u32, within: u64) -> Self {
        Self {
            most,
            within,
            letters: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            over: AtomicBool::new(false),
            inner: Mutex::new(Inner { failures: Failures::default(), members: Vec::new() }),
        }
    }

    pub(crate) fn add(&self, member: Weak<Cell<'a, M>>) {
        let mut inner = self.lock();
        // Now and then those that have ended are forgotten.
        if inner.members.len() == inner.members.capacity() {
            inner.members.retain(|member| member.strong_count() > 0);
        }
        inner.members.push(member);
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether all of them have to end.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(crate) fn read_one(&self) {
        self.letters.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them failed: each has its turn, in which it throws its state away or ends.
    /// Whether they may go on.
    pub(crate) fn failed(&self) -> bool {
        let (allowed, members) = {
            let mut inner = self.lock();
            let letter = self.letters.load(Ordering::Relaxed);
            let allowed = inner.failures.allow(letter, self.most, self.within);
            if allowed {
                self.generation.fetch_add(1, Ordering::AcqRel);
            } else {
                self.over.store(true, Ordering::Release);
            }
            (allowed, inner.members.clone())
        };
        for member in members.iter().filter_map(Weak::upgrade) {
            member.recall();
        }
        allowed
    }

    fn lock(&self) -> MutexGuard<'_, Inner<'a, M>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
