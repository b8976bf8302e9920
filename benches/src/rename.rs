//! A rename across a whole repository, end to end by the release binary, beside what people do
//! without it: grep, sed, the same check, a commit.

use std::fs;
use std::path::Path;

use axon_domain::{CommitStep, Event, Kind, Payload, Reflex, TaskStatus};
use axon_ledger::Reader;
use axon_testkit::{TestRepo, sample::Large};

use crate::stats::{Spread, by_turns, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git};

const CHECK: &str = "python3 -m compileall -q .";
const FROM: &str = Large::SYMBOL;
const TO: &str = git::NEW_NAME;

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let files = options.size(10_000, 1_000);
    let rounds = options.rounds(3);
    let (ours, theirs) = (git::large(files, 1), git::large(files, 1));
    let mut stages = Vec::new();
    let (first, sed) = by_turns(
        rounds,
        |_| {
            let seconds = mission(options, &ours);
            stages.push(Stages::read(&ours.path().join(".axon"), seconds));
            forget(&ours);
            seconds
        },
        |_| by_hand(&theirs),
    );
    let mut later = Vec::new();
    mission(options, &ours);
    for _ in 0..rounds {
        later.push(mission(options, &ours));
    }
    let unchecked = (0..rounds).map(|_| without_check(options, &ours)).collect();
    let bare = (0..rounds).map(|_| timed(|| grep_and_sed(&theirs)).0).collect();
    let what = format!("a rename across {} files", thousands(files));
    let durable = "ledger and commit on the disk; Git's objects as Git is configured";
    vec![
        Row::new(format!("{what}, end to end, `--check '{CHECK}'`"), millis(&first))
            .goal("printed beside the peer")
            .peer(format!("{} grep + sed + the same check, unconfined + commit", millis(&sed)))
            .durability(durable),
        Row::new(format!("{what}: the stages of that"), Stages::median(&stages)),
        Row::new(format!("{what}: a later mission on the same base"), millis(&Spread::of(later)))
            .peer(format!("{} as above", millis(&sed)))
            .durability(durable),
        Row::new(format!("{what}, `--no-check`"), millis(&Spread::of(unchecked)))
            .peer(format!("{} grep + sed + commit", millis(&Spread::of(bare))))
            .durability(durable),
        places(options),
    ]
}

fn mission(options: &Options, repo: &TestRepo) -> f64 {
    let run = ["run", "--rename", FROM, TO, "--check", CHECK];
    timed(|| git::run(repo, &options.axon, &run)).0
}

fn without_check(options: &Options, repo: &TestRepo) -> f64 {
    timed(|| git::run(repo, &options.axon, &["run", "--rename", FROM, TO, "--no-check"])).0
}

/// Back to a repository that never saw a mission.
fn forget(repo: &TestRepo) {
    fs::remove_dir_all(repo.path().join(".axon")).expect("the mission made it");
    repo.git(["update-ref", "-d", "refs/heads/axon/m1"]);
    for pin in repo.git(["for-each-ref", "--format=%(refname)", "refs/axon"]).lines() {
        repo.git(["update-ref", "-d", pin]);
    }
    repo.git(["prune", "--expire=now"]);
}

fn by_hand(repo: &TestRepo) -> f64 {
    let (seconds, ()) = timed(|| {
        git::shell(repo, &format!("{} && {CHECK} && git commit -qam rename", sed_line()));
    });
    undo(repo);
    seconds
}

fn grep_and_sed(repo: &TestRepo) {
    git::shell(repo, &format!("{} && git commit -qam rename", sed_line()));
    undo(repo);
}

fn sed_line() -> String {
    format!(r"git grep -lzw {FROM} | xargs -0 sed -i 's/\b{FROM}\b/{TO}/g'")
}

fn undo(repo: &TestRepo) {
    repo.git(["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(["clean", "-fdxq"]);
    repo.git(["prune", "--expire=now"]);
}

/// What a mission's time went to, in seconds, by the times of its events.
struct Stages(Vec<(&'static str, f64)>);

impl Stages {
    /// Of the first mission of a ledger, whose program took `whole` seconds.
    fn read(folder: &Path, whole: f64) -> Self {
        let reader = Reader::open(folder).expect("the mission's ledger");
        let mut marks: Vec<(&'static str, f64)> = Vec::new();
        let mut given = 0.0;
        let mut check = 0.0;
        let mut last_done = 0.0;
        for event in reader.events(.., None) {
            let event = event.expect("the ledger is whole");
            let at = event.time.millis() as f64 / 1e3;
            match stage_that_ends(&event) {
                Some("edit") => last_done = at,
                Some(stage) => marks.push((stage, at)),
                None if event.kind == Kind::MissionGiven => given = at,
                None => {}
            }
            if let Some(Payload::ToolCall(call)) = &event.payload {
                check = call.millis as f64 / 1e3;
            }
        }
        marks.insert(1, ("edit", last_done));
        let mut before = given;
        let mut parts = Vec::new();
        for (stage, at) in marks {
            let mut took = at - before;
            if stage == "check" {
                took -= check;
                parts.push(("the check itself, confined", check));
                parts.push(("laying out files for it", took));
            } else {
                parts.push((stage, took));
            }
            before = at;
        }
        parts.push(("start, end and tidying up", whole - (before - given)));
        Self(parts)
    }

    fn median(all: &[Self]) -> String {
        let name = |place: usize| all[0].0[place].0;
        let part = |place: usize| {
            let times = all.iter().map(|stages| stages.0[place].1).collect();
            format!("{} {:.2} s", name(place), Spread::of(times).median)
        };
        (0..all[0].0.len()).map(part).collect::<Vec<_>>().join(", ")
    }
}

/// The stage that an event ends.
fn stage_that_ends(event: &Event) -> Option<&'static str> {
    match event.payload.as_ref()? {
        Payload::PlanProposed(_) => Some("plan"),
        Payload::Task(change) if change.status == TaskStatus::Done => Some("edit"),
        Payload::Merge(_) => Some("merge"),
        Payload::Reflex(verdict) => match verdict.reflex {
            Reflex::Check => Some("check"),
            Reflex::Review => Some("review"),
            Reflex::Syntax | Reflex::BaseCheck => None,
        },
        Payload::Commit(commit) if commit.step == CommitStep::Made => Some("commit"),
        _ => None,
    }
}

/// A module that has the name in every sense that is not the function.
const SHADOWED: &str = r#""""Orders; see calculate_total in the handbook."""
from shop.pricing import calculate_total


def order(rows):
    # calculate_total is slow for many rows.
    return calculate_total(rows)


def report(rows):
    calculate_total = len(rows)
    print("calculate_total:", calculate_total)
    return calculate_total


def each(rows, calculate_total):
    return [calculate_total(row) for row in rows]


class Basket:
    def calculate_total(self):
        return order([self])


def basket_total(basket: Basket):
    return basket.calculate_total()


COLUMNS = {"calculate_total": 3}
"#;

/// The same module with only the function renamed: two places.
fn renamed() -> String {
    SHADOWED.replacen("import calculate_total", "import order_total", 1).replacen(
        "    return calculate_total(rows)",
        "    return order_total(rows)",
        1,
    )
}

/// How many places of the sample sed and Axon change that are not the function.
fn places(options: &Options) -> Row {
    let module = "shop/orders.py";
    let pricing = "def calculate_total(rows):\n    return sum(rows)\n";
    let sample = || {
        TestRepo::with([("shop/__init__.py", ""), ("shop/pricing.py", pricing), (module, SHADOWED)])
    };
    let wrong = |text: &str| {
        let expected = renamed();
        let count = |text: &str| text.matches(TO).count();
        let lines = text.lines().zip(expected.lines());
        lines.map(|(is, should)| count(is).abs_diff(count(should))).sum::<usize>()
    };
    let by_sed = sample();
    git::shell(&by_sed, &sed_line());
    let by_axon = sample();
    let run = ["run", "--rename", FROM, TO, "--no-check", "--undecided", "leave"];
    git::run(&by_axon, &options.axon, &run);
    Row::new(
        format!(
            "places changed that mean something else, of {} of the name",
            SHADOWED.matches(FROM).count()
        ),
        format!("{} (sample with shadowing)", wrong(&by_axon.show("axon/m1", module))),
    )
    .goal("0")
    .peer(format!("{} by sed", wrong(&by_sed.read(module))))
}
