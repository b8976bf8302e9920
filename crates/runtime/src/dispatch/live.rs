//! A mission that is worked on.

use std::collections::{BTreeMap, VecDeque};

use axon_domain::{AgentId, Code, Draft, Error, MissionId, Role, Seq};
use axon_engine::{Agents, Effect, Mission, PATIENCE};
use axon_sandbox::Cancel;

use super::roster::Roster;
use super::watch::{End, Told, Watcher};
use crate::effects::{Job, WorkOrder};

/// What an agent is at.
pub(super) struct Work {
    /// The number of the job.
    pub(super) number: u64,
    pub(super) effect: Effect,
    /// When it was given out, in milliseconds of the wall clock.
    pub(super) begun: u64,
}

/// What the dispatcher knows of a mission beside its state.
pub(super) struct Live {
    /// Its agents.
    pub(super) roster: Roster,
    /// Effects that wait for a worker.
    pub(super) waiting: VecDeque<Effect>,
    /// What each agent is at.
    jobs: BTreeMap<AgentId, Work>,
    /// Ends what it runs.
    pub(super) cancel: Cancel,
    /// Why no more work is given out.
    pub(super) stopped: Option<Error>,
    /// It waits until fewer missions are at work.
    pub(super) queued: bool,
    /// Another process goes on with it.
    pub(super) handed_on: bool,
    /// The mission that it was last said to wait for.
    pub(super) waits_for: Option<MissionId>,
    /// The last event when that was looked for.
    pub(super) looked_for_waits: Seq,
    watchers: Vec<Watcher>,
}

impl Live {
    pub(super) fn new(mission: MissionId, watcher: Option<Watcher>, queued: bool) -> Self {
        Self {
            roster: Roster::new(mission),
            waiting: VecDeque::new(),
            jobs: BTreeMap::new(),
            cancel: Cancel::new(),
            stopped: None,
            queued,
            handed_on: false,
            waits_for: None,
            looked_for_waits: Seq(0),
            watchers: watcher.into_iter().collect(),
        }
    }

    /// Has one more watcher.
    pub(super) fn watched_by(&mut self, watcher: Watcher) {
        self.watchers.push(watcher);
    }

    /// Whether whoever gave it is in this process.
    pub(super) fn is_given_here(&self) -> bool {
        self.watchers.iter().any(Watcher::is_here)
    }

    /// Puts an effect in the queue, unless it is there or being performed: lifting a pause
    /// decides everything that is outstanding, and some of it may never have stopped.
    pub(super) fn want(&mut self, effect: Effect) {
        let known = |other: &Effect| *other == effect;
        if !self.waiting.iter().any(known) && !self.jobs.values().any(|job| known(&job.effect)) {
            self.waiting.push_back(effect);
        }
    }

    /// Gives out no more work until somebody decides anew.
    pub(super) fn hold(&mut self) {
        self.waiting.clear();
        self.queued = false;
    }

    /// Gives out no more work, for the first reason there is.
    pub(super) fn stop(&mut self, error: Error) {
        self.hold();
        self.stopped.get_or_insert(error);
    }

    /// Leaves what is to be done to another process.
    pub(super) fn hand_on(&mut self) {
        self.hold();
        self.handed_on = true;
    }

    /// Whether nothing is to be done and nothing is being done.
    pub(super) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.waiting.is_empty() && !self.queued
    }

    /// How many jobs its agents are at.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// An agent begins a job.
    pub(super) fn begin(&mut self, agent: AgentId, job: Work) {
        self.jobs.insert(agent, job);
    }

    /// Whether an agent has been at a job for longer than anybody waits.
    pub(super) fn is_late(&self, agent: AgentId, now_millis: u64) -> bool {
        let job = self.jobs.get(&agent);
        job.is_some_and(|job| job.begun.saturating_add(PATIENCE) <= now_millis)
    }

    /// An agent comes back from a job; false if it was given up meanwhile.
    pub(super) fn finish(&mut self, agent: AgentId, job: u64) -> bool {
        let current = self.jobs.get(&agent).is_some_and(|work| work.number == job);
        if current {
            self.jobs.remove(&agent);
        }
        current
    }

    /// An agent is given up with what it is at.
    pub(super) fn forget(&mut self, agent: AgentId) {
        self.jobs.remove(&agent);
        self.roster.forget(agent);
    }

    /// Whether nothing more is to be done for it here, whatever it waits for.
    pub(super) fn is_leaving(&self) -> bool {
        self.stopped.is_some() || self.handed_on
    }

    /// Ends its agents in good order; gives the events of that.
    pub(super) fn dismiss(&mut self, paused: bool) -> Vec<Draft> {
        self.roster.dismiss(match &self.stopped {
            _ if self.handed_on => "another process goes on",
            None if paused => "paused by a person",
            None => "the mission ended",
            Some(error) if error.code() == Code::Interrupted => "interrupted by a person",
            Some(_) => "the mission stopped",
        })
    }

    /// Tells everybody who watches; false when whoever gave it in this process is gone. A
    /// question that nobody hears is answered by nobody.
    pub(super) fn tell<'t>(
        &mut self,
        told: impl Iterator<Item = &'t Told> + Clone,
        patient: bool,
    ) -> bool {
        let given_here = self.is_given_here();
        self.watchers.retain(|watcher| watcher.tell(told.clone().cloned(), patient));
        self.is_given_here() == given_here
    }

    /// Says that nothing more comes.
    pub(super) fn farewell(mut self, end: End) {
        let last = self.watchers.pop();
        for watcher in self.watchers {
            watcher.tell([Told::Ended(end.clone())], false);
        }
        if let Some(watcher) = last {
            // The only one gets the error itself.
            watcher.tell([Told::Ended(end)], false);
        }
    }
}

/// Who performs an effect, and with what; `None` where there is nothing to perform.
pub(super) fn order_of(effect: &Effect, mission: &Mission) -> Option<(AgentId, Role, Job)> {
    let spec = mission.spec.as_ref()?;
    let (agent, role) = match effect {
        Effect::Record(_) => return None,
        Effect::Work { task, agent, .. } => {
            let found = mission.task(*task)?;
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
            return Some((*agent, Role::Coder, Job::Work(Box::new(order))));
        }
        Effect::Scout { share, .. } => (Agents::searcher(*share).0.get(), Role::Scout),
        Effect::Plan(_) => (Agents::SCOUT, Role::Scout),
        Effect::Review(_) => (Agents::CRITIC, Role::Critic),
        Effect::Merge(_)
        | Effect::Check(_)
        | Effect::CheckBase(_)
        | Effect::Hook(_)
        | Effect::Commit(_) => (Agents::SUPERVISOR, Role::Supervisor),
    };
    let job = Job::Whole(Box::new((effect.clone(), mission.clone())));
    Some((AgentId::new(agent)?, role, job))
}

/// Which mission an effect belongs to.
pub(super) fn mission_of(effect: &Effect) -> Option<MissionId> {
    match effect {
        Effect::Record(draft) => draft.mission,
        Effect::Work { mission, .. } | Effect::Scout { mission, .. } => Some(*mission),
        Effect::Plan(mission)
        | Effect::Merge(mission)
        | Effect::Check(mission)
        | Effect::CheckBase(mission)
        | Effect::Review(mission)
        | Effect::Hook(mission)
        | Effect::Commit(mission) => Some(*mission),
    }
}

/// The same error, saying how the mission can go on where it does not say something better.
pub(super) fn resumable(error: Error) -> Error {
    match error.hint_text() {
        Some(hint) => {
            let hint = format!("{hint}; then `axon resume`");
            error.hint(hint)
        }
        None => error.hint("nothing that finished is lost: axon resume"),
    }
}
