//! Programs that really run, most of them hostile.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod files;
mod limits;
mod outside;
mod overlay;
mod plain;
mod support;
mod users;
