//! `axon log`.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use axon_domain::{Event, Kind, MissionId, Result};
use axon_runtime::{Axon, LogFilter, rfc3339, summary};

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{follow, progress};

/// Print events, oldest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon log m1 --kind DECISION --kind REFLEX\n  \
    axon log --follow --json")]
pub(crate) struct Args {
    /// Only events of this mission.
    #[arg(value_parser = parse_mission)]
    mission: Option<MissionId>,
    /// Only events of this kind (DECISION, STATE_CHANGE, REFLEX, …); may be given more than
    /// once.
    #[arg(long = "kind", value_name = "KIND", value_parser = parse_kind)]
    kinds: Vec<Kind>,
    /// Only events after this one.
    #[arg(long, value_name = "EVENT", default_value_t = 0)]
    after: u64,
    /// Go on as new events come, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let filter = LogFilter { mission: args.mission, kinds: args.kinds.clone(), after: args.after };
    let mut out = anstream::stdout().lock();
    let mut print = |event: &Event| print_one(context, &axon, event, &mut out).map_err(not_printed);
    if args.follow {
        let cancel = follow::cancel_on_ctrl_c()?;
        axon.follow(filter, &cancel, &mut print)?;
    } else {
        axon.events(&filter, &mut print)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_one(context: &Context, axon: &Axon, event: &Event, out: &mut dyn Write) -> io::Result<()> {
    if context.json {
        return writeln!(out, "{}", axon.cloud_event(event));
    }
    let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
    let time = rfc3339(event.time.millis());
    let clock = time.get(11..23).unwrap_or(&time);
    let mission = event.mission.map(|id| id.to_string()).unwrap_or_default();
    let task = event.task.map(|id| format!(".{id}")).unwrap_or_default();
    let belongs = format!("{mission}{task}");
    let (seq, kind, role) = (event.seq.0, event.kind, event.role);
    let text = progress::cut(&summary(event), 200);
    writeln!(
        out,
        "{seq:>5} {dim}{clock}{dim:#} {belongs:<8} {kind:<13} {dim}{role:<10}{dim:#} {text}"
    )
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    text.replace('-', "_").parse().map_err(|()| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("one of {}", names.join(", "))
    })
}
