//! Programs that really run, most of them hostile.
#![cfg(target_os = "linux")]

mod files;
mod limits;
mod outside;
mod overlay;
mod plain;
mod support;
mod users;
