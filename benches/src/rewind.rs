//! The workspace as it was at any event, beside `git worktree add` of the same tree.

use std::fs;
use std::path::Path;

use axon_domain::Seq;
use axon_ledger::{Ledger, Options as LedgerOptions, keys};
use axon_runtime::Moment;
use axon_testkit::{Random, TestRepo};
use axon_workspace::{Contents, MaterialiseOptions, Repository, TreeView, materialise};

use crate::history::{self, Merged};
use crate::stats::{Spread, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let (files, events) = (options.size(10_000, 1_000), options.size(1_000_000, 100_000));
    let repo = git::large(files, 0);
    let merged = history::write(&repo, files, events);
    let rounds = options.rounds(11);
    let mut random = Random::new(7);
    let seqs: Vec<usize> = (0..rounds).map(|_| 1 + random.below(events)).collect();
    let (mut whole, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for (round, seq) in seqs.iter().enumerate() {
        // Once without the clock: both find the files of Git and of the ledger in memory, and
        // Git gets the same tree as a commit.
        let commit = same_tree(&repo, *seq);
        let (ours, git) = if round.is_multiple_of(2) {
            let ours = rewind(&repo, *seq);
            (ours, worktree(&repo, &commit))
        } else {
            let git = worktree(&repo, &commit);
            (rewind(&repo, *seq), git)
        };
        whole.push(ours);
        theirs.push(git);
        ratios.push(ours / git);
    }
    let writing: Vec<f64> = written(&repo, &merged, &seqs);
    let finding: Vec<f64> = whole.iter().zip(&writing).map(|(all, part)| all - part).collect();
    let (whole, writing, finding) = (Spread::of(whole), Spread::of(writing), Spread::of(finding));
    let ratio = Spread::of(ratios);
    let peer = format!("{} `git worktree add` of the same tree", millis(&Spread::of(theirs)));
    vec![
        Row::new(
            format!(
                "workspace of {} files as of a random one of {} events",
                thousands(files),
                thousands(events)
            ),
            format!(
                "{}: {:.2}× the peer ({:.2}–{:.2}); finding the tree {}, listing and writing {}",
                millis(&whole),
                ratio.median,
                ratio.least,
                ratio.most,
                millis(&finding),
                millis(&writing)
            ),
        )
        .goal("≤ 1.5× of the peer")
        .peer(peer)
        .durability("none: neither waits for the disk"),
    ]
}

fn rewind(repo: &TestRepo, seq: usize) -> f64 {
    let into = repo.home().join("then");
    // Opened anew: as a command would.
    let (seconds, ()) = timed(|| {
        let moment = Moment::Event(Seq(seq as u64));
        git::axon(repo).rewind(moment, None, &into).expect("the event is there");
    });
    fs::remove_dir_all(&into).expect("what was just written");
    seconds
}

fn worktree(repo: &TestRepo, commit: &str) -> f64 {
    let folder = "../home/worktree";
    let add = ["worktree", "add", "--quiet", "--detach", folder, commit];
    let (seconds, ()) = timed(|| git::run(repo, "git".as_ref(), &add));
    git::run(repo, "git".as_ref(), &["worktree", "remove", "--force", folder]);
    seconds
}

/// A commit with the tree of an event.
fn same_tree(repo: &TestRepo, seq: usize) -> String {
    let into = repo.home().join("then");
    let moment = Moment::Event(Seq(seq as u64));
    git::axon(repo).rewind(moment, None, &into).expect("the event is there");
    git::shell(
        repo,
        "export GIT_INDEX_FILE=../home/index; rm -f $GIT_INDEX_FILE; \
         git --work-tree=../home/then add --all && \
         git tag -f then $(git commit-tree -m then $(git write-tree))",
    );
    fs::remove_dir_all(&into).expect("what was just written");
    repo.git(["repack", "-d", "-q"]);
    repo.git(["rev-parse", "then"]).trim().to_owned()
}

/// Only listing the tree and writing its files, of the same events.
fn written(repo: &TestRepo, merged: &[Merged], seqs: &[usize]) -> Vec<f64> {
    let signer = keys::load_or_create(&git::key_file(repo)).expect("a key");
    let options = LedgerOptions { signer, wall_clock: std::sync::Arc::new(git::wall_clock) };
    let ledger = Ledger::open(&repo.path().join(".axon"), options).expect("the ledger");
    let at = |seq: usize| merged[merged.partition_point(|other| other.seq <= seq) - 1].tree;
    seqs.iter().map(|seq| write_tree(repo, &ledger, at(*seq), &repo.home().join("then"))).collect()
}

fn write_tree(repo: &TestRepo, ledger: &Ledger, tree: axon_workspace::Tree, into: &Path) -> f64 {
    let repository = Repository::discover(&repo.path()).expect("a repository");
    let contents = Contents { repository: &repository, store: ledger };
    let (seconds, _) = timed(|| {
        let view = TreeView::new(contents, tree);
        materialise(&view, into, MaterialiseOptions::default()).expect("room on the disk")
    });
    fs::remove_dir_all(into).expect("what was just written");
    seconds
}
