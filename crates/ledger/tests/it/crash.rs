//! Killed at any moment, nothing that was acknowledged is lost.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use axon_domain::ObjectStore as _;
use axon_ledger::{Reader, verify};

use crate::support::{note, open, read_all};

const FOLDER: &str = "AXON_TEST_CRASH_FOLDER";

/// Not a test of its own: the process that is killed. It appends for ever and says what is
/// durable.
#[test]
fn the_child_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let ledger = open(Path::new(&folder));
    let mut output = std::io::stdout();
    for round in 0_u64.. {
        let object =
            ledger.put(format!("object {round} {}", "x".repeat(3_000)).as_bytes()).unwrap();
        let batch = (0..round % 40).map(|_| note(&object.to_string())).collect();
        ledger.append(batch).unwrap();
        let last = ledger.last().unwrap();
        if round % 5 == 0 && last.0 > 0 {
            ledger.put_snapshot("state", 1, last, last.to_string().as_bytes()).unwrap();
        }
        if round % 3 == 0 {
            let durable = ledger.sync().unwrap();
            writeln!(output, "durable {durable}").unwrap();
        }
        if round % 17 == 0 {
            ledger.checkpoint().unwrap();
        }
    }
}

/// Kills the child after so many acknowledgements; gives the last one.
fn kill_after(folder: &Path, lines: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_child_that_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let acknowledged = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("durable ")?.parse::<u64>().ok());
    let mut last = 0;
    for (seen, durable) in (1..).zip(acknowledged) {
        last = durable;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    last
}

#[test]
fn no_acknowledged_event_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 20_261_120_u64;
    for round in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let acknowledged = kill_after(folder.path(), 1 + (state >> 33) % 40);
        // As a command that only reads finds it, before anybody has cleaned up.
        let events = read_all(folder.path());
        assert!(events.len() as u64 >= acknowledged, "round {round}");
        let report = verify(folder.path(), None, &[]).unwrap();
        assert!(report.is_intact(), "round {round}: {:?}", report.problems);
        let reader = Reader::open(folder.path()).unwrap();
        if let Some(kept) = reader.snapshot("state", 1) {
            assert!(kept.seq.0 <= events.len() as u64, "round {round}: it is ahead of the events");
            assert_eq!(kept.data, kept.seq.to_string().as_bytes());
        }
        for event in events.iter().rev().take(50) {
            let Some(axon_domain::Payload::Task(change)) = &event.payload else { continue };
            let id = axon_domain::ObjectId::from_hex(&change.note).unwrap();
            reader.object(id).unwrap();
        }
        drop(open(folder.path()));
    }
}
