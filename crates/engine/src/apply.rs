//! The only thing that changes a state.

use axon_domain::{
    CommitRecord, CommitStep, Event, Kind, MissionEnd, Outcome, Payload, PlanProposal, Reflex,
    ReflexVerdict, TaskChange, TaskStatus,
};

use crate::state::{Mission, Phase, State, Task, TaskState, task_id};

/// Adds one event to a state. Total: events about missions that are not there, of steps
/// that make no sense, or whose payload was erased leave the state sound.
pub fn apply(state: &mut State, event: &Event) {
    state.last = state.last.max(event.seq);
    crate::locks::apply(state, event);
    let Some(id) = event.mission else { return };
    if event.kind == Kind::MissionGiven {
        state.missions.entry(id).or_insert_with(|| Mission::new(id, event.seq, event.time));
    }
    let Some(mission) = state.missions.get_mut(&id) else { return };
    match &event.payload {
        Some(payload) => apply_payload(mission, event, payload),
        None => apply_erased(mission, event),
    }
}

fn apply_payload(mission: &mut Mission, event: &Event, payload: &Payload) {
    match payload {
        Payload::MissionGiven(spec) if mission.given == event.seq => {
            mission.spec = Some((**spec).clone());
        }
        Payload::PlanProposed(plan) => propose(mission, event, plan),
        Payload::PlanAccepted(_) if mission.phase == Phase::Proposed => {
            mission.phase = Phase::Working;
            mission.proposal = None;
            mission.last_step = event.seq;
        }
        Payload::Task(change) => change_task(mission, event, change),
        Payload::Merge(merge) if mission.phase == Phase::Merging => {
            mission.changes = Some(merge.changes);
            mission.files = merge.files;
            mission.last_step = event.seq;
            mission.phase = if mission.wants_check() { Phase::Checking } else { Phase::Reviewing };
        }
        Payload::Reflex(verdict) => judge(mission, event, verdict),
        Payload::Commit(commit) => change_commit(mission, event, commit),
        Payload::MissionEnded(end) => finish(mission, event, end.clone()),
        Payload::MissionGiven(_)
        | Payload::PlanAccepted(_)
        | Payload::Merge(_)
        | Payload::Decision(_)
        | Payload::StateChange(_)
        | Payload::System(_)
        | Payload::Lifecycle(_)
        | Payload::Session(_)
        | Payload::Policy(_)
        | Payload::ToolCall(_)
        | Payload::Lock(_) => {}
    }
}

/// The kind survives erasure. A mission that lost a step's payload cannot go on from it, but
/// one that ended has ended.
fn apply_erased(mission: &mut Mission, event: &Event) {
    if event.kind == Kind::MissionEnded {
        let end = MissionEnd {
            outcome: if mission.commit.is_some() { Outcome::DoneUnproven } else { Outcome::Failed },
            code: None,
            reason: "(erased)".into(),
            hint: None,
        };
        finish(mission, event, end);
    }
}

fn propose(mission: &mut Mission, event: &Event, plan: &PlanProposal) {
    if mission.phase != Phase::Planning {
        return;
    }
    mission.phase = Phase::Proposed;
    mission.proposal = Some(plan.clone());
    mission.plan = Some(event.seq);
    mission.last_step = event.seq;
    mission.report = Some(plan.report);
    mission.sites = plan.sites;
    mission.mentions = plan.mentions;
    mission.tasks = plan
        .tasks
        .iter()
        .map(|spec| Task {
            title: spec.title.clone(),
            path: spec.path.clone(),
            edits: spec.edits,
            state: TaskState::Waiting,
            note: alloc::string::String::new(),
            waits_for: u32::try_from(spec.after.len()).unwrap_or(u32::MAX),
            unblocks: alloc::vec::Vec::new(),
        })
        .collect();
    for (place, spec) in plan.tasks.iter().enumerate() {
        let id = task_id(place);
        if spec.after.is_empty() {
            mission.ready.insert(id);
        }
        for other in &spec.after {
            if let Some(other) = mission.task_mut(*other) {
                other.unblocks.push(id);
            }
        }
    }
}

fn change_task(mission: &mut Mission, event: &Event, change: &TaskChange) {
    let Some(id) = event.task else { return };
    if mission.phase != Phase::Working {
        return;
    }
    let Some(task) = mission.task_mut(id) else { return };
    match (task.state, change.status) {
        (TaskState::Waiting | TaskState::Assigned(_), TaskStatus::Assigned) => {
            let Some(agent) = event.agent else { return };
            task.state = TaskState::Assigned(agent);
            mission.ready.remove(&id);
            mission.working.retain(|_, other| *other != id);
            mission.working.insert(agent, id);
        }
        (TaskState::Assigned(agent), TaskStatus::Done) => {
            task.state = TaskState::Done;
            let unblocks = core::mem::take(&mut task.unblocks);
            mission.working.remove(&agent);
            mission.done += 1;
            for next in unblocks {
                unblock(mission, next);
            }
            if usize::try_from(mission.done).is_ok_and(|done| done == mission.tasks.len()) {
                mission.phase = Phase::Merging;
            }
        }
        (TaskState::Assigned(agent), TaskStatus::Failed) => {
            task.state = TaskState::Failed;
            task.note.clone_from(&change.note);
            mission.working.remove(&agent);
            mission.failed += 1;
        }
        _ => return,
    }
    mission.last_step = event.seq;
}

fn unblock(mission: &mut Mission, id: axon_domain::TaskId) {
    let Some(task) = mission.task_mut(id) else { return };
    task.waits_for = task.waits_for.saturating_sub(1);
    if task.waits_for == 0 && task.state == TaskState::Waiting {
        mission.ready.insert(id);
    }
}

fn judge(mission: &mut Mission, event: &Event, verdict: &ReflexVerdict) {
    mission.phase = match (mission.phase, verdict.reflex, verdict.passed) {
        (Phase::Checking, Reflex::Check, passed) => {
            mission.check = Some(verdict.clone());
            mission.proven = passed == Some(true);
            if passed == Some(false) || verdict.stopped() {
                Phase::CheckingBase
            } else {
                Phase::Reviewing
            }
        }
        // What passes neither with nor without the change proves nothing either way.
        (Phase::CheckingBase, Reflex::BaseCheck, Some(false) | None) => Phase::Reviewing,
        (Phase::Reviewing, Reflex::Review, Some(true) | None) => Phase::Accepted,
        (Phase::CheckingBase, Reflex::BaseCheck, Some(true))
        | (Phase::Reviewing, Reflex::Review, Some(false)) => {
            mission.rejection = Some(verdict.clone());
            Phase::Rejected
        }
        _ => return,
    };
    if verdict.reflex == Reflex::BaseCheck {
        mission.base_check = Some(verdict.clone());
    }
    mission.last_step = event.seq;
}

fn change_commit(mission: &mut Mission, event: &Event, commit: &CommitRecord) {
    match commit.step {
        CommitStep::Wanted if mission.phase == Phase::Accepted => {
            mission.phase = Phase::Committing;
            mission.commit_wanted = Some(event.time);
            mission.last_step = event.seq;
        }
        CommitStep::Made if mission.phase == Phase::Committing => {
            mission.phase = Phase::Committed;
            mission.commit = commit.commit;
            mission.last_step = event.seq;
        }
        CommitStep::Applied => mission.applied = true,
        CommitStep::Discarded => mission.discarded = true,
        CommitStep::Wanted | CommitStep::Made => {}
    }
}

fn finish(mission: &mut Mission, event: &Event, end: MissionEnd) {
    if mission.phase == Phase::Ended {
        return;
    }
    mission.phase = Phase::Ended;
    mission.end = Some(end);
    mission.ended_at = Some(event.time);
    mission.proposal = None;
    mission.ready.clear();
    mission.working.clear();
}
