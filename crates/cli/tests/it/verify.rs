//! `axon verify`; damaged ledgers are in `ledgers`.

use insta::assert_snapshot;

use crate::support::{RENAME, axon, fields, json, renamed, shown};

#[test]
fn a_whole_ledger_is_intact_and_it_is_said_against_whom_that_protects() {
    let repo = renamed();
    let mut output = axon(&repo, &["verify"]).success();
    let key = output.stdout.lines().find(|line| line.starts_with("  key ")).unwrap().to_owned();
    output.stdout = output.stdout.replace(&key, "  key          [KEY]");
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    intact: 59 events, 8 objects
      ledger       axon-ledger/[HASH]
      key          [KEY]
      checkpoints  3 signatures, and 1 in commits
      signed up to event 59

    This protects against everybody who does not have the signing key,
      [TMP]/home/.config/axon/signing.key
    Against its holder protects only what others keep: a pushed mission branch, or
    a copy of a checkpoint. See docs/audit.md.
    "#);
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let repo = renamed();
    let found = json(&repo, &["verify"]);
    let expected = [
        "after_last_checkpoint",
        "checkpoints",
        "covered_to",
        "erased",
        "events",
        "key",
        "key_file",
        "objects",
        "origin",
        "own_key",
        "problems",
        "witnesses",
    ];
    assert_eq!(fields(&found), expected);
    let events = axon(&repo, &["log"]).success().stdout.lines().count();
    assert_eq!((&found["events"], &found["covered_to"]), (&events.into(), &events.into()));
    assert_eq!((&found["witnesses"], &found["own_key"]), (&1.into(), &true.into()));
}

#[test]
fn a_branch_is_a_witness_against_a_ledger_that_was_put_back() {
    let repo = renamed();
    let _ = axon(&repo, &["backup", "../older.db"]).success();
    let _ = axon(&repo, RENAME).success();
    for name in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(repo.path().join(".axon").join(name));
    }
    let older = crate::support::beside(&repo, "older.db");
    std::fs::copy(older, repo.path().join(".axon/ledger.db")).unwrap();
    let output = axon(&repo, &["verify"]).exits(6);
    assert!(output.stdout.starts_with("not intact"), "{output}");
    assert!(output.stdout.contains("checkpoint"), "{output}");
}
