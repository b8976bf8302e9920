//! Waves: what was finished is merged together and checked once.
//!
//! A wave begins when nobody works and nothing is ready. It consists of groups: tasks of which
//! all are wanted, or none. If the check fails with the wave and passes without it, the wave is
//! halved until the groups that break it are known; the others are kept. That takes
//! O(k log n) checks for k culprits among n groups (the group testing of Dorfman, 1943, by
//! halves), and never more than a number that is fixed when the wave begins.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use axon_domain::{ObjectId, ReflexVerdict, Seq, TaskId};
use serde::{Deserialize, Serialize};

use crate::state::{Mission, Phase, Task, TaskState, task_id};

/// The wave that is tried, or was tried last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Its number, from 1; 0 before the first.
    pub number: u32,
    /// What is still to be tried: the last part now, the others after it.
    pub(crate) parts: Vec<Part>,
    /// How many more checks its halves may take.
    pub(crate) checks_left: u32,
    /// The groups that were left out and are not recorded yet.
    pub(crate) left_out: Vec<u32>,
    /// The check's last verdict on a part.
    pub(crate) checked: Seq,
    /// Where the mission goes once the last verdict's consequence is recorded.
    pub(crate) next: Option<Phase>,
}

/// Some groups of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) groups: Vec<u32>,
    /// The check failed with it and the one after it together: if it passes, the other fails.
    pub(crate) first_half: bool,
    /// It is known to fail.
    pub(crate) fails: bool,
}

/// What is in the mission's tree for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its changes against the base.
    pub changes: Option<ObjectId>,
    /// How many files differ from the base.
    pub files: u32,
    /// How many tasks are in it.
    pub tasks: u32,
    /// Whether the check is known to pass on it.
    pub(crate) passes: bool,
    /// Whether the check can tell good from bad: there is one, and it passes on the base.
    pub(crate) checkable: bool,
    /// Groups that are in no wave any more: merged, failed or left out.
    pub(crate) closed: BTreeSet<u32>,
    /// Groups that were left out without knowing that they fail, because the check had run as
    /// often as it may.
    pub(crate) untried: BTreeSet<u32>,
}

impl Default for Accepted {
    fn default() -> Self {
        Self {
            changes: None,
            files: 0,
            tasks: 0,
            passes: false,
            checkable: true,
            closed: BTreeSet::new(),
            untried: BTreeSet::new(),
        }
    }
}

impl Wave {
    /// How many groups are tried now.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.parts.last().map_or(0, |part| part.groups.len())
    }

    /// Whether a group is among those that are tried now.
    pub(crate) fn tries(&self, group: u32) -> bool {
        self.parts.last().is_some_and(|part| part.groups.contains(&group))
    }

    /// Moves a group out of the part that is tried now, to be tried on its own when nothing else
    /// is left; false where the part has no other group.
    pub(crate) fn put_off(&mut self, group: u32) -> bool {
        let Some(part) = self.parts.last_mut().filter(|part| part.groups.len() > 1) else {
            return false;
        };
        let Some(place) = part.groups.iter().position(|other| *other == group) else {
            return false;
        };
        part.groups.remove(place);
        // The check says nothing any more about what it was put together with.
        part.first_half = false;
        self.parts.insert(0, Part { groups: vec![group], first_half: false, fails: false });
        // It is one check more, once for each group.
        self.checks_left = self.checks_left.saturating_add(1);
        true
    }
}

impl Mission {
    /// The tasks that are merged, checked and kept together now.
    #[must_use]
    pub fn part(&self) -> Vec<TaskId> {
        let Some(part) = self.wave.parts.last() else { return Vec::new() };
        let groups: BTreeSet<u32> = part.groups.iter().copied().collect();
        let wanted = |place: &usize| {
            let task = &self.tasks[*place];
            task.state == TaskState::Done && groups.contains(&task.group)
        };
        (0..self.tasks.len()).filter(wanted).map(task_id).collect()
    }

    /// Goes on when no coder works and no task is ready: with a wave, or to the end.
    pub(crate) fn stand_still(&mut self) {
        if !self.working.is_empty() || !self.ready.is_empty() {
            self.phase = Phase::Working;
            return;
        }
        let groups = self.whole_groups();
        if groups.is_empty() {
            let merged = self.accepted.tasks > 0;
            self.phase = if merged { Phase::Reviewing } else { Phase::Rejected };
            return;
        }
        let halvings = usize::BITS - groups.len().leading_zeros();
        self.wave = Wave {
            number: self.wave.number.saturating_add(1),
            parts: vec![Part { groups, first_half: false, fails: false }],
            // Enough for one or two culprits in the largest waves, and for several in small ones.
            checks_left: 8 + 3 * halvings,
            left_out: core::mem::take(&mut self.wave.left_out),
            checked: self.wave.checked,
            next: None,
        };
        self.phase = Phase::Merging;
    }

    /// Groups of which every task is done.
    fn whole_groups(&self) -> Vec<u32> {
        let mut whole = BTreeMap::<u32, bool>::new();
        for task in &self.tasks {
            if !self.accepted.closed.contains(&task.group) {
                *whole.entry(task.group).or_insert(true) &= task.state == TaskState::Done;
            }
        }
        whole.into_iter().filter(|(_, whole)| *whole).map(|(group, _)| group).collect()
    }

    /// Keeps the part that was tried.
    pub(crate) fn keep_part(&mut self) {
        let tasks = self.part();
        let Some(part) = self.wave.parts.pop() else { return };
        self.accepted.changes = self.changes;
        self.accepted.files = self.files;
        self.accepted.tasks += u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        self.accepted.closed.extend(part.groups);
        if let Some(next) = self.wave.parts.last_mut().filter(|_| part.first_half) {
            next.fails = true;
        }
        for id in &tasks {
            let Some(task) = self.task_mut(*id) else { continue };
            task.state = TaskState::Merged;
            for next in core::mem::take(&mut task.unblocks) {
                self.unblock(next);
            }
        }
        self.next_part();
        if !self.wave.left_out.is_empty() {
            self.record_halving();
        }
    }

    /// Leaves the part that was tried out, or tries it in halves.
    pub(crate) fn refuse_part(&mut self, verdict: &ReflexVerdict) {
        self.rejection.get_or_insert_with(|| verdict.clone());
        self.changes = self.accepted.changes;
        self.files = self.accepted.files;
        if let Some(part) = self.wave.parts.last_mut() {
            part.fails = true;
        }
        self.next_part();
        // A mission that cannot be saved in part says so once, when it ends.
        if self.phase != Phase::Rejected {
            self.record_halving();
        }
    }

    fn record_halving(&mut self) {
        self.wave.next = Some(self.phase);
        self.phase = Phase::Halving;
    }

    /// Finds the next part that has to be tried; parts that are known to fail are left out or
    /// halved without being tried again.
    fn next_part(&mut self) {
        while let Some(part) = self.wave.parts.pop() {
            if !part.fails && self.wave.checks_left > 0 {
                self.wave.parts.push(part);
                self.phase = Phase::Merging;
                return;
            }
            if part.groups.len() < 2 || self.wave.checks_left == 0 {
                self.wave.left_out.extend(&part.groups);
                if !part.fails || part.groups.len() > 1 {
                    self.accepted.untried.extend(&part.groups);
                }
                self.close(part.groups, TaskState::Dropped);
                continue;
            }
            let mut first = part.groups;
            let second = first.split_off(first.len() / 2);
            self.wave.parts.push(Part { groups: second, first_half: false, fails: false });
            self.wave.parts.push(Part { groups: first, first_half: true, fails: false });
        }
        self.stand_still();
    }

    /// Takes groups out of the mission, with every group that waits for one of them.
    pub(crate) fn close(&mut self, groups: Vec<u32>, as_state: TaskState) {
        let mut closing: BTreeSet<u32> = groups.into_iter().collect();
        while !closing.is_empty() {
            let mut behind = BTreeSet::new();
            for place in 0..self.tasks.len() {
                let task = &self.tasks[place];
                if !closing.contains(&task.group) {
                    continue;
                }
                behind.extend(task.unblocks.iter().filter_map(|id| Some(self.task(*id)?.group)));
                let task = &mut self.tasks[place];
                if matches!(task.state, TaskState::Waiting | TaskState::Done) {
                    task.state = as_state;
                    self.ready.remove(&task_id(place));
                }
            }
            self.accepted.closed.extend(&closing);
            closing = behind.difference(&self.accepted.closed).copied().collect();
        }
    }

    /// The groups that wait, one behind the other, for one of these.
    pub(crate) fn behind(&self, groups: &[u32]) -> BTreeSet<u32> {
        let mut of_group = BTreeMap::<u32, Vec<&Task>>::new();
        for task in &self.tasks {
            of_group.entry(task.group).or_default().push(task);
        }
        let mut found = BTreeSet::new();
        let mut pending = groups.to_vec();
        while let Some(group) = pending.pop() {
            let waiting = of_group.get(&group).into_iter().flatten().flat_map(|t| &t.unblocks);
            for next in waiting.filter_map(|id| Some(self.task(*id)?.group)) {
                if next != group && found.insert(next) {
                    pending.push(next);
                }
            }
        }
        found
    }

    /// One of the tasks that a task waits for is finished.
    pub(crate) fn unblock(&mut self, id: TaskId) {
        let Some(task) = self.task_mut(id) else { return };
        task.waits_for = task.waits_for.saturating_sub(1);
        if task.waits_for == 0 && task.state == TaskState::Waiting {
            self.ready.insert(id);
        }
    }
}
