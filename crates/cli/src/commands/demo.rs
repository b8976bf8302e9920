//! `axon demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use axon_domain::{Language, Result};
use axon_runtime::demo::{self, Sample};
use axon_runtime::{CheckChoice, Goal, Request, Undecided};

use crate::commands::run::finish;
use crate::context::{Context, wall_clock};
use crate::ui::{follow, report};

/// Run a mission on a sample repository.
///
/// The repository, a small shop in Python, is made in a temporary folder. No model, no key,
/// no network. The folder stays, so that you can look around in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  axon demo\n  axon demo --large")]
pub(crate) struct Args {
    /// The folder to make the repository in; must not exist. By default a temporary one.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// A warehouse of 600 files instead of the shop, six coders, and a file that the check finds.
    #[arg(long)]
    large: bool,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let seconds = i64::try_from(wall_clock() / 1_000).unwrap_or_default();
    let sample = if args.large { Sample::Warehouse } else { Sample::Shop };
    let folder = demo::create(sample, args.into.as_deref(), &std::env::temp_dir(), seconds)?;
    let what = if args.large { "a large warehouse" } else { "a small shop" };
    report::note(&format!("{what} in Python, in {}\n", folder.display()));
    let axon = context.open_at(folder.clone())?;
    let mut watcher = follow::watcher(context, &axon, args.events)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let request = request(sample);
    let mission = axon.run(request, watcher.observer(), &cancel)?;
    let code = finish(context, &axon, &mission)?;
    let (path, line) = match sample {
        Sample::Shop => ("shop/pricing.py", demo::INTERESTING_LINE),
        Sample::Warehouse => (demo::SHELF, demo::SHELF_LINE),
    };
    report::note(&format!(
        "\nlook around: cd {}\n  axon why {path}:{line}\n  axon log {} --kind DECISION\n  axon verify",
        folder.display(),
        mission.id,
    ));
    Ok(code)
}

fn request(sample: Sample) -> Request {
    let (goal, check, agents) = match sample {
        Sample::Shop => {
            let (from, to) = ("calculate_total".to_owned(), "order_total".to_owned());
            let goal = Goal::Rename { from, to, at: None, kind: None, keep_alias: false };
            (goal, CheckChoice::Found, None)
        }
        Sample::Warehouse => {
            let goal = Goal::Rewrite {
                pattern: "pricing.net($PRICE)".to_owned(),
                replacement: "pricing.gross($PRICE)".to_owned(),
                language: Language::Python,
            };
            (goal, CheckChoice::Command("python3 -m unittest -q".to_owned()), Some(6))
        }
    };
    Request {
        goal,
        paths: Vec::new(),
        check,
        undecided: Undecided::Leave,
        agents,
        unconfined: false,
        no_verify: false,
    }
}
