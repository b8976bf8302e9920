//! `axon conflicts`.

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use axon_domain::{ContentId, FileState, MissionId, Result};
use axon_runtime::{ConflictedFile, Hunk, Named};
use serde_json::{Value, json};

use crate::commands::{not_printed, parse_mission};
use crate::context::Context;
use crate::ui::{dispute, report};

/// Show what cannot be merged in a mission, and who changed what.
///
/// A conflict has three sides: the change that is to be brought in ("mine"), what it is to be
/// brought into ("theirs"), and what both began with ("base"). `axon resolve` settles it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  axon conflicts\n  axon conflicts m2 --json")]
pub(crate) struct Args {
    /// The mission; by default every mission in conflict.
    #[arg(value_parser = parse_mission)]
    mission: Option<MissionId>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let missions = match args.mission {
        Some(mission) => vec![mission],
        None => axon.conflicted_missions()?,
    };
    let mut files = Vec::new();
    for mission in &missions {
        files.extend(axon.conflicts(*mission)?);
    }
    if context.json {
        let list: Vec<Value> = files.iter().map(to_json).collect();
        context.print_json(&json!({ "conflicts": list }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if files.is_empty() {
        report::note("nothing is in conflict");
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = BufWriter::new(anstream::stdout().lock());
    files
        .iter()
        .try_for_each(|file| dispute::print(file, &mut out))
        .and_then(|()| out.flush())
        .map_err(not_printed)?;
    for mission in missions {
        report::note(&format!("settle them: axon resolve {mission} FILE --mine|--theirs|…"));
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(file: &ConflictedFile) -> Value {
    let side = |named: &Named| {
        json!({
            "what": named.what,
            "who": named.who,
            "file": named.file.as_ref().map(file_to_json),
        })
    };
    let hunk = |hunk: &Hunk| {
        let lines = |range: &std::ops::Range<usize>| json!([range.start + 1, range.end]);
        json!({
            "mine": lines(&hunk.ours),
            "theirs": lines(&hunk.theirs),
            "base": lines(&hunk.base),
        })
    };
    json!({
        "mission": file.mission.to_string(),
        "path": file.path,
        "kind": file.reason,
        "event": file.event,
        "task": file.task.map(|task| task.to_string()),
        "settled": file.settled,
        "mine": side(&file.sides.mine),
        "theirs": side(&file.sides.theirs),
        "base": side(&file.sides.base),
        "hunks": file.hunks.iter().map(hunk).collect::<Vec<_>>(),
        "marked": file.marked.as_ref().map(|text| String::from_utf8_lossy(text)),
    })
}

/// Where the bytes of a side are: an object of the ledger, or of Git.
fn file_to_json(file: &FileState) -> Value {
    let (place, id) = match file.content {
        ContentId::Object(id) => ("object", id.to_string()),
        ContentId::Git(id) => ("git", id.to_string()),
    };
    json!({ place: id, "executable": file.executable, "link": file.link })
}
