//! `axon attach`.

use std::process::ExitCode;

use axon_domain::{MissionId, Result};

use crate::commands::parse_mission;
use crate::commands::run::finish;
use crate::context::Context;
use crate::ui::follow;

/// Follow a mission that another process works on, from its beginning to its end.
///
/// Questions are asked here too; the first answer counts. Ctrl-C asks whether to stop watching
/// or to cancel the mission; a second one stops watching at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon attach m1")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let mut watcher = follow::watcher(context, &axon, args.events)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let mission = axon.attach(args.mission, watcher.observer(), &cancel)?;
    finish(context, &axon, &mission)
}
