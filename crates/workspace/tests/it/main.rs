//! Integration tests: real repositories, made by `git` in temporary folders.

mod delta;
mod git_commit;
mod git_history;
mod git_read;
mod materialise;
mod session;
mod support;
