//! The only thing that changes a state.

use axon_domain::{
    CommitRecord, CommitStep, Event, Kind, MissionEnd, Outcome, Payload, PlanProposal, Reflex,
    ReflexVerdict, TaskChange, TaskId, TaskStatus,
};

use crate::state::{Mission, Phase, State, Task, TaskState, task_id};

/// The kinds of events that a state is made of; those of other kinds change nothing but
/// [`State::last`].
pub const KINDS: &[Kind] = &[
    Kind::Decision,
    Kind::StateChange,
    Kind::Lifecycle,
    Kind::MissionGiven,
    Kind::MissionEnded,
    Kind::PlanProposed,
    Kind::PlanAccepted,
    Kind::Task,
    Kind::Reflex,
    Kind::Merge,
    Kind::Commit,
    Kind::Lock,
    Kind::Message,
    Kind::PeerIntent,
    Kind::Conflict,
    Kind::Control,
];

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
    crate::swarm::apply(mission, &mut state.locks, event);
}

fn apply_payload(mission: &mut Mission, event: &Event, payload: &Payload) {
    match payload {
        Payload::MissionGiven(spec) if mission.given == event.seq => {
            if spec.goal.searched_name().is_some() {
                mission.phase = Phase::Scouting;
            }
            mission.spec = Some((**spec).clone());
        }
        Payload::PlanProposed(plan) => propose(mission, event, plan),
        Payload::PlanAccepted(_) if mission.phase == Phase::Proposed => {
            let waits = !mission.claims.is_empty();
            mission.phase = if waits { Phase::Claiming } else { Phase::Working };
            mission.proposal = None;
            mission.last_step = event.seq;
        }
        Payload::Task(change) => change_task(mission, event, change),
        Payload::Merge(merge) if mission.phase == Phase::Merging => {
            mission.changes = merge.changes;
            mission.files = merge.files;
            mission.last_step = event.seq;
            if mission.wants_check() {
                mission.phase = Phase::Checking;
            } else {
                mission.keep_part();
            }
        }
        Payload::Merge(merge) if mission.in_conflict() => crate::conflicts::keep(mission, merge),
        Payload::Conflict(conflict) => crate::conflicts::apply(mission, event, conflict),
        Payload::Decision(_) => follow_halving(mission, event),
        Payload::Reflex(verdict) => judge(mission, event, verdict),
        Payload::Commit(commit) => change_commit(mission, event, commit),
        Payload::MissionEnded(end) => finish(mission, event, end.clone()),
        Payload::Control(control) => crate::control::apply(mission, event, control),
        Payload::MissionGiven(_)
        | Payload::PlanAccepted(_)
        | Payload::Merge(_)
        | Payload::StateChange(_)
        | Payload::System(_)
        | Payload::Lifecycle(_)
        | Payload::Session(_)
        | Payload::Policy(_)
        | Payload::ToolCall(_)
        | Payload::Lock(_)
        | Payload::Message(_)
        | Payload::PeerIntent(_)
        | Payload::Violation(_) => {}
    }
}

/// The kind survives erasure. A mission that lost a step's payload cannot go on from it, but
/// one that ended has ended.
fn apply_erased(mission: &mut Mission, event: &Event) {
    if event.kind == Kind::Decision {
        follow_halving(mission, event);
    }
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

/// What a verdict means for a wave is decided in the state; it goes on when that is recorded.
fn follow_halving(mission: &mut Mission, event: &Event) {
    if mission.phase == Phase::Halving
        && let Some(next) = mission.wave.next.take()
    {
        mission.phase = next;
        mission.wave.left_out.clear();
        mission.last_step = event.seq;
    }
}

fn propose(mission: &mut Mission, event: &Event, plan: &PlanProposal) {
    if !matches!(mission.phase, Phase::Scouting | Phase::Planning) {
        return;
    }
    mission.phase = Phase::Proposed;
    mission.claims.clone_from(&plan.claims);
    mission.claims.sort();
    mission.claims.dedup();
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
            group: spec.group,
            state: TaskState::Waiting,
            note: alloc::string::String::new(),
            sites: spec.sites,
            line: spec.line,
            defines: spec.defines,
            since: None,
            announced: false,
            attempts: 0,
            changes: 0,
            strayed: None,
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
    // What an agent says of a task that was taken from it does not count.
    let is_its_own = |agent| event.agent.is_none_or(|by| by == agent);
    match (task.state, change.status) {
        (TaskState::Assigned(agent), TaskStatus::Done | TaskStatus::Failed)
            if !is_its_own(agent) =>
        {
            return;
        }
        (TaskState::Waiting | TaskState::Assigned(_), TaskStatus::Assigned) => {
            let Some(agent) = event.agent else { return };
            let (before, defines) = (task.state, task.defines);
            task.state = TaskState::Assigned(agent);
            task.since = None;
            task.announced = false;
            mission.ready.remove(&id);
            if let TaskState::Assigned(other) = before
                && mission.working.task(other) == Some(id)
            {
                mission.working.release(other);
            }
            mission.working.give(agent, id, defines);
        }
        (TaskState::Assigned(agent), TaskStatus::Done) if task.strayed.is_some() => {
            let wrote = task.strayed.clone().unwrap_or_default();
            let reason = alloc::format!("it wrote {wrote}, which it had not announced");
            return crate::swarm::try_again(mission, event.seq, agent, id, &reason);
        }
        (TaskState::Assigned(agent), TaskStatus::Done) => {
            finish_task(mission, id);
            mission.working.release(agent);
            mission.stand_still();
        }
        (TaskState::Assigned(agent), TaskStatus::Failed) => {
            task.state = TaskState::Failed;
            task.note.clone_from(&change.note);
            let group = task.group;
            mission.working.release(agent);
            mission.failed += 1;
            mission.close(alloc::vec![group], TaskState::Dropped);
            mission.stand_still();
        }
        _ => return,
    }
    mission.last_step = event.seq;
}

/// Tasks of the same group may begin when this one is done; others when it is merged.
fn finish_task(mission: &mut Mission, id: TaskId) {
    let Some(group) = mission.task(id).map(|task| task.group) else { return };
    let closed = mission.accepted.closed.contains(&group);
    let Some(task) = mission.task_mut(id) else { return };
    task.state = if closed { TaskState::Dropped } else { TaskState::Done };
    if closed {
        return;
    }
    let behind = core::mem::take(&mut task.unblocks);
    mission.done += 1;
    let of_group = |id: &TaskId| mission.task(*id).is_some_and(|task| task.group == group);
    let (now, later) = behind.into_iter().partition(of_group);
    let now: alloc::vec::Vec<TaskId> = now;
    if let Some(task) = mission.task_mut(id) {
        task.unblocks = later;
    }
    now.into_iter().for_each(|id| mission.unblock(id));
}

fn judge(mission: &mut Mission, event: &Event, verdict: &ReflexVerdict) {
    if verdict.reflex == Reflex::BaseCheck && mission.phase == Phase::CheckingBase {
        mission.base_check = Some(verdict.clone());
    }
    match (mission.phase, verdict.reflex, verdict.passed) {
        (Phase::Checking, Reflex::Check, passed) => {
            mission.wave.checked = event.seq;
            judge_part(mission, verdict, passed);
        }
        (Phase::CheckingBase, Reflex::BaseCheck, Some(true)) => {
            mission.accepted.passes = true;
            mission.refuse_part(verdict);
        }
        // What passes neither with nor without the change proves nothing either way.
        (Phase::CheckingBase, Reflex::BaseCheck, Some(false) | None) => {
            mission.accepted.checkable = false;
            mission.keep_part();
        }
        (Phase::Reviewing, Reflex::Review, Some(true) | None) => {
            mission.phase = after_hooks(mission);
        }
        (Phase::Hooks, Reflex::Hook, Some(true)) => {
            mission.hooks += 1;
            mission.phase = after_hooks(mission);
        }
        // A hook that was stopped has not let the commit pass.
        (Phase::Reviewing, Reflex::Review, Some(false))
        | (Phase::Hooks, Reflex::Hook, Some(false) | None) => {
            mission.rejection = Some(verdict.clone());
            mission.phase = Phase::Rejected;
        }
        _ => return,
    }
    mission.last_step = event.seq;
}

/// The check judged a part of a wave.
fn judge_part(mission: &mut Mission, verdict: &ReflexVerdict, passed: Option<bool>) {
    mission.check = Some(verdict.clone());
    mission.wave.checks_left = mission.wave.checks_left.saturating_sub(1);
    let bad = passed == Some(false) || verdict.stopped();
    if bad && mission.accepted.passes {
        mission.refuse_part(verdict);
    } else if bad {
        mission.proven = false;
        mission.phase = Phase::CheckingBase;
    } else {
        let first = mission.accepted.tasks == 0;
        mission.proven = passed == Some(true) && (first || mission.proven);
        mission.accepted.passes = mission.proven;
        mission.accepted.checkable = passed.is_some();
        mission.keep_part();
    }
}

fn after_hooks(mission: &Mission) -> Phase {
    if mission.next_hook().is_some() { Phase::Hooks } else { Phase::Accepted }
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
        // Part of what a hook did; the step is over with its verdict.
        CommitStep::Reworded if mission.phase == Phase::Hooks => mission.message = commit.message,
        CommitStep::Applied => mission.applied = true,
        CommitStep::Discarded => mission.discarded = true,
        CommitStep::Wanted | CommitStep::Made | CommitStep::Reworded => {}
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
    mission.working.dismiss();
}
