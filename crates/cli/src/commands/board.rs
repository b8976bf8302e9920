//! `axon board`.

use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;

use axon_domain::{Holder, MissionId, Result};
use axon_runtime::{Board, BoardTask, LockEntry, Place, entity_name};
use serde_json::json;

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::columns::cut_path;
use crate::ui::live::{BAD, BOLD, BUSY, DIM, GOOD, PLAIN, Row, Screen, WAITS};
use crate::ui::{count, follow, progress, report, thousands};

/// Show the task board: who works on what, what waits for what, which files are held.
///
/// Without a mission, the boards of all missions that have not ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon board\n  \
    axon board m3 --all\n  \
    axon board m3 --watch")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: Option<MissionId>,
    /// List every task; by default those that ask for attention, and the others are counted.
    #[arg(long)]
    all: bool,
    /// Go on as the board changes, until the mission ends or Ctrl-C.
    #[arg(long, short)]
    watch: bool,
}

/// Tasks and locks that are listed without `--all`.
const SHOWN: usize = 20;

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    if !args.watch {
        print(context, &axon.boards(args.mission)?, args.all)?;
        return Ok(ExitCode::SUCCESS);
    }
    let cancel = follow::cancel_on_ctrl_c()?;
    let mut screen = Screen::default();
    let redraws = !context.json && std::io::stdout().is_terminal() && progress::redraws();
    axon.watch_boards(args.mission, &cancel, &mut |boards| match redraws {
        true => redraw(&mut screen, boards),
        false => print(context, boards, args.all),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print(context: &Context, boards: &[Board], all: bool) -> Result<()> {
    if context.json {
        return context.print_json(&json!({ "boards": boards }));
    }
    if boards.is_empty() {
        report::note(NOTHING);
        return Ok(());
    }
    let most = if all { usize::MAX } else { SHOWN };
    let room = match std::io::stdout().is_terminal() {
        true => progress::width(),
        false => usize::MAX,
    };
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    for (place, board) in boards.iter().enumerate() {
        if place > 0 {
            writeln!(out).map_err(not_printed)?;
        }
        for row in rows(board, room, most) {
            writeln!(out, "{}", row.ansi()).map_err(not_printed)?;
        }
    }
    out.flush().map_err(not_printed)
}

const NOTHING: &str = "no mission is under way; `axon board M` shows the board of one that ended";

fn redraw(screen: &mut Screen, boards: &[Board]) -> Result<()> {
    let size = progress::size();
    let (room, lines) = (size.columns.max(1), size.rows.saturating_sub(1).max(1));
    // Title, facts, the sum of the rest and that of the locks.
    let most = (lines / boards.len().max(1)).saturating_sub(4) / 2;
    let mut shown: Vec<Row> = boards.iter().flat_map(|board| rows(board, room, most)).collect();
    if shown.is_empty() {
        shown.push(Row::new(room).with(DIM, NOTHING));
    }
    shown.truncate(lines);
    let Some(written) = screen.show(&shown, size) else { return Ok(()) };
    let mut out = anstream::stdout().lock();
    out.write_all(written.as_bytes()).and_then(|()| out.flush()).map_err(not_printed)
}

/// A board in lines: at most so many tasks and so many locks, the rest counted.
fn rows(board: &Board, room: usize, most: usize) -> Vec<Row> {
    let mut rows = vec![
        Row::new(room).with(BOLD, &format!("{}  {}", board.mission, board.title)),
        facts(board, room),
    ];
    let mut tasks: Vec<&BoardTask> = board.tasks.iter().collect();
    tasks.sort_by_key(|task| (task.state, task.id));
    let (listed, rest) = tasks.split_at(tasks.len().min(most));
    let file = listed.iter().map(|task| crate::ui::columns::width(&task.path)).max().unwrap_or(0);
    // Half of the line is for what is to be said about files, where there is anything.
    let silent = listed.iter().all(|task| note(task).is_empty());
    let file = file.min(room.saturating_sub(26) / if silent { 1 } else { 2 });
    rows.extend(listed.iter().map(|task| line(task, room, file)));
    if !rest.is_empty() {
        let counted = |place: Place| {
            let number = rest.iter().filter(|task| task.state == place).count();
            (number > 0).then(|| format!("{} {}", thousands(number as u64), place.name()))
        };
        let parts: Vec<String> = Place::ALL.iter().filter_map(|place| counted(*place)).collect();
        rows.push(Row::new(room).with(DIM, &format!("  … {}", parts.join(", "))));
    }
    let mut locks: Vec<&LockEntry> = board.locks.iter().collect();
    locks.sort_by_key(|lock| (lock.waiting.is_empty(), &lock.entity));
    rows.extend(locks.iter().take(most).map(|entry| lock(entry, room)));
    if locks.len() > most {
        let more = count(locks.len() - most, "more is held", "more are held");
        rows.push(Row::new(room).with(DIM, &format!("  … {more}")));
    }
    rows
}

fn facts(board: &Board, room: usize) -> Row {
    let counts = board.counts;
    let mut text = format!("    {}", board.phase.name());
    if counts.tasks > 0 {
        text.push_str(&format!(": {}", count(counts.tasks, "task", "tasks")));
    }
    let numbers = [
        (counts.merged, "merged"),
        (counts.done, "done"),
        (counts.working, "in work"),
        (counts.waiting, "waiting"),
        (counts.failed, "failed"),
        (counts.left_out, "left out"),
    ];
    for (number, word) in numbers.iter().filter(|(number, _)| *number > 0) {
        text.push_str(&format!(", {} {word}", thousands(*number as u64)));
    }
    if board.trying > 0 {
        let parts = count(board.trying, "part", "parts");
        text.push_str(&format!("; wave {} with {parts}", board.wave));
    }
    Row::new(room).with(DIM, &text)
}

fn line(task: &BoardTask, room: usize, file: usize) -> Row {
    let style = match task.state {
        Place::Failed => BAD,
        Place::Blocked | Place::LeftOut => WAITS,
        Place::Working => BUSY,
        Place::Done | Place::Merged => GOOD,
        Place::Waiting => DIM,
    };
    let agent = task.agent.map(|id| format!("coder {id}")).unwrap_or_default();
    let note = note(task);
    let path = crate::ui::columns::pad(&cut_path(&task.path, file), file);
    let path = if note.is_empty() { path.trim_end().to_owned() } else { format!("{path}  ") };
    Row::new(room)
        .with(PLAIN, &format!("  {:<5} ", task.id.to_string()))
        .with(style, &format!("{:<8} ", task.state.name()))
        .with(PLAIN, &format!("{agent:<9} "))
        .with(PLAIN, &path)
        .with(DIM, &note)
}

/// Why a task does not get on, or what became of it.
fn note(task: &BoardTask) -> String {
    if !task.blocked.is_empty() {
        let waits = |one: &axon_runtime::Blocked| {
            format!("waits for {} behind {}", entity_name(&one.entity), names(&one.behind))
        };
        return task.blocked.iter().map(waits).collect::<Vec<_>>().join("; ");
    }
    if task.after.is_empty() {
        return task.note.clone();
    }
    let after: Vec<String> = task.after.iter().take(8).map(ToString::to_string).collect();
    let more = if task.after.len() > after.len() { ", …" } else { "" };
    format!("after {}{more}", after.join(", "))
}

fn lock(entry: &LockEntry, room: usize) -> Row {
    let held: Vec<Holder> = entry.held.iter().map(|one| one.holder.clone()).collect();
    let waiting: Vec<Holder> = entry.waiting.iter().map(|one| one.holder.clone()).collect();
    let mut row = Row::new(room).with(PLAIN, "  held  ").with(PLAIN, entity_name(&entry.entity));
    row.push(BUSY, &format!("  {}", names(&held)));
    if !waiting.is_empty() {
        row.push(WAITS, &format!("  then {}", names(&waiting)));
    }
    row
}

fn names(holders: &[Holder]) -> String {
    let names: Vec<String> = holders.iter().take(8).map(Holder::to_string).collect();
    let more = if holders.len() > names.len() { ", …" } else { "" };
    if names.is_empty() { "nobody".to_owned() } else { format!("{}{more}", names.join(", ")) }
}
