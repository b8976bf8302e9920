//! Whether the new name means what the old one meant: locating it again in the result must find
//! the same places and no others, so a name that captures something, or is captured, is found
//! out even where it compiles.

use std::collections::BTreeSet;

use axon_domain::{MissionSpec, Result, Site, SiteKind};

use super::Judged;
use super::places::{Place, Texts, maybe, meant, shifted};
use crate::effects::plan::probe;
use crate::report::{FilePlan, counted};
use crate::source::TreeSource;

pub(super) fn judge(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    to: &str,
    plan: &[FilePlan],
) -> Judged {
    let mut texts = Texts::new(source);
    let Some(definition) = new_definition(&mut texts, plan)? else {
        return Ok(Err("the plan edits no definition".to_owned()));
    };
    // A name that nobody has: the question is only which places mean the symbol now.
    let request = probe(to, definition);
    let found = match axon_code::rename(source, &request, &[]) {
        Ok(found) => found,
        Err(error) => return Ok(Err(format!("{to} cannot be located in the result: {error}"))),
    };
    let planned = positions(&mut texts, to, plan)?;
    let added = added_lines(&mut texts, plan)?;
    let meant = meant(&found);
    let may = &meant | &maybe(&found);
    let places = counted(planned.len(), "place", "places");
    // What a file that was taken as a whole means is not one of its planned places.
    let whole = |path: &str| plan.iter().any(|it| it.whole.is_some() && it.edits.path == path);
    let unplanned = meant
        .difference(&planned)
        .find(|(path, line, _)| !added.contains(&(path.clone(), *line)) && !whole(path));
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

/// Whether a site is a place of the name. What `--keep-alias` adds means the new name and the
/// old one, and lines that are carried over may mean it or not.
fn is_place(site: &Site) -> bool {
    !matches!(site.kind, SiteKind::Addition | SiteKind::Carried)
}

/// Where the planned edits stand in the result. What `--keep-alias` adds is left out: it
/// means the new name and the old one.
fn positions(texts: &mut Texts<'_, '_>, to: &str, plan: &[FilePlan]) -> Result<BTreeSet<Place>> {
    let mut places = BTreeSet::new();
    for FilePlan { edits, .. } in plan.iter().filter(|file| !file.edits.sites.is_empty()) {
        let text = texts.get(&edits.path)?;
        for (site, at) in shifted(&edits.sites) {
            if is_place(site) {
                let (line, column) = text.place(at + name_offset(site, to));
                places.insert((edits.path.clone(), line, column));
            }
        }
    }
    Ok(places)
}

/// The lines that `--keep-alias` adds: they mean the new name, and are no place of the old one.
fn added_lines(texts: &mut Texts<'_, '_>, plan: &[FilePlan]) -> Result<BTreeSet<(String, u32)>> {
    let mut lines = BTreeSet::new();
    for FilePlan { edits, .. } in plan.iter().filter(|file| !file.edits.sites.is_empty()) {
        let text = texts.get(&edits.path)?;
        let additions = shifted(&edits.sites).filter(|(site, _)| !is_place(site));
        for (site, at) in additions {
            let (first, _) = text.place(at);
            let (last, _) = text.place(at + site.edit.text.len());
            lines.extend((first..=last).map(|line| (edits.path.clone(), line)));
        }
    }
    Ok(lines)
}

/// Where the new name begins within the replacement: an edit may have to write more than the
/// name (`Cart { total }` becomes `Cart { total: sum }`).
pub(super) fn name_offset(site: &Site, to: &str) -> usize {
    site.edit.text.rfind(to).unwrap_or(0)
}

pub(super) fn new_definition(
    texts: &mut Texts<'_, '_>,
    plan: &[FilePlan],
) -> Result<Option<(String, u32)>> {
    for FilePlan { edits, .. } in plan {
        for (site, at) in shifted(&edits.sites) {
            if site.kind == SiteKind::Definition {
                let (line, _) = texts.get(&edits.path)?.place(at);
                return Ok(Some((edits.path.clone(), line)));
            }
        }
    }
    Ok(None)
}
