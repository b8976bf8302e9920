//! The live view as lines: the plan as a tree, then what is held, said and wrong. Looks only at
//! what it shows, and never gives more lines or columns than there are.

use axon_domain::Role;
use axon_runtime::entity_name;

use crate::ui::live::model::{CONTESTED, Model};
use crate::ui::live::row::{BAD, BOLD, BUSY, DIM, GOOD, PLAIN, Row, WAITS};
use crate::ui::live::screen::Size;
use crate::ui::live::tree;
use crate::ui::stages::{CHECK, EDIT, PLAN, Stage, Standing};
use crate::ui::{columns, count, thousands};

const FRAMES: [&str; 4] = ["◐", "◓", "◑", "◒"];

/// Lines of trouble that are shown at once.
const TROUBLES: usize = 3;

/// What is the same for every line of a frame.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Columns of a line.
    pub(crate) room: usize,
    /// The time by the ledger's clock, in milliseconds.
    pub(crate) now: u64,
    /// How far what turns has turned.
    pub(crate) turn: usize,
}

impl Frame {
    pub(crate) fn new(size: Size, now: u64, turn: usize) -> Self {
        Self { room: size.columns.max(1), now, turn }
    }

    pub(crate) fn row(&self) -> Row {
        Row::new(self.room)
    }
}

/// Title and stages: what remains of a mission that is over.
pub(crate) fn summary(model: &Model, frame: Frame) -> Vec<Row> {
    let stages = model.stages.stages.iter();
    let mut rows = vec![title(model, frame)];
    rows.extend(stages.map(|one| stage(one, frame, false)));
    rows
}

/// A mission at work, in fewer lines than the terminal has.
pub(crate) fn view(model: &Model, size: Size, frame: Frame) -> Vec<Row> {
    let most = size.rows.saturating_sub(1).max(1);
    let shown = fitting(&model.stages.stages, most - 1);
    let mut spare = most - 1 - shown.len();
    let mut grant = |wanted: usize| {
        let granted = wanted.min(spare);
        spare -= granted;
        granted
    };
    let news = tree::place(model).is_some() && (model.is_large() || model.troubles.len() > 0);
    let tries = grant(usize::from(model.tries.count > 1));
    let troubles = grant(model.troubles.len().min(TROUBLES));
    let wanted = tree::lines(model, frame);
    let first = grant(wanted.min(3));
    let said = grant(if news { model.talk.lines() } else { 0 });
    let held = grant(if news { held_lines(model) } else { 0 });
    let branches = first + grant(wanted - first);

    let mut rows = vec![title(model, frame)];
    for place in shown {
        let turns = model.paused.is_none();
        rows.push(match place {
            EDIT if model.is_at_work() && model.is_large() => editing(model, frame, turns),
            _ => stage(&model.stages.stages[place], frame, turns),
        });
        if tree::place(model) == Some(place) {
            rows.extend(tree::rows(model, frame, branches));
        }
        if place == CHECK && tries > 0 {
            rows.push(tries_row(model, frame));
        }
    }
    rows.extend(held_rows(model, frame, held));
    rows.extend(said_rows(model, frame, said));
    rows.extend(trouble_rows(model, frame, troubles));
    rows
}

/// The stages that fit: those that wait go first, then those that are done.
fn fitting(stages: &[Stage], most: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..stages.len()).collect();
    while shown.len() > most {
        let standing = |place: &usize| stages[*place].standing;
        let waits = shown.iter().rposition(|place| standing(place) == Standing::Waiting);
        let done = shown.iter().position(|place| standing(place) != Standing::Running);
        shown.remove(waits.or(done).unwrap_or(shown.len() - 1));
    }
    shown
}

fn title(model: &Model, frame: Frame) -> Row {
    let row = frame.row();
    let Some(reason) = &model.paused else { return row.with(BOLD, &model.stages.title) };
    let paused = if reason.is_empty() { "paused".to_owned() } else { format!("paused: {reason}") };
    let room = frame.room.saturating_sub(paused.chars().count().min(frame.room / 2) + 2);
    let title = columns::cut(&model.stages.title, room);
    row.with(BOLD, &title).with(WAITS, "  ").with(WAITS, &paused)
}

/// One stage; `turns` where what is running is seen to go on.
pub(crate) fn stage(stage: &Stage, frame: Frame, turns: bool) -> Row {
    let (mark, style) = match stage.standing {
        Standing::Waiting => ("·", DIM),
        Standing::Running if turns => (FRAMES[frame.turn % FRAMES.len()], BUSY),
        Standing::Running => ("…", BUSY),
        Standing::Done => ("✓", GOOD),
        Standing::Failed => ("✗", BAD),
        Standing::Skipped => ("–", WAITS),
    };
    let time = seconds(stage.elapsed(frame.now));
    let name = format!(" {:<7} ", stage.name);
    let row = frame.row().with(PLAIN, "  ").with(style, mark).with(PLAIN, &name);
    let room = row.left().saturating_sub(time.len());
    let text = columns::cut(&stage.text.replace('\t', " "), room);
    row.with(PLAIN, &text).with(DIM, &time)
}

/// The stage of the coders while they work: a task that failed is not its end.
fn editing(model: &Model, frame: Frame, turns: bool) -> Row {
    let counts = model.counts();
    let done = thousands((counts.done + counts.merged) as u64);
    let mut text = format!("{done} of {}", model.stages.all());
    let blocked = model.contested().count();
    for (number, word) in [(counts.failed, "failed"), (counts.left_out, "left out")] {
        if number > 0 {
            text.push_str(&format!(", {} {word}", thousands(number as u64)));
        }
    }
    if blocked > 0 {
        text.push_str(&format!(", {} waited for", count(blocked, "lock", "locks")));
    }
    stage(&model.stages.stages[EDIT].going_on(text), frame, turns)
}

/// A time that somebody had to wait, with a space before it.
pub(crate) fn seconds(millis: u64) -> String {
    match millis {
        0..100 => String::new(),
        100..600_000 => format!("  {}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("  {} min", millis / 60_000),
    }
}

fn tries_row(model: &Model, frame: Frame) -> Row {
    let tries = &model.tries;
    let wave = format!("    └ wave {}: ", tries.wave);
    let mut row = frame.row().with(DIM, &wave);
    if tries.last().count() < tries.count {
        row.push(DIM, "… ");
    }
    for one in tries.last() {
        let (mark, style) = match one.passed {
            None => (FRAMES[frame.turn % FRAMES.len()], BUSY),
            Some(true) => ("✓", GOOD),
            Some(false) => ("✗", BAD),
        };
        row.push(PLAIN, &format!("{} ", one.tasks));
        row.push(style, mark);
        row.push(PLAIN, "  ");
    }
    row
}

/// The word before a region, as wide as those of the stages.
fn label(frame: Frame, word: &str, first: bool) -> Row {
    frame.row().with(DIM, &format!("    {:<8}", if first { word } else { "" }))
}

fn held_lines(model: &Model) -> usize {
    model.contested_lines().max(usize::from(model.symbols().next().is_some()))
}

/// Who holds what others wait for, then what is held for the mission as a whole.
fn held_rows(model: &Model, frame: Frame, lines: usize) -> Vec<Row> {
    let locks = model.seen().locks();
    let name = |holder| model.roster.holder(holder, model.mission_id());
    let mut rows = Vec::with_capacity(lines);
    for entity in model.contested().take(lines.min(CONTESTED)) {
        let holder = locks.holders(entity).next().map(|(holder, _)| name(holder));
        let mut waits = locks.waits(entity);
        let next = waits.next().map(|wait| name(&wait.holder)).unwrap_or_default();
        let more = waits.count();
        let row = label(frame, "held", rows.is_empty());
        let tail = match more {
            0 => format!("  {next} waits"),
            _ => format!("  {next} and {more} more wait"),
        };
        let holder = holder.map(|name| format!("  {name}")).unwrap_or_default();
        let room = row.left().saturating_sub(holder.chars().count() + tail.chars().count());
        let path = columns::cut_path(entity_name(entity), room.max(12));
        rows.push(row.with(PLAIN, &path).with(BUSY, &holder).with(WAITS, &tail));
    }
    if rows.len() < lines {
        let names: Vec<&str> = model.symbols().take(8).map(entity_name).collect();
        let row = label(frame, "held", rows.is_empty());
        rows.push(match names.is_empty() {
            true => row.with(DIM, "nobody waits"),
            false => row.with(PLAIN, &names.join(", ")).with(DIM, "  by the mission"),
        });
    }
    rows.resize(lines, frame.row());
    rows
}

fn said_rows(model: &Model, frame: Frame, lines: usize) -> Vec<Row> {
    let said = model.talk.shown();
    let last = &said[said.len().saturating_sub(lines)..];
    let mut rows: Vec<Row> = Vec::with_capacity(lines);
    for one in last {
        let row = label(frame, "said", rows.is_empty());
        let who = format!("{} → {}: ", one.from, one.to);
        rows.push(row.with(BUSY, &who).with(PLAIN, &one.what));
    }
    rows.resize(lines, frame.row());
    rows
}

fn trouble_rows(model: &Model, frame: Frame, lines: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(lines);
    for trouble in model.troubles.last(lines) {
        let row = label(frame, "trouble", rows.is_empty());
        let (mark, style) = if trouble.settled { ("✓ ", GOOD) } else { ("✗ ", BAD) };
        rows.push(row.with(style, mark).with(PLAIN, &trouble.what));
    }
    rows
}

/// Roles whose agents are shown under a stage.
pub(crate) fn roles(stage: usize) -> &'static [Role] {
    match stage {
        PLAN => &[Role::Scout, Role::Supervisor],
        EDIT => &[Role::Analyst],
        _ => &[],
    }
}
