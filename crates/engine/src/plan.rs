//! Whether a proposed plan can be carried out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use axon_domain::{Access, Grants, TaskId, TaskSpec};

use crate::state::task_id;

/// Why a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanFault {
    /// It has no task.
    Empty,
    /// More tasks than a board holds.
    TooLarge(usize),
    /// A task waits for one that is not in the plan.
    Missing {
        /// Which task.
        task: TaskId,
        /// What it waits for.
        waits_for: TaskId,
    },
    /// These tasks wait for each other.
    Cycle(Vec<TaskId>),
    /// Two tasks of a group write the same file and neither waits for the other.
    SharedFile {
        /// The file.
        path: String,
        /// The tasks.
        tasks: (TaskId, TaskId),
    },
    /// A task would write what the mission may not.
    NotGranted {
        /// Which task.
        task: TaskId,
        /// The refusal.
        refusal: String,
    },
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanFault::Empty => f.write_str("the plan has no task"),
            PlanFault::TooLarge(tasks) => {
                write!(f, "the plan has {tasks} tasks, more than the {MOST_TASKS} a board holds")
            }
            PlanFault::Missing { task, waits_for } => {
                write!(f, "{task} waits for {waits_for}, which is not in the plan")
            }
            PlanFault::Cycle(tasks) => {
                f.write_str("tasks wait for each other:")?;
                tasks.iter().try_for_each(|task| write!(f, " {task}"))
            }
            PlanFault::SharedFile { path, tasks: (a, b) } => {
                write!(f, "{a} and {b} both write {path}")
            }
            PlanFault::NotGranted { task, refusal } => write!(f, "{task}: {refusal}"),
        }
    }
}

/// The most tasks that one plan may have.
const MOST_TASKS: usize = 1_000_000;

/// Checks a plan: not empty, nothing missing, no cycle, one writer a file in each group, and
/// every file within what the mission may write.
pub fn check_plan(tasks: &[TaskSpec], grants: &Grants) -> Result<(), PlanFault> {
    if tasks.is_empty() {
        return Err(PlanFault::Empty);
    }
    if tasks.len() > MOST_TASKS {
        return Err(PlanFault::TooLarge(tasks.len()));
    }
    for (place, task) in tasks.iter().enumerate() {
        let id = task_id(place);
        grants
            .allow(Access::Write(&task.path))
            .map_err(|refusal| PlanFault::NotGranted { task: id, refusal: refusal.to_string() })?;
        let missing = task.after.iter().find(|other| {
            other.0 == 0 || usize::try_from(other.0).map_or(true, |number| number > tasks.len())
        });
        if let Some(waits_for) = missing {
            return Err(PlanFault::Missing { task: id, waits_for: *waits_for });
        }
    }
    check_order(tasks)?;
    check_groups(tasks)?;
    check_writers(tasks)
}

/// Kahn's algorithm: what cannot be ordered is in, or behind, a cycle.
fn check_order(tasks: &[TaskSpec]) -> Result<(), PlanFault> {
    let mut waits: Vec<usize> = tasks.iter().map(|task| task.after.len()).collect();
    let mut unblocks: Vec<Vec<usize>> = vec![Vec::new(); tasks.len()];
    for (place, task) in tasks.iter().enumerate() {
        for other in &task.after {
            let Ok(number) = usize::try_from(other.0) else { continue };
            unblocks[number - 1].push(place);
        }
    }
    let mut ready: Vec<usize> = (0..tasks.len()).filter(|place| waits[*place] == 0).collect();
    while let Some(place) = ready.pop() {
        for next in &unblocks[place] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.push(*next);
            }
        }
    }
    let stuck: Vec<TaskId> =
        (0..tasks.len()).filter(|place| waits[*place] > 0).map(task_id).take(16).collect();
    if stuck.is_empty() { Ok(()) } else { Err(PlanFault::Cycle(stuck)) }
}

/// A group is merged as a whole, so groups may not wait for each other either.
fn check_groups(tasks: &[TaskSpec]) -> Result<(), PlanFault> {
    let mut behind = BTreeMap::<u32, BTreeSet<u32>>::new();
    for task in tasks {
        behind.entry(task.group).or_default();
        for other in &task.after {
            let Some(other) = usize::try_from(other.0).ok().and_then(|id| tasks.get(id - 1)) else {
                continue;
            };
            if other.group != task.group {
                behind.entry(other.group).or_default().insert(task.group);
            }
        }
    }
    let mut waits = BTreeMap::<u32, usize>::new();
    for group in behind.values().flatten() {
        *waits.entry(*group).or_default() += 1;
    }
    let mut ready: Vec<u32> =
        behind.keys().filter(|group| !waits.contains_key(group)).copied().collect();
    while let Some(group) = ready.pop() {
        for next in behind.get(&group).into_iter().flatten() {
            let Some(left) = waits.get_mut(next) else { continue };
            *left -= 1;
            if *left == 0 {
                waits.remove(next);
                ready.push(*next);
            }
        }
    }
    let stuck = |place: &usize| waits.contains_key(&tasks[*place].group);
    let stuck: Vec<TaskId> = (0..tasks.len()).filter(stuck).map(task_id).take(16).collect();
    if stuck.is_empty() { Ok(()) } else { Err(PlanFault::Cycle(stuck)) }
}

/// One writer for each file within a group, or one after the other. Different groups may write
/// the same file: what they did is merged by lines.
fn check_writers(tasks: &[TaskSpec]) -> Result<(), PlanFault> {
    let mut writers = BTreeMap::<(&str, u32), TaskId>::new();
    for (place, task) in tasks.iter().enumerate() {
        let id = task_id(place);
        let Some(earlier) = writers.insert((&task.path, task.group), id) else { continue };
        if !task.after.contains(&earlier) {
            return Err(PlanFault::SharedFile { path: task.path.clone(), tasks: (earlier, id) });
        }
    }
    Ok(())
}
