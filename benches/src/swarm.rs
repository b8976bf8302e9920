//! Agents at once: what more of them bring, what they cost, and whether they hold up the
//! supervisor.

use std::collections::BTreeSet;

use axon_domain::{Event, Kind, MissionId, Payload, TaskStatus};
use axon_engine::Agents;
use axon_ledger::{Filter, Reader};
use axon_testkit::{TestRepo, sample::Large};

use crate::engine;
use crate::stats::{Cost, Costs, Spread, timed};
use crate::table::{Row, cost, millis, thousands};
use crate::{Options, git};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let mut rows = vec![fifty(options)];
    rows.extend(agents(options));
    rows.extend(board(options));
    rows
}

/// What the ledger says of one mission.
struct Seen {
    /// The most coders that had a task at the same time.
    at_once: usize,
    /// From the accepted plan to the last finished task, in seconds.
    editing: f64,
    /// From the beginning to the end, in seconds.
    whole: f64,
    events: usize,
}

impl Seen {
    fn read(repo: &TestRepo, mission: MissionId) -> Self {
        let reader = Reader::open(&repo.path().join(".axon")).expect("the mission's ledger");
        let filter = Filter { kinds: Vec::new(), mission: Some(mission) };
        let seconds = |event: &Event| event.time.millis() as f64 / 1e3;
        let (mut working, mut at_once, mut events) = (BTreeSet::new(), 0, 0);
        let (mut given, mut accepted, mut last_done, mut ended) = (0.0, 0.0, 0.0, 0.0);
        for event in reader.events(.., Some(filter)) {
            let event = event.expect("the ledger is whole");
            events += 1;
            let at = seconds(&event);
            match event.kind {
                Kind::MissionGiven => given = at,
                Kind::PlanAccepted => accepted = at,
                Kind::MissionEnded => ended = at,
                _ => {}
            }
            let Some(Payload::Task(change)) = &event.payload else { continue };
            match change.status {
                TaskStatus::Assigned => drop(working.insert(event.task)),
                TaskStatus::Done | TaskStatus::Failed => {
                    working.remove(&event.task);
                    last_done = at;
                }
            }
            at_once = at_once.max(working.len());
        }
        Self { at_once, editing: last_done - accepted, whole: ended - given, events }
    }
}

/// A rename with so many coders.
fn mission(options: &Options, repo: &TestRepo, to: &str, agents: &str) -> Cost {
    let run = ["run", "--rename", Large::SYMBOL, to, "--no-check", "--agents", agents];
    Cost::of(|| git::run(repo, &options.axon, &run))
}

/// Fifty agents on fifty files, beside one agent on the same.
fn fifty(options: &Options) -> Row {
    let rounds = options.rounds(5);
    let repos = || -> Vec<TestRepo> { (0..rounds).map(|_| git::large(50, 1)).collect() };
    let (many, one) = (repos(), repos());
    let (swarm, alone) = Costs::by_turns(
        rounds,
        |round| mission(options, &many[round], git::NEW_NAME, "50"),
        |round| mission(options, &one[round], git::NEW_NAME, "1"),
    );
    let at_once: Vec<String> =
        many.iter().map(|repo| Seen::read(repo, MissionId(1)).at_once.to_string()).collect();
    let same = many
        .iter()
        .zip(&one)
        .all(|(many, one)| git::tree_of(many, "axon/m1") == git::tree_of(one, "axon/m1"));
    assert!(same, "fifty agents and one agent give the same tree");
    Row::new(
        "50 agents on 50 files, `--no-check`, end to end",
        format!("{}; at once: {}", cost(&swarm), at_once.join(", ")),
    )
    .goal("50 on 50 files at once")
    .peer(format!("{} one agent, the same tree", cost(&alone)))
    .durability("ledger on the disk; the commit as Git is configured")
}

/// The same mission with more and more agents.
fn agents(options: &Options) -> Vec<Row> {
    let files = options.size(2_000, 200);
    let rounds = options.rounds(3);
    let row = |agents: &str| {
        let repos: Vec<TestRepo> = (0..rounds).map(|_| git::large(files, 1)).collect();
        let costs: Vec<Cost> =
            repos.iter().map(|repo| mission(options, repo, git::NEW_NAME, agents)).collect();
        let seen: Vec<Seen> = repos.iter().map(|repo| Seen::read(repo, MissionId(1))).collect();
        let editing = Spread::of(seen.iter().map(|seen| seen.editing).collect());
        let rest = Spread::of(seen.iter().map(|seen| seen.whole - seen.editing).collect());
        Row::new(
            format!("a rename in {} files with {agents} agents", thousands(files)),
            format!(
                "{}; editing {}, all that is done by one {}; {} events",
                cost(&Costs::of(&costs)),
                millis(&editing),
                millis(&rest),
                thousands(seen[0].events)
            ),
        )
        .durability("ledger on the disk; the commit as Git is configured")
    };
    ["1", "2", "4", "8"].map(row).into()
}

/// The supervisor's share, with few agents and with many: applying and deciding alone.
fn board(options: &Options) -> Vec<Row> {
    let tasks = options.size(1_000, 200);
    let row = |agents: usize| {
        let events = engine::history_of(1, tasks, agents as u32);
        let times = (0..options.rounds(7)).map(|_| timed(|| engine::replay(&events)).0).collect();
        let seconds = Spread::of(times);
        let of_a_task = seconds.median / tasks as f64 * 1e6;
        Row::new(
            format!("{} agents, {} tasks on the board", thousands(agents), thousands(tasks)),
            format!(
                "{of_a_task:.1} µs a task to apply and decide all its events ({} in all)",
                thousands(events.len())
            ),
        )
        .goal("hundreds of agents as quick as 4")
        .durability("none: in memory")
    };
    [4, Agents::MOST_CODERS as usize].map(row).into()
}
