//! The agents of a mission and the life of each.

use std::collections::BTreeMap;

use axon_domain::lifecycle::{Agent, Cold, Running};
use axon_domain::{AgentId, Draft, LifecycleChange, MissionId, Payload, Role};

/// Agents at work, by number.
#[derive(Debug)]
pub(crate) struct Roster {
    mission: MissionId,
    running: BTreeMap<AgentId, Agent<Running>>,
}

impl Roster {
    pub(crate) fn new(mission: MissionId) -> Self {
        Self { mission, running: BTreeMap::new() }
    }

    /// Brings an agent to work unless it is; gives the events of that.
    pub(crate) fn hire(&mut self, id: AgentId, role: Role) -> Vec<Draft> {
        if self.running.contains_key(&id) {
            return Vec::new();
        }
        let cold = Agent::<Cold>::define(id, role);
        let from_cold = cold.state();
        let warm = cold.load();
        let from_warm = warm.state();
        let running = warm.start();
        let drafts = vec![
            self.change(id, role, from_cold, from_warm, "its first task of the mission"),
            self.change(id, role, from_warm, running.state(), "ready"),
        ];
        self.running.insert(id, running);
        drafts
    }

    /// Brings everybody to work who speaks in these drafts and is not yet.
    pub(crate) fn hire_all(&mut self, drafts: &[Draft]) -> Vec<Draft> {
        let mut hired = Vec::new();
        for draft in drafts {
            let speaks = !matches!(draft.role, Role::System | Role::Operator);
            if let Some(agent) = draft.agent.filter(|_| speaks) {
                hired.extend(self.hire(agent, draft.role));
            }
        }
        hired
    }

    /// An agent that never answered is here no more; its end was recorded.
    pub(crate) fn forget(&mut self, id: AgentId) {
        self.running.remove(&id);
    }

    /// Ends an agent that failed; gives the event of that.
    pub(crate) fn fail(&mut self, id: AgentId, reason: &str) -> Option<Draft> {
        let agent = self.running.remove(&id)?;
        let (role, from) = (agent.role(), agent.state());
        Some(self.change(id, role, from, agent.fail().state(), reason))
    }

    /// Ends all agents in good order; gives the events of that.
    pub(crate) fn dismiss(&mut self, reason: &str) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (id, agent) in std::mem::take(&mut self.running) {
            let (role, from) = (agent.role(), agent.state());
            let draining = agent.drain();
            let between = draining.state();
            drafts.push(self.change(id, role, from, between, reason));
            let gone = draining.terminate();
            drafts.push(self.change(id, role, between, gone.state(), reason));
        }
        drafts
    }

    fn change(&self, id: AgentId, role: Role, old: &str, new: &str, reason: &str) -> Draft {
        let change = LifecycleChange {
            old_state: old.to_owned(),
            new_state: new.to_owned(),
            reason: reason.to_owned(),
        };
        Draft::new(role, Payload::Lifecycle(change)).of(self.mission).by(id)
    }
}
