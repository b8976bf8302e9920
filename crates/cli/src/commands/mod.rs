//! One file per command: the arguments, whose comments are the help, then what it does.

mod agents;
mod apply;
mod attach;
mod backup;
mod board;
mod cancel;
mod completions;
mod conflicts;
mod demo;
mod diff;
mod discard;
mod doctor;
mod locks;
mod log;
mod missions;
mod owner;
mod pause;
mod rebase;
mod resolve;
mod resume;
mod rewind;
mod run;
mod show;
mod status;
mod verify;
mod why;

use std::process::ExitCode;

use axon_domain::{Code, Error, MissionId, Result};
use clap::Subcommand;

use crate::context::{Context, Global};

/// The exit code of what leaves a mission resumable.
const INTERRUPTED: u8 = 130;

/// Every command.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, parsed once")]
pub(crate) enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Attach(attach::Args),
    Pause(pause::Args),
    Resume(resume::Args),
    Cancel(cancel::Args),
    Missions(missions::Args),
    Show(show::Args),
    Board(board::Args),
    Agents(agents::Args),
    Locks(locks::Args),
    Log(log::Args),
    Why(why::Args),
    Diff(diff::Args),
    Apply(apply::Args),
    Discard(discard::Args),
    Rebase(rebase::Args),
    Conflicts(conflicts::Args),
    Resolve(resolve::Args),
    Rewind(rewind::Args),
    Verify(verify::Args),
    Backup(backup::Args),
    Status(status::Args),
    Doctor(doctor::Args),
    Owner(owner::Args),
    Completions(completions::Args),
}

/// Runs a command; the exit code is that of a command that did what it could.
pub(crate) fn run(global: &Global, command: Command) -> Result<ExitCode> {
    let context = Context::new(global)?;
    let says_it_itself = matches!(
        command,
        Command::Demo(_)
            | Command::Rebase(_)
            | Command::Conflicts(_)
            | Command::Resolve(_)
            | Command::Owner(_)
            | Command::Pause(_)
            | Command::Resume(_)
            | Command::Status(_)
    );
    let done = perform(&context, command);
    // An error that leaves a mission resumable says so.
    let said = matches!(&done, Err(error) if error.code().exit_code() == INTERRUPTED);
    if !says_it_itself && !said {
        context.remind_of_waiting();
    }
    done
}

fn perform(context: &Context, command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::run(context, &args),
        Command::Run(args) => run::run(context, args),
        Command::Attach(args) => attach::run(context, &args),
        Command::Pause(args) => pause::run(context, &args),
        Command::Resume(args) => resume::run(context, &args),
        Command::Cancel(args) => cancel::run(context, &args),
        Command::Missions(args) => missions::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Board(args) => board::run(context, &args),
        Command::Agents(args) => agents::run(context, &args),
        Command::Locks(args) => locks::run(context, &args),
        Command::Log(args) => log::run(context, &args),
        Command::Why(args) => why::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::Discard(args) => discard::run(context, &args),
        Command::Rebase(args) => rebase::run(context, args),
        Command::Conflicts(args) => conflicts::run(context, &args),
        Command::Resolve(args) => resolve::run(context, &args),
        Command::Rewind(args) => rewind::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Backup(args) => backup::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Owner(args) => owner::run(context, &args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Reads `m3`, and `axon/m3` as it stands in Git.
fn parse_mission(text: &str) -> Result<MissionId, String> {
    let name = text.strip_prefix("axon/").unwrap_or(text);
    name.parse().map_err(|()| "a mission is written like m3; `axon missions` lists them".into())
}

/// An error for a printed result that could not be written. A reader that has seen enough
/// (`axon log | head`) is none: what was asked for is done, only printing it was left.
#[expect(clippy::disallowed_methods, reason = "nobody is left to print an error to")]
pub(crate) fn not_printed(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    Error::new(Code::Io, "standard output cannot be written").because(error)
}
