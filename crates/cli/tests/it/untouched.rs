//! A mission never touches the working tree, however it ends.

use axon_domain::Code;
use axon_testkit::TestRepo;

use crate::support::{GATED, RENAME, Running, axon, fingerprint, gated, refused, small};

fn status(repo: &TestRepo) -> String {
    repo.git(["--no-optional-locks", "status", "--porcelain", "--branch"])
}

/// Runs a command; files, index, HEAD, branches and what Git says stay as they were.
#[track_caller]
fn leaves_everything(repo: &TestRepo, arguments: &[&str], exit: i32) {
    let before = (status(repo), fingerprint(&repo.path()));
    let _ = axon(repo, arguments).exits(exit);
    assert_eq!((status(repo), fingerprint(&repo.path())), before, "{arguments:?}");
}

#[test]
fn a_mission_that_is_done_leaves_everything_and_makes_a_branch() {
    let repo = small();
    leaves_everything(&repo, RENAME, 0);
    assert_eq!(repo.git(["branch", "--list", "axon/*"]).trim(), "axon/m1");
    assert_eq!(repo.git(["symbolic-ref", "HEAD"]).trim(), "refs/heads/main");
}

#[test]
fn a_mission_leaves_uncommitted_and_staged_changes_alone_and_does_not_see_them() {
    let repo = small();
    repo.write("shop.py", "def total(prices):\n    return 0  # not committed\n");
    repo.write("staged.py", "from shop import total\n");
    repo.git(["add", "staged.py"]);
    repo.write("untracked.py", "from shop import total\n");
    leaves_everything(&repo, RENAME, 0);
    let changed = repo.git(["diff", "--name-only", "main", "axon/m1"]);
    assert_eq!(changed, "shop.py\ntill.py\n");
    assert!(!repo.show("axon/m1", "shop.py").contains("not committed"));
}

#[test]
fn a_mission_that_fails_leaves_everything_and_no_branch() {
    let repo = small();
    repo.write("test.sh", "grep -q total shop.py\n");
    repo.commit("A check that wants the old name");
    let arguments = ["run", "--rename", "total", "sum_up", "--check", "sh test.sh"];
    leaves_everything(&repo, &arguments, 1);
    leaves_everything(&repo, &["run", "--rename", "nothing", "x", "--no-check"], 4);
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
}

#[test]
fn a_check_that_writes_does_not_write_into_the_working_tree() {
    let repo = small();
    let check = "echo spoilt > shop.py; echo new > new.py; rm till.py; git gc || true";
    leaves_everything(&repo, &["run", "--rename", "total", "sum_up", "--check", check], 0);
    assert_eq!(repo.git(["diff", "--name-only", "main", "axon/m1"]), "shop.py\ntill.py\n");
}

#[test]
fn what_only_looks_leaves_everything_also_the_ledger() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let size = || repo.path().join(".axon/ledger.db").metadata().unwrap().len();
    let before = size();
    for arguments in [
        &["status"][..],
        &["missions"],
        &["show", "m1"],
        &["log"],
        &["why", "shop.py:1"],
        &["diff", "m1"],
        &["verify"],
        &["doctor"],
        &["run", "--rename", "total", "other", "--dry-run"],
        &["rewind", "--to", "2", "--into", "../then"],
        &["backup", "../copy.db"],
    ] {
        leaves_everything(&repo, arguments, 0);
    }
    assert_eq!(size(), before);
}

#[test]
fn the_folder_of_axon_is_excluded_without_a_change_to_gitignore() {
    let repo = small();
    repo.write(".git/info/exclude", "*.tmp");
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, RENAME).exits(0);
    assert_eq!(repo.read(".git/info/exclude"), "*.tmp\n/.axon/\n");
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert!(!repo.path().join(".gitignore").exists());
}

#[test]
fn commands_without_a_mission_make_no_folder() {
    let repo = small();
    let code = axon_domain::Code::NotFound;
    for arguments in [&["show", "m1"][..], &["apply", "m1"], &["discard", "m1"], &["verify"]] {
        refused(&repo, arguments, code);
    }
    for arguments in [&["status"][..], &["missions"], &["log"], &["resume"], &["doctor"]] {
        let _ = axon(&repo, arguments).success();
    }
    assert!(!repo.path().join(".axon").exists());
}

#[test]
fn a_person_may_commit_and_switch_branches_while_a_mission_runs() {
    let repo = gated();
    let head = repo.git(["rev-parse", "HEAD"]);
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    repo.git(["checkout", "--quiet", "-b", "elsewhere"]);
    repo.write("notes.txt", "Meanwhile.\n");
    repo.commit("Meanwhile");
    repo.write("till.py", "print(0)\n");
    let before = fingerprint(&repo.path());
    drop(gate);
    let _ = run.end().success();
    assert_eq!(fingerprint(&repo.path()), before, "what the person had is as it was");
    assert_eq!(repo.git(["branch", "--show-current"]), "elsewhere\n");
    assert_eq!(repo.git(["rev-parse", "axon/m1^"]), head, "it began with that commit");
    repo.git(["checkout", "--quiet", "till.py"]);
    let problem = refused(&repo, &["apply", "m1"], Code::HeadMoved);
    assert!(problem.hint.contains("axon rebase m1"), "{problem:?}");
    let rebased = Running::start(&repo, &["rebase", "m1"]);
    drop(rebased.at_gate());
    let _ = rebased.end().success();
    let _ = axon(&repo, &["apply", "m2"]).success();
    assert!(repo.read("till.py").contains("sum_up") && repo.read("notes.txt") == "Meanwhile.\n");
}
