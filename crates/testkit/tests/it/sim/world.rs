//! The world: time, the log on its disk, the process that works on missions, and what is done
//! outside of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use axon_domain::{
    AgentId, ContentId, ControlStep, Draft, Event, Hlc, LifecycleChange, MissionId, ObjectId,
    Payload, Role, Seq, SessionStep, SystemSignal, SystemStatus, TaskId,
};
use axon_engine::{
    Effect, Effects, Mission, State, TaskState, apply, decide, expire, next_expiry, resume,
};
use axon_testkit::Random;

use super::faults::Faults;
use super::jobs::{Order, has_ended, mission_of};
use super::people::Act;
use super::script::Script;
use super::texts::{Files, Texts};
use super::told::Counts;
use super::watch::Watch;

/// From what a world is made; the same setting gives the same world.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) random: Random,
    pub(super) faults: Faults,
    /// Missions, with the millisecond at which they are given.
    pub(super) missions: Vec<(u64, Rc<Script>)>,
    /// What people do meanwhile, and when.
    pub(super) acts: Vec<(u64, Act)>,
}

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// A person gives the mission of that place in the setting.
    Give(usize),
    /// A person does something.
    Act(Act),
    /// A person gives back what they hold under a name.
    GiveBack(String),
    /// An agent is done with a job.
    Outcome(Rc<Order>),
    /// A process takes the ledger over.
    Restart,
    /// Somebody goes on with a mission that was interrupted or paused.
    Resume(MissionId),
    /// A person settles what cannot be merged.
    Settle(MissionId),
}

/// A mission as the world knows it.
pub(super) struct Given {
    pub(super) place: usize,
    pub(super) script: Rc<Script>,
    /// The files that it begins with.
    pub(super) base: Rc<Files>,
    /// What the log says of the sessions of its tasks.
    pub(super) sessions: BTreeMap<TaskId, Session>,
}

/// The last session of a task.
#[derive(Default)]
pub(super) struct Session {
    pub(super) sees: Option<ObjectId>,
    pub(super) wrote: BTreeMap<String, ObjectId>,
}

/// A branch with a result, in Git.
pub(super) struct Branch {
    /// The event that it names.
    pub(super) event: Seq,
    pub(super) changes: Option<ObjectId>,
    /// A person removed it.
    pub(super) removed: bool,
}

/// What a process knows beside the state, and loses when it ends.
#[derive(Default)]
pub(super) struct Process {
    /// The missions that it works on.
    pub(super) live: BTreeSet<MissionId>,
    /// Those of which no more work is given out, until their agents are done.
    pub(super) leaving: BTreeSet<MissionId>,
    /// Agents that were at work at least once.
    pub(super) hired: BTreeSet<(MissionId, AgentId)>,
    /// Effects to be performed.
    pub(super) waiting: VecDeque<Effect>,
    /// The job that each agent is at.
    pub(super) jobs: BTreeMap<(MissionId, AgentId), Rc<Order>>,
    /// How far its clock is ahead of the time since the world began.
    pub(super) ahead: i64,
}

pub(super) struct World {
    pub(super) setting: Setting,
    pub(super) random: Random,
    /// Milliseconds since the world began.
    pub(super) now: u64,
    /// What the clock on the wall shows beside that.
    pub(super) ahead: i64,
    pub(super) log: Vec<Event>,
    /// How many events are on the disk for sure; whoever gave a mission has heard of these.
    pub(super) durable: usize,
    /// When the next process comes, where there is none.
    pub(super) up_at: u64,
    /// Until when the disk is full.
    pub(super) full_until: u64,
    /// A state that was kept beside the log.
    pub(super) kept: Option<Vec<u8>>,
    pub(super) state: State,
    pub(super) process: Option<Process>,
    pub(super) agenda: BTreeMap<(u64, u64), Happening>,
    pub(super) numbers: u64,
    pub(super) missions: BTreeMap<MissionId, Given>,
    pub(super) texts: Texts,
    /// The files at HEAD.
    pub(super) head: Rc<Files>,
    pub(super) branches: BTreeMap<MissionId, Branch>,
    pub(super) watch: Watch,
    /// How often agents did not do a task as they should.
    pub(super) blame: BTreeMap<(MissionId, TaskId), u32>,
    pub(super) counts: Counts,
}

/// When the worlds begin, on the clock on the wall.
const BEGIN: u64 = 1_800_000_000_000;

/// More than any world takes.
const MOST_STEPS: u32 = 200_000;

impl Process {
    /// Whether something is to be done for a mission, or being done.
    pub(super) fn is_at_work(&self, id: MissionId) -> bool {
        self.jobs.keys().any(|(mission, _)| *mission == id)
            || self.waiting.iter().any(|effect| mission_of(effect) == Some(id))
    }

    /// Whether an effect waits to be performed, or is being performed.
    fn is_at(&self, effect: &Effect) -> bool {
        self.waiting.contains(effect) || self.jobs.values().any(|it| it.effect == *effect)
    }
}

impl World {
    /// A world with these files at HEAD.
    pub(super) fn new(setting: Setting, texts: Texts, head: Rc<Files>) -> Self {
        let mut world = Self {
            random: setting.random.clone(),
            now: 0,
            ahead: 0,
            log: Vec::new(),
            durable: 0,
            up_at: 0,
            full_until: 0,
            kept: None,
            state: State::default(),
            process: Some(Process::default()),
            agenda: BTreeMap::new(),
            numbers: 0,
            missions: BTreeMap::new(),
            texts,
            head,
            branches: BTreeMap::new(),
            watch: Watch::default(),
            blame: BTreeMap::new(),
            counts: Counts::default(),
            setting,
        };
        for place in 0..world.setting.missions.len() {
            world.happens_at(world.setting.missions[place].0, Happening::Give(place));
        }
        for (when, act) in world.setting.acts.clone() {
            world.happens_at(when, Happening::Act(act));
        }
        world
    }

    pub(super) fn happens_at(&mut self, when: u64, what: Happening) {
        self.numbers += 1;
        self.agenda.insert((when, self.numbers), what);
    }

    pub(super) fn happens_in(&mut self, millis: u64, what: Happening) {
        self.happens_at(self.now + millis, what);
    }

    /// What cannot happen while there is no process happens when there is one again.
    pub(super) fn happens_later(&mut self, what: Happening) {
        let wait = 1 + self.millis(2_000);
        self.happens_at(self.up_at.max(self.now) + wait, what);
    }

    /// A number of milliseconds below a bound.
    pub(super) fn millis(&mut self, below: u64) -> u64 {
        self.random.next() % below
    }

    /// What the clock of the process shows: that on the wall, and where that was set back, as
    /// much later as before.
    pub(super) fn wall(&self) -> u64 {
        let process = self.process.as_ref().map_or(i64::MIN, |process| process.ahead);
        BEGIN.saturating_add(self.now).saturating_add_signed(self.ahead.max(process))
    }

    /// Whether a fault of this rate happens now. Draws a number in any case, so that leaving out
    /// one kind of fault changes little else.
    pub(super) fn fault(&mut self, rate: impl Fn(&Faults) -> u64) -> bool {
        let (drawn, rate) = (self.random.next(), rate(&self.setting.faults));
        let happens = rate > 0 && self.setting.faults.most > 0 && drawn.is_multiple_of(rate);
        if happens {
            self.setting.faults.most -= 1;
            self.counts.faults += 1;
        }
        happens
    }

    /// Lets everything happen until nothing is left to do.
    pub(super) fn run(&mut self) {
        for _ in 0..MOST_STEPS {
            self.look_at_the_clock();
            self.give_out_all();
            self.end_idle();
            let Some(next) = self.next_moment() else { return };
            if next > self.now {
                self.now = next;
                continue;
            }
            if let Some(((when, _), what)) = self.agenda.pop_first() {
                self.now = self.now.max(when);
                self.happen(what);
            }
        }
        panic!("the world does not end");
    }

    /// When something is to be done next.
    fn next_moment(&self) -> Option<u64> {
        let planned = self.agenda.first_key_value().map(|((when, _), _)| *when);
        let up = self.process.as_ref().is_some_and(|process| !process.live.is_empty());
        let expiry = next_expiry(&self.state).filter(|_| up).map(|at| {
            // What is over of a mission that nobody works on waits for somebody who does.
            let left = at.saturating_sub(self.wall());
            self.now + if left == 0 { 60_000 } else { left }
        });
        planned.into_iter().chain(expiry).min().map(|next| next.max(self.now))
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Outcome(order) => self.done(&order),
            Happening::Restart => self.restart(),
            Happening::Give(place) => self.give(place),
            Happening::Act(act) => self.act(&act),
            Happening::GiveBack(name) => self.give_back(&name),
            Happening::Resume(mission) => self.go_on(mission),
            Happening::Settle(mission) => self.settle(mission),
        }
    }

    fn give(&mut self, place: usize) {
        let Some(process) = &mut self.process else {
            return self.happens_later(Happening::Give(place));
        };
        let id = MissionId(self.state.missions.len() as u32 + 1);
        process.live.insert(id);
        let script = Rc::clone(&self.setting.missions[place].1);
        let spec = Box::new(script.spec());
        let base = Rc::clone(&self.head);
        self.missions.insert(id, Given { place, script, base, sessions: BTreeMap::new() });
        self.absorb(vec![Draft::new(Role::Operator, Payload::MissionGiven(spec)).of(id)]);
    }

    /// Records what is over because of time, and forgets agents that never answered.
    fn look_at_the_clock(&mut self) {
        let wall = self.wall();
        if self.process.is_none() || next_expiry(&self.state).is_none_or(|next| next > wall) {
            return;
        }
        for draft in expire(&self.state, wall) {
            let Some(process) = &mut self.process else { return };
            if let (Payload::Lifecycle(_), Some(mission), Some(agent)) =
                (&draft.payload, draft.mission, draft.agent)
            {
                let late = process.jobs.get(&(mission, agent)).is_some_and(|it| it.is_late(wall));
                if !late {
                    continue;
                }
                process.jobs.remove(&(mission, agent));
                process.hired.remove(&(mission, agent));
                // Of a mission that is not worked on any more, nobody has failed.
                if !process.live.contains(&mission) {
                    continue;
                }
            }
            self.absorb(vec![draft]);
        }
    }

    /// Records drafts and everything that the engine decides on them, in order.
    pub(super) fn absorb(&mut self, drafts: Vec<Draft>) {
        self.absorb_but(drafts, |_| false);
    }

    /// The same without some of what follows from the drafts themselves.
    pub(super) fn absorb_but(&mut self, drafts: Vec<Draft>, not: impl Fn(&Effect) -> bool) {
        let Some(mut effects) = self.append(drafts) else { return };
        effects.retain(|effect| !not(effect));
        let mut queue = self.sort(effects);
        while let Some(draft) = queue.pop_front() {
            let Some(effects) = self.append(vec![draft]) else { return };
            queue.extend(self.sort(effects));
        }
    }

    /// Keeps outside effects for whoever performs them; gives what is to be recorded.
    fn sort(&mut self, effects: Effects) -> VecDeque<Draft> {
        let mut drafts = VecDeque::new();
        let Some(process) = &mut self.process else { return drafts };
        // When a pause is lifted, everything that is outstanding is decided again, also what is
        // being done.
        let again = self.setting.faults.control > 0;
        for effect in effects {
            match effect {
                Effect::Record(draft) => drafts.push_back(draft),
                known if again && process.is_at(&known) => {}
                outside if mission_of(&outside).is_some_and(|id| process.live.contains(&id)) => {
                    process.waiting.push_back(outside);
                }
                // It waits for whoever goes on with the mission.
                _ => {}
            }
        }
        drafts
    }

    /// Appends events and applies them; gives what follows, or nothing where the process ended.
    fn append(&mut self, drafts: Vec<Draft>) -> Option<Effects> {
        if self.process.is_none() || self.full_until > self.now {
            self.crash();
            return None;
        }
        let mut time = self.log.last().map_or(Hlc(0), |event| event.time);
        let first = self.log.len();
        for draft in drafts {
            time = time.next(self.wall());
            self.log.push(draft.at(Seq(self.log.len() as u64 + 1), time));
        }
        let mut effects = Effects::new();
        for place in first..self.log.len() {
            let event = &self.log[place];
            apply(&mut self.state, event);
            let before = effects.len();
            decide(&self.state, event, &mut effects);
            let state = std::mem::take(&mut self.state);
            self.note(place, &state);
            self.state = state;
            self.check_event(place, &effects[before..]);
        }
        if self.random.below(400) == 0 {
            self.audit();
        }
        if self.random.below(8) == 0 {
            self.durable = self.log.len();
        }
        self.keep();
        self.disturb();
        self.process.is_some().then_some(effects)
    }

    /// Makes everything durable; false where the disk is full, which ends the process.
    pub(super) fn sync(&mut self) -> bool {
        if self.full_until > self.now {
            self.crash();
            return false;
        }
        self.durable = self.log.len();
        true
    }

    /// Now and then what the events add up to is kept.
    fn keep(&mut self) {
        if self.random.below(150) == 0 && self.durable == self.log.len() {
            self.kept = Some(serde_json::to_vec(&self.state).unwrap());
        }
    }

    /// What goes wrong at any event.
    fn disturb(&mut self) {
        if self.fault(|faults| faults.clock) {
            const STEPS: [i64; 6] = [-86_400_000, -3_600_000, -5_000, 5_000, 200_000, 7_200_000];
            self.ahead += STEPS[self.random.below(STEPS.len())];
            if let Some(process) = &mut self.process {
                process.ahead = process.ahead.max(self.ahead);
            }
        }
        if self.fault(|faults| faults.disk) {
            self.full_until = self.now + self.millis(60_000);
        }
        if self.fault(|faults| faults.crash) {
            self.crash();
        }
    }

    /// What the world learns from an event: the sessions of tasks. What somebody says of a task
    /// that is not theirs any more is not heard.
    fn note(&mut self, place: usize, state: &State) {
        let event = &self.log[place];
        let (Some(id), Some(task), Some(agent)) = (event.mission, event.task, event.agent) else {
            return;
        };
        let Some(given) = self.missions.get_mut(&id) else { return };
        let of_task = |mission: &Mission| mission.task(task).map(|task| task.state);
        if state.missions.get(&id).and_then(of_task) != Some(TaskState::Assigned(agent)) {
            return;
        }
        match &event.payload {
            Some(Payload::Session(change)) if change.step == SessionStep::Opened => {
                let session = Session { sees: change.sees, wrote: BTreeMap::new() };
                given.sessions.insert(task, session);
            }
            Some(Payload::StateChange(change)) => {
                let wrote = &mut given.sessions.entry(task).or_default().wrote;
                if let Some(ContentId::Object(text)) = change.new {
                    wrote.insert(change.resource.clone(), text);
                }
            }
            _ => {}
        }
    }

    /// The process ends, and what was not durable may be lost with it.
    pub(super) fn crash(&mut self) {
        if self.process.take().is_none() {
            return;
        }
        let kept = self.durable + self.random.below(self.log.len() - self.durable + 1);
        self.counts.crashes += 1;
        self.counts.lost += (self.log.len() - kept) as u64;
        self.log.truncate(kept);
        for branch in self.branches.values() {
            assert!(branch.event.0 <= kept as u64, "a branch is ahead of the record");
        }
        self.agenda.retain(|_, what| {
            !matches!(what, Happening::Outcome(_) | Happening::Resume(_) | Happening::Restart)
        });
        let down = [100, 10_000, 400_000, 90_000_000][self.random.below(4)];
        self.up_at = self.full_until.max(self.now + 1 + self.millis(down));
        self.happens_at(self.up_at, Happening::Restart);
    }

    /// A process takes over what is on the disk.
    fn restart(&mut self) {
        self.durable = self.log.len();
        self.state = self.rebuilt();
        // It begins no earlier than with the last event.
        let last = self.log.last().map_or(0, |event| event.time.millis());
        let ahead = i64::try_from(last).unwrap_or(0) - (BEGIN + self.now) as i64;
        self.process = Some(Process { ahead: self.ahead.max(ahead), ..Process::default() });
        self.watch.begin_anew();
        self.learn_anew();
        self.people_look();
        let open: Vec<MissionId> = self.state.open_missions().map(|it| it.id).collect();
        if self.random.below(2) == 0 {
            self.go_on_with(&open, |_| true);
        } else {
            for id in open {
                let wait = [10, 1_000, 500_000][self.random.below(3)];
                let wait = self.millis(wait);
                self.happens_in(wait, Happening::Resume(id));
            }
        }
    }

    /// What the events in the log add up to, all of them or those after a state that was kept.
    pub(super) fn rebuilt(&self) -> State {
        let mut state = State::default();
        self.log.iter().for_each(|event| apply(&mut state, event));
        if let Some(kept) = &self.kept {
            let mut later: State = serde_json::from_slice(kept).unwrap();
            let from = later.last.0 as usize;
            self.log[from..].iter().for_each(|event| apply(&mut later, event));
            assert_eq!(later, state, "a state that was kept adds up to something else");
        }
        state
    }

    /// Reads from the log what the world had noted, and gives missions again that were lost.
    fn learn_anew(&mut self) {
        let lost = |id: &MissionId| !self.state.missions.contains_key(id);
        let lost: Vec<MissionId> = self.missions.keys().copied().filter(lost).collect();
        for id in lost {
            let place = self.missions.remove(&id).map(|given| given.place).unwrap();
            self.happens_in(1_000, Happening::Give(place));
        }
        self.missions.values_mut().for_each(|given| given.sessions.clear());
        let mut state = State::default();
        for place in 0..self.log.len() {
            apply(&mut state, &self.log[place]);
            self.note(place, &state);
        }
    }

    /// Somebody goes on with a mission that was interrupted, or lifts a pause.
    fn go_on(&mut self, id: MissionId) {
        let Some(mission) = self.state.missions.get(&id) else { return };
        let (ended, paused) = (has_ended(mission), mission.paused);
        let Some(process) = &mut self.process else {
            return self.happens_later(Happening::Resume(id));
        };
        if ended {
            return;
        }
        if process.live.contains(&id) {
            if paused {
                self.tell(id, ControlStep::Resume);
            }
            return;
        }
        if process.leaving.contains(&id) {
            // Its last steps are still running. Patience with them goes on when the pause ends.
            if paused {
                self.tell(id, ControlStep::Resume);
            }
            return self.happens_in(5_000, Happening::Resume(id));
        }
        if paused {
            process.live.insert(id);
            self.tell(id, ControlStep::Resume);
        }
        self.go_on_with(&[id], |effect| mission_of(effect).is_none_or(|it| it == id));
    }

    /// Ends the work on missions for which nothing is left to do here.
    fn end_idle(&mut self) {
        let Some(process) = &self.process else { return };
        let missions = process.live.iter().chain(&process.leaving).copied();
        let idle: Vec<MissionId> = missions.filter(|id| !process.is_at_work(*id)).collect();
        for id in idle {
            let Some(process) = &self.process else { return };
            let leaving = process.leaving.contains(&id);
            let mission = &self.state.missions[&id];
            let (ended, conflict) = (has_ended(mission), mission.in_conflict());
            if !(leaving || ended || conflict || mission.paused) {
                let phase = mission.phase.name();
                assert!(mission.waits_for_others(), "{id} stands still: {phase}");
                continue;
            }
            if conflict && !leaving {
                let wait = self.millis(100_000);
                self.happens_in(wait, Happening::Settle(id));
            }
            self.leave(id);
        }
    }

    /// Ends the agents of a mission in good order. What follows for others is decided.
    fn leave(&mut self, id: MissionId) {
        let Some(process) = &mut self.process else { return };
        process.live.remove(&id);
        process.leaving.remove(&id);
        let (ours, others) = process.hired.iter().partition(|(mission, _)| *mission == id);
        let ours: BTreeSet<(MissionId, AgentId)> = ours;
        process.hired = others;
        let gone = ours.into_iter().map(|(_, agent)| {
            let change = LifecycleChange {
                old_state: "draining".into(),
                new_state: "terminated".into(),
                reason: "the mission stopped".into(),
            };
            Draft::new(Role::Coder, Payload::Lifecycle(change)).of(id).by(agent)
        });
        let gone = gone.collect();
        self.absorb_but(gone, |effect| mission_of(effect) == Some(id));
    }

    /// Goes on with missions that nobody works on, by some of what is outstanding.
    fn go_on_with(&mut self, missions: &[MissionId], wanted: impl Fn(&Effect) -> bool) {
        for id in missions {
            let Some(process) = &mut self.process else { return };
            process.live.insert(*id);
            let signal = SystemSignal {
                status: SystemStatus::Starting,
                version: "0".into(),
                note: "it goes on".into(),
            };
            self.absorb(vec![Draft::new(Role::System, Payload::System(signal)).of(*id)]);
        }
        let mut effects = Effects::new();
        resume(&self.state, &mut effects);
        effects.retain(wanted);
        let drafts = self.sort(effects);
        self.absorb(drafts.into());
    }
}
