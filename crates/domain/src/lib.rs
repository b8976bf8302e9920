//! The vocabulary of Axon: ids, events, grants, lifecycle, errors.
//!
//! Everything else speaks in these types. The crate does no I/O, reads no clock and is
//! `no_std`, so that what is decided with it can be decided again anywhere.
#![no_std]

extern crate alloc;

mod clock;
mod error;
mod event;
mod grants;
mod ids;
pub mod lifecycle;
mod locks;
mod mission;
mod objects;
mod site;
mod swarm;
mod words;

pub use clock::Hlc;
pub use error::{Code, Error, Result};
pub use event::{
    Action, CommitRecord, CommitStep, Decision, Draft, Event, LifecycleChange, MergeRecord,
    MissionEnd, Payload, PlanAcceptance, PlanProposal, PolicyVerdict, Reflex, ReflexVerdict,
    SessionChange, SessionStep, StateChange, SystemSignal, SystemStatus, TargetType, TaskChange,
    TaskSpec, TaskStatus, ToolCall,
};
pub use grants::{Access, Grants, Limits, Refusal};
pub use ids::{AgentId, ContentId, GitId, MissionId, ObjectId, Seq, SessionId, TaskId};
pub use locks::{
    Claim, Deadlock, Entity, EntityKind, Holder, HolderName, LockChange, LockMode, LockRefusal,
    LockRequest, LockStep, Obstacle, Token, WaitLink,
};
pub use mission::{CheckChoice, Goal, MissionSpec, Outcome, Undecided};
pub use objects::ObjectStore;
pub use site::{
    FileEdits, Language, Mention, MentionKind, Site, SiteKind, Skipped, Symbol, SymbolKind,
    TextEdit,
};
pub use swarm::{
    Conflict, ConflictStep, Control, ControlStep, FileState, Message, PeerIntent, Performative,
    Position, Receiver, Violation, ViolationKind,
};
pub use words::{Kind, Role};
