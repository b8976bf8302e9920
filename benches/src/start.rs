//! Start-up, memory and size of the release binary.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use axon_testkit::TestRepo;

use crate::stats::{by_turns, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git, history};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let (files, events) = (options.size(1_000, 1_000), options.size(100_000, 10_000));
    let repo = git::large(files, 0);
    history::write(&repo, files, events);
    let beside = |ours: &[&str], theirs: &[&str]| {
        by_turns(
            options.rounds(21),
            |_| timed(|| git::run(&repo, &options.axon, ours)).0,
            |_| timed(|| git::run(&repo, "git".as_ref(), theirs)).0,
        )
    };
    let (version, git_version) = beside(&["--version"], &["--version"]);
    let (status, git_status) = beside(&["status"], &["status", "--short"]);
    let size = fs::metadata(&options.axon).map_or(0, |file| file.len());
    vec![
        Row::new("`axon --version`", millis(&version))
            .peer(format!("{} `git --version`", millis(&git_version))),
        Row::new(
            format!("`axon status`, {} events, {} files", thousands(events), thousands(files)),
            millis(&status),
        )
        .peer(format!("{} `git status`", millis(&git_status))),
        Row::new("memory of an idle process (`axon log --follow`, resident)", idle(options)),
        Row::new("size of the release binary", format!("{:.1} MB", size as f64 / 1e6)),
    ]
}

/// The resident memory of a process that waits for events, once it has shown what there is.
fn idle(options: &Options) -> String {
    let repo = TestRepo::with([("shop.py", "def total(rows):\n    return sum(rows)\n")]);
    git::run(&repo, &options.axon, &["run", "--rename", "total", "sum_of", "--no-check"]);
    let events = git::axon(&repo).status().expect("a ledger").events.unwrap_or(0);
    let mut follow = repo.command(&options.axon.display().to_string());
    follow.args(["log", "--follow", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut follow = follow.spawn().expect("the binary starts");
    let lines = BufReader::new(follow.stdout.take().expect("it is piped")).lines();
    let shown = lines.take(usize::try_from(events).unwrap_or(0)).count();
    let status = fs::read_to_string(format!("/proc/{}/status", follow.id())).unwrap_or_default();
    let resident = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes: u64 =
        resident.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0);
    follow.kill().and_then(|()| follow.wait()).expect("our own process");
    format!("{:.1} MB after {shown} events", kilobytes as f64 / 1e3)
}
