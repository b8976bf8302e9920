//! What the runtime is told about its surroundings. It reads no environment itself.

use std::ffi::OsString;
use std::path::PathBuf;

use axon_domain::{CheckChoice, Goal, Undecided};
use axon_ledger::WallClock;
use axon_reflexes::Toolchains;
use serde::{Deserialize, Serialize};

/// Where and with what Axon works.
#[derive(Clone)]
pub struct Settings {
    /// The folder that the user stands in; the repository is found from here.
    pub start: PathBuf,
    /// The Ed25519 key that signs checkpoints; made on first use, outside of any repository.
    pub key_file: PathBuf,
    /// Where compilers and interpreters are.
    pub toolchains: Toolchains,
    /// Version of Axon, for the record.
    pub version: String,
    /// Milliseconds since 1970 (UTC).
    pub wall_clock: WallClock,
    /// The user's own folder for sockets. It is made when it is needed, and used only if nobody
    /// else may look into it.
    pub sockets: PathBuf,
    /// The program, with its first arguments, that works in the background; the missions to go
    /// on with are added to it. Empty where there is none.
    pub background: Vec<OsString>,
}

/// A mission as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The goal.
    pub goal: Goal,
    /// Only files that match one of these globs are edited; empty means all.
    pub paths: Vec<String>,
    /// The check.
    pub check: CheckChoice,
    /// What happens to places that nothing in the code decides.
    pub undecided: Undecided,
    /// How many coders work at once; `None`: one for each processor.
    pub agents: Option<u32>,
    /// Run the check and the hooks without confinement, this once.
    pub unconfined: bool,
    /// Leave the Git hooks out, this once.
    pub no_verify: bool,
}
