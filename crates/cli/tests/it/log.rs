//! `axon log`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{
    RENAME, axon, command, fields, interrupt, json_lines, parse, renamed, shown, small,
};

#[test]
fn the_kinds_that_say_what_happened_read_as_a_story() {
    let repo = small();
    let _ = axon(&repo, &[RENAME, &["--agents", "1"]].concat()).success();
    let story = ["MISSION_GIVEN", "DECISION", "PLAN_PROPOSED", "merge", "COMMIT", "mission-ended"];
    let kinds = story.iter().flat_map(|kind| ["--kind", *kind]);
    let arguments: Vec<&str> = ["log", "m1"].into_iter().chain(kinds).collect();
    assert_snapshot!(shown(&repo, &axon(&repo, &arguments).success()), @r#"
    exit: 0
    --- stdout
        2 [CLOCK] m1       MISSION_GIVEN operator   rename total to sum_up
       10 [CLOCK] m1       DECISION      scout      which symbol is meant: function shop.total (shop.py:1)
       11 [CLOCK] m1       DECISION      supervisor how the result is proven: nothing proves it
       12 [CLOCK] m1       PLAN_PROPOSED supervisor 3 places in 2 tasks, 0 mentions left alone
       33 [CLOCK] m1       MERGE         supervisor 2 files changed
       37 [CLOCK] m1       COMMIT        supervisor wanted on axon/m1
       38 [CLOCK] m1       COMMIT        supervisor made on axon/m1 [HASH]
       39 [CLOCK] m1       MISSION_ENDED supervisor done, unproven: no check was wanted (--no-check)
    "#);
}

#[test]
fn events_are_numbered_without_a_gap_and_filtered_by_mission_kind_and_position() {
    let repo = renamed();
    let _ = axon(&repo, RENAME).success();
    let all = json_lines(&repo, &["log"]);
    let numbers: Vec<u64> =
        all.iter().map(|event| event["data"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    let of_second = json_lines(&repo, &["log", "m2"]);
    assert!(!of_second.is_empty() && of_second.iter().all(|event| event["subject"] == "m2"));
    let changes = json_lines(&repo, &["log", "m2", "--kind", "STATE_CHANGE"]);
    assert_eq!(changes.len(), 2);
    let last = (all.len() - 3).to_string();
    assert_eq!(json_lines(&repo, &["log", "--after", &last]), all[all.len() - 3..]);
    assert_eq!(json_lines(&repo, &["log", "--after", "99999"]).len(), 0);
    let output = axon(&repo, &["log", "--kind", "SOMETHING"]).exits(2);
    assert!(output.stderr.contains("one of DECISION, STATE_CHANGE"), "{output}");
}

#[test]
fn every_event_is_a_cloud_event_whose_ids_are_text() {
    let repo = renamed();
    let events = json_lines(&repo, &["log", "m1"]);
    let expected =
        ["data", "datacontenttype", "id", "source", "specversion", "subject", "time", "type"];
    for event in &events {
        assert_eq!(fields(event), expected);
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["id"].as_str().unwrap().len(), 36);
        for field in ["agent_id", "causes", "kind", "mission_id", "role", "seq", "task_id"] {
            assert!(event["data"].get(field).is_some(), "{field} {event}");
        }
        assert!(!event.to_string().contains("\"bytes\""), "an id as numbers: {event}");
    }
    let of =
        |kind: &str| &events.iter().find(|event| event["data"]["kind"] == kind).unwrap()["data"];
    assert_eq!(of("MISSION_GIVEN")["base_commit"], repo.git(["rev-parse", "main"]).trim());
    let change = of("STATE_CHANGE");
    let blob = repo.git(["rev-parse", &format!("main:{}", change["resource"].as_str().unwrap())]);
    assert_eq!(change["previous"], format!("git:{}", blob.trim()));
    assert!(change["new"].as_str().unwrap().starts_with("object:"));
    assert!(change["session"].as_str().unwrap().starts_with('s'));
}

#[test]
fn following_prints_what_comes_until_ctrl_c() {
    let repo = small();
    let mut follow = command(&repo, &["log", "--follow", "--json", "--kind", "MISSION_ENDED"]);
    let mut follow = follow.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    for mission in ["m1", "m2"] {
        let _ = axon(&repo, RENAME).success();
        let event = parse(&lines.next().unwrap().unwrap());
        assert_eq!(event["subject"], mission, "{event}");
    }
    interrupt(&follow);
    assert_eq!(follow.wait().unwrap().code(), Some(0));
    assert!(lines.next().is_none());
}

#[test]
fn a_reader_that_goes_away_is_no_error_worth_a_panic() {
    let repo = renamed();
    let binary = env!("CARGO_BIN_EXE_axon");
    let mut command = repo.command("sh");
    command.args(["-c", &format!("{{ {binary} log; echo $? >&2; }} | head -n 0")]);
    let output = repo.finish(command);
    assert!(!output.stderr.contains("panicked"), "{output}");
    let mut command = repo.command("sh");
    command.args(["-c", &format!("{{ {binary} show m1 --json; echo $? >&2; }} | true")]);
    assert_eq!(repo.finish(command).stderr, "0\n");
}
