//! Writing commits.

use axon_domain::Code;
use axon_workspace::{CommitRequest, FileMode};

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
