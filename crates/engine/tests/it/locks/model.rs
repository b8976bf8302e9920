//! The rules of the lock table, written down as simply as possible: lists and loops.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{Entity, Holder, LockChange, LockMode, LockRequest, LockStep, Seq, Token};
use axon_engine::{Grant, Locks, Wait};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) holds: Vec<(Entity, Holder, Grant)>,
    /// In the order in which they are served, per entity.
    pub(crate) queues: BTreeMap<Entity, Vec<Wait>>,
    last: Seq,
}

fn clash(one: LockMode, other: LockMode) -> bool {
    one == LockMode::Exclusive || other == LockMode::Exclusive
}

fn longer(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        _ => None,
    }
}

impl Model {
    fn hold(&mut self, entity: &Entity, holder: &Holder) -> Option<&mut Grant> {
        let mut holds = self.holds.iter_mut();
        holds.find(|hold| hold.0 == *entity && hold.1 == *holder).map(|hold| &mut hold.2)
    }

    /// Everybody who keeps a request waiting that stands at a place of the queue.
    fn in_the_way(&self, entity: &Entity, wait: &Wait, place: usize) -> Vec<&Holder> {
        let holders = self.holds.iter().filter(|(what, who, grant)| {
            what == entity && *who != wait.holder && clash(grant.mode, wait.mode)
        });
        let ahead = self.queues.get(entity).into_iter().flatten().take(place);
        let ahead = ahead.filter(|other| clash(other.mode, wait.mode));
        holders.map(|hold| &hold.1).chain(ahead.map(|other| &other.holder)).collect()
    }

    /// Waits that nobody is in the way of.
    pub(crate) fn open(&self) -> BTreeSet<Seq> {
        let mut open = BTreeSet::new();
        for (entity, queue) in &self.queues {
            for (place, wait) in queue.iter().enumerate() {
                if self.in_the_way(entity, wait, place).is_empty() {
                    open.insert(wait.asked);
                }
            }
        }
        open
    }

    /// Who waits for whom, every single edge.
    pub(crate) fn edges(&self) -> BTreeSet<(Holder, Holder)> {
        let mut edges = BTreeSet::new();
        for (entity, queue) in &self.queues {
            for (place, wait) in queue.iter().enumerate() {
                let others = self.in_the_way(entity, wait, place).into_iter();
                edges.extend(others.map(|other| (wait.holder.clone(), other.clone())));
            }
        }
        edges
    }

    pub(crate) fn apply(&mut self, seq: Seq, millis: u64, change: &LockChange) {
        if seq <= self.last {
            return;
        }
        self.last = seq;
        let holder = &change.holder;
        match &change.step {
            LockStep::Wanted(wanted) => self.want(seq, millis, holder, wanted),
            LockStep::Granted { entity, request } => {
                if !self.open().contains(request) {
                    return;
                }
                let Some(queue) = self.queues.get_mut(entity) else { return };
                let is_it = |wait: &Wait| wait.asked == *request && wait.holder == *holder;
                let Some(place) = queue.iter().position(is_it) else { return };
                let wait = queue.remove(place);
                let until = wait.lease.map(|lease| millis + lease);
                self.give(entity, holder, wait.mode, Token(seq), until);
            }
            LockStep::Renewed { entity, token, lease } => {
                if let Some(grant) = self.hold(entity, holder).filter(|g| g.token == *token) {
                    grant.until = Some(millis + lease);
                }
            }
            LockStep::Released { entity, token } => {
                let Some(grant) = self.hold(entity, holder).filter(|g| g.token == *token) else {
                    return;
                };
                grant.times -= 1;
                if grant.times == 0 {
                    self.free(entity, holder);
                }
            }
            LockStep::Expired { entity, token } => {
                let grant = self.hold(entity, holder).filter(|g| g.token == *token);
                if grant.and_then(|g| g.until).is_some_and(|until| until <= millis) {
                    self.free(entity, holder);
                }
            }
            LockStep::Refused { entity, request, .. } => {
                let Some(queue) = self.queues.get_mut(entity) else { return };
                queue.retain(|wait| wait.asked != *request || wait.holder != *holder);
            }
            LockStep::Victim(deadlock) => {
                let mut waits = self.queues.iter().flat_map(|(e, q)| q.iter().map(move |w| (e, w)));
                let is_meant = waits.any(|(entity, wait)| {
                    let mut links = deadlock.cycle.iter();
                    wait.holder == *holder
                        && links.any(|link| {
                            (&link.holder, &link.entity, link.request)
                                == (holder, entity, wait.asked)
                        })
                });
                if !is_meant {
                    return;
                }
                self.holds.retain(|hold| hold.1 != *holder);
                self.queues.values_mut().for_each(|q| q.retain(|wait| wait.holder != *holder));
            }
        }
        self.queues.retain(|_, queue| !queue.is_empty());
    }

    fn want(&mut self, seq: Seq, millis: u64, holder: &Holder, wanted: &LockRequest) {
        let entity = &wanted.entity;
        let until = wanted.lease.map(|lease| millis + lease);
        let others = |hold: &&(Entity, Holder, Grant)| hold.0 == *entity && hold.1 != *holder;
        let shared_with = self.holds.iter().filter(others).count();
        let own = self.hold(entity, holder).copied();
        if let Some(grant) = own {
            if grant.mode >= wanted.mode {
                return self.give(entity, holder, grant.mode, grant.token, until);
            }
            if shared_with == 0 {
                return self.give(entity, holder, wanted.mode, Token(seq), until);
            }
        }
        let wait = Wait {
            holder: holder.clone(),
            mode: wanted.mode,
            asked: seq,
            deadline: wanted.timeout.map(|timeout| millis + timeout),
            lease: wanted.lease,
            priority: wanted.priority,
            attempt: wanted.attempt,
        };
        let queue_is_empty = !self.queues.contains_key(entity);
        if own.is_none() && queue_is_empty && self.in_the_way(entity, &wait, 0).is_empty() {
            return self.give(entity, holder, wanted.mode, Token(seq), until);
        }
        let queue = self.queues.entry(entity.clone()).or_default();
        let old = queue.iter().position(|wait| wait.holder == *holder);
        if !wanted.wait || old.is_some_and(|old| queue[old].mode >= wanted.mode) {
            return;
        }
        if let Some(old) = old {
            queue.remove(old);
        }
        let upgrades =
            |wait: &Wait| self.holds.iter().any(|hold| hold.0 == *entity && hold.1 == wait.holder);
        let place = match own {
            Some(_) => queue.iter().take_while(|wait| upgrades(wait)).count(),
            None => queue.len(),
        };
        queue.insert(place, wait);
    }

    fn give(
        &mut self,
        entity: &Entity,
        holder: &Holder,
        mode: LockMode,
        token: Token,
        until: Option<u64>,
    ) {
        match self.hold(entity, holder) {
            Some(grant) => {
                let times = grant.times + 1;
                *grant = Grant { mode, token, times, until: longer(grant.until, until) };
            }
            None => {
                let grant = Grant { mode, token, times: 1, until };
                self.holds.push((entity.clone(), holder.clone(), grant));
            }
        }
    }

    fn free(&mut self, entity: &Entity, holder: &Holder) {
        self.holds.retain(|hold| hold.0 != *entity || hold.1 != *holder);
        if let Some(queue) = self.queues.get_mut(entity) {
            queue.retain(|wait| wait.holder != *holder);
        }
    }

    /// Fails unless the table says the same.
    pub(crate) fn assert_same(&self, locks: &Locks) {
        let mut holds = Vec::new();
        let mut queues = BTreeMap::new();
        for entity in locks.entities() {
            let held = locks.holders(entity);
            holds.extend(held.map(|(holder, grant)| (entity.clone(), holder.clone(), *grant)));
            let waits: Vec<Wait> = locks.waits(entity).cloned().collect();
            if !waits.is_empty() {
                queues.insert(entity.clone(), waits);
            }
        }
        let mut expected = self.holds.clone();
        expected.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        assert_eq!(holds, expected);
        assert_eq!(queues, self.queues);
    }
}

/// Holders from which the edges lead back to themselves.
pub(crate) fn in_circles(edges: &BTreeSet<(Holder, Holder)>) -> BTreeSet<Holder> {
    let mut closure = edges.clone();
    loop {
        let mut next = closure.clone();
        for (from, to) in &closure {
            for (_, far) in edges.iter().filter(|edge| edge.0 == *to) {
                next.insert((from.clone(), far.clone()));
            }
        }
        if next.len() == closure.len() {
            return closure.into_iter().filter(|edge| edge.0 == edge.1).map(|e| e.0).collect();
        }
        closure = next;
    }
}
