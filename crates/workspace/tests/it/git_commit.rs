//! Writing commits.

use std::os::unix::fs::PermissionsExt;

use axon_domain::Code;
use axon_workspace::{CommitRequest, FileChange, FileMode, Repository};

use crate::support::Sandbox;

#[test]
fn a_commit_changes_only_what_was_asked_and_leaves_the_working_tree_alone() {
    let sandbox = Sandbox::with(&[("src/a.rs", "a"), ("src/b.rs", "b"), ("docs/x.md", "x")]);
    let repository = sandbox.open();
    let head = repository.head().unwrap();
    let request = CommitRequest {
        parent: head.commit,
        changes: &[
            ("src/a.rs", Some((FileMode::Regular, b"new".as_slice()))),
            ("src/b.rs", None),
            ("run/me.sh", Some((FileMode::Executable, b"#!/bin/sh\n".as_slice()))),
        ],
        message: "rename: α → β\n\nAxon-Mission: m1\n",
        branch: "axon/m1",
        time_seconds: 1_700_000_001,
    };
    let commit = repository.commit(&request).unwrap();
    assert_eq!(commit.to_string(), sandbox.git(["rev-parse", "axon/m1"]));
    assert_eq!(
        sandbox.git(["diff", "--raw", "--no-abbrev", "--name-status", "main", "axon/m1"]),
        "A\trun/me.sh\nM\tsrc/a.rs\nD\tsrc/b.rs"
    );
    assert!(sandbox.git(["ls-tree", "axon/m1", "run/me.sh"]).starts_with("100755"));
    assert_eq!(
        sandbox.git(["log", "-1", "--format=%an <%ae> %at %cn %ct%n%B", "axon/m1"]),
        "Ada Example <ada@example.org> 1700000001 Ada Example 1700000001\n\
         rename: α → β\n\nAxon-Mission: m1"
    );
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");
    sandbox.git(["fsck", "--strict"]);
    assert_eq!(repository.commit(&request).unwrap(), commit, "repeating it changes nothing");
    let other = CommitRequest { message: "something else", ..request };
    assert_eq!(repository.commit(&other).unwrap_err().code(), Code::BranchExists);
}

fn request<'a>(repository: &Repository, changes: &'a [FileChange<'a>]) -> CommitRequest<'a> {
    CommitRequest {
        parent: repository.head().unwrap().commit,
        changes,
        message: "work\n",
        branch: "axon/m1",
        time_seconds: 1_700_000_001,
    }
}

#[test]
fn a_file_may_take_the_place_of_a_folder_only_when_the_folder_is_emptied() {
    let sandbox = Sandbox::with(&[("a/x", "x"), ("a/y", "y"), ("f", "f")]);
    let repository = sandbox.open();
    let file = Some((FileMode::Regular, b"new".as_slice()));
    for changes in [&[("a", file)][..], &[("a/x", None), ("a", file)], &[("f/inside", file)]] {
        let refused = repository.commit(&request(&repository, changes)).unwrap_err();
        assert_eq!(refused.code(), Code::Git, "{refused:?}");
    }
    let emptied = [("a", file), ("a/x", None), ("a/y", None), ("f", None), ("f/inside", file)];
    repository.commit(&request(&repository, &emptied)).unwrap();
    assert_eq!(sandbox.git(["ls-tree", "-r", "--name-only", "axon/m1"]), "a\nf/inside");
}

#[test]
fn paths_that_lead_elsewhere_are_not_committed() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let repository = sandbox.open();
    for path in ["../x", ".git/hooks/pre-commit", "/etc/x", ".axon/x", "a\\..\\..\\x"] {
        let changes = [(path, Some((FileMode::Regular, b"x".as_slice())))];
        let refused = repository.commit(&request(&repository, &changes)).unwrap_err();
        assert_eq!(refused.code(), Code::NotGranted, "{path}");
    }
}

#[test]
fn without_an_identity_git_configuration_is_asked_for() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    sandbox.git(["config", "--unset", "user.email"]);
    let repository = sandbox.open();
    let refused = repository.commit(&request(&repository, &[])).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidConfig);
    assert!(refused.hint_text().unwrap().contains("git config"));
    assert_eq!(repository.branches("axon/").unwrap(), []);
}

#[test]
fn a_branch_in_the_way_is_named() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    sandbox.git(["branch", "axon"]);
    let repository = sandbox.open();
    let refused = repository.commit(&request(&repository, &[("a", None)])).unwrap_err();
    assert_eq!(refused.code(), Code::BranchExists, "{refused:?}");
}

#[test]
fn commits_are_signed_as_the_user_configured_and_repeating_finds_them() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    // A signing program that, like gpg, never signs the same way twice.
    let program = sandbox.beside("sign");
    std::fs::write(
        &program,
        "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n\
         printf -- '-----BEGIN PGP SIGNATURE-----\\n\\n%s\\n-----END PGP SIGNATURE-----\\n' $$\n",
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.git(["config", "commit.gpgSign", "true"]);
    sandbox.git(["config", "gpg.program", program.to_str().unwrap()]);
    let repository = sandbox.open();
    let changes = [("a", Some((FileMode::Regular, b"b".as_slice())))];
    let wanted =
        CommitRequest { message: "no line end, and ünïcode", ..request(&repository, &changes) };
    let commit = repository.commit(&wanted).unwrap();
    let raw = sandbox.git(["cat-file", "commit", "axon/m1"]);
    assert!(raw.contains("gpgsig -----BEGIN PGP SIGNATURE-----"), "{raw}");
    assert!(raw.contains("author Ada Example <ada@example.org> 1700000001 +0000"), "{raw}");
    assert!(raw.ends_with("\n\nno line end, and ünïcode"), "{raw}");
    assert_eq!(repository.commit(&wanted).unwrap(), commit);
    sandbox.git(["config", "gpg.program", "/nonexistent/program"]);
    let other = CommitRequest { branch: "axon/m2", ..wanted };
    let failed = sandbox.open().commit(&other).unwrap_err();
    assert_eq!(failed.code(), Code::Git);
    assert_eq!(repository.branches("axon/").unwrap(), [("axon/m1".to_owned(), commit)]);
}

#[test]
fn links_and_modes_are_kept() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let repository = sandbox.open();
    let changes = [
        ("link", Some((FileMode::Link, b"../target".as_slice()))),
        ("sub/run", Some((FileMode::Executable, b"x".as_slice()))),
    ];
    repository.commit(&request(&repository, &changes)).unwrap();
    let listed = sandbox.git(["ls-tree", "-r", "axon/m1"]);
    assert!(listed.contains("120000 blob") && listed.contains("100755 blob"), "{listed}");
}

#[test]
fn a_pinned_commit_survives_garbage_collection() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let lost = sandbox.commit_all("lost");
    let repository = sandbox.open();
    let commit = repository.resolve(&lost).unwrap();
    repository.pin("m1", commit).unwrap();
    repository.pin("m1", commit).unwrap();
    sandbox.git(["reset", "-q", "--hard", "HEAD~1"]);
    sandbox.git(["reflog", "expire", "--expire=now", "--all"]);
    sandbox.git(["gc", "-q", "--prune=now"]);
    assert_eq!(repository.resolve("refs/axon/base/m1").unwrap(), commit);
    assert_eq!(sandbox.open().commit_info(commit).unwrap().message, "lost\n");
    assert!(!repository.unpin("m1").unwrap(), "nothing else keeps it");
    assert_eq!(repository.resolve("refs/axon/base/m1").unwrap(), commit);
    sandbox.git(["branch", "found", &lost]);
    assert!(repository.unpin("m1").unwrap());
    assert!(repository.unpin("m1").unwrap());
    assert_eq!(repository.resolve("refs/axon/base/m1").unwrap_err().code(), Code::NotFound);
}

#[test]
fn branches_are_listed_and_deleted_with_care() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    for branch in ["axon/m1", "axon/m2", "other"] {
        sandbox.git(["branch", branch]);
    }
    let repository = sandbox.open();
    let head = repository.head().unwrap().commit;
    let names = |prefix| -> Vec<String> {
        repository.branches(prefix).unwrap().into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("axon/"), ["axon/m1", "axon/m2"]);
    assert_eq!(names(""), ["axon/m1", "axon/m2", "main", "other"]);
    repository.delete_branch("axon/m1", head).unwrap();
    repository.delete_branch("axon/m1", head).unwrap();
    assert_eq!(names("axon/"), ["axon/m2"]);
    let worktree = sandbox.beside("tree");
    sandbox.git(["worktree", "add", "-q", worktree.to_str().unwrap(), "axon/m2"]);
    for branch in ["main", "axon/m2"] {
        let refused = repository.delete_branch(branch, head).unwrap_err();
        assert_eq!(refused.code(), Code::WrongState, "{branch}");
    }
    sandbox.commit_all("more");
    sandbox.git(["branch", "-f", "other", "HEAD"]);
    assert_eq!(repository.delete_branch("other", head).unwrap_err().code(), Code::BranchExists);
}

#[test]
fn our_folder_is_excluded_and_only_once() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let exclude = sandbox.root().join(".git/info/exclude");
    std::fs::write(&exclude, "*.tmp\r\n").unwrap();
    let repository = sandbox.open();
    repository.exclude_own_folder().unwrap();
    repository.exclude_own_folder().unwrap();
    assert_eq!(std::fs::read_to_string(&exclude).unwrap(), "*.tmp\r\n/.axon/\r\n");
    sandbox.write(".axon/ledger.db", "x");
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");
}

#[test]
fn where_nothing_may_be_written_it_is_said() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let repository = sandbox.open();
    let objects = sandbox.root().join(".git/objects");
    let mode = |mode| {
        std::fs::set_permissions(&objects, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    // The superuser may write all the same; then there is nothing to test.
    let may_write = std::fs::create_dir(objects.join("probe")).is_ok();
    let changes = [("a", Some((FileMode::Regular, b"new content".as_slice())))];
    let outcome = repository.commit(&request(&repository, &changes));
    mode(0o755);
    if !may_write {
        assert_eq!(outcome.unwrap_err().code(), Code::ReadOnly);
        assert_eq!(repository.branches("axon/").unwrap(), []);
    }
}

#[test]
fn locks_that_a_killed_run_left_are_taken_away_and_those_of_others_are_not() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let repository = sandbox.open();
    let branches = sandbox.root().join(".git/refs/heads/axon");
    std::fs::create_dir_all(&branches).unwrap();
    std::fs::write(branches.join("m1.lock"), "").unwrap();
    let changes = [("a", None)];
    let commit = repository.commit(&request(&repository, &changes)).unwrap();
    let again = CommitRequest { branch: "axon/m2", ..request(&repository, &changes) };
    std::fs::write(branches.join("m2.lock"), format!("{commit}\n")).unwrap();
    assert_eq!(repository.commit(&again).unwrap(), commit);
    let foreign = CommitRequest { branch: "axon/m3", ..again };
    std::fs::write(branches.join("m3.lock"), "0123456789012345678901234567890123456789\n").unwrap();
    assert_eq!(repository.commit(&foreign).unwrap_err().code(), Code::Git);
    assert!(branches.join("m3.lock").exists());
}
