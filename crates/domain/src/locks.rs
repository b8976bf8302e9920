//! Locks: what can be locked, who holds it, and what happens to it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AgentId, Code, Error, MissionId, Result, Seq, TaskId};

/// The longest text of an [`Entity`], in bytes: a path (`PATH_MAX`) with something behind it.
const ENTITY_BYTES: usize = 8_192;
/// The longest [`HolderName`], in bytes.
const HOLDER_BYTES: usize = 256;

macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

/// Something that can be locked: `file:shop/cart.py`, `symbol:shop.cart.total`,
/// `unit:shop/cart.py#Cart.total`, or any other name (`user_database`). Two entities are the
/// same if their texts are; that a unit is part of a file is for the one who locks to respect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity(Arc<str>);

as_text!(Entity);

/// What an [`Entity`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind<'a> {
    /// A file, relative to the root of the repository, with `/`.
    File(&'a str),
    /// A symbol by its qualified name.
    Symbol(&'a str),
    /// A function, class or type of a file. The name holds no `#`: a raw identifier of Rust
    /// stands there without `r#`.
    Unit {
        /// The file.
        path: &'a str,
        /// The name within it: `Cart.total`.
        name: &'a str,
    },
    /// Anything else.
    Name(&'a str),
}

impl Entity {
    /// A file.
    ///
    /// # Errors
    /// [`Code::Usage`] unless the path is relative and has one form only (no `..`, no `//`).
    pub fn file(path: &str) -> Result<Self> {
        alloc::format!("file:{path}").parse()
    }

    /// A symbol.
    ///
    /// # Errors
    /// [`Code::Usage`] if the name is empty or holds control characters.
    pub fn symbol(name: &str) -> Result<Self> {
        alloc::format!("symbol:{name}").parse()
    }

    /// A unit of a file.
    ///
    /// # Errors
    /// As for [`Entity::file`] and [`Entity::symbol`], and if the name holds a `#`.
    pub fn unit(path: &str, name: &str) -> Result<Self> {
        if name.contains('#') {
            return Err(not_lockable(name, "the name of a unit holds no `#`"));
        }
        alloc::format!("unit:{path}#{name}").parse()
    }

    /// What it names.
    #[must_use]
    pub fn kind(&self) -> EntityKind<'_> {
        split(&self.0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn split(text: &str) -> EntityKind<'_> {
    match text.split_once(':') {
        Some(("file", path)) => EntityKind::File(path),
        Some(("symbol", name)) => EntityKind::Symbol(name),
        Some(("unit", rest)) => {
            let (path, name) = rest.rsplit_once('#').unwrap_or((rest, ""));
            EntityKind::Unit { path, name }
        }
        _ => EntityKind::Name(text),
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Entity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fault = if text.len() > ENTITY_BYTES {
            Some("it is too long")
        } else {
            match split(text) {
                EntityKind::File(path) => fault_of_path(path),
                EntityKind::Unit { path, name } => fault_of_path(path).or(fault_of_name(name)),
                EntityKind::Symbol(name) | EntityKind::Name(name) => fault_of_name(name),
            }
        };
        fault.map_or_else(|| Ok(Self(text.into())), |fault| Err(not_lockable(text, fault)))
    }
}

/// A path has one form only, so that one file has one lock. Git allows any byte but NUL in it.
fn fault_of_path(path: &str) -> Option<&'static str> {
    if path.contains('\0') {
        return Some("a path holds no NUL");
    }
    let odd = |part: &str| matches!(part, "" | "." | "..");
    path.split('/').any(odd).then_some("the path is not relative, or not in its shortest form")
}

fn fault_of_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("the name is empty")
    } else if name.chars().any(char::is_control) {
        Some("the name holds control characters")
    } else if name.trim() != name {
        Some("the name begins or ends with a space")
    } else {
        None
    }
}

fn not_lockable(text: &str, fault: &str) -> Error {
    let shown: String = text.chars().take(100).flat_map(char::escape_default).collect();
    Error::new(Code::Usage, alloc::format!("`{shown}` cannot be locked: {fault}"))
        .hint("lock `file:PATH`, `symbol:NAME`, `unit:PATH#NAME` or any name")
}

/// A name of a person or a session: not empty, at most 256 bytes, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderName(Arc<str>);

impl HolderName {
    /// The name, if it is one.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fits = name.len() <= HOLDER_BYTES && fault_of_name(name).is_none();
        fits.then(|| Self(name.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who holds a lock or waits for one. It prints as `m3/4` (agent 4 of mission 3), `m3/t12/4`
/// (the same for a task), `person:ada`, `session:5f0c`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// An agent; what it locks for a task ends with the task.
    Agent {
        /// Of which mission.
        mission: MissionId,
        /// For which task.
        task: Option<TaskId>,
        /// Which agent.
        agent: AgentId,
    },
    /// A person, by name.
    Person(HolderName),
    /// A session opened from outside, by its id.
    Session(HolderName),
}

as_text!(Holder);

impl Holder {
    /// The mission it belongs to.
    #[must_use]
    pub fn mission(&self) -> Option<MissionId> {
        match self {
            Holder::Agent { mission, .. } => Some(*mission),
            Holder::Person(_) | Holder::Session(_) => None,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Agent { mission, task: Some(task), agent } => {
                write!(f, "{mission}/{task}/{agent}")
            }
            Holder::Agent { mission, task: None, agent } => write!(f, "{mission}/{agent}"),
            Holder::Person(name) => write!(f, "person:{}", name.as_str()),
            Holder::Session(id) => write!(f, "session:{}", id.as_str()),
        }
    }
}

impl FromStr for Holder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = match text.split_once(':') {
            Some(("person", name)) => HolderName::new(name).map(Holder::Person),
            Some(("session", id)) => HolderName::new(id).map(Holder::Session),
            _ => agent(text),
        };
        parsed.ok_or_else(|| {
            let shown: String = text.chars().take(100).flat_map(char::escape_default).collect();
            Error::new(Code::Usage, alloc::format!("`{shown}` is nobody who can hold a lock"))
                .hint("a holder is `m3/4`, `m3/t12/4`, `person:NAME` or `session:ID`")
        })
    }
}

fn agent(text: &str) -> Option<Holder> {
    let mut parts = text.split('/');
    let mission = parts.next()?.parse().ok()?;
    let (second, third) = (parts.next()?, parts.next());
    let (task, agent) = match third {
        Some(agent) => (Some(second.parse().ok()?), agent),
        None => (None, second),
    };
    let agent = AgentId::new(agent.parse().ok()?)?;
    parts.next().is_none().then_some(Holder::Agent { mission, task, agent })
}

/// How a lock is held. A stronger one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Together with other shared holders: to read.
    Shared,
    /// Alone: to write.
    Exclusive,
}

impl LockMode {
    /// The word used in options and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LockMode::Shared => "shared",
            LockMode::Exclusive => "exclusive",
        }
    }
}

/// A fencing token: the number of the event that granted the lock. A later grant of the same
/// entity has a greater one, whatever was released, expired or forgotten in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub Seq);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A request for a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRequest {
    /// Of what.
    pub entity: Entity,
    /// How.
    pub mode: LockMode,
    /// Whether to wait where it is not free; else it is refused at once.
    pub wait: bool,
    /// How long to wait at most, in milliseconds from the event of the request.
    pub timeout: Option<u64>,
    /// How long it is held at most unless renewed, in milliseconds from the grant.
    pub lease: Option<u64>,
    /// 1 to 10; the higher one is spared in a deadlock.
    pub priority: u8,
    /// How often the holder was the victim of a deadlock over this before: it is spared then.
    pub attempt: u32,
}

impl LockRequest {
    /// The priority of whoever says nothing else.
    pub const PRIORITY: u8 = 5;

    /// A request that waits as long as it takes, without a lease.
    #[must_use]
    pub fn new(entity: Entity, mode: LockMode) -> Self {
        let priority = Self::PRIORITY;
        Self { entity, mode, wait: true, timeout: None, lease: None, priority, attempt: 0 }
    }
}

/// Why a request came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockRefusal {
    /// Somebody has it, and the request was not to wait.
    Busy,
    /// The time to wait is over.
    TimedOut,
    /// The one who asked wants it no longer.
    Withdrawn,
    /// The mission of the holder has ended.
    Ended,
}

/// In what way a holder keeps another one waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It holds the lock.
    Holds,
    /// It asked before, and waits itself.
    Ahead,
}

/// One wait of a deadlock. In a cycle the obstacle is the holder of the next link, and of the
/// last link the holder of the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitLink {
    /// Who waits.
    pub holder: Holder,
    /// For what.
    pub entity: Entity,
    /// In which mode.
    pub mode: LockMode,
    /// The event of the request.
    pub request: Seq,
    /// How the holder of the next link stands in the way.
    pub obstacle: Obstacle,
}

/// Something that a holder wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// What.
    pub entity: Entity,
    /// How.
    pub mode: LockMode,
}

/// A deadlock and how it was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlock {
    /// Who waits for whom; the first is the one whose request closed the cycle.
    pub cycle: Vec<WaitLink>,
    /// What the victim had and wanted, in the order in which it is to try again: every holder
    /// that takes locks in the order of their entities can be part of no cycle with others
    /// that do so.
    pub again: Vec<Claim>,
}

/// What happened to a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockStep {
    /// Asked for. It is granted by this very event if it is free.
    Wanted(LockRequest),
    /// Granted after a wait.
    Granted {
        /// What.
        entity: Entity,
        /// The event of the request.
        request: Seq,
    },
    /// The lease runs anew.
    Renewed {
        /// Of what.
        entity: Entity,
        /// The holder's token.
        token: Token,
        /// How long from this event, in milliseconds.
        lease: u64,
    },
    /// Given back. A lock that was taken several times is free when it was given back as often.
    Released {
        /// What.
        entity: Entity,
        /// The holder's token.
        token: Token,
    },
    /// The lease ran out.
    Expired {
        /// Of what.
        entity: Entity,
        /// The holder's token.
        token: Token,
    },
    /// The request came to nothing.
    Refused {
        /// For what.
        entity: Entity,
        /// The event of the request.
        request: Seq,
        /// Why.
        reason: LockRefusal,
    },
    /// The holder is the victim of a deadlock: it waits for nothing and holds nothing any more.
    /// Says nothing where the request that is its link of the cycle came to an end before.
    Victim(Box<Deadlock>),
}

/// A lock was wanted, granted, released, …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockChange {
    /// Whose lock.
    pub holder: Holder,
    /// What happened.
    pub step: LockStep,
}

#[cfg(test)]
mod tests;
