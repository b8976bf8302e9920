//! `axon owner`: the process in the background.

use axon_domain::Code;

use crate::support::{
    GATED, Running, at_gate, axon, gated, json, owner_pid, parse, refused, small,
};

#[test]
fn with_nothing_to_do_it_says_that_it_listens_and_ends() {
    let repo = small();
    let output = axon(&repo, &["owner"]).success();
    assert!(output.stderr.contains("ready"), "{output}");
    let output = axon(&repo, &["owner", "--json"]).success();
    assert_eq!(parse(&output.stdout)["ready"], true);
    refused(&repo, &["owner", "m1x"], Code::Usage);
}

#[test]
fn in_the_background_it_writes_to_a_log_and_ends_when_its_missions_have() {
    let repo = gated();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let pid = owner_pid(&repo);
    let session = rustix::process::getsid(Some(pid)).unwrap();
    assert_eq!(session, pid, "a session of its own");
    assert!(repo.path().join(".axon/owner.log").exists());
    let doctor = axon(&repo, &["doctor"]).success();
    let expected = format!("process {} works on 1 mission and listens at", pid.as_raw_nonzero());
    let found = doctor.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(found.contains(&expected), "{doctor}");
    let watching = Running::until(&repo, &["attach", "m1"], "PLAN_ACCEPTED");
    drop(gate);
    let _ = watching.end().success();
    // Waits for the lock that the kernel takes from it when it ends.
    let lock = std::fs::File::open(repo.path().join(".axon/owner.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    drop(lock);
    assert!(json(&repo, &["status"])["owner_pid"].is_null());
    assert!(!repo.path().join(".axon/owner.socket").exists());
    let left: Vec<_> = std::fs::read_dir(repo.path().join("../run/axon")).unwrap().collect();
    assert!(left.is_empty(), "no socket is left\n{left:?}");
}
