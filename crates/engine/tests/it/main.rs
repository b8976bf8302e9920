//! The engine driven by a world that does what it is asked, fails as told, and crashes.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conflicts;
mod controls;
mod crashes;
mod kept;
mod locks;
mod plans;
mod swarm;
mod totality;
mod waves;
mod world;
