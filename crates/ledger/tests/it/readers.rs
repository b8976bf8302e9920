//! Readers beside a writer: however slow they are, they keep nothing from being tidied up.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use axon_domain::Seq;
use axon_ledger::Reader;

use crate::support::{note, open};

/// What may be in the write-ahead log: what goes to the database at once, and what came while a
/// reader looked.
const MOST_WAL: u64 = 64 << 20;

fn wal(folder: &Path) -> u64 {
    fs::metadata(folder.join("ledger.db-wal")).map_or(0, |file| file.len())
}

#[test]
fn the_write_ahead_log_stays_bounded_while_readers_follow_and_stand_still() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let large = "a long text, ".repeat(2_500);
    ledger.append(vec![note(&large); 50]).unwrap();
    ledger.sync().unwrap();
    let done = AtomicBool::new(false);
    let follow = || {
        let reader = Reader::open(folder.path()).unwrap();
        let mut seen = 0;
        loop {
            let over = done.load(Ordering::SeqCst);
            let last = reader.last().unwrap().0;
            seen +=
                reader.events(Seq(seen + 1)..=Seq(last), None).map(Result::unwrap).count() as u64;
            assert_eq!(seen, last);
            if over {
                return seen;
            }
        }
    };
    let slow = Reader::open(folder.path()).unwrap();
    let mut standing = slow.events(.., None);
    standing.next().unwrap().unwrap();
    let (most, read) = thread::scope(|scope| {
        let follower = scope.spawn(follow);
        let mut most = 0;
        for _ in 0..130 {
            ledger.append(vec![note(&large); 50]).unwrap();
            ledger.sync().unwrap();
            most = most.max(wal(folder.path()));
        }
        done.store(true, Ordering::SeqCst);
        (most, follower.join().unwrap())
    });
    assert_eq!(read, 131 * 50);
    let written = fs::metadata(folder.path().join("ledger.db")).unwrap().len();
    assert!(written > 2 * MOST_WAL, "{written} bytes are too few to show anything");
    assert!(most <= MOST_WAL, "{most} bytes in the write-ahead log");
    // Who stood still in the middle of a page reads on from there.
    assert_eq!(standing.map(Result::unwrap).last().unwrap().seq, Seq(read));
}
