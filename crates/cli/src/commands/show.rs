//! `axon show`.

use std::io::{self, Write};
use std::process::ExitCode;

use axon_domain::{MissionId, Reflex, Result};
use axon_runtime::{AtWork, Axon, CheckRun, Mission, Shown};
use serde_json::{Value, json};

use crate::commands::missions::{standing, to_json};
use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{clean, clean_lines, count, fitting, report, said, wrapped};

/// Show one mission: asked, decided, found, judged, ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon show m1\n  \
    axon show m1 --sites\n  \
    axon show m1 --check | less")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    /// List every place that was edited, with its evidence.
    #[arg(long)]
    sites: bool,
    /// Print the check and the hooks instead: commands and everything that they wrote.
    #[arg(long, conflicts_with = "sites")]
    check: bool,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    if args.check {
        return show_check(context, &axon, args.mission);
    }
    let at_work = axon.at_work();
    let shown = axon.show(args.mission)?;
    if context.json {
        let mut value = to_json(&shown.mission, &at_work);
        value["report"] = json!(shown.report);
        value["decisions"] = json!(shown.decisions);
        value["verdicts"] = json!(shown.verdicts);
        value["checks"] = shown.checks.iter().map(check_to_json).collect();
        value["edits"] = json!(shown.files);
        context.print_json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&shown, &at_work, args.sites, &mut anstream::stdout().lock()).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

fn print(shown: &Shown, at_work: &AtWork, sites: bool, out: &mut dyn Write) -> io::Result<()> {
    let mission = &shown.mission;
    writeln!(out, "{}  {}", mission.id, clean(&mission.title()))?;
    print_facts(mission, at_work, out)?;
    for (seq, decision) in &shown.decisions {
        writeln!(out, "\ndecision {seq}: {}", clean(&decision.trigger))?;
        writeln!(out, "  chosen    {}", wrapped(&clean(&decision.chosen), 12))?;
        writeln!(out, "  because   {}", wrapped(&clean(&decision.rationale), 12))?;
        for rejected in &decision.rejected {
            writeln!(out, "  rejected  {}", clean(rejected))?;
        }
        for evidence in &decision.evidence {
            writeln!(out, "  evidence  {}", clean(evidence))?;
        }
    }
    for (seq, verdict) in &shown.verdicts {
        let word = match verdict.passed {
            Some(true) => "passed",
            Some(false) => "failed",
            None if verdict.stopped() => "stopped",
            None => "not judged",
        };
        let before = format!("verdict {seq}: ");
        let subject = fitting(&verdict.subject, before.len() + word.len() + 1);
        writeln!(out, "\n{before}{subject} {word}")?;
        if let (Reflex::Hook, Some(how)) = (verdict.reflex, verdict.note.lines().next()) {
            writeln!(out, "  {}", clean(how))?;
        }
        let run = shown.checks.iter().find(|run| run.event == *seq);
        if let Some(run) = run.filter(|_| verdict.passed != Some(true)) {
            said::print(run, out)?;
            if run.more {
                writeln!(out, "  (all of it: axon show {} --check)", mission.id)?;
            }
            continue;
        }
        let heads = usize::from(verdict.reflex == Reflex::Hook);
        for line in verdict.note.lines().skip(heads) {
            writeln!(out, "  {}", clean(line))?;
        }
    }
    let Some(found) = &shown.report else { return Ok(()) };
    writeln!(out, "\nplaces: {}", report::kinds(&found.sites))?;
    if sites {
        return report::print_sites(out, found, &shown.files);
    }
    report::print_mentions(out, found)
}

/// Bytes of an output that are part of one JSON value.
const JSON_OUTPUT: usize = 64 << 10;

fn show_check(context: &Context, axon: &Axon, mission: MissionId) -> Result<ExitCode> {
    let runs = axon.checks(mission)?;
    if context.json {
        let mut values = Vec::new();
        for run in &runs {
            let mut value = check_to_json(run);
            let output = axon.check_output(run)?;
            let end = &output[output.len().saturating_sub(JSON_OUTPUT)..];
            value["output"] = String::from_utf8_lossy(end).into();
            value["output_bytes"] = output.len().into();
            values.push(value);
        }
        context.print_json(&json!({ "checks": values }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if runs.is_empty() {
        report::note(&format!("no check and no hook ran in {mission}"));
    }
    for run in &runs {
        let (command, tree) = (clean_lines(run.call.command.trim_end()), said::tree(run));
        report::note(&format!("{command}\non the {tree}: {}", said::ending(run)));
        said::print_all(&axon.check_output(run)?).map_err(not_printed)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A run of the check for programs; of its output only the end.
fn check_to_json(run: &CheckRun) -> Value {
    json!({
        "event": run.event,
        "tree": said::tree(run),
        "label": run.label,
        "passed": run.passed,
        "command": run.call.command,
        "confinement": run.call.confinement,
        "exit": run.call.exit,
        "limit": run.call.limit,
        "millis": run.call.millis,
        "tail": run.tail,
        "more": run.more,
    })
}

fn print_facts(mission: &Mission, at_work: &AtWork, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  state     {}", standing(mission, at_work))?;
    writeln!(out, "  given     {}", axon_runtime::rfc3339(mission.given_at.millis()))?;
    if let Some(spec) = &mission.spec {
        let commit = spec.base_commit;
        let branch = spec.head_branch.as_deref().unwrap_or("a detached HEAD");
        writeln!(out, "  base      {commit} (on {branch})")?;
        if spec.unconfined {
            writeln!(out, "  check     without confinement, lifted by a person")?;
        }
    }
    if let (Some(commit), Some(spec)) = (mission.commit, &mission.spec) {
        writeln!(out, "  result    {commit} on {}", spec.branch)?;
    }
    let files = count(mission.files, "file", "files");
    match &mission.end {
        Some(end) if !end.outcome.has_result() && mission.files > 0 => {
            writeln!(out, "  edited    {files}; none of it was kept")?;
        }
        Some(end) if !end.outcome.has_result() => {}
        _ => writeln!(out, "  changed   {files}")?,
    }
    if let Some(end) = &mission.end {
        let reason = wrapped(&format!("{}: {}", end.outcome.name(), clean_lines(&end.reason)), 12);
        writeln!(out, "  ended     {reason}")?;
    }
    Ok(())
}
