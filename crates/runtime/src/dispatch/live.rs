//! A mission that is worked on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axon_domain::{AgentId, Code, Draft, Error, MissionId, Role};
use axon_engine::{Agents, Effect, Mission};
use axon_sandbox::Cancel;

use super::roster::Roster;
use super::watch::{Told, Watcher};
use crate::effects::{Job, WorkOrder};

/// What the dispatcher knows of a mission beside its state.
pub(super) struct Live {
    /// Its agents.
    pub(super) roster: Roster,
    /// Effects that wait for a worker.
    pub(super) waiting: VecDeque<Effect>,
    /// The job that each agent is at.
    jobs: BTreeMap<AgentId, u64>,
    /// Ends what it runs.
    pub(super) cancel: Cancel,
    /// Why no more work is given out.
    pub(super) stopped: Option<Error>,
    watchers: Vec<Watcher>,
}

impl Live {
    pub(super) fn new(mission: MissionId, watcher: Option<Watcher>) -> Self {
        Self {
            roster: Roster::new(mission),
            waiting: VecDeque::new(),
            jobs: BTreeMap::new(),
            cancel: Cancel::new(),
            stopped: None,
            watchers: watcher.into_iter().collect(),
        }
    }

    /// Gives out no more work, for the first reason there is.
    pub(super) fn stop(&mut self, error: Error) {
        self.waiting.clear();
        self.stopped.get_or_insert(error);
    }

    /// Whether nothing is to be done and nothing is being done.
    pub(super) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.waiting.is_empty()
    }

    /// An agent begins a job.
    pub(super) fn begin(&mut self, agent: AgentId, job: u64) {
        self.jobs.insert(agent, job);
    }

    /// An agent comes back from a job; false if it was given up meanwhile.
    pub(super) fn finish(&mut self, agent: AgentId, job: u64) -> bool {
        let current = self.jobs.get(&agent) == Some(&job);
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

    /// Ends its agents in good order; gives the events of that.
    pub(super) fn dismiss(&mut self) -> Vec<Draft> {
        self.roster.dismiss(match &self.stopped {
            None => "the mission ended",
            Some(error) if error.code() == Code::Interrupted => "interrupted by a person",
            Some(_) => "the mission stopped",
        })
    }

    /// Tells everybody who watches; false when one of them is gone. A question that nobody hears
    /// is answered by nobody.
    pub(super) fn tell(&mut self, told: &Told) -> bool {
        let watched = self.watchers.len();
        self.watchers.retain(|watcher| watcher.tell(told.clone()));
        if let Told::Ask(_, reply) = told
            && self.watchers.is_empty()
        {
            // An agent that no longer waits has ended with an error of its own.
            let _ = reply.send(None);
        }
        self.watchers.len() == watched
    }

    /// Says that nothing more comes.
    pub(super) fn farewell(mut self, error: Option<Error>) {
        let error = error.map(Arc::new);
        let last = self.watchers.pop();
        for watcher in self.watchers {
            watcher.tell(Told::Ended(error.clone()));
        }
        if let Some(watcher) = last {
            // The only one gets the error itself.
            watcher.tell(Told::Ended(error));
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

/// The error that ends every mission when one of several cannot record any more.
pub(super) fn shared(error: &Error) -> Error {
    Error::new(error.code(), error.to_string())
}
