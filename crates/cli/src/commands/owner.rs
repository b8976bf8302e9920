//! `axon owner`.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use axon_domain::{Code, Error, MissionId, Result};
use axon_runtime::rfc3339;
use serde_json::json;

use crate::commands::parse_mission;
use crate::context::{Context, wall_clock};
use crate::ui::{follow, report};

/// Work on missions that other commands hand over.
///
/// Ends by itself when there was nothing to do for two seconds. `axon run --detach` starts it
/// where it is needed; there is no need to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon owner")]
pub(crate) struct Args {
    /// Missions to go on with.
    #[arg(value_parser = parse_mission)]
    missions: Vec<MissionId>,
    /// Leave the terminal: a session of its own, and output to .axon/owner.log.
    #[arg(long)]
    background: bool,
}

/// Bytes of the log after which it is begun anew.
const MOST_LOGGED: u64 = 1 << 20;

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    if args.background {
        // It fails for the leader of a process group, which then is in a terminal on purpose.
        let _ = rustix::process::setsid();
    }
    let axon = context.open()?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let mut ready = || {
        if context.json {
            context.print_json(&json!({ "ready": true, "pid": std::process::id() }))?;
        } else {
            report::note("ready; ends when there is nothing to do");
        }
        if args.background { leave_terminal(axon.root()) } else { Ok(()) }
    };
    let mut log = |line: &str| {
        let now = rfc3339(wall_clock());
        let _ = writeln!(anstream::stderr(), "{now} {line}");
    };
    axon.own(&args.missions, &mut ready, &mut log, &cancel)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to the log from now on; whoever started this process is not written to any more.
fn leave_terminal(root: &Path) -> Result<()> {
    let path = root.join(".axon/owner.log");
    let failed = |error: std::io::Error| {
        Error::new(Code::Io, "the log of the owner cannot be written")
            .at(path.display().to_string())
            .because(error)
    };
    let mut log = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    if log.metadata().map_err(failed)?.len() > MOST_LOGGED {
        log = File::create(&path).map_err(failed)?;
    }
    let copies = rustix::stdio::dup2_stdout(&log).and_then(|()| rustix::stdio::dup2_stderr(&log));
    copies.map_err(|error| failed(error.into()))
}
