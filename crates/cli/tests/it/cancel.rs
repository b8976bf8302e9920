//! `axon cancel`.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;

use axon_domain::Code;
use rustix::fs::OFlags;

use crate::support::{
    GATED, Running, at_gate, axon, fingerprint, gated, json, refused, renamed, states,
};

#[test]
fn a_mission_that_is_cancelled_ends_what_it_runs_and_leaves_no_branch() {
    let repo = gated();
    let before = fingerprint(&repo.path());
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let cancelled = axon(&repo, &["cancel", "m1", "--reason", "the wrong name"]).success();
    assert_eq!(cancelled.stderr, "m1 is cancelled\n");
    let output = run.end().exits(1);
    assert!(output.stderr.contains("cancelled by a person: the wrong name"), "{output}");
    drop(gate);
    let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    let gate = repo.path().join("gate");
    let reader = OpenOptions::new().write(true).custom_flags(nonblock).open(gate);
    assert!(reader.is_err(), "the check was ended");
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    assert_eq!(json(&repo, &["show", "m1"])["outcome"], "cancelled");
    assert_eq!(fingerprint(&repo.path()), before);
    refused(&repo, &["cancel", "m1"], Code::WrongState);
}

#[test]
fn an_interrupted_or_paused_mission_is_cancelled_without_going_on() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    run.kill();
    drop(gate);
    let _ = axon(&repo, &["cancel", "m1"]).success();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let _ = axon(&repo, &["pause", "m2"]).success();
    let _ = axon(&repo, &["cancel", "m2"]).success();
    drop(gate);
    assert_eq!(states(&repo), ["cancelled", "cancelled"]);
    assert_eq!(axon(&repo, &["resume"]).success().stderr, "nothing was interrupted\n");
}

#[test]
fn what_is_done_is_not_cancelled() {
    let repo = renamed();
    refused(&repo, &["cancel", "m1"], Code::WrongState);
}
