//! A ledger as others use it: through its public functions, on real files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod append;
mod backup;
mod checkpoints;
mod crash;
mod damage;
mod erase;
mod formats;
mod marks;
mod readers;
mod samples;
mod samples_conflicts;
mod samples_goals;
mod samples_swarm;
mod snapshots;
mod support;
