//! What follows from what: `apply` and `decide` for every aggregate.
//!
//! - [`apply`] is the only thing that changes a [`State`]. It is total: any event of any
//!   release, in any order, erased or not, gives a state.
//! - [`decide`] says what happens next. What it decides becomes an event itself, so it may
//!   improve from release to release without changing what old ledgers rebuild to.
//! - A [`State`] can be kept, and goes on from there: [`STATE_VERSION`].
//! - [`resume`] says what is outstanding in a state that nobody is working on any more.
//!
//! No clock, no I/O, no randomness, no floats, no hash maps: the same events give the same
//! decisions anywhere.
#![no_std]

extern crate alloc;

mod apply;
pub mod authority;
mod conflicts;
mod control;
mod crew;
mod decide;
mod effect;
#[cfg(test)]
mod golden;
mod locks;
mod plan;
mod state;
mod swarm;
mod wave;

pub use apply::{KINDS, apply};
pub use conflicts::{Conflicts, Disputed, Settled};
pub use decide::{decide, resume};
pub use effect::{Effect, Effects};
pub use locks::{Grant, Locks, Wait};
pub use plan::{PlanFault, check_plan};
pub use state::{Agents, Mission, Phase, STATE_VERSION, State, Task, TaskState};
pub use swarm::{MOST_ATTEMPTS, MOST_CHANGES, PATIENCE, expire, next_expiry};
pub use wave::{Accepted, Wave};
