//! What follows among agents.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use axon_domain::{
    AgentId, Claim, Code, Draft, Event, LockStep, Message, MissionEnd, Outcome, Payload,
    Performative, Position, Receiver, Role, Seq, SessionChange, SessionId, SessionStep,
    StateChange, TaskChange, TaskId, TaskStatus, Violation, ViolationKind,
};

use super::{MOST_ATTEMPTS, MOST_CHANGES, claim_next, want_task};
use crate::authority::{self, Action, Bid, Order, Peers, Safety};
use crate::decide::{advance, draft};
use crate::effect::{Effect, Effects};
use crate::state::{Agents, Mission, Phase, State, Task, TaskState};

/// How many tasks a coder looks at to find one that no peer is at.
const LOOK_AHEAD: usize = 32;

/// What follows from an event about agents that was just applied.
pub(crate) fn decide(state: &State, mission: &Mission, event: &Event, effects: &mut Effects) {
    match &event.payload {
        Some(Payload::Lock(_)) => follow_lock(state, mission, event, effects),
        Some(Payload::PeerIntent(_)) => warn(mission, event, effects),
        Some(Payload::StateChange(change)) => judge_change(state, mission, event, change, effects),
        Some(Payload::Task(change)) if change.status == TaskStatus::Done => {
            drop_session(mission, event, effects);
        }
        Some(Payload::Lifecycle(_)) if mission.last_stumble == event.seq => {
            stumble(state, mission, event, effects);
        }
        Some(Payload::Lifecycle(_)) if mission.last_step == event.seq => {
            advance(state, mission, effects);
        }
        _ if mission.last_step == event.seq && event.agent.and_then(Agents::share).is_some() => {
            advance(state, mission, effects);
        }
        _ => {}
    }
}

/// Gives waiting tasks to free coders, lowest number first; one that a peer is at comes later.
pub(crate) fn assign(state: &State, mission: &Mission, effects: &mut Effects) {
    let mut free = mission.working.free(mission.agents()).peekable();
    if free.peek().is_none() {
        return;
    }
    // Coders beyond the pool that have a task only make this more than is needed.
    let most = (mission.agents() as usize).saturating_sub(mission.working.len()) + LOOK_AHEAD;
    let mut ready: Vec<TaskId> = mission.ready.iter().copied().take(most).collect();
    for coder in free {
        if ready.is_empty() {
            return;
        }
        let acts = |id: &TaskId| action(state, mission, *id, coder) == Action::Act;
        let Some(chosen) = ready.iter().position(acts).or_else(|| {
            // All are taken by peers: it waits in line for the first, unless it may not work.
            let waits =
                |id: &TaskId| matches!(action(state, mission, *id, coder), Action::Yield(_));
            ready.iter().position(waits)
        }) else {
            return;
        };
        let task = ready.remove(chosen);
        let change = TaskChange { status: TaskStatus::Assigned, note: String::new() };
        let cause = mission.plan.unwrap_or(mission.given);
        let assigned = draft(mission, cause, Payload::Task(change)).task(task).by(coder);
        effects.push(Effect::Record(assigned));
    }
}

/// What an agent does about a task: the hierarchy of override over its reflex, its peers and
/// its supervisor.
pub(crate) fn action(state: &State, mission: &Mission, id: TaskId, agent: AgentId) -> Action {
    let Some(task) = mission.task(id) else { return Action::Abandon };
    let bid = |agent, mission, priority| Bid { agent, mission, priority };
    let priority = axon_domain::LockRequest::PRIORITY;
    let own = bid(agent, mission.id, priority);
    let mut others = Vec::new();
    if let Some(claim) = task.claim() {
        let holders = state.locks.holders(&claim.entity).map(|(holder, _)| (holder, priority));
        let waits = state.locks.waits(&claim.entity).map(|wait| (&wait.holder, wait.priority));
        for (holder, priority) in holders.chain(waits) {
            if let axon_domain::Holder::Agent { mission, agent, .. } = holder {
                others.push(bid(*agent, *mission, priority));
            }
        }
    }
    let safety = if task.strayed.is_some() { Safety::Halt } else { Safety::Clear };
    authority::decide(safety, Peers { own, others: &others }, order(mission))
}

/// What the supervisor of a mission says.
fn order(mission: &Mission) -> Order {
    match mission.phase {
        Phase::Ended => Order::Withdrawn,
        _ if mission.is_held() => Order::Hold,
        _ => Order::Go,
    }
}

/// A coder that has what it claimed works; a mission that has what it claimed begins to.
fn follow_lock(state: &State, mission: &Mission, event: &Event, effects: &mut Effects) {
    let Some(Payload::Lock(change)) = &event.payload else { return };
    if matches!(change.step, LockStep::Renewed { .. } | LockStep::Released { .. }) {
        return;
    }
    match (mission.phase, event.task, event.agent) {
        (Phase::Claiming, None, _) => claim_next(mission, &state.locks, event.seq, effects),
        (Phase::Working, None, _) if mission.last_step == event.seq => {
            tell_of_others(state, mission, event.seq, effects);
            advance(state, mission, effects);
        }
        (Phase::Working, Some(task), Some(agent)) => {
            begin(state, mission, task, agent, event.seq, effects);
        }
        _ => {}
    }
}

/// Lets a coder work that has what it needs; one that lost it asks again.
fn begin(
    state: &State,
    mission: &Mission,
    id: TaskId,
    agent: AgentId,
    cause: Seq,
    effects: &mut Effects,
) {
    let Some(task) = mission.task(id).filter(|task| task.state == TaskState::Assigned(agent))
    else {
        return;
    };
    let holder = mission.task_holder(id, agent);
    let held = |claim: &Claim| state.locks.grant(&claim.entity, &holder).is_some();
    let waits = |claim: &Claim| state.locks.wait(&claim.entity, &holder).is_some();
    match task.claim() {
        Some(claim) if waits(&claim) => {}
        Some(claim) if !held(&claim) => want_task(mission, id, agent, cause, effects),
        _ => effects.push(Effect::Work { mission: mission.id, task: id, agent }),
    }
}

/// What coders and the mission as a whole wait for or work on when a process takes over.
pub(crate) fn resume(state: &State, mission: &Mission, effects: &mut Effects) {
    match mission.phase {
        Phase::Claiming => claim_next(mission, &state.locks, mission.last_step, effects),
        Phase::Working => {
            for (agent, task) in mission.working() {
                begin(state, mission, task, agent, mission.last_step, effects);
            }
        }
        _ => {}
    }
}

/// Says which missions changed what this one is about to change, on branches that its base does
/// not have.
fn tell_of_others(state: &State, mission: &Mission, cause: Seq, effects: &mut Effects) {
    for claim in &mission.claims {
        let unmerged = |other: &&Mission| {
            other.id != mission.id
                && mission.rebases() != Some(other.id)
                && !other.applied
                && !other.discarded
                && other.outcome().is_some_and(Outcome::has_result)
                && other.claims.iter().any(|it| it.entity == claim.entity)
        };
        let Some(other) = state.missions.values().rev().find(unmerged) else { continue };
        let (what, there, here) = (&claim.entity, other.id, mission.id);
        let content = format!(
            "{there} changed {what} on axon/{there}, and the base of {here} does not have that: \
             apply {there} first, then `axon rebase {here}`"
        );
        let message = inform(Receiver::Everyone, None, content, Vec::new());
        effects.push(Effect::Record(draft(mission, cause, message)));
    }
}

/// Peers at work answer an announcement: who uses what is about to be changed says where, and
/// who is about to change a place that follows a definition tells the one who changes that.
fn warn(mission: &Mission, event: &Event, effects: &mut Effects) {
    let (Some(id), Some(agent)) = (event.task, event.agent) else { return };
    let Some(task) = mission.task(id) else { return };
    // Of a place that follows a definition only those need to know who change that.
    let (all, few) = if task.defines {
        (Some(mission.working()), None)
    } else {
        (None, Some(mission.working.defining()))
    };
    let peers = all.into_iter().flatten().chain(few.into_iter().flatten());
    let peers = peers.filter(|(peer, _)| *peer != agent);
    let peers = peers.filter_map(|(peer, other)| Some((peer, other, mission.task(other)?)));
    // Of two, the one that announces later hears or speaks, so they speak once.
    let peers = peers.filter(|(_, _, other)| other.announced && other.group == task.group);
    for (peer, other, work) in peers {
        let said = if task.defines && !work.defines {
            uses(work, other).map(|message| (peer, other, agent, message))
        } else if work.defines && !task.defines {
            uses(task, id).map(|message| (agent, id, peer, message))
        } else {
            None
        };
        let Some((from, about, to, (content, places))) = said else { continue };
        let message = inform(Receiver::Agent(to), Some(event.seq), content, places);
        let draft = Draft::new(Role::Coder, message).of(mission.id).task(about).by(from);
        effects.push(Effect::Record(draft.after(event.seq)));
    }
}

/// `reports.py:20` uses it.
fn uses(task: &Task, id: TaskId) -> Option<(String, Vec<Position>)> {
    let place = Position { path: task.path.clone(), line: task.line? };
    let more = match task.sites {
        0 | 1 => String::new(),
        sites => format!(", and {} more in that file", sites - 1),
    };
    Some((format!("`{place}` uses it{more}; I change that in {id}"), vec![place]))
}

fn inform(
    receiver: Receiver,
    in_reply_to: Option<Seq>,
    content: String,
    places: Vec<Position>,
) -> Payload {
    Payload::Message(Message {
        performative: Performative::Inform,
        receiver,
        conversation: in_reply_to,
        in_reply_to,
        protocol: None,
        content,
        places,
        attachment: None,
    })
}

/// A change that was not announced, or one too many.
fn judge_change(
    state: &State,
    mission: &Mission,
    event: &Event,
    change: &StateChange,
    effects: &mut Effects,
) {
    let Some(task) = event.task.and_then(|id| mission.task(id)) else { return };
    let strayed = task.strayed.as_deref() == Some(change.resource.as_str());
    let looped = mission.last_step == event.seq;
    let (broken, expected, observed) = if looped {
        let expected = format!("{} is written at most {MOST_CHANGES} times", task.path);
        (ViolationKind::Loop, expected, task.note.clone())
    } else if strayed {
        let observed = format!("it wrote {}", change.resource);
        (ViolationKind::Trust, format!("it announced {}", task.path), observed)
    } else {
        return;
    };
    let violation = Payload::Violation(Violation { broken, expected, observed });
    let about = |payload| {
        let draft =
            Draft { task: event.task, agent: event.agent, ..Draft::new(Role::System, payload) };
        draft.of(mission.id).after(event.seq)
    };
    effects.push(Effect::Record(about(violation)));
    if looped {
        effects.push(Effect::Record(about(dropped(event.task))));
        advance(state, mission, effects);
    }
}

fn dropped(task: Option<TaskId>) -> Payload {
    let session = SessionId(task.map_or(0, |task| task.0));
    Payload::Session(SessionChange { session, step: SessionStep::Dropped, sees: None })
}

/// A task that says it is done and is not taken as done, because its coder broke its word.
fn drop_session(mission: &Mission, event: &Event, effects: &mut Effects) {
    let Some(task) = event.task.and_then(|id| mission.task(id)) else { return };
    let refused = matches!(task.state, TaskState::Waiting | TaskState::Failed | TaskState::Dropped);
    if refused && mission.last_step == event.seq {
        let draft = Draft { task: event.task, ..Draft::new(Role::System, dropped(event.task)) };
        effects.push(Effect::Record(draft.of(mission.id).after(event.seq)));
    }
}

/// An agent that does a step of the whole mission failed: it tries again, or the mission ends.
fn stumble(state: &State, mission: &Mission, event: &Event, effects: &mut Effects) {
    if mission.stumbles < MOST_ATTEMPTS {
        return match event.agent.and_then(Agents::share) {
            Some(share) => effects.push(Effect::Scout { mission: mission.id, share }),
            None => advance(state, mission, effects),
        };
    }
    let end = MissionEnd {
        outcome: Outcome::Failed,
        code: Some(Code::Bug.name().to_string()),
        reason: format!(
            "the {} failed {} times: {}",
            event.role, mission.stumbles, mission.stumbled
        ),
        hint: Some("please report this; axon log says what it was at".to_string()),
    };
    effects.push(Effect::Record(draft(mission, event.seq, Payload::MissionEnded(end))));
}
