//! `axon pause`, and going on after it.

use axon_domain::Code;
use rustix::process::{Signal, kill_process};

use crate::support::{
    GATED, Running, at_gate, axon, gated, json, left, owner_pid, refused, renamed, states,
};

#[test]
fn what_runs_is_finished_and_the_rest_follows_when_the_pause_is_lifted() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let paused = axon(&repo, &["pause", "m1", "--reason", "lunch"]).success();
    assert_eq!(paused.stderr, "m1 is paused; 1 step is finished first; axon resume m1\n");
    refused(&repo, &["pause", "m1"], Code::WrongState);
    assert_eq!(states(&repo), ["paused (checking)"]);
    drop(gate);
    let output = run.end().exits(130);
    assert!(output.stderr.contains("m1 was paused"), "{output}");
    let checked = axon(&repo, &["log", "m1", "--kind", "TOOL_CALL"]).success();
    assert_eq!(checked.stdout.lines().count(), 1, "the step that ran is recorded\n{checked}");
    let control = axon(&repo, &["log", "m1", "--kind", "CONTROL"]).success();
    assert!(control.stdout.contains("pause: lunch"), "{control}");
    let idle = axon(&repo, &["resume"]).success();
    assert_eq!(idle.stderr, "m1 is paused: axon resume m1\nnothing was interrupted\n");
    let resumed = axon(&repo, &["resume", "m1"]).success();
    assert_eq!(resumed.stdout, "axon/m1\n");
    let checked = axon(&repo, &["log", "m1", "--kind", "TOOL_CALL"]).success();
    assert_eq!(checked.stdout.lines().count(), 1, "and not run again\n{checked}");
}

#[test]
fn a_paused_mission_stays_paused_when_its_process_is_killed() {
    let repo = gated();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let _ = axon(&repo, &["pause", "m1"]).success();
    kill_process(owner_pid(&repo), Signal::KILL).unwrap();
    left(gate);
    let status = axon(&repo, &["status"]).success();
    assert!(status.stdout.contains("paused"), "{status}");
    assert!(!json(&repo, &["status"])["needs_resume"].as_bool().unwrap());
    let resumed = Running::start(&repo, &["resume", "m1"]);
    drop(resumed.at_gate());
    let output = resumed.end().success();
    assert!(output.stderr.contains("paused while checking; goes on"), "{output}");
}

#[test]
fn a_pause_that_is_lifted_at_once_runs_nothing_twice() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let _ = axon(&repo, &["pause", "m1"]).success();
    let watching = Running::until(&repo, &["resume", "m1"], "CONTROL");
    assert_eq!(states(&repo), ["running (checking)"]);
    drop(gate);
    let _ = run.end().success();
    let _ = watching.end().success();
    let checked = axon(&repo, &["log", "m1", "--kind", "TOOL_CALL"]).success();
    assert_eq!(checked.stdout.lines().count(), 1, "{checked}");
}

#[test]
fn what_has_ended_or_is_not_there_is_not_paused() {
    let repo = renamed();
    refused(&repo, &["pause", "m1"], Code::WrongState);
    refused(&repo, &["pause", "m2"], Code::NotFound);
    refused(&repo, &["resume", "m1"], Code::WrongState);
}
