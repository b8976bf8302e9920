//! The binary `axon`: see it, prove it, rewind it.

mod commands;
mod context;
mod ui;

use std::process::ExitCode;

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
    let cli = Cli::parse();
    cli.global.color.write_global();
    match commands::run(&cli.global, cli.command) {
        Ok(code) => code,
        Err(error) => {
            ui::problem::print(&error, cli.global.json);
            ExitCode::from(error.code().exit_code())
        }
    }
}
