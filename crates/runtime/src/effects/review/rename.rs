//! Whether a name means in the result what the old one meant: the places that were planned, and
//! no others.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::{Files, Located, Rename};
use axon_domain::{
    Code, Error, FileEdits, MissionSpec, Result, Site, SiteKind, SymbolKind, Undecided,
};

use super::Judgement;
use crate::report::counted;
use crate::source::TreeSource;

/// Judges the result of a rename to `to`.
pub(super) fn judge(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    to: &str,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Judgement> {
    let Some(definition) = new_definition(source, plan)? else {
        return Ok(Judgement::fails("the plan edits no definition"));
    };
    let found = match axon_code::rename(source, &wherever(to, Some(definition), None), &[]) {
        Ok(found) => found,
        Err(error) => {
            return Ok(Judgement::fails(format!("{to} cannot be located in the result: {error}")));
        }
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
        let why = format!("{path}:{line} means {to} now, and did not mean it before");
        return Ok(Judgement::fails(why));
    }
    if let Some((path, line, _)) = planned.difference(&may).next() {
        return Ok(Judgement::fails(format!("{path}:{line} was renamed, and does not mean {to}")));
    }
    let were = if planned.len() == 1 { "was" } else { "were" };
    let why = format!("{to} means the same {places} that {were} planned, and no others");
    Ok(Judgement::passes(why))
}

/// Asks for every place that means a symbol: a rename to a name that nobody has.
pub(super) fn wherever(name: &str, at: Option<(String, u32)>, kind: Option<SymbolKind>) -> Rename {
    Rename {
        from: name.to_owned(),
        to: format!("{name}_{}", "x".repeat(24)),
        at,
        kind,
        keep_alias: false,
        undecided: Undecided::Leave,
    }
}

/// Path, line and column.
pub(super) type Place = (String, u32, u32);

/// Where the new name is meant for certain.
pub(super) fn meant(found: &Located) -> BTreeSet<Place> {
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

/// Whether a site is a place of the name. What `--keep-alias` adds means the new name and the
/// old one, and lines that are carried over may mean it or not.
fn is_place(site: &Site) -> bool {
    !matches!(site.kind, SiteKind::Addition | SiteKind::Carried)
}

/// Where the planned edits stand in the result.
pub(super) fn positions(
    source: &dyn Files,
    to: &str,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<BTreeSet<Place>> {
    let mut places = BTreeSet::new();
    for (path, file) in plan {
        let text = read_text(source, path)?;
        for (site, at) in shifted(&file.sites) {
            if is_place(site) {
                let (line, column) = line_and_column(&text, at + name_offset(site, to));
                places.insert((path.clone(), line, column));
            }
        }
    }
    Ok(places)
}

/// The lines that are written as a whole: they may mean the new name, and are no place of the
/// old one.
pub(super) fn added_lines(
    source: &TreeSource<'_>,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<BTreeSet<(String, u32)>> {
    let mut lines = BTreeSet::new();
    for (path, file) in plan {
        let additions = shifted(&file.sites).filter(|(site, _)| !is_place(site));
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

/// The line of the definition in the result.
pub(super) fn new_definition(
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

pub(super) fn read_text(files: &dyn Files, path: &str) -> Result<String> {
    let list = files.list();
    let place = list.binary_search_by(|entry| entry.path.as_str().cmp(path));
    let entry = place.map(|place| &list[place]);
    let entry = entry.map_err(|_| Error::new(Code::NotFound, "there is no such file").at(path))?;
    String::from_utf8(files.read(entry)?.to_vec())
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
