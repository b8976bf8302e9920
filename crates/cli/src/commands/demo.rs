//! `axon demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use axon_domain::Result;
use axon_runtime::{CheckChoice, Goal, Request, Undecided, demo};

use crate::commands::run::finish;
use crate::context::{Context, wall_clock};
use crate::ui::{follow, report};

/// Run a mission on a sample repository.
///
/// The repository, a small shop in Python, is made in a temporary folder. No model, no key,
/// no network. The folder stays, so that you can look around in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon demo")]
pub(crate) struct Args {
    /// The folder to make the repository in; must not exist. By default a temporary one.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let seconds = i64::try_from(wall_clock() / 1_000).unwrap_or_default();
    let folder = demo::create(args.into.as_deref(), &std::env::temp_dir(), seconds)?;
    report::note(&format!("a small shop in Python, in {}\n", folder.display()));
    let axon = context.open_at(folder.clone())?;
    let mut watcher = follow::watcher(context, &axon, args.events)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let request = Request {
        goal: Goal::Rename {
            from: "calculate_total".to_owned(),
            to: "order_total".to_owned(),
            at: None,
            kind: None,
            keep_alias: false,
        },
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Leave,
        agents: None,
        unconfined: false,
        no_verify: false,
    };
    let mission = axon.run(request, watcher.observer(), &cancel)?;
    let code = finish(context, &axon, &mission)?;
    report::note(&format!(
        "\nlook around: cd {}\n  axon why shop/pricing.py:{}\n  axon log {} --kind DECISION\n  axon verify",
        folder.display(),
        demo::INTERESTING_LINE,
        mission.id,
    ));
    Ok(code)
}
