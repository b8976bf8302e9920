//! Locks under any events, beside a table that is too simple to be wrong.

mod model;
mod random;
mod swarm;
