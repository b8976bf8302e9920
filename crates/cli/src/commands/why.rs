//! `axon why`.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::Style;
use axon_domain::Result;
use axon_runtime::{Cause, Why};
use serde_json::json;

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{clean, wrapped};

/// Say why a line is as it is.
///
/// The answer is the edit and its evidence, the decision, what was rejected, and the goal.
/// Without REV the newest mission branch that changed the file is looked at, else HEAD; the
/// answer says which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon why shop/cart.py:12\n  \
    axon why axon/m1:shop/cart.py:12")]
pub(crate) struct Args {
    /// The line, as [REV:]FILE:LINE.
    #[arg(value_name = "[REV:]FILE:LINE")]
    place: String,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let why = axon.why(&args.place)?;
    if context.json {
        context.print_json(&json!(why))?;
    } else {
        print(&why, &mut anstream::stdout().lock()).map_err(not_printed)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}:{}:{}{bold:#}", clean(&why.revision), clean(&why.path), why.line)?;
    if let Some(text) = &why.text {
        writeln!(out, "  {}", clean(text))?;
    }
    let commit = &why.commit[..10.min(why.commit.len())];
    let Some(cause) = &why.cause else {
        let (author, subject) = (clean(&why.author), clean(&why.subject));
        let what = why.remark.as_deref().unwrap_or("not by Axon");
        return writeln!(out, "{}: commit {commit} by {author}, {subject}", clean(what));
    };
    writeln!(out, "\ncommit    {commit}  {}", clean(&why.subject))?;
    let mut next = Some(cause);
    while let Some(cause) = next {
        print_cause(cause, out)?;
        next = cause.origin.as_deref();
        if let Some(origin) = next {
            writeln!(out, "\nthat moved the change of {}:", origin.mission)?;
        }
    }
    Ok(())
}

fn print_cause(cause: &Cause, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "goal      {}  (mission {}, event {})",
        clean(&cause.goal),
        cause.mission,
        cause.given
    )?;
    for decision in &cause.decisions {
        let (seq, decision) = (decision.seq, &decision.decision);
        writeln!(out, "decision  {}  (event {seq})", clean(&decision.chosen))?;
        writeln!(out, "          {}", wrapped(&clean(&decision.rationale), 10))?;
        for rejected in &decision.rejected {
            writeln!(out, "rejected  {}", clean(rejected))?;
        }
    }
    for edit in &cause.edits {
        let column = edit.site.column;
        writeln!(
            out,
            "edit      {} in column {column}: {}",
            edit.site.kind.name(),
            clean(&edit.site.evidence)
        )?;
    }
    if let Some(task) = &cause.task {
        writeln!(out, "task      {} {}  (event {})", task.id, clean(&task.title), task.event)?;
    }
    for verdict in &cause.verdicts {
        writeln!(out, "verdict   {}", wrapped(&clean(verdict), 10))?;
    }
    Ok(())
}
