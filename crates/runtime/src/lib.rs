//! The runtime: dispatcher and executor of effects, and the facade that faces use.
//!
//! [`Axon`] is a repository with its ledger. Giving a mission ([`Axon::run`]) records it,
//! performs what the engine decides, and records every outcome; everything else looks at what
//! was recorded, or brings it in, drops it, or brings it back.

mod acts;
mod axon;
mod check;
mod cloud_event;
pub mod demo;
mod dispatch;
mod effects;
mod give;
mod hooks;
mod look;
mod observer;
mod office;
mod owner;
mod report;
pub mod sentence;
mod settings;
mod shared;
mod source;
mod state;

pub use acts::Given;
pub use axon::Axon;
pub use cloud_event::{cloud_event, rfc3339};
pub use look::{
    AtWork, Cause, CauseDecision, CauseEdit, CauseTask, CheckRun, Checked, Fault, FileDiff,
    Finding, Health, LogFilter, Moment, Preview, Rewound, Shown, Standing, Status, Verification,
    Why, summary,
};
pub use observer::{Answer, Leave, Nobody, Notice, Observer, Question};
pub use report::{Report, count_sites};
pub use settings::{Request, Settings};

pub use axon_domain::{CheckChoice, Goal, Undecided};
pub use axon_engine::{Mission, Phase};
pub use axon_reflexes::Toolchains;
pub use axon_sandbox::Cancel;
pub use axon_workspace::Applied;
