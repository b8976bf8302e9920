//! `axon diff`.

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use serde_json::json;

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::patch;

/// Show what a mission changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon diff m1")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let changes = axon.diff(args.mission)?;
    if context.json {
        context.print_json(&json!({ "files": changes }))?;
    } else {
        let mut out = BufWriter::new(anstream::stdout().lock());
        patch::print(&changes, &mut out).and_then(|()| out.flush()).map_err(not_printed)?;
    }
    Ok(ExitCode::SUCCESS)
}
