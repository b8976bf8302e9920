//! How agents of one process reach each other, and how they are run.
//!
//! * A [`Mailbox`] holds the letters that wait for one reader, never more than its bound.
//! * The [`Router`] finds who gets a [`Letter`]: an agent, the least busy of those that offer
//!   something, those that subscribed to a topic, a mission, everybody. Whatever keeps a letter
//!   from its receiver is an error of its own to the sender, and the letter becomes a dead
//!   letter that can be looked at and sent again.
//! * The [`System`] runs [`Actor`]s: each has a state of its own and a mailbox, is run by one
//!   thread at a time, and fails alone.
//!
//! Threads, no async runtime. No clock: whoever sends says what time it is.

mod actor;
mod cell;
mod dead;
mod group;
mod letter;
mod mailbox;
mod router;
mod run_queue;
mod system;
mod topic;

pub use actor::{Actor, Context, Factory, Notice, Observer, Options, Restart};
pub use dead::{DeadLetter, Target};
pub use letter::{Address, Body, Letter, Priority, Reason, Returned, To};
pub use mailbox::Mailbox;
pub use router::{Bounds, Counts, Delivery, Inbox, Router, Taken, Undelivered};
pub use system::{NotSpawned, System, Worker};
pub use topic::{NotATopic, Pattern, Topic};
