//! Programs that really run, most of them hostile.
#![cfg(target_os = "linux")]

mod support;

mod plain;
