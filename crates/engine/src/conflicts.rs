//! Changes that cannot be merged: a mission in which there are some waits for a person.
//!
//! A conflict of a task is not for a person yet while its group is one of several in a wave:
//! the group is put off and merged again on its own, on top of the others. They may have been
//! left out by then, or the change may fit after all.

use alloc::string::String;
use alloc::vec::Vec;

use axon_domain::{
    Conflict, ConflictStep, Event, FileState, Goal, MergeRecord, MissionId, Seq, TaskId,
};
use serde::{Deserialize, Serialize};

use crate::decide::advance;
use crate::effect::Effects;
use crate::state::{Mission, Phase, State};

/// What cannot be merged in a mission, and what people said about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflicts {
    pub(crate) list: Vec<Disputed>,
    /// Where the mission goes on when the last one is settled.
    pub(crate) back: Option<Phase>,
}

/// A file that both sides changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    /// The file.
    pub path: String,
    /// Why it could not be merged: `content`, `delete-modify`, …
    pub reason: String,
    /// The event that says so.
    pub found: Seq,
    /// Whose change could not be merged; `None` for that of the mission that is rebased.
    pub task: Option<TaskId>,
    /// The file that both changes began with; `None` where there was none.
    pub base: Option<FileState>,
    /// The file as it was to be merged into.
    pub current: Option<FileState>,
    /// The file as the change has it.
    pub changed: Option<FileState>,
    /// How it was settled, once it is.
    pub settled: Option<Settled>,
}

/// How a conflict was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The event that says so.
    pub event: Seq,
    /// How: `mine`, `theirs`, `base`, `given`, `deleted`.
    pub how: String,
    /// The file then; `None` where it is gone.
    pub result: Option<FileState>,
}

impl Conflicts {
    /// Those that nobody settled yet, in the order in which they were found.
    pub fn open(&self) -> impl Iterator<Item = &Disputed> {
        self.list.iter().filter(|disputed| disputed.settled.is_none())
    }

    /// All of them, in the order in which they were found.
    pub fn all(&self) -> impl Iterator<Item = &Disputed> {
        self.list.iter()
    }
}

impl Mission {
    /// Whether it can go on only when a person has settled a conflict.
    #[must_use]
    pub fn in_conflict(&self) -> bool {
        self.phase == Phase::Conflicted
    }

    /// The mission whose result this one moves onto another commit, if that is its goal.
    #[must_use]
    pub fn rebases(&self) -> Option<MissionId> {
        match self.goal()? {
            Goal::Rebase { of, .. } => Some(*of),
            _ => None,
        }
    }
}

pub(crate) fn apply(mission: &mut Mission, event: &Event, conflict: &Conflict) {
    match &conflict.step {
        ConflictStep::Found { base, current, changed } => {
            let sides = [*base, *current, *changed];
            find(mission, event, conflict, sides);
        }
        ConflictStep::Resolved { how, result } => {
            let settled = Settled { event: event.seq, how: how.clone(), result: *result };
            settle(mission, &conflict.path, settled);
        }
    }
}

fn find(mission: &mut Mission, event: &Event, conflict: &Conflict, sides: [Option<FileState>; 3]) {
    if mission.phase == Phase::Merging && is_not_for_a_person(mission, event.task) {
        return;
    }
    match mission.phase {
        Phase::Planning | Phase::Merging => mission.conflicts.back = Some(mission.phase),
        Phase::Conflicted => {}
        _ => return,
    }
    mission.phase = Phase::Conflicted;
    mission.last_step = event.seq;
    // What was settled before is settled no more if it came out otherwise this time.
    let list = &mut mission.conflicts.list;
    list.retain(|one| one.task != event.task || one.path != conflict.path);
    let [base, current, changed] = sides;
    list.push(Disputed {
        path: conflict.path.clone(),
        reason: conflict.reason.clone(),
        found: event.seq,
        task: event.task,
        base,
        current,
        changed,
        settled: None,
    });
}

/// Whether the conflict of a task is over for now: its group is put off, or was.
fn is_not_for_a_person(mission: &mut Mission, task: Option<TaskId>) -> bool {
    let group = task.and_then(|task| mission.task(task)).map(|task| task.group);
    group.is_some_and(|group| match mission.wave.tries(group) {
        true => mission.wave.put_off(group),
        false => true,
    })
}

fn settle(mission: &mut Mission, path: &str, settled: Settled) {
    if mission.phase != Phase::Conflicted {
        return;
    }
    let event = settled.event;
    let mut open = mission.conflicts.list.iter_mut().filter(|one| one.settled.is_none());
    let Some(one) = open.find(|one| one.path == path) else { return };
    one.settled = Some(settled);
    mission.last_step = event;
    if mission.conflicts.open().next().is_none() {
        mission.phase = mission.conflicts.back.take().unwrap_or(Phase::Merging);
    }
}

/// What could be merged, and what people settled, is in the mission's tree meanwhile.
pub(crate) fn keep(mission: &mut Mission, merge: &MergeRecord) {
    mission.changes = merge.changes;
    mission.files = merge.files;
}

/// Goes on when the last conflict is settled.
pub(crate) fn decide(state: &State, mission: &Mission, event: &Event, effects: &mut Effects) {
    let settled = mission.conflicts.all().filter_map(|one| one.settled.as_ref());
    let now = mission.last_step == event.seq && !mission.in_conflict();
    if now && settled.into_iter().any(|settled| settled.event == event.seq) {
        advance(state, mission, effects);
    }
}
