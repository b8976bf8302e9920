//! The form in which the table is kept: what cannot be told from the rest, once each.

use alloc::vec::Vec;

use axon_domain::{Entity, Holder, Seq};
use serde::{Deserialize, Serialize};

use super::{Grant, Locks, Offer, Place, Wait};

/// A table without its indexes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) last: Seq,
    pub(crate) grants: Vec<(Entity, Holder, Grant)>,
    /// With the rank in the queue.
    pub(crate) waits: Vec<(Entity, u8, Wait)>,
    pub(crate) offers: Vec<(Entity, Offer)>,
}

impl From<Locks> for Kept {
    fn from(locks: Locks) -> Self {
        let mut kept =
            Kept { last: locks.last, grants: Vec::new(), waits: Vec::new(), offers: Vec::new() };
        for (entity, entry) in locks.entities {
            for (holder, grant) in entry.holders.iter() {
                kept.grants.push((entity.clone(), holder.clone(), *grant));
            }
            let Some(queue) = entry.queue else { continue };
            for (place, wait) in queue.waits {
                kept.waits.push((entity.clone(), place.rank, wait));
            }
            kept.offers.extend(queue.offer.map(|offer| (entity, offer)));
        }
        kept
    }
}

impl From<Kept> for Locks {
    fn from(kept: Kept) -> Self {
        let mut locks = Locks { last: kept.last, ..Locks::default() };
        for (entity, holder, grant) in kept.grants {
            locks.put(&entity, &holder, grant);
        }
        for (entity, rank, wait) in kept.waits {
            let place = Place { rank, asked: wait.asked };
            locks.enqueue(&entity, place, wait);
        }
        for (entity, offer) in kept.offers {
            let queue = locks.entities.get_mut(&entity).and_then(|entry| entry.queue.as_mut());
            if let Some(queue) = queue {
                queue.offer = Some(offer);
                locks.move_offer(&entity, None, Some(offer.since));
            }
        }
        locks
    }
}
