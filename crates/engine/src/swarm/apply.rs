//! What events about agents make of a mission.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use axon_domain::{
    AgentId, Claim, Event, Kind, LifecycleChange, Message, ObjectId, Payload, Seq, StateChange,
    TaskId,
};

use super::{MOST_ATTEMPTS, MOST_CHANGES};
use crate::locks::Locks;
use crate::state::{Agents, Mission, Phase, TaskState};

/// Adds an event to what a mission knows of its agents. Total, as [`crate::apply`] is.
pub(crate) fn apply(mission: &mut Mission, locks: &mut Locks, event: &Event) {
    match &event.payload {
        Some(Payload::Message(message)) => hear_scout(mission, event, Some(message)),
        None if event.kind == Kind::Message => hear_scout(mission, event, None),
        Some(Payload::Lifecycle(change)) => fail_agent(mission, event, change),
        Some(Payload::StateChange(change)) => watch(mission, locks, event, change),
        Some(Payload::Lock(_)) => take(mission, locks, event),
        Some(Payload::PeerIntent(_)) => {
            if let Some(task) = event.task.and_then(|id| mission.task_mut(id)) {
                task.announced = true;
            }
        }
        _ => {}
    }
}

/// The mission, or a coder, has what it claimed: it can begin.
fn take(mission: &mut Mission, locks: &Locks, event: &Event) {
    match (mission.phase, event.task, event.agent) {
        (Phase::Claiming, ..) if super::holds_all(mission, locks) => {
            mission.phase = Phase::Working;
            mission.last_step = event.seq;
        }
        (Phase::Working, Some(id), Some(agent)) => {
            let holder = mission.task_holder(id, agent);
            let Some(task) = mission.task_mut(id) else { return };
            let claim = task.claim();
            let has = |claim: Claim| locks.grant(&claim.entity, &holder).is_some();
            if task.state == TaskState::Assigned(agent) && claim.is_some_and(has) {
                task.since.get_or_insert(event.time.millis());
            }
        }
        _ => {}
    }
}

/// A scout reports what it found in its share. Where the report was erased, that it reported is
/// all that is known.
fn hear_scout(mission: &mut Mission, event: &Event, message: Option<&Message>) {
    let Some(share) = event.agent.and_then(Agents::share) else { return };
    if mission.phase != Phase::Scouting || share >= mission.shares() {
        return;
    }
    let found: Option<ObjectId> = message.and_then(|message| message.attachment);
    mission.scouted.insert(share, found);
    if mission.scouted.len() == mission.shares() as usize {
        mission.phase = Phase::Planning;
        mission.last_step = event.seq;
    }
}

/// An agent failed: what it was at is given out again, a number of times.
fn fail_agent(mission: &mut Mission, event: &Event, change: &LifecycleChange) {
    let Some(agent) = event.agent.filter(|_| change.new_state == "failed") else { return };
    if let Some(task) = mission.working.task(agent) {
        return try_again(mission, event.seq, agent, task, &change.reason);
    }
    let of_a_step = Agents::is_of_a_step(agent);
    if of_a_step && !matches!(mission.phase, Phase::Working | Phase::Claiming | Phase::Ended) {
        // A step that was finished in between begins the count anew.
        let before = if mission.last_stumble < mission.last_step { 0 } else { mission.stumbles };
        mission.stumbles = before.saturating_add(1);
        mission.stumbled.clone_from(&change.reason);
        mission.last_stumble = event.seq;
    }
}

/// Puts a task back on the board, or gives it up with its group.
pub(crate) fn try_again(mission: &mut Mission, seq: Seq, agent: AgentId, id: TaskId, reason: &str) {
    mission.working.release(agent);
    let Some(task) = mission.task_mut(id) else { return };
    task.attempts = task.attempts.saturating_add(1);
    task.strayed = None;
    let (attempts, group) = (task.attempts, task.group);
    if mission.accepted.closed.contains(&group) {
        set(mission, id, TaskState::Dropped, String::new());
    } else if attempts >= MOST_ATTEMPTS {
        give_up(mission, id, format!("given up after {attempts} attempts: {reason}"));
    } else {
        set(mission, id, TaskState::Waiting, reason.to_string());
        mission.ready.insert(id);
    }
    mission.stand_still();
    mission.last_step = seq;
}

fn give_up(mission: &mut Mission, id: TaskId, note: String) {
    let Some(group) = mission.task(id).map(|task| task.group) else { return };
    set(mission, id, TaskState::Failed, note);
    mission.failed += 1;
    mission.close(vec![group], TaskState::Dropped);
}

fn set(mission: &mut Mission, id: TaskId, state: TaskState, note: String) {
    if let Some(task) = mission.task_mut(id) {
        task.state = state;
        task.note = note;
    }
}

/// Compares what a coder does with what it announced, and counts. Of one that goes in circles
/// nobody knows whether it ever says another word, so what it has for the task ends here.
fn watch(mission: &mut Mission, locks: &mut Locks, event: &Event, change: &StateChange) {
    let (Some(id), Some(agent)) = (event.task, event.agent) else { return };
    if mission.phase != Phase::Working {
        return;
    }
    let Some(task) = mission.task_mut(id) else { return };
    if task.state != TaskState::Assigned(agent) {
        return;
    }
    task.changes = task.changes.saturating_add(1);
    if change.resource != task.path && task.strayed.is_none() {
        task.strayed = Some(change.resource.clone());
    }
    if task.changes == MOST_CHANGES {
        let note = format!("{} was written {MOST_CHANGES} times without an end", task.path);
        mission.working.release(agent);
        locks.end_holder(&mission.task_holder(id, agent), event);
        give_up(mission, id, note);
        mission.stand_still();
        mission.last_step = event.seq;
    }
}
