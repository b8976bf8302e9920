//! Merging the sessions of all tasks into the mission's tree.

use std::collections::BTreeMap;

use axon_domain::{
    Code, Draft, Error, Kind, MergeRecord, Payload, Result, Role, SessionChange, SessionId,
    SessionStep, TaskId,
};
use axon_engine::Mission;
use axon_ledger::Filter;
use axon_workspace::{Entry, EntryMode, SessionChanges, Tree, merge};

use crate::effects::Bench;

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let base = Tree::of(super::spec(mission)?.base_tree);
    let sessions = sessions(bench, mission, base)?;
    let refs: Vec<&SessionChanges> = sessions.values().map(|(_, changes)| changes).collect();
    let result = merge(bench.contents(), &base, &refs)?;
    if let Some(conflict) = result.conflicts.first() {
        // The plan gives every file to one task, so this cannot be.
        return Err(Error::new(Code::Bug, "two tasks changed the same file").at(&*conflict.path));
    }
    let Some(changes) = result.tree.delta else {
        return Err(Error::new(Code::Bug, "the tasks changed nothing").at(mission.id.to_string()));
    };
    let draft = |payload| super::draft(mission, Role::Supervisor, payload);
    let mut drafts = Vec::with_capacity(sessions.len() + 1);
    for (session, (task, _)) in &sessions {
        let change = SessionChange { session: *session, step: SessionStep::Merged };
        drafts.push(draft(Payload::Session(change)).task(*task));
    }
    let files = u32::try_from(result.merged.len()).unwrap_or(u32::MAX);
    drafts.push(draft(Payload::Merge(MergeRecord { changes, files })));
    Ok(drafts)
}

/// What each session changed, out of the ledger: a task that was begun twice around a crash
/// has the changes of its last try.
fn sessions(
    bench: &Bench<'_>,
    mission: &Mission,
    base: Tree,
) -> Result<BTreeMap<SessionId, (TaskId, SessionChanges)>> {
    let filter = Filter { kinds: vec![Kind::StateChange], mission: Some(mission.id) };
    let mut paths = BTreeMap::<SessionId, (TaskId, BTreeMap<String, Option<Entry>>)>::new();
    for event in bench.ledger.events(mission.given.., Some(filter)) {
        let event = event?;
        let (Some(task), Some(payload)) = (event.task, event.payload) else {
            return Err(Error::new(Code::PayloadErased, "a change of this mission was erased")
                .at(format!("event {}", event.seq)));
        };
        let Payload::StateChange(change) = payload else { continue };
        let mode = if change.executable { EntryMode::Executable } else { EntryMode::Regular };
        let entry = change.new.map(|content| Entry { content, mode });
        let session = paths.entry(change.session).or_insert_with(|| (task, BTreeMap::new()));
        session.1.insert(change.resource, entry);
    }
    let changes = |paths: BTreeMap<String, Option<Entry>>| {
        SessionChanges::new(base, paths.into_iter().collect())
    };
    Ok(paths.into_iter().map(|(id, (task, paths))| (id, (task, changes(paths)))).collect())
}
