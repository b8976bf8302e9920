//! The dispatcher: makes the events of all missions linear and lets workers perform what follows
//! from them.
//!
//! One thread appends, applies and decides; workers perform effects and send back the events of
//! their outcome; missions and what people tell them come in through a [`Handle`]; whoever
//! watches a mission has an inbox of its own, so nobody who watches holds up the work.

mod clock;
mod herald;
mod intake;
mod live;
mod pool;
mod roster;
mod waits;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use axon_domain::{
    AgentId, Code, Draft, Entity, Error, MissionEnd, MissionId, Outcome, Payload, Result, Role, Seq,
};
use axon_engine::{Effect, Effects, Phase, resume};
use axon_sandbox::Cancel;

use crate::axon::Axon;
use crate::check;
use crate::conflicts::stands_still;
use crate::look::entity_name;
use crate::owner::Owner;
use herald::{Herald, wait_for_disk};
pub(crate) use intake::{Handle, Intake, NewMission, Taken};
use live::{Live, Work, mission_of, order_of, resumable};
use pool::{Order, Pool};
pub(crate) use watch::{End, From, Next, Told, Watch, Watcher, watch};

/// How often a wish to stop is looked for, while nothing happens.
const TICK: Duration = Duration::from_millis(50);

/// The most missions that are worked on at once; others wait, in the order of their numbers.
pub(crate) const MOST_AT_ONCE: usize = 8;

/// What the dispatcher is told.
pub(crate) enum Message {
    /// An agent performed an effect, or could not: the number of the job, and the outcome.
    Done(MissionId, AgentId, u64, Result<Vec<Draft>>),
    /// Something for those who watch a mission.
    Tell(MissionId, Told),
    /// Everything up to this event is on the disk.
    Durable(Seq),
    /// Somebody asks for something.
    Intake(Intake),
}

/// How long a dispatcher goes on.
#[derive(Clone)]
pub(crate) enum Stay {
    /// Until whoever started it closes it; the missions of others are then handed on. A wish to
    /// stop interrupts the missions given in this process and hands the others on.
    UntilClosed,
    /// Until it had no mission and nobody was connected for so long. A wish to stop interrupts
    /// all missions.
    WhileWanted(Duration, Arc<AtomicUsize>),
}

/// A dispatcher that was started.
pub(crate) struct Started<'scope> {
    /// How to speak to it.
    pub(crate) handle: Handle,
    /// Ends with it: with the missions that another process is to go on with.
    pub(crate) work: ScopedJoinHandle<'scope, Vec<MissionId>>,
}

/// Starts a dispatcher.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    axon: &'scope Axon,
    owner: &'scope mut Owner,
    stay: Stay,
    cancel: &'scope Cancel,
) -> Started<'scope> {
    let (send, messages) = channel();
    let handle = Handle::new(send, Arc::clone(&owner.ledger));
    let own = handle.clone();
    let work = scope.spawn(move || serve(axon, owner, own, messages, stay, cancel));
    Started { handle, work }
}

/// Works on missions until it is to end.
fn serve(
    axon: &Axon,
    owner: &mut Owner,
    handle: Handle,
    messages: Receiver<Message>,
    stay: Stay,
    cancel: &Cancel,
) -> Vec<MissionId> {
    let (ask, asked) = channel();
    let ledger = Arc::clone(&owner.ledger);
    thread::scope(|scope| {
        let (heard, waits) = (handle.send.clone(), Arc::clone(&ledger));
        scope.spawn(move || wait_for_disk(&asked, &waits, &heard));
        let mut dispatcher = Dispatcher {
            axon,
            owner,
            herald: Herald::new(ask),
            missions: BTreeMap::new(),
            pool: Pool::new(scope, axon, ledger, handle.send),
            stay,
            closing: false,
            jobs: 0,
            abandoned: false,
            handed_on: Vec::new(),
        };
        if let Err(error) = dispatcher.run(&messages, cancel) {
            dispatcher.give_up(error);
        }
        // The threads end when nobody can give them anything to do any more, and an agent whose
        // question was not read yet learns that nobody answers.
        let handed_on = std::mem::take(&mut dispatcher.handed_on);
        drop(dispatcher);
        drop(messages);
        handed_on
    })
}

struct Dispatcher<'scope, 'env> {
    axon: &'env Axon,
    owner: &'env mut Owner,
    herald: Herald,
    missions: BTreeMap<MissionId, Live>,
    pool: Pool<'scope, 'env>,
    stay: Stay,
    /// No mission is taken on any more, and those that are left are handed on.
    closing: bool,
    /// How many jobs were given out.
    jobs: u64,
    /// Whoever gave a mission in this process is gone; nothing more is begun or recorded.
    abandoned: bool,
    /// Missions that another process is to go on with.
    handed_on: Vec<MissionId>,
}

impl Dispatcher<'_, '_> {
    fn run(&mut self, messages: &Receiver<Message>, cancel: &Cancel) -> Result<()> {
        let mut busy = Instant::now();
        loop {
            self.admit()?;
            self.give_out_all()?;
            self.end_idle()?;
            self.tell_of_waits();
            if !self.missions.is_empty() {
                busy = Instant::now();
            } else if self.is_over(busy, cancel) {
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

    /// Whether a dispatcher without missions is to end.
    fn is_over(&self, busy: Instant, cancel: &Cancel) -> bool {
        match &self.stay {
            Stay::UntilClosed => self.closing,
            Stay::WhileWanted(grace, clients) => {
                let waited = clients.load(Ordering::SeqCst) == 0 && busy.elapsed() >= *grace;
                waited || cancel.is_cancelled()
            }
        }
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
            Message::Intake(intake) => self.take_in(intake),
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
            Ok(drafts) if live.stopped.is_none() && !live.handed_on => {
                let hired = live.roster.hire_all(&drafts);
                self.append(hired)?;
                self.absorb(drafts)
            }
            // What was found out counts, even if nothing follows from it any more.
            Ok(drafts) => self.record_last(mission, drafts),
            // Nobody failed: the agent stops with the others, in good order.
            Err(error) if error.code() == Code::Interrupted => {
                if !live.handed_on {
                    live.stop(error);
                }
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
                self.record_last(mission, failed.into_iter().collect())
            }
        }
    }

    /// Stops everything, as by Ctrl-C.
    fn interrupt(&mut self) {
        let hands_on = matches!(self.stay, Stay::UntilClosed);
        self.closing |= !hands_on;
        for live in self.missions.values_mut().filter(|live| live.stopped.is_none()) {
            live.cancel.cancel();
            if hands_on && !live.is_given_here() {
                live.hand_on();
            } else {
                live.stop(Error::new(Code::Interrupted, "interrupted"));
            }
        }
    }

    /// How many missions are worked on.
    fn at_work(&self) -> usize {
        self.missions.values().filter(|live| !live.queued).count()
    }

    /// Lets missions that wait begin, where there is room.
    fn admit(&mut self) -> Result<()> {
        let mut room = MOST_AT_ONCE.saturating_sub(self.at_work());
        for live in self.missions.values_mut().filter(|live| live.queued) {
            if room == 0 {
                break;
            }
            live.queued = false;
            room -= 1;
        }
        // One worker for each coder and one for the steps of the whole mission.
        let states = &self.owner.state.missions;
        let agents = |id| states.get(id).map_or(1, |mission| mission.agents() as usize + 1);
        let at_work = self.missions.iter().filter(|(_, live)| !live.queued);
        let wanted = at_work.map(|(id, _)| agents(id)).sum();
        self.pool.grow_to(wanted)
    }

    /// Decides what is outstanding in a mission that nobody worked on.
    fn take_up(&mut self, mission: MissionId) -> Result<()> {
        let mut effects = Effects::new();
        resume(&self.owner.state, &mut effects);
        effects.retain(|effect| mission_of(effect) == Some(mission));
        let drafts = self.sort(effects);
        self.absorb(drafts)
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

    /// Records what there is left to say about a mission, from which nothing follows for it any
    /// more. For others it may: what it gives back, they have waited for.
    fn record_last(&mut self, mission: MissionId, drafts: Vec<Draft>) -> Result<()> {
        let mut effects = self.append(drafts)?;
        effects.retain(|effect| mission_of(effect) != Some(mission));
        let drafts = self.sort(effects);
        self.absorb(drafts)
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

    /// Whoever gave the only mission in this process is waited for; with others at work, nobody.
    fn pass_on(&mut self, due: Vec<(MissionId, Told)>) {
        let alone = self.missions.len() == 1;
        for due in due.chunk_by(|(one, _), (other, _)| one == other) {
            if let Some(live) = self.missions.get_mut(&due[0].0) {
                self.abandoned |= !live.tell(due.iter().map(|(_, told)| told), alone);
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
                (outside, Some(live)) if !live.is_leaving() => live.want(outside),
                // Nobody here works on it: it waits for whoever goes on with it.
                (_, _) => {}
            }
        }
        drafts
    }

    /// Gives out what waits, one effect of each mission after the other: workers take them in
    /// this order, so no mission waits for all of another's.
    fn give_out_all(&mut self) -> Result<()> {
        loop {
            let ready = |(id, live): (&MissionId, &mut Live)| match live.queued {
                true => None,
                false => Some((*id, live.waiting.pop_front()?)),
            };
            let round: Vec<(MissionId, Effect)> =
                self.missions.iter_mut().filter_map(ready).collect();
            if round.is_empty() {
                return Ok(());
            }
            for (mission, effect) in round {
                self.give_out(mission, effect)?;
            }
        }
    }

    fn give_out(&mut self, id: MissionId, effect: Effect) -> Result<()> {
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
        let Some((agent, role, job)) = order_of(&effect, mission) else { return Ok(()) };
        let Some(live) = self.missions.get_mut(&id) else { return Ok(()) };
        let hired = live.roster.hire(agent, role);
        self.jobs += 1;
        let number = self.jobs;
        let now = self.owner.ledger.now();
        live.begin(agent, Work { number, effect, begun: now });
        let cancel = live.cancel.clone();
        self.append(hired)?;
        self.pool.give(Order { mission: id, agent, number, job, cancel })
    }

    /// Ends the work on missions for which nothing is left to do.
    fn end_idle(&mut self) -> Result<()> {
        let states = &self.owner.state.missions;
        let waits = |id: &MissionId| {
            states.get(id).is_some_and(|mission| !mission.paused && mission.waits_for_others())
        };
        let idle = |(id, live): (&MissionId, &Live)| {
            (live.is_idle() && (live.is_leaving() || !waits(id))).then_some(*id)
        };
        let idle: Vec<MissionId> = self.missions.iter().filter_map(idle).collect();
        for mission in idle {
            self.end(mission)?;
        }
        Ok(())
    }

    /// Says to those who watch a mission that stands still which one it waits for.
    fn tell_of_waits(&mut self) {
        let (last, locks) = (self.owner.state.last, &self.owner.state.locks);
        let mut told = Vec::new();
        for (id, live) in &self.missions {
            if !live.is_idle() || live.looked_for_waits == last {
                continue;
            }
            let found = waits::blocker(locks, *id);
            let found = found.map(|(other, entity)| (other, self.why_waiting(*id, other, entity)));
            told.push((*id, found));
        }
        for (id, found) in told {
            let Some(live) = self.missions.get_mut(&id) else { continue };
            live.looked_for_waits = last;
            let other = found.as_ref().map(|(other, _)| *other);
            if live.waits_for != other
                && let Some((_, remark)) = found
            {
                live.tell([&Told::Remark(remark)].into_iter(), false);
            }
            live.waits_for = other;
        }
    }

    fn why_waiting(&self, id: MissionId, other: MissionId, entity: &Entity) -> String {
        let what = format!("{id} waits: {other} has {}", entity_name(entity));
        let paused = self.owner.state.missions.get(&other).is_some_and(|other| other.paused);
        match self.missions.contains_key(&other) {
            _ if paused => format!("{what} and is paused: axon resume {other}"),
            true => what,
            false => {
                format!("{what} and was interrupted: axon resume {other}, or axon cancel {other}")
            }
        }
    }

    /// Ends the agents of a mission, makes everything durable and signs it.
    fn end(&mut self, mission: MissionId) -> Result<()> {
        let found = self.owner.mission(mission)?;
        let ended = found.phase == Phase::Ended;
        let Some(live) = self.missions.get_mut(&mission) else { return Ok(()) };
        let dismissed = live.dismiss(found.paused && !ended);
        self.record_last(mission, dismissed)?;
        self.tidy_up(mission)?;
        let due = self.herald.durable(self.owner.state.last);
        self.pass_on(due);
        self.pool.dismiss(mission);
        let Some(mut live) = self.missions.remove(&mission) else { return Ok(()) };
        let paused = || {
            Error::new(Code::Interrupted, format!("{mission} was paused"))
                .hint(format!("go on with it: axon resume {mission}"))
        };
        let end = match live.stopped.take() {
            _ if ended => End::Over,
            Some(error) => End::Stopped(Arc::new(resumable(error))),
            None if found.paused => End::Stopped(Arc::new(paused())),
            None if live.handed_on => {
                self.handed_on.push(mission);
                End::HandedOn
            }
            None => End::Stopped(Arc::new(stands_still(&found))),
        };
        live.farewell(end);
        Ok(())
    }

    /// Signs what was recorded last about a mission, and removes what it needs no more.
    fn tidy_up(&mut self, id: MissionId) -> Result<()> {
        self.owner.close()?;
        let mission = self.owner.mission(id)?;
        if mission.phase == Phase::Ended {
            check::clean_up(self.axon, id);
            // One that merged nothing has nothing to look at.
            if mission.changes.is_none() {
                self.axon.let_go_of_base(id);
            }
        }
        Ok(())
    }

    /// Nothing can be recorded any more.
    fn give_up(&mut self, error: Error) {
        let error = Arc::new(error);
        for (_, live) in std::mem::take(&mut self.missions) {
            live.cancel.cancel();
            live.farewell(End::Stopped(Arc::clone(&error)));
        }
    }
}
