//! A Git repository in a temporary folder.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::command::{self, Output};
use crate::normalise::Normaliser;

/// The time of every commit that [`TestRepo`] makes, in seconds since 1970: 2025-01-01.
/// Constant, so that the ids of commits are the same in every run.
pub const COMMIT_TIME: u64 = 1_735_689_600;

/// A Git repository in a temporary folder, with a home of its own beside it. Nothing of the
/// user's or the system's configuration is seen inside; everything is removed at the end.
#[derive(Debug)]
pub struct TestRepo {
    // Canonical: some systems have links on the way to their temporary folder.
    base: PathBuf,
    _folder: TempDir,
}

impl TestRepo {
    /// A repository without a commit, on the branch `main`.
    #[must_use]
    pub fn empty() -> Self {
        let repo = Self::folder();
        repo.git(["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// A folder that is not a repository.
    #[must_use]
    pub fn folder() -> Self {
        let folder = tempfile::Builder::new().prefix("axon-test-").tempdir();
        let folder = folder.expect("a temporary folder");
        let base = folder.path().canonicalize().expect("the temporary folder is there");
        let repo = Self { base, _folder: folder };
        for folder in ["repo", "home", "run", "tmp"] {
            fs::create_dir(repo.base.join(folder)).expect("a folder in the temporary folder");
        }
        private(&repo.base.join("run"));
        repo
    }

    /// A repository with these files in one commit.
    #[must_use]
    pub fn with<P: AsRef<Path>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let repo = Self::empty();
        for (path, text) in files {
            repo.write(path, text);
        }
        repo.commit("Start");
        repo
    }

    /// The working tree.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.base.join("repo")
    }

    /// The home folder that programs see.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.base.join("home")
    }

    /// Writes a file of the working tree, with the folders on the way.
    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    /// The text of a file of the working tree.
    #[must_use]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Commits everything in the working tree and returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Runs git, which has to succeed, and returns what it printed.
    #[track_caller]
    pub fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let mut command = self.command("git");
        command.args(arguments);
        self.finish(command).success().stdout
    }

    /// A text file of a commit or branch.
    #[track_caller]
    #[must_use]
    pub fn show(&self, revision: &str, path: &str) -> String {
        self.git(["show", &format!("{revision}:{path}")])
    }

    /// A program in the working tree, in the environment of the test.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        command::hermetic(program, self)
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn finish(&self, command: Command) -> Output {
        command::finish(command)
    }

    /// Makes output comparable; see [`Normaliser`].
    #[must_use]
    pub fn normalise(&self, text: &str) -> String {
        Normaliser::new().folder(&self.base, "[TMP]").apply(text)
    }

    /// The variables that programs see, and no others.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let at = |path: &str| self.base.join(path).into_os_string();
        let mut variables = vec![
            ("HOME", at("home")),
            ("TMPDIR", at("tmp")),
            ("XDG_CACHE_HOME", at("home/.cache")),
            ("XDG_CONFIG_HOME", at("home/.config")),
            ("XDG_DATA_HOME", at("home/.local/share")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("XDG_STATE_HOME", at("home/.local/state")),
            // A repository around the temporary folder is none of the test's.
            ("GIT_CEILING_DIRECTORIES", self.base.clone().into_os_string()),
        ];
        let date = format!("{COMMIT_TIME} +0000");
        let fixed = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            // Git's housekeeping goes on in the background after `git commit` and `git merge`
            // have ended, and would write into folders that a test puts back or removes.
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "maintenance.auto"),
            ("GIT_CONFIG_VALUE_0", "false"),
            ("GIT_AUTHOR_NAME", "Ada Lovelace"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", "Ada Lovelace"),
            ("GIT_COMMITTER_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_DATE", &date),
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONHASHSEED", "0"),
            ("CARGO_NET_OFFLINE", "true"),
        ];
        variables.extend(fixed.map(|(name, value)| (name, OsString::from(value))));
        variables.extend(tool_chain());
        variables
    }
}

/// Where programs are found. Rust's tools look in the home folder unless told otherwise, so
/// that is said; compiling needs nothing else of the machine.
fn tool_chain() -> Vec<(&'static str, OsString)> {
    let mut variables = Vec::new();
    for name in ["PATH", "RUSTUP_TOOLCHAIN", "LLVM_PROFILE_FILE"] {
        variables.extend(env::var_os(name).map(|value| (name, value)));
    }
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let usual = || Some(Path::new(&env::var_os("HOME")?).join(folder).into_os_string());
        variables.extend(env::var_os(name).or_else(usual).map(|value| (name, value)));
    }
    variables
}

#[cfg(unix)]
fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("our own folder");
}

#[cfg(not(unix))]
fn private(_: &Path) {}
