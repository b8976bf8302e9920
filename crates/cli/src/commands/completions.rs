//! `axon completions`.

use std::process::ExitCode;

use axon_domain::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::Cli;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    axon completions bash > ~/.local/share/bash-completion/completions/axon")]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    clap_complete::generate(args.shell, &mut Cli::command(), "axon", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
