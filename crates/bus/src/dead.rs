//! Dead letters: what could not be delivered, kept for a while, so that somebody can see why
//! and send it again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::letter::{Address, Body, Letter, Reason};

/// To whom a dead letter was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One agent; also each of those that did not get what was sent to several.
    Agent(Address),
    /// Any that offers this.
    Capability(Box<str>),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(address) => write!(f, "{address}"),
            Self::Capability(name) => write!(f, "any agent that offers {name}"),
        }
    }
}

/// A letter that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter<M> {
    /// Its number among the dead letters of this process; it keeps it when it fails again.
    pub number: u64,
    /// To whom.
    pub to: Target,
    /// The letter.
    pub letter: Letter<M>,
    /// Why not.
    pub reason: Reason,
    /// How often it was sent again.
    pub redriven: u32,
}

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) letters: usize,
    pub(crate) bytes: usize,
}

/// The last dead letters, within a number and a size; the oldest make room.
#[derive(Debug)]
pub(crate) struct DeadLetters<M> {
    room: Room,
    ring: Mutex<Ring<M>>,
}

#[derive(Debug)]
struct Ring<M> {
    kept: VecDeque<DeadLetter<M>>,
    bytes: usize,
    next: u64,
    lost: u64,
}

impl<M: Body> DeadLetters<M> {
    pub(crate) fn new(room: Room) -> Self {
        let ring = Ring { kept: VecDeque::new(), bytes: 0, next: 1, lost: 0 };
        Self { room, ring: Mutex::new(ring) }
    }

    /// Keeps a letter that was never here; gives its number, and `None` when there is no room
    /// for a letter of this size.
    pub(crate) fn bury(&self, to: Target, letter: Letter<M>, reason: Reason) -> Option<u64> {
        let (kept, _gone) = {
            let mut ring = self.lock();
            let number = ring.next;
            ring.next += 1;
            ring.keep(self.room, DeadLetter { number, to, letter, reason, redriven: 0 })
        };
        kept
    }

    /// Keeps a letter that was here before, under the number that it had.
    pub(crate) fn bury_again(&self, dead: DeadLetter<M>) -> Option<u64> {
        let (kept, _gone) = self.lock().keep(self.room, dead);
        kept
    }

    /// Shows each, the oldest first. Nothing is delivered or lost meanwhile: be quick.
    pub(crate) fn each(&self, show: impl FnMut(&DeadLetter<M>)) {
        self.lock().kept.iter().for_each(show);
    }

    /// Takes one out.
    pub(crate) fn exhume(&self, number: u64) -> Option<DeadLetter<M>> {
        let mut ring = self.lock();
        let at = ring.kept.iter().position(|dead| dead.number == number)?;
        let dead = ring.kept.remove(at)?;
        ring.bytes -= dead.letter.body.size();
        Some(dead)
    }

    /// Takes out all, the oldest first.
    pub(crate) fn exhume_all(&self) -> VecDeque<DeadLetter<M>> {
        let mut ring = self.lock();
        ring.bytes = 0;
        std::mem::take(&mut ring.kept)
    }

    /// How many there were for which there was no room.
    pub(crate) fn lost(&self) -> u64 {
        self.lock().lost
    }

    fn lock(&self) -> MutexGuard<'_, Ring<M>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Body> Ring<M> {
    /// Gives the number if it was kept, and what had to go: to be dropped outside of the lock.
    fn keep(&mut self, room: Room, dead: DeadLetter<M>) -> (Option<u64>, VecDeque<DeadLetter<M>>) {
        let (number, size) = (dead.number, dead.letter.body.size());
        let mut gone = VecDeque::new();
        self.kept.push_back(dead);
        self.bytes += size;
        let fits = size <= room.bytes && room.letters > 0;
        while self.kept.len() > room.letters || self.bytes > room.bytes {
            // One that does not fit at all goes itself, instead of everything else.
            let next = if fits { self.kept.pop_front() } else { self.kept.pop_back() };
            let Some(next) = next else { break };
            self.bytes -= next.letter.body.size();
            self.lost += 1;
            gone.push_back(next);
        }
        (fits.then_some(number), gone)
    }
}
