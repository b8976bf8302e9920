//! The hermetic test environment: repositories in temporary folders, sample projects, running
//! the binary, and making its output comparable.
//!
//! Only integration tests and benches use it. What goes wrong in here is a mistake in a test,
//! so it panics and says where, instead of returning errors that every test would unwrap.
//! The rules of the repository are the tests of this crate, in `tests/it`.
#![expect(clippy::expect_used, reason = "a failing helper is a failing test")]

mod binary;
mod command;
mod normalise;
mod repo;
mod rounds;
pub mod sample;
#[cfg(target_os = "linux")]
pub mod tracer;

pub use binary::axon_binary;
pub use command::{Output, axon_command};
pub use normalise::Normaliser;
pub use repo::{COMMIT_TIME, TestRepo};
pub use rounds::{Random, each_of_many, each_round, first_round, rounds, seed};
