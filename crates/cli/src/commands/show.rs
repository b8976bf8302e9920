//! `axon show`.

use std::io::{self, Write};
use std::process::ExitCode;

use axon_domain::{MissionId, Result};
use axon_runtime::{Mission, Shown};
use serde_json::json;

use crate::commands::missions::{standing, to_json};
use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{clean, clean_lines, count, report, wrapped};

/// Show one mission: asked, decided, found, judged, ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon show m1")]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    /// List every place that was edited, with its evidence.
    #[arg(long)]
    sites: bool,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let shown = axon.show(args.mission)?;
    if context.json {
        let mut value = to_json(&shown.mission, axon.owner());
        value["report"] = json!(shown.report);
        value["decisions"] = json!(shown.decisions);
        value["verdicts"] = json!(shown.verdicts);
        value["edits"] = json!(shown.files);
        context.print_json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    let owner = axon.owner();
    print(&shown, owner, args.sites, &mut anstream::stdout().lock()).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

fn print(shown: &Shown, owner: Option<u32>, sites: bool, out: &mut dyn Write) -> io::Result<()> {
    let mission = &shown.mission;
    writeln!(out, "{}  {}", mission.id, clean(&mission.title()))?;
    print_facts(mission, owner, out)?;
    for (seq, decision) in &shown.decisions {
        writeln!(out, "\ndecision {seq}: {}", clean(&decision.trigger))?;
        writeln!(out, "  chosen    {}", clean(&decision.chosen))?;
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
            None => "not judged",
        };
        writeln!(out, "\nverdict {seq}: {} {word}", clean(&verdict.subject))?;
        for line in verdict.note.lines() {
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

fn print_facts(mission: &Mission, owner: Option<u32>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  state     {}", standing(mission, owner))?;
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
    writeln!(out, "  changed   {}", count(mission.files, "file", "files"))?;
    if let Some(end) = &mission.end {
        writeln!(out, "  ended     {}: {}", end.outcome.name(), clean_lines(&end.reason))?;
    }
    Ok(())
}
