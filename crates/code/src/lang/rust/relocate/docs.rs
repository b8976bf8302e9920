//! Links of documentation.

use std::ops::Range;

use axon_domain::{Result, SiteKind};

use super::super::docs::documentation;
use super::super::items::Space;
use super::super::project::{ModuleId, UnitId};
use super::super::resolve::{Def, Place};
use super::Ways;
use super::needs::Needs;
use crate::sheet::Sheet;
use crate::sources::FileId;
use crate::text::is_word_byte;

const LINKED: (SiteKind, &str) = (SiteKind::Documentation, "links to it in its new module");

/// A link to what moves, seen before it is known what is imported where.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    file: FileId,
    range: Range<usize>,
    place: Place,
}

/// Takes note of a link.
pub(super) fn link(ways: &mut Ways<'_, '_>, place: &Place, file: FileId, range: Range<usize>) {
    ways.links.push(Waiting { file, range, place: *place });
}

/// How a path stands in a link.
enum Stands {
    /// Where the link goes: `[text](path)`.
    Goes,
    /// As the whole of it, up to this closing bracket: `[path]`.
    Alone(usize),
    /// As what is shown for a link that goes elsewhere.
    Label,
    Otherwise,
}

/// The first byte of the path around a name.
fn path_start(text: &str, at: usize) -> usize {
    let path = |b: &u8| is_word_byte(*b) || *b == b':';
    at - text.as_bytes()[..at].iter().rev().take_while(|b| path(b)).count()
}

fn path_end(text: &str, at: usize) -> usize {
    let path = |b: &u8| is_word_byte(*b) || *b == b':';
    let end = at + text.as_bytes()[at..].iter().take_while(|b| path(b)).count();
    at + text[at..end].trim_end_matches(':').len()
}

fn stands(text: &str, start: usize, end: usize) -> Stands {
    let left = text[..start].trim_end_matches('`');
    let right = text[end..].strip_prefix("()").unwrap_or(&text[end..]).trim_start_matches('`');
    if text[..start].ends_with("](") || text[..start].trim_end().ends_with("]:") {
        return Stands::Goes;
    }
    if !left.ends_with('[') || !right.starts_with(']') {
        return Stands::Otherwise;
    }
    match right.as_bytes().get(1) {
        Some(b'(' | b':' | b'[') => Stands::Label,
        _ => Stands::Alone(text.len() - right.len()),
    }
}

/// Writes the links anew that would lead nowhere.
pub(super) fn settle(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    for waiting in std::mem::take(&mut ways.links) {
        let Waiting { file, range, place } = waiting;
        let Some(text) = sheet.sources.text(file)?.cloned() else { continue };
        let own = ways.moved.holds(file, range.start);
        let start = path_start(&text, range.start);
        let prefix = text[start..range.start].trim_end_matches("::");
        let names: Vec<&str> = prefix.split("::").filter(|part| !part.is_empty()).collect();
        if !names.is_empty() {
            let defs = ways.project.path(&place, &names, false, Space::Type);
            let gives = |def: &Def| matches!(def, Def::Module(m) if ways.still_gives(*m));
            if !defs.is_empty() && defs.iter().all(gives) {
                continue;
            }
        } else if own || ways.home.module == Some(place.module) || stays_in_scope(ways, &place) {
            continue;
        }
        let Some(path) = ways.written(&place) else {
            sheet.ask(file, range, "how its new module is named here is not known");
            continue;
        };
        let end = path_end(&text, range.end);
        match stands(&text, start, end) {
            Stands::Label => {}
            Stands::Alone(close) if names.is_empty() => {
                let new = format!("({path}::{})", &text[range.start..end]);
                ways.edit(sheet, file, close + 1..close + 1, new, LINKED);
            }
            Stands::Goes | Stands::Alone(_) => {
                ways.edit(sheet, file, start..range.start, format!("{path}::"), LINKED);
            }
            Stands::Otherwise => {
                sheet.ask(file, range, "how the link is to name its new module is not clear");
            }
        }
    }
    Ok(())
}

/// Whether a module names the symbol without a path after the move.
fn stays_in_scope(ways: &Ways<'_, '_>, place: &Place) -> bool {
    let gets =
        |(unit, body): &(UnitId, usize)| ways.lines.iter().any(|(u, b, _)| (u, b) == (unit, body));
    let bodies = ways.project.bodies(place.module);
    bodies.iter().any(gets) || ways.still_gives(place.module)
}

/// The links of the documentation that moves.
pub(super) fn moved(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    needs: &Needs,
) -> Result<()> {
    let unit = ways.project.unit(ways.moved.unit);
    let (runs, _) = documentation(&unit);
    for run in runs {
        let Some((_, first)) = run.origin.first() else { continue };
        if !ways.moved.holds(unit.file, *first) {
            continue;
        }
        let blocks = run.blocks();
        let text = run.text.as_str();
        let mut at = 0;
        while at < text.len() {
            let word = text.as_bytes()[at..].iter().take_while(|b| is_word_byte(**b)).count();
            if word == 0 {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            let (start, end) = (at, path_end(text, at));
            at = end.max(at + word);
            let fenced = blocks.iter().any(|block| block.range.contains(&start));
            let name = &text[start..start + word];
            if !fenced && !text[..start].ends_with(':') && run.link_at(start, name).is_some() {
                let file = run.in_file(start)..run.in_file(end.saturating_sub(1)) + 1;
                one_moved(ways, sheet, needs, name, file)?;
            }
        }
    }
    Ok(())
}

/// A link that begins with this name, which means something of the old module.
fn one_moved(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    needs: &Needs,
    name: &str,
    range: Range<usize>,
) -> Result<()> {
    let file = ways.moved.file;
    let Some(text) = sheet.sources.text(file)?.cloned() else { return Ok(()) };
    let module = match name {
        "self" => Some(ways.moved.module),
        "super" => ways.project.parent(ways.moved.module),
        _ => None,
    };
    if module.is_none() && (name == ways.name || needs.known.contains(name)) {
        return Ok(());
    }
    let new = match module {
        Some(module) => ways.project.written_path(module),
        None => match old_name(ways, name) {
            Some(path) => path,
            None => return Ok(()),
        },
    };
    let head = range.start..range.start + name.len();
    if ways.inner.range((head.start, 0)..(head.start + 1, 0)).next().is_some() {
        return Ok(());
    }
    match stands(&text, range.start, range.end) {
        Stands::Alone(close) if module.is_none() => {
            let link = format!("({new}{})", &text[head.end..range.end]);
            ways.edit(sheet, file, close + 1..close + 1, link, LINKED);
        }
        Stands::Goes | Stands::Alone(_) => ways.edit(sheet, file, head, new, LINKED),
        Stands::Label | Stands::Otherwise => {}
    }
    Ok(())
}

/// The path of what a name means in the old module, where that is of the project.
fn old_name(ways: &Ways<'_, '_>, name: &str) -> Option<String> {
    let defs = ways.in_module(ways.moved.module, name);
    defs.iter().find_map(|def| match def {
        Def::Module(module) => Some(ways.project.written_path(*module)),
        Def::Item(item) => {
            let home: Option<ModuleId> = ways.project.homes(*item).first().copied();
            let inner = ways.project.inner_path(*item).join("::");
            home.map(|home| format!("{}::{inner}", ways.project.written_path(home)))
        }
        _ => None,
    })
}
