//! Who works on a mission: each agent's role and state, what it has, what it said and heard.

use std::collections::BTreeMap;

use axon_domain::{
    AgentId, Event, Kind, MissionId, Payload, Receiver, Result, Role, Seq, TaskId, TaskStatus,
};
use axon_engine::Mission;
use axon_ledger::{Filter, Reader};
use serde::Serialize;

use crate::axon::{Axon, no_mission};
use crate::state;

/// After a mission ended its agents are dismissed; so many events later nothing comes any more.
const FAREWELL: u64 = 1_024;

/// An agent of a mission.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentStanding {
    /// Of which mission.
    pub mission: MissionId,
    /// Its number within the mission.
    pub agent: AgentId,
    /// Its role.
    pub role: Role,
    /// Where it is in its life: `running`, `terminated`.
    pub state: String,
    /// Why it came into this state.
    pub reason: String,
    /// Since when it is in it, or has its task; in milliseconds since 1970 by the ledger's clock.
    pub since: u64,
    /// The task that it has.
    pub task: Option<TaskId>,
    /// The file of that task.
    pub path: Option<String>,
    /// How many tasks it finished.
    pub done: u32,
    /// How many messages it sent; what it announced to all its peers counts as one.
    pub sent: u32,
    /// How many messages were for it, those for everyone included. Not those for a topic or a
    /// capability, which name nobody.
    pub received: u32,
    /// How often it failed and was started again.
    pub failures: u32,
}

impl Axon {
    /// The agents of a mission, or of each that has not ended, by mission and number. Reads the
    /// events of these missions.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`] without a ledger or without this mission, and those of
    /// reading the ledger.
    pub fn agents(&self, mission: Option<MissionId>) -> Result<Vec<AgentStanding>> {
        let reader = self.ledger()?;
        let state = state::read(&reader)?;
        let Some(id) = mission else {
            let open = state.open_missions().map(|mission| agents(&reader, mission, state.last));
            let all: Vec<Vec<AgentStanding>> = open.collect::<Result<_>>()?;
            return Ok(all.into_iter().flatten().collect());
        };
        let mission = state.missions.get(&id).ok_or_else(|| no_mission(id))?;
        agents(&reader, mission, state.last)
    }
}

fn agents(reader: &Reader, mission: &Mission, last: Seq) -> Result<Vec<AgentStanding>> {
    let last = match mission.ended_at {
        Some(_) => end_of(reader, mission)?.map_or(last, |end| last.min(end)),
        None => last,
    };
    let kinds = vec![Kind::Lifecycle, Kind::Task, Kind::Message, Kind::PeerIntent];
    let filter = Filter { kinds, mission: Some(mission.id) };
    let mut roll = Roll::new(mission);
    for event in reader.events(mission.given..=last, Some(filter)) {
        roll.take(&event?);
    }
    Ok(roll.finish())
}

/// After which event nothing more comes of an ended mission's agents.
fn end_of(reader: &Reader, mission: &Mission) -> Result<Option<Seq>> {
    let filter = Filter { kinds: vec![Kind::MissionEnded], mission: Some(mission.id) };
    let end = reader.events(mission.given.., Some(filter)).next().transpose()?;
    Ok(end.map(|event| Seq(event.seq.0.saturating_add(FAREWELL))))
}

/// The agents of a mission while its events are read.
struct Roll<'a> {
    mission: &'a Mission,
    agents: BTreeMap<AgentId, Entry>,
    /// Messages for everyone.
    broadcasts: u32,
}

struct Entry {
    standing: AgentStanding,
    /// Of the messages for everyone those that were not for it: its own, and those from before
    /// its time.
    missed: u32,
}

impl<'a> Roll<'a> {
    fn new(mission: &'a Mission) -> Self {
        Self { mission, agents: BTreeMap::new(), broadcasts: 0 }
    }

    fn take(&mut self, event: &Event) {
        let Some(id) = event.agent else { return };
        let (mission, time) = (self.mission.id, event.time.millis());
        let missed = self.broadcasts;
        let standing = || AgentStanding {
            mission,
            agent: id,
            // A task is given by the supervisor, to a coder.
            role: match event.payload {
                Some(Payload::Task(_)) => Role::Coder,
                _ => event.role,
            },
            state: String::new(),
            reason: String::new(),
            since: time,
            task: None,
            path: None,
            done: 0,
            sent: 0,
            received: 0,
            failures: 0,
        };
        let fresh = || Entry { standing: standing(), missed };
        let one = &mut self.agents.entry(id).or_insert_with(fresh).standing;
        match &event.payload {
            Some(Payload::Lifecycle(change)) => {
                one.role = event.role;
                one.failures += u32::from(change.new_state == "failed");
                one.state.clone_from(&change.new_state);
                one.reason.clone_from(&change.reason);
                one.since = time;
                if change.new_state != "running" {
                    one.task = None;
                }
            }
            Some(Payload::Task(change)) => {
                one.task = event.task.filter(|_| change.status == TaskStatus::Assigned);
                one.done += u32::from(change.status == TaskStatus::Done);
                one.since = time;
            }
            Some(Payload::Message(message)) => {
                one.sent += 1;
                match message.receiver {
                    Receiver::Agent(to) => self.hear(to),
                    Receiver::Everyone => self.tell_everyone(id),
                    Receiver::Other { .. } | Receiver::Capability(_) | Receiver::Topic(_) => {}
                }
            }
            Some(Payload::PeerIntent(_)) => {
                one.sent += 1;
                self.tell_everyone(id);
            }
            _ => {}
        }
    }

    /// A message for one agent; for one that was never there it is lost.
    fn hear(&mut self, to: AgentId) {
        if let Some(one) = self.agents.get_mut(&to) {
            one.standing.received += 1;
        }
    }

    /// A message for everyone but its sender.
    fn tell_everyone(&mut self, from: AgentId) {
        self.broadcasts += 1;
        if let Some(one) = self.agents.get_mut(&from) {
            one.missed += 1;
        }
    }

    fn finish(self) -> Vec<AgentStanding> {
        let (mission, broadcasts) = (self.mission, self.broadcasts);
        let finish = |entry: Entry| {
            let mut one = entry.standing;
            one.received += broadcasts.saturating_sub(entry.missed);
            let path = |task| mission.task(task).map(|task| task.path.clone());
            one.path = one.task.and_then(path);
            one
        };
        self.agents.into_values().map(finish).collect()
    }
}
