//! `axon apply`.

use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use axon_runtime::Applied;
use serde_json::json;

use crate::commands::parse_mission;
use crate::context::Context;
use crate::ui::report;

/// Bring a mission's result into the current branch.
///
/// Moves the branch and the working tree forward, as `git merge --ff-only` does. Needs a clean working tree and a HEAD that is still where the mission began; says what to
/// do otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon apply m1")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let applied = axon.apply(args.mission)?;
    if context.json {
        let already = applied == Applied::AlreadyApplied;
        context.print_json(&json!({ "applied": true, "already": already }))?;
        return Ok(ExitCode::SUCCESS);
    }
    report::note(match applied {
        Applied::FastForwarded => "applied; `git reset --hard ORIG_HEAD` would take it back",
        Applied::AlreadyApplied => "HEAD contains it already",
    });
    Ok(ExitCode::SUCCESS)
}
