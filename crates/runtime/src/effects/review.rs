//! The critic: reads the merged tree without trusting how it came about.
//!
//! Two questions, each answered from the tree itself. Does it differ from the base by the
//! plan's edits, byte for byte, and by nothing else? And does the new name mean what the old
//! one meant: locating it again in the result must find the same places and no others, so a
//! name that captures something, or is captured, is found out even where it compiles.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::{Located, Rename, apply_edits};
use axon_domain::{
    Code, Draft, Error, FileEdits, Goal, MissionSpec, ObjectStore, Payload, Reflex, ReflexVerdict,
    Result, Role, Site, SiteKind, Undecided,
};
use axon_engine::{Mission, TaskState};
use axon_workspace::TreeView;

use crate::effects::{Bench, draft, spec};
use crate::report::{self, counted};
use crate::source::TreeSource;

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let plan = plan(bench, mission)?;
    let base = bench.view(spec.base_tree, None);
    let result = bench.view(spec.base_tree, mission.changes);
    let (passed, note) = match compare_bytes(&base, &result, &plan)? {
        Some(fault) => (false, fault),
        None => match judge_meaning(&result, spec, &plan)? {
            Ok(note) => (true, note),
            Err(fault) => (false, fault),
        },
    };
    let verdict = ReflexVerdict {
        reflex: Reflex::Review,
        subject: "the critic's review".to_owned(),
        passed: Some(passed),
        note,
        output: None,
        millis: 0,
    };
    Ok(vec![draft(mission, Role::Critic, Payload::Reflex(verdict))])
}

/// The edits of every task that is in the result, by path.
fn plan(bench: &Bench<'_>, mission: &Mission) -> Result<BTreeMap<String, FileEdits>> {
    let read = |task: &axon_engine::Task| {
        let edits: FileEdits = report::read(&bench.ledger.get(task.edits)?, task.edits)?;
        Ok((task.path.clone(), edits))
    };
    let merged = |task: &&axon_engine::Task| task.state == TaskState::Merged;
    mission.tasks.iter().filter(merged).map(read).collect()
}

/// What differs from the plan's edits, byte for byte.
fn compare_bytes(
    base: &TreeView<'_>,
    result: &TreeView<'_>,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Option<String>> {
    let changed = base.diff(result)?;
    for change in &changed {
        let Some(edits) = plan.get(&change.path) else {
            return Ok(Some(format!("{} changed and no task says so", change.path)));
        };
        let (Some(old), Some(new)) = (change.old, change.new) else {
            return Ok(Some(format!("{} appeared or disappeared", change.path)));
        };
        let contents = result.contents();
        let read = |content| contents.read_file(&change.path, content);
        let expected = apply_edits(&read(old.content)?, &edits.sites)?;
        if old.mode != new.mode || read(new.content)? != expected {
            return Ok(Some(format!("{} differs from its planned edits", change.path)));
        }
    }
    let changed: BTreeSet<&str> = changed.iter().map(|change| change.path.as_str()).collect();
    let missing = plan.keys().find(|path| !changed.contains(path.as_str()));
    Ok(missing.map(|path| format!("the edits of {path} are not in the result")))
}

/// Whether the goal is reached in the result: why it is, or why it is not.
fn judge_meaning(
    result: &TreeView<'_>,
    spec: &MissionSpec,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Result<String, String>> {
    let source = TreeSource::new(result, &spec.grants)?;
    match &spec.goal {
        Goal::Rename { to, .. } => judge_rename(&source, spec, to, plan),
        Goal::Rewrite { .. } => {
            let planned: usize = plan.values().map(|file| file.sites.len()).sum();
            let planned = counted(planned, "planned edit", "planned edits");
            Ok(match super::locate(&source, spec) {
                Err(error) if error.code() == Code::NothingToDo => {
                    Ok(format!("exactly the {planned}; the pattern no longer matches"))
                }
                Err(error) => return Err(error),
                // The replacement may match its own pattern, so what is left proves nothing.
                Ok(left) => {
                    let left: usize = left.files.iter().map(|file| file.sites.len()).sum();
                    let left = counted(left, "place", "places");
                    Ok(format!("exactly the {planned}; the pattern matches {left} of the result"))
                }
            })
        }
    }
}

fn judge_rename(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    to: &str,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Result<String, String>> {
    let Some(definition) = new_definition(source, plan)? else {
        return Ok(Err("the plan edits no definition".to_owned()));
    };
    // A name that nobody has: the question is only which places mean the symbol now.
    let request = Rename {
        from: to.to_owned(),
        to: format!("{to}_{}", "x".repeat(24)),
        at: Some(definition),
        kind: None,
        keep_alias: false,
        undecided: Undecided::Leave,
    };
    let found = match axon_code::rename(source, &request, &[]) {
        Ok(found) => found,
        Err(error) => return Ok(Err(format!("{to} cannot be located in the result: {error}"))),
    };
    let planned = positions(source, to, plan)?;
    let added = added_lines(source, plan)?;
    let meant = meant(&found);
    let may = &meant | &maybe(&found);
    let places = counted(planned.len(), "place", "places");
    let unplanned =
        meant.difference(&planned).find(|(path, line, _)| !added.contains(&(path.clone(), *line)));
    if spec.paths.is_empty()
        && let Some((path, line, _)) = unplanned
    {
        return Ok(Err(format!("{path}:{line} means {to} now, and did not mean it before")));
    }
    if let Some((path, line, _)) = planned.difference(&may).next() {
        return Ok(Err(format!("{path}:{line} was renamed, and does not mean {to}")));
    }
    let were = if planned.len() == 1 { "was" } else { "were" };
    Ok(Ok(format!("{to} means the same {places} that {were} planned, and no others")))
}

type Place = (String, u32, u32);

/// Where the new name is meant for certain.
fn meant(found: &Located) -> BTreeSet<Place> {
    let in_file = |file: &FileEdits| {
        let path = file.path.clone();
        file.sites.iter().map(|site| (path.clone(), site.line, site.column)).collect::<Vec<_>>()
    };
    found.files.iter().flat_map(in_file).collect()
}

/// Where it may be meant: a person, or `--undecided include`, said so.
fn maybe(found: &Located) -> BTreeSet<Place> {
    found
        .mentions
        .iter()
        .map(|mention| (mention.path.clone(), mention.line, mention.column))
        .collect()
}

/// Where the planned edits stand in the result. What `--keep-alias` adds is left out: it
/// means the new name and the old one.
fn positions(
    source: &TreeSource<'_>,
    to: &str,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<BTreeSet<Place>> {
    let mut places = BTreeSet::new();
    for (path, file) in plan {
        let text = read_text(source, path)?;
        for (site, at) in shifted(&file.sites) {
            if site.kind != SiteKind::Addition {
                let (line, column) = line_and_column(&text, at + name_offset(site, to));
                places.insert((path.clone(), line, column));
            }
        }
    }
    Ok(places)
}

/// The lines that `--keep-alias` adds: they mean the new name, and are no place of the old one.
fn added_lines(
    source: &TreeSource<'_>,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<BTreeSet<(String, u32)>> {
    let mut lines = BTreeSet::new();
    for (path, file) in plan {
        let additions = shifted(&file.sites).filter(|(site, _)| site.kind == SiteKind::Addition);
        for (site, at) in additions {
            let text = read_text(source, path)?;
            let (first, _) = line_and_column(&text, at);
            let (last, _) = line_and_column(&text, at + site.edit.text.len());
            lines.extend((first..=last).map(|line| (path.clone(), line)));
        }
    }
    Ok(lines)
}

/// Each site with the offset at which its replacement begins in the result.
fn shifted(sites: &[Site]) -> impl Iterator<Item = (&Site, usize)> {
    let mut shift = 0_isize;
    sites.iter().map(move |site| {
        let at = site.edit.start.saturating_add_signed(shift);
        let length = |number: usize| isize::try_from(number).unwrap_or(isize::MAX);
        shift += length(site.edit.text.len()) - length(site.edit.end - site.edit.start);
        (site, at)
    })
}

/// Where the new name begins within the replacement: an edit may have to write more than the
/// name (`Cart { total }` becomes `Cart { total: sum }`).
fn name_offset(site: &Site, to: &str) -> usize {
    site.edit.text.rfind(to).unwrap_or(0)
}

fn new_definition(
    source: &TreeSource<'_>,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Option<(String, u32)>> {
    for (path, file) in plan {
        for (site, at) in shifted(&file.sites) {
            if site.kind == SiteKind::Definition {
                let (line, _) = line_and_column(&read_text(source, path)?, at);
                return Ok(Some((path.clone(), line)));
            }
        }
    }
    Ok(None)
}

fn read_text(source: &TreeSource<'_>, path: &str) -> Result<String> {
    use axon_code::Files as _;
    let bytes = source.read(source.entry(path)?)?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Error::new(Code::Bug, "an edited file is not UTF-8").at(path))
}

/// Line and column from 1, the column in characters; a byte order mark is none.
fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
