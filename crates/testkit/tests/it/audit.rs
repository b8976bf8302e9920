//! `scripts/audit.py` comes to the same result as Axon, without sharing code with it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::sources::root;

const LEDGER: &str = "crates/ledger/tests/it/fixtures/ledger-format-1.db";
/// What somebody could do to a ledger, as SQL, and what the script has to say.
const TAMPERED: &[(&str, &str)] = &[
    ("DELETE FROM events WHERE seq = 7", "event 8: expected 7"),
    ("DELETE FROM events WHERE seq > 20", "covers 43 events, and they are not all there"),
    (
        "UPDATE events SET record = CAST(record || x'f80101' AS BLOB) WHERE seq = 43",
        "checkpoint at 43: the first 43 events are not the ones that were signed",
    ),
    (
        "UPDATE events SET record = CAST(record || x'f80101' AS BLOB) WHERE seq = 7",
        "event 8: it does not follow",
    ),
    (
        "UPDATE checkpoints SET note = replace(note, char(10) || '43' || char(10), \
         char(10) || '42' || char(10))",
        "it is not signed by this key",
    ),
    ("UPDATE meta SET value = zeroblob(16) WHERE name = 'id'", "event 1: it does not follow"),
];

fn python(arguments: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .expect("python3 is there: ./dev test asks for it");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text.into_owned())
}

fn audit(ledger: &Path) -> (i32, String) {
    python(&["scripts/audit.py", ledger.to_str().unwrap()])
}

#[test]
fn a_ledger_of_format_1_agrees_and_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("ledger.db");
    fs::copy(root().join(LEDGER), &copy).unwrap();
    let (code, text) = audit(&copy);
    assert!(code == 0 && text.contains("signed up to event 43\nall agrees"), "{code}: {text}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::read(&copy).unwrap(), fs::read(root().join(LEDGER)).unwrap());
}

#[test]
fn a_ledger_that_was_tampered_with_is_found_out() {
    const CHANGE: &str = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
                          db.execute(sys.argv[2]); db.commit()";
    for (sql, expected) in TAMPERED {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("ledger.db");
        fs::copy(root().join(LEDGER), &copy).unwrap();
        let changed = python(&["-c", CHANGE, copy.to_str().unwrap(), sql]);
        assert_eq!(changed, (0, String::new()));
        let (code, text) = audit(&copy);
        assert!(code == 1 && text.contains(expected), "{sql}\n{code}: {text}");
    }
}
