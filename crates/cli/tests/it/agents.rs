//! `axon agents`.

use axon_domain::Code;
use insta::assert_snapshot;

use crate::support::{GATED, RENAME, Running, axon, fields, gated, json, refused, renamed, small};

/// A table without its times.
fn without_times(text: &str) -> String {
    let clock = |word: &str| word.len() == 8 && word.as_bytes()[2] == b':';
    let words = text.split_inclusive([' ', '\n']);
    words
        .map(|word| match clock(word.trim_end()) {
            true => word.replace(word.trim_end(), "[CLOCK]"),
            false => word.to_owned(),
        })
        .collect()
}

#[test]
fn every_agent_of_a_mission_has_a_line_with_what_it_did() {
    let repo = small();
    let _ = axon(&repo, &[RENAME, &["--agents", "2"]].concat()).success();
    let output = axon(&repo, &["agents", "m1"]).success();
    let done: u64 = json(&repo, &["agents", "m1"])["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| agent["done"].as_u64().unwrap())
        .sum();
    assert_eq!(done, 2, "{output}");
    let fixed: Vec<&str> = output.stdout.lines().filter(|line| !line.contains(" coder ")).collect();
    assert_snapshot!(without_times(&fixed.join("\n")), @r"
    mission  agent  role        state       since     done  sent  heard  failed  task
    m1       1      supervisor  terminated  [CLOCK]  0     0     4      0
    m1       2      scout       terminated  [CLOCK]  0     0     2      0
    m1       3      critic      terminated  [CLOCK]  0     0     0      0
    m1       1001   scout       terminated  [CLOCK]  0     1     2      0
    m1       1002   scout       terminated  [CLOCK]  0     1     2      0
    ");
}

#[test]
fn while_a_mission_is_at_work_its_agents_are_running() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let agents = json(&repo, &["agents"]);
    let agents = agents["agents"].as_array().unwrap();
    assert!(agents.len() >= 3 && agents.iter().all(|agent| agent["state"] == "running"));
    let expected = [
        "agent", "done", "failures", "mission", "path", "reason", "received", "role", "sent",
        "since", "state", "task",
    ];
    assert_eq!(fields(&agents[0]), expected);
    drop(gate);
    let _ = run.end().success();
    let output = axon(&repo, &["agents"]).success();
    assert!(output.stdout.is_empty() && output.stderr.contains("axon missions"), "{output}");
}

#[test]
fn without_a_ledger_or_a_mission_it_says_what_is_missing() {
    assert!(refused(&small(), &["agents"], Code::NotFound).hint.contains("axon run"));
    assert!(refused(&renamed(), &["agents", "m7"], Code::NotFound).message.contains("m7"));
}
