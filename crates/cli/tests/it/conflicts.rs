//! `axon conflicts`, and missions in conflict as other commands see them.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{RENAME, TILL, axon, fields, fingerprint, json, refused, renamed, shown};

/// A finished rename, and a person who changed a line that it edits.
pub(crate) fn in_conflict() -> TestRepo {
    let repo = renamed();
    repo.write("till.py", TILL.replace("[1, 2]", "[1, 2, 3]"));
    repo.commit("Three of them");
    let before = fingerprint(&repo.path());
    let output = axon(&repo, &["rebase", "m1"]).exits(4);
    assert!(output.stderr.contains("[conflict]"), "{output}");
    assert!(output.stderr.contains("axon conflicts m2"), "{output}");
    assert_eq!(output.stdout, "");
    assert_eq!(fingerprint(&repo.path()), before);
    repo
}

#[test]
fn a_conflict_is_shown_with_its_sides_and_who_changed_them() {
    let repo = in_conflict();
    let output = axon(&repo, &["conflicts"]).success();
    // Which event that was depends on which of two coders was quicker.
    let text = shown(&repo, &output);
    let (before, rest) = text.split_once("(event ").unwrap();
    let (number, after) = rest.split_once(')').unwrap();
    assert!(number.parse::<u64>().is_ok(), "{text}");
    assert_snapshot!(format!("{before}(event N){after}"));
    assert!(output.stdout.lines().all(|line| line.chars().count() <= 80), "{output}");
    assert_eq!(axon(&repo, &["conflicts", "m2"]).success(), output);
}

#[test]
fn as_json_every_side_is_there() {
    let repo = in_conflict();
    let list = json(&repo, &["conflicts", "m2"])["conflicts"].clone();
    let [conflict] = &list.as_array().unwrap()[..] else { panic!("{list}") };
    let names = [
        "base", "event", "hunks", "kind", "marked", "mine", "mission", "path", "settled", "task",
        "theirs",
    ];
    assert_eq!(fields(conflict), names);
    assert_eq!((&conflict["path"], &conflict["kind"]), (&"till.py".into(), &"content".into()));
    let blob = |revision: &str| repo.git(["rev-parse", &format!("{revision}:till.py")]);
    assert_eq!(conflict["theirs"]["file"]["git"], blob("HEAD").trim());
    assert_eq!(conflict["base"]["file"]["git"], blob("HEAD~1").trim());
    assert!(conflict["mine"]["file"]["object"].is_string());
    assert_eq!(conflict["theirs"]["what"], "what is on main now");
    assert_eq!(conflict["hunks"][0]["theirs"], serde_json::json!([3, 3]));
    assert!(conflict["marked"].as_str().unwrap().contains("<<<<<<< the change of m1\n"));
}

#[test]
fn a_mission_in_conflict_is_not_interrupted_and_lets_others_run() {
    let repo = in_conflict();
    let output = axon(&repo, &["missions"]).success();
    assert!(output.stdout.contains("in conflict"), "{output}");
    assert!(output.stderr.contains("m2 is in conflict: axon conflicts m2"), "{output}");
    assert!(!output.stderr.contains("interrupted"), "{output}");
    let status = json(&repo, &["status"]);
    assert_eq!(status["needs_resume"], false);
    let output = axon(&repo, &["resume"]).success();
    assert!(output.stderr.contains("nothing was interrupted"), "{output}");
    let problem = refused(&repo, &["apply", "m2"], Code::WrongState);
    assert_eq!(problem.hint, "axon conflicts m2");
    let run = ["run", "--rename", "total", "other", "--no-check"];
    assert_eq!(axon(&repo, &run).success().stdout, "axon/m3\n");
    // What could be merged is kept, and can be looked at.
    let diff = axon(&repo, &["diff", "m2"]).success();
    assert!(diff.stdout.contains("+def sum_up("), "{diff}");
    assert!(!diff.stdout.contains("till.py"), "{diff}");
    let log = axon(&repo, &["log", "m2", "--kind", "CONFLICT"]).success();
    assert!(log.stdout.contains("till.py cannot be merged (content)"), "{log}");
}

#[test]
fn a_mission_in_conflict_can_be_given_up() {
    let repo = in_conflict();
    let _ = axon(&repo, &["discard", "m2"]).success();
    assert_eq!(json(&repo, &["show", "m2"])["outcome"], "cancelled");
    assert_eq!(axon(&repo, &["conflicts"]).success().stderr, "nothing is in conflict\n");
    let _ = axon(&repo, RENAME).success();
}

#[test]
fn a_mission_that_is_not_in_conflict_says_so() {
    let repo = renamed();
    assert_eq!(axon(&repo, &["conflicts"]).success().stderr, "nothing is in conflict\n");
    assert_eq!(json(&repo, &["conflicts"])["conflicts"], serde_json::json!([]));
    let problem = refused(&repo, &["conflicts", "m1"], Code::WrongState);
    assert_eq!(problem.hint, "axon show m1");
    refused(&repo, &["conflicts", "m9"], Code::NotFound);
    let resolve = ["resolve", "m1", "till.py", "--mine"];
    refused(&repo, &resolve, Code::WrongState);
}

/// What the rebase of a rename says about a file that a person changed meanwhile.
#[track_caller]
fn kind_after(change: impl FnOnce(&TestRepo)) -> String {
    let repo = renamed();
    change(&repo);
    repo.commit("A person went on");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    let list = json(&repo, &["conflicts", "m2"])["conflicts"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert!(axon(&repo, &["conflicts"]).success().stdout.contains("till.py"));
    list[0]["kind"].as_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_conflict_is_told() {
    let path = |repo: &TestRepo| repo.path().join("till.py");
    let kind = kind_after(|repo| std::fs::remove_file(path(repo)).unwrap());
    assert_eq!(kind, "delete-modify");
    let kind = kind_after(|repo| repo.write("till.py", b"from shop import total\0\n"));
    assert_eq!(kind, "binary");
    let kind = kind_after(|repo| {
        std::fs::remove_file(path(repo)).unwrap();
        std::os::unix::fs::symlink("shop.py", path(repo)).unwrap();
    });
    assert_eq!(kind, "mode");
    let kind = kind_after(|repo| {
        std::fs::remove_file(path(repo)).unwrap();
        repo.write("till.py/inner.py", "x = 1\n");
    });
    assert_eq!(kind, "delete-modify");
}
