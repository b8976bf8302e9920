//! Who waits for whom.
//!
//! A holder that waits for an entity waits for everybody who has it or asked for it before in a
//! mode that it cannot share. Of those, only the nearest are looked at: behind an exclusive
//! request everything before it follows from that one. So all waits of a queue together are
//! as many as its length, and a walk takes time in proportion to what it can reach.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::ops::Bound;

use axon_domain::{Claim, Deadlock, Entity, Holder, LockMode, Obstacle, Seq, WaitLink};

use super::{Locks, Place, Wait};

/// A wait between two holders, seen from one of them: the other one, what is waited for, and
/// how the one that is waited for stands in the way.
type Step<'a> = (&'a Holder, &'a Entity, Obstacle);

impl Locks {
    /// The shortest cycle of waits that goes through a holder, beginning with it.
    ///
    /// Every new wait and every immediate grant concerns one holder, and whatever they add to
    /// the graph begins or ends at it. So after each event it is enough to look for cycles
    /// through the holder of that event. Linear in what it waits for, directly and through
    /// others; at once where nobody can be waiting for it. Without recursion.
    #[must_use]
    pub fn deadlock_of(&self, holder: &Holder) -> Option<Vec<WaitLink>> {
        let (holder, owner) = self.owners.get_key_value(holder)?;
        if owner.waits.is_empty() || !self.is_waited_for(holder) {
            return None;
        }
        let mut reached: BTreeMap<&Holder, Step<'_>> = BTreeMap::new();
        let mut next = VecDeque::from([holder]);
        let mut found = Vec::new();
        while let Some(waiting) = next.pop_front() {
            found.clear();
            self.obstacles(waiting, &mut found);
            for (other, entity, obstacle) in &found {
                if *other == holder {
                    return Some(self.links(&reached, holder, (waiting, *entity, *obstacle)));
                }
                if !reached.contains_key(other) {
                    reached.insert(*other, (waiting, *entity, *obstacle));
                    next.push_back(*other);
                }
            }
        }
        None
    }

    /// Any cycle of waits. Linear in all waits.
    pub(super) fn any_deadlock(&self) -> Option<Vec<WaitLink>> {
        let mut clear = BTreeSet::new();
        for start in self.owners.keys() {
            // Depth first; the path is the stack of those whose obstacles are being looked at.
            let mut path: Vec<(&Holder, Vec<Step<'_>>)> = Vec::new();
            let mut on_path = BTreeSet::new();
            let mut enter = Some(start);
            loop {
                if let Some(holder) = enter.take() {
                    if on_path.contains(holder) {
                        return self.deadlock_of(holder);
                    }
                    if !clear.contains(holder) {
                        let mut found = Vec::new();
                        self.obstacles(holder, &mut found);
                        on_path.insert(holder);
                        path.push((holder, found));
                    }
                }
                let Some((holder, rest)) = path.last_mut() else { break };
                match rest.pop() {
                    Some((other, ..)) => enter = Some(other),
                    None => {
                        on_path.remove(*holder);
                        clear.insert(*holder);
                        path.pop();
                    }
                }
            }
        }
        None
    }

    /// Who is to give way, and what it does then: the lowest priority; then who was the victim
    /// least often; then who has fewest locks; then the highest agent number (between peers the
    /// lower one wins; a person has none); then the youngest request.
    pub(super) fn judge(&self, cycle: Vec<WaitLink>) -> Option<(Holder, Deadlock)> {
        let key = |link: &WaitLink| {
            let wait = self.wait(&link.entity, &link.holder);
            let agent = match &link.holder {
                Holder::Agent { agent, .. } => agent.0.get(),
                Holder::Person(_) | Holder::Session(_) => 0,
            };
            let held = self.owners.get(&link.holder).map_or(0, |owner| owner.held.len());
            let asked = wait.map(|wait| wait.asked);
            let (priority, attempt) = wait.map_or((0, 0), |wait| (wait.priority, wait.attempt));
            (priority, attempt, held, Reverse(agent), Reverse(asked))
        };
        let victim = cycle.iter().min_by_key(|link| key(link))?.holder.clone();
        let again = self.claims(&victim);
        Some((victim, Deadlock { cycle, again }))
    }

    /// Everything that a holder has and wants, in the order in which it is safe to take.
    fn claims(&self, holder: &Holder) -> Vec<Claim> {
        let held = self.held_by(holder).filter_map(|entity| {
            let mode = self.grant(entity, holder)?.mode;
            Some((entity.clone(), mode))
        });
        let mut claims: BTreeMap<Entity, LockMode> = held.collect();
        for entity in self.wanted_by(holder) {
            if let Some(wait) = self.wait(entity, holder) {
                let mode = claims.entry(entity.clone()).or_insert(wait.mode);
                *mode = wait.mode.max(*mode);
            }
        }
        claims.into_iter().map(|(entity, mode)| Claim { entity, mode }).collect()
    }

    /// Whether anybody could be waiting for a holder: somebody else waits for what it has, or
    /// behind it.
    fn is_waited_for(&self, holder: &Holder) -> bool {
        let Some(owner) = self.owners.get(holder) else { return false };
        let behind = |(entity, place): (&Entity, &Place)| {
            let after = (Bound::Excluded(*place), Bound::Unbounded);
            self.queue(entity).is_some_and(|queue| queue.waits.range(after).next().is_some())
        };
        // Its own upgrade does not count.
        let wanted = |entity: &Entity| {
            let own = usize::from(owner.waits.contains_key(entity));
            self.queue(entity).is_some_and(|queue| queue.waits.len() > own)
        };
        owner.waits.iter().any(behind) || owner.held.iter().any(wanted)
    }

    /// Whom a holder waits for.
    fn obstacles<'a>(&'a self, holder: &'a Holder, found: &mut Vec<Step<'a>>) {
        let waits = self.owners.get(holder).into_iter().flat_map(|owner| &owner.waits);
        for (entity, place) in waits {
            let Some(entry) = self.entities.get(entity) else { continue };
            let Some(queue) = self.queue(entity) else { continue };
            let Some(wait) = queue.waits.get(place) else { continue };
            let writer = queue.exclusives.range(..place).next_back();
            let ahead = |wait: &'a Wait| (&wait.holder, entity, Obstacle::Ahead);
            if wait.mode == LockMode::Exclusive {
                let after = writer.map_or(Bound::Unbounded, |writer| Bound::Excluded(*writer));
                let readers = queue.waits.range((after, Bound::Excluded(*place)));
                found.extend(readers.map(|(_, wait)| ahead(wait)));
            }
            if let Some(writer) = writer.and_then(|writer| queue.waits.get(writer)) {
                found.push(ahead(writer));
            } else if wait.mode == LockMode::Exclusive || entry.holders.exclusive().is_some() {
                let others = entry.holders.iter().map(|(other, _)| other);
                let others = others.filter(|other| *other != holder);
                found.extend(others.map(|other| (other, entity, Obstacle::Holds)));
            }
        }
    }

    /// The links from a holder to itself; `last` is the wait that closes the cycle.
    fn links(
        &self,
        reached: &BTreeMap<&Holder, Step<'_>>,
        holder: &Holder,
        last: Step<'_>,
    ) -> Vec<WaitLink> {
        let mut links = Vec::new();
        let mut step = Some(last);
        while let Some((from, entity, obstacle)) = step {
            let wait = self.wait(entity, from);
            let mode = wait.map_or(LockMode::Shared, |wait| wait.mode);
            let request = wait.map_or(Seq(0), |wait| wait.asked);
            let (from, entity) = (from.clone(), entity.clone());
            step = if from == *holder { None } else { reached.get(&from).copied() };
            links.push(WaitLink { holder: from, entity, mode, request, obstacle });
        }
        links.reverse();
        links
    }
}
