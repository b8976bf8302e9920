//! What is claimed before it is touched.

use axon_domain::{
    AgentId, Draft, Holder, LockChange, LockRequest, LockStep, Payload, PeerIntent, Role, Seq,
    TaskId,
};

use crate::effect::{Effect, Effects};
use crate::locks::Locks;
use crate::state::{Agents, Mission};

/// Whether a mission has all that it claims as a whole.
pub(crate) fn holds_all(mission: &Mission, locks: &Locks) -> bool {
    let holder = mission.holder();
    mission.claims.iter().all(|claim| {
        locks.grant(&claim.entity, &holder).is_some_and(|grant| grant.mode >= claim.mode)
    })
}

/// Asks for the first thing that a mission claims and neither has nor waits for. One after the
/// other: whoever takes locks in the order of their entities is part of no circle.
pub(crate) fn claim_next(mission: &Mission, locks: &Locks, cause: Seq, effects: &mut Effects) {
    let holder = mission.holder();
    for claim in &mission.claims {
        if locks.wait(&claim.entity, &holder).is_some() {
            return;
        }
        let has = locks.grant(&claim.entity, &holder).is_some_and(|it| it.mode >= claim.mode);
        if !has {
            let request = LockRequest::new(claim.entity.clone(), claim.mode);
            let draft = want(&holder, request, cause).by(Agents::supervisor());
            effects.push(Effect::Record(Draft { role: Role::Supervisor, ..draft }.of(mission.id)));
            return;
        }
    }
}

/// A coder announces a task and claims its file; then it works, or waits.
pub(crate) fn want_task(
    mission: &Mission,
    id: TaskId,
    agent: AgentId,
    cause: Seq,
    effects: &mut Effects,
) {
    let Some(task) = mission.task(id) else { return };
    let Some(claim) = task.claim() else {
        return effects.push(Effect::Work { mission: mission.id, task: id, agent });
    };
    let holder = mission.task_holder(id, agent);
    let intent = PeerIntent {
        claims: alloc::vec![claim.clone()],
        priority: LockRequest::PRIORITY,
        note: task.title.clone(),
    };
    let request =
        LockRequest { attempt: task.attempts, ..LockRequest::new(claim.entity, claim.mode) };
    let intent = Draft::new(Role::Coder, Payload::PeerIntent(intent)).after(cause);
    for draft in [intent, want(&holder, request, cause)] {
        effects.push(Effect::Record(draft.of(mission.id).task(id).by(agent)));
    }
}

fn want(holder: &Holder, request: LockRequest, cause: Seq) -> Draft {
    let change = LockChange { holder: holder.clone(), step: LockStep::Wanted(request) };
    Draft::new(Role::Coder, Payload::Lock(change)).after(cause)
}
