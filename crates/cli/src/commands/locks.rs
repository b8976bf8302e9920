//! `axon locks`.

use std::io::{self, Write};
use std::process::ExitCode;

use axon_domain::{Holder, Obstacle, Result};
use axon_runtime::{BrokenDeadlock, LockEntry, LockTable, rfc3339};
use serde_json::{Value, json};

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::live::{BUSY, DIM, PLAIN, Row, WAITS};
use crate::ui::report;

/// Show locks: who holds what, who waits behind whom, deadlocks that were broken.
///
/// A holder is m3/4 (agent 4 of mission 3), m3/t12/4 (the same for a task), a person or a
/// session.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  axon locks\n  axon locks --json")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: &Args) -> Result<ExitCode> {
    let table = context.open()?.lock_table()?;
    if context.json {
        context.print_json(&to_json(&table))?;
        return Ok(ExitCode::SUCCESS);
    }
    if table.locks.is_empty() {
        report::note("nothing is held");
    }
    print(&table, &mut anstream::stdout().lock()).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

fn print(table: &LockTable, out: &mut dyn Write) -> io::Result<()> {
    for entry in &table.locks {
        for row in rows(entry) {
            writeln!(out, "{}", row.ansi())?;
        }
    }
    for deadlock in &table.deadlocks {
        for row in broken(deadlock) {
            writeln!(out, "{}", row.ansi())?;
        }
    }
    Ok(())
}

fn line() -> Row {
    Row::new(usize::MAX)
}

fn rows(entry: &LockEntry) -> Vec<Row> {
    let mut rows = vec![line().with(PLAIN, entry.entity.as_str())];
    for held in &entry.held {
        let mut more = format!("  token {}", held.token);
        if held.times > 1 {
            more.push_str(&format!(", taken {} times", held.times));
        }
        if let Some(until) = held.until {
            more.push_str(&format!(", until {}", rfc3339(until)));
        }
        let what = format!("  held     {:<9}  ", held.mode.name());
        let who = held.holder.to_string();
        rows.push(line().with(PLAIN, &what).with(BUSY, &who).with(DIM, &more));
    }
    for wait in &entry.waiting {
        let mut more = format!("  behind {}, since event {}", names(&wait.behind), wait.asked);
        if let Some(deadline) = wait.deadline {
            more.push_str(&format!(", until {}", rfc3339(deadline)));
        }
        let what = format!("  waiting  {:<9}  ", wait.mode.name());
        let who = wait.holder.to_string();
        rows.push(line().with(PLAIN, &what).with(WAITS, &who).with(DIM, &more));
    }
    rows
}

fn names(holders: &[Holder]) -> String {
    let names: Vec<String> = holders.iter().map(Holder::to_string).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// A deadlock that was broken: who gave way, and the circle.
fn broken(deadlock: &BrokenDeadlock) -> Vec<Row> {
    let BrokenDeadlock { seq, at, victim, cycle, again } = deadlock;
    let what = format!("deadlock, event {seq} at {}: {victim} gave way", rfc3339(*at));
    let mut rows = vec![line().with(WAITS, &what)];
    for (place, link) in cycle.iter().enumerate() {
        let next = cycle.get(place + 1).or(cycle.first()).map_or(&link.holder, |next| &next.holder);
        let how = match link.obstacle {
            Obstacle::Holds => format!("which {next} held"),
            Obstacle::Ahead => format!("behind {next}"),
        };
        let text = format!("  {} waited for {}, {how}", link.holder, link.entity);
        rows.push(line().with(PLAIN, &text));
    }
    if !again.is_empty() {
        let order: Vec<&str> = again.iter().map(|claim| claim.entity.as_str()).collect();
        rows.push(line().with(DIM, &format!("  it tries again: {}", order.join(", "))));
    }
    rows
}

/// For programs: times as text.
fn to_json(table: &LockTable) -> Value {
    let mut value = json!(table);
    let time = |value: &mut Value| {
        if let Some(millis) = value.as_u64() {
            *value = rfc3339(millis).into();
        }
    };
    for lock in value["locks"].as_array_mut().into_iter().flatten() {
        for held in lock["held"].as_array_mut().into_iter().flatten() {
            time(&mut held["until"]);
        }
        for wait in lock["waiting"].as_array_mut().into_iter().flatten() {
            time(&mut wait["deadline"]);
        }
    }
    for deadlock in value["deadlocks"].as_array_mut().into_iter().flatten() {
        time(&mut deadlock["at"]);
    }
    value
}
