//! Repositories that are not as one would like them: each is refused with what to do, or
//! worked on as far as that can be done.

use std::fs;

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{RENAME, SHOP, TILL, axon, command, refused, shown, small};

#[test]
fn a_folder_that_is_no_repository_is_refused() {
    let folder = TestRepo::folder();
    for arguments in [RENAME, &["status"], &["missions"], &["log"], &["doctor"]] {
        let problem = refused(&folder, arguments, Code::NotARepository);
        assert!(problem.hint.contains("git init"), "{problem:?}");
    }
    assert_snapshot!(shown(&folder, &axon(&folder, RENAME)), @r#"
    exit: 5
    --- stderr
    error: there is no Git repository here ([TMP]/repo) [not-a-repository]
     hint: go to a repository, or make one: git init
    "#);
    refused(&folder, &["-C", "/does/not/exist", "status"], Code::NotARepository);
}

#[test]
fn a_bare_repository_is_refused() {
    let folder = TestRepo::folder();
    folder.git(["init", "--quiet", "--bare"]);
    let problem = refused(&folder, RENAME, Code::BareRepository);
    assert!(problem.hint.contains("git clone"), "{problem:?}");
}

#[test]
fn a_repository_without_a_commit_is_refused() {
    let repo = TestRepo::empty();
    let problem = refused(&repo, RENAME, Code::EmptyRepository);
    assert!(problem.hint.contains("git commit"), "{problem:?}");
    refused(&repo, &["status"], Code::EmptyRepository);
    assert!(!repo.path().join(".axon/ledger.db").exists(), "nothing was begun");
}

/// A clone, in the same test environment, of a repository with two commits.
fn clone(options: &[&str]) -> TestRepo {
    let clone = TestRepo::folder();
    let origin = clone.path().join("../origin");
    fs::create_dir(&origin).unwrap();
    let at = |arguments: &[&str]| {
        let mut command = clone.command("git");
        command.arg("-C").arg(&origin).args(arguments);
        clone.finish(command).success().stdout
    };
    at(&["init", "--quiet", "--initial-branch=main"]);
    at(&["config", "uploadpack.allowFilter", "true"]);
    at(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    fs::write(origin.join("shop.py"), SHOP).unwrap();
    at(&["add", "--all"]);
    at(&["commit", "--quiet", "--message", "Shop"]);
    fs::write(origin.join("till.py"), TILL).unwrap();
    at(&["add", "--all"]);
    at(&["commit", "--quiet", "--message", "Till"]);
    let url = format!("file://{}", origin.canonicalize().unwrap().display());
    clone.git(["clone", "--quiet"].iter().chain(options).copied().chain([url.as_str(), "."]));
    clone
}

#[test]
fn a_shallow_clone_works_and_a_line_goes_back_to_where_it_is_cut_off() {
    let repo = clone(&["--depth=1"]);
    let _ = axon(&repo, RENAME).success();
    assert!(axon(&repo, &["doctor"]).success().stdout.contains("shallow"));
    let why = axon(&repo, &["why", "HEAD:shop.py:1"]).success();
    assert!(why.stdout.contains("not by Axon") && why.stdout.contains("Till"), "{why}");
    let _ = axon(&repo, &["apply", "m1"]).success();
}

#[test]
fn a_partial_clone_says_what_to_fetch_and_goes_on_when_it_is_there() {
    let repo = clone(&["--filter=blob:none", "--no-checkout"]);
    let problem = refused(&repo, RENAME, Code::MissingObject);
    assert!(problem.hint.contains("git fetch --refetch --no-filter"), "{problem:?}");
    assert!(problem.hint.contains("axon resume"), "{problem:?}");
    assert!(problem.message.contains(".py ("), "the file is named with its object: {problem:?}");
    repo.git(["fetch", "--quiet", "--refetch", "--no-filter"]);
    let output = axon(&repo, &["resume"]).success();
    assert_eq!(output.stdout, "axon/m1\n");
}

#[test]
fn a_sparse_checkout_stays_sparse_and_files_outside_of_it_are_edited_too() {
    let repo =
        TestRepo::with([("shop.py", SHOP), ("inside/till.py", TILL), ("outside/till.py", TILL)]);
    repo.git(["sparse-checkout", "set", "inside"]);
    assert!(!repo.path().join("outside").exists());
    let _ = axon(&repo, RENAME).success();
    assert!(repo.show("axon/m1", "outside/till.py").contains("sum_up"));
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert!(!repo.path().join("outside").exists());
    assert!(repo.read("inside/till.py").contains("sum_up"));
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn pointers_of_git_lfs_are_left_as_they_are_and_listed() {
    let pointer = "version https://git-lfs.github.com/spec/v1\n\
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n\
        size 12345\n";
    let repo = TestRepo::with([
        ("shop.py", SHOP),
        ("big.py", pointer),
        (".gitattributes", "big.py filter=lfs diff=lfs merge=lfs -text\n"),
    ]);
    let output = axon(&repo, RENAME).success();
    assert!(output.stderr.contains("not looked into: big.py"), "{output}");
    assert_eq!(repo.show("axon/m1", "big.py"), pointer);
    assert!(axon(&repo, &["doctor"]).success().stdout.contains("Git LFS"));
}

#[test]
fn a_repository_of_somebody_else_is_refused() {
    let repo = small();
    // Git's own switch for tests: as if the folder belonged to another user.
    let mut git = command(&repo, RENAME);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(repo.path(), Some(12_345), Some(12_345)).unwrap();
        std::os::unix::fs::chown(repo.path().join(".git"), Some(12_345), None).unwrap();
        let output = repo.finish(git).exits(5);
        assert!(output.stderr.contains("[dubious-ownership]"), "{output}");
        assert!(output.stderr.contains("safe.directory"), "{output}");
        assert!(!repo.path().join(".axon").exists());
    } else {
        // Only root can give a folder away; that the owner is asked for at all is seen in
        // a run that is allowed.
        git.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "0");
        let _ = repo.finish(git).success();
    }
}

#[test]
fn without_a_git_identity_the_commit_waits_until_there_is_one() {
    let repo = small();
    let mut nameless = command(&repo, RENAME);
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
    {
        nameless.env_remove(name);
    }
    let output = repo.finish(nameless).exits(8);
    assert!(output.stderr.contains("[invalid-config]"), "{output}");
    assert!(output.stderr.contains("git config --global user.name"), "{output}");
    assert!(output.stderr.contains("axon resume"), "{output}");
    assert_eq!(axon(&repo, &["resume"]).success().stdout, "axon/m1\n");
    assert!(repo.git(["log", "-1", "--format=%an", "axon/m1"]).contains("Ada"));
}

#[test]
fn a_foreign_branch_with_the_name_of_a_mission_is_never_overwritten() {
    let repo = small();
    repo.git(["branch", "axon/m1"]);
    let before = repo.git(["rev-parse", "axon/m1"]);
    assert_eq!(axon(&repo, RENAME).success().stdout, "axon/m2\n");
    assert_eq!(repo.git(["rev-parse", "axon/m1"]), before);
}

#[test]
fn a_branch_that_leaves_no_room_for_ours_is_named_and_resume_goes_on_after_it_moved() {
    let repo = small();
    repo.git(["branch", "axon"]);
    let problem = refused(&repo, RENAME, Code::BranchExists);
    assert!(problem.hint.contains("git branch -m axon"), "{problem:?}");
    repo.git(["branch", "-m", "axon", "older"]);
    assert_eq!(axon(&repo, &["resume"]).success().stdout, "axon/m1\n");
}

#[test]
fn a_worktree_beside_the_repository_works() {
    let repo = small();
    repo.git(["worktree", "add", "--quiet", "-b", "second", "../second"]);
    let mut command = command(&repo, RENAME);
    command.current_dir(repo.path().join("../second"));
    assert_eq!(repo.finish(command).success().stdout, "axon/m1\n");
    let parent = repo.git(["rev-parse", "axon/m1^"]);
    assert_eq!(parent, repo.git(["rev-parse", "second"]));
}

#[test]
fn a_detached_head_works_and_is_said() {
    let repo = small();
    repo.git(["checkout", "--quiet", "--detach"]);
    let _ = axon(&repo, RENAME).success();
    assert!(axon(&repo, &["show", "m1"]).stdout.contains("(on a detached HEAD)"));
    assert!(axon(&repo, &["status"]).stdout.contains("(detached HEAD at "));
}

#[test]
fn a_folder_that_may_not_be_written_can_be_looked_at_but_gets_no_mission() {
    let repo = small();
    let binary = env!("CARGO_BIN_EXE_axon");
    // A mount of its own, read-only also for root.
    let script = format!(
        "mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && \
         {binary} run --rename total sum_up --dry-run >/dev/null && {binary} status && \
         {binary} doctor; {binary} run --rename total sum_up --no-check"
    );
    let mut command = repo.command("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let output = repo.finish(command);
    assert_eq!(output.code, 8, "{output}");
    assert!(output.stderr.contains("[read-only]"), "{output}");
    assert!(output.stdout.contains("none yet") && output.stdout.contains("read-only"), "{output}");
    assert!(!repo.path().join(".axon").exists());
}
