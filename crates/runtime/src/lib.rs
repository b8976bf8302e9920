//! The runtime: dispatcher and executor of effects, and the facade that faces use.
//!
//! [`Axon`] is a repository with its ledger. Giving a mission ([`Axon::run`]) records it,
//! performs what the engine decides, and records every outcome; everything else looks at what
//! was recorded, or brings it in, drops it, or brings it back.

mod acts;
mod axon;
mod check;
mod cloud_event;
mod conflicts;
pub mod demo;
mod dispatch;
mod effects;
mod give;
mod hooks;
pub mod list;
mod look;
mod moving;
mod observer;
mod office;
mod owner;
mod report;
mod scratch;
pub mod sentence;
mod settings;
mod shared;
mod source;
mod state;
mod task;

pub use acts::Given;
pub use axon::Axon;
pub use cloud_event::{cloud_event, rfc3339};
pub use conflicts::{Choice, ConflictedFile, Named, Settlement, Sides};
pub use look::{
    AgentStanding, AtWork, Blocked, Board, BoardTask, BrokenDeadlock, Cause, CauseDecision,
    CauseEdit, CauseTask, CheckRun, Checked, Counts, CycleLink, Fault, FileDiff, Finding, Health,
    HeldLock, LockEntry, LockTable, LogFilter, Moment, Place, Preview, Rewound, Seen, Shown,
    Standing, Status, Verification, WaitingFor, Why, entity_name, summary,
};
pub use moving::{Move, MoveOptions};
pub use observer::{Answer, Leave, Nobody, Notice, Observer, Question};
pub use report::{FilePlan, GoalReport, Removed, Report, count_sites};
pub use settings::{Request, Settings};

pub use axon_domain::{CheckChoice, Goal, Undecided};
pub use axon_engine::{Locks, Mission, Phase, Task, TaskState};
pub use axon_reflexes::Toolchains;
pub use axon_sandbox::Cancel;
pub use axon_workspace::{Applied, Hunk, Resolution};
