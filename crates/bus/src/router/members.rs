//! Who is there: inboxes by address, what agents offer, and what they subscribed to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axon_domain::{AgentId, MissionId};

use crate::letter::{Address, Body};
use crate::router::{Inbox, Router};
use crate::topic::{Pattern, Subscriptions, Topic};

/// How many parts the registry has, so that senders do not meet in one lock.
pub(super) const SHARDS: usize = 16;

/// An address that somebody has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken(pub Address);

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is there already", self.0)
    }
}

impl std::error::Error for Taken {}

pub(super) type Entry<'a, M> = Arc<dyn Inbox<M> + 'a>;

pub(super) struct Shard<'a, M> {
    pub(super) inboxes: RwLock<HashMap<Address, Entry<'a, M>>>,
    pub(super) delivered: AtomicU64,
}

impl<M> Default for Shard<'_, M> {
    fn default() -> Self {
        Self { inboxes: RwLock::default(), delivered: AtomicU64::new(0) }
    }
}

/// What agents want beside letters to themselves.
#[derive(Default)]
struct Interests {
    capabilities: BTreeSet<Box<str>>,
    patterns: BTreeSet<Pattern>,
}

#[derive(Default)]
pub(super) struct Index {
    /// Everybody; most want nothing.
    agents: BTreeMap<Address, Option<Box<Interests>>>,
    capabilities: BTreeMap<Box<str>, BTreeSet<Address>>,
    topics: Subscriptions,
}

impl<'a, M: Body> Router<'a, M> {
    /// From now on letters to an address go into an inbox.
    ///
    /// # Errors
    /// The address is taken.
    pub fn register(&self, who: Address, inbox: Entry<'a, M>) -> Result<(), Taken> {
        let mut index = self.index_mut();
        if index.agents.contains_key(&who) {
            return Err(Taken(who));
        }
        index.agents.insert(who, None);
        write(&self.shard(who).inboxes).insert(who, inbox);
        Ok(())
    }

    /// Nobody is at an address any more; false if nobody was. What it offered and subscribed to
    /// goes with it.
    pub fn unregister(&self, who: Address) -> bool {
        let mut index = self.index_mut();
        let Some(interests) = index.agents.remove(&who) else { return false };
        let gone = write(&self.shard(who).inboxes).remove(&who);
        if let Some(interests) = interests {
            for name in &interests.capabilities {
                index.withdraw(who, name);
            }
            for pattern in &interests.patterns {
                index.topics.remove(who, pattern);
            }
        }
        drop(index);
        // Outside of the locks: what is dropped with it may speak to the router.
        drop(gone);
        true
    }

    /// Whether somebody is at an address.
    #[must_use]
    pub fn knows(&self, who: Address) -> bool {
        read(&self.shard(who).inboxes).contains_key(&who)
    }

    /// The agents of a mission, in order.
    #[must_use]
    pub fn agents_of(&self, mission: MissionId) -> Vec<Address> {
        self.index().of_mission(mission)
    }

    /// An agent can do something from now on; false if it is not there.
    pub fn offer_capability(&self, who: Address, name: &str) -> bool {
        let mut index = self.index_mut();
        let Some(agent) = index.agents.get_mut(&who) else { return false };
        agent.get_or_insert_default().capabilities.insert(name.into());
        index.capabilities.entry(name.into()).or_default().insert(who);
        true
    }

    /// An agent cannot do something any more; false if it could not.
    pub fn withdraw_capability(&self, who: Address, name: &str) -> bool {
        let mut index = self.index_mut();
        let Some(Some(interests)) = index.agents.get_mut(&who) else { return false };
        let removed = interests.capabilities.remove(name);
        if removed {
            index.withdraw(who, name);
        }
        removed
    }

    /// An agent gets what is sent to topics that match, from now on; false if it is not there.
    pub fn subscribe(&self, who: Address, pattern: &Pattern) -> bool {
        let mut index = self.index_mut();
        let Some(agent) = index.agents.get_mut(&who) else { return false };
        agent.get_or_insert_default().patterns.insert(pattern.clone());
        index.topics.add(who, pattern);
        true
    }

    /// It does not any more; false if it did not.
    pub fn unsubscribe(&self, who: Address, pattern: &Pattern) -> bool {
        let mut index = self.index_mut();
        let Some(Some(interests)) = index.agents.get_mut(&who) else { return false };
        let removed = interests.patterns.remove(pattern);
        if removed {
            index.topics.remove(who, pattern);
        }
        removed
    }

    pub(super) fn inbox(&self, who: Address) -> Option<Entry<'a, M>> {
        read(&self.shard(who).inboxes).get(&who).cloned()
    }

    pub(super) fn shard(&self, who: Address) -> &Shard<'a, M> {
        // Agents are numbered one after the other, in every mission anew.
        let mission = who.mission.map_or(0, |mission| u64::from(mission.0) + 1);
        let mixed = who.agent.0.get().wrapping_add(mission.wrapping_mul(7));
        &self.shards[(mixed % SHARDS as u64) as usize]
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        read(&self.index)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        write(&self.index)
    }
}

impl Index {
    /// All agents, in order.
    pub(super) fn everybody(&self) -> Vec<Address> {
        self.agents.keys().copied().collect()
    }

    /// The agents of a mission, in order.
    pub(super) fn of_mission(&self, mission: MissionId) -> Vec<Address> {
        let first = Address::of(mission, AgentId(NonZeroU64::MIN));
        let last = Address::of(mission, AgentId(NonZeroU64::MAX));
        self.agents.range(first..=last).map(|(who, _)| *who).collect()
    }

    /// Those that offer something, in order.
    pub(super) fn offering(&self, capability: &str) -> Vec<Address> {
        let agents = self.capabilities.get(capability);
        agents.map(|agents| agents.iter().copied().collect()).unwrap_or_default()
    }

    /// Those that get what is sent to a topic, in order.
    pub(super) fn subscribed(&self, topic: &Topic) -> BTreeSet<Address> {
        self.topics.of(topic)
    }

    fn withdraw(&mut self, who: Address, name: &str) {
        if let Some(agents) = self.capabilities.get_mut(name) {
            agents.remove(&who);
            if agents.is_empty() {
                self.capabilities.remove(name);
            }
        }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
