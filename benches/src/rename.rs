//! A rename across a whole repository, end to end by the release binary, beside what people do
//! without it: grep, sed, the same check, a commit.

use std::path::Path;

use axon_domain::{CommitStep, Event, Kind, MissionId, Payload, Reflex, TaskStatus};
use axon_ledger::{Filter, Reader};
use axon_testkit::{TestRepo, sample::Large};

use crate::stats::{Cost, Costs, Spread};
use crate::table::{Row, cost, thousands};
use crate::{Options, git};

const CHECK: &str = "python3 -m compileall -q .";
const FROM: &str = Large::SYMBOL;
const TO: &str = git::NEW_NAME;

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let files = options.size(10_000, 1_000);
    let rounds = options.rounds(3);
    let repos = || -> Vec<TestRepo> { (0..rounds).map(|_| git::large(files, 1)).collect() };
    let (ours, theirs, also_theirs) = (repos(), repos(), repos());
    let (first, sed) = Costs::by_turns(
        rounds,
        |round| mission(options, &ours[round], TO, &["--check", CHECK]),
        |round| by_hand(&theirs[round], &format!("{CHECK} &&")),
    );
    // Other names, so that no commit finds its files in the repository already.
    let later = ours.iter().map(|repo| mission(options, repo, "total_two", &["--check", CHECK]));
    let later: Vec<Cost> = later.collect();
    let (unchecked, bare) = Costs::by_turns(
        rounds,
        |round| mission(options, &ours[round], "total_three", &["--no-check"]),
        |round| by_hand(&also_theirs[round], ""),
    );
    let stages: Vec<Stages> = ours.iter().map(|repo| Stages::read(&repo.path())).collect();
    let what = format!("a rename across {} files", thousands(files));
    let durable = "ledger on the disk; the commit as Git is configured (not waited for)";
    vec![
        Row::new(format!("{what}, end to end, `--check '{CHECK}'`"), cost(&first))
            .goal("printed beside the peer")
            .peer(format!("{} grep + sed + the same check, unconfined + commit", cost(&sed)))
            .durability(durable),
        Row::new(format!("{what}: the stages of that"), Stages::median(&stages)),
        Row::new(
            format!("{what}: a later mission, the base laid out already"),
            cost(&Costs::of(&later)),
        )
        .peer(format!("{} as above", cost(&sed)))
        .durability(durable),
        Row::new(format!("{what}, `--no-check`"), cost(&unchecked))
            .peer(format!("{} grep + sed + commit", cost(&bare)))
            .durability(durable),
        places(options),
    ]
}

fn mission(options: &Options, repo: &TestRepo, to: &str, check: &[&str]) -> Cost {
    let run = [&["run", "--rename", FROM, to], check].concat();
    Cost::of(|| git::run(repo, &options.axon, &run))
}

/// What people do by hand; the check ends with `&&`.
fn by_hand(repo: &TestRepo, check: &str) -> Cost {
    let line = format!("{} && {check} git commit -qam rename", sed_line());
    Cost::of(|| git::shell(repo, &line))
}

fn sed_line() -> String {
    format!(r"git grep -lzw {FROM} | xargs -0 sed -i 's/\b{FROM}\b/{TO}/g'")
}

/// What a mission's time went to, in seconds, by the times of its events.
struct Stages(Vec<(&'static str, f64)>);

impl Stages {
    /// Of the first mission of a repository.
    fn read(repo: &Path) -> Self {
        let reader = Reader::open(&repo.join(".axon")).expect("the mission's ledger");
        let mut marks: Vec<(&'static str, f64)> = Vec::new();
        let mut given = 0.0;
        let mut check = 0.0;
        let mut last_done = 0.0;
        let first = Filter { kinds: Vec::new(), mission: Some(MissionId(1)) };
        for event in reader.events(.., Some(first)) {
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
            Reflex::Hook => Some("hooks"),
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
    let symbol = format!("shop.pricing.{FROM}");
    let run = ["run", "--rename", &symbol, TO, "--no-check", "--undecided", "leave"];
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
