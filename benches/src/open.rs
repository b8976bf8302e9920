//! Opening a ledger: from the kept state and the events after it, beside reading every event.

use std::fs;

use axon_domain::{
    Action, AgentId, CommitRecord, CommitStep, ContentId, Draft, GitId, MergeRecord, MissionEnd,
    MissionId, ObjectId, Outcome, Payload, PlanAcceptance, PlanProposal, Reflex, ReflexVerdict,
    Role, Seq, SessionChange, SessionId, SessionStep, StateChange, TargetType, TaskChange, TaskId,
    TaskSpec, TaskStatus,
};
use axon_engine::{STATE_VERSION, State, apply};
use axon_ledger::{Ledger, Options as LedgerOptions, Reader, keys};
use axon_testkit::TestRepo;

use crate::engine::spec;
use crate::stats::{by_turns, timed};
use crate::table::{Row, millis, thousands};
use crate::{Options, git};

/// Tasks of a mission, and events of a task.
const TASKS: usize = 2_000;
const OF_A_TASK: usize = 5;

/// The name of the state among the snapshots of a ledger.
const NAME: &str = "state";

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let events = options.size(1_000_000, 50_000);
    let (with, without) = (repository(), repository());
    for repo in [&with, &without] {
        write(repo, events);
    }
    let state = replayed(&without);
    let data = serde_json::to_vec(&state).expect("a state can be written");
    let before = file_bytes(&with);
    let (keeping, ()) = timed(|| keep(&with, state.last, &data));
    let kept = file_bytes(&with) - before;
    let open = |repo: &TestRepo| {
        let axon = git::axon(repo);
        timed(|| axon.missions().expect("a ledger").len()).0
    };
    let (ours, theirs) = by_turns(options.rounds(11), |_| open(&with), |_| open(&without));
    let events = thousands(usize::try_from(state.last.0).unwrap_or(0));
    let tasks: usize = state.missions.values().map(|mission| mission.tasks.len()).sum();
    vec![
        Row::new(
            format!(
                "state of {events} events, {} missions with {} tasks",
                state.missions.len(),
                thousands(tasks)
            ),
            format!("{} out of the kept state", millis(&ours)),
        )
        .peer(format!("{} out of every event", millis(&theirs))),
        Row::new(
            "the same state kept",
            format!(
                "{:.1} MB as JSON, {:.1} MB in the ledger; kept in {:.0} ms",
                data.len() as f64 / 1e6,
                kept as f64 / 1e6,
                keeping * 1e3
            ),
        )
        .durability("fsync"),
    ]
}

fn repository() -> TestRepo {
    TestRepo::with([("a.py", "x = 1\n")])
}

fn ledger(repo: &TestRepo) -> Ledger {
    let signer = keys::load_or_create(&git::key_file(repo)).expect("a key");
    let options = LedgerOptions { signer, wall_clock: std::sync::Arc::new(git::wall_clock) };
    Ledger::open(&repo.path().join(".axon"), options).expect("a ledger")
}

fn keep(repo: &TestRepo, last: Seq, data: &[u8]) {
    let ledger = ledger(repo);
    ledger.put_snapshot(NAME, STATE_VERSION, last, data).expect("room");
    ledger.close().expect("everything is written");
}

fn file_bytes(repo: &TestRepo) -> u64 {
    fs::metadata(repo.path().join(".axon/ledger.db")).map_or(0, |file| file.len())
}

fn replayed(repo: &TestRepo) -> State {
    let reader = Reader::open(&repo.path().join(".axon")).expect("a ledger");
    let mut state = State::default();
    for event in reader.events(.., None) {
        apply(&mut state, &event.expect("an event"));
    }
    state
}

/// Writes missions of ten thousand events that end well.
fn write(repo: &TestRepo, events: usize) {
    let ledger = ledger(repo);
    let (base, commit) = (git::tree_of(repo, "HEAD"), repo.git(["rev-parse", "HEAD"]));
    let commit = GitId::from_hex(commit.trim()).expect("Git prints ids in hexadecimal");
    for number in 1..=events / (TASKS * OF_A_TASK) {
        let id = MissionId(u32::try_from(number).expect("few missions"));
        let mut drafts = vec![Draft::new(Role::Operator, spec(id, commit, base)), plan(id)];
        let accepted = PlanAcceptance { tasks: TASKS as u32 };
        drafts.push(Draft::new(Role::Supervisor, Payload::PlanAccepted(accepted)));
        (1..=TASKS).for_each(|task| drafts.extend(task_events(id, TaskId(task as u32))));
        drafts.extend(end(id, commit));
        let drafts: Vec<Draft> = drafts.into_iter().map(|draft| draft.of(id)).collect();
        for wave in drafts.chunks(1_000) {
            ledger.append(wave.to_vec()).expect("the disk has room");
        }
    }
    ledger.close().expect("everything is written");
}

fn path(task: usize) -> String {
    format!("warehouse/part_{:04}/module_{task:06}.py", task / 100)
}

/// An id that looks like a hash and is no other's: SplitMix64 over mission, task and word.
fn object(mission: MissionId, task: usize) -> ObjectId {
    let mut bytes = [0; 32];
    for (word, place) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(0_u64..) {
        let seed = (u64::from(mission.0) << 40) | ((task as u64) << 8) | place;
        let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *word = (mixed ^ (mixed >> 31)).to_le_bytes();
    }
    ObjectId(bytes)
}

fn plan(id: MissionId) -> Draft {
    let tasks = (1..=TASKS).map(|task| TaskSpec {
        title: format!("edit {}", path(task)),
        path: path(task),
        sites: 3,
        edits: object(id, task),
        after: Vec::new(),
        group: 0,
        line: Some(1),
        defines: false,
    });
    let plan = PlanProposal {
        tasks: tasks.collect(),
        sites: 3 * TASKS as u32,
        mentions: 0,
        report: object(id, 0),
        claims: Vec::new(),
    };
    Draft::new(Role::Scout, Payload::PlanProposed(plan))
}

fn task_events(id: MissionId, task: TaskId) -> [Draft; OF_A_TASK] {
    let session = SessionId(task.0);
    let number = task.0 as usize;
    let status = |status| Payload::Task(TaskChange { status, note: String::new() });
    let changed = StateChange {
        target: TargetType::FileSystem,
        resource: path(number),
        action: Action::Update,
        session,
        previous: None,
        new: Some(ContentId::Object(object(id, number))),
        executable: false,
    };
    [
        status(TaskStatus::Assigned),
        Payload::Session(SessionChange { session, step: SessionStep::Opened, sees: None }),
        Payload::StateChange(changed),
        verdict(Reflex::Syntax),
        status(TaskStatus::Done),
    ]
    .map(|payload| {
        let draft = Draft::new(Role::Coder, payload).task(task);
        AgentId::new(4).map_or(draft.clone(), |agent| draft.by(agent))
    })
}

fn verdict(reflex: Reflex) -> Payload {
    Payload::Reflex(ReflexVerdict {
        reflex,
        subject: "syntax".to_owned(),
        passed: Some(true),
        note: String::new(),
        output: None,
        millis: 1,
    })
}

fn end(id: MissionId, commit: GitId) -> Vec<Draft> {
    let record = |step| {
        let branch = "axon/m1".to_owned();
        Payload::Commit(CommitRecord { step, branch, commit: Some(commit), message: None })
    };
    let ended = MissionEnd {
        outcome: Outcome::Done,
        code: None,
        reason: "the check passes".to_owned(),
        hint: None,
    };
    let payloads = vec![
        Payload::Merge(MergeRecord {
            changes: Some(object(id, 1)),
            files: TASKS as u32,
            wave: 1,
            tasks: TASKS as u32,
        }),
        verdict(Reflex::Check),
        verdict(Reflex::Review),
        record(CommitStep::Wanted),
        record(CommitStep::Made),
        Payload::MissionEnded(ended),
    ];
    payloads.into_iter().map(|payload| Draft::new(Role::Supervisor, payload)).collect()
}
