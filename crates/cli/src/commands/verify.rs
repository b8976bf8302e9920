//! `axon verify`.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use axon_domain::{Code, Result};
use axon_runtime::Verification;
use serde_json::json;

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{clean, count, thousands};

/// Check that the ledger is complete and unchanged.
///
/// Every hash and every signature is computed again. Checkpoints in the commits of mission branches are checked too, so a branch that was
/// pushed is a witness against a ledger cut short.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon verify")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let found = axon.verify()?;
    if context.json {
        context.print_json(&json!(found))?;
    } else {
        print(&found, &mut anstream::stdout().lock()).map_err(not_printed)?;
    }
    let damaged = !found.problems.is_empty();
    Ok(ExitCode::from(if damaged { Code::LedgerDamaged.exit_code() } else { 0 }))
}

fn print(found: &Verification, out: &mut dyn Write) -> io::Result<()> {
    if !found.problems.is_empty() {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let problems = count(found.problems.len(), "problem", "problems");
        writeln!(out, "{red}not intact{red:#}: {problems}")?;
        for problem in &found.problems {
            writeln!(out, "  {}: {}", problem.place, clean(&problem.what))?;
        }
        return Ok(());
    }
    let green = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
    writeln!(
        out,
        "{green}intact{green:#}: {}, {}",
        count(found.events, "event", "events"),
        count(found.objects, "object", "objects"),
    )?;
    writeln!(out, "  ledger       {}", found.origin)?;
    let key = found.key.strip_prefix(&found.origin).unwrap_or(&found.key);
    writeln!(out, "  key          {}", key.trim_start_matches('+'))?;
    writeln!(
        out,
        "  checkpoints  {}, and {} in commits",
        count(found.checkpoints, "signature", "signatures"),
        thousands(found.witnesses),
    )?;
    writeln!(out, "  signed up to event {}", found.covered_to)?;
    if found.after_last_checkpoint > 0 {
        let after = count(found.after_last_checkpoint, "event", "events");
        writeln!(out, "  {after} after that: chained, and not signed yet")?;
    }
    if found.erased > 0 {
        writeln!(out, "  erased       {}", count(found.erased, "payload", "payloads"))?;
    }
    if !found.own_key {
        let key = &found.key_file;
        return writeln!(
            out,
            "\nThe signing key is not here,\n  {key}\nso signatures were checked with the key that \
             the ledger itself states: whoever\nwrote the ledger may have chosen it. See \
             docs/audit.md."
        );
    }
    writeln!(
        out,
        "\nThis protects against everybody who does not have the signing key,\n  {}\n\
         Against its holder protects only what others keep: a pushed mission branch, or\na \
         copy of a checkpoint. See docs/audit.md.",
        found.key_file
    )
}
