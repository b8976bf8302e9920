//! Merging the sessions of a wave, or of a part of it, into the mission's tree.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    Code, Draft, Error, Kind, MergeRecord, Payload, Result, Role, SessionChange, SessionId,
    SessionStep, TaskId,
};
use axon_engine::Mission;
use axon_ledger::Filter;
use axon_workspace::{Entry, EntryMode, SessionChanges, Tree, merge};

use crate::effects::Bench;

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let base = super::spec(mission)?.base_tree;
    let part: BTreeSet<TaskId> = mission.part().into_iter().collect();
    let sessions = sessions(bench, mission, &part)?;
    let changes = |session: &Found| {
        let tree = Tree { base, delta: session.sees };
        SessionChanges::new(tree, session.paths.clone().into_iter().collect())
    };
    let changes: Vec<SessionChanges> = sessions.values().map(changes).collect();
    let refs: Vec<&SessionChanges> = changes.iter().collect();
    let onto = Tree { base, delta: mission.accepted.changes };
    let result = merge(bench.contents(), &onto, &refs)?;
    if let Some(conflict) = result.conflicts.first() {
        // The plan gives every file to one task, so this cannot be.
        return Err(Error::new(Code::Bug, "two tasks changed the same file").at(&*conflict.path));
    }
    let draft = |payload| super::draft(mission, Role::Supervisor, payload);
    let mut drafts = Vec::with_capacity(sessions.len() + 1);
    for (session, found) in &sessions {
        let change = SessionChange { session: *session, step: SessionStep::Merged, sees: None };
        drafts.push(draft(Payload::Session(change)).task(found.task));
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    drafts.push(draft(Payload::Merge(MergeRecord {
        changes: result.tree.delta,
        files: count(result.tree.delta().iter(bench.store()).count()),
        wave: mission.wave.number,
        tasks: count(part.len()),
    })));
    Ok(drafts)
}

/// A session, as the ledger tells it.
struct Found {
    task: TaskId,
    sees: Option<axon_domain::ObjectId>,
    paths: BTreeMap<String, Option<Entry>>,
}

/// What the sessions of a part changed, out of the ledger: a task that was begun twice around
/// a crash has what its last try saw and did.
fn sessions(
    bench: &Bench<'_>,
    mission: &Mission,
    part: &BTreeSet<TaskId>,
) -> Result<BTreeMap<SessionId, Found>> {
    let kinds = vec![Kind::StateChange, Kind::Session];
    let filter = Filter { kinds, mission: Some(mission.id) };
    let mut sessions = BTreeMap::<SessionId, Found>::new();
    for event in bench.ledger.events(mission.given.., Some(filter)) {
        let event = event?;
        let Some(task) = event.task.filter(|task| part.contains(task)) else { continue };
        match event.payload {
            Some(Payload::Session(change)) if change.step == SessionStep::Opened => {
                let found = Found { task, sees: change.sees, paths: BTreeMap::new() };
                sessions.insert(change.session, found);
            }
            Some(Payload::StateChange(change)) => {
                let mode =
                    if change.executable { EntryMode::Executable } else { EntryMode::Regular };
                let entry = change.new.map(|content| Entry { content, mode });
                if let Some(session) = sessions.get_mut(&change.session) {
                    session.paths.insert(change.resource, entry);
                }
            }
            Some(_) => {}
            None => {
                return Err(Error::new(Code::PayloadErased, "a change of this mission was erased")
                    .at(format!("event {}", event.seq)));
            }
        }
    }
    Ok(sessions)
}
