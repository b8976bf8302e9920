//! Actors: what an agent is to the system, and what the system says of it.

use std::sync::Arc;

use axon_domain::{Error, Hlc};

use crate::letter::{Address, Body, Letter, Priority};
use crate::mailbox::Mailbox;
use crate::router::{Router, Undelivered};

/// Somebody who reads letters, one after the other. Its state is its own: nobody else sees it,
/// and it is thrown away when it fails.
pub trait Actor<M>: Send {
    /// Reads a letter. The letter is lent, so that it is still there if this fails.
    ///
    /// # Errors
    /// The actor failed, as if it had panicked: its state is thrown away and the strategy
    /// decides whether it is made anew.
    fn receive(
        &mut self,
        letter: &Letter<M>,
        context: &mut Context<'_, '_, M>,
    ) -> Result<(), Error>;
}

/// Makes the state of an actor, for the first letter and after every failure. Actors of one
/// kind share it.
pub type Factory<'a, M> = Arc<dyn Fn(Address) -> Box<dyn Actor<M> + 'a> + Send + Sync + 'a>;

/// What happens to an actor that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// It has ended.
    Never,
    /// It is made anew for the next letter, however often.
    Always,
    /// It is made anew, unless it failed more than `most` times within so many letters; then
    /// it has ended.
    OneForOne {
        /// How often it may fail.
        most: u32,
        /// Within how many letters that it read; the one it failed on is the last of them.
        within_letters: u64,
    },
    /// All actors of a group are made anew when one fails, unless that happened more than
    /// `most` times within so many letters of all of them; then all have ended. The first
    /// actor of a group says for all of them how often.
    OneForAll {
        /// Which group.
        group: u32,
        /// How often one of them may fail.
        most: u32,
        /// Within how many letters that they read.
        within_letters: u64,
    },
}

/// How an actor is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Letters of each priority that may wait.
    pub capacity: usize,
    /// What happens when it fails.
    pub restart: Restart,
    /// Whether a letter that it failed on is read a second time. Not for letters whose effects
    /// must not happen twice. One that it failed on for good is a dead letter.
    pub read_again: bool,
}

impl Default for Options {
    fn default() -> Self {
        let restart = Restart::OneForOne { most: 3, within_letters: 100 };
        Self { capacity: 1_024, restart, read_again: false }
    }
}

/// What became of an actor.
#[derive(Debug)]
pub enum Notice<'n, M> {
    /// Its state was made for its first letter.
    Started,
    /// It failed and its state is gone.
    Failed {
        /// Why. A panic is [`axon_domain::Code::Bug`].
        error: Error,
        /// The letter that it read, or for which its state could not be made.
        letter: &'n Letter<M>,
    },
    /// Its state was made anew.
    Restarted,
    /// It failed too often and has ended.
    GaveUp,
    /// It has ended as it should.
    Stopped,
}

/// Who is told what becomes of actors, on the thread where it happens.
pub type Observer<'a, M> = Box<dyn Fn(Address, Notice<'_, M>) + Send + Sync + 'a>;

/// What an actor can do while it reads a letter.
pub struct Context<'t, 'a, M> {
    router: &'t Router<'a, M>,
    mailbox: &'t Mailbox<M>,
    address: Address,
    stop: bool,
}

impl<'t, 'a, M: Body> Context<'t, 'a, M> {
    pub(crate) fn new(
        router: &'t Router<'a, M>,
        mailbox: &'t Mailbox<M>,
        address: Address,
    ) -> Self {
        Self { router, mailbox, address, stop: false }
    }

    /// Where it is reached itself.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The latest time that anybody told the router.
    #[must_use]
    pub fn now(&self) -> Hlc {
        self.router.now()
    }

    /// The router: for everything that [`send`](Self::send) is not enough for.
    #[must_use]
    pub fn router(&self) -> &'t Router<'a, M> {
        self.router
    }

    /// Sends to one agent, as its own letter.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub fn send(&self, to: Address, letter: Letter<M>) -> Result<(), Undelivered> {
        self.router.send_to(to, letter.from(self.address), self.now())
    }

    /// The next urgent letter that came meanwhile: for an actor whose work takes long. Once it
    /// is taken it is dealt with; it does not come back if the actor fails.
    pub fn take_urgent(&mut self) -> Option<Letter<M>> {
        let letter = self.mailbox.take_urgent()?;
        debug_assert_eq!(letter.priority, Priority::Urgent, "only urgent letters are in its queue");
        Some(letter)
    }

    /// Ends the actor after this letter. Letters that wait are dead.
    pub fn stop(&mut self) {
        self.stop = true;
    }

    pub(crate) fn wants_to_stop(&self) -> bool {
        self.stop
    }
}
