//! `axon board`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use axon_domain::Code;
use insta::assert_snapshot;

use crate::support::{
    GATED, RENAME, Running, axon, command, fields, gated, interrupt, json, parse, refused, renamed,
    shown, small,
};

#[test]
fn the_board_of_a_mission_at_work_is_read_from_beside_it() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    assert_snapshot!(shown(&repo, &axon(&repo, &["board"]).success()), @r"
    exit: 0
    --- stdout
    m1  rename total to sum_up
        checking: 2 tasks, 2 done; wave 1 with 1 part
      t1    done               shop.py
      t2    done               till.py
      held  symbol:shop.total  m1/1
    ");
    assert_eq!(json(&repo, &["board"])["boards"][0]["counts"]["done"], 2);
    drop(gate);
    let _ = run.end().success();
    let output = axon(&repo, &["board"]).success();
    assert!(output.stdout.is_empty() && output.stderr.contains("no mission is under way"));
}

#[test]
fn the_board_of_a_mission_that_ended_says_what_became_of_each_task() {
    let repo = renamed();
    assert_snapshot!(shown(&repo, &axon(&repo, &["board", "m1", "--all"]).success()), @r"
    exit: 0
    --- stdout
    m1  rename total to sum_up
        ended: 2 tasks, 2 merged
      t1    merged             shop.py
      t2    merged             till.py
    ");
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let board = &json(&renamed(), &["board", "m1"])["boards"][0];
    let expected = ["counts", "locks", "mission", "phase", "tasks", "title", "trying", "wave"];
    assert_eq!(fields(board), expected);
    let expected = ["after", "agent", "blocked", "group", "id", "note", "path", "state", "title"];
    assert_eq!(fields(&board["tasks"][0]), expected);
    let expected = ["done", "failed", "left_out", "merged", "tasks", "waiting", "working"];
    assert_eq!(fields(&board["counts"]), expected);
    assert_eq!((&board["mission"], &board["tasks"][0]["state"]), (&"m1".into(), &"merged".into()));
}

#[test]
fn without_a_ledger_or_a_mission_it_says_what_is_missing() {
    assert!(refused(&small(), &["board"], Code::NotFound).hint.contains("axon run"));
    assert!(refused(&renamed(), &["board", "m7"], Code::NotFound).message.contains("m7"));
    assert_eq!(axon(&renamed(), &["board", "x"]).code, 2);
}

#[test]
fn watching_ends_with_the_mission_and_says_every_change_once() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let mut watch = command(&repo, &["board", "m1", "--watch", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let phase = |line: &str| parse(line)["boards"][0]["phase"].clone();
    assert_eq!(phase(&lines.next().unwrap().unwrap()), "checking");
    drop(gate);
    let _ = run.end().success();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest.last().map(|line| phase(line)), Some("ended".into()));
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}

#[test]
fn watching_whatever_comes_goes_on_until_ctrl_c() {
    let repo = renamed();
    let mut watch = command(&repo, &["board", "--watch", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut boards = || parse(&lines.next().unwrap().unwrap())["boards"].as_array().unwrap().len();
    assert_eq!(boards(), 0);
    let _ = axon(&repo, RENAME).success();
    assert!(boards() <= 1);
    interrupt(&watch);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}
