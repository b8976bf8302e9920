//! The binary `axon`: see it, prove it, rewind it.

mod commands;
mod context;
mod ui;

use std::process::ExitCode;

use axon_domain::{Code, Error};
use clap::Parser;

use crate::commands::Command;
use crate::context::Global;

/// Runs missions on your code, records every step, explains every line, and takes any of it
/// back.
///
/// A mission works on a commit, never on your working tree; its result is a branch.
/// Everything it does is an event in a tamper-evident ledger under `.axon/`.
#[derive(Debug, Parser)]
#[command(
    name = "axon",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Try it:\n  \
        axon demo\n  \
        axon run --rename old_name new_name --dry-run\n\n\
        Exit codes: 0 done, 1 the result was rejected, 2 usage, 3 needs a model, 4 no single \
        answer in the code, 5 repository, 6 ledger, 7 confinement, 8 machine, 70 a bug, \
        130 interrupted; see docs/exit-codes.md."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => return refuse(&refusal),
    };
    cli.global.color.write_global();
    match commands::run(&cli.global, cli.command) {
        Ok(code) => code,
        Err(error) => {
            ui::problem::print(&error, cli.global.json);
            ExitCode::from(error.code().exit_code())
        }
    }
}

/// What clap says about a command line that it cannot take, or to `--help` and `--version`.
/// Who asked for JSON gets the error as JSON.
fn refuse(refusal: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if !(wants_json && refusal.use_stderr()) {
        // As `clap::Error::exit`: a closed pipe is nobody's problem.
        let _ = refusal.print();
        return ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(2));
    }
    let text = refusal.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let what = text.split("\n\n").next().unwrap_or(text).replace("\n", "");
    ui::problem::print(&Error::new(Code::Usage, what).hint("axon --help"), true);
    ExitCode::from(Code::Usage.exit_code())
}
