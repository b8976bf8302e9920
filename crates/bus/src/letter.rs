//! What is sent, to whom, and why it may not arrive.

use std::fmt;
use std::sync::Arc;

use axon_domain::{AgentId, Hlc, MissionId, Receiver};

use crate::topic::{NotATopic, Topic};

/// Where an agent is reached in this process. In order: agents of no mission, then mission by
/// mission, the lower agent number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The mission it belongs to; agents are numbered within one.
    pub mission: Option<MissionId>,
    /// Its number.
    pub agent: AgentId,
}

impl Address {
    /// An agent of a mission.
    #[must_use]
    pub fn of(mission: MissionId, agent: AgentId) -> Self {
        Self { mission: Some(mission), agent }
    }

    /// An agent that belongs to no mission.
    #[must_use]
    pub fn free(agent: AgentId) -> Self {
        Self { mission: None, agent }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mission {
            Some(mission) => write!(f, "agent {} of {mission}", self.agent),
            None => write!(f, "agent {}", self.agent),
        }
    }
}

/// Which of the letters that wait is read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// Before all normal ones: hazards, orders to stop.
    Urgent,
    /// In the order of arrival.
    #[default]
    Normal,
}

/// What a letter carries.
pub trait Body: Send {
    /// Bytes that count against the limit of the router; 0 where there is nothing to limit.
    fn size(&self) -> usize;
}

impl<T: Body + Sync + ?Sized> Body for Arc<T> {
    fn size(&self) -> usize {
        (**self).size()
    }
}

impl<T: Body + ?Sized> Body for Box<T> {
    fn size(&self) -> usize {
        (**self).size()
    }
}

impl Body for [u8] {
    fn size(&self) -> usize {
        self.len()
    }
}

impl Body for Vec<u8> {
    fn size(&self) -> usize {
        self.len()
    }
}

/// Something sent to an agent. What several get is cheap to clone: put bytes behind an [`Arc`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter<M> {
    /// Who sent it; `None`: nobody who could be answered.
    pub from: Option<Address>,
    /// How soon it is read.
    pub priority: Priority,
    /// From when on it is of no use; `None`: always of use.
    pub deadline: Option<Hlc>,
    /// What it says.
    pub body: M,
}

impl<M> Letter<M> {
    /// A letter of normal priority, without a sender and without a deadline.
    #[must_use]
    pub fn new(body: M) -> Self {
        Self { from: None, priority: Priority::Normal, deadline: None, body }
    }

    /// From somebody.
    #[must_use]
    pub fn from(mut self, sender: Address) -> Self {
        self.from = Some(sender);
        self
    }

    /// To be read before all normal ones.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.priority = Priority::Urgent;
        self
    }

    /// Of no use from a moment on.
    #[must_use]
    pub fn until(mut self, deadline: Hlc) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Whether it is of no use any more.
    #[must_use]
    pub fn is_expired(&self, now: Hlc) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// Who is to get a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// One agent.
    Agent(Address),
    /// Of those that offer this, the one with the least to do.
    Capability(Box<str>),
    /// All that subscribed to a pattern which the topic matches.
    Topic(Topic),
    /// All agents of a mission.
    Mission(MissionId),
    /// All agents.
    Everyone,
}

impl To {
    /// Whom a recorded message of a mission is for.
    ///
    /// # Errors
    /// The topic is none.
    pub fn of(receiver: &Receiver, mission: MissionId) -> Result<Self, NotATopic> {
        Ok(match receiver {
            Receiver::Agent(agent) => Self::Agent(Address::of(mission, *agent)),
            Receiver::Other { mission, agent } => Self::Agent(Address::of(*mission, *agent)),
            Receiver::Capability(name) => Self::Capability(name.as_str().into()),
            Receiver::Topic(text) => Self::Topic(Topic::parse(text)?),
            Receiver::Everyone => Self::Mission(mission),
        })
    }
}

/// Why a letter was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no such agent, or none that offers this.
    UnknownReceiver,
    /// The body is larger than letters may be.
    TooLarge {
        /// Bytes it has.
        size: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// Its deadline passed before it was read.
    Expired,
    /// As many letters of its priority wait as may.
    Full,
    /// The receiver ended before it read it.
    Ended,
    /// The receiver failed while it read it.
    Poison,
}

impl Reason {
    /// All kinds, for counting.
    pub(crate) const KINDS: usize = 6;

    /// The place of its kind in a table.
    pub(crate) fn kind(self) -> usize {
        match self {
            Self::UnknownReceiver => 0,
            Self::TooLarge { .. } => 1,
            Self::Expired => 2,
            Self::Full => 3,
            Self::Ended => 4,
            Self::Poison => 5,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownReceiver => f.write_str("nobody of this address is there"),
            Self::TooLarge { size, limit } => {
                write!(f, "it has {size} bytes, and letters may have {limit}")
            }
            Self::Expired => f.write_str("its deadline had passed"),
            Self::Full => f.write_str("the mailbox of the receiver is full"),
            Self::Ended => f.write_str("the receiver ended before it read it"),
            Self::Poison => f.write_str("the receiver failed while it read it"),
        }
    }
}

impl std::error::Error for Reason {}

/// A letter that comes back to its sender, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned<M> {
    /// The letter.
    pub letter: Letter<M>,
    /// Why it was not taken.
    pub reason: Reason,
}
