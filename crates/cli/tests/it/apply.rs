//! `axon apply`.

use axon_domain::Code;
use insta::assert_snapshot;

use crate::support::{Running, axon, json, refused, renamed, shown};

#[test]
fn the_result_comes_into_the_branch_and_the_files() {
    let repo = renamed();
    let output = axon(&repo, &["apply", "m1"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stderr
    applied; `git reset --hard ORIG_HEAD` would take it back
    "#);
    assert_eq!(repo.git(["rev-parse", "HEAD"]), repo.git(["rev-parse", "axon/m1"]));
    assert_eq!(repo.git(["symbolic-ref", "--short", "HEAD"]).trim(), "main");
    assert!(repo.read("till.py").contains("sum_up([1, 2])"));
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(json(&repo, &["show", "m1"])["applied"], true);
    repo.git(["reset", "--quiet", "--hard", "ORIG_HEAD"]);
    assert!(repo.read("till.py").contains("total([1, 2])"), "what the message says takes it back");
}

#[test]
fn the_branch_s_name_does_as_well_and_a_second_time_does_nothing() {
    let repo = renamed();
    let first = json(&repo, &["apply", "axon/m1"]);
    assert_eq!((&first["applied"], &first["already"]), (&true.into(), &false.into()));
    let head = repo.git(["rev-parse", "HEAD"]);
    assert_eq!(json(&repo, &["apply", "m1"])["already"], true);
    assert_eq!(repo.git(["rev-parse", "HEAD"]), head);
}

#[test]
fn changes_that_are_not_committed_are_named_and_kept() {
    let repo = renamed();
    repo.write("till.py", "my own work\n");
    let problem = refused(&repo, &["apply", "m1"], Code::DirtyWorkingTree);
    assert!(problem.message.contains("till.py") && problem.hint.contains("git stash"));
    repo.git(["add", "till.py"]);
    refused(&repo, &["apply", "m1"], Code::DirtyWorkingTree);
    assert_eq!(repo.read("till.py"), "my own work\n");
    repo.git(["stash", "--quiet"]);
    let _ = axon(&repo, &["apply", "m1"]).success();
}

#[test]
fn another_git_at_work_is_waited_for_and_one_that_was_killed_is_named() {
    let repo = renamed();
    let lock = repo.path().join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    let problem = refused(&repo, &["apply", "m1"], Code::Git);
    assert!(problem.message.contains(".git/index.lock"), "{problem:?}");
    assert!(problem.hint.contains("remove that file"), "{problem:?}");
    let apply = Running::start(&repo, &["apply", "m1"]);
    std::fs::remove_file(&lock).unwrap();
    let _ = apply.end().success();
    assert_eq!(json(&repo, &["show", "m1"])["applied"], true);
}

#[test]
fn files_that_git_does_not_know_are_no_hindrance() {
    let repo = renamed();
    repo.write("notes.txt", "mine\n");
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert_eq!(repo.read("notes.txt"), "mine\n");
}

#[test]
fn a_result_that_stands_on_an_older_commit_is_merged_by_git() {
    let repo = renamed();
    let head = repo.commit("Something else");
    let problem = refused(&repo, &["apply", "m1"], Code::HeadMoved);
    assert_eq!(repo.git(["rev-parse", "HEAD"]).trim(), head);
    let merge = problem.hint.split("git ").nth(1).unwrap().split(' ').take(2);
    repo.git(merge.chain(["--quiet", "--no-edit"]));
    assert_eq!(json(&repo, &["apply", "m1"])["already"], true);
}

#[test]
fn a_branch_that_a_person_removed_is_said() {
    let repo = renamed();
    repo.git(["branch", "-D", "axon/m1"]);
    let problem = refused(&repo, &["apply", "m1"], Code::NotFound);
    assert!(problem.message.contains("axon/m1"), "{problem:?}");
}
