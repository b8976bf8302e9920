//! `axon pause`.

use std::process::ExitCode;

use axon_domain::{ControlStep, MissionId, Result};
use serde_json::json;

use crate::commands::parse_mission;
use crate::context::Context;
use crate::ui::{count, report};

/// Pause a mission.
///
/// Steps that run are finished and recorded; nothing new is begun until `axon resume M`. It stays
/// paused whatever becomes of the process that works on it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon pause m1 --reason 'the machine is needed'")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let id = args.mission;
    let running = axon.control(id, ControlStep::Pause, &args.reason)?;
    if context.json {
        context.print_json(&json!({ "paused": id.to_string(), "running": running }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rest = match running {
        0 => String::new(),
        _ => format!("; {} first", count(running, "step is finished", "steps are finished")),
    };
    report::note(&format!("{id} is paused{rest}; axon resume {id}"));
    Ok(ExitCode::SUCCESS)
}
