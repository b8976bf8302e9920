//! Looking: everything that reads and changes nothing.

mod agents;
mod board;
mod checks;
mod diff;
mod doctor;
mod events;
mod lines;
mod locks;
mod origin;
mod preview;
mod rewind;
mod seen;
mod show;
mod standing;
mod status;
mod verify;
mod why;

pub use agents::AgentStanding;
pub use board::{Blocked, Board, BoardTask, Counts, Place, entity_name};
pub use checks::{CheckRun, Checked};
pub use diff::FileDiff;
pub use doctor::{Finding, Health};
pub use events::{LogFilter, summary};
pub use locks::{BrokenDeadlock, CycleLink, HeldLock, LockEntry, LockTable, WaitingFor};
pub use preview::Preview;
pub(crate) use rewind::ReadOnly;
pub use rewind::{Moment, Rewound};
pub use seen::Seen;
pub use show::Shown;
pub use standing::{AtWork, Standing};
pub use status::Status;
pub use verify::{Fault, Verification};
pub use why::{Cause, CauseDecision, CauseEdit, CauseTask, Why};
