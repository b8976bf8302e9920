//! The workspace as it was at any event, beside `git worktree add` of the same tree.

use std::path::Path;

use axon_domain::{Kind, Seq};
use axon_ledger::{Filter, Ledger, Options as LedgerOptions, Reader, keys};
use axon_runtime::Moment;
use axon_testkit::{Random, TestRepo};
use axon_workspace::{Contents, MaterialiseOptions, Repository, TreeView, materialise};

use crate::history::{self, Merged};
use crate::stats::{Cost, Costs, Spread, timed};
use crate::table::{Row, cost, millis, thousands};
use crate::{Options, git};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let (files, events) = (options.size(10_000, 1_000), options.size(1_000_000, 100_000));
    let repo = git::large(files, 0);
    let merged = history::write(&repo, files, events);
    let rounds = options.rounds(7);
    let mut random = Random::new(7);
    let seqs: Vec<usize> = (0..rounds).map(|_| 1 + random.below(events)).collect();
    let (mut whole, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for (round, seq) in seqs.iter().enumerate() {
        // Once without the clock: both find the files of Git and of the ledger in memory, and
        // Git gets the same tree as a commit.
        let commit = same_tree(&repo, round, *seq);
        let (ours, git) = if round.is_multiple_of(2) {
            let ours = rewind(&repo, round, *seq);
            (ours, worktree(&repo, round, &commit))
        } else {
            let git = worktree(&repo, round, &commit);
            (rewind(&repo, round, *seq), git)
        };
        whole.push(ours);
        theirs.push(git);
        ratios.push(ours.wall / git.wall);
    }
    let writing: Vec<f64> = written(&repo, &merged, &seqs);
    let find =
        |kinds: &[Kind]| Spread::of(seqs.iter().map(|seq| found(&repo, *seq, kinds)).collect());
    let finding = find(&[Kind::Merge]);
    // A kind that is not marked: every record is read.
    let reading = find(&[Kind::Merge, Kind::Policy]);
    let (whole, theirs) = (Costs::of(&whole), Costs::of(&theirs));
    let writing = Spread::of(writing);
    let ratio = Spread::of(ratios);
    let peer = format!("{} `git worktree add` of the same tree", cost(&theirs));
    vec![
        Row::new(
            format!(
                "workspace of {} files as of a random one of {} events",
                thousands(files),
                thousands(events)
            ),
            format!(
                "{}: {:.2}× the peer ({:.2}–{:.2}); finding the tree {} (by reading every event {}), \
                 listing and writing {}",
                cost(&whole),
                ratio.median,
                ratio.least,
                ratio.most,
                millis(&finding),
                millis(&reading),
                millis(&writing)
            ),
        )
        .goal("≤ 1.5× of the peer")
        .peer(peer)
        .durability("none: neither waits for the disk"),
    ]
}

fn rewind(repo: &TestRepo, round: usize, seq: usize) -> Cost {
    let into = repo.home().join(format!("rewound-{round}"));
    // Opened anew: as a command would.
    Cost::of(|| {
        let moment = Moment::Event(Seq(seq as u64));
        git::axon(repo).rewind(moment, None, &into).expect("the event is there");
    })
}

fn worktree(repo: &TestRepo, round: usize, commit: &str) -> Cost {
    let folder = format!("../home/worktree-{round}");
    let add = ["worktree", "add", "--quiet", "--detach", &folder, commit];
    Cost::of(|| git::run(repo, "git".as_ref(), &add))
}

/// A commit with the tree of an event.
fn same_tree(repo: &TestRepo, round: usize, seq: usize) -> String {
    let into = repo.home().join(format!("then-{round}"));
    let moment = Moment::Event(Seq(seq as u64));
    git::axon(repo).rewind(moment, None, &into).expect("the event is there");
    git::shell(
        repo,
        &format!(
            "export GIT_INDEX_FILE=$PWD/../home/index-{round}; \
             git -c core.bigFileThreshold=1 --work-tree=../home/then-{round} add --all && \
             git tag then-{round} $(git commit-tree -m then $(git write-tree))"
        ),
    );
    repo.git(["rev-parse", &format!("then-{round}")]).trim().to_owned()
}

/// Only finding the tree, as rewinding does: the mission of the event, and its last merge.
fn found(repo: &TestRepo, seq: usize, kinds: &[Kind]) -> f64 {
    let (seconds, merges) = timed(|| {
        let reader = Reader::open(&repo.path().join(".axon")).expect("a ledger");
        let last = Seq(seq as u64);
        let mission = reader.event(last).expect("the event is there").mission;
        let filter = |kinds: &[Kind]| Some(Filter { kinds: kinds.to_vec(), mission });
        let given = reader.events(..=last, filter(&[Kind::MissionGiven])).last();
        let given = given.expect("a mission").expect("the ledger is whole").seq;
        reader.events(given..=last, filter(kinds)).inspect(|event| assert!(event.is_ok())).count()
    });
    std::hint::black_box(merges);
    seconds
}

/// Only listing the tree and writing its files, of the same events.
fn written(repo: &TestRepo, merged: &[Merged], seqs: &[usize]) -> Vec<f64> {
    let signer = keys::load_or_create(&git::key_file(repo)).expect("a key");
    let options = LedgerOptions { signer, wall_clock: std::sync::Arc::new(git::wall_clock) };
    let ledger = Ledger::open(&repo.path().join(".axon"), options).expect("the ledger");
    let at = |seq: usize| merged[merged.partition_point(|other| other.seq <= seq) - 1].tree;
    let into = |round: usize| repo.home().join(format!("written-{round}"));
    let write = |(round, seq): (usize, &usize)| write_tree(repo, &ledger, at(*seq), &into(round));
    seqs.iter().enumerate().map(write).collect()
}

fn write_tree(repo: &TestRepo, ledger: &Ledger, tree: axon_workspace::Tree, into: &Path) -> f64 {
    let repository = Repository::discover(&repo.path()).expect("a repository");
    let contents = Contents { repository: &repository, store: ledger };
    let (seconds, _) = timed(|| {
        let view = TreeView::new(contents, tree);
        materialise(&view, into, MaterialiseOptions::default()).expect("room on the disk")
    });
    seconds
}
