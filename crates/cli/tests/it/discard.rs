//! `axon discard`.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{RENAME, axon, json, refused, renamed, shown};

#[test]
fn the_branch_goes_and_the_record_stays() {
    let repo = renamed();
    let output = axon(&repo, &["discard", "m1"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stderr
    discarded; `axon rewind` still brings back any moment of it
    "#);
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    let mission = json(&repo, &["show", "m1"]);
    assert_eq!((&mission["state"], &mission["discarded"]), (&"discarded".into(), &true.into()));
    let _ = axon(&repo, &["verify"]).success();
}

#[test]
fn what_was_discarded_is_neither_discarded_again_nor_applied() {
    let repo = renamed();
    assert_eq!(json(&repo, &["discard", "m1"])["discarded"], "m1");
    for command in ["discard", "apply"] {
        let problem = refused(&repo, &[command, "m1"], Code::WrongState);
        assert!(problem.hint.contains("axon rewind"), "{problem:?}");
    }
}

#[test]
fn what_was_applied_is_not_discarded_and_the_way_back_is_named() {
    let repo = renamed();
    let _ = axon(&repo, &["apply", "m1"]).success();
    let problem = refused(&repo, &["discard", "m1"], Code::WrongState);
    assert!(problem.hint.starts_with("git revert "), "{problem:?}");
    let words: Vec<&str> = problem.hint.split(' ').skip(1).collect();
    repo.git(words.into_iter().chain(["--no-edit"]));
    assert!(repo.read("till.py").contains("total"));
}

#[test]
fn a_branch_that_others_committed_on_is_kept() {
    let repo = renamed();
    repo.git(["checkout", "--quiet", "axon/m1"]);
    let commit = repo.commit("On top");
    repo.git(["checkout", "--quiet", "main"]);
    refused(&repo, &["discard", "m1"], Code::BranchExists);
    assert_eq!(repo.git(["rev-parse", "axon/m1"]).trim(), commit);
}

#[test]
fn the_branch_that_is_checked_out_is_kept() {
    let repo = renamed();
    repo.git(["checkout", "--quiet", "axon/m1"]);
    refused(&repo, &["discard", "m1"], Code::WrongState);
    assert_eq!(repo.git(["symbolic-ref", "--short", "HEAD"]).trim(), "axon/m1");
}

#[test]
fn a_branch_that_a_person_removed_is_as_good_as_discarded() {
    let repo = renamed();
    repo.git(["branch", "-D", "axon/m1"]);
    let _ = axon(&repo, &["discard", "m1"]).success();
    assert_eq!(json(&repo, &["show", "m1"])["discarded"], true);
}

/// The missions whose base is pinned.
fn pinned(repo: &TestRepo) -> String {
    repo.git(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/axon/base"])
}

#[test]
fn the_commit_that_a_mission_began_from_is_kept_as_long_as_it_may_be_wanted() {
    let repo = renamed();
    assert_eq!(pinned(&repo), "m1\n");
    let _ = axon(&repo, &["discard", "m1"]).success();
    assert_eq!(pinned(&repo), "", "the branch main has it");
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, &["apply", "m2"]).success();
    assert_eq!(pinned(&repo), "");
    let _ = axon(&repo, &["run", "--rename", "nowhere", "somewhere", "--no-check"]);
    assert_eq!(pinned(&repo), "", "there is nothing to look at");
}

#[test]
fn a_commit_that_nothing_else_keeps_stays_pinned_and_can_be_rewound_to() {
    let repo = renamed();
    repo.git(["commit", "--quiet", "--amend", "--message", "Another one"]);
    let _ = axon(&repo, &["discard", "m1"]).success();
    assert_eq!(pinned(&repo), "m1\n");
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["gc", "--quiet", "--prune=now"]);
    let last = json(&repo, &["status"])["events"].as_u64().unwrap().to_string();
    let _ = axon(&repo, &["diff", "m1"]).success();
    let _ = axon(&repo, &["rewind", "--to", &last, "--into", "../after"]).success();
}
