//! What hangs below the stage that is running: agents with their tasks, what failed, and the
//! rest summed up.

use std::collections::BTreeMap;

use axon_domain::{AgentId, Holder, TaskId};
use axon_runtime::entity_name;

use crate::ui::columns::{cut, cut_path, width};
use crate::ui::live::draw::{Frame, roles, seconds};
use crate::ui::live::model::Model;
use crate::ui::live::row::{BAD, BUSY, DIM, PLAIN, Row, WAITS};
use crate::ui::stages::{EDIT, PLAN, Standing};
use crate::ui::thousands;

/// Failed tasks that are shown by name.
const FAILED: usize = 3;
/// A plan that takes longer than this shows who works on it, in milliseconds.
const LONG: u64 = 2_000;
/// A task that takes longer than this shows how long it has taken, in milliseconds.
const SLOW: u64 = 3_000;

/// The stage that something hangs below, if any.
pub(crate) fn place(model: &Model) -> Option<usize> {
    if model.is_at_work() {
        return model.is_large().then_some(EDIT);
    }
    (model.stages.stages[PLAN].standing == Standing::Running).then_some(PLAN)
}

/// How many lines the tree takes where there is room for all of it.
pub(crate) fn lines(model: &Model, frame: Frame) -> usize {
    match place(model) {
        Some(PLAN) if model.stages.stages[PLAN].elapsed(frame.now) < LONG => 0,
        Some(PLAN) => others(model, PLAN).count(),
        Some(_) => {
            let groups = if model.branches.is_empty() { 0 } else { branches(model).len() };
            let working = model.mission().map_or(0, |mission| mission.working().count());
            let failed = model.failed.len().min(FAILED);
            groups + working + others(model, EDIT).count() + failed + 1
        }
        None => 0,
    }
}

/// The tree in so many lines at most.
pub(crate) fn rows(model: &Model, frame: Frame, most: usize) -> Vec<Row> {
    let Some(place) = place(model).filter(|_| most > 0) else { return Vec::new() };
    let mut items = Vec::new();
    if place == EDIT {
        tasks(model, frame, &mut items);
        items.extend(model.failed.iter().rev().take(FAILED).map(|id| failed(model, frame, *id)));
    }
    items.extend(others(model, place).map(|(id, doing)| agent(model, frame, id, doing)));
    let rest = (place == EDIT).then(|| rest(model));
    let room = most - usize::from(rest.is_some());
    let hidden = items.iter().skip(room).filter(|item| item.works).count();
    items.truncate(room);
    if let Some(mut rest) = rest {
        if hidden > 0 {
            rest.insert(0, format!("{} more at work", thousands(hidden as u64)));
        }
        let row = frame.row().with(DIM, &format!("… {}", rest.join(", ")));
        items.push(Item { depth: 0, works: false, row });
    }
    hang(frame, items)
}

/// A line before it hangs anywhere.
struct Item {
    depth: usize,
    /// Whether it is an agent at work.
    works: bool,
    row: Row,
}

/// Draws the lines of the tree before its items.
fn hang(frame: Frame, items: Vec<Item>) -> Vec<Row> {
    let depths: Vec<usize> = items.iter().map(|item| item.depth).collect();
    let last_of = |place: usize, depth: usize| {
        let later = depths[place + 1..].iter().take_while(|other| **other >= depth);
        !later.into_iter().any(|other| *other == depth)
    };
    let hang = |(place, item): (usize, Item)| {
        let mut before = "    ".to_owned();
        if item.depth > 0 {
            before.push_str(if last_of(place, 0) { "  " } else { "│ " });
        }
        before.push_str(if last_of(place, item.depth) { "└ " } else { "├ " });
        let mut row = frame.row().with(DIM, &before);
        row.append(item.row);
        row
    };
    items.into_iter().enumerate().map(hang).collect()
}

/// What somebody works on, by the goal that it is for.
fn branches(model: &Model) -> BTreeMap<usize, Vec<(AgentId, TaskId)>> {
    let mut found = BTreeMap::<usize, Vec<(AgentId, TaskId)>>::new();
    let Some(mission) = model.mission() else { return found };
    for (agent, task) in mission.working() {
        found.entry(model.branch(task).unwrap_or_default()).or_default().push((agent, task));
    }
    found
}

/// Tasks that coders have: under their branches, where the plan has any.
fn tasks(model: &Model, frame: Frame, items: &mut Vec<Item>) {
    let Some(mission) = model.mission() else { return };
    if model.branches.is_empty() {
        let mut all: Vec<(AgentId, TaskId)> = mission.working().collect();
        // Who waits is what somebody may want to do something about.
        all.sort_by_key(|(agent, task)| (blocked(model, *agent, *task).is_none(), *agent));
        items.extend(all.into_iter().map(|(id, task)| coder(model, frame, id, task, 0)));
        return;
    }
    for (place, working) in branches(model) {
        let Some(branch) = model.branches.get(place) else { continue };
        let how = format!("  {} of {}", branch.done, branch.tasks);
        let row = frame.row().with(PLAIN, &cut(&branch.label, frame.room.saturating_sub(20)));
        items.push(Item { depth: 0, works: false, row: row.with(DIM, &how) });
        items.extend(working.into_iter().map(|(id, task)| coder(model, frame, id, task, 1)));
    }
}

/// What an agent waits for on behalf of a task, and who has it.
fn blocked(model: &Model, agent: AgentId, task: TaskId) -> Option<String> {
    let mission = model.mission_id()?;
    let holder = Holder::Agent { mission, task: Some(task), agent };
    let locks = model.seen().locks();
    let entity = locks.wanted_by(&holder).next()?;
    let by = locks.holders(entity).next().map(|(by, _)| model.roster.holder(by, Some(mission)));
    Some(match by {
        Some(by) => format!("waits for {by}"),
        None => format!("waits for {}", entity_name(entity)),
    })
}

fn coder(model: &Model, frame: Frame, id: AgentId, task: TaskId, depth: usize) -> Item {
    let name = format!("{:<9} ", model.roster.name(id));
    let row = frame.row().with(BUSY, &name).with(DIM, &format!("{:<5} ", task.to_string()));
    let path = model.mission().and_then(|mission| mission.task(task)).map(|task| &task.path);
    let since = model.roster.get(id).map_or(frame.now, |one| one.since);
    let waits = blocked(model, id, task).map(|text| format!("  {text}"));
    let slow = frame.now.saturating_sub(since);
    let (style, note) = match waits {
        Some(text) => (WAITS, text),
        None => (DIM, if slow > SLOW { seconds(slow) } else { String::new() }),
    };
    // Six columns for the lines of the tree, two for a branch.
    let room = row.left().saturating_sub(6 + 2 * depth + width(&note));
    let path = cut_path(path.map_or("", |path| path), room.max(8));
    Item { depth, works: true, row: row.with(PLAIN, &path).with(style, &note) }
}

fn failed(model: &Model, frame: Frame, id: TaskId) -> Item {
    let task = model.mission().and_then(|mission| mission.task(id));
    let (path, note) = task.map_or(("", ""), |task| (&task.path, &task.note));
    let row = frame.row().with(BAD, "✗ ").with(DIM, &format!("{id} "));
    let path = cut_path(path, row.left() / 2);
    Item { depth: 0, works: false, row: row.with(PLAIN, &path).with(DIM, "  ").with(PLAIN, note) }
}

/// Agents that have no task of the board, with what they said last.
fn others(model: &Model, stage: usize) -> impl Iterator<Item = (AgentId, &str)> {
    let of_role = move |role| model.roster.at_work(role);
    roles(stage).iter().flat_map(move |role| of_role(*role)).map(|(id, one)| (id, &*one.doing))
}

fn agent(model: &Model, frame: Frame, id: AgentId, doing: &str) -> Item {
    let name = format!("{:<15} ", model.roster.name(id));
    let doing = if doing.is_empty() { "at work" } else { doing };
    Item { depth: 0, works: true, row: frame.row().with(BUSY, &name).with(PLAIN, doing) }
}

/// Everything that has no line of its own, in words.
fn rest(model: &Model) -> Vec<String> {
    let counts = model.counts();
    let failed = counts.failed.saturating_sub(model.failed.len().min(FAILED));
    let numbers = [
        (counts.done + counts.merged, "done"),
        (counts.waiting, "waiting"),
        (failed, "more failed"),
        (counts.left_out, "left out"),
    ];
    let said = numbers.iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<String> =
        said.map(|(number, word)| format!("{} {word}", thousands(*number as u64))).collect();
    if !model.branches.is_empty() {
        let (done, all) = (model.branches_done, model.branches.len());
        parts.push(format!("{done} of {all} goals through"));
    }
    if parts.is_empty() {
        parts.push("nothing else".to_owned());
    }
    parts
}
