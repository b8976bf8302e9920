//! `axon rewind`.

use std::fs;
use std::path::Path;

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{
    RENAME, SHOP, TILL, axon, beside, fields, json, json_lines, refused, renamed, shown, small,
};

/// Number and time of the first event of a kind that a test on it accepts.
fn event(repo: &TestRepo, kind: &str, wanted: impl Fn(&Value) -> bool) -> (String, String) {
    let events = json_lines(repo, &["log", "--kind", kind]);
    let found = events.iter().find(|event| wanted(&event["data"])).unwrap();
    (found["data"]["seq"].to_string(), found["time"].as_str().unwrap().to_owned())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn before_the_merge_it_is_the_base_and_after_it_the_result() {
    let repo = renamed();
    let (given, _) = event(&repo, "MISSION_GIVEN", |_| true);
    let (merged, _) = event(&repo, "MERGE", |_| true);
    let output = axon(&repo, &["rewind", "--to", &given, "--into", "../before"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stderr
    2 files as after event 2 of mission m1 ([TIME]), 0 changed by the mission, in ../before
    "#);
    let before = beside(&repo, "before");
    assert_eq!((read(&before, "shop.py"), read(&before, "till.py")), (SHOP.into(), TILL.into()));
    let _ = axon(&repo, &["rewind", "--to", &merged, "--into", "../after"]).success();
    let after = beside(&repo, "after");
    assert_eq!(read(&after, "till.py"), repo.show("axon/m1", "till.py"));
    assert!(!after.join(".git").exists() && !after.join(".axon").exists());
}

#[test]
fn a_session_has_its_own_files_before_they_are_merged() {
    let repo = renamed();
    let (changed, _) = event(&repo, "STATE_CHANGE", |data| data["resource"] == "till.py");
    let events = json_lines(&repo, &["log", "--kind", "STATE_CHANGE"]);
    let till = events.iter().find(|event| event["data"]["resource"] == "till.py").unwrap();
    let session = till["data"]["session"].as_str().unwrap();
    let arguments = ["rewind", "--to", &changed, "--session", session, "--into", "../session"];
    let _ = axon(&repo, &arguments).success();
    let folder = beside(&repo, "session");
    assert!(read(&folder, "till.py").contains("sum_up"));
    assert_eq!(read(&folder, "shop.py"), SHOP, "that was another session");
}

#[test]
fn a_moment_is_a_time_or_a_while_ago_too() {
    let repo = renamed();
    let (_, ended) = event(&repo, "MISSION_ENDED", |_| true);
    let at = json(&repo, &["rewind", "--to", &ended, "--into", "../at"]);
    assert_eq!(fields(&at), ["changed", "event", "files", "into", "mission", "time"]);
    assert_eq!(
        (&at["mission"], &at["changed"], &at["files"]),
        (&"m1".into(), &2.into(), &2.into())
    );
    let now = json(&repo, &["rewind", "--to", "-0s", "--into", "../now"]);
    assert_eq!(now["changed"], 2);
    // The zone of the test is UTC, so a time without zone is the same.
    let local = ended.trim_end_matches('Z');
    let local = json(&repo, &["rewind", "--to", local, "--into", "../local"]);
    assert_eq!(local["event"], at["event"]);
    let problem = refused(&repo, &["rewind", "--to", "-10m", "--into", "../ago"], Code::NotFound);
    assert!(problem.hint.contains("the ledger begins at"), "{problem:?}");
    for odd in ["yesterday", "-10y", "99999999999999999999", "1.5"] {
        refused(&repo, &["rewind", "--to", odd, "--into", "../odd"], Code::Usage);
    }
}

#[test]
fn what_was_discarded_and_then_done_again_comes_back_as_it_was() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let (merged, _) = event(&repo, "MERGE", |_| true);
    let first = repo.show("axon/m1", "shop.py");
    let _ = axon(&repo, &["discard", "m1"]).success();
    let _ = axon(&repo, &["run", "--rename", "total", "other", "--no-check"]).success();
    let _ = axon(&repo, &["rewind", "--to", &merged, "--into", "../then"]).success();
    assert_eq!(read(&beside(&repo, "then"), "shop.py"), first);
}

#[test]
fn a_folder_with_something_in_it_is_not_written_into() {
    let repo = renamed();
    let problem = refused(&repo, &["rewind", "--to", "5", "--into", "."], Code::WrongState);
    assert!(problem.hint.contains("empty folder"), "{problem:?}");
    fs::create_dir(beside(&repo, "empty")).unwrap();
    let _ = axon(&repo, &["rewind", "--to", "5", "--into", "../empty"]).success();
    fs::write(beside(&repo, "file"), "mine").unwrap();
    let output = axon(&repo, &["rewind", "--to", "5", "--into", "../file"]);
    assert!(output.code != 0 && !output.stderr.contains("[bug]"), "{output}");
    assert_eq!(fs::read_to_string(beside(&repo, "file")).unwrap(), "mine");
}
