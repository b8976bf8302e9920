//! Merging the sessions of a wave, or of a part of it, into the mission's tree.
//!
//! Sessions that changed the same file are joined by lines. Where that cannot be done, the group
//! with the higher number is put off: it is merged after the others, on its own, and if that
//! does not work either, a person has to say. A group is merged whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    Code, Draft, Error, Kind, MergeRecord, ObjectId, Payload, Result, Role, SessionChange,
    SessionId, SessionStep, TaskId,
};
use axon_engine::{Disputed, Mission};
use axon_ledger::Filter;
use axon_workspace::{
    Conflict, Delta, Entry, EntryMode, MergeOptions, MergeResult, Resolution, SessionChanges, Tree,
    merge_with,
};

use crate::effects::{Bench, conflicts};

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let base = super::spec(mission)?.base_tree;
    let part: BTreeSet<TaskId> = mission.part().into_iter().collect();
    let found = sessions(bench, mission, &part)?;
    let onto = Tree { base, delta: mission.accepted.changes };
    let merging = Merging { bench, mission, onto };
    let mut sessions: Vec<Session> =
        found.into_iter().filter_map(|(id, found)| merging.session(id, found)).collect();
    sessions.sort_by_key(|session| (session.group, session.task));
    let mut put_off = Vec::new();
    let merged = loop {
        let merged = merging.merge(&sessions)?;
        let groups: BTreeSet<u32> = sessions.iter().map(|session| session.group).collect();
        let mut bad: BTreeSet<u32> =
            merged.conflicts.iter().map(|it| sessions[it.session].group).collect();
        if bad.len() == groups.len() {
            // One has to be tried, whatever it is.
            bad.pop_first();
        }
        if bad.is_empty() {
            break merged;
        }
        put_off.extend(merging.put_off(&sessions, &merged.conflicts, &bad));
        sessions.retain(|session| !bad.contains(&session.group));
    };
    // In the order of the groups, in which they are tried again.
    put_off.sort_by_key(|(group, _)| *group);
    let mut drafts: Vec<Draft> = put_off.into_iter().map(|(_, draft)| draft).collect();
    drafts.extend(merging.outcome(&sessions, &merged)?);
    Ok(drafts)
}

/// A session that is to be merged.
struct Session {
    id: SessionId,
    task: TaskId,
    group: u32,
    changes: SessionChanges,
}

struct Merging<'a> {
    bench: &'a Bench<'a>,
    mission: &'a Mission,
    onto: Tree,
}

impl Merging<'_> {
    fn session(&self, id: SessionId, found: Found) -> Option<Session> {
        let group = self.mission.task(found.task)?.group;
        let tree = Tree { base: self.onto.base, delta: found.sees };
        let changes = SessionChanges::new(tree, found.paths.into_iter().collect());
        Some(Session { id, task: found.task, group, changes })
    }

    /// Merges with what people said about conflicts, as far as they are those that come up now.
    fn merge(&self, sessions: &[Session]) -> Result<MergeResult> {
        let contents = self.bench.contents();
        let mut settled = Vec::<((usize, String), Resolution, &Disputed)>::new();
        for disputed in self.mission.conflicts.all() {
            let place = sessions.iter().position(|it| Some(it.task) == disputed.task);
            let (Some(place), Some(said)) = (place, &disputed.settled) else { continue };
            if let Some(resolution) = conflicts::resolution(contents, said)? {
                settled.push(((place, disputed.path.clone()), resolution, disputed));
            }
        }
        let changes: Vec<&SessionChanges> = sessions.iter().map(|it| &it.changes).collect();
        loop {
            let resolutions =
                settled.iter().map(|(key, said, _)| (key.clone(), said.clone())).collect();
            let options = MergeOptions { resolutions, ..MergeOptions::default() };
            let merged = merge_with(contents, &self.onto, &changes, &options)?;
            // A conflict that has other sides now is another conflict.
            let before = settled.len();
            settled.retain(|(key, _, disputed)| {
                let is_it = |it: &&axon_workspace::Resolved| {
                    (it.conflict.session, &it.conflict.path) == (key.0, &key.1)
                };
                let found = merged.resolved.iter().find(is_it);
                found.is_none_or(|found| conflicts::is_the_same(found, disputed))
            });
            if settled.len() == before {
                return Ok(merged);
            }
        }
    }

    /// One event for each group that is put off.
    fn put_off(
        &self,
        sessions: &[Session],
        conflicts: &[Conflict],
        groups: &BTreeSet<u32>,
    ) -> Vec<(u32, Draft)> {
        let mut told = BTreeSet::new();
        let mut drafts = Vec::new();
        for conflict in conflicts {
            let session = &sessions[conflict.session];
            if groups.contains(&session.group) && told.insert(session.group) {
                drafts.push((session.group, self.dispute(session, conflict)));
            }
        }
        drafts
    }

    fn dispute(&self, session: &Session, conflict: &Conflict) -> Draft {
        self.draft(conflicts::found(conflict)).task(session.task)
    }

    /// What came of the sessions that were tried: everything is merged, or their conflicts.
    fn outcome(&self, sessions: &[Session], merged: &MergeResult) -> Result<Vec<Draft>> {
        let mut drafts = Vec::with_capacity(sessions.len() + 1);
        // One at a time for each file: the next may be another one when the first is settled.
        let mut told = BTreeSet::new();
        for conflict in &merged.conflicts {
            if told.insert(conflict.path.as_str()) {
                drafts.push(self.dispute(&sessions[conflict.session], conflict));
            }
        }
        if merged.conflicts.is_empty() {
            if merged.tree.delta.is_none() && merged.resolved.is_empty() {
                let id = self.mission.id.to_string();
                return Err(Error::new(Code::Bug, "the tasks changed nothing").at(id));
            }
            for Session { id, task, .. } in sessions {
                let step = SessionStep::Merged;
                let change = SessionChange { session: *id, step, sees: None };
                drafts.push(self.draft(Payload::Session(change)).task(*task));
            }
        }
        let tasks: BTreeSet<TaskId> = sessions.iter().map(|session| session.task).collect();
        drafts.push(self.draft(Payload::Merge(MergeRecord {
            changes: merged.tree.delta,
            files: self.files(merged),
            wave: self.mission.wave.number,
            tasks: u32::try_from(tasks.len()).unwrap_or(u32::MAX),
        })));
        Ok(drafts)
    }

    /// How many files differ from the base.
    fn files(&self, merged: &MergeResult) -> u32 {
        let count = match self.onto.delta {
            None => merged.merged.len() + merged.resolved.len(),
            Some(_) => Delta::at(merged.tree.delta).iter(self.bench.store()).count(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn draft(&self, payload: Payload) -> Draft {
        super::draft(self.mission, Role::Supervisor, payload)
    }
}

/// A session, as the ledger tells it.
struct Found {
    task: TaskId,
    sees: Option<ObjectId>,
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
