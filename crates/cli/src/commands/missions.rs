//! `axon missions`.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use axon_domain::{MissionId, Outcome, Result};
use axon_runtime::{AtWork, Mission, Standing};
use serde_json::{Value, json};

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{clean, fitting, report, table};

/// List missions, newest last.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  axon missions --json")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let at_work = axon.at_work();
    let missions = axon.missions()?;
    let moved = moved(&missions);
    if context.json {
        let as_json = |mission: &Mission| {
            let mut value = to_json(mission, &at_work);
            value["rebased_as"] = moved.get(&mission.id).map(ToString::to_string).into();
            value
        };
        let list: Vec<Value> = missions.iter().map(as_json).collect();
        context.print_json(&json!({ "missions": list }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if missions.is_empty() {
        report::note("no missions yet; `axon run --help` shows how to give one");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = missions
        .iter()
        .map(|mission| {
            vec![
                mission.id.to_string(),
                match moved.get(&mission.id) {
                    Some(as_which) => {
                        format!("{}, rebased as {as_which}", standing(mission, &at_work))
                    }
                    None => standing(mission, &at_work),
                },
                mission.files.to_string(),
                mission.commit.map(|id| id.to_string()[..10].to_owned()).unwrap_or_default(),
                clean(&mission.title()).into_owned(),
            ]
        })
        .collect();
    let header = ["mission", "state", "files", "commit", "goal"];
    let table = table::render(&header, &rows);
    let mut out = anstream::stdout().lock();
    let mut lines = table.lines();
    lines.try_for_each(|line| writeln!(out, "{}", fitting(line, 0))).map_err(not_printed)?;
    Ok(ExitCode::SUCCESS)
}

/// The newest mission that moved the result of each and has a result itself.
fn moved(missions: &[Mission]) -> BTreeMap<MissionId, MissionId> {
    let with_result = |mission: &&Mission| mission.outcome().is_some_and(Outcome::has_result);
    let moves = |mission: &Mission| Some((mission.rebases()?, mission.id));
    missions.iter().filter(with_result).filter_map(moves).collect()
}

/// Where a mission stands, in a word or two.
pub(crate) fn standing(mission: &Mission, at_work: &AtWork) -> String {
    match (at_work.standing(mission), mission.outcome()) {
        (Some(standing @ (Standing::Queued | Standing::Conflicted)), _) => {
            standing.name().to_owned()
        }
        (Some(standing), _) => format!("{} ({})", standing.name(), mission.phase.name()),
        (None, _) if mission.discarded => "discarded".to_owned(),
        (None, _) if mission.applied => "applied".to_owned(),
        (None, outcome) => outcome.map_or("ended", Outcome::name).to_owned(),
    }
}

/// A mission for programs.
pub(crate) fn to_json(mission: &Mission, at_work: &AtWork) -> Value {
    json!({
        "id": mission.id.to_string(),
        "title": mission.title(),
        "goal": mission.goal(),
        "state": standing(mission, at_work),
        "phase": mission.phase.name(),
        "outcome": mission.outcome(),
        "proven": mission.proven,
        "branch": mission.spec.as_ref().map(|spec| &spec.branch),
        "base_commit": mission.spec.as_ref().map(|spec| spec.base_commit.to_string()),
        "commit": mission.commit.map(|commit| commit.to_string()),
        "files": mission.files,
        "sites": mission.sites,
        "mentions": mission.mentions,
        "given_seq": mission.given.0,
        "given_at": axon_runtime::rfc3339(mission.given_at.millis()),
        "applied": mission.applied,
        "discarded": mission.discarded,
        "end": mission.end,
    })
}
