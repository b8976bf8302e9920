//! What is told of a world that fails, and counted of one that does not.

use std::io::Write as _;

use axon_domain::Event;

use super::world::{Setting, World};

/// How often what happened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) results: u64,
    pub(super) faults: u64,
    pub(super) crashes: u64,
    /// Events that were lost with a process, because they were not durable.
    pub(super) lost: u64,
    /// Tasks that were given up because of their agents.
    pub(super) given_up: u64,
    /// Answers of agents that were given up before.
    pub(super) late: u64,
    /// Locks that were granted after a wait.
    pub(super) waits: u64,
    pub(super) deadlocks: u64,
    pub(super) halvings: u64,
    pub(super) waves: u64,
    pub(super) cancelled: u64,
    /// Conflicts that people settled.
    pub(super) settled: u64,
}

impl Counts {
    pub(super) fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("results", self.results),
            ("faults", self.faults),
            ("crashes", self.crashes),
            ("lost", self.lost),
            ("given up", self.given_up),
            ("late", self.late),
            ("waits", self.waits),
            ("deadlocks", self.deadlocks),
            ("halvings", self.halvings),
            ("waves", self.waves),
            ("cancelled", self.cancelled),
            ("settled", self.settled),
        ]
    }
}

/// How many of the last events are told.
const LAST: usize = 60;

/// Says from what a world was made, what happened last, and how it stands.
pub(super) fn tell(setting: &Setting, world: &World) {
    let mut text = format!("{:?}\n{:?}\n", setting.faults, setting.acts);
    for (when, script) in &setting.missions {
        text += &format!("at {when} ms: {script:?}\n");
    }
    for event in &world.log[world.log.len().saturating_sub(LAST)..] {
        text += &line(event);
    }
    for mission in world.state.open_missions() {
        let working: Vec<_> = mission.working().collect();
        let states: Vec<_> = mission.tasks.iter().map(|task| task.state).collect();
        let phase = mission.phase.name();
        text += &format!("{} is {phase}, at work {working:?}, tasks {states:?}\n", mission.id);
    }
    if let Some(process) = &world.process {
        let jobs: Vec<_> = process.jobs.values().map(|order| &order.effect).collect();
        text += &format!("live {:?}, leaving {:?}, {jobs:?}\n", process.live, process.leaving);
    }
    for ((when, _), what) in world.agenda.iter().take(5) {
        text += &format!("at {when} ms, and it is {}: {what:?}\n", world.now);
    }
    // Nothing is left to be done where even that cannot be written.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn line(event: &Event) -> String {
    let mut line = format!("{} {}", event.seq, event.time);
    let mission = event.mission.map(|it| it.to_string());
    let task = event.task.map(|it| it.to_string());
    let agent = event.agent.map(|it| format!("by {it}"));
    for word in [mission, task, agent].into_iter().flatten() {
        line = line + " " + &word;
    }
    let said: String = format!("{:?}", event.payload).chars().take(220).collect();
    line + " " + &said + "\n"
}
