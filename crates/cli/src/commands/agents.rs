//! `axon agents`.

use std::io::Write;
use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use axon_runtime::{AgentStanding, rfc3339};
use serde_json::{Value, json};

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{clean, fitting, report, table};

/// List agents: role, state, task, since when, messages.
///
/// Without a mission, the agents of all missions that have not ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  axon agents\n  axon agents m1 --json")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: Option<MissionId>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let agents = context.open()?.agents(args.mission)?;
    if context.json {
        let list: Vec<Value> = agents.iter().map(to_json).collect();
        context.print_json(&json!({ "agents": list }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if agents.is_empty() {
        let of = args.mission.map_or("that has not ended".to_owned(), |id| format!("{id}"));
        report::note(&format!("no agents in a mission {of}; `axon missions` lists missions"));
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = agents.iter().map(row).collect();
    let header =
        ["mission", "agent", "role", "state", "since", "done", "sent", "heard", "failed", "task"];
    let table = table::render(&header, &rows);
    let mut out = anstream::stdout().lock();
    let mut lines = table.lines();
    lines.try_for_each(|line| writeln!(out, "{}", fitting(line, 0))).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

fn row(one: &AgentStanding) -> Vec<String> {
    let since = rfc3339(one.since);
    let task = match (one.task, &one.path) {
        (Some(task), Some(path)) => format!("{task} {}", clean(path)),
        (Some(task), None) => task.to_string(),
        (None, _) => String::new(),
    };
    vec![
        one.mission.to_string(),
        one.agent.to_string(),
        one.role.to_string(),
        clean(&one.state).into_owned(),
        since.get(11..19).unwrap_or(&since).to_owned(),
        one.done.to_string(),
        one.sent.to_string(),
        one.received.to_string(),
        one.failures.to_string(),
        task,
    ]
}

fn to_json(one: &AgentStanding) -> Value {
    let mut value = json!(one);
    value["since"] = rfc3339(one.since).into();
    value
}
