//! One actor: its mailbox, its state, and its turns.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axon_domain::{Code, Error};

use crate::actor::{Actor, Context, Factory, Notice, Options, Restart};
use crate::dead::Target;
use crate::group::{Failures, Group};
use crate::letter::{Address, Body, Letter, Priority, Reason, Returned};
use crate::mailbox::Mailbox;
use crate::router::Inbox;
use crate::run_queue::RunQueue;
use crate::system::Shared;

/// Letters that an actor reads before it is another's turn.
pub(crate) const TURN: usize = 64;

/// An actor. Idle it is this and nothing else.
pub(crate) struct Cell<'a, M> {
    address: Address,
    mailbox: Mailbox<M>,
    /// Whether it has to end after the letter that it reads.
    stop: AtomicBool,
    /// Whether it has to end when nothing waits.
    retire: AtomicBool,
    factory: Factory<'a, M>,
    options: Options,
    group: Option<Arc<Group<'a, M>>>,
    queue: Arc<RunQueue<Arc<Self>>>,
    me: Weak<Self>,
    /// Locked by whoever has its turn, so never waited for but by one who ends the system.
    life: Mutex<Life<'a, M>>,
}

/// What only the turn knows.
struct Life<'a, M> {
    state: Option<Box<dyn Actor<M> + 'a>>,
    /// Whether there was a state before.
    lived: bool,
    /// Letters that it read.
    letters: u64,
    failures: Failures,
    /// How often its group was made anew, as far as it knows.
    generation: u64,
    over: bool,
}

/// How it goes on after a letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
    GiveUp,
}

impl<'a, M: Body> Cell<'a, M> {
    pub(crate) fn new(
        address: Address,
        factory: Factory<'a, M>,
        options: Options,
        group: Option<Arc<Group<'a, M>>>,
        queue: Arc<RunQueue<Arc<Self>>>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            address,
            mailbox: Mailbox::new(options.capacity),
            stop: AtomicBool::new(false),
            retire: AtomicBool::new(false),
            factory,
            options,
            queue,
            me: me.clone(),
            life: Mutex::new(Life {
                state: None,
                lived: false,
                letters: 0,
                failures: Failures::default(),
                generation: group.as_ref().map_or(0, |group| group.generation()),
                over: false,
            }),
            group,
        })
    }

    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// It ends after the letter that it reads.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.mailbox.close();
        self.recall();
    }

    /// It ends when it has read what waits.
    pub(crate) fn retire(&self) {
        self.retire.store(true, Ordering::Release);
        self.mailbox.close();
        self.recall();
    }

    /// It has a turn, letters or not.
    pub(crate) fn recall(&self) {
        if self.mailbox.call() {
            self.run();
        }
    }

    fn run(&self) {
        if let Some(me) = self.me.upgrade() {
            self.queue.push(me);
        }
    }

    fn must_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire) || self.queue.is_closed()
    }

    /// Reads some of the letters that wait. True: there is more to do. `hand` is empty before
    /// and after.
    pub(crate) fn turn(&self, shared: &Shared<'a, M>, hand: &mut VecDeque<Letter<M>>) -> bool {
        let mut life = self.life();
        if life.over {
            return false;
        }
        self.mailbox.take(TURN, hand);
        let mut urgent = TURN;
        loop {
            if self.must_stop() {
                self.end(&mut life, shared, hand, Notice::Stopped);
                return false;
            }
            if let Some(group) = &self.group {
                if group.is_over() {
                    self.end(&mut life, shared, hand, Notice::GaveUp);
                    return false;
                }
                let generation = group.generation();
                if life.generation != generation {
                    life.generation = generation;
                    discard(&mut life.state);
                }
            }
            let Some(letter) = self.next_letter(hand, &mut urgent) else { break };
            match self.read(&mut life, letter, shared) {
                Then::GoOn => {}
                Then::Stop => {
                    self.end(&mut life, shared, hand, Notice::Stopped);
                    return false;
                }
                Then::GiveUp => {
                    self.end(&mut life, shared, hand, Notice::GaveUp);
                    return false;
                }
            }
        }
        if !self.mailbox.settle() {
            return true;
        }
        if self.retire.load(Ordering::Acquire) {
            self.end(&mut life, shared, hand, Notice::Stopped);
        }
        false
    }

    /// Urgent letters that came meanwhile go before normal ones that were taken before, as
    /// many as a turn has letters.
    fn next_letter(&self, hand: &mut VecDeque<Letter<M>>, urgent: &mut usize) -> Option<Letter<M>> {
        let is_urgent = |letter: &Letter<M>| letter.priority == Priority::Urgent;
        if *urgent > 0
            && !hand.front().is_some_and(is_urgent)
            && let Some(letter) = self.mailbox.take_urgent()
        {
            *urgent -= 1;
            return Some(letter);
        }
        hand.pop_front()
    }

    /// Reads one letter; after a failure perhaps twice.
    fn read(&self, life: &mut Life<'a, M>, letter: Letter<M>, shared: &Shared<'a, M>) -> Then {
        let to = Target::Agent(self.address);
        if letter.is_expired(shared.router.now()) {
            shared.router.bury(to, Returned { letter, reason: Reason::Expired });
            return Then::GoOn;
        }
        life.letters += 1;
        if let Some(group) = &self.group {
            group.read_one();
        }
        let attempts = if self.options.read_again { 2 } else { 1 };
        for attempt in 1..=attempts {
            let error = match self.attempt(life, &letter, shared) {
                Ok(then) => return then,
                Err(error) => error,
            };
            discard(&mut life.state);
            shared.tell(self.address, Notice::Failed { error, letter: &letter });
            let then = if self.may_go_on(life) { Then::GoOn } else { Then::GiveUp };
            if then == Then::GiveUp || attempt == attempts || self.must_stop() {
                shared.router.bury(to, Returned { letter, reason: Reason::Poison });
                return then;
            }
        }
        Then::GoOn
    }

    /// Has its state read a letter, making the state first where there is none.
    fn attempt(
        &self,
        life: &mut Life<'a, M>,
        letter: &Letter<M>,
        shared: &Shared<'a, M>,
    ) -> Result<Then, Error> {
        let state = match &mut life.state {
            Some(state) => state,
            none => {
                let made = guarded(|| Ok((self.factory)(self.address)));
                let state = none.insert(made?);
                let again = std::mem::replace(&mut life.lived, true);
                let notice = if again { Notice::Restarted } else { Notice::Started };
                shared.tell(self.address, notice);
                state
            }
        };
        let mut context = Context::new(&shared.router, &self.mailbox, self.address);
        guarded(|| state.receive(letter, &mut context))?;
        Ok(if context.wants_to_stop() { Then::Stop } else { Then::GoOn })
    }

    fn may_go_on(&self, life: &mut Life<'a, M>) -> bool {
        match (self.options.restart, &self.group) {
            (Restart::Never, _) => false,
            (Restart::Always, _) => true,
            (Restart::OneForOne { most, within_letters }, _) => {
                life.failures.allow(life.letters, most, within_letters)
            }
            (Restart::OneForAll { .. }, Some(group)) => {
                let allowed = group.failed();
                // Its own state is gone already.
                life.generation = group.generation();
                allowed
            }
            (Restart::OneForAll { .. }, None) => false,
        }
    }

    /// Ends it, if it has not ended: what waits and what is in hand is dead.
    pub(crate) fn end_now(&self, shared: &Shared<'a, M>, hand: &mut VecDeque<Letter<M>>) {
        let mut life = self.life();
        if !life.over {
            self.end(&mut life, shared, hand, Notice::Stopped);
        }
    }

    fn end(
        &self,
        life: &mut Life<'a, M>,
        shared: &Shared<'a, M>,
        hand: &mut VecDeque<Letter<M>>,
        last: Notice<'_, M>,
    ) {
        life.over = true;
        self.mailbox.close();
        self.mailbox.take(usize::MAX, hand);
        for letter in hand.drain(..) {
            let back = Returned { letter, reason: Reason::Ended };
            shared.router.bury(Target::Agent(self.address), back);
        }
        discard(&mut life.state);
        shared.forget(self);
        shared.tell(self.address, last);
    }

    fn life(&self) -> MutexGuard<'_, Life<'a, M>> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Body> Inbox<M> for Cell<'_, M> {
    fn offer(&self, letter: Letter<M>) -> Result<(), Returned<M>> {
        if self.mailbox.offer(letter)? {
            self.run();
        }
        Ok(())
    }

    fn offer_within(&self, letter: Letter<M>, patience: Duration) -> Result<(), Returned<M>> {
        if self.mailbox.offer_within(letter, patience)? {
            self.run();
        }
        Ok(())
    }

    fn load(&self) -> usize {
        self.mailbox.load()
    }
}

impl<M> Drop for Cell<'_, M> {
    fn drop(&mut self) {
        let life = self.life.get_mut().unwrap_or_else(PoisonError::into_inner);
        discard(&mut life.state);
    }
}

/// Drops a state; a state that panics at that is as gone as any other.
fn discard<T>(state: &mut Option<T>) {
    if let Some(state) = state.take() {
        let _ = guarded(|| {
            drop(state);
            Ok(())
        });
    }
}

/// Runs what is not ours and turns a panic into an error.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let panic = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(outcome) => return outcome,
        Err(panic) => panic,
    };
    let error = panicked(panic.as_ref());
    // What was thrown may itself panic when it is dropped.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
    Err(error)
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Error::new(Code::Bug, format!("an agent panicked: {text}"))
        .hint("please report this; the ledger is intact")
}
