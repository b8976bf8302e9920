//! A long ledger over a real repository, made through the library: missions whose sessions
//! change files, and merges of them.

use axon_domain::{
    ContentId, Draft, MergeRecord, MissionEnd, MissionId, ObjectStore, Outcome, Payload, Role,
    SessionChange, SessionId, SessionStep, TaskChange, TaskId, TaskStatus,
};
use axon_ledger::{Ledger, Options as LedgerOptions, keys};
use axon_testkit::{Random, TestRepo};
use axon_workspace::{Delta, Edit, Entry, EntryMode, Tree};

use crate::engine::spec;
use crate::git;

/// Events of a mission.
const MISSION: usize = 100_000;
/// Events between one merge and the next.
const WAVE: usize = 1_000;
/// Files that a wave changes.
const CHANGED: usize = 20;

/// The merged tree after a merge.
pub(crate) struct Merged {
    /// The event.
    pub(crate) seq: usize,
    /// The tree from there on.
    pub(crate) tree: Tree,
}

/// Writes so many events into the repository's ledger: missions of 100,000 events, a merge every
/// thousand. Gives every merge, and each mission's begin with its base.
pub(crate) fn write(repo: &TestRepo, files: usize, events: usize) -> Vec<Merged> {
    let signer = keys::load_or_create(&git::key_file(repo)).expect("a key");
    let options = LedgerOptions { signer, wall_clock: std::sync::Arc::new(git::wall_clock) };
    let ledger = Ledger::open(&repo.path().join(".axon"), options).expect("a new ledger");
    let base = git::tree_of(repo, "HEAD");
    let commit = axon_domain::GitId::from_hex(repo.git(["rev-parse", "HEAD"]).trim());
    let commit = commit.expect("Git prints ids in hexadecimal");
    let mut random = Random::new(42);
    let mut merged = Vec::new();
    let mut delta = Delta::default();
    for wave in 0..events / WAVE {
        let mission = MissionId((wave * WAVE / MISSION) as u32 + 1);
        let mut drafts = Vec::with_capacity(WAVE);
        if (wave * WAVE).is_multiple_of(MISSION) {
            delta = Delta::default();
            merged.push(Merged { seq: wave * WAVE + 1, tree: Tree::of(base) });
            drafts.push(Draft::new(Role::Operator, spec(mission, commit, base)).of(mission));
        }
        let edits = edits(&ledger, files, &mut random, wave);
        let last = ((wave + 1) * WAVE).is_multiple_of(MISSION);
        while drafts.len() + 1 + usize::from(last) < WAVE {
            drafts.push(step(mission, drafts.len(), &edits));
        }
        delta = delta.apply(&ledger, &edits).expect("the edits are sorted");
        let changes = delta.root().expect("something changed");
        let merge =
            MergeRecord { changes: Some(changes), files: CHANGED as u32, wave: 1, tasks: 1 };
        merged.push(Merged {
            seq: wave * WAVE + drafts.len() + 1,
            tree: Tree { base, delta: Some(changes) },
        });
        drafts.push(Draft::new(Role::Supervisor, Payload::Merge(merge)).of(mission));
        if last {
            drafts.push(Draft::new(Role::System, ended()).of(mission));
        }
        ledger.append(drafts).expect("the disk has room");
    }
    ledger.checkpoint().expect("a checkpoint");
    ledger.close().expect("everything is written");
    merged
}

/// New contents for some files of a [`axon_testkit::sample::Large`] repository.
fn edits(ledger: &Ledger, files: usize, random: &mut Random, wave: usize) -> Vec<(String, Edit)> {
    let mut numbers: Vec<usize> = (0..CHANGED).map(|_| random.below(files)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let edit = |number: usize| {
        let path = format!("warehouse/part_{:04}/module_{number:06}.py", number / 100);
        let text = format!("# Changed in wave {wave}.\n{}", "value = [1, 2, 3]\n".repeat(60));
        let content = ContentId::Object(ledger.put(text.as_bytes()).expect("room"));
        (path, Edit::Put(Entry { content, mode: EntryMode::Regular }))
    };
    numbers.into_iter().map(edit).collect()
}

/// What happens between two merges: sessions, their changes, and tasks.
fn step(mission: MissionId, place: usize, edits: &[(String, Edit)]) -> Draft {
    let task = TaskId((place / 4) as u32 + 1);
    let session = SessionId(task.0);
    let payload = match place % 4 {
        0 => Payload::Task(TaskChange { status: TaskStatus::Assigned, note: String::new() }),
        1 => Payload::Session(SessionChange { session, step: SessionStep::Opened, sees: None }),
        2 => return changed(mission, task, &edits[place / 4 % edits.len()]),
        _ => Payload::Task(TaskChange { status: TaskStatus::Done, note: String::new() }),
    };
    Draft::new(Role::Coder, payload).of(mission).task(task)
}

fn changed(mission: MissionId, task: TaskId, (path, edit): &(String, Edit)) -> Draft {
    let new = match edit {
        Edit::Put(entry) => Some(entry.content),
        Edit::Delete | Edit::Restore => None,
    };
    let change = axon_domain::StateChange {
        target: axon_domain::TargetType::FileSystem,
        resource: path.clone(),
        action: axon_domain::Action::Update,
        session: SessionId(task.0),
        previous: None,
        new,
        executable: false,
    };
    Draft::new(Role::Coder, Payload::StateChange(change)).of(mission).task(task)
}

fn ended() -> Payload {
    Payload::MissionEnded(MissionEnd {
        outcome: Outcome::DoneUnproven,
        code: None,
        reason: "no check proved it".to_owned(),
        hint: None,
    })
}
