//! What agents say to each other, what is said about them, and what a person tells a mission.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AgentId, Claim, ContentId, MissionId, ObjectId, Seq};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Relative to the root of the repository.
    pub path: String,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

macro_rules! performatives {
    ($( $(#[$doc:meta])* $variant:ident = $text:literal, )*) => {
        /// What kind of speech act a message is: the communicative acts of FIPA SC00037.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Performative { $( $(#[$doc])* $variant, )* }

        impl Performative {
            /// All of them, in the order of FIPA SC00037.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word for it, as FIPA writes it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }
    };
}

performatives! {
    /// Takes an offer.
    AcceptProposal = "accept-proposal",
    /// Will do what was asked for.
    Agree = "agree",
    /// Does not want any more what it asked for.
    Cancel = "cancel",
    /// Calls for proposals.
    Cfp = "cfp",
    /// Says that something uncertain is true.
    Confirm = "confirm",
    /// Says that something believed is false.
    Disconfirm = "disconfirm",
    /// Tried and did not succeed.
    Failure = "failure",
    /// Says that something is true.
    Inform = "inform",
    /// Says whether something is true.
    InformIf = "inform-if",
    /// Says what something is.
    InformRef = "inform-ref",
    /// Did not understand, or the protocol does not allow it.
    NotUnderstood = "not-understood",
    /// To be passed on, and to be understood as its content says.
    Propagate = "propagate",
    /// Makes an offer.
    Propose = "propose",
    /// To be passed on to others.
    Proxy = "proxy",
    /// Asks whether something is true.
    QueryIf = "query-if",
    /// Asks what something is.
    QueryRef = "query-ref",
    /// Will not do what was asked for.
    Refuse = "refuse",
    /// Does not take an offer.
    RejectProposal = "reject-proposal",
    /// Asks for something to be done.
    Request = "request",
    /// Asks for something to be done when something is so.
    RequestWhen = "request-when",
    /// Asks for something to be done whenever something is so.
    RequestWhenever = "request-whenever",
    /// Asks to be told whenever something changes.
    Subscribe = "subscribe",
}

impl fmt::Display for Performative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Performative {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|word| word.name() == text).ok_or(())
    }
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// An agent of the same mission.
    Agent(AgentId),
    /// An agent of another mission.
    Other {
        /// Which mission.
        mission: MissionId,
        /// Which of its agents.
        agent: AgentId,
    },
    /// One of those that offer a capability.
    Capability(String),
    /// Everybody who has subscribed to a topic: `swarm/hazards/shop/cart.py`.
    Topic(String),
    /// Every agent of the mission.
    Everyone,
}

/// A message between agents, or between a person and agents. The sender is the role and the
/// agent of its event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What kind of speech act.
    pub performative: Performative,
    /// For whom.
    pub receiver: Receiver,
    /// The conversation that it is part of, by the event that began it; `None` where it begins
    /// one.
    pub conversation: Option<Seq>,
    /// The event that it answers.
    pub in_reply_to: Option<Seq>,
    /// The interaction protocol, where it follows one: `fipa-request`.
    pub protocol: Option<String>,
    /// In words.
    pub content: String,
    /// The places that it is about, the most important first.
    pub places: Vec<Position>,
    /// What is too long for words, as an object.
    pub attachment: Option<ObjectId>,
}

/// What an agent is about to touch, said to its peers before it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerIntent {
    /// What it will lock, in the order in which it will.
    pub claims: Vec<Claim>,
    /// How much it matters, 1 to 10.
    pub priority: u8,
    /// In words: `I am changing shop.pricing.calculate_total`.
    pub note: String,
}

/// What was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// An agent did something else than it had announced.
    Trust,
    /// Something came out otherwise than the agent had expected.
    Consistency,
    /// The same thing again and again, without progress.
    Loop,
}

impl ViolationKind {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ViolationKind::Trust => "trust violation",
            ViolationKind::Consistency => "consistency violation",
            ViolationKind::Loop => "loop",
        }
    }
}

/// What was observed is not what was announced or expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What was broken.
    pub broken: ViolationKind,
    /// What was announced or expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
}

/// A file as one side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// Its content.
    pub content: ContentId,
    /// Whether it is executable.
    pub executable: bool,
    /// Whether it is a symbolic link; the content is its target then.
    pub link: bool,
}

/// What happened to a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictStep {
    /// Two changes of the same file could not be merged.
    Found {
        /// The file that both changes began with; `None` where there was none.
        base: Option<FileState>,
        /// The file in the mission's tree.
        current: Option<FileState>,
        /// The file as the session or the mission that is brought in has it.
        changed: Option<FileState>,
    },
    /// Somebody settled it.
    Resolved {
        /// How: `mine` is the change that was to be brought in, `theirs` what it was to be
        /// brought into; `base`, `given`, `deleted`.
        how: String,
        /// The file then; `None` where it is gone.
        result: Option<FileState>,
    },
}

/// A conflict was found or settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The file.
    pub path: String,
    /// Why it could not be merged: `content`, `delete-modify`, …
    pub reason: String,
    /// What happened.
    pub step: ConflictStep,
}

/// What a person tells a mission that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlStep {
    /// Begin nothing new; what is being done is finished.
    Pause,
    /// Go on.
    Resume,
    /// Stop, and end the mission.
    Cancel,
}

impl ControlStep {
    /// The word used in commands and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ControlStep::Pause => "pause",
            ControlStep::Resume => "resume",
            ControlStep::Cancel => "cancel",
        }
    }
}

/// A person told a mission something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// What.
    pub step: ControlStep,
    /// Why, where they said so.
    pub reason: String,
}
