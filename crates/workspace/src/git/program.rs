//! Running the `git` program, where the user's own hooks, filters or signing program take part.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use axon_domain::{Code, Error, Result};

use super::{Repository, UserConfig};

/// How much of Git's messages goes into an error.
const MESSAGE_BYTES: usize = 2000;

/// Set by Git for hooks; they would point our `git` at another repository or index.
const MISLEADING: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_LITERAL_PATHSPECS",
];

impl Repository {
    /// `git` in this repository: it asks nothing and reads nothing from the terminal.
    pub(super) fn program(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.root()).env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        for name in MISLEADING {
            command.env_remove(name);
        }
        if self.user_config == UserConfig::Ignore {
            command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        }
        command
    }

    /// Writes the commit by `git commit-tree -S`: the signing program is the user's own.
    pub(super) fn signed_commit(&self, commit: &gix::objs::Commit) -> Result<gix::ObjectId> {
        let mut command = self.program();
        command.args(["-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S", "-F", "-"]);
        for parent in &commit.parents {
            command.args(["-p", &parent.to_string()]);
        }
        command.args(["--", &commit.tree.to_string()]);
        for (role, who) in [("AUTHOR", &commit.author), ("COMMITTER", &commit.committer)] {
            command
                .env(format!("GIT_{role}_NAME"), who.name.to_string())
                .env(format!("GIT_{role}_EMAIL"), who.email.to_string())
                .env(format!("GIT_{role}_DATE"), format!("{} +0000", who.time.seconds));
        }
        let output = run(command, Some(&commit.message)).map_err(|error| {
            error.hint("the commit is signed because of commit.gpgSign; try: git commit-tree -S HEAD^{tree}")
        })?;
        gix::ObjectId::from_hex(output.stdout.trim_ascii())
            .map_err(|cause| Error::new(Code::Git, "git printed no commit id").because(cause))
    }
}

/// Runs it to its end. The input, if any, is all that it can read.
///
/// # Errors
/// [`Code::ProgramMissing`] when there is no `git`, [`Code::Git`] with its message when it fails.
pub(super) fn run(mut command: Command, input: Option<&[u8]>) -> Result<Output> {
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|cause| not_started(&cause))?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A program that ends without reading says why on its own.
        let _unread = pipe.write_all(input);
    }
    let output = child
        .wait_with_output()
        .map_err(|cause| Error::new(Code::Io, "git cannot be waited for").because(cause))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(MESSAGE_BYTES).collect();
    let error = Error::new(Code::Git, format!("git failed: {said}"));
    Err(if said.contains(".lock") {
        error.hint(
            "another Git is at work here; if none is, one was killed: remove the file that ends in \
             .lock, look at `git status`, and try again",
        )
    } else {
        error.hint("see what `git status` says, then try again")
    })
}

fn not_started(cause: &std::io::Error) -> Error {
    if cause.kind() == std::io::ErrorKind::NotFound {
        return Error::new(Code::ProgramMissing, "the program git is not installed")
            .hint("install Git, or put it on the PATH");
    }
    Error::new(Code::Io, format!("git cannot be started: {cause}"))
}
