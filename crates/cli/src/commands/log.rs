//! `axon log`.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use axon_domain::{Event, Kind, MissionId, Result};
use axon_runtime::{Axon, LogFilter, rfc3339, summary};

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{columns, follow, progress};

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
    let line = Line::of(event);
    let room = io::stdout().is_terminal().then(progress::width);
    let text = columns::cut(&summary(event), line.room(room));
    let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
    let Line { seq, clock, belongs, kind, role } = line;
    if room.is_some_and(|columns| columns < WIDE) {
        let clock = clock.get(..8).unwrap_or(&clock);
        return writeln!(out, "{seq:>5} {dim}{clock}{dim:#} {belongs:<7} {kind:<13} {text}");
    }
    writeln!(
        out,
        "{seq:>5} {dim}{clock}{dim:#} {belongs:<8} {kind:<13} {dim}{role:<10}{dim:#} {text}"
    )
}

/// Columns that a terminal needs for every part of a line; with fewer, the text gets the room of
/// the role and of the milliseconds.
const WIDE: usize = 100;
/// Characters of a text that no terminal cuts.
const PIPED: usize = 200;

/// What stands before the text.
struct Line {
    seq: u64,
    clock: String,
    belongs: String,
    kind: &'static str,
    role: &'static str,
}

impl Line {
    fn of(event: &Event) -> Self {
        let time = rfc3339(event.time.millis());
        let mission = event.mission.map(|id| id.to_string()).unwrap_or_default();
        let task = event.task.map(|id| format!(".{id}")).unwrap_or_default();
        Self {
            seq: event.seq.0,
            clock: time.get(11..23).unwrap_or(&time).to_owned(),
            belongs: format!("{mission}{task}"),
            kind: event.kind.name(),
            role: event.role.name(),
        }
    }

    /// Characters left for the text on a terminal of so many columns.
    fn room(&self, columns: Option<usize>) -> usize {
        let Some(columns) = columns else { return PIPED };
        let (clock, belongs, role) = if columns < WIDE { (8, 7, 0) } else { (12, 8, 11) };
        let seq = self.seq.to_string().len().max(5);
        let before = seq + clock + self.belongs.len().max(belongs) + 13 + role + 4;
        columns.saturating_sub(before)
    }
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    text.replace('-', "_").parse().map_err(|()| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("one of {}", names.join(", "))
    })
}
