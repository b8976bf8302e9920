//! The dispatcher: makes the events of all missions linear and lets workers perform what follows
//! from them.
//!
//! One thread appends, applies and decides; workers perform effects and send back the events of
//! their outcome; whoever watches a mission is told through a channel of its own, so nobody who
//! watches holds up the work.

mod herald;
mod live;
mod pool;
mod roster;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use axon_domain::{
    AgentId, Code, Draft, Error, MissionEnd, MissionId, Outcome, Payload, Result, Role, Seq,
};
use axon_engine::{Effect, Effects, Mission, Phase, expire, next_expiry, resume};
use axon_sandbox::Cancel;

use crate::axon::Axon;
use crate::check;
use crate::conflicts::stands_still;
use crate::observer::Observer;
use crate::owner::Owner;
use herald::{Herald, wait_for_disk};
use live::{Live, mission_of, order_of, resumable, shared};
use pool::{Order, Pool};
pub(crate) use watch::Told;
use watch::{Watcher, watch};

/// How often a wish to stop is looked for, while nothing happens.
const TICK: Duration = Duration::from_millis(50);

/// What the dispatcher is told.
pub(crate) enum Message {
    /// An agent performed an effect, or could not: the number of the job, and the outcome.
    Done(MissionId, AgentId, u64, Result<Vec<Draft>>),
    /// Something for those who watch a mission.
    Tell(MissionId, Told),
    /// Everything up to this event is on the disk.
    Durable(Seq),
}

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
    let (watcher, watch) = watch(mission);
    thread::scope(|scope| {
        let work = scope.spawn(move || serve(axon, owner, mission, drafts, watcher, cancel));
        let followed = watch.follow(observer);
        match work.join() {
            Ok(()) => followed,
            Err(_) => Err(Error::new(Code::Bug, "the dispatcher panicked")
                .hint("please report this; the ledger is intact: axon resume")),
        }
    })
}

/// Works on missions until none is left.
fn serve(
    axon: &Axon,
    owner: &mut Owner,
    mission: MissionId,
    drafts: Vec<Draft>,
    watcher: Watcher,
    cancel: &Cancel,
) {
    let (send, messages) = channel();
    let (ask, asked) = channel();
    let ledger = Arc::clone(&owner.ledger);
    thread::scope(|scope| {
        let (heard, waits) = (send.clone(), Arc::clone(&ledger));
        scope.spawn(move || wait_for_disk(&asked, &waits, &heard));
        let mut dispatcher = Dispatcher {
            axon,
            owner,
            herald: Herald::new(ask),
            missions: BTreeMap::new(),
            pool: Pool::new(scope, axon, ledger, send),
            jobs: 0,
            abandoned: false,
        };
        let done = dispatcher
            .begin(mission, drafts, watcher)
            .and_then(|()| dispatcher.run(&messages, cancel));
        if let Err(error) = done {
            dispatcher.give_up(error);
        }
        // The threads end when nobody can give them anything to do any more, and an agent whose
        // question was not read yet learns that nobody answers.
        drop(dispatcher);
        drop(messages);
    });
}

struct Dispatcher<'scope, 'env> {
    axon: &'env Axon,
    owner: &'env mut Owner,
    herald: Herald,
    missions: BTreeMap<MissionId, Live>,
    pool: Pool<'scope, 'env>,
    /// How many jobs were given out.
    jobs: u64,
    /// Whoever gave a mission in this process is gone; nothing more is begun or recorded.
    abandoned: bool,
}

impl Dispatcher<'_, '_> {
    /// Takes up a mission: a new one, whose first event is among the drafts, or one that was
    /// interrupted.
    fn begin(&mut self, mission: MissionId, drafts: Vec<Draft>, watcher: Watcher) -> Result<()> {
        let interrupted = self.owner.state.missions.contains_key(&mission);
        self.missions.insert(mission, Live::new(mission, Some(watcher)));
        self.absorb(drafts)?;
        if interrupted {
            let mut effects = Effects::new();
            resume(&self.owner.state, &mut effects);
            effects.retain(|effect| mission_of(effect) == Some(mission));
            let drafts = self.sort(effects);
            self.absorb(drafts)?;
        }
        // One worker for each coder and one for the steps of the whole mission.
        let states = &self.owner.state.missions;
        let agents = |id| states.get(id).map_or(1, |mission| mission.agents() as usize + 1);
        let wanted = self.missions.keys().map(agents).sum();
        self.pool.grow_to(wanted)
    }

    fn run(&mut self, messages: &Receiver<Message>, cancel: &Cancel) -> Result<()> {
        loop {
            self.give_out_all()?;
            self.end_idle()?;
            if self.missions.is_empty() {
                return Ok(());
            }
            match messages.recv_timeout(TICK) {
                Ok(message) => self.take(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(Code::Bug, "every worker is gone"));
                }
            }
            if self.abandoned {
                return Err(Error::new(Code::Interrupted, "whoever gave the mission is gone"));
            }
            if cancel.is_cancelled() {
                self.interrupt();
            }
            self.look_at_the_clock()?;
        }
    }

    /// Records what is over because of time, and forgets agents that never answered.
    fn look_at_the_clock(&mut self) -> Result<()> {
        let state = &self.owner.state;
        let now = (self.axon.settings.wall_clock)();
        if next_expiry(state).is_none_or(|next| next > now) {
            return Ok(());
        }
        for draft in expire(state, now) {
            if let (Payload::Lifecycle(_), Some(mission), Some(agent)) =
                (&draft.payload, draft.mission, draft.agent)
                && let Some(live) = self.missions.get_mut(&mission)
            {
                live.forget(agent);
                self.pool.replace(mission, agent)?;
            }
            self.absorb(vec![draft])?;
        }
        Ok(())
    }

    fn take(&mut self, message: Message) -> Result<()> {
        match message {
            Message::Done(mission, agent, job, outcome) => self.done(mission, agent, job, outcome),
            Message::Tell(mission, told) => {
                let due = self.herald.tell(mission, told);
                self.pass_on(due);
                Ok(())
            }
            Message::Durable(seq) => {
                let due = self.herald.durable(seq);
                self.pass_on(due);
                Ok(())
            }
        }
    }

    fn done(
        &mut self,
        mission: MissionId,
        agent: AgentId,
        job: u64,
        outcome: Result<Vec<Draft>>,
    ) -> Result<()> {
        let Some(live) = self.missions.get_mut(&mission) else { return Ok(()) };
        if !live.finish(agent, job) {
            // It was given up meanwhile, and somebody else has the work.
            return Ok(());
        }
        match outcome {
            Ok(drafts) if live.stopped.is_none() => {
                let hired = live.roster.hire_all(&drafts);
                self.append(hired)?;
                self.absorb(drafts)
            }
            // What was found out counts, even if nothing follows from it any more.
            Ok(drafts) => self.append(drafts).map(drop),
            // Nobody failed: the agent stops with the others, in good order.
            Err(error) if error.code() == Code::Interrupted => {
                live.stop(error);
                Ok(())
            }
            // A fault of the agent: whether it tries again is for the engine to say.
            Err(error) if error.code() == Code::Bug && live.stopped.is_none() => {
                let failed = live.roster.fail(agent, &error.to_string());
                self.absorb(failed.into_iter().collect())
            }
            Err(error) => {
                let failed = live.roster.fail(agent, &error.to_string());
                live.stop(error);
                self.append(failed.into_iter().collect()).map(drop)
            }
        }
    }

    fn interrupt(&mut self) {
        for live in self.missions.values_mut().filter(|live| live.stopped.is_none()) {
            live.cancel.cancel();
            live.stop(Error::new(Code::Interrupted, "interrupted"));
        }
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
        if self.abandoned {
            return Err(Error::new(Code::Interrupted, "whoever gave the mission is gone"));
        }
        let (events, effects) = self.owner.append(drafts)?;
        for event in events {
            let Some(mission) = event.mission else { continue };
            let due = self.herald.tell(mission, Told::Event(Arc::new(event)));
            self.pass_on(due);
        }
        Ok(effects)
    }

    fn pass_on(&mut self, due: Vec<(MissionId, Told)>) {
        for (mission, told) in due {
            if let Some(live) = self.missions.get_mut(&mission) {
                self.abandoned |= !live.tell(&told);
            }
        }
    }

    /// Puts outside effects in the queue of their mission and gives back what is to be recorded.
    fn sort(&mut self, effects: Effects) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for effect in effects {
            let live = mission_of(&effect).and_then(|mission| self.missions.get_mut(&mission));
            match (effect, live) {
                (Effect::Record(draft), _) => drafts.push(draft),
                (outside, Some(live)) => live.waiting.push_back(outside),
                // Nobody works on it: it waits for `axon resume`.
                (_, None) => {}
            }
        }
        drafts
    }

    fn give_out_all(&mut self) -> Result<()> {
        let missions: Vec<MissionId> = self.missions.keys().copied().collect();
        for mission in missions {
            while let Some(effect) =
                self.missions.get_mut(&mission).and_then(|live| live.waiting.pop_front())
            {
                self.give_out(mission, &effect)?;
            }
        }
        Ok(())
    }

    fn give_out(&mut self, id: MissionId, effect: &Effect) -> Result<()> {
        let Some(mission) = self.owner.state.missions.get(&id) else { return Ok(()) };
        if mission.spec.is_none() {
            let end = MissionEnd {
                outcome: Outcome::Failed,
                code: Some(Code::PayloadErased.name().to_owned()),
                reason: "what was asked for was erased".to_owned(),
                hint: None,
            };
            let draft = Draft::new(Role::System, Payload::MissionEnded(end)).of(id);
            return self.absorb(vec![draft]);
        }
        let Some((agent, role, job)) = order_of(effect, mission) else { return Ok(()) };
        let Some(live) = self.missions.get_mut(&id) else { return Ok(()) };
        let hired = live.roster.hire(agent, role);
        self.jobs += 1;
        let number = self.jobs;
        live.begin(agent, number);
        let cancel = live.cancel.clone();
        self.append(hired)?;
        self.pool.give(Order { mission: id, agent, number, job, cancel })
    }

    /// Ends the work on missions for which nothing is left to do.
    fn end_idle(&mut self) -> Result<()> {
        let states = &self.owner.state.missions;
        let waits = |id: &MissionId| states.get(id).is_some_and(Mission::waits_for_others);
        let idle = |(id, live): (&MissionId, &Live)| {
            (live.is_idle() && (live.stopped.is_some() || !waits(id))).then_some(*id)
        };
        let idle: Vec<MissionId> = self.missions.iter().filter_map(idle).collect();
        for mission in idle {
            self.end(mission)?;
        }
        Ok(())
    }

    /// Ends the agents of a mission, makes everything durable and signs it.
    fn end(&mut self, mission: MissionId) -> Result<()> {
        let Some(live) = self.missions.get_mut(&mission) else { return Ok(()) };
        let dismissed = live.dismiss();
        self.append(dismissed)?;
        self.owner.close()?;
        let due = self.herald.durable(self.owner.state.last);
        self.pass_on(due);
        let ended = self.owner.mission(mission)?.phase == Phase::Ended;
        if ended {
            check::clean_up(self.axon, mission);
        }
        self.pool.dismiss(mission);
        let Some(mut live) = self.missions.remove(&mission) else { return Ok(()) };
        let error = match live.stopped.take() {
            Some(error) => Some(resumable(error)),
            None if ended => None,
            None => Some(stands_still(&self.owner.mission(mission)?)),
        };
        live.farewell(error);
        Ok(())
    }

    /// Nothing can be recorded any more.
    fn give_up(&mut self, error: Error) {
        let mut missions = std::mem::take(&mut self.missions);
        let last = missions.pop_last();
        for (_, live) in missions {
            live.cancel.cancel();
            live.farewell(Some(shared(&error)));
        }
        if let Some((_, live)) = last {
            live.cancel.cancel();
            live.farewell(Some(error));
        }
    }
}
