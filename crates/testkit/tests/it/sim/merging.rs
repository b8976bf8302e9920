//! The supervisor merges the sessions of a part, as the runtime does: what cannot be merged with
//! the others is put off, and what cannot be merged alone either is settled by a person.

use std::collections::BTreeSet;

use axon_domain::{
    Conflict, ConflictStep, ContentId, Draft, FileState, MergeRecord, MissionId, ObjectId, Payload,
    Role, SessionChange, SessionId, SessionStep, TaskId,
};
use axon_engine::Disputed;

use super::jobs::Order;
use super::texts::Files;
use super::world::{Happening, World};

/// A change that cannot be merged: the text that it began with, the one that is there now, and
/// the one that it came to.
struct Clash {
    task: TaskId,
    path: String,
    sides: [ObjectId; 3],
}

impl World {
    /// What comes of a job of merging.
    pub(super) fn merge(&mut self, order: &Order) -> Vec<Draft> {
        let script = std::rc::Rc::clone(&self.missions[&order.mission].script);
        let group = |task: &TaskId| script.steps[task.0 as usize - 1].group;
        let mut tasks = order.part.clone();
        tasks.sort_by_key(|task| (group(task), *task));
        let mut put_off = Vec::new();
        let (files, clashes) = loop {
            let (files, clashes) = self.try_to_merge(order, &tasks);
            let groups: BTreeSet<u32> = tasks.iter().map(group).collect();
            let mut bad: BTreeSet<u32> = clashes.iter().map(|clash| group(&clash.task)).collect();
            if bad.len() == groups.len() {
                bad.pop_first();
            }
            if bad.is_empty() {
                break (files, clashes);
            }
            let mut told = BTreeSet::new();
            for clash in clashes.iter().filter(|clash| bad.contains(&group(&clash.task))) {
                if told.insert(group(&clash.task)) {
                    put_off.push((group(&clash.task), clash.found(order)));
                }
            }
            tasks.retain(|task| !bad.contains(&group(task)));
        };
        put_off.sort_by_key(|(group, _)| *group);
        let mut drafts: Vec<Draft> = put_off.into_iter().map(|(_, draft)| draft).collect();
        let mut told = BTreeSet::new();
        let first = clashes.iter().filter(|clash| told.insert(&clash.path));
        drafts.extend(first.map(|clash| clash.found(order)));
        for task in tasks.iter().filter(|_| clashes.is_empty()) {
            let step = SessionStep::Merged;
            let merged = SessionChange { session: SessionId(task.0), step, sees: None };
            drafts.push(order.say(Role::Supervisor, Payload::Session(merged)).task(*task));
        }
        let merge = MergeRecord {
            files: files.len() as u32,
            changes: self.texts.keep_tree(files),
            wave: order.wave,
            tasks: tasks.len() as u32,
        };
        drafts.push(order.say(Role::Supervisor, Payload::Merge(merge)));
        drafts
    }

    /// The tree with what the log says of the sessions of these tasks, and what does not fit.
    fn try_to_merge(&mut self, order: &Order, tasks: &[TaskId]) -> (Files, Vec<Clash>) {
        let given = &self.missions[&order.mission];
        let settled = &self.state.missions[&order.mission].conflicts;
        let mut files = Files::clone(&self.texts.tree(order.accepted));
        let mut clashes = Vec::new();
        for task in tasks {
            let session = &given.sessions[task];
            for (path, ours) in &session.wrote {
                let began = self.texts.at(&given.base, session.sees, path);
                let theirs = files.get(path).copied().unwrap_or_else(|| given.base[path]);
                let sides = [began, theirs, *ours];
                let merged = self.texts.merge(began, *ours, theirs);
                let clash = Clash { task: *task, path: path.clone(), sides };
                match merged.or_else(|| settled.all().find_map(|said| clash.settled(said))) {
                    Some(merged) => drop(files.insert(path.clone(), merged)),
                    None => clashes.push(clash),
                }
            }
        }
        (files, clashes)
    }

    /// A person settles what cannot be merged in a mission, as whoever came later would have done
    /// it, and lets it go on.
    pub(super) fn settle(&mut self, id: MissionId) {
        if self.process.is_none() {
            return self.happens_later(Happening::Settle(id));
        }
        let Some(mission) = self.state.missions.get(&id) else { return };
        let open: Vec<Disputed> = mission.conflicts.open().cloned().collect();
        self.happens_in(1_000, Happening::Resume(id));
        for disputed in open {
            let task = disputed.task.unwrap();
            let edit = self.missions[&id].script.steps[task.0 as usize - 1].edit.clone();
            let current = text(disputed.current).unwrap();
            let result = self.texts.edit(current, &edit);
            let step = ConflictStep::Resolved { how: "given".into(), result: file(result) };
            let conflict = Conflict { path: disputed.path, reason: disputed.reason, step };
            let draft = Draft::new(Role::Operator, Payload::Conflict(conflict)).of(id).task(task);
            if self.process.is_some() {
                self.counts.settled += 1;
                self.absorb(vec![draft]);
            }
        }
    }
}

impl Clash {
    fn found(&self, order: &Order) -> Draft {
        let [base, current, changed] = self.sides.map(file);
        let step = ConflictStep::Found { base, current, changed };
        let conflict = Conflict { path: self.path.clone(), reason: "content".into(), step };
        order.say(Role::Supervisor, Payload::Conflict(conflict)).task(self.task)
    }

    /// What a person said about it, if they did.
    fn settled(&self, said: &Disputed) -> Option<ObjectId> {
        let is_it = said.task == Some(self.task)
            && said.path == self.path
            && [said.base, said.current, said.changed] == self.sides.map(file);
        said.settled.as_ref().filter(|_| is_it).and_then(|settled| text(settled.result))
    }
}

fn file(text: ObjectId) -> Option<FileState> {
    Some(FileState { content: ContentId::Object(text), executable: false, link: false })
}

fn text(file: Option<FileState>) -> Option<ObjectId> {
    match file?.content {
        ContentId::Object(text) => Some(text),
        ContentId::Git(_) => None,
    }
}
