//! The router: finds who gets a letter, looks whether the letter may be delivered, and delivers
//! it; what it cannot deliver becomes a dead letter.

mod members;

use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axon_domain::{Hlc, MissionId};

use crate::dead::{DeadLetter, DeadLetters, Room, Target};
use crate::letter::{Address, Body, Letter, Reason, Returned, To};
use crate::topic::Topic;
pub use members::Taken;
use members::{Entry, Index, SHARDS, Shard};

/// Where letters for somebody are put.
pub trait Inbox<M>: Send + Sync {
    /// Puts a letter in, or gives it back at once.
    ///
    /// # Errors
    /// [`Reason::Full`] or [`Reason::Ended`].
    fn offer(&self, letter: Letter<M>) -> Result<(), Returned<M>>;

    /// The same, but waits for room, no longer than `patience`.
    ///
    /// # Errors
    /// [`Reason::Full`] or [`Reason::Ended`].
    fn offer_within(&self, letter: Letter<M>, patience: Duration) -> Result<(), Returned<M>>;

    /// Letters that wait or are being read.
    fn load(&self) -> usize;
}

/// What a router takes and keeps.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of a body.
    pub body: usize,
    /// Dead letters that are kept.
    pub dead_letters: usize,
    /// Bytes of the bodies of all dead letters that are kept.
    pub dead_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { body: 1 << 20, dead_letters: 1_024, dead_bytes: 16 << 20 }
    }
}

/// A letter that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undelivered {
    /// Why not.
    pub reason: Reason,
    /// Its number among the dead letters; `None` where it was not kept.
    pub dead: Option<u64>,
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not delivered: {}", self.reason)
    }
}

impl std::error::Error for Undelivered {}

/// What became of a letter to several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// How many got it.
    pub delivered: usize,
    /// Who did not, and why.
    pub missed: Vec<(Address, Undelivered)>,
}

/// What a router did since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters put in a mailbox.
    pub delivered: u64,
    /// Letters to somebody who is not there.
    pub unknown_receiver: u64,
    /// Letters with too large a body.
    pub too_large: u64,
    /// Letters whose deadline passed.
    pub expired: u64,
    /// Letters to a full mailbox.
    pub full: u64,
    /// Letters that the receiver did not read before it ended.
    pub ended: u64,
    /// Letters that the receiver failed on.
    pub poison: u64,
    /// Dead letters for which there was no room.
    pub lost: u64,
}

/// Delivers letters to the agents of a process. It reads no clock: whoever sends says what time
/// it is.
pub struct Router<'a, M> {
    shards: [Shard<'a, M>; SHARDS],
    index: RwLock<Index>,
    dead: DeadLetters<M>,
    largest: usize,
    /// The latest moment that anybody told.
    now: AtomicU64,
    undelivered: [AtomicU64; Reason::KINDS],
}

impl<'a, M: Body> Router<'a, M> {
    /// A router that knows nobody.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            shards: std::array::from_fn(|_| Shard::default()),
            index: RwLock::default(),
            dead: DeadLetters::new(Room { letters: bounds.dead_letters, bytes: bounds.dead_bytes }),
            largest: bounds.body,
            now: AtomicU64::new(0),
            undelivered: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    // --- sending to one -------------------------------------------------------------------

    /// Sends to one agent. It does not wait: a full mailbox is an error, and the letter is dead.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub fn send_to(&self, to: Address, letter: Letter<M>, now: Hlc) -> Result<(), Undelivered> {
        self.offer(to, letter, now).map_err(|back| self.bury(Target::Agent(to), back))
    }

    /// The same, but an agent whose mailbox is full is given a while to make room. Not for
    /// actors: it would hold up their worker.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub fn send_within(
        &self,
        to: Address,
        letter: Letter<M>,
        now: Hlc,
        patience: Duration,
    ) -> Result<(), Undelivered> {
        let put = |inbox: &Entry<'a, M>, letter| inbox.offer_within(letter, patience);
        self.hand_over(to, letter, now, put).map_err(|back| self.bury(Target::Agent(to), back))
    }

    /// The same as [`send_to`](Self::send_to), but what is not delivered comes back and is no
    /// dead letter: for who has another use for it.
    ///
    /// # Errors
    /// Why it was not delivered, and the letter.
    pub fn offer(&self, to: Address, letter: Letter<M>, now: Hlc) -> Result<(), Returned<M>> {
        self.hand_over(to, letter, now, |inbox, letter| inbox.offer(letter))
    }

    /// Sends to the agent with the least to do among those that offer something; of equals, to
    /// the lower number, then the older mission.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub fn send_to_any(
        &self,
        capability: &str,
        letter: Letter<M>,
        now: Hlc,
    ) -> Result<Address, Undelivered> {
        self.offer_to_any(capability, letter, now)
            .map_err(|back| self.bury(Target::Capability(capability.into()), back))
    }

    fn offer_to_any(
        &self,
        capability: &str,
        letter: Letter<M>,
        now: Hlc,
    ) -> Result<Address, Returned<M>> {
        let offering = self.index().offering(capability);
        let load = |who: Address| Some((self.inbox(who)?.load(), who.agent, who.mission));
        let mut candidates: Vec<_> = offering.into_iter().filter_map(load).collect();
        candidates.sort_unstable();
        let mut back = Returned { letter, reason: Reason::UnknownReceiver };
        for (_, agent, mission) in candidates {
            let who = Address { mission, agent };
            back = match self.offer(who, back.letter, now) {
                Ok(()) => return Ok(who),
                // Full, or gone meanwhile: the next one has room perhaps.
                Err(back) => back,
            };
        }
        Err(back)
    }

    fn hand_over(
        &self,
        to: Address,
        letter: Letter<M>,
        now: Hlc,
        put: impl FnOnce(&Entry<'a, M>, Letter<M>) -> Result<(), Returned<M>>,
    ) -> Result<(), Returned<M>> {
        self.tell_time(now);
        let size = letter.body.size();
        if size > self.largest {
            let reason = Reason::TooLarge { size, limit: self.largest };
            return Err(Returned { letter, reason });
        }
        if letter.is_expired(now) {
            return Err(Returned { letter, reason: Reason::Expired });
        }
        let Some(inbox) = self.inbox(to) else {
            return Err(Returned { letter, reason: Reason::UnknownReceiver });
        };
        put(&inbox, letter)?;
        self.shard(to).delivered.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    // --- sending to several ---------------------------------------------------------------

    /// Sends to whoever is meant: how a recorded message reaches the agents that are at work.
    /// Several get a clone each, and who did not get it is in the answer.
    ///
    /// # Errors
    /// Why the one that was meant did not get it. What is sent to several is no error, even
    /// when nobody is there to get it.
    pub fn send(&self, to: &To, letter: Letter<M>, now: Hlc) -> Result<Delivery, Undelivered>
    where
        M: Clone,
    {
        let one = Delivery { delivered: 1, missed: Vec::new() };
        match to {
            To::Agent(who) => self.send_to(*who, letter, now).map(|()| one),
            To::Capability(name) => self.send_to_any(name, letter, now).map(|_| one),
            To::Topic(topic) => Ok(self.publish(topic, letter, now)),
            To::Mission(mission) => Ok(self.send_to_mission(*mission, &letter, now)),
            To::Everyone => Ok(self.broadcast(&letter, now)),
        }
    }

    /// Sends to all that subscribed to a topic, but not back to the sender.
    pub fn publish(&self, topic: &Topic, letter: Letter<M>, now: Hlc) -> Delivery
    where
        M: Clone,
    {
        let subscribed = self.index().subscribed(topic);
        self.send_to_each(subscribed, &letter, now)
    }

    /// Sends to all agents of a mission, but not back to the sender.
    pub fn send_to_mission(&self, mission: MissionId, letter: &Letter<M>, now: Hlc) -> Delivery
    where
        M: Clone,
    {
        self.send_to_each(self.agents_of(mission), letter, now)
    }

    /// Sends to all agents, but not back to the sender.
    pub fn broadcast(&self, letter: &Letter<M>, now: Hlc) -> Delivery
    where
        M: Clone,
    {
        let agents = self.index().everybody();
        self.send_to_each(agents, letter, now)
    }

    fn send_to_each(
        &self,
        receivers: impl IntoIterator<Item = Address>,
        letter: &Letter<M>,
        now: Hlc,
    ) -> Delivery
    where
        M: Clone,
    {
        let mut delivery = Delivery::default();
        for who in receivers {
            if letter.from == Some(who) {
                continue;
            }
            match self.send_to(who, letter.clone(), now) {
                Ok(()) => delivery.delivered += 1,
                Err(undelivered) => delivery.missed.push((who, undelivered)),
            }
        }
        delivery
    }

    // --- dead letters ---------------------------------------------------------------------

    /// Shows each dead letter that is kept, the oldest first. Nothing dies meanwhile: be quick,
    /// and do not send from in there.
    pub fn dead_letters(&self, show: impl FnMut(&DeadLetter<M>)) {
        self.dead.each(show);
    }

    /// Sends a dead letter again, without the deadline that it missed. If that fails it is dead
    /// again, under the same number. `None`: there is no such dead letter (any more).
    pub fn redrive(&self, number: u64, now: Hlc) -> Option<Result<(), Undelivered>> {
        self.dead.exhume(number).map(|dead| self.again(dead, now))
    }

    /// Sends every dead letter that is kept once more, the oldest first; gives how many were
    /// delivered and how many are dead again.
    pub fn redrive_all(&self, now: Hlc) -> (usize, usize) {
        let outcomes = self.dead.exhume_all().into_iter().map(|dead| self.again(dead, now));
        let (delivered, failed): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
        (delivered.len(), failed.len())
    }

    fn again(&self, dead: DeadLetter<M>, now: Hlc) -> Result<(), Undelivered> {
        let DeadLetter { number, to, mut letter, redriven, .. } = dead;
        if letter.is_expired(now) {
            letter.deadline = None;
        }
        let sent = match &to {
            Target::Agent(who) => self.offer(*who, letter, now),
            Target::Capability(name) => self.offer_to_any(name, letter, now).map(drop),
        };
        sent.map_err(|Returned { letter, reason }| {
            self.count(reason);
            let redriven = redriven.saturating_add(1);
            let dead = DeadLetter { number, to, letter, reason, redriven };
            Undelivered { reason, dead: self.dead.bury_again(dead) }
        })
    }

    /// Keeps a letter that could not be delivered.
    pub(crate) fn bury(&self, to: Target, back: Returned<M>) -> Undelivered {
        let Returned { letter, reason } = back;
        self.count(reason);
        Undelivered { reason, dead: self.dead.bury(to, letter, reason) }
    }

    fn count(&self, reason: Reason) {
        self.undelivered[reason.kind()].fetch_add(1, Ordering::Relaxed);
    }

    // --- time and numbers -----------------------------------------------------------------

    /// Says what time it is. Letters that wait are of no use from their deadline on, by the
    /// latest time that anybody told.
    pub fn tell_time(&self, now: Hlc) {
        if now.0 > self.now.load(Ordering::Relaxed) {
            self.now.fetch_max(now.0, Ordering::Relaxed);
        }
    }

    /// The latest time that anybody told.
    #[must_use]
    pub fn now(&self) -> Hlc {
        Hlc(self.now.load(Ordering::Relaxed))
    }

    /// What it did since the beginning.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let delivered = |shard: &Shard<'a, M>| shard.delivered.load(Ordering::Relaxed);
        let [unknown_receiver, too_large, expired, full, ended, poison] =
            std::array::from_fn(|kind| self.undelivered[kind].load(Ordering::Relaxed));
        Counts {
            delivered: self.shards.iter().map(delivered).sum(),
            unknown_receiver,
            too_large,
            expired,
            full,
            ended,
            poison,
            lost: self.dead.lost(),
        }
    }
}
