//! The dispatcher: makes events linear and lets workers perform what follows from them.
//!
//! One thread appends, applies, decides and talks to whoever watches; workers perform effects
//! and send back the events of their outcome. A worker that panics is an agent that failed:
//! the panic is contained and the mission stays resumable.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axon_domain::{
    AgentId, Code, Draft, Error, MissionEnd, MissionId, Outcome, Payload, Result, Role,
};
use axon_engine::{Agents, Effect, Effects, Phase, resume};
use axon_sandbox::Cancel;

use crate::axon::Axon;
use crate::check;
use crate::effects::{self, Bench, Desk, Job, Message, WorkOrder};
use crate::herald::{Herald, Told, wait_for_disk};
use crate::observer::{Notice, Observer};
use crate::owner::Owner;
use crate::roster::Roster;

/// How often whoever watches gets a moment to redraw, while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// Records `drafts` and works on the mission until it ends, or until an error or a wish to
/// cancel stops the work; then it can be resumed.
pub(crate) fn drive(
    axon: &Axon,
    owner: &mut Owner,
    mission: MissionId,
    drafts: Vec<Draft>,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Result<()> {
    let bench = Bench::new(axon, Arc::clone(&owner.ledger), cancel.clone());
    let (jobs, take_jobs) = channel();
    let (send, messages) = channel();
    let (ask, asked) = channel();
    let ledger = Arc::clone(&owner.ledger);
    let take_jobs = Mutex::new(take_jobs);
    let mut dispatcher = Dispatcher {
        axon,
        owner,
        observer,
        herald: Herald::new(ask),
        mission,
        roster: Roster::new(mission),
        waiting: VecDeque::new(),
        under_way: 0,
        jobs,
        stopped: None,
    };
    thread::scope(|scope| {
        let begun = dispatcher.begin(drafts);
        let heard = send.clone();
        scope.spawn(move || wait_for_disk(&asked, &ledger, &heard));
        for _ in 0..dispatcher.workers() {
            let (take_jobs, bench, send) = (&take_jobs, &bench, send.clone());
            scope.spawn(move || work(take_jobs, bench, &send));
        }
        let ended = begun.and_then(|()| dispatcher.run(&messages, cancel));
        // The threads end when nobody can give them anything to do any more.
        drop(dispatcher);
        ended
    })
}

struct Dispatcher<'a> {
    axon: &'a Axon,
    owner: &'a mut Owner,
    observer: &'a mut dyn Observer,
    herald: Herald,
    mission: MissionId,
    roster: Roster,
    waiting: VecDeque<Effect>,
    under_way: usize,
    jobs: Sender<(AgentId, Job)>,
    /// Why no more work is given out.
    stopped: Option<Error>,
}

impl Dispatcher<'_> {
    fn begin(&mut self, drafts: Vec<Draft>) -> Result<()> {
        let interrupted = self.owner.state.missions.contains_key(&self.mission);
        self.absorb(drafts)?;
        if interrupted {
            let mut effects = Effects::new();
            resume(&self.owner.state, &mut effects);
            effects.retain(|effect| mission_of(effect) == Some(self.mission));
            let drafts = self.sort(effects);
            self.absorb(drafts)?;
        }
        Ok(())
    }

    /// One worker for each coder and one for the steps of the whole mission.
    fn workers(&self) -> u32 {
        self.owner.state.missions.get(&self.mission).map_or(1, |mission| mission.agents() + 1)
    }

    fn run(&mut self, messages: &Receiver<Message>, cancel: &Cancel) -> Result<()> {
        loop {
            while let Some(effect) = self.waiting.pop_front() {
                self.give_out(&effect)?;
            }
            if self.under_way == 0 {
                return self.end();
            }
            match messages.recv_timeout(TICK) {
                Ok(message) => self.take(message)?,
                Err(RecvTimeoutError::Timeout) => self.observer.notice(Notice::Tick),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(Code::Bug, "every worker is gone"));
                }
            }
            if cancel.is_cancelled() && self.stopped.is_none() {
                self.stop(Error::new(Code::Interrupted, "interrupted"));
            }
        }
    }

    fn take(&mut self, message: Message) -> Result<()> {
        match message {
            Message::Done(agent, outcome) => {
                self.under_way -= 1;
                match outcome {
                    Ok(drafts) if self.stopped.is_none() => return self.absorb(drafts),
                    // What was found out counts, even if nothing follows from it any more.
                    Ok(drafts) => return self.append(drafts).map(drop),
                    // Nobody failed: the agent stops with the others, in good order.
                    Err(error) if error.code() == Code::Interrupted => self.stop(error),
                    Err(error) => {
                        let failed = self.roster.fail(agent, &error.to_string());
                        self.append(failed.into_iter().collect())?;
                        self.stop(error);
                    }
                }
            }
            Message::Progress(what) => self.tell(Told::Progress(what)),
            Message::Output(bytes) => self.tell(Told::Output(bytes)),
            Message::Durable(seq) => self.herald.durable(seq, self.mission, self.observer),
            // A worker that no longer waits for the answer has ended with an error of its own.
            Message::Ask(question, answer) => {
                let _ = answer.send(self.observer.ask(&question));
            }
        }
        Ok(())
    }

    fn stop(&mut self, error: Error) {
        self.waiting.clear();
        self.stopped.get_or_insert(error);
    }

    /// Records drafts and everything that the engine decides on them, in order.
    fn absorb(&mut self, drafts: Vec<Draft>) -> Result<()> {
        let mut queue = VecDeque::from([drafts]);
        while let Some(drafts) = queue.pop_front() {
            let effects = self.append(drafts)?;
            queue.extend(self.sort(effects).into_iter().map(|draft| vec![draft]));
        }
        Ok(())
    }

    fn append(&mut self, drafts: Vec<Draft>) -> Result<Effects> {
        if drafts.is_empty() {
            return Ok(Effects::new());
        }
        let (events, effects) = self.owner.append(drafts)?;
        events.into_iter().for_each(|event| self.tell(Told::Event(Box::new(event))));
        Ok(effects)
    }

    fn tell(&mut self, told: Told) {
        self.herald.tell(told, self.mission, self.observer);
    }

    /// Puts outside effects in the queue and gives back what is to be recorded.
    fn sort(&mut self, effects: Effects) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for effect in effects {
            match effect {
                Effect::Record(draft) => drafts.push(draft),
                outside => self.waiting.push_back(outside),
            }
        }
        drafts
    }

    fn give_out(&mut self, effect: &Effect) -> Result<()> {
        let Some(mission) = self.owner.state.missions.get(&self.mission) else { return Ok(()) };
        let Some(spec) = &mission.spec else {
            let end = MissionEnd {
                outcome: Outcome::Failed,
                code: Some(Code::PayloadErased.name().to_owned()),
                reason: "what was asked for was erased".to_owned(),
                hint: None,
            };
            let draft = Draft::new(Role::System, Payload::MissionEnded(end)).of(self.mission);
            return self.absorb(vec![draft]);
        };
        let (agent, role, job) = match effect {
            Effect::Record(_) => return Ok(()),
            Effect::Work { task, agent, .. } => {
                let Some(found) = mission.task(*task) else { return Ok(()) };
                let order = WorkOrder {
                    mission: mission.id,
                    task: *task,
                    agent: *agent,
                    base_tree: spec.base_tree,
                    sees: mission.accepted.changes,
                    grants: spec.grants.clone(),
                    path: found.path.clone(),
                    edits: found.edits,
                    plan: mission.plan.unwrap_or(mission.given),
                };
                (agent.0.get(), Role::Coder, Job::Work(Box::new(order)))
            }
            Effect::Plan(_) => whole(Agents::SCOUT, Role::Scout, effect, mission),
            Effect::Review(_) => whole(Agents::CRITIC, Role::Critic, effect, mission),
            Effect::Merge(_)
            | Effect::Check(_)
            | Effect::CheckBase(_)
            | Effect::Hook(_)
            | Effect::Commit(_) => whole(Agents::SUPERVISOR, Role::Supervisor, effect, mission),
        };
        let Some(agent) = AgentId::new(agent) else { return Ok(()) };
        let hired = self.roster.hire(agent, role);
        self.append(hired)?;
        self.under_way += 1;
        self.jobs
            .send((agent, job))
            .map_err(|_| Error::new(Code::Bug, "nobody is there to do the work"))
    }

    /// Ends the agents, makes everything durable and signs it.
    fn end(&mut self) -> Result<()> {
        let reason = match &self.stopped {
            None => "the mission ended",
            Some(error) if error.code() == Code::Interrupted => "interrupted by a person",
            Some(_) => "the mission stopped",
        };
        let dismissed = self.roster.dismiss(reason);
        self.append(dismissed)?;
        self.owner.close()?;
        self.herald.durable(self.owner.state.last, self.mission, self.observer);
        let ended = self.owner.mission(self.mission)?.phase == Phase::Ended;
        if ended {
            check::clean_up(self.axon, self.mission);
        }
        match self.stopped.take() {
            Some(error) => Err(resumable(error)),
            None if ended => Ok(()),
            None => Err(Error::new(Code::Bug, "the mission stands still")
                .at(self.mission.to_string())
                .hint("axon resume")),
        }
    }
}

/// The same error, saying how the mission can go on where it does not say something better.
fn resumable(error: Error) -> Error {
    match error.hint_text() {
        Some(hint) => {
            let hint = format!("{hint}; then `axon resume`");
            error.hint(hint)
        }
        None => error.hint("nothing that finished is lost: axon resume"),
    }
}

fn whole(
    agent: u64,
    role: Role,
    effect: &Effect,
    mission: &axon_engine::Mission,
) -> (u64, Role, Job) {
    (agent, role, Job::Whole(Box::new((effect.clone(), mission.clone()))))
}

fn mission_of(effect: &Effect) -> Option<MissionId> {
    match effect {
        Effect::Record(draft) => draft.mission,
        Effect::Work { mission, .. } => Some(*mission),
        Effect::Plan(mission)
        | Effect::Merge(mission)
        | Effect::Check(mission)
        | Effect::CheckBase(mission)
        | Effect::Review(mission)
        | Effect::Hook(mission)
        | Effect::Commit(mission) => Some(*mission),
    }
}

/// A worker: takes jobs until there are no more.
fn work(jobs: &Mutex<Receiver<(AgentId, Job)>>, bench: &Bench<'_>, send: &Sender<Message>) {
    loop {
        // Only one worker waits inside the lock, the others wait for it.
        let taken = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((agent, job)) = taken else { return };
        let desk = Desk::new(send);
        let outcome = catch_unwind(AssertUnwindSafe(|| effects::perform(bench, &desk, job)))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        if send.send(Message::Done(agent, outcome)).is_err() {
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
