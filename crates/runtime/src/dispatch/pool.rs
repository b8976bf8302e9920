//! The agents at work, an actor each: it takes its orders out of a mailbox of its own, one after
//! the other. Threads run them, as many as the missions at work may use.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, Scope};

use axon_bus::{
    Actor, Address, Body, Bounds, Context, Factory, Letter, Notice, Options, Restart, System,
    Worker,
};
use axon_domain::{AgentId, Code, Draft, Error, Hlc, MissionId, Result};
use axon_ledger::Ledger;
use axon_sandbox::Cancel;

use super::Message;
use crate::axon::Axon;
use crate::effects::{self, Bench, Desk, Job};

/// The most threads that work at once, however many missions there are.
const MOST_WORKERS: usize = 256;

/// The engine gives an agent one order at a time; this bounds what a mistake of it can do. An
/// agent that failed is made anew for its next order, as often as there is one: how often it is
/// given one is for the engine to say. No order is performed twice.
const OPTIONS: Options = Options { capacity: 16, restart: Restart::Always, read_again: false };

/// An order that was not taken is an error to the dispatcher, and of no use to anybody else.
const BOUNDS: Bounds = Bounds { body: usize::MAX, dead_letters: 0, dead_bytes: 0 };

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

impl Order {
    /// What the dispatcher is told of its outcome.
    fn done(&self, outcome: Result<Vec<Draft>>) -> Message {
        Message::Done(self.mission, self.agent, self.number, outcome)
    }
}

impl Body for Order {
    /// Orders are made in this process, so there is nothing to limit.
    fn size(&self) -> usize {
        0
    }
}

/// How an order is performed.
type Perform<'env> = Arc<dyn Fn(&Order) -> Result<Vec<Draft>> + Send + Sync + 'env>;

/// An agent at work.
struct Agent<'env> {
    perform: Perform<'env>,
    send: Sender<Message>,
}

impl Actor<Order> for Agent<'_> {
    fn receive(&mut self, letter: &Letter<Order>, _: &mut Context<'_, '_, Order>) -> Result<()> {
        let order = &letter.body;
        let drafts = (self.perform)(order)?;
        // A dispatcher that is gone does not care.
        let _ = self.send.send(order.done(Ok(drafts)));
        Ok(())
    }
}

/// The agents of one dispatcher and their threads. They end when it is dropped.
pub(super) struct Pool<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    system: System<'env, Order>,
    factory: Factory<'env, Order>,
}

impl<'scope, 'env> Pool<'scope, 'env> {
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        axon: &'env Axon,
        ledger: Arc<Ledger>,
        send: Sender<Message>,
    ) -> Self {
        let told = send.clone();
        let perform = move |order: &Order| {
            let bench = Bench::new(axon, Arc::clone(&ledger), order.cancel.clone());
            effects::perform(&bench, &Desk::new(order.mission, &told), &order.job)
        };
        Self::of(scope, Arc::new(perform), send)
    }

    /// One whose agents perform orders in this way.
    fn of(
        scope: &'scope Scope<'scope, 'env>,
        perform: Perform<'env>,
        send: Sender<Message>,
    ) -> Self {
        let failed = send.clone();
        let observer = move |_, notice: Notice<'_, Order>| {
            // Panics among them: the agent's state is gone, and nothing else.
            if let Notice::Failed { error, letter } = notice {
                let _ = failed.send(letter.body.done(Err(error)));
            }
        };
        let agent = move |_| -> Box<dyn Actor<Order> + 'env> {
            Box::new(Agent { perform: Arc::clone(&perform), send: send.clone() })
        };
        Self { scope, system: System::new(BOUNDS, Box::new(observer)), factory: Arc::new(agent) }
    }

    /// Has at least as many workers as wanted, within what is sensible.
    pub(super) fn grow_to(&self, wanted: usize) -> Result<()> {
        let start = |worker: Worker<'env, Order>| {
            let thread = thread::Builder::new().name("agent".to_owned());
            thread.spawn_scoped(self.scope, move || worker.run()).map(drop)
        };
        match self.system.grow_to(wanted.min(MOST_WORKERS), start) {
            Err(error) if self.system.workers() == 0 => {
                Err(Error::new(Code::Io, "no thread can be started").because(error))
            }
            // Fewer do the same, only later.
            _ => Ok(()),
        }
    }

    /// Gives an agent up that never answered. It may be at its order for ever, so its next one
    /// is for another in its place, and its thread has one in its place too.
    pub(super) fn replace(&self, mission: MissionId, agent: AgentId) -> Result<()> {
        self.system.stop(Address::of(mission, agent));
        self.grow_to(self.system.workers() + 1)
    }

    /// Puts an order into the mailbox of its agent.
    pub(super) fn give(&self, order: Order) -> Result<()> {
        let router = self.system.router();
        let who = Address::of(order.mission, order.agent);
        let given = |error: String| Error::new(Code::Bug, error).at(who.to_string());
        if !router.knows(who) {
            let spawned = self.system.spawn(who, &self.factory, OPTIONS);
            spawned.map_err(|error| given(error.to_string()))?;
        }
        // Orders have no deadline, so it is all the same what time it is.
        let sent = router.send_to(who, Letter::new(order), Hlc::default());
        sent.map_err(|undelivered| given(format!("an order was {undelivered}")))
    }

    /// Ends the agents of a mission.
    pub(super) fn dismiss(&self, mission: MissionId) {
        for agent in self.system.router().agents_of(mission) {
            self.system.stop(agent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use axon_domain::{GitId, Grants, ObjectId, Seq, TaskId};

    use super::*;
    use crate::effects::WorkOrder;

    const ONE: MissionId = MissionId(1);

    fn order(mission: MissionId, agent: u64, number: u64) -> Order {
        let agent = AgentId::new(agent).unwrap();
        let job = Job::Work(Box::new(WorkOrder {
            mission,
            task: TaskId(1),
            agent,
            base_tree: GitId::from_hex(&"0".repeat(40)).unwrap(),
            sees: None,
            grants: Grants::none(),
            path: String::new(),
            edits: ObjectId([0; 32]),
            plan: Seq(1),
        }));
        Order { mission, agent, number, job, cancel: Cancel::new() }
    }

    /// What was told of one order: agent, number, and the error's code and text.
    fn outcome(messages: &Receiver<Message>) -> (u64, u64, Option<(Code, String)>) {
        match messages.recv() {
            Ok(Message::Done(_, agent, number, outcome)) => {
                let error = outcome.err().map(|error| (error.code(), error.what().to_owned()));
                (agent.0.get(), number, error)
            }
            _ => panic!("another message"),
        }
    }

    #[test]
    fn an_agent_that_fails_is_reported_and_takes_its_next_order_and_nobody_else_notices() {
        let (send, messages) = channel();
        let perform = |order: &Order| match order.number {
            1 => panic!("a fault"),
            2 => Err(Error::new(Code::Io, "no disk")),
            _ => Ok(Vec::new()),
        };
        thread::scope(|scope| {
            let pool = Pool::of(scope, Arc::new(perform), send);
            pool.grow_to(1).unwrap();
            for (agent, number) in [(4, 1), (4, 2), (4, 3), (5, 4)] {
                pool.give(order(ONE, agent, number)).unwrap();
            }
            let panicked = (Code::Bug, "an agent panicked: a fault".to_owned());
            assert_eq!(outcome(&messages), (4, 1, Some(panicked)));
            assert_eq!(outcome(&messages), (4, 2, Some((Code::Io, "no disk".to_owned()))));
            assert_eq!(outcome(&messages), (4, 3, None));
            assert_eq!(outcome(&messages), (5, 4, None));
        });
    }

    #[test]
    fn an_agent_that_never_answers_is_replaced_and_its_place_works() {
        let (send, messages) = channel();
        let (begun, begins) = channel();
        let (release, released) = channel::<()>();
        let released = Mutex::new(released);
        let perform = move |order: &Order| {
            if order.number == 1 {
                begun.send(()).unwrap();
                // Until the test has seen all it wants to see.
                let _ = released.lock().unwrap().recv();
            }
            Ok(Vec::new())
        };
        thread::scope(|scope| {
            let pool = Pool::of(scope, Arc::new(perform), send);
            pool.grow_to(1).unwrap();
            pool.give(order(ONE, 4, 1)).unwrap();
            begins.recv().unwrap();
            pool.give(order(ONE, 5, 2)).unwrap();
            pool.replace(ONE, AgentId::new(4).unwrap()).unwrap();
            pool.give(order(ONE, 4, 3)).unwrap();
            assert_eq!(outcome(&messages), (5, 2, None));
            assert_eq!(outcome(&messages), (4, 3, None));
            drop(release);
            assert_eq!(outcome(&messages), (4, 1, None), "late, and still told");
        });
    }

    #[test]
    fn more_orders_than_a_mailbox_holds_are_refused() {
        let (send, messages) = channel();
        thread::scope(|scope| {
            let pool = Pool::of(scope, Arc::new(|_: &Order| Ok(Vec::new())), send);
            for number in 1..=16 {
                pool.give(order(ONE, 4, number)).unwrap();
            }
            let refused = pool.give(order(ONE, 4, 17)).unwrap_err();
            assert_eq!(refused.code(), Code::Bug);
            assert_eq!(
                refused.what(),
                "an order was not delivered: the mailbox of the receiver is full"
            );
            // Another agent has its own.
            pool.give(order(ONE, 5, 18)).unwrap();
            pool.grow_to(1).unwrap();
            let numbers: Vec<u64> = (0..17).map(|_| outcome(&messages).1).collect();
            assert_eq!(numbers, (1..=16).chain([18]).collect::<Vec<_>>());
        });
    }

    #[test]
    fn the_agents_of_a_mission_are_dismissed_and_those_of_another_stay() {
        let (send, messages) = channel();
        thread::scope(|scope| {
            let pool = Pool::of(scope, Arc::new(|_: &Order| Ok(Vec::new())), send);
            pool.grow_to(2).unwrap();
            let two = MissionId(2);
            for (mission, agent) in [(ONE, 1), (ONE, 4), (two, 1)] {
                pool.give(order(mission, agent, agent)).unwrap();
                outcome(&messages);
            }
            assert_eq!(pool.system.len(), 3);
            pool.dismiss(ONE);
            assert_eq!(pool.system.len(), 1);
            pool.give(order(two, 1, 9)).unwrap();
            pool.give(order(ONE, 1, 10)).unwrap();
            let mut numbers = [outcome(&messages).1, outcome(&messages).1];
            numbers.sort_unstable();
            assert_eq!(numbers, [9, 10]);
        });
    }
}
