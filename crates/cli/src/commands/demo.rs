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
    /// Two missions of six coders in a warehouse of 400 files, one of which the check refuses.
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
    let cancel = follow::cancel_on_ctrl_c()?;
    let requests = match sample {
        Sample::Shop => vec![request(rename("calculate_total", "order_total"))],
        Sample::Warehouse => warehouse(),
    };
    let mut code = ExitCode::SUCCESS;
    let mut last = None;
    for request in requests {
        if last.is_some() {
            report::note("");
        }
        let mut watcher = follow::watcher(context, &axon, args.events)?;
        let mission = axon.run(request, watcher.observer(), &cancel)?;
        code = finish(context, &axon, &mission)?;
        last = Some(mission.id);
    }
    let (path, line) = match sample {
        Sample::Shop => ("shop/pricing.py", demo::INTERESTING_LINE),
        Sample::Warehouse => (demo::SHELF, demo::SHELF_LINE),
    };
    let mission = last.map(|id| id.to_string()).unwrap_or_default();
    report::note(&format!(
        "\nlook around: cd {}\n  axon why {path}:{line}\n  axon log {mission} --kind DECISION\n  axon verify",
        folder.display(),
    ));
    Ok(code)
}

fn rename(from: &str, to: &str) -> Goal {
    let (from, to) = (from.to_owned(), to.to_owned());
    Goal::Rename { from, to, at: None, kind: None, keep_alias: false }
}

/// A rename that touches every shelf, and a rewrite that one file does not survive.
fn warehouse() -> Vec<Request> {
    let rewrite = Goal::Rewrite {
        pattern: "pricing.net($PRICE)".to_owned(),
        replacement: "pricing.gross($PRICE)".to_owned(),
        language: Language::Python,
    };
    let six = |goal| Request {
        check: CheckChoice::Command("python3 -m unittest -q".to_owned()),
        agents: Some(6),
        ..request(goal)
    };
    vec![six(rename("count_boxes", "number_of_boxes")), six(rewrite)]
}

fn request(goal: Goal) -> Request {
    Request {
        goal,
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Leave,
        agents: None,
        unconfined: false,
        no_verify: false,
    }
}
