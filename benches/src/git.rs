//! Repositories to measure on, and programs run in them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::SystemTime;

use axon_domain::GitId;
use axon_runtime::{Axon, Settings, Toolchains};
use axon_testkit::{TestRepo, sample::Large};

/// A large repository with one commit, packed, as a clone would be. It is packed at once: ext4
/// is slow to make files where many were deleted in the minutes before, so no bench deletes
/// files while it measures.
pub(crate) fn large(files: usize, using_every: usize) -> TestRepo {
    let repo = TestRepo::empty();
    repo.git(["config", "gc.auto", "0"]);
    Large { files, seed: 1, using_every }.write(&repo.path());
    repo.git(["-c", "core.bigFileThreshold=1", "add", "--all"]);
    repo.git(["commit", "--quiet", "--message", "Start"]);
    repo
}

/// The tree of a revision.
pub(crate) fn tree_of(repo: &TestRepo, revision: &str) -> GitId {
    let id = repo.git(["rev-parse", &format!("{revision}^{{tree}}")]);
    GitId::from_hex(id.trim()).expect("Git prints ids in hexadecimal")
}

/// Axon in a repository, as the command line would open it.
pub(crate) fn axon(repo: &TestRepo) -> Axon {
    let toolchains = Toolchains {
        cargo_home: None,
        rustup_home: None,
        path: std::env::var_os("PATH").unwrap_or_default(),
        extra: Vec::new(),
    };
    Axon::open(Settings {
        start: repo.path(),
        key_file: key_file(repo),
        toolchains,
        version: "bench".to_owned(),
        wall_clock: Arc::new(wall_clock),
        sockets: repo.home().join("run"),
        background: Vec::new(),
    })
    .expect("the repository can be opened")
}

/// Where the signing key of a repository's ledger is.
pub(crate) fn key_file(repo: &TestRepo) -> PathBuf {
    repo.home().join("bench.key")
}

/// Milliseconds since 1970.
pub(crate) fn wall_clock() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The new name in every rename of a [`Large`] repository.
pub(crate) const NEW_NAME: &str = "order_total";

/// Runs a program in a repository to its end; it has to succeed. Its output is dropped.
pub(crate) fn run(repo: &TestRepo, program: &Path, arguments: &[&str]) {
    let mut command = repo.command(&program.display().to_string());
    command.args(arguments).stdout(Stdio::null());
    finish(command);
}

/// Runs a line of shell in a repository; it has to succeed.
pub(crate) fn shell(repo: &TestRepo, line: &str) {
    let mut command = repo.command("sh");
    command.args(["-c", line]).stdout(Stdio::null());
    finish(command);
}

fn finish(mut command: Command) {
    let output = command.stderr(Stdio::piped()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
}
