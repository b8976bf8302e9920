//! `axon cancel`.

use std::process::ExitCode;

use axon_domain::{ControlStep, MissionId, Result};
use serde_json::json;

use crate::commands::parse_mission;
use crate::context::Context;
use crate::ui::report;

/// Stop a mission for good.
///
/// What it runs is ended, and the mission ends as cancelled: without a branch, the record stays.
/// Once its commit is being made it is too late; `axon discard` takes that back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon cancel m1 --reason 'the wrong name'")]
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
    axon.control(id, ControlStep::Cancel, &args.reason)?;
    if context.json {
        context.print_json(&json!({ "cancelled": id.to_string() }))?;
    } else {
        report::note(&format!("{id} is cancelled"));
    }
    Ok(ExitCode::SUCCESS)
}
