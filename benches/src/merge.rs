//! Merging texts beside `git merge-file`, and a wave of sessions beside `git merge-tree`.

use std::fmt::Write as _;
use std::path::Path;

use axon_ledger::Ledger;
use axon_testkit::TestRepo;
use axon_workspace::{
    Contents, Repository, SessionChanges, TextMerge, Tree, TreeView, merge, merge_text,
};

use crate::append::ledger_options;
use crate::stats::{Spread, by_turns, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let repo = TestRepo::empty();
    let start = process_start(options, &repo);
    let mut rows = vec![Row::new("starting `git merge-file` on three empty files", millis(&start))];
    for lines in [100, 1_000, 10_000, 100_000] {
        rows.push(edits(options, &repo, lines));
    }
    let size = options.size(100_000, 10_000);
    rows.push(texts(options, &repo, "every fourth line changed by each side", &alternating(size)));
    rows.push(texts(options, &repo, "random lines, out of two different ones", &hostile(size)));
    rows.push(agreement(options, &repo));
    rows.push(wave(options));
    rows
}

/// Base, ours, theirs.
type Sides = [String; 3];

fn process_start(options: &Options, repo: &TestRepo) -> Spread {
    let empty = [String::new(), String::new(), String::new()];
    write(repo, &empty);
    let rounds = (0..options.rounds(51)).map(|_| timed(|| merge_file(repo)).0);
    Spread::of(rounds.collect())
}

fn write(repo: &TestRepo, sides: &Sides) {
    for (name, text) in ["base", "ours", "theirs"].iter().zip(sides) {
        repo.write(name, text);
    }
}

/// What `git merge-file` prints, and whether it is without conflict.
fn merge_file(repo: &TestRepo) -> (Vec<u8>, bool) {
    let mut command = repo.command("git");
    command.args(["merge-file", "-p", "-q", "ours", "base", "theirs"]);
    let output = command.output().expect("git starts");
    (output.stdout, output.status.success())
}

/// Each side changes one line in fifty, inserts one and deletes one in a hundred.
fn edits(options: &Options, repo: &TestRepo, lines: usize) -> Row {
    let base: Vec<String> = (0..lines)
        .map(|line| match line % 5 {
            4 => "    }\n".to_owned(),
            _ => format!("    let value_{line} = compute(value_{});\n", line / 2),
        })
        .collect();
    let side = |offset: usize, tag: &str| {
        let mut text = String::new();
        for (number, line) in base.iter().enumerate() {
            match (number + offset) % 100 {
                10 | 60 => writeln!(text, "    let {tag}_{number} = other();").expect("a string"),
                20 => writeln!(text, "    {tag}({number});\n{line}").expect("a string"),
                30 => {}
                _ => text.push_str(line),
            }
        }
        text
    };
    let sides = [base.concat(), side(0, "ours"), side(43, "theirs")];
    texts(options, repo, "one line in 25 changed by each side", &sides)
}

/// Hunks that are apart by one line.
fn alternating(lines: usize) -> Sides {
    let side = |which: usize, tag: &str| {
        let line = |number: usize| match number % 4 {
            found if found == which => format!("{tag} {number}\n"),
            _ => format!("line {number}\n"),
        };
        (0..lines).map(line).collect()
    };
    [side(9, ""), side(0, "ours"), side(2, "theirs")]
}

/// Nothing but repetition, which comparisons take longest for.
fn hostile(lines: usize) -> Sides {
    let mut random = Random(1);
    [(); 3].map(|()| (0..lines).map(|_| if random.below(2) == 0 { "a\n" } else { "b\n" }).collect())
}

fn texts(options: &Options, repo: &TestRepo, what: &str, sides: &Sides) -> Row {
    write(repo, sides);
    let [base, ours, theirs] = sides.each_ref().map(String::as_bytes);
    let lines = sides[0].lines().count();
    // A short merge is repeated until it can be timed.
    let times = (20_000 / lines.max(1)).max(1);
    let mut is_clean = false;
    let (own, git) = by_turns(
        options.rounds(15),
        |_| {
            let (seconds, ()) = timed(|| {
                for _ in 0..times {
                    is_clean = matches!(merge_text(base, ours, theirs), TextMerge::Clean(_));
                }
            });
            seconds / times as f64
        },
        |_| timed(|| merge_file(repo)).0,
    );
    let rate = 1.0 / own.median;
    let each = own.median * 1e3 / (lines as f64 / 1e3);
    let outcome = if is_clean { "clean" } else { "conflicts" };
    Row::new(
        format!("a text of {} lines, {what}: {outcome}", thousands(lines)),
        format!("{}: {each:.3} ms per 1,000 lines, {rate:.0} merges/s", millis(&own)),
    )
    .peer(format!("{} `git merge-file` with its start", millis(&git)))
    .durability("none: in memory")
}

/// Random texts of few different lines, edited at random: where do the two differ?
fn agreement(options: &Options, repo: &TestRepo) -> Row {
    let cases = options.size(3_000, 200);
    let mut random = Random(7);
    let (mut equal, mut other, mut only_git, mut only_own) = (0, 0, 0, 0);
    for _ in 0..cases {
        let base: Vec<String> = (0..random.below(40)).map(|_| random.line("abcd")).collect();
        let ours = random.edit(&base, "abo");
        let theirs = random.edit(&base, "abt");
        let sides = [base.concat(), ours.concat(), theirs.concat()];
        write(repo, &sides);
        let (git, git_clean) = merge_file(repo);
        let [base, ours, theirs] = sides.each_ref().map(String::as_bytes);
        match (merge_text(base, ours, theirs), git_clean) {
            (TextMerge::Clean(own), true) if own == git => equal += 1,
            (TextMerge::Clean(_), true) => other += 1,
            (TextMerge::Clean(_), false) => only_own += 1,
            (_, true) => only_git += 1,
            (_, false) => {}
        }
    }
    let cases = thousands(cases);
    Row::new(
        format!("{cases} random edits of texts with hardly two different lines"),
        format!("both merge: {equal} alike, {other} otherwise; only Axon {only_own}"),
    )
    .peer(format!("only `git merge-file` (Myers) {only_git}"))
}

/// Two sessions that changed the same 1,000 files, each in a place of its own.
fn wave(options: &Options) -> Row {
    let files = options.size(1_000, 100);
    let repo = TestRepo::empty();
    let text = |number: usize, top: &str, end: &str| -> String {
        let middle: String = (0..198).map(|line| format!("line {line} of {number}\n")).collect();
        format!("{top}\n{middle}{end}\n")
    };
    let path = |number: usize| format!("src/part_{:02}/file_{number:04}.txt", number / 100);
    let write = |top: &str, end: &str| {
        for number in 0..files {
            repo.write(path(number), text(number, top, end));
        }
    };
    write("top", "end");
    repo.commit("Start");
    for (branch, top, end) in [("one", "first", "end"), ("two", "top", "second")] {
        repo.git(["checkout", "--quiet", "-b", branch, "main"]);
        write(top, end);
        repo.commit(branch);
    }
    repo.git(["checkout", "--quiet", "main"]);
    repo.git(["gc", "--quiet"]);
    let ledger = Ledger::open(&repo.home().join("ledger"), ledger_options()).expect("a ledger");
    let tree = |branch: &str| Tree::of(git::tree_of(&repo, branch));
    let (base, trees) = (tree("main"), [tree("one"), tree("two")]);
    let (own, git) = by_turns(
        options.rounds(5),
        |_| {
            let repository = Repository::discover(&repo.path()).expect("a repository");
            let contents = Contents { repository: &repository, store: &ledger };
            let view = |tree| TreeView::new(contents, tree);
            let sessions = trees.map(|tree| {
                let changes = view(base).diff(&view(tree)).expect("the trees are there");
                let changes = changes.into_iter().map(|change| (change.path, change.new));
                SessionChanges::new(base, changes.collect())
            });
            let (seconds, merged) =
                timed(|| merge(contents, &base, &[&sessions[0], &sessions[1]]).expect("merged"));
            assert_eq!((merged.joined.len(), merged.conflicts.len()), (files, 0));
            seconds
        },
        |_| {
            timed(|| {
                git::run(&repo, Path::new("git"), &["merge-tree", "--write-tree", "one", "two"]);
            })
            .0
        },
    );
    Row::new(
        format!("two sessions that both changed the same {} files of 200 lines", thousands(files)),
        millis(&own),
    )
    .peer(format!("{} `git merge-tree --write-tree`", millis(&git)))
    .durability("the merged files are queued for the disk; Git: written, not waited for")
}

/// The same numbers in every run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn line(&mut self, letters: &str) -> String {
        let at = self.below(letters.len() as u64) as usize;
        format!("{}\n", &letters[at..=at])
    }

    fn edit(&mut self, base: &[String], letters: &str) -> Vec<String> {
        let mut lines = base.to_vec();
        for _ in 0..self.below(5) {
            let at = self.below(lines.len() as u64 + 1) as usize;
            let end = (at + self.below(3) as usize).min(lines.len());
            let new: Vec<String> = (0..self.below(3)).map(|_| self.line(letters)).collect();
            lines.splice(at..end, new);
        }
        lines
    }
}
