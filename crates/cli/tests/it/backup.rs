//! `axon backup`.

use std::fs;

use axon_domain::Code;
use insta::assert_snapshot;

use crate::support::{RENAME, axon, beside, json, refused, renamed, shown, small};

#[test]
fn a_backup_put_back_is_the_ledger_as_it_was() {
    let repo = renamed();
    let before = axon(&repo, &["log", "--json"]).success().stdout;
    let output = axon(&repo, &["backup", "../copy.db"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stderr
    59 events in ../copy.db, verified
    "#);
    let _ = axon(&repo, &["discard", "m1"]).success();

    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(repo.path().join(".axon").join(name));
    }
    fs::copy(beside(&repo, "copy.db"), repo.path().join(".axon/ledger.db")).unwrap();
    assert_eq!(axon(&repo, &["log", "--json"]).success().stdout, before);
    assert_eq!(axon(&repo, &["verify"]).success().code, 0);
    assert_eq!(json(&repo, &["show", "m1"])["discarded"], false);
    assert_eq!(axon(&repo, RENAME).success().stdout, "axon/m2\n");
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let repo = renamed();
    fs::write(beside(&repo, "copy.db"), "mine").unwrap();
    refused(&repo, &["backup", "../copy.db"], Code::Usage);
    assert_eq!(fs::read_to_string(beside(&repo, "copy.db")).unwrap(), "mine");
    let problem = refused(&repo, &["backup", "../no/such/folder/copy.db"], Code::Io);
    assert!(problem.message.contains("no/such/folder"), "{problem:?}");
}

#[test]
fn as_json_the_number_of_events_is_that_of_the_log() {
    let repo = renamed();
    let events = axon(&repo, &["log"]).success().stdout.lines().count();
    let made = json(&repo, &["backup", "../copy.db"]);
    assert_eq!((&made["events"], &made["file"]), (&events.into(), &"../copy.db".into()));
}

#[test]
fn without_a_ledger_there_is_nothing_to_copy() {
    let repo = small();
    refused(&repo, &["backup", "../copy.db"], Code::NotFound);
    assert!(!beside(&repo, "copy.db").exists());
}
