//! Looking: everything that reads and changes nothing.

mod checks;
mod diff;
mod doctor;
mod events;
mod preview;
mod rewind;
mod show;
mod standing;
mod status;
mod verify;
mod why;

pub use checks::{CheckRun, Checked};
pub use diff::FileDiff;
pub use doctor::{Finding, Health};
pub use events::{LogFilter, summary};
pub use preview::Preview;
pub use rewind::{Moment, Rewound};
pub use show::Shown;
pub use standing::{AtWork, Standing};
pub use status::Status;
pub use verify::{Fault, Verification};
pub use why::{Cause, CauseDecision, CauseEdit, CauseTask, Why};
