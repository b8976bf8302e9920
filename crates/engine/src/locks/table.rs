//! How the table changes: the steps that `apply` is made of. Each takes O(log n).

use alloc::boxed::Box;
use core::ops::Bound;

use axon_domain::{Entity, Holder, LockMode, LockRequest, Seq, Token};

use super::{Entry, Grant, Locks, Offer, Owner, Place, Queue, Wait};

/// When something takes place: the event and its time in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) seq: Seq,
    pub(super) millis: u64,
}

/// The later of two ends; none is later than any.
fn longer(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    Some(one?.max(other?))
}

impl Moment {
    fn plus(self, millis: Option<u64>) -> Option<u64> {
        millis.map(|millis| self.millis.saturating_add(millis))
    }
}

impl Queue {
    fn insert(&mut self, place: Place, wait: Wait) {
        if wait.mode == LockMode::Exclusive {
            self.exclusives.insert(place);
        }
        self.waits.insert(place, wait);
    }

    fn remove(&mut self, place: Place) -> Option<Wait> {
        self.exclusives.remove(&place);
        self.waits.remove(&place)
    }
}

impl Entry {
    /// Whether a newcomer gets it at once.
    fn is_free_for(&self, mode: LockMode) -> bool {
        let open = match mode {
            LockMode::Shared => self.holders.exclusive().is_none(),
            LockMode::Exclusive => self.holders.len() == 0,
        };
        open && self.queue.is_none()
    }

    /// The last place of the queue that could be granted now, with every place before it.
    pub(super) fn open_to(&self) -> Option<Place> {
        let queue = self.queue.as_deref()?;
        let (place, first) = queue.waits.first_key_value()?;
        if place.rank == 0 {
            let alone = self.holders.len() == 1 && self.holders.get(&first.holder).is_some();
            return alone.then_some(*place);
        }
        match first.mode {
            LockMode::Exclusive => (self.holders.len() == 0).then_some(*place),
            LockMode::Shared if self.holders.exclusive().is_some() => None,
            LockMode::Shared => match queue.exclusives.first() {
                Some(writer) => queue.waits.range(..writer).next_back().map(|(place, _)| *place),
                None => queue.waits.last_key_value().map(|(place, _)| *place),
            },
        }
    }
}

impl Locks {
    /// Grants a request, lets it wait, or does nothing where it may not wait.
    pub(super) fn request(&mut self, holder: &Holder, wanted: &LockRequest, now: Moment) {
        let entity = &wanted.entity;
        let entry = self.entities.entry(entity.clone()).or_default();
        let rank = match entry.holders.get(holder) {
            Some(grant) if grant.mode >= wanted.mode => {
                let token = grant.token;
                return self.take(entity, holder, wanted.mode, token, now.plus(wanted.lease));
            }
            Some(_) if entry.holders.len() == 1 => {
                self.take(entity, holder, wanted.mode, Token(now.seq), now.plus(wanted.lease));
                return self.settle(entity, now.seq);
            }
            Some(_) => 0,
            None if entry.is_free_for(wanted.mode) => {
                let until = now.plus(wanted.lease);
                return self.take(entity, holder, wanted.mode, Token(now.seq), until);
            }
            None => 1,
        };
        if !wanted.wait || self.wait(entity, holder).is_some_and(|wait| wait.mode >= wanted.mode) {
            return;
        }
        self.forget_wait(entity, holder);
        let wait = Wait {
            holder: holder.clone(),
            mode: wanted.mode,
            asked: now.seq,
            deadline: now.plus(wanted.timeout),
            lease: wanted.lease,
            priority: wanted.priority,
            attempt: wanted.attempt,
        };
        self.enqueue(entity, Place { rank, asked: now.seq }, wait);
        self.settle(entity, now.seq);
    }

    /// Puts a wait into the queue and the indexes.
    pub(super) fn enqueue(&mut self, entity: &Entity, place: Place, wait: Wait) {
        let holder = wait.holder.clone();
        if let Some(deadline) = wait.deadline {
            self.deadlines.insert((deadline, place.asked, entity.clone(), holder.clone()));
        }
        self.owner(&holder).waits.insert(entity.clone(), place);
        let entry = self.entities.entry(entity.clone()).or_default();
        entry.queue.get_or_insert_with(Box::default).insert(place, wait);
    }

    /// Gives a lock once more, at first or again; the longer lease counts.
    fn take(
        &mut self,
        entity: &Entity,
        holder: &Holder,
        mode: LockMode,
        token: Token,
        until: Option<u64>,
    ) {
        let old = self.grant(entity, holder).copied();
        let grant = match old {
            Some(old) => Grant {
                mode: old.mode.max(mode),
                token,
                times: old.times.saturating_add(1),
                until: longer(old.until, until),
            },
            None => Grant { mode, token, times: 1, until },
        };
        self.put(entity, holder, grant);
    }

    /// Writes a grant into the table and the indexes.
    pub(super) fn put(&mut self, entity: &Entity, holder: &Holder, grant: Grant) {
        let entry = self.entities.entry(entity.clone()).or_default();
        let old = entry.holders.get(holder).copied();
        entry.holders.insert(holder.clone(), grant);
        if old.is_none() {
            self.owner(holder).held.insert(entity.clone());
        }
        self.move_lease(entity, holder, old.and_then(|old| old.until), grant.until);
    }

    fn move_lease(&mut self, entity: &Entity, holder: &Holder, old: Option<u64>, new: Option<u64>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.leases.remove(&(old, entity.clone(), holder.clone()));
        }
        if let Some(new) = new {
            self.leases.insert((new, entity.clone(), holder.clone()));
        }
    }

    /// Grants what was waited for, if it is due.
    pub(super) fn grant_wait(&mut self, entity: &Entity, holder: &Holder, asked: Seq, now: Moment) {
        let Some(place) = self.owners.get(holder).and_then(|owner| owner.waits.get(entity)) else {
            return;
        };
        let open = self.entities.get(entity).and_then(Entry::open_to);
        if place.asked != asked || open.is_none_or(|open| *place > open) {
            return;
        }
        if let Some(wait) = self.forget_wait(entity, holder) {
            let until = now.plus(wait.lease);
            self.take(entity, holder, wait.mode, Token(now.seq), until);
        }
        self.settle(entity, now.seq);
    }

    /// Lets the lease run anew.
    pub(super) fn renew(&mut self, entity: &Entity, holder: &Holder, token: Token, until: u64) {
        let Some(grant) = self.grant(entity, holder).copied().filter(|grant| grant.token == token)
        else {
            return;
        };
        self.put(entity, holder, Grant { until: Some(until), ..grant });
    }

    /// Gives a lock back once.
    pub(super) fn give_back(
        &mut self,
        entity: &Entity,
        holder: &Holder,
        token: Token,
        now: Moment,
    ) {
        let grant = self.entities.get_mut(entity).and_then(|entry| entry.holders.get_mut(holder));
        match grant {
            Some(grant) if grant.token == token && grant.times > 1 => grant.times -= 1,
            Some(grant) if grant.token == token => self.free(entity, holder, now),
            Some(_) | None => {}
        }
    }

    /// Takes a lock from its holder, with an upgrade that it waits for.
    pub(super) fn free(&mut self, entity: &Entity, holder: &Holder, now: Moment) {
        let Some(entry) = self.entities.get_mut(entity) else { return };
        let Some(grant) = entry.holders.remove(holder) else { return };
        self.move_lease(entity, holder, grant.until, None);
        self.owner(holder).held.remove(entity);
        self.forget_wait(entity, holder);
        self.dismiss(holder);
        self.settle(entity, now.seq);
    }

    /// Ends a wait.
    pub(super) fn give_up(&mut self, entity: &Entity, holder: &Holder, now: Moment) {
        if self.forget_wait(entity, holder).is_some() {
            self.dismiss(holder);
            self.settle(entity, now.seq);
        }
    }

    /// Ends everything that a holder has and wants.
    pub(super) fn end(&mut self, holder: &Holder, now: Moment) {
        let Some(owner) = self.owners.get(holder).cloned() else { return };
        for entity in owner.waits.keys() {
            self.give_up(entity, holder, now);
        }
        for entity in &owner.held {
            self.free(entity, holder, now);
        }
    }

    /// Takes a wait out of the queue and the indexes. The caller settles.
    fn forget_wait(&mut self, entity: &Entity, holder: &Holder) -> Option<Wait> {
        let place = self.owners.get_mut(holder)?.waits.remove(entity)?;
        let queue = self.entities.get_mut(entity)?.queue.as_deref_mut()?;
        let wait = queue.remove(place)?;
        if let Some(deadline) = wait.deadline {
            self.deadlines.remove(&(deadline, place.asked, entity.clone(), holder.clone()));
        }
        Some(wait)
    }

    fn owner(&mut self, holder: &Holder) -> &mut Owner {
        if !self.owners.contains_key(holder)
            && let Holder::Agent { mission, task, agent } = holder
        {
            self.agents.insert((*mission, *agent, *task));
        }
        self.owners.entry(holder.clone()).or_default()
    }

    /// Forgets an owner that has and wants nothing.
    fn dismiss(&mut self, holder: &Holder) {
        let idle = |owner: &Owner| owner.held.is_empty() && owner.waits.is_empty();
        if self.owners.get(holder).is_some_and(idle) {
            self.owners.remove(holder);
            if let Holder::Agent { mission, task, agent } = holder {
                self.agents.remove(&(*mission, *agent, *task));
            }
        }
    }

    /// After a change of an entity: offers it to whoever it is free for now, and forgets it
    /// where nobody wants it. An offer that was made before is not made again.
    fn settle(&mut self, entity: &Entity, at: Seq) {
        let Some(entry) = self.entities.get_mut(entity) else { return };
        let open = entry.open_to();
        let held = entry.holders.len() > 0;
        let old = entry.queue.as_ref().and_then(|queue| queue.offer);
        let new = match (open, old, entry.queue.as_ref()) {
            (Some(to), Some(old), _) if to <= old.to => Some(old),
            (Some(to), old, Some(queue)) => {
                let after = old.map_or(Bound::Unbounded, |old| Bound::Excluded(old.to));
                let next = queue.waits.range((after, Bound::Unbounded)).next();
                let first = next.map_or(to, |(place, _)| *place);
                let from = old.filter(|old| old.since == at).map_or(first, |old| old.from);
                Some(Offer { since: at, from, to })
            }
            (Some(_), _, None) | (None, ..) => None,
        };
        let gone = match entry.queue.as_mut() {
            Some(queue) if !queue.waits.is_empty() => {
                queue.offer = new;
                false
            }
            _ => {
                entry.queue = None;
                !held
            }
        };
        if gone {
            self.entities.remove(entity);
        }
        self.move_offer(entity, old.map(|old| old.since), new.map(|new| new.since));
    }

    pub(super) fn move_offer(&mut self, entity: &Entity, old: Option<Seq>, new: Option<Seq>) {
        if old == new {
            return;
        }
        if let Some(old) = old
            && let Some(entities) = self.due.get_mut(&old)
        {
            entities.remove(entity);
            if entities.is_empty() {
                self.due.remove(&old);
            }
        }
        if let Some(new) = new {
            self.due.entry(new).or_default().insert(entity.clone());
        }
    }
}
