//! Definitions that nothing uses.
//!
//! A name is looked for as a word in every text of the tree, so that nothing depends on types.

mod facts;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use axon_domain::{Language, Result, SiteKind, Symbol, SymbolKind};

use self::facts::{Facts, What};
use super::modules::Modules;
use super::names;
use super::relocate::imports::{Changed, line_end, statements};
use crate::dead::{DeadCode, Finding, Unused};
use crate::sheet::Sheet;
use crate::sources::{FileId, Sources, nfkc};
use crate::text::{is_word_byte, words};
use crate::units::UnitKind;

/// One definition that may be unused.
struct Candidate {
    file: FileId,
    symbol: Symbol,
    range: Range<usize>,
    /// Why that is not enough, where it is not.
    open: Option<String>,
}

/// Where a name stands.
struct Hit {
    file: FileId,
    at: usize,
    what: What,
}

/// See [`crate::lang::Backend::dead`].
pub(super) fn find(
    sources: &Sources<'_>,
    request: &DeadCode,
    inside: &dyn Fn(&str) -> bool,
    sheet: &mut Sheet<'_, '_>,
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
    let hits = hits(sources, &facts, &wanted)?;
    for one in &mut candidates {
        named_in_text(sources, one, &hits);
    }
    let mut dead: Vec<bool> = vec![true; candidates.len()];
    loop {
        let mut ranges: HashMap<FileId, Vec<Range<usize>>> = HashMap::new();
        for (one, _) in
            candidates.iter().zip(&dead).filter(|(one, dead)| **dead && one.open.is_none())
        {
            ranges.entry(one.file).or_default().push(one.range.clone());
        }
        let before = dead.clone();
        for (one, dead) in candidates.iter().zip(&mut dead) {
            let found = hits.get(one.symbol.name.as_str()).map_or(&[][..], Vec::as_slice);
            let used = |hit: &Hit| {
                let own = hit.file == one.file && one.range.contains(&hit.at);
                let around = ranges.get(&hit.file);
                let within = around.is_some_and(|r| r.iter().any(|range| range.contains(&hit.at)));
                hit.what == What::Code && !own && !within
            };
            *dead &= !found.iter().any(used);
        }
        if dead == before {
            break;
        }
    }
    let live: Vec<Candidate> =
        candidates.into_iter().zip(dead).filter(|(_, dead)| *dead).map(|(one, _)| one).collect();
    report(sources, request, live, &hits, sheet, unused)
}

/// Text and imports elsewhere leave open what no code uses.
fn named_in_text(sources: &Sources<'_>, one: &mut Candidate, hits: &HashMap<String, Vec<Hit>>) {
    let places = hits.get(&one.symbol.name).map_or(&[][..], Vec::as_slice);
    let elsewhere = places.iter().find(|hit| {
        !(hit.file == one.file && one.range.contains(&hit.at))
            && matches!(hit.what, What::Text | What::Import)
    });
    if let (Some(hit), None) = (elsewhere, &one.open) {
        let path = sources.path(hit.file);
        one.open = Some(match hit.what {
            What::Import => format!("`{path}` imports it, and does not use it"),
            _ => format!("`{path}` names it in text"),
        });
    }
}

/// Those of the chosen definitions that nothing uses which stays.
fn going_together(
    proven: &[Candidate],
    mut goes: Vec<bool>,
    hits: &HashMap<String, Vec<Hit>>,
) -> Vec<bool> {
    loop {
        let mut removed: HashMap<FileId, Vec<Range<usize>>> = HashMap::new();
        for (one, _) in proven.iter().zip(&goes).filter(|(_, goes)| **goes) {
            removed.entry(one.file).or_default().push(one.range.clone());
        }
        let before = goes.clone();
        for (one, goes) in proven.iter().zip(&mut goes) {
            *goes &= hits.get(&one.symbol.name).into_iter().flatten().all(|hit| {
                let inside = |range: &Range<usize>| range.contains(&hit.at);
                hit.what != What::Code
                    || removed.get(&hit.file).is_some_and(|ranges| ranges.iter().any(inside))
            });
        }
        if goes == before {
            return goes;
        }
    }
}

/// Sorts what no code uses into proven and open, and removes the former.
fn report(
    sources: &Sources<'_>,
    request: &DeadCode,
    found: Vec<Candidate>,
    hits: &HashMap<String, Vec<Hit>>,
    sheet: &mut Sheet<'_, '_>,
    unused: &mut Unused,
) -> Result<()> {
    let (open, proven): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.open.is_some());
    for one in open {
        let evidence = one.open.unwrap_or_default();
        unused.open.push(Finding { symbol: one.symbol, evidence });
    }
    let chosen =
        |one: &Candidate| request.only.is_empty() || request.only.contains(&one.symbol.qualified);
    let goes = going_together(&proven, proven.iter().map(chosen).collect(), hits);
    let within = |one: &Candidate| {
        proven.iter().any(|other| {
            other.file == one.file
                && other.range != one.range
                && other.range.contains(&one.range.start)
        })
    };
    let inner: Vec<bool> = proven.iter().map(within).collect();
    let mut going: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
    for ((one, goes), inner) in proven.into_iter().zip(goes).zip(inner) {
        if inner && goes {
            continue;
        }
        let alone = hits.get(&one.symbol.name).into_iter().flatten().all(|hit| {
            hit.what != What::Code || (hit.file == one.file && one.range.contains(&hit.at))
        });
        let evidence = if alone {
            "its name stands nowhere else in the tree".to_owned()
        } else {
            "only unused code uses it".to_owned()
        };
        if goes {
            going.entry(one.file).or_default().push(one.range.clone());
        }
        unused.proven.push(Finding { symbol: one.symbol, evidence });
    }
    let mut changed = Changed::default();
    for (file, ranges) in going {
        remove(sources, file, ranges, sheet, &mut changed)?;
    }
    changed.write(sheet, "only what is removed used it")
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
        found.push(Candidate { file, symbol, range: with_comments(text, &unit.whole), open });
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

/// Every place of the names in every text of the tree.
fn hits(
    sources: &Sources<'_>,
    facts: &Facts,
    wanted: &BTreeSet<&str>,
) -> Result<HashMap<String, Vec<Hit>>> {
    let mut found: HashMap<String, Vec<Hit>> = HashMap::new();
    for file in sources.ids() {
        let Some(text) = sources.text(file)? else { continue };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !is_word_byte(bytes[at]) {
                at += 1;
                continue;
            }
            let end =
                bytes[at..].iter().position(|b| !is_word_byte(*b)).map_or(bytes.len(), |n| at + n);
            let word = &text[at..end];
            let plain = if word.is_ascii() { Cow::Borrowed(word) } else { Cow::Owned(nfkc(word)) };
            if let Some(name) = wanted.get(&*plain) {
                let what = facts.what(sources.path(file), file, at);
                found.entry((*name).to_owned()).or_default().push(Hit { file, at, what });
            }
            at = end;
        }
    }
    Ok(found)
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
