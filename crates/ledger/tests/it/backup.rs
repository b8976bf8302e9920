//! Backups while the owner writes.

use std::sync::atomic::{AtomicBool, Ordering};

use axon_domain::{Code, ObjectStore as _};
use axon_ledger::{Reader, backup, verify, verify_file};

use crate::support::{notes, open, read_all};

#[test]
fn a_backup_of_a_ledger_in_use_is_whole_and_can_be_gone_back_to() {
    let folder = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let object = ledger.put(&b"object ".repeat(100_000)).unwrap();
    ledger.append(notes(10)).unwrap();
    ledger.checkpoint().unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                ledger.append(notes(100)).unwrap();
                ledger.sync().unwrap();
            }
        });
        for number in 0..5 {
            let file = out.path().join(format!("{number}.axon"));
            let report = backup(folder.path(), &file).unwrap();
            assert!(report.is_intact() && report.events >= 10);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 5, "nothing else is left");
    ledger.close().unwrap();
    let whole = read_all(folder.path());
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(out.path().join("4.axon"), restored.path().join("ledger.db")).unwrap();
    let back = read_all(restored.path());
    assert!(!back.is_empty() && whole[..back.len()] == back);
    let reader = Reader::open_file(&out.path().join("4.axon")).unwrap();
    assert_eq!(reader.object(object).unwrap(), b"object ".repeat(100_000));
    open(restored.path()).append(notes(1)).unwrap();
    assert!(verify(restored.path(), None, &[]).unwrap().is_intact());
}

#[test]
fn a_backup_never_overwrites_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    open(folder.path()).append(notes(1)).unwrap();
    let file = out.path().join("precious");
    std::fs::write(&file, "precious").unwrap();
    assert_eq!(backup(folder.path(), &file).unwrap_err().code(), Code::Usage);
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert_eq!(verify_file(&file, None, &[]).unwrap_err().code(), Code::LedgerDamaged);
    let missing = out.path().join("no/such/folder/file");
    assert!(backup(folder.path(), &missing).is_err());
}

#[test]
fn a_damaged_ledger_gives_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(20)).unwrap();
    ledger.close().unwrap();
    let path = folder.path().join("ledger.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.windows(6).position(|window| window == b"note 7").unwrap();
    bytes[place] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = backup(folder.path(), &out.path().join("a")).unwrap_err();
    assert_eq!(error.code(), Code::LedgerDamaged);
    assert!(error.what().contains("event 8"), "{error}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}
