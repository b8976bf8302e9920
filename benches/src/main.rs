//! `axon-bench`: measures what Axon promises, each figure beside its peer, in rounds that
//! alternate with it. It prints figures and never judges them: a machine that is busy with
//! something else must not fail a build.
//!
//! `./dev bench [NAME…] [--quick]` builds and runs it.

mod append;
mod bus;
mod engine;
mod git;
mod history;
mod locks;
mod machine;
mod merge;
mod open;
mod plan;
mod rename;
mod rewind;
mod session;
mod start;
mod stats;
mod storage;
mod swarm;
mod table;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::table::Row;

/// How to measure.
struct Options {
    /// Smaller sizes and fewer rounds: to see that a bench works, not for figures.
    quick: bool,
    /// One bench, and no more than its rows: this process is one of several.
    only_rows: bool,
    /// Rounds of each measurement; each bench has its usual number.
    rounds: Option<usize>,
    /// Where temporary folders are made: decides the file system that is measured.
    folder: PathBuf,
    /// The release binary.
    axon: PathBuf,
}

impl Options {
    /// One size for figures, one for `--quick`.
    fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// How many rounds, where `usual` are enough for a steady median.
    fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { usual })
    }

    /// A temporary folder, gone when dropped.
    fn temporary(&self) -> tempfile::TempDir {
        tempfile::tempdir_in(&self.folder).expect("a temporary folder")
    }
}

/// A bench: its name, what it measures, and the function.
type Bench = (&'static str, &'static str, fn(&Options) -> Vec<Row>);

const BENCHES: &[Bench] = &[
    ("append", "events appended in groups and one by one, beside bare SQLite", append::run),
    ("storage", "bytes of an event, at three sizes of the ledger", storage::run),
    ("engine", "`apply` and `decide`", engine::run),
    ("bus", "letters between agents, beside kameo and ractor; idle agents", bus::run),
    ("locks", "locks taken, waited for and released; deadlocks", locks::run),
    ("open", "the state of a ledger, kept and read from every event", open::run),
    ("session", "a session on 100,000 files, beside `git worktree add`", session::run),
    (
        "merge",
        "texts and sessions merged, beside `git merge-file` and `git merge-tree`",
        merge::run,
    ),
    ("rewind", "the workspace at any of a million events, beside `git worktree add`", rewind::run),
    ("plan", "a plan with its sites on 10,000 files", plan::run),
    ("rename", "a rename across 10,000 files, beside grep, sed and commit", rename::run),
    ("swarm", "agents at once: what they bring and what they cost", swarm::run),
    ("start", "start-up, memory, size of the binary", start::run),
];

/// How a process is told to be one of several.
const ONLY_ROWS: &str = "--only-rows";

const USAGE: &str = "usage: axon-bench [NAME…] [--quick] [--rounds N] [--dir DIR] [--axon BINARY]";

fn main() -> ExitCode {
    let (options, names) = match arguments() {
        Ok(parsed) => parsed,
        Err(what) => {
            eprintln!("{what}\n{USAGE}\n");
            for (name, about, _) in BENCHES {
                eprintln!("  {name:8} {about}");
            }
            return ExitCode::from(2);
        }
    };
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let benches = BENCHES.iter().filter(|(name, ..)| wanted(name));
    if options.only_rows {
        for (name, _, run) in benches {
            run(&options).iter().for_each(|row| println!("{}", row.line(name, options.quick)));
        }
        return ExitCode::SUCCESS;
    }
    println!("{}\n", machine::describe(&options.folder));
    println!("{}", table::HEADER);
    for (name, ..) in benches {
        if !in_a_process(name, &options) {
            eprintln!("{name} failed");
            return ExitCode::FAILURE;
        }
    }
    println!("\nload at the end: {}", machine::load());
    ExitCode::SUCCESS
}

/// Each bench has a process of its own: memory that another one had and gave back would not be
/// seen to grow.
fn in_a_process(name: &str, options: &Options) -> bool {
    let Ok(own) = std::env::current_exe() else { return false };
    let mut command = Command::new(own);
    command.args([name, ONLY_ROWS]);
    command.arg("--dir").arg(&options.folder).arg("--axon").arg(&options.axon);
    command.args(options.quick.then_some("--quick"));
    if let Some(rounds) = options.rounds {
        command.args(["--rounds", &rounds.to_string()]);
    }
    command.status().is_ok_and(|status| status.success())
}

fn arguments() -> Result<(Options, Vec<String>), String> {
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("axon")));
    let mut options = Options {
        quick: false,
        only_rows: false,
        rounds: None,
        folder: std::env::temp_dir(),
        axon: beside.unwrap_or_default(),
    };
    let mut names = Vec::new();
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            ONLY_ROWS => options.only_rows = true,
            "--rounds" => {
                let number = value()?.parse().ok().filter(|number| *number > 0);
                options.rounds = Some(number.ok_or("--rounds needs a number above 0")?);
            }
            "--dir" => options.folder = value()?.into(),
            "--axon" => options.axon = value()?.into(),
            name if BENCHES.iter().any(|(known, ..)| *known == name) => names.push(argument),
            _ => return Err(format!("there is no bench {argument}")),
        }
    }
    Ok((options, names))
}
