//! Who holds what, who waits for it, and which circles of waits were broken.

use axon_domain::{
    Claim, Entity, Holder, Kind, LockMode, LockStep, Obstacle, Payload, Result, Seq,
};
use axon_engine::{Locks, Wait};
use axon_ledger::{Filter, Reader};
use serde::Serialize;

use crate::axon::Axon;
use crate::state;

/// In how many of the last events broken deadlocks are looked for.
const LATELY: u64 = 20_000;
/// How many of them are told at most.
const DEADLOCKS: usize = 10;

/// The lock table of a ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LockTable {
    /// Everything that is held or waited for, in the order of the entities.
    pub locks: Vec<LockEntry>,
    /// Deadlocks that were broken among the last 20,000 events, the last ones, oldest first.
    pub deadlocks: Vec<BrokenDeadlock>,
}

/// One entity that is held or waited for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LockEntry {
    /// What: `file:shop/cart.py`.
    pub entity: Entity,
    /// Who holds it.
    pub held: Vec<HeldLock>,
    /// Who waits for it, the next one first.
    pub waiting: Vec<WaitingFor>,
}

/// A lock that is held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldLock {
    /// By whom.
    pub holder: Holder,
    /// How.
    pub mode: LockMode,
    /// The fencing token: the number of the event that granted it.
    pub token: u64,
    /// How often it was taken, and has to be given back.
    pub times: u32,
    /// When its lease runs out, in milliseconds since 1970 by the ledger's clock; `None` for
    /// never.
    pub until: Option<u64>,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitingFor {
    /// Who.
    pub holder: Holder,
    /// How.
    pub mode: LockMode,
    /// The number of the event that asked.
    pub asked: u64,
    /// When it gives up, in milliseconds since 1970 by the ledger's clock; `None` for never.
    pub deadline: Option<u64>,
    /// Whom it waits for: those right before it that it cannot share with.
    pub behind: Vec<Holder>,
}

/// A deadlock that was broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BrokenDeadlock {
    /// The number of the event.
    pub seq: u64,
    /// When, in milliseconds since 1970 by the ledger's clock.
    pub at: u64,
    /// Who gave way.
    pub victim: Holder,
    /// Who waited for whom; the last one waited for the first.
    pub cycle: Vec<CycleLink>,
    /// What the victim is to try again, in this order.
    pub again: Vec<Claim>,
}

/// One wait of a deadlock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CycleLink {
    /// Who waited.
    pub holder: Holder,
    /// For what.
    pub entity: Entity,
    /// How.
    pub mode: LockMode,
    /// How the next one stood in the way.
    pub obstacle: Obstacle,
}

impl Axon {
    /// Who holds what, and who waits for whom.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`] without a ledger, and those of reading it.
    pub fn lock_table(&self) -> Result<LockTable> {
        let reader = self.ledger()?;
        let state = state::read(&reader)?;
        let locks = state.locks.entities().map(|entity| entry(&state.locks, entity)).collect();
        Ok(LockTable { locks, deadlocks: deadlocks(&reader, state.last)? })
    }
}

/// One entity of a lock table.
pub(super) fn entry(locks: &Locks, entity: &Entity) -> LockEntry {
    let held: Vec<HeldLock> = locks
        .holders(entity)
        .map(|(holder, grant)| HeldLock {
            holder: holder.clone(),
            mode: grant.mode,
            token: grant.token.0.0,
            times: grant.times,
            until: grant.until,
        })
        .collect();
    let waiting = queue(&held, locks.waits(entity));
    LockEntry { entity: entity.clone(), held, waiting }
}

/// Those who wait, each with whom it waits for. Linear in what it gives.
fn queue<'a>(held: &[HeldLock], waits: impl Iterator<Item = &'a Wait>) -> Vec<WaitingFor> {
    let mut found: Vec<WaitingFor> = Vec::new();
    // The last one that waits to write, and those after it that wait to read.
    let mut writer: Option<Holder> = None;
    let mut readers: Vec<Holder> = Vec::new();
    for wait in waits {
        let exclusive = wait.mode == LockMode::Exclusive;
        let behind = match (&writer, exclusive) {
            (_, true) if !readers.is_empty() => std::mem::take(&mut readers),
            (Some(writer), _) => vec![writer.clone()],
            (None, _) => {
                let stops = |one: &&HeldLock| {
                    one.holder != wait.holder && (exclusive || one.mode == LockMode::Exclusive)
                };
                held.iter().filter(stops).map(|one| one.holder.clone()).collect()
            }
        };
        match exclusive {
            true => writer = Some(wait.holder.clone()),
            false => readers.push(wait.holder.clone()),
        }
        found.push(WaitingFor {
            holder: wait.holder.clone(),
            mode: wait.mode,
            asked: wait.asked.0,
            deadline: wait.deadline,
            behind,
        });
    }
    found
}

/// The last deadlocks that were broken.
fn deadlocks(reader: &Reader, last: Seq) -> Result<Vec<BrokenDeadlock>> {
    let from = Seq(last.0.saturating_sub(LATELY) + 1);
    let filter = Filter { kinds: vec![Kind::Lock], mission: None };
    let mut found = std::collections::VecDeque::new();
    for event in reader.events(from..=last, Some(filter)) {
        let event = event?;
        let Some(Payload::Lock(change)) = event.payload else { continue };
        let LockStep::Victim(deadlock) = change.step else { continue };
        if found.len() == DEADLOCKS {
            found.pop_front();
        }
        let link = |link: axon_domain::WaitLink| CycleLink {
            holder: link.holder,
            entity: link.entity,
            mode: link.mode,
            obstacle: link.obstacle,
        };
        found.push_back(BrokenDeadlock {
            seq: event.seq.0,
            at: event.time.millis(),
            victim: change.holder,
            cycle: deadlock.cycle.into_iter().map(link).collect(),
            again: deadlock.again,
        });
    }
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(text: &str) -> Holder {
        text.parse().unwrap()
    }

    fn held(who: &str, mode: LockMode) -> HeldLock {
        HeldLock { holder: holder(who), mode, token: 1, times: 1, until: None }
    }

    fn wait(who: &str, mode: LockMode) -> Wait {
        Wait {
            holder: holder(who),
            mode,
            asked: Seq(2),
            deadline: None,
            lease: None,
            priority: 5,
            attempt: 0,
        }
    }

    fn behind(held: &[HeldLock], waits: &[Wait]) -> Vec<String> {
        let names =
            |all: &[Holder]| all.iter().map(Holder::to_string).collect::<Vec<_>>().join(" ");
        queue(held, waits.iter()).iter().map(|one| names(&one.behind)).collect()
    }

    #[test]
    fn who_waits_is_behind_the_nearest_ones_that_it_cannot_share_with() {
        use LockMode::{Exclusive, Shared};
        let writer = [held("m1/t1/4", Exclusive)];
        let readers = [held("m1/t1/4", Shared), held("m1/t2/5", Shared)];
        let waits = [wait("m1/t3/6", Shared), wait("m1/t4/7", Shared), wait("m1/t5/8", Exclusive)];
        let expected = ["m1/t1/4", "m1/t1/4", "m1/t3/6 m1/t4/7"];
        assert_eq!(behind(&writer, &waits), expected);
        let waits =
            [wait("m1/t5/8", Exclusive), wait("m1/t6/9", Shared), wait("person:ada", Shared)];
        assert_eq!(behind(&readers, &waits), ["m1/t1/4 m1/t2/5", "m1/t5/8", "m1/t5/8"]);
        let upgrade = [wait("m1/t1/4", Exclusive)];
        assert_eq!(behind(&readers, &upgrade), ["m1/t2/5"]);
    }
}
