//! Integration tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod failures;
mod hammering;
mod mailboxes;
mod routing;
mod support;
mod turns;
