//! The binary `axon`, end to end: what it prints, what it leaves behind, how it ends. One
//! module for each command; the others are about what several commands have in common.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

mod agents;
mod apply;
mod attach;
mod backup;
mod board;
mod cancel;
mod completions;
mod conflicts;
mod demo;
mod diff;
mod discard;
mod doctor;
mod locks;
mod log;
mod missions;
mod owner;
mod pause;
mod rebase;
mod rebase_goals;
mod resolve;
mod resume;
mod rewind;
mod run;
mod show;
mod status;
mod verify;
mod why;

mod checks;
mod dead;
mod files;
mod help;
mod hooks;
mod interrupted;
mod ledgers;
mod lists;
mod moves;
mod repositories;
mod signatures;
mod strangers;
mod symbols;
mod terminal;
mod together;
mod untouched;
mod waves;
