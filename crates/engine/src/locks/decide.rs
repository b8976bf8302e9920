//! What follows from the table.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Bound;

use axon_domain::{
    Draft, Entity, Event, Holder, LockChange, LockRefusal, LockRequest, LockStep, Payload, Role,
    Seq, WaitLink,
};

use super::table::Moment;
use super::{Locks, Place};
use crate::effect::{Effect, Effects};
use crate::state::{Phase, State};

/// What follows from an event that was just applied: a refusal where a request could not be
/// met and does not wait, a victim where it closed a circle of waits, and the grants of
/// everything that the event freed.
pub(crate) fn decide(state: &State, event: &Event, effects: &mut Effects) {
    let locks = &state.locks;
    if let Some(Payload::Lock(change)) = &event.payload {
        match &change.step {
            LockStep::Wanted(wanted) => answer(state, event, &change.holder, wanted, effects),
            // There may be a second circle through the one that closed the first.
            LockStep::Victim(deadlock) => {
                if let Some(first) = deadlock.cycle.first() {
                    effects.extend(locks.break_deadlock(&first.holder, event.seq));
                }
            }
            _ => {}
        }
    }
    for entity in locks.due.get(&event.seq).into_iter().flatten() {
        let Some(offer) = locks.offer(entity) else { continue };
        locks.grant_all(entity, Bound::Included(offer.from), offer.to, event.seq, effects);
    }
}

fn answer(
    state: &State,
    event: &Event,
    holder: &Holder,
    wanted: &LockRequest,
    effects: &mut Effects,
) {
    let locks = &state.locks;
    let granted =
        locks.grant(&wanted.entity, holder).is_some_and(|grant| grant.mode >= wanted.mode);
    if granted || locks.wait(&wanted.entity, holder).is_some() {
        effects.extend(locks.break_deadlock(holder, event.seq));
        return;
    }
    let ended = holder
        .mission()
        .and_then(|id| state.missions.get(&id))
        .is_some_and(|mission| mission.phase == Phase::Ended);
    let reason = if ended { LockRefusal::Ended } else { LockRefusal::Busy };
    let step = LockStep::Refused { entity: wanted.entity.clone(), request: event.seq, reason };
    effects.push(Effect::Record(draft(holder, step, event.seq)));
}

/// What is outstanding when a process takes over a ledger: grants and victims that were decided
/// and not recorded.
pub(crate) fn resume(state: &State, effects: &mut Effects) {
    let locks = &state.locks;
    for (since, entities) in &locks.due {
        for entity in entities {
            let Some(offer) = locks.offer(entity) else { continue };
            locks.grant_all(entity, Bound::Unbounded, offer.to, *since, effects);
        }
    }
    // A victim may be what hides the rest of a queue, so it has to go before the next is found.
    let mut rest: Option<Locks> = None;
    while let Some(cycle) = rest.as_ref().unwrap_or(locks).any_deadlock() {
        let table = rest.get_or_insert_with(|| locks.clone());
        let Some((victim, draft)) = table.victim(cycle, locks.last) else { return };
        table.end(&victim, Moment { seq: locks.last, millis: 0 });
        effects.push(Effect::Record(draft));
    }
}

/// Leases and waits that are over at `now_millis` of the ledger's clock, as events to record,
/// the earliest first.
pub(crate) fn expire(state: &State, now_millis: u64) -> Vec<Draft> {
    let locks = &state.locks;
    let mut due = Vec::new();
    for (until, entity, holder) in &locks.leases {
        if *until > now_millis {
            break;
        }
        let Some(grant) = locks.grant(entity, holder) else { continue };
        let step = LockStep::Expired { entity: entity.clone(), token: grant.token };
        due.push((*until, draft(holder, step, grant.token.0)));
    }
    for (deadline, asked, entity, holder) in &locks.deadlines {
        if *deadline > now_millis {
            break;
        }
        let reason = LockRefusal::TimedOut;
        let step = LockStep::Refused { entity: entity.clone(), request: *asked, reason };
        due.push((*deadline, draft(holder, step, *asked)));
    }
    // Stable: at the same moment what runs out comes first.
    due.sort_by_key(|(when, _)| *when);
    due.into_iter().map(|(_, draft)| draft).collect()
}

/// The next moment at which [`expire`] has something to say, in milliseconds.
pub(crate) fn next_expiry(state: &State) -> Option<u64> {
    let lease = state.locks.leases.first().map(|(until, ..)| *until);
    let deadline = state.locks.deadlines.first().map(|(deadline, ..)| *deadline);
    lease.into_iter().chain(deadline).min()
}

impl Locks {
    fn offer(&self, entity: &Entity) -> Option<super::Offer> {
        self.queue(entity)?.offer
    }

    fn grant_all(
        &self,
        entity: &Entity,
        from: Bound<Place>,
        to: Place,
        cause: Seq,
        effects: &mut Effects,
    ) {
        let waits = self.queue(entity).map(|queue| queue.waits.range((from, Bound::Included(to))));
        for (place, wait) in waits.into_iter().flatten() {
            let step = LockStep::Granted { entity: entity.clone(), request: place.asked };
            effects.push(Effect::Record(draft(&wait.holder, step, cause).after(place.asked)));
        }
    }

    fn break_deadlock(&self, holder: &Holder, cause: Seq) -> Option<Effect> {
        let cycle = self.deadlock_of(holder)?;
        self.victim(cycle, cause).map(|(_, draft)| Effect::Record(draft))
    }

    fn victim(&self, cycle: Vec<WaitLink>, cause: Seq) -> Option<(Holder, Draft)> {
        let (victim, deadlock) = self.judge(cycle)?;
        let draft = draft(&victim, LockStep::Victim(Box::new(deadlock)), cause);
        Some((victim, draft))
    }
}

/// The lock table speaks as the system, about the mission, task and agent of the holder.
fn draft(holder: &Holder, step: LockStep, cause: Seq) -> Draft {
    let payload = Payload::Lock(LockChange { holder: holder.clone(), step });
    let draft = Draft::new(Role::System, payload).after(cause);
    match holder {
        Holder::Agent { mission, task, agent } => {
            Draft { task: *task, ..draft.of(*mission).by(*agent) }
        }
        Holder::Person(_) | Holder::Session(_) => draft,
    }
}
