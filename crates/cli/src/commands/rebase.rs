//! `axon rebase`.

use std::process::ExitCode;

use axon_domain::{CheckChoice, MissionId, Result, Undecided};
use axon_runtime::MoveOptions;

use crate::commands::parse_mission;
use crate::commands::run::{finish, parse_undecided};
use crate::context::Context;
use crate::ui::{follow, report};

/// Bring a mission's result onto HEAD, which has moved on.
///
/// A new mission takes the change of the other one, merges it with what HEAD has now, edits
/// places that are new there and meant as well, and is checked and reviewed as any mission. The
/// other mission and its branch stay as they are. What cannot be merged waits for you: see
/// `axon conflicts`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon rebase m1")]
pub(crate) struct Args {
    /// The mission whose result is moved.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    /// Prove the result by this command; by default as the mission was.
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_check")]
    check: Option<String>,
    /// Prove nothing; the result is marked as unproven.
    #[arg(long)]
    no_check: bool,
    /// What happens to new places that nothing in the code decides: ask, include or leave.
    #[arg(long, value_name = "WHAT", value_parser = parse_undecided)]
    undecided: Option<Undecided>,
    /// How many coders work at once; by default one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    agents: Option<u32>,
    /// Run the check and the hooks without confinement, this once. It is recorded.
    #[arg(long)]
    unconfined: bool,
    /// Make the commit without running your Git hooks. It is recorded.
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let check = match (args.check, args.no_check) {
        (Some(command), _) => Some(CheckChoice::Command(command)),
        (None, true) => Some(CheckChoice::None),
        (None, false) => None,
    };
    let options = MoveOptions {
        check,
        undecided: args.undecided,
        agents: args.agents,
        unconfined: args.unconfined,
        no_verify: args.no_verify,
    };
    let moving = axon.moving(args.mission, options)?;
    if !moving.follows && !context.json {
        report::note(&format!(
            "HEAD does not come after the commit that {} began with; what differs is merged all \
             the same",
            args.mission
        ));
    }
    let mut watcher = follow::watcher(context, &axon, args.events)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let mission = axon.run(moving.request, watcher.observer(), &cancel)?;
    finish(context, &axon, &mission)
}
