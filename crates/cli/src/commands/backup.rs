//! `axon backup`.

use std::path::PathBuf;
use std::process::ExitCode;

use axon_domain::Result;
use serde_json::json;

use crate::context::Context;
use crate::ui::{count, report};

/// Copy the ledger into one file, and verify the copy.
///
/// Works also while a mission runs. To restore it, put it back as .axon/ledger.db while no mission runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon backup ../axon-2026-11-20.db")]
pub(crate) struct Args {
    /// The file to write; it must not exist.
    file: PathBuf,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let events = axon.backup(&args.file)?;
    if context.json {
        context.print_json(&json!({ "file": args.file, "events": events }))?;
    } else {
        let events = count(events, "event", "events");
        report::note(&format!("{events} in {}, verified", args.file.display()));
    }
    Ok(ExitCode::SUCCESS)
}
