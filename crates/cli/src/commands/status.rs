//! `axon status`.

use std::io::{self, Write};
use std::process::ExitCode;

use axon_domain::Result;
use axon_runtime::Status;
use serde_json::json;

use crate::commands::missions::{standing, to_json};
use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{clean, count};

/// Show the repository, the ledger, and what needs attention.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon status")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let status = axon.status()?;
    if context.json {
        let missions: Vec<_> =
            status.missions.iter().map(|one| to_json(one, &status.at_work)).collect();
        context.print_json(&json!({
            "root": status.root,
            "branch": status.branch,
            "head": status.head.to_string(),
            "uncommitted": status.changed,
            "events": status.events,
            "owner_pid": status.at_work.owner,
            "needs_resume": status.needs_resume(),
            "missions": missions,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&status, &mut anstream::stdout().lock()).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

fn print(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let head = status.head.to_string();
    let branch = status.branch.as_deref().unwrap_or("detached HEAD");
    writeln!(out, "repository  {} ({branch} at {})", status.root.display(), &head[..10])?;
    let changes = match status.changed {
        0 => "clean".to_owned(),
        number => format!(
            "{} uncommitted; missions start from the commit",
            count(number, "file", "files")
        ),
    };
    writeln!(out, "files       {changes}")?;
    match status.events {
        None => writeln!(out, "ledger      none yet; the first mission makes it")?,
        Some(events) => writeln!(out, "ledger      {}", count(events, "event", "events"))?,
    }
    if let Some(pid) = status.at_work.owner {
        writeln!(out, "owner       process {pid} is writing now")?;
    }
    for mission in &status.missions {
        let (id, standing) = (mission.id.to_string(), standing(mission, &status.at_work));
        writeln!(out, "{id:<11} {standing}: {}", clean(&mission.title()))?;
    }
    for mission in status.missions.iter().filter(|mission| mission.in_conflict()) {
        let id = mission.id;
        writeln!(out, "\n{id} needs a person: axon conflicts {id}")?;
    }
    if status.needs_resume() {
        writeln!(out, "\na mission was interrupted: axon resume")?;
    }
    Ok(())
}
