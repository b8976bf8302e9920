//! `axon discard`.

use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use serde_json::json;

use crate::commands::parse_mission;
use crate::context::Context;
use crate::ui::report;

/// Drop a mission's result.
///
/// Its branch is removed, its record stays. A mission that was interrupted is ended as cancelled.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon discard m1")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    axon.discard(args.mission)?;
    if context.json {
        context.print_json(&json!({ "discarded": args.mission.to_string() }))?;
    } else {
        report::note("discarded; `axon rewind` still brings back any moment of it");
    }
    Ok(ExitCode::SUCCESS)
}
