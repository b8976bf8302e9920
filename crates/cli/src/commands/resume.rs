//! `axon resume`.

use std::process::ExitCode;

use axon_domain::Result;

use crate::commands::run::finish;
use crate::context::Context;
use crate::ui::{clean, follow, report};

/// Go on with missions that were interrupted.
///
/// Steps that finished are not run again; the same tree comes out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon resume")]
pub(crate) struct Args {
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let mut last = ExitCode::SUCCESS;
    let open = axon.open_missions()?;
    if open.is_empty() && !context.json {
        report::note("nothing was interrupted");
        for id in axon.conflicted_missions()? {
            report::note(&format!("{id} is in conflict: axon conflicts {id}"));
        }
    }
    let cancel = follow::cancel_on_ctrl_c()?;
    for id in open {
        let mission = axon.mission(id)?;
        if !context.json {
            let (title, phase) = (mission.title(), mission.phase.name());
            report::note(&format!("{id}  {}\ninterrupted while {phase}; goes on", clean(&title)));
        }
        let mut watcher = follow::watcher(context, &axon, args.events)?;
        follow::catch_up(&mut watcher, &axon, &mission)?;
        let mission = axon.resume(id, watcher.observer(), &cancel)?;
        last = finish(context, &axon, &mission)?;
    }
    Ok(last)
}
