//! Appending to the ledger, beside SQLite without anything on top.

use std::sync::Arc;

use axon_domain::{
    Action, AgentId, ContentId, Draft, GitId, MissionId, ObjectId, Payload, Role, SessionId,
    StateChange, TargetType, TaskChange, TaskId, TaskStatus,
};
use axon_ledger::codec::{SALT_BYTES, encode_payload};
use axon_ledger::keys::SigningKey;
use axon_ledger::{Ledger, Options as LedgerOptions};
use rusqlite::Connection;

use crate::Options;
use crate::git::wall_clock;
use crate::stats::{Spread, by_turns, quantile, timed};
use crate::table::{Row, thousands};

/// Events in a group.
const GROUP: usize = 1_000;
/// The usual size of a record: two hashes, time, kind, mission, task, role, agent.
const RECORD_BYTES: usize = 92;

/// What a ledger needs, with a key that is made up.
pub(crate) fn ledger_options() -> LedgerOptions {
    LedgerOptions { signer: SigningKey::from_seed(&[7; 32]), wall_clock: Arc::new(wall_clock) }
}

/// A small event: a task that is done.
pub(crate) fn small(number: usize) -> Draft {
    let change = TaskChange { status: TaskStatus::Done, note: format!("note {number}") };
    Draft::new(Role::Coder, Payload::Task(change)).of(MissionId(1)).task(TaskId(2))
}

/// The event that missions have most of: a file changed.
pub(crate) fn change(number: usize) -> Draft {
    let payload = StateChange {
        target: TargetType::FileSystem,
        resource: format!("src/module_{}/file_{}.py", number % 37, number % 1009),
        action: Action::Update,
        session: SessionId(3),
        previous: GitId::from_bytes(&[7; 20]).map(ContentId::Git),
        new: Some(ContentId::Object(ObjectId([9; 32]))),
        executable: false,
    };
    let draft = Draft::new(Role::Coder, Payload::StateChange(payload)).of(MissionId(1));
    match AgentId::new(5) {
        Some(agent) => draft.task(TaskId(2)).by(agent),
        None => draft,
    }
}

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, make) in [("small", small as fn(usize) -> Draft), ("file changes", change)] {
        rows.extend(groups(options, name, make));
    }
    rows.push(single(options));
    rows
}

fn groups(options: &Options, name: &str, make: fn(usize) -> Draft) -> Vec<Row> {
    let events = options.size(500_000, 50_000);
    let what = |how: &str| {
        format!(
            "{} events appended ({name}), {} a group, {how}",
            thousands(events),
            thousands(GROUP)
        )
    };
    let rate = |spread: Spread| format!("{:.0} k/s", events as f64 / spread.median / 1e3);
    let peer = || bare_groups(options, events, SALT_BYTES + encode_payload(&make(1).payload).len());
    let measure = |wait| {
        by_turns(options.rounds(5), |_| ledger_groups(options, events, make, wait), |_| peer())
    };
    let (pipelined, bare) = measure(false);
    let (waiting, bare_again) = measure(true);
    vec![
        Row::new(what("pipelined, one fsync at the end of what has gathered"), rate(pipelined))
            .goal("300 k/s")
            .peer(format!("{} bare SQLite, same bytes, a FULL commit a group", rate(bare)))
            .durability("all of it on the disk (WAL, FULL) when the clock stops"),
        Row::new(what("waiting for each"), rate(waiting))
            .goal("300 k/s")
            .peer(format!("{} bare SQLite", rate(bare_again)))
            .durability("fsync for each group, waited for"),
    ]
}

fn ledger_groups(options: &Options, events: usize, make: fn(usize) -> Draft, wait: bool) -> f64 {
    let folder = options.temporary();
    let ledger = Ledger::open(folder.path(), ledger_options()).expect("a new ledger");
    let groups: Vec<Vec<Draft>> = (0..events / GROUP)
        .map(|group| (0..GROUP).map(|place| make(group * GROUP + place)).collect())
        .collect();
    let (seconds, ()) = timed(|| {
        for group in groups {
            ledger.append(group).expect("the disk has room");
            if wait {
                ledger.sync().expect("the disk works");
            }
        }
        ledger.sync().expect("the disk works");
    });
    seconds
}

/// A table like the ledger's, and nothing else: no hashes, no encoding, no tree.
fn bare(options: &Options) -> (tempfile::TempDir, Connection) {
    let folder = options.temporary();
    let db = Connection::open(folder.path().join("bare.db")).expect("a new database");
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).expect("WAL");
    db.pragma_update(None, "synchronous", "FULL").expect("FULL");
    db.pragma_update_and_check(None, "wal_autocheckpoint", 4096, |_| Ok(())).expect("checkpoints");
    db.execute_batch("CREATE TABLE e (seq INTEGER PRIMARY KEY, record BLOB, payload BLOB)")
        .expect("a table");
    (folder, db)
}

fn insert(db: &Connection, seq: usize, record: &[u8], payload: &[u8]) {
    db.prepare_cached("INSERT INTO e VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute((seq as i64, record, payload)))
        .expect("an insert");
}

fn bare_groups(options: &Options, events: usize, payload: usize) -> f64 {
    let (_folder, mut db) = bare(options);
    let (record, payload) = (vec![1; RECORD_BYTES], vec![2; payload]);
    let (seconds, ()) = timed(|| {
        for group in 0..events / GROUP {
            let step = db.transaction().expect("a transaction");
            for place in 0..GROUP {
                insert(&step, group * GROUP + place, &record, &payload);
            }
            step.commit().expect("a commit");
        }
    });
    seconds
}

/// One event at a time, each on the disk before the next, by turns with the same commit of bare
/// SQLite: event by event, so that a busy disk is busy for both.
fn single(options: &Options) -> Row {
    let rounds = options.size(4_000, 400);
    let folder = options.temporary();
    let ledger = Ledger::open(folder.path(), ledger_options()).expect("a new ledger");
    let (_other, db) = bare(options);
    let (record, payload) = (vec![1; RECORD_BYTES], vec![2; SALT_BYTES + 12]);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..rounds {
        let draft = vec![small(number)];
        ours.push(
            timed(|| {
                ledger.append(draft).expect("the disk has room");
                ledger.sync().expect("the disk works")
            })
            .0,
        );
        theirs.push(timed(|| insert(&db, number, &record, &payload)).0);
    }
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    let micros = |times: &[f64]| {
        format!(
            "p50 {:.0} µs, p99 {:.0} µs",
            quantile(times, 0.5) * 1e6,
            quantile(times, 0.99) * 1e6
        )
    };
    let apart = (quantile(&ours, 0.5) - quantile(&theirs, 0.5)) * 1e6;
    Row::new(
        format!("one durable append, {} by turns with a bare commit", thousands(rounds)),
        format!("{}: {apart:.0} µs above the peer at p50", micros(&ours)),
    )
    .goal("p50 within 60 µs of the peer")
    .peer(format!("{} bare SQLite, same bytes", micros(&theirs)))
    .durability("fsync for each event (WAL, FULL)")
}
