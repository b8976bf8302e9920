//! Running a program with nothing of the machine around it.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::TestRepo;

/// What a program printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; 128 + n where signal n ended it, as shells say it.
    pub code: i32,
}

impl Output {
    /// This output, or a panic that shows all of it unless the program succeeded.
    #[track_caller]
    #[must_use]
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// This output, or a panic that shows all of it unless the exit code is `code`.
    #[track_caller]
    #[must_use]
    pub fn exits(self, code: i32) -> Self {
        assert!(self.code == code, "expected exit code {code}\n{self}");
        self
    }
}

impl fmt::Display for Output {
    /// The form for snapshots: the exit code, then each stream that is not empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("exit: {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                let _ = write!(text, "--- {name}\n{}\n", stream.trim_end_matches('\n'));
            }
        }
        f.write_str(&text)
    }
}

/// A command that sees the environment of the test and nothing else: `PATH` (also for Rust's
/// tool chain), the temporary home, no configuration of the user or the system.
pub(crate) fn hermetic(program: impl AsRef<std::ffi::OsStr>, repo: &TestRepo) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(repo.path()).stdin(Stdio::null());
    for (name, value) in repo.environment() {
        command.env(name, value);
    }
    command
}

pub(crate) fn finish(mut command: Command) -> Output {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap_or_else(|e| panic!("{command:?}: not UTF-8: {e}"))
    };
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&done.status);
    #[cfg(not(unix))]
    let signal = None;
    let code = done.status.code().unwrap_or_else(|| 128 + signal.unwrap_or_default());
    Output { stdout: text(done.stdout), stderr: text(done.stderr), code }
}

/// The binary `axon` in the repository of a test, ready for arguments; end with
/// [`TestRepo::finish`], or spawn it where the test ends it itself.
///
/// Integration tests of the crate `cli` pass `env!("CARGO_BIN_EXE_axon")`.
#[must_use]
pub fn axon_command(repo: &TestRepo, binary: impl AsRef<Path>) -> Command {
    hermetic(binary.as_ref(), repo)
}
