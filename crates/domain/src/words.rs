//! Words with a number of their own: roles, and kinds of events.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $text:literal = $tag:literal, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $( $(#[$vdoc])* $variant, )* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[ $( $name::$variant, )* ];

            /// The word for it, in output and filters.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( $name::$variant => $text, )* }
            }

            /// The number that stands for it in stored events; never reused.
            #[must_use]
            pub fn tag(self) -> u8 {
                match self { $( $name::$variant => $tag, )* }
            }

            /// The value of a stored number.
            #[must_use]
            pub fn from_tag(tag: u8) -> Option<Self> {
                match tag { $( $tag => Some($name::$variant), )* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|v| v.name().eq_ignore_ascii_case(text)).ok_or(())
            }
        }
    };
}

words! {
    /// In which role somebody acts.
    Role {
        /// Plans.
        Supervisor = "supervisor" = 1,
        /// Locates.
        Scout = "scout" = 2,
        /// Reads line by line.
        Analyst = "analyst" = 3,
        /// Edits.
        Coder = "coder" = 4,
        /// Rejects.
        Critic = "critic" = 5,
        /// A person.
        Operator = "operator" = 6,
        /// Axon itself: storage, checks, recovery.
        System = "system" = 7,
    }
}

words! {
    /// What an event is about; also the words of `axon log --kind`. The tag is the field number of the payload.
    Kind {
        /// A choice with its reasons.
        Decision = "DECISION" = 10,
        /// A file (or other resource) changed.
        StateChange = "STATE_CHANGE" = 11,
        /// Start, health, recovery of the system.
        System = "SYSTEM" = 12,
        /// An agent went from one state to another.
        Lifecycle = "LIFECYCLE" = 30,
        /// A mission was given.
        MissionGiven = "MISSION_GIVEN" = 31,
        /// A mission ended.
        MissionEnded = "MISSION_ENDED" = 32,
        /// A plan was proposed.
        PlanProposed = "PLAN_PROPOSED" = 33,
        /// The engine accepted the plan: no cycles, nothing missing.
        PlanAccepted = "PLAN_ACCEPTED" = 34,
        /// A task changed its status.
        Task = "TASK" = 35,
        /// A session was opened, merged or dropped.
        Session = "SESSION" = 36,
        /// A reflex judged.
        Reflex = "REFLEX" = 37,
        /// Policy refused, or a person lifted a rule.
        Policy = "POLICY" = 38,
        /// A program was run.
        ToolCall = "TOOL_CALL" = 39,
        /// A wave of sessions was merged into the mission's tree.
        Merge = "MERGE" = 40,
        /// A commit was wanted, made, applied or discarded.
        Commit = "COMMIT" = 41,
        /// A lock was wanted, granted, released, or taken from its holder.
        Lock = "LOCK" = 42,
        /// An agent or a person said something.
        Message = "MESSAGE" = 43,
        /// An agent announced what it is about to touch.
        PeerIntent = "PEER_INTENT" = 44,
        /// Something else happened than was announced or expected.
        Violation = "VIOLATION" = 45,
        /// Changes that cannot be merged, or how that was settled.
        Conflict = "CONFLICT" = 46,
        /// A person paused, resumed or cancelled a mission.
        Control = "CONTROL" = 47,
    }
}
