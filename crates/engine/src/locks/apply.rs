//! What events make of the table.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use axon_domain::{
    AgentId, Event, Holder, Kind, LockChange, LockStep, MissionId, Payload, TaskId, TaskStatus,
    WaitLink,
};

use super::Locks;
use super::table::Moment;
use crate::state::{Agents, Phase, State};

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
                // Who was given the task keeps what it has; who is done with it, or failed,
                // ends nothing of whoever has the task now.
                let goes = |holder| match change.status {
                    TaskStatus::Assigned => Some(holder) != agent,
                    TaskStatus::Done | TaskStatus::Failed => agent.is_none_or(|by| by == holder),
                };
                self.end_between(mission, (Some(task), Some(task)), event, goes);
            }
            (Some(Payload::Lifecycle(change)), _, Some(agent))
                if matches!(change.new_state.as_str(), "failed" | "terminated") =>
            {
                self.end_agent(mission, agent, event);
            }
            _ => {}
        }
    }

    /// Ends everything that a holder has and wants, with an event.
    pub(crate) fn end_holder(&mut self, holder: &Holder, event: &Event) {
        self.end(holder, Moment { seq: event.seq, millis: event.time.millis() });
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
        gone.iter().for_each(|holder| self.end_holder(holder, event));
    }

    fn end_agent(&mut self, mission: MissionId, agent: AgentId, event: &Event) {
        // What the supervisor has for the whole mission is the mission's.
        let of_mission = agent == Agents::supervisor();
        let first = if of_mission { Some(TaskId(0)) } else { None };
        let range = (mission, agent, first)..=(mission, agent, Some(TaskId(u32::MAX)));
        let holders = self.agents.range(range);
        let gone: Vec<Holder> =
            holders.map(|(_, _, task)| Holder::Agent { mission, task: *task, agent }).collect();
        gone.iter().for_each(|holder| self.end_holder(holder, event));
    }
}
