//! Integration tests: real repositories, made by `git` in temporary folders.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod delta;
mod git_commit;
mod git_history;
mod git_read;
mod isolation;
mod materialise;
mod merge_sessions;
mod merge_text;
mod rebase;
mod session;
mod support;
