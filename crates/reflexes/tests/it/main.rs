//! Checks of tiny real projects, good and bad.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod cargo;
mod hostile;
mod python;
mod support;
