//! Questions that lead to others of the same kind, perhaps in circles.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;

/// How many questions may wait for each other.
const DEEPEST: usize = 64;
/// How many others one question may lead to: modules that all import each other have more ways
/// through them than can be walked.
const STEPS: u32 = 4_000;

/// The answers so far, and the questions that wait for others.
#[derive(Debug)]
pub(super) struct Circle<K, V> {
    known: RefCell<HashMap<K, V>>,
    open: RefCell<Vec<K>>,
    /// The lowest waiting question that an answer in the making depends on.
    waits_for: Cell<usize>,
    steps: Cell<u32>,
}

impl<K, V> Default for Circle<K, V> {
    fn default() -> Self {
        Self {
            known: RefCell::default(),
            open: RefCell::default(),
            waits_for: Cell::new(usize::MAX),
            steps: Cell::new(0),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Circle<K, V> {
    /// The answer to a question; `otherwise` where it waits for itself or leads too far.
    pub(super) fn ask(&self, key: K, otherwise: V, work: impl FnOnce() -> V) -> V {
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let depth = self.open.borrow().len();
        if depth == 0 {
            self.steps.set(0);
            self.waits_for.set(usize::MAX);
        }
        self.steps.set(self.steps.get() + 1);
        if let Some(at) = self.open.borrow().iter().position(|open| *open == key) {
            self.waits_for.set(self.waits_for.get().min(at));
            return otherwise;
        }
        if depth >= DEEPEST || self.steps.get() > STEPS {
            self.waits_for.set(0);
            return otherwise;
        }
        self.open.borrow_mut().push(key.clone());
        let answer = work();
        self.open.borrow_mut().pop();
        // What was cut short by a question further out is not the whole answer.
        if self.waits_for.get() >= depth {
            self.waits_for.set(usize::MAX);
            self.known.borrow_mut().insert(key, answer.clone());
        }
        answer
    }

    /// Whether no question waits for another.
    pub(super) fn is_idle(&self) -> bool {
        self.open.borrow().is_empty()
    }

    /// Forgets the answers.
    pub(super) fn clear(&self) {
        self.known.borrow_mut().clear();
    }
}
