//! `axon doctor`.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use axon_domain::Result;
use axon_runtime::{Finding, Health};
use serde_json::json;

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{clean, wrapped};

/// Look for what could go wrong on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon doctor")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: &Args) -> Result<ExitCode> {
    let findings = context.open()?.doctor();
    if context.json {
        context.print_json(&json!({ "findings": findings }))?;
    } else {
        let mut out = anstream::stdout().lock();
        findings.iter().try_for_each(|one| print(one, &mut out)).map_err(not_printed)?;
    }
    let broken = findings.iter().any(|finding| finding.health == Health::Broken);
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(finding: &Finding, out: &mut dyn Write) -> std::io::Result<()> {
    let (mark, color) = match finding.health {
        Health::Good => ("✓", AnsiColor::Green),
        Health::Remark => ("–", AnsiColor::Yellow),
        Health::Broken => ("✗", AnsiColor::Red),
    };
    let style = Style::new().fg_color(Some(color.into()));
    let (what, detail) = (&finding.what, clean(&finding.detail));
    if detail.is_empty() {
        writeln!(out, "{style}{mark}{style:#} {what}")?;
    } else {
        writeln!(out, "{style}{mark}{style:#} {what:<18} {}", wrapped(&detail, 21))?;
    }
    match &finding.hint {
        Some(hint) => writeln!(out, "  {:<18} {}", "", wrapped(&clean(hint), 21)),
        None => Ok(()),
    }
}
