//! What the tests have in common: repositories, running the binary, following it while it runs.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use axon_domain::Code;
use axon_testkit::{Output, TestRepo, axon_command};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

pub(crate) const SHOP: &str = "def total(prices):\n    return sum(prices)\n";
pub(crate) const TILL: &str = "from shop import total\n\nprint(total([1, 2]))\n";

/// The mission of most tests: three places in two files, and no check.
pub(crate) const RENAME: &[&str] = &["run", "--rename", "total", "sum_up", "--no-check"];

/// Two Python files, of which one uses the other.
pub(crate) fn small() -> TestRepo {
    TestRepo::with([("shop.py", SHOP), ("till.py", TILL)])
}

/// The same after [`RENAME`].
pub(crate) fn renamed() -> TestRepo {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    repo
}

/// A repository whose check waits at a gate: it reads a named pipe that the test writes to.
pub(crate) fn gated() -> TestRepo {
    gated_by("cat gate")
}

/// The same with a check that need not come to the gate.
pub(crate) fn gated_by(check: &str) -> TestRepo {
    let config = format!("[check]\ncommand = \"{check}\"\nbring = [\"gate\"]\n");
    let repo = TestRepo::with([
        (".gitignore", "gate\n"),
        ("axon.toml", config.as_str()),
        ("shop.py", SHOP),
        ("till.py", TILL),
    ]);
    let mut command = repo.command("mkfifo");
    command.arg("gate");
    let _ = repo.finish(command).success();
    repo
}

/// The mission of a gated repository.
pub(crate) const GATED: &[&str] = &["run", "--rename", "total", "sum_up"];

/// A gated repository with a second symbol, and a second gate for [`OTHER_GATED`].
pub(crate) fn gated_twice() -> TestRepo {
    let config = "[check]\ncommand = \"cat gate\"\nbring = [\"gate\", \"gate2\"]\n";
    let scales = "from shop import total\n\n\ndef weigh(x):\n    return total([x])\n";
    let repo = TestRepo::with([
        (".gitignore", "gate\ngate2\n"),
        ("axon.toml", config),
        ("shop.py", SHOP),
        ("till.py", TILL),
        ("scales.py", scales),
        ("market.py", "from scales import weigh\n\nprint(weigh(1))\n"),
    ]);
    let mut command = repo.command("mkfifo");
    command.args(["gate", "gate2"]);
    let _ = repo.finish(command).success();
    repo
}

/// Another mission of such a repository, without a check.
pub(crate) const OTHER: &[&str] = &["run", "--rename", "weigh", "weight_of", "--no-check"];
/// The same with its check at the second gate.
pub(crate) const OTHER_GATED: &[&str] =
    &["run", "--rename", "weigh", "weight_of", "--check", "cat gate2"];

/// Waits until a check stands at a gate. It goes on when the file is dropped.
pub(crate) fn at_gate(repo: &TestRepo, name: &str) -> File {
    OpenOptions::new().write(true).open(repo.path().join(name)).unwrap()
}

/// Waits until nobody stands at a gate any more: what was killed with its process is gone, and
/// whoever comes next is another one.
pub(crate) fn left(gate: File) {
    let mut waits = [PollFd::new(&gate, PollFlags::empty())];
    while !waits[0].revents().contains(PollFlags::ERR) {
        poll(&mut waits, None).unwrap();
    }
}

/// The process that writes the ledger.
pub(crate) fn owner_pid(repo: &TestRepo) -> Pid {
    let pid = json(repo, &["status"])["owner_pid"].as_i64().unwrap();
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

/// The state of every mission.
pub(crate) fn states(repo: &TestRepo) -> Vec<String> {
    let missions = json(repo, &["missions"]);
    let state = |mission: &Value| mission["state"].as_str().unwrap().to_owned();
    missions["missions"].as_array().unwrap().iter().map(state).collect()
}

/// The binary with arguments, ready to be changed or spawned.
pub(crate) fn command(repo: &TestRepo, arguments: &[&str]) -> Command {
    let mut command = axon_command(repo, env!("CARGO_BIN_EXE_axon"));
    command.args(arguments);
    command
}

/// Runs the binary to its end.
pub(crate) fn axon(repo: &TestRepo, arguments: &[&str]) -> Output {
    let output = repo.finish(command(repo, arguments));
    let escape = output.stdout.contains('\x1b') || output.stderr.contains('\x1b');
    assert!(!escape, "colours off a terminal\n{output}");
    output
}

/// The same in a folder below the root.
pub(crate) fn axon_in(repo: &TestRepo, folder: &str, arguments: &[&str]) -> Output {
    let mut command = command(repo, arguments);
    command.current_dir(repo.path().join(folder));
    repo.finish(command)
}

/// The one JSON value that a command prints; it has to succeed.
#[track_caller]
pub(crate) fn json(repo: &TestRepo, arguments: &[&str]) -> Value {
    let output = axon(repo, &[arguments, &["--json"]].concat()).success();
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
    parse(&output.stdout)
}

/// The JSON values that a command prints, one a line; it has to succeed.
#[track_caller]
pub(crate) fn json_lines(repo: &TestRepo, arguments: &[&str]) -> Vec<Value> {
    let output = axon(repo, &[arguments, &["--json"]].concat()).success();
    output.stdout.lines().map(parse).collect()
}

#[track_caller]
pub(crate) fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// What a branch changed, without context, file by file.
pub(crate) fn changes(repo: &TestRepo, branch: &str) -> String {
    let diff = repo.git(["diff", "--unified=0", "main", branch]);
    let lines = diff.lines().filter(|line| {
        line.starts_with("+++ ") || (line.starts_with(['+', '-']) && !line.starts_with("---"))
    });
    lines.map(|line| format!("{}\n", line.replace("+++ b/", "# "))).collect()
}

/// The names of an object's fields, sorted.
pub(crate) fn fields(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

/// An error as programs get it.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// Runs a command that has to end with this code, and with the exit code documented for it;
/// whether as an error of the command or as the end of its mission. Nothing may be changed.
#[track_caller]
pub(crate) fn refused(repo: &TestRepo, arguments: &[&str], code: Code) -> Problem {
    let before = fingerprint(&repo.path());
    let output = axon(repo, &[arguments, &["--json"]].concat());
    assert_eq!(fingerprint(&repo.path()), before, "{arguments:?} changed something");
    assert_eq!(output.stderr, "", "errors as JSON are on standard output");
    let last = output.stdout.lines().rev().map(parse).find_map(|value| {
        let ended = value["data"]["kind"] == "MISSION_ENDED";
        let error = if ended { value["data"].clone() } else { value["error"].clone() };
        error["code"].is_string().then_some(error)
    });
    let error = last.unwrap_or_else(|| panic!("{arguments:?}: no error\n{output}"));
    let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
    let message = [text("message"), text("reason")].concat();
    let problem = Problem { code: text("code"), message, hint: text("hint") };
    assert_eq!(problem.code, code.name(), "{output}");
    assert_eq!(output.code, i32::from(code.exit_code()), "{output}");
    problem
}

/// Everything that a mission must not touch: every file of the working tree with its content,
/// mode and time of change, the index, HEAD, the branches that are not Axon's, the stash.
pub(crate) fn fingerprint(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            let in_git = path.ancestors().any(|above| above.ends_with(".git"));
            let ours = name == ".axon" || path.ends_with("refs/heads/axon");
            let objects = in_git && matches!(name.to_str(), Some("objects" | "logs" | "info"));
            if ours || objects || path.ends_with("refs/axon") {
                continue;
            }
            let data = path.symlink_metadata().unwrap();
            let (mode, time) = (data.mode(), (data.mtime(), data.mtime_nsec()));
            if data.is_dir() {
                folders.push(path);
            } else {
                let content = if data.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
                let sum = content.iter().fold(0_u64, |sum, byte| {
                    sum.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(*byte))
                });
                found.push(format!("{path:?} {mode:o} {time:?} {} {sum:x}", content.len()));
            }
        }
    }
    found.sort();
    found
}

/// Output for snapshots: without what differs between two runs.
pub(crate) fn shown(repo: &TestRepo, output: &Output) -> String {
    // How long a stage took is said only where somebody had to wait for it.
    without_clocks(&repo.normalise(&output.to_string()).replace("  [ELAPSED]\n", "\n"))
}

/// `20:15:35.761` becomes `[CLOCK]`, and ten hexadecimal digits `[HASH]`: the beginning of a
/// commit's id, which now and then has no letter or no digit in it.
fn without_clocks(text: &str) -> String {
    let is_clock = |word: &str| {
        let shape: String =
            word.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
        shape == "dd:dd:dd.ddd"
    };
    let is_id = |word: &str| word.len() == 10 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split_inclusive([' ', '\n']);
    words
        .map(|word| {
            let bare = word.trim_end_matches([' ', '\n', ')']);
            match bare {
                _ if is_clock(bare) => word.replace(bare, "[CLOCK]"),
                _ if is_id(bare) => word.replace(bare, "[HASH]"),
                _ => word.to_owned(),
            }
        })
        .collect()
}

/// A file that is read, written or made beside the repository.
pub(crate) fn beside(repo: &TestRepo, name: &str) -> PathBuf {
    repo.path().parent().unwrap().join(name)
}

/// The binary while it runs.
pub(crate) struct Running {
    child: Child,
    gate: PathBuf,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    pub(crate) fn start(repo: &TestRepo, arguments: &[&str]) -> Self {
        let mut command = command(repo, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let gate = repo.path().join("gate");
        let stdout = collect(child.stdout.take().unwrap(), None);
        let stderr = collect(child.stderr.take().unwrap(), Some(gate.clone()));
        Self { child, gate, stdout, stderr }
    }

    /// Waits until the check stands at the gate. It goes on when the file is dropped.
    pub(crate) fn at_gate(&self) -> File {
        OpenOptions::new().write(true).open(&self.gate).unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        interrupt(&self.child);
    }

    /// `kill -9` at the gate, and no sooner back than the check that it started is gone too.
    pub(crate) fn kill_at(self, mut gate: File) {
        self.kill();
        while gate.write(b"\n").is_ok() {}
    }

    /// Starts the binary and waits until this stands on standard error.
    pub(crate) fn until_said(repo: &TestRepo, arguments: &[&str], wanted: &str) -> Self {
        let mut command = command(repo, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains(wanted) {
            assert!(lines.read_line(&mut text).unwrap() > 0, "no {wanted}\n{text}");
        }
        let gate = repo.path().join("gate");
        let stdout = collect(child.stdout.take().unwrap(), Some(gate.clone()));
        let stderr = thread::spawn(move || {
            lines.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, gate, stdout, stderr }
    }

    /// Starts the binary with `--json` and waits until it has printed an event of this kind.
    pub(crate) fn until(repo: &TestRepo, arguments: &[&str], kind: &str) -> Self {
        let mut command = command(repo, &[arguments, &["--json"]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let gate = repo.path().join("gate");
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        let wanted = format!("\"kind\":\"{kind}\"");
        while !text.contains(&wanted) {
            assert!(lines.read_line(&mut text).unwrap() > 0, "no {kind}\n{text}");
        }
        let stdout = thread::spawn(move || {
            lines.read_to_string(&mut text).unwrap();
            text
        });
        let stderr = collect(child.stderr.take().unwrap(), Some(gate.clone()));
        Self { child, gate, stdout, stderr }
    }

    /// `kill -9`, and everything that it started with it. Not back before its output was read:
    /// whoever reads it comes to the gate at the end, and would be taken for the next check.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.stdout.join().unwrap();
        self.stderr.join().unwrap();
    }

    pub(crate) fn end(mut self) -> Output {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Output { stdout: self.stdout.join().unwrap(), stderr: self.stderr.join().unwrap(), code }
    }
}

/// Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

/// Reads to the end. If nobody ever came to the gate, the test must not wait there for ever.
fn collect(mut from: impl Read + Send + 'static, gate: Option<PathBuf>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
        if let Some(gate) = gate {
            let _ = OpenOptions::new().read(true).custom_flags(nonblock).open(gate);
        }
        text
    })
}
