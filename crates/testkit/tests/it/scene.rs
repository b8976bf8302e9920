//! A repository with a mission to run on it, as tests of crashes need it: put back as it was as
//! often as they like.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axon_testkit::sample::Large;
use axon_testkit::tracer::{Follow, Traced, kill_at};
use axon_testkit::{Output, TestRepo, axon_binary, axon_command};
use serde_json::Value;

/// Some hundred files, a third of which a rename edits.
const FILES: Large = Large { files: 160, seed: 5, using_every: 3 };

/// The check: quick, and about the result.
pub(crate) const CHECK: &str = "grep -q order_total warehouse/pricing.py";

/// The mission.
pub(crate) const RUN: &[&str] =
    &["run", "--rename", Large::SYMBOL, "order_total", "--check", CHECK, "--json"];

pub(crate) struct Scene {
    pub(crate) repo: TestRepo,
    /// The tree of the mission's commit when nothing disturbs it.
    pub(crate) tree: String,
}

impl Scene {
    /// The scene before the mission (`restore("start")`) and after it (`restore("done")`).
    pub(crate) fn new() -> Self {
        let repo = TestRepo::empty();
        FILES.write(&repo.path());
        repo.commit("Start");
        let mut scene = Self { repo, tree: String::new() };
        scene.save("start");
        let _ = scene.axon(RUN).success();
        scene.tree = scene.repo.git(["rev-parse", "axon/m1^{tree}"]);
        scene.save("done");
        scene
    }

    /// How many tasks the mission has: one a file.
    pub(crate) fn tasks() -> usize {
        FILES.users() + 1
    }

    pub(crate) fn axon(&self, arguments: &[&str]) -> Output {
        self.repo.finish(self.command(arguments))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = axon_command(&self.repo, axon_binary());
        command.args(arguments);
        command
    }

    /// Runs the program until so many system calls have begun or ended, and gives the lines
    /// that it printed until then.
    pub(crate) fn kill(&self, arguments: &[&str], stop: u64) -> (Traced, Vec<String>) {
        let path = self.repo.home().join("printed");
        let mut command = self.command(arguments);
        command.stdout(File::create(&path).unwrap());
        command.stderr(Stdio::null());
        let traced = kill_at(command, stop, Follow::Children);
        (traced, whole_lines(&fs::read_to_string(path).unwrap()))
    }

    /// How many system calls begin and end when nothing disturbs a command.
    pub(crate) fn stops(&self, arguments: &[&str], from: &str) -> u64 {
        self.restore(from);
        let (traced, _) = self.kill(arguments, u64::MAX);
        assert_eq!(traced.code, Some(0), "{arguments:?}");
        traced.stops
    }

    /// What a command prints as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.axon(&[arguments, &["--json"]].concat()).success();
        serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}"))
    }

    /// One mission as `axon missions` shows it.
    pub(crate) fn mission(&self, id: &str) -> Option<Value> {
        let all = self.json(&["missions"]);
        all["missions"].as_array().unwrap().iter().find(|mission| mission["id"] == id).cloned()
    }

    pub(crate) fn verify(&self) {
        let found = self.json(&["verify"]);
        assert_eq!(found["problems"].as_array().map(Vec::len), Some(0), "{found}");
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.repo.path().join(".axon")
    }

    /// Keeps repository and home as they are now under a name.
    pub(crate) fn save(&self, name: &str) {
        let kept = self.repo.home().with_file_name(format!("kept-{name}"));
        fs::create_dir(&kept).unwrap();
        for folder in [self.repo.path(), self.repo.home()] {
            copy(&folder, &kept.join(folder.file_name().unwrap()));
        }
    }

    /// Puts both back.
    pub(crate) fn restore(&self, name: &str) {
        let kept = self.repo.home().with_file_name(format!("kept-{name}"));
        for folder in [self.repo.path(), self.repo.home()] {
            fs::remove_dir_all(&folder).unwrap();
            copy(&kept.join(folder.file_name().unwrap()), &folder);
        }
    }
}

/// The lines of a text that are complete.
pub(crate) fn whole_lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n')).map(str::to_owned).collect()
}

fn copy(from: &Path, to: &std::path::Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success(), "{} cannot be copied", from.display());
}
