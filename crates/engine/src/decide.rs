//! What happens next.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use axon_domain::{
    Code, CommitRecord, CommitStep, Decision, Draft, Event, Grants, MergeRecord, MissionEnd,
    Outcome, Payload, PlanAcceptance, Reflex, ReflexVerdict, Role, Seq, TaskChange, TaskStatus,
};

use crate::effect::{Effect, Effects};
use crate::plan::{PlanFault, check_plan};
use crate::state::{Agents, Mission, Phase, State, Task, TaskState};

/// What follows from an event that was just applied to `state`.
pub fn decide(state: &State, event: &Event, effects: &mut Effects) {
    crate::locks::decide(state, event, effects);
    let Some(mission) = event.mission.and_then(|id| state.missions.get(&id)) else { return };
    if mission.phase == Phase::Ended || crate::control::decide(state, mission, event, effects) {
        return;
    }
    match &event.payload {
        Some(Payload::MissionGiven(_)) if mission.given == event.seq => {
            advance(state, mission, effects);
        }
        // What changed nothing, because it was said before or comes too late, has no consequence
        // either: what there is to do is being done.
        Some(Payload::Task(change)) if mission.last_step == event.seq => {
            follow_task(state, mission, event, change, effects);
        }
        Some(
            Payload::PlanProposed(_)
            | Payload::PlanAccepted(_)
            | Payload::Reflex(_)
            | Payload::Merge(_)
            | Payload::Commit(_)
            | Payload::Decision(_),
        ) if mission.last_step == event.seq => {
            advance(state, mission, effects);
        }
        Some(Payload::Conflict(_)) => crate::conflicts::decide(state, mission, event, effects),
        _ => {}
    }
    crate::swarm::decide(state, mission, event, effects);
}

/// What is outstanding in every open mission when a process takes over a ledger. Steps that
/// finished are not done again; steps that were begun and whose outcome is not recorded are.
pub fn resume(state: &State, effects: &mut Effects) {
    crate::locks::resume(state, effects);
    for mission in state.open_missions() {
        if !crate::control::held(mission, effects) {
            outstanding(state, mission, effects);
        }
    }
}

/// What was begun in a mission and has no outcome, and what follows from what has one.
pub(crate) fn outstanding(state: &State, mission: &Mission, effects: &mut Effects) {
    crate::swarm::resume(state, mission, effects);
    if mission.phase != Phase::Claiming {
        advance(state, mission, effects);
    }
}

/// The step that a phase consists of.
pub(crate) fn advance(state: &State, mission: &Mission, effects: &mut Effects) {
    let effect = match mission.phase {
        Phase::Scouting => {
            let missing = (0..mission.shares()).filter(|it| !mission.scouted.contains_key(it));
            return effects
                .extend(missing.map(|share| Effect::Scout { mission: mission.id, share }));
        }
        Phase::Planning => Effect::Plan(mission.id),
        Phase::Claiming => {
            return crate::swarm::claim_next(mission, &state.locks, mission.last_step, effects);
        }
        Phase::Merging => Effect::Merge(mission.id),
        Phase::Checking => Effect::Check(mission.id),
        Phase::CheckingBase => Effect::CheckBase(mission.id),
        Phase::Halving => {
            effects.push(Effect::Record(take_back(mission)));
            Effect::Record(tell_halving(mission))
        }
        Phase::Reviewing => Effect::Review(mission.id),
        Phase::Hooks => Effect::Hook(mission.id),
        Phase::Committing => Effect::Commit(mission.id),
        Phase::Accepted => Effect::Record(draft(
            mission,
            mission.last_step,
            Payload::Commit(CommitRecord {
                step: CommitStep::Wanted,
                branch: mission.spec.as_ref().map_or_else(String::new, |spec| spec.branch.clone()),
                commit: None,
                message: None,
            }),
        )),
        Phase::Committed => Effect::Record(end_well(mission)),
        Phase::Proposed => Effect::Record(answer_plan(mission)),
        Phase::Rejected => Effect::Record(reject(mission)),
        Phase::Working => return crate::swarm::assign(state, mission, effects),
        Phase::Conflicted | Phase::Ended => return,
    };
    effects.push(effect);
}

fn answer_plan(mission: &Mission) -> Draft {
    let cause = mission.last_step;
    let grants = mission.spec.as_ref().map_or_else(Grants::none, |spec| spec.grants.clone());
    let tasks = mission.proposal.as_ref().map_or(&[][..], |plan| &plan.tasks);
    match check_plan(tasks, &grants) {
        Ok(()) => {
            let tasks = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
            draft(mission, cause, Payload::PlanAccepted(PlanAcceptance { tasks }))
        }
        Err(fault) => {
            let code = match fault {
                PlanFault::Empty => Code::NothingToDo,
                PlanFault::NotGranted { .. } => Code::NotGranted,
                _ => Code::Bug,
            };
            end(mission, cause, Outcome::Refused, code, fault.to_string())
        }
    }
}

fn follow_task(
    state: &State,
    mission: &Mission,
    event: &Event,
    change: &TaskChange,
    effects: &mut Effects,
) {
    let Some(id) = event.task else { return };
    match (change.status, mission.task(id).map(|task| task.state)) {
        (TaskStatus::Assigned, Some(TaskState::Assigned(agent))) => {
            crate::swarm::want_task(mission, id, agent, event.seq, effects);
        }
        (TaskStatus::Assigned, _) => {}
        (TaskStatus::Done | TaskStatus::Failed, _) => advance(state, mission, effects),
    }
}

/// The mission's tree without the part that was tried.
fn take_back(mission: &Mission) -> Draft {
    let merge = MergeRecord {
        changes: mission.accepted.changes,
        files: mission.accepted.files,
        wave: mission.wave.number,
        tasks: 0,
    };
    draft(mission, mission.last_step, Payload::Merge(merge))
}

/// Says which part of a wave is tried next, and what is left out.
fn tell_halving(mission: &Mission) -> Draft {
    let behind = mission.behind(&mission.wave.left_out);
    let out =
        |task: &&Task| mission.wave.left_out.contains(&task.group) || behind.contains(&task.group);
    let left_out: Vec<&Task> = mission.tasks.iter().filter(out).collect();
    let paths = paths(&left_out);
    let next = match mission.wave.next {
        Some(Phase::Merging) => match mission.part().len() {
            1 => "try 1 task on its own".to_string(),
            more => format!("try {more} tasks on their own"),
        },
        _ => String::new(),
    };
    let chosen = match (paths.is_empty(), next.is_empty()) {
        (true, _) => next,
        (false, true) => format!("leave out {}", several(&paths)),
        (false, false) => format!("leave out {}; {next}", several(&paths)),
    };
    let passed = mission.check.as_ref().is_some_and(|check| check.passed == Some(true));
    let why = |task: &&Task| {
        let why = match task.group {
            group if behind.contains(&group) => BEHIND,
            group if mission.accepted.untried.contains(&group) => UNTRIED,
            _ => FAILS,
        };
        format!("{}: {why}", task.path)
    };
    let decision = Decision {
        trigger: "which tasks break the check".to_string(),
        rationale: "the check passes without them and fails with all of them; halves are tried \
                    until those that break it are known"
            .to_string(),
        chosen,
        rejected: left_out.iter().map(why).collect(),
        evidence: vec![format!(
            "event {}: the check {}",
            mission.wave.checked,
            if passed { "passes" } else { "does not pass" }
        )],
        details: None,
    };
    draft(mission, mission.last_step, Payload::Decision(decision))
}

/// Why a task is left out.
const FAILS: &str = "the check does not pass with it";
const UNTRIED: &str = "not tried on its own, the check had run often enough";
const BEHIND: &str = "it builds on what is left out";

/// The files of tasks, each once.
fn paths(tasks: &[&Task]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::with_capacity(tasks.len());
    let mut seen = BTreeSet::new();
    paths.extend(tasks.iter().filter(|task| seen.insert(&task.path)).map(|it| it.path.clone()));
    paths
}

/// Some of a list, for one line.
fn several(paths: &[String]) -> String {
    match paths {
        [first, .., last] if paths.len() > 3 => format!("{first} … {last} ({} files)", paths.len()),
        _ => paths.join(", "),
    }
}

fn reject(mission: &Mission) -> Draft {
    let (code, reason) = match &mission.rejection {
        Some(verdict) if matches!(verdict.reflex, Reflex::Check | Reflex::BaseCheck) => {
            if let Some(stopped) = mission.check.as_ref().filter(|check| check.stopped()) {
                let stop = first_line(stopped);
                let reason = format!("the check passes without the change, and with it is {stop}");
                return end_with(mission, Outcome::Failed, Code::CheckFailed, reason, LIMIT_HINT);
            }
            (Code::CheckFailed, "the check passes without the change and fails with it".to_string())
        }
        Some(verdict) if verdict.reflex == Reflex::Hook => {
            let reason =
                format!("the hook {} rejects the commit: {}", verdict.subject, first_line(verdict));
            return end_with(mission, Outcome::Failed, Code::HookFailed, reason, HOOK_HINT);
        }
        Some(verdict) => (Code::ReviewFailed, verdict.note.clone()),
        None => match mission.tasks.iter().find(|task| task.state == TaskState::Failed) {
            Some(task) => (Code::SyntaxBroken, format!("{}: {}", task.path, task.note)),
            None => (Code::ReviewFailed, String::new()),
        },
    };
    end(mission, mission.last_step, Outcome::Failed, code, reason)
}

/// What can be done about a check that was stopped.
const LIMIT_HINT: &str = "raise the limit, or give a narrower check with --check";

/// What can be done about a hook that rejects the commit.
const HOOK_HINT: &str = "correct what it names, or leave the hooks out: axon run --no-verify";

fn first_line(verdict: &ReflexVerdict) -> &str {
    verdict.note.lines().next().unwrap_or("stopped")
}

fn end_well(mission: &Mission) -> Draft {
    if let Some(draft) = end_in_part(mission) {
        return draft;
    }
    let outcome = if mission.proven { Outcome::Done } else { Outcome::DoneUnproven };
    let reason = match (&mission.check, &mission.base_check) {
        _ if mission.proven => "the check passes".to_string(),
        (Some(check), _) if check.stopped() => {
            let reason = format!("the check was {}", first_line(check));
            return end_with(mission, outcome, Code::LimitReached, reason, LIMIT_HINT);
        }
        (_, Some(base)) if base.stopped() => {
            let reason =
                format!("the check fails, and without the change was {}", first_line(base));
            return end_with(mission, outcome, Code::LimitReached, reason, LIMIT_HINT);
        }
        (_, Some(_)) => "the check fails without the change too".to_string(),
        (Some(check), None) => first_line(check).to_string(),
        (None, None) if mission.spec.is_some() => "no check was wanted (--no-check)".to_string(),
        (None, None) => "no check proved it".to_string(),
    };
    let end = MissionEnd { outcome, code: None, reason, hint: None };
    draft(mission, mission.last_step, Payload::MissionEnded(end))
}

/// The end of a mission that had to leave tasks out.
fn end_in_part(mission: &Mission) -> Option<Draft> {
    let out: Vec<&Task> = mission
        .tasks
        .iter()
        .filter(|task| matches!(task.state, TaskState::Failed | TaskState::Dropped))
        .collect();
    if out.is_empty() {
        return None;
    }
    let paths = paths(&out);
    let untried = out.iter().filter(|task| mission.accepted.untried.contains(&task.group)).count();
    let groups: Vec<u32> = out.iter().map(|task| task.group).collect();
    let behind = mission.behind(&groups);
    let behind = out.iter().filter(|task| behind.contains(&task.group)).count();
    let (code, why) = match &mission.rejection {
        _ if untried > 0 => (
            Code::CheckFailed,
            format!("the check does not pass with all of them; {untried} not tried on their own"),
        ),
        Some(_) if out.len() - behind == 1 => (Code::CheckFailed, FAILS.to_string()),
        Some(_) => (Code::CheckFailed, "the check does not pass with them".to_string()),
        None => (Code::SyntaxBroken, "an edit did not parse".to_string()),
    };
    let behind = match behind {
        0 => String::new(),
        1 => "; 1 builds on that".to_string(),
        more => format!("; {more} build on that"),
    };
    let rest = if mission.proven { "" } else { "; no check proved the rest" };
    let all = mission.tasks.len();
    let reason =
        format!("{} of {all} tasks left out ({}): {why}{behind}{rest}", out.len(), several(&paths));
    Some(end_with(mission, Outcome::DoneInPart, code, reason, "axon show says what was tried"))
}

fn end_with(mission: &Mission, outcome: Outcome, code: Code, reason: String, hint: &str) -> Draft {
    let (code, hint) = (Some(code.name().to_string()), Some(hint.to_string()));
    let end = MissionEnd { outcome, code, reason, hint };
    draft(mission, mission.last_step, Payload::MissionEnded(end))
}

fn end(mission: &Mission, cause: Seq, outcome: Outcome, code: Code, reason: String) -> Draft {
    let end = MissionEnd { outcome, code: Some(code.name().to_string()), reason, hint: None };
    draft(mission, cause, Payload::MissionEnded(end))
}

/// The engine speaks as the supervisor of the mission.
pub(crate) fn draft(mission: &Mission, cause: Seq, payload: Payload) -> Draft {
    let draft = Draft::new(Role::Supervisor, payload).of(mission.id).after(cause);
    match axon_domain::AgentId::new(Agents::SUPERVISOR) {
        Some(agent) => draft.by(agent),
        None => draft,
    }
}
