//! Opening a session on a large workspace, beside a working tree of Git.

use axon_ledger::Ledger;
use axon_workspace::{Contents, Repository, Scope, Session, Tree};

use crate::append::ledger_options;
use crate::stats::{Spread, by_turns, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let files = options.size(100_000, 10_000);
    let repo = git::large(files, 0);
    let tree = Tree::of(git::tree_of(&repo, "HEAD"));
    let ledger = Ledger::open(&repo.home().join("ledger"), ledger_options()).expect("a ledger");
    let scope = Scope { paths: vec![".".to_owned()], read_only: Vec::new() };
    // A handle of its own for each round: nothing is remembered from the round before.
    let (opened, worktree) = by_turns(
        options.rounds(3),
        |_| {
            let repository = Repository::discover(&repo.path()).expect("a repository");
            let contents = Contents { repository: &repository, store: &ledger };
            timed(|| Session::open(contents, tree, &scope)).0
        },
        |round| timed(|| add_worktree(&repo, &format!("../home/worktree-{round}"))).0,
    );
    let used = (0..options.rounds(15)).map(|round| first_edit(&repo, &ledger, tree, &scope, round));
    let used = Spread::of(used.collect());
    let peer = format!("{} `git worktree add`", millis(&worktree));
    vec![
        Row::new(
            format!("a session on {} files: opened", thousands(files)),
            format!(
                "{:.1} µs ({:.1}–{:.1})",
                opened.median * 1e6,
                opened.least * 1e6,
                opened.most * 1e6
            ),
        )
        .goal("< 1 ms")
        .peer(peer.clone())
        .durability("none needed: it is a view"),
        Row::new(
            format!("a session on {} files: opened, a file read and written", thousands(files)),
            millis(&used),
        )
        .goal("< 1 ms")
        .peer(peer)
        .durability("the new content is queued for the disk"),
    ]
}

fn add_worktree(repo: &axon_testkit::TestRepo, folder: &str) {
    git::run(repo, "git".as_ref(), &["worktree", "add", "--quiet", "--detach", folder]);
}

/// From opening the session to having written a file in it: with a new handle on the
/// repository, so that the folders on the way are read from the pack.
fn first_edit(
    repo: &axon_testkit::TestRepo,
    ledger: &Ledger,
    tree: Tree,
    scope: &Scope,
    round: usize,
) -> f64 {
    let repository = Repository::discover(&repo.path()).expect("a repository");
    let path = format!("warehouse/part_{:04}/module_{:06}.py", round + 1, (round + 1) * 100 + 7);
    let contents = Contents { repository: &repository, store: ledger };
    let (seconds, ()) = timed(|| {
        let mut session = Session::open(contents, tree, scope);
        let (mut bytes, version) = session.read(&path).expect("the file is there");
        bytes.extend_from_slice(format!("# {round}\n").as_bytes());
        session.write(&path, &bytes, Some(version)).expect("it may be written");
    });
    seconds
}
