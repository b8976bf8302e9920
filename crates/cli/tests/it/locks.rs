//! `axon locks`. What it says of locks that are held and waited for, where a ledger has them:
//! `testkit::swarm`.

use axon_domain::Code;

use crate::support::{axon, json, refused, renamed, small};

#[test]
fn when_every_mission_has_ended_nothing_is_held() {
    let repo = renamed();
    let output = axon(&repo, &["locks"]).success();
    assert_eq!((&*output.stdout, &*output.stderr), ("", "nothing is held\n"));
    let table = json(&repo, &["locks"]);
    assert_eq!(table, serde_json::json!({ "deadlocks": [], "locks": [] }));
}

#[test]
fn without_a_ledger_it_says_what_is_missing() {
    assert!(refused(&small(), &["locks"], Code::NotFound).hint.contains("axon run"));
}
