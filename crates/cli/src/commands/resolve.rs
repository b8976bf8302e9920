//! `axon resolve`.

use std::fs;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use axon_domain::{Code, Error, MissionId, Result};
use axon_runtime::{Axon, Choice, Resolution, Settlement};
use serde_json::json;

use crate::commands::parse_mission;
use crate::commands::run::finish;
use crate::context::Context;
use crate::ui::editor::Edited;
use crate::ui::{clean, count, follow, report};

/// Settle what cannot be merged in a mission; when nothing is left it goes on.
///
/// "Mine" is the change that is to be brought in: what the mission, or one of its tasks, made of
/// the file. "Theirs" is what it is to be brought into: what is on your branch now, or what the
/// mission has merged before. `axon conflicts` names both. Of a text only the lines in conflict
/// are taken from a side; what could be merged beside them stays merged.
///
/// Without a side the file is opened with markers in $VISUAL or $EDITOR.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon resolve m2 shop/cart.py --theirs\n  \
    axon resolve m2 shop/cart.py\n  \
    axon resolve m2 shop/cart.py --file merged.py\n  \
    axon resolve m2 --all --mine")]
#[command(group = clap::ArgGroup::new("side"))]
pub(crate) struct Args {
    /// The mission.
    #[arg(value_parser = parse_mission)]
    mission: MissionId,
    /// The files, as seen from here or from the root of the repository.
    #[arg(value_name = "FILE", required_unless_present = "all")]
    paths: Vec<String>,
    /// Every file that is not settled yet.
    #[arg(long, conflicts_with = "paths", requires = "side")]
    all: bool,
    /// Take the change that is to be brought in.
    #[arg(long, group = "side")]
    mine: bool,
    /// Take what it is to be brought into: your branch, or what was merged before.
    #[arg(long, group = "side")]
    theirs: bool,
    /// Take what both began with, and neither change.
    #[arg(long, group = "side")]
    base: bool,
    /// Delete the file.
    #[arg(long, group = "side")]
    delete: bool,
    /// Take this file's content.
    #[arg(long, value_name = "CONTENT", group = "side", conflicts_with = "all")]
    file: Option<PathBuf>,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let id = args.mission;
    let kept = match side(args)? {
        Some(how) => Err(how),
        None => Ok(edit(context, &axon, id, &args.paths)?),
    };
    let how = match &kept {
        Ok(edited) => Resolution::Given(edited.text.clone()),
        Err(how) => how.clone(),
    };
    let paths = (!args.all).then(|| args.paths.clone());
    let settlement = match (axon.resolve(id, &Choice { paths, how }), kept) {
        (Ok(settlement), Ok(edited)) => {
            edited.remove();
            settlement
        }
        (Ok(settlement), Err(_)) => settlement,
        (Err(error), Ok(edited)) => return Err(edited.keep(error, id)),
        (Err(error), Err(_)) => return Err(error),
    };
    tell(context, id, &settlement)?;
    if settlement.left > 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let mut watcher = follow::watcher(context, &axon, args.events)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let mission = axon.go_on_settled(id, watcher.observer(), &cancel)?;
    finish(context, &axon, &mission)
}

fn side(args: &Args) -> Result<Option<Resolution>> {
    if let Some(path) = &args.file {
        let bytes = fs::read(path).map_err(|cause| {
            Error::new(Code::Io, "the file with the content cannot be read")
                .at(path.display().to_string())
                .because(cause)
        })?;
        return Ok(Some(Resolution::Given(bytes)));
    }
    Ok(match (args.mine, args.theirs, args.base, args.delete) {
        (true, ..) => Some(Resolution::Mine),
        (_, true, ..) => Some(Resolution::Theirs),
        (_, _, true, _) => Some(Resolution::Base),
        (.., true) => Some(Resolution::Delete),
        _ => None,
    })
}

/// Says which side of which file was taken, and what is left.
fn tell(context: &Context, id: MissionId, settlement: &Settlement) -> Result<()> {
    let left = settlement.left;
    if context.json {
        let files = settlement.settled.iter();
        let files: Vec<_> =
            files.map(|(path, taken)| json!({ "path": path, "taken": taken })).collect();
        return context.print_json(&json!({ "settled": files, "left": left }));
    }
    for (path, taken) in &settlement.settled {
        report::note(&format!("{}: {}", clean(path), clean(taken)));
    }
    report::note(&match left {
        0 => format!("{id} goes on"),
        left => {
            let files = count(left, "file is", "files are");
            format!("{files} left in conflict: axon conflicts {id}")
        }
    });
    Ok(())
}

/// Has a person edit the text with markers.
fn edit(context: &Context, axon: &Axon, id: MissionId, paths: &[String]) -> Result<Edited> {
    const SIDES: &str = "--mine, --theirs, --base, --delete or --file say what it becomes";
    let [path] = paths else {
        let what = "several files are settled by saying which side is taken";
        return Err(Error::new(Code::Usage, what).hint(SIDES));
    };
    let file = axon.conflicted_file(id, path)?;
    let Some(marked) = &file.marked else {
        let what =
            format!("this is no matter of lines ({}), so there is no text to edit", file.reason);
        return Err(Error::new(Code::Usage, what).at(file.path).hint(SIDES));
    };
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let what = "nobody is there to edit the file";
        return Err(Error::new(Code::Usage, what).at(file.path).hint(SIDES));
    }
    let Some(editor) = context.editor() else {
        let what = "no editor is known";
        return Err(Error::new(Code::Usage, what)
            .at("$VISUAL, $EDITOR")
            .hint(format!("set one of them; or {SIDES}")));
    };
    Edited::by(&editor, &file.path, marked)
}
