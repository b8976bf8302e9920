//! The agents of a mission as they are named and shown.

use std::collections::BTreeMap;

use axon_domain::{AgentId, Event, Holder, MissionId, Payload, Receiver, Role, TaskStatus};

/// An agent.
#[derive(Debug, Clone)]
pub(crate) struct AgentLine {
    pub(crate) role: Role,
    /// Whether it is at work.
    pub(crate) running: bool,
    /// Whether it failed before.
    pub(crate) failed: bool,
    /// What it said or announced last.
    pub(crate) doing: String,
    /// Since when it has its task, in milliseconds of the ledger's clock.
    pub(crate) since: u64,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roster {
    agents: BTreeMap<AgentId, AgentLine>,
}

impl Roster {
    pub(crate) fn take(&mut self, event: &Event) {
        if matches!(event.payload, Some(Payload::System(_))) {
            // Another process goes on with the mission; its agents are new ones.
            self.agents.values_mut().for_each(|one| one.running = false);
        }
        let Some(id) = event.agent else { return };
        // A task is given by the supervisor, to a coder; a violation is found by the system.
        let own = !matches!(event.payload, Some(Payload::Task(_)))
            && !matches!(event.role, Role::System | Role::Operator);
        let fresh = AgentLine {
            role: if own { event.role } else { Role::Coder },
            running: true,
            failed: false,
            doing: String::new(),
            since: event.time.millis(),
        };
        let one = self.agents.entry(id).or_insert(fresh);
        if own {
            one.role = event.role;
        }
        match &event.payload {
            Some(Payload::Lifecycle(change)) => {
                one.running = !matches!(change.new_state.as_str(), "failed" | "terminated");
                one.failed |= change.new_state == "failed";
            }
            Some(Payload::Task(change)) if change.status == TaskStatus::Assigned => {
                one.since = event.time.millis();
                one.doing.clear();
            }
            Some(Payload::Message(message)) => one.doing.clone_from(&message.content),
            Some(Payload::PeerIntent(intent)) => one.doing.clone_from(&intent.note),
            _ => {}
        }
    }

    /// An agent that is known before it does anything.
    pub(crate) fn introduce(&mut self, id: AgentId, role: Role) {
        let (doing, since) = (String::new(), 0);
        let one = AgentLine { role, running: false, failed: false, doing, since };
        self.agents.entry(id).or_insert(one);
    }

    pub(crate) fn get(&self, id: AgentId) -> Option<&AgentLine> {
        self.agents.get(&id)
    }

    /// Those at work in a role, by number.
    pub(crate) fn at_work(&self, role: Role) -> impl Iterator<Item = (AgentId, &AgentLine)> {
        let wanted = move |(_, one): &(&AgentId, &AgentLine)| one.role == role && one.running;
        self.agents.iter().filter(wanted).map(|(id, one)| (*id, one))
    }

    /// `coder 4`.
    pub(crate) fn name(&self, id: AgentId) -> String {
        match self.agents.get(&id) {
            Some(one) => format!("{} {id}", one.role),
            None => format!("agent {id}"),
        }
    }

    /// Who did what an event says: an agent, or a role that has none (a person, the system).
    pub(crate) fn who(&self, event: &Event) -> String {
        event.agent.map_or_else(|| event.role.to_string(), |id| self.name(id))
    }

    /// Whom a message is for.
    pub(crate) fn receiver(&self, receiver: &Receiver) -> String {
        match receiver {
            Receiver::Agent(id) => self.name(*id),
            Receiver::Other { mission, agent } => format!("agent {agent} of {mission}"),
            Receiver::Capability(name) => format!("whoever can {name}"),
            Receiver::Topic(topic) => topic.clone(),
            Receiver::Everyone => "everyone".to_owned(),
        }
    }

    /// Who holds a lock or waits for one, seen from a mission.
    pub(crate) fn holder(&self, holder: &Holder, ours: Option<MissionId>) -> String {
        match holder {
            Holder::Agent { mission, agent, .. } if Some(*mission) == ours => self.name(*agent),
            Holder::Agent { mission, .. } => mission.to_string(),
            Holder::Person(_) | Holder::Session(_) => holder.to_string(),
        }
    }
}
