//! Definitions that nothing uses.
//!
//! A name is looked for as a word in every text of the tree, so that nothing depends on types.

mod facts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axon_domain::{Language, Result, SiteKind, Symbol, SymbolKind, Undecided};

use self::facts::Facts;
use super::modules::Modules;
use super::names;
use super::relocate::imports::{Changed, line_end, statements};
use crate::dead::names::{self as dead, Candidate, hits};
use crate::dead::{DeadCode, Unused};
use crate::sheet::Sheet;
use crate::sources::{FileId, Sources};
use crate::text::words;
use crate::units::UnitKind;

/// See [`crate::lang::Backend::dead`].
pub(super) fn find(
    sources: &Sources<'_>,
    request: &DeadCode,
    inside: &(dyn Fn(&str) -> bool + Sync),
    unused: &mut Unused,
) -> Result<()> {
    let modules = Modules::new(sources);
    let facts = Facts::new(sources)?;
    let mut candidates = Vec::new();
    for file in sources.of_language(Language::Python) {
        if inside(sources.path(file)) {
            collect(sources, &modules, &facts, request, file, &mut candidates)?;
        }
    }
    let wanted: BTreeSet<&str> = candidates.iter().map(|one| one.symbol.name.as_str()).collect();
    let what = |file: FileId, at: usize| facts.what(sources.path(file), file, at);
    let hits = hits(sources, &wanted, &what)?;
    let found = dead::unused(sources, candidates, &hits);
    let mut going: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
    for one in dead::report(request, found, &hits, unused) {
        for (file, range) in one.ranges {
            going.entry(file).or_default().push(range);
        }
    }
    let mut sheet = Sheet::new(sources, Undecided::Leave, "#");
    let mut changed = Changed::default();
    for (file, ranges) in going {
        remove(sources, file, ranges, &mut sheet, &mut changed)?;
    }
    changed.write(&mut sheet, "only what is removed used it")?;
    dead::add_edits(sheet, unused)
}

/// The definitions of one file.
fn collect(
    sources: &Sources<'_>,
    modules: &Modules,
    facts: &Facts,
    request: &DeadCode,
    file: FileId,
    found: &mut Vec<Candidate>,
) -> Result<()> {
    let Some(parsed) = sources.parsed(file, Language::Python)? else { return Ok(()) };
    let path = sources.path(file);
    if parsed.tree.root_node().has_error() || path.ends_with(".pyi") {
        return Ok(());
    }
    let text: &str = &parsed.text;
    let units = crate::units::units(Language::Python, text.as_bytes())?;
    let module = modules.of_file(file).map(|module| &modules.list[module]);
    let dotted = module.map_or("", |module| module.dotted.as_str());
    for unit in &units {
        let parent = unit.parent.map(|at| &units[at]);
        let member = parent.is_some_and(|parent| parent.kind == UnitKind::Type);
        let kind = match unit.kind {
            UnitKind::Function if parent.is_none() => SymbolKind::Function,
            UnitKind::Type if parent.is_none() => SymbolKind::Type,
            UnitKind::Constant if parent.is_none() => SymbolKind::Constant,
            UnitKind::Method if member => SymbolKind::Method,
            _ => continue,
        };
        if names::is_special(&unit.name) || unit.name == "_" || facts.is_test(path, &unit.name) {
            continue;
        }
        let class = parent.map(|parent| parent.name.as_str());
        let symbol = Symbol {
            name: unit.name.clone(),
            qualified: format!("{dotted}.{}", unit.qualified),
            kind,
            language: Language::Python,
            path: path.to_owned(),
            line: parsed.lines.line(unit.name_range.start),
        };
        let public = !unit.qualified.split('.').any(|part| part.starts_with('_'));
        let open = if !request.closed && public && facts.is_installed(path) {
            Some("others may import it: the package can be installed".to_owned())
        } else {
            facts.open(sources, file, text, unit, class)?
        };
        let ranges = vec![(file, with_comments(text, &unit.whole))];
        found.push(Candidate { symbol, ranges, open });
    }
    Ok(())
}

/// The definition with the comments right above and the rest of its lines.
fn with_comments(text: &str, whole: &Range<usize>) -> Range<usize> {
    let mut start = text[..whole.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[start..whole.start];
    while let Some(above) = text[..start].strip_suffix('\n') {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        let comment = above[line..].strip_prefix(indent).is_some_and(|rest| rest.starts_with('#'));
        if line == 0 || !comment {
            break;
        }
        start = line;
    }
    start..line_end(text, whole.end)
}

/// Takes definitions out of a file, with the imports that only they used.
fn remove(
    sources: &Sources<'_>,
    file: FileId,
    mut ranges: Vec<Range<usize>>,
    sheet: &mut Sheet<'_, '_>,
    changed: &mut Changed,
) -> Result<()> {
    let Some(parsed) = sources.parsed(file, Language::Python)? else { return Ok(()) };
    let text: &str = &parsed.text;
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut outer: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        if outer.last().is_none_or(|last| range.start >= last.end) {
            outer.push(range);
        }
    }
    let inside = |at: usize| {
        let next = outer.partition_point(|range| range.end <= at);
        outer.get(next).is_some_and(|range| range.contains(&at))
    };
    let blank: BTreeSet<usize> = facts::emptied(parsed.tree.root_node(), &inside);
    for range in &outer {
        let mut end = range.end;
        let apart = range.start == 0
            || text[..range.start].ends_with("\n\n")
            || text[..range.start].ends_with("\n\r\n");
        while apart && text[end..].starts_with(['\n', '\r']) {
            end += 1;
        }
        let line = &text[range.start..];
        let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let empties = blank.iter().any(|at| range.contains(at));
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let new = if empties { format!("{indent}pass{newline}") } else { String::new() };
        let end = if empties { range.end } else { end };
        let evidence = "nothing uses it";
        sheet.edit(file, range.start..end, new, SiteKind::Definition, evidence);
    }
    let path = sources.path(file);
    if path.ends_with("__init__.py") || text.contains("__all__") {
        return Ok(());
    }
    let module = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py").to_owned();
    let statements = statements(sources, file)?;
    for statement in statements.iter().filter(|statement| statement.direct) {
        let line = &text[statement.range.start..line_end(text, statement.range.end)];
        for (at, clause) in statement.clauses.iter().enumerate() {
            let own = |at: &usize| statement.range.contains(at);
            let places: Vec<usize> =
                words(text.as_bytes(), &clause.binds).filter(|at| !own(at)).collect();
            let only = !places.is_empty() && places.iter().all(|at| inside(*at));
            if only && !line.contains('#') && !named_with(sources, file, &clause.binds, &module)? {
                changed.take(file, statement, at, None);
            }
        }
    }
    Ok(())
}

/// Whether another file names both: it may have the one from the other.
fn named_with(sources: &Sources<'_>, own: FileId, name: &str, module: &str) -> Result<bool> {
    let python = sources.of_language(Language::Python);
    for file in sources.containing(&python, &[name])? {
        let text = sources.text(file)?;
        let both = text.is_none_or(|text| words(text.as_bytes(), module).next().is_some());
        if file != own && both {
            return Ok(true);
        }
    }
    Ok(false)
}
