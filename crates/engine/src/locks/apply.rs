//! What events make of the table.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use axon_domain::{
    AgentId, Event, Holder, Kind, LockChange, LockStep, MissionId, Payload, Reflex, SessionStep,
    TaskId, TaskStatus, WaitLink,
};

use super::Locks;
use super::table::Moment;
use crate::state::{Phase, State, TaskState};

/// Adds one event to the locks of a state. Total, as [`crate::apply`] is: what does not fit
/// the table changes nothing.
pub(crate) fn apply(state: &mut State, event: &Event) {
    let ended = |id| state.missions.get(&id).is_some_and(|mission| mission.phase == Phase::Ended);
    match &event.payload {
        Some(Payload::Lock(change)) => {
            let late = change.holder.mission().is_some_and(ended);
            state.locks.change(event, change, late);
        }
        _ => state.locks.end_holders(event),
    }
}

/// Ends the locks of tasks that an event settled without naming them: the others of a group
/// that failed, and those that a wave took in or left out. To be asked when the event has been
/// applied to the mission.
pub(crate) fn end_tasks(state: &mut State, event: &Event) {
    let Some(mission) = event.mission.and_then(|id| state.missions.get(&id)) else { return };
    let settles = match &event.payload {
        Some(Payload::Reflex(verdict)) => verdict.reflex != Reflex::Syntax,
        Some(Payload::Merge(_)) => true,
        Some(Payload::Task(change)) => change.status == TaskStatus::Failed,
        _ => false,
    };
    let (first, last) = match event.task {
        _ if settles => (Some(TaskId(0)), Some(TaskId(u32::MAX))),
        // A task that is done too late to be wanted.
        Some(task) if event.kind == Kind::Task => (Some(task), Some(task)),
        _ => return,
    };
    let over = |holder: &&Holder| match holder {
        Holder::Agent { task: Some(task), .. } => mission.task(*task).is_some_and(|task| {
            matches!(task.state, TaskState::Merged | TaskState::Dropped | TaskState::Failed)
        }),
        _ => false,
    };
    let from = Holder::Agent { mission: mission.id, task: first, agent: AgentId(NonZeroU64::MIN) };
    let to = Holder::Agent { mission: mission.id, task: last, agent: AgentId(NonZeroU64::MAX) };
    let owners = state.locks.owners.range(from..=to).map(|owner| owner.0);
    let gone: Vec<Holder> = owners.filter(over).cloned().collect();
    let now = Moment { seq: event.seq, millis: event.time.millis() };
    for holder in &gone {
        state.locks.end(holder, now);
    }
}

impl Locks {
    fn change(&mut self, event: &Event, change: &LockChange, late: bool) {
        // In a ledger that is always so. Tokens grow because of it.
        if event.seq <= self.last {
            return;
        }
        self.last = event.seq;
        let now = Moment { seq: event.seq, millis: event.time.millis() };
        let holder = &change.holder;
        match &change.step {
            LockStep::Wanted(_) if late => {}
            LockStep::Wanted(wanted) => self.request(holder, wanted, now),
            LockStep::Granted { entity, request } => self.grant_wait(entity, holder, *request, now),
            LockStep::Renewed { entity, token, lease } => {
                self.renew(entity, holder, *token, now.millis.saturating_add(*lease));
            }
            LockStep::Released { entity, token } => self.give_back(entity, holder, *token, now),
            LockStep::Expired { entity, token } => {
                let over = |grant: &super::Grant| {
                    grant.token == *token && grant.until.is_some_and(|until| until <= now.millis)
                };
                if self.grant(entity, holder).is_some_and(over) {
                    self.free(entity, holder, now);
                }
            }
            LockStep::Refused { entity, request, .. } => {
                if self.wait(entity, holder).is_some_and(|wait| wait.asked == *request) {
                    self.give_up(entity, holder, now);
                }
            }
            LockStep::Victim(deadlock) => {
                let waits = |link: &WaitLink| {
                    let wait = self.wait(&link.entity, holder);
                    link.holder == *holder && wait.is_some_and(|wait| wait.asked == link.request)
                };
                if deadlock.cycle.iter().any(waits) {
                    self.end(holder, now);
                }
            }
        }
    }

    /// Locks whose holder ends with an event that is about something else.
    fn end_holders(&mut self, event: &Event) {
        let Some(mission) = event.mission else { return };
        if event.kind == Kind::MissionEnded {
            return self.end_between(mission, (None, Some(TaskId(u32::MAX))), event, |_| true);
        }
        match (&event.payload, event.task, event.agent) {
            (Some(Payload::Task(change)), Some(task), agent) => {
                let whole = (Some(task), Some(task));
                match change.status {
                    TaskStatus::Failed => self.end_between(mission, whole, event, |_| true),
                    TaskStatus::Assigned => {
                        self.end_between(mission, whole, event, |holder| Some(holder) != agent);
                    }
                    TaskStatus::Done => self.finish_task(mission, task),
                }
            }
            (Some(Payload::Session(change)), Some(task), _)
                if matches!(change.step, SessionStep::Merged | SessionStep::Dropped) =>
            {
                self.end_between(mission, (Some(task), Some(task)), event, |_| true);
            }
            (Some(Payload::Lifecycle(change)), _, Some(agent))
                if matches!(change.new_state.as_str(), "failed" | "terminated") =>
            {
                self.end_agent(mission, agent, event);
            }
            _ => {}
        }
    }

    /// Ends the holders of a mission whose tasks lie in a range and whose agents are `meant`.
    fn end_between(
        &mut self,
        mission: MissionId,
        (first, last): (Option<TaskId>, Option<TaskId>),
        event: &Event,
        meant: impl Fn(AgentId) -> bool,
    ) {
        let from = Holder::Agent { mission, task: first, agent: AgentId(NonZeroU64::MIN) };
        let to = Holder::Agent { mission, task: last, agent: AgentId(NonZeroU64::MAX) };
        let is_meant = |holder: &&Holder| match holder {
            Holder::Agent { agent, .. } => meant(*agent),
            Holder::Person(_) | Holder::Session(_) => false,
        };
        let gone: Vec<Holder> =
            self.owners.range(from..=to).map(|owner| owner.0).filter(is_meant).cloned().collect();
        let now = Moment { seq: event.seq, millis: event.time.millis() };
        for holder in &gone {
            self.end(holder, now);
        }
    }

    fn finish_task(&mut self, mission: MissionId, task: TaskId) {
        let holder = |agent| Holder::Agent { mission, task: Some(task), agent: AgentId(agent) };
        let range = holder(NonZeroU64::MIN)..=holder(NonZeroU64::MAX);
        for (_, owner) in self.owners.range_mut(range) {
            owner.settled = true;
        }
    }

    fn end_agent(&mut self, mission: MissionId, agent: AgentId, event: &Event) {
        let range = (mission, agent, None)..=(mission, agent, Some(TaskId(u32::MAX)));
        let holders = self.agents.range(range);
        let holders = holders.map(|(_, _, task)| Holder::Agent { mission, task: *task, agent });
        let settled = |holder: &Holder| self.owners.get(holder).is_some_and(|owner| owner.settled);
        let gone: Vec<Holder> = holders.filter(|holder| !settled(holder)).collect();
        let now = Moment { seq: event.seq, millis: event.time.millis() };
        for holder in &gone {
            self.end(holder, now);
        }
    }
}
