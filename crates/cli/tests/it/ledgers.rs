//! Ledgers and keys that are not as they should be. Whatever the ledger holds, nothing of it is
//! changed by a command that refuses it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use axon_domain::Code;
use axon_testkit::TestRepo;

use crate::support::{
    GATED, RENAME, Running, axon, command, gated, json, parse, refused, renamed, small,
};

const READ: &[&[&str]] = &[&["status"], &["missions"], &["log"], &["show", "m1"], &["verify"]];

fn ledger(repo: &TestRepo) -> PathBuf {
    repo.path().join(".axon/ledger.db")
}

/// Every command, reading and writing, refuses the ledger, and none changes it.
#[track_caller]
fn every_command_refuses(repo: &TestRepo, code: Code) {
    let before = fs::read(ledger(repo)).unwrap();
    for arguments in READ.iter().chain([&RENAME, &&["apply", "m1"][..]]) {
        let problem = refused(repo, arguments, code);
        assert!(problem.message.contains("ledger.db"), "{problem:?}");
        assert!(!problem.hint.is_empty(), "{problem:?}");
        let circular = arguments[0] == "verify" && problem.hint.contains("axon verify");
        assert!(!circular, "{problem:?}");
    }
    assert!(fs::read(ledger(repo)).unwrap() == before, "the file was changed");
    let _ = axon(repo, &["doctor"]).exits(1);
}

#[test]
fn a_ledger_cut_short_is_refused_and_kept() {
    let repo = renamed();
    let length = ledger(&repo).metadata().unwrap().len();
    File::options().write(true).open(ledger(&repo)).unwrap().set_len(length / 2).unwrap();
    every_command_refuses(&repo, Code::LedgerDamaged);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let repo = renamed();
    fs::write(ledger(&repo), "not a database, but somebody's notes\n".repeat(100)).unwrap();
    every_command_refuses(&repo, Code::LedgerDamaged);
}

#[test]
fn a_ledger_of_a_newer_format_is_refused_and_kept() {
    let repo = renamed();
    // The file's format is SQLite's user version: bytes 60 to 63 of the header, big-endian.
    let mut bytes = fs::read(ledger(&repo)).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(ledger(&repo), bytes).unwrap();
    every_command_refuses(&repo, Code::LedgerNewer);
    let problem = refused(&repo, &["status"], Code::LedgerNewer);
    assert!(problem.message.contains("format 99"), "{problem:?}");
}

#[test]
fn what_was_altered_in_the_ledger_is_named_by_verify() {
    let repo = renamed();
    let whole = fs::read(ledger(&repo)).unwrap();
    let places = whole.windows(6).enumerate().filter(|(_, window)| window == b"sum_up");
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    assert!(places.len() > 2, "the goal, a decision and the edits hold the new name as text");
    for at in places {
        let mut bytes = whole.clone();
        bytes[at..at + 6].copy_from_slice(b"hacked");
        fs::write(ledger(&repo), bytes).unwrap();
        let output = axon(&repo, &["verify"]).exits(6);
        assert!(output.stdout.starts_with("not intact: "), "byte {at}\n{output}");
        let named = ["  event ", "  object "].iter().any(|place| output.stdout.contains(place));
        assert!(named, "byte {at}\n{output}");
        let found = parse(&axon(&repo, &["verify", "--json"]).exits(6).stdout);
        assert!(found["problems"][0]["place"].is_string(), "{found}");
    }
}

#[test]
fn while_one_process_writes_others_read() {
    let repo = gated();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let status = axon(&repo, &["status"]).success();
    assert!(status.stdout.contains(&format!("process {} is writing", first.pid())), "{status}");
    assert!(status.stdout.contains("m1          running (checking): rename"), "{status}");
    assert!(!status.stdout.contains("resume"), "{status}");
    assert_eq!(json(&repo, &["missions"])["missions"][0]["state"], "running (checking)");
    for arguments in [&["log"][..], &["show", "m1"], &["verify"], &["backup", "../copy.db"]] {
        let output = axon(&repo, arguments).success();
        assert!(!output.stderr.contains("interrupted"), "{output}");
    }
    drop(gate);
    let output = first.end().success();
    assert_eq!(output.stdout, "axon/m1\n");
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

fn key(repo: &TestRepo) -> PathBuf {
    repo.home().join(".config/axon/signing.key")
}

fn set_mode(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_signing_key_is_made_for_its_owner_alone() {
    let repo = renamed();
    assert_eq!(key(&repo).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(key(&repo).metadata().unwrap().len(), 32);
}

#[test]
fn a_signing_key_that_others_may_read_signs_nothing() {
    let repo = renamed();
    set_mode(key(&repo), 0o644);
    let problem = refused(&repo, RENAME, Code::SigningKey);
    assert_eq!(problem.hint, format!("chmod 600 {}", key(&repo).display()));
    let _ = axon(&repo, &["doctor"]).exits(1);
    let _ = axon(&repo, &["log"]).success();
    set_mode(key(&repo), 0o600);
    set_mode(key(&repo).parent().unwrap().to_owned(), 0o777);
    let problem = refused(&repo, RENAME, Code::SigningKey);
    assert!(problem.hint.starts_with("chmod 700"), "{problem:?}");
}

#[test]
fn a_signing_key_that_cannot_be_read_is_refused() {
    let repo = renamed();
    // Root reads every file, but no folder as one.
    fs::remove_file(key(&repo)).unwrap();
    fs::create_dir(key(&repo)).unwrap();
    set_mode(key(&repo), 0o700);
    let problem = refused(&repo, RENAME, Code::SigningKey);
    assert!(problem.message.contains("cannot be read"), "{problem:?}");
}

#[test]
fn a_file_that_is_no_key_is_refused_and_kept() {
    let repo = renamed();
    fs::write(key(&repo), "short").unwrap();
    refused(&repo, RENAME, Code::SigningKey);
    assert_eq!(fs::read_to_string(key(&repo)).unwrap(), "short");
}

#[test]
fn another_key_than_the_one_of_the_ledger_signs_nothing() {
    let repo = renamed();
    fs::write(key(&repo), [7; 32]).unwrap();
    let problem = refused(&repo, RENAME, Code::SigningKey);
    assert!(problem.message.contains("another key"), "{problem:?}");
    let doctor = axon(&repo, &["doctor"]).exits(1);
    assert!(doctor.stdout.contains("is not the one of this ledger"), "{doctor}");
    let verify = axon(&repo, &["verify"]).exits(6);
    assert!(verify.stdout.contains("another key"), "{verify}");
}

#[test]
fn a_key_inside_the_ledger_that_it_protects_is_refused() {
    let repo = renamed();
    let mut command = command(&repo, RENAME);
    command.env("AXON_SIGNING_KEY", repo.path().join(".axon/signing.key"));
    let output = repo.finish(command).exits(6);
    assert!(output.stderr.contains("[signing-key]"), "{output}");
}

#[test]
fn a_ledger_that_is_gone_is_not_begun_anew_until_the_rest_of_it_is_moved_away() {
    let losses: &[&dyn Fn(&TestRepo)] = &[
        &|repo| fs::write(ledger(repo), "").unwrap(),
        &|repo| fs::remove_file(ledger(repo)).unwrap(),
        // Only the branch of the mission is left to say that there was one.
        &|repo| {
            fs::remove_file(ledger(repo)).unwrap();
            fs::remove_file(repo.path().join(".axon/owner.lock")).unwrap();
        },
    ];
    for lose in losses {
        let repo = renamed();
        lose(&repo);
        let again = &["run", "--rename", "total", "sum_of", "--no-check"][..];
        for arguments in READ.iter().chain([&again, &&["apply", "m1"][..]]) {
            let problem = refused(&repo, arguments, Code::LedgerDamaged);
            assert!(problem.message.contains("is gone"), "{problem:?}");
            assert!(problem.hint.contains(".axon-lost"), "{problem:?}");
        }
        let _ = axon(&repo, &["doctor"]).exits(1);
        assert!(!ledger(&repo).exists() || ledger(&repo).metadata().unwrap().len() == 0);
        fs::rename(repo.path().join(".axon"), repo.path().join(".axon-lost")).unwrap();
        assert_eq!(axon(&repo, again).success().stdout, "axon/m2\n");
    }
}

#[test]
fn the_log_of_a_ledger_whose_file_is_empty_is_not_thrown_away() {
    let repo = small();
    fs::create_dir(repo.path().join(".axon")).unwrap();
    fs::write(ledger(&repo), "").unwrap();
    let log = repo.path().join(".axon/ledger.db-wal");
    fs::write(&log, "what was not moved into the file yet").unwrap();
    for arguments in [RENAME, &["missions"]] {
        refused(&repo, arguments, Code::LedgerDamaged);
    }
    assert_eq!(log.metadata().unwrap().len(), 36);
}

#[test]
fn a_folder_in_which_no_ledger_was_begun_is_no_sign_of_one() {
    let repo = small();
    fs::create_dir(repo.path().join(".axon")).unwrap();
    fs::write(ledger(&repo), "").unwrap();
    fs::write(repo.path().join(".axon/owner.lock"), "4194304\n").unwrap();
    let _ = axon(&repo, RENAME).success();
}

#[test]
fn without_its_key_a_ledger_is_read_and_not_written() {
    let repo = renamed();
    let there = key(&repo);
    let kept = repo.home().join("kept.key");
    fs::rename(&there, &kept).unwrap();
    let before = fs::read(ledger(&repo)).unwrap();
    let again = ["run", "--rename", "sum_up", "total", "--no-check"];
    for arguments in [&again[..], &["apply", "m1"], &["discard", "m1"]] {
        let problem = refused(&repo, arguments, Code::SigningKey);
        assert!(problem.message.contains(&there.display().to_string()), "{problem:?}");
        assert!(problem.hint.contains("bring the file back"), "{problem:?}");
    }
    assert!(!there.exists(), "no other key was made");
    assert!(fs::read(ledger(&repo)).unwrap() == before, "the ledger was changed");
    for arguments in READ {
        let _ = axon(&repo, arguments).success();
    }
    let found = axon(&repo, &["doctor"]).exits(1);
    assert!(found.stdout.contains("is missing"), "{found}");
    fs::rename(&kept, &there).unwrap();
    let _ = axon(&repo, &["apply", "m1"]).success();
}
