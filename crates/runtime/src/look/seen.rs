//! What the events that somebody watched add up to.

use axon_domain::{Event, MissionId, TaskId};
use axon_engine::{Locks, Mission, State, Task, apply};

/// What events add up to, for whoever is told them one by one. Takes any events in any order.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    state: State,
}

impl Seen {
    /// Adds one event. O(log n) for all but plans, merges and verdicts on the whole.
    pub fn take(&mut self, event: &Event) {
        apply(&mut self.state, event);
    }

    /// A mission.
    #[must_use]
    pub fn mission(&self, id: MissionId) -> Option<&Mission> {
        self.state.missions.get(&id)
    }

    /// A task of a mission.
    #[must_use]
    pub fn task(&self, mission: MissionId, task: TaskId) -> Option<&Task> {
        self.mission(mission)?.task(task)
    }

    /// Every lock that is held or waited for.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.state.locks
    }
}
