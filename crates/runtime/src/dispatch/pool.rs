//! Workers: threads that perform effects, as many as the missions at work may use.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use axon_domain::{AgentId, Code, Error, MissionId, Result};
use axon_ledger::Ledger;
use axon_sandbox::Cancel;

use super::Message;
use crate::axon::Axon;
use crate::effects::{self, Bench, Desk, Job};

/// The most threads that work at once, however many missions there are.
const MOST_WORKERS: usize = 256;

/// An effect to perform, for an agent of a mission.
pub(super) struct Order {
    pub(super) mission: MissionId,
    pub(super) agent: AgentId,
    /// The number of the job.
    pub(super) number: u64,
    pub(super) job: Job,
    /// Ends what the mission runs.
    pub(super) cancel: Cancel,
}

/// The threads of one dispatcher. They end when it is dropped.
pub(super) struct Pool<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    axon: &'env Axon,
    ledger: Arc<Ledger>,
    give: Sender<Order>,
    take: Arc<Mutex<Receiver<Order>>>,
    send: Sender<Message>,
    workers: usize,
}

impl<'scope, 'env> Pool<'scope, 'env> {
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        axon: &'env Axon,
        ledger: Arc<Ledger>,
        send: Sender<Message>,
    ) -> Self {
        let (give, take) = channel();
        let take = Arc::new(Mutex::new(take));
        Self { scope, axon, ledger, give, take, send, workers: 0 }
    }

    /// Has at least as many workers as wanted, within what is sensible.
    pub(super) fn grow_to(&mut self, wanted: usize) {
        while self.workers < wanted.min(MOST_WORKERS) {
            let (take, send) = (Arc::clone(&self.take), self.send.clone());
            let (axon, ledger) = (self.axon, Arc::clone(&self.ledger));
            self.scope.spawn(move || work(axon, &ledger, &take, &send));
            self.workers += 1;
        }
    }

    /// Has one worker more, in place of one that is stuck.
    pub(super) fn grow_by_one(&mut self) {
        self.grow_to(self.workers + 1);
    }

    pub(super) fn give(&self, order: Order) -> Result<()> {
        self.give.send(order).map_err(|_| Error::new(Code::Bug, "nobody is there to do the work"))
    }
}

/// A worker: takes orders until there are no more. An agent that panics has failed; the panic
/// is contained and its mission stays resumable.
fn work(
    axon: &Axon,
    ledger: &Arc<Ledger>,
    orders: &Mutex<Receiver<Order>>,
    send: &Sender<Message>,
) {
    loop {
        // Only one worker waits inside the lock, the others wait for it.
        let taken = orders.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Order { mission, agent, number, job, cancel }) = taken else { return };
        let bench = Bench::new(axon, Arc::clone(ledger), cancel);
        let desk = Desk::new(mission, send);
        let outcome = catch_unwind(AssertUnwindSafe(|| effects::perform(&bench, &desk, job)))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        if send.send(Message::Done(mission, agent, number, outcome)).is_err() {
            return;
        }
    }
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
