//! Deterministic judges of an edit: the project's own check.
//!
//! [`find`] says which command proves a project, [`run_check`] runs it, confined, on the
//! mission's tree as if that tree lay at the project's path. What it is not: a test runner.
//! It compiles and collects, because that is what an edit breaks first and what every project
//! can do without being asked; more is configured under `[check]` in `axon.toml`.

mod config;
mod find;
mod note;
mod place;
mod run;

pub use config::CheckConfig;
pub use find::{Check, Found, find};
pub use note::last_lines;
pub use place::{Place, Toolchains};
pub use run::{CheckOutcome, run_check};
