//! `axon resume`.

use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use axon_runtime::{Axon, Mission, Standing};

use crate::commands::parse_mission;
use crate::commands::run::finish;
use crate::context::Context;
use crate::ui::{clean, follow, report};

/// Go on with missions that were interrupted or paused.
///
/// Without a mission: with all that were interrupted, one after the other. Steps that finished
/// are not run again; the same tree comes out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  axon resume\n  axon resume m1")]
pub(crate) struct Args {
    /// Only this mission; also lifts its pause.
    #[arg(value_parser = parse_mission)]
    mission: Option<MissionId>,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let missions = match args.mission {
        Some(id) => vec![axon.mission(id)?],
        None => interrupted(context, &axon)?,
    };
    let mut last = ExitCode::SUCCESS;
    let cancel = follow::cancel_on_ctrl_c()?;
    for mission in missions {
        let id = mission.id;
        if !context.json && mission.outcome().is_none() {
            let (title, phase) = (mission.title(), mission.phase.name());
            let why = if mission.paused { "paused" } else { "interrupted" };
            report::note(&format!("{id}  {}\n{why} while {phase}; goes on", clean(&title)));
        }
        let mut watcher = follow::watcher(context, &axon, args.events)?;
        follow::catch_up(&mut watcher, &axon, &mission)?;
        let mission = axon.resume(id, watcher.observer(), &cancel)?;
        last = finish(context, &axon, &mission)?;
    }
    Ok(last)
}

/// Missions that nobody works on and nobody paused.
fn interrupted(context: &Context, axon: &Axon) -> Result<Vec<Mission>> {
    let at_work = axon.at_work();
    let mut found = Vec::new();
    for mission in axon.open_missions()? {
        match at_work.standing(&mission) {
            Some(Standing::Interrupted) => found.push(mission),
            Some(Standing::Paused) if !context.json => {
                let id = mission.id;
                report::note(&format!("{id} is paused: axon resume {id}"));
            }
            _ => {}
        }
    }
    if found.is_empty() && !context.json {
        report::note("nothing was interrupted");
    }
    Ok(found)
}
