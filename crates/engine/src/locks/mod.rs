//! The lock table of a ledger: who holds what, who waits for what, and what follows.
//!
//! The rules, all of them kept by `apply` whatever the events say:
//!
//! - An entity is held by one exclusive holder or by any number of shared ones.
//! - Who comes first is served first. A request waits behind every earlier one that it cannot
//!   share with, so a shared one waits behind a waiting exclusive one, and writers never starve.
//! - A holder may take what it has again (counted), at once. From shared to exclusive it goes
//!   when it is the only holder, before everybody who waits for the entity: they wait for its
//!   shared lock anyway. A second request of a holder that waits already changes nothing
//!   unless it is the stronger one, which then takes the place of the first at the end.
//! - A free lock is granted by the event of the request. After a wait it is granted by an event
//!   of its own, which `decide` gives when the way is free.
//! - The fencing token of a grant is the number of its event. It grows over the whole ledger
//!   without anything to be kept for locks that are free. Taking a lock again keeps the token,
//!   an upgrade gives a new one.
//! - What a task locked ends when it is done, when it fails, and when it is given to another
//!   agent; what an agent locked, when it fails or is terminated; what a mission locked through
//!   its supervisor, when it ends, whatever becomes of that agent. There is no event for each.
//!   Everything else ends by release or lease. A finished task holds nothing, because its wave
//!   comes when no coder works any more: two missions that each waited for the other's finished
//!   tasks would never get there, and no circle would show it.
//! - Nobody waits for itself in a circle: see [`Locks::deadlock_of`].

mod apply;
mod decide;
mod graph;
mod holders;
mod kept;
mod table;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    AgentId, Code, Entity, Error, Holder, LockMode, MissionId, Result, Seq, TaskId, Token,
};
use serde::{Deserialize, Serialize};

pub(crate) use apply::apply;
pub(crate) use decide::{decide, resume};
pub(crate) use decide::{expire, next_expiry};
pub use holders::Grant;
use holders::Holders;
pub(crate) use kept::Kept;

/// A place in the queue of an entity: upgrades before everything else, then by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// 0 for an upgrade, 1 for the rest.
    pub(crate) rank: u8,
    /// The event of the request.
    pub(crate) asked: Seq,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Who.
    pub holder: Holder,
    /// In which mode.
    pub mode: LockMode,
    /// The event of the request.
    pub asked: Seq,
    /// When it gives up, in milliseconds of the ledger's clock; `None` for never.
    pub deadline: Option<u64>,
    /// How long it will hold the lock at most, in milliseconds.
    pub lease: Option<u64>,
    /// 1 to 10.
    pub priority: u8,
    /// How often it was the victim of a deadlock before.
    pub attempt: u32,
}

/// Requests that could be granted, and for which `decide` gives or gave the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The event after which those from `from` could.
    pub(crate) since: Seq,
    /// Those before it were decided after earlier events.
    pub(crate) from: Place,
    /// The last one.
    pub(crate) to: Place,
}

/// Who waits for one entity.
#[derive(Debug, Clone, PartialEq, Default)]
struct Queue {
    waits: BTreeMap<Place, Wait>,
    /// The places of those that wait for an exclusive lock.
    exclusives: BTreeSet<Place>,
    offer: Option<Offer>,
}

/// One entity that is held or waited for.
#[derive(Debug, Clone, PartialEq, Default)]
struct Entry {
    holders: Holders,
    /// Only while somebody waits.
    queue: Option<Box<Queue>>,
}

/// What one holder has and wants.
#[derive(Debug, Clone, PartialEq, Default)]
struct Owner {
    held: BTreeSet<Entity>,
    waits: BTreeMap<Entity, Place>,
}

/// Every lock that is held or waited for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Locks {
    /// The last event that said something about a lock.
    last: Seq,
    entities: BTreeMap<Entity, Entry>,
    owners: BTreeMap<Holder, Owner>,
    /// Owners that are agents, by agent.
    agents: BTreeSet<(MissionId, AgentId, Option<TaskId>)>,
    /// Leases by the moment when they run out.
    leases: BTreeSet<(u64, Entity, Holder)>,
    /// Waits by the moment when they give up.
    deadlines: BTreeSet<(u64, Seq, Entity, Holder)>,
    /// Entities with an offer, by the event that it was made after.
    due: BTreeMap<Seq, BTreeSet<Entity>>,
}

impl Locks {
    /// Entities that are held or waited for, in their order.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.keys()
    }

    /// How many entities are held or waited for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether nothing is held and nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Who holds an entity, in the order of the holders.
    pub fn holders(&self, entity: &Entity) -> impl Iterator<Item = (&Holder, &Grant)> {
        self.entities.get(entity).into_iter().flat_map(|entry| entry.holders.iter())
    }

    /// Who waits for an entity, in the order in which they will have it.
    pub fn waits(&self, entity: &Entity) -> impl Iterator<Item = &Wait> {
        self.queue(entity).into_iter().flat_map(|queue| queue.waits.values())
    }

    /// The grant by which a holder has an entity.
    #[must_use]
    pub fn grant(&self, entity: &Entity, holder: &Holder) -> Option<&Grant> {
        self.entities.get(entity)?.holders.get(holder)
    }

    /// What a holder waits for an entity with.
    #[must_use]
    pub fn wait(&self, entity: &Entity, holder: &Holder) -> Option<&Wait> {
        let place = self.owners.get(holder)?.waits.get(entity)?;
        self.queue(entity)?.waits.get(place)
    }

    fn queue(&self, entity: &Entity) -> Option<&Queue> {
        self.entities.get(entity)?.queue.as_deref()
    }

    /// Everybody who holds something or waits for it.
    pub fn owners(&self) -> impl Iterator<Item = &Holder> {
        self.owners.keys()
    }

    /// What a holder has, in the order of the entities.
    pub fn held_by(&self, holder: &Holder) -> impl Iterator<Item = &Entity> {
        self.owners.get(holder).into_iter().flat_map(|owner| &owner.held)
    }

    /// What a holder waits for, in the order of the entities.
    pub fn wanted_by(&self, holder: &Holder) -> impl Iterator<Item = &Entity> {
        self.owners.get(holder).into_iter().flat_map(|owner| owner.waits.keys())
    }

    /// Whether what `holder` does to `entity` under `token` still counts. Ask in the same step
    /// as the act is recorded in: a holder that was slow may have lost the lock meanwhile.
    ///
    /// # Errors
    /// [`Code::LockLost`] where the holder has it no longer or got it anew under another token.
    pub fn check_token(&self, entity: &Entity, holder: &Holder, token: Token) -> Result<()> {
        let lost = match self.grant(entity, holder) {
            Some(grant) if grant.token == token => return Ok(()),
            Some(grant) => alloc::format!("{holder} has it under token {} now", grant.token),
            None => alloc::format!("{holder} does not hold it any more"),
        };
        Err(Error::new(Code::LockLost, alloc::format!("token {token} is stale: {lost}"))
            .at(entity.as_str())
            .hint("ask for the lock again, and read again what it protects"))
    }
}
