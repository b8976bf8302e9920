//! The symbols that a name may mean.

use std::collections::HashSet;

use axon_domain::{Code, Error, Result, SymbolKind};

use super::items::Owner;
use super::project::{ItemRef, Project};
use super::resolve::Def;
use super::target::Belongs;
use crate::lang::Candidate;
use crate::sources::{FileId, Sources};
use crate::text::words;

/// Every symbol that the name may mean, in the order of path and line.
pub(super) fn find(
    sources: &Sources<'_>,
    from: &str,
    kind: Option<SymbolKind>,
) -> Result<Vec<Candidate>> {
    let parts = split(from);
    let Some(name) = parts.last().cloned() else { return Ok(Vec::new()) };
    let project = Project::new(sources, &[&name])?;
    let all = defining(&project, &name);
    let near = near_owner(&project, &all, &parts);
    let found = among(&project, near.as_ref().unwrap_or(&all), &parts, kind)?;
    if found.is_empty() && near.is_some() {
        return among(&project, &all, &parts, kind);
    }
    Ok(found)
}

/// Those of the files that also spell what the name belongs to, or lie in a file or folder of
/// that name; `None` where the name does not say. A path through re-exports leads elsewhere.
fn near_owner(project: &Project<'_>, files: &[FileId], parts: &[String]) -> Option<Vec<FileId>> {
    let owner = parts.len().checked_sub(2).map(|at| parts[at].as_str())?;
    let of_crate = project.crates.borrow().iter().any(|krate| krate.name == owner);
    if owner == "crate" || of_crate {
        return None;
    }
    let near = |file: &FileId| {
        let path = project.sources.path(*file);
        let text = project.sources.text(*file).ok().flatten();
        path.split(['/', '.']).any(|part| part == owner)
            || text.is_some_and(|text| words(text.as_bytes(), owner).next().is_some())
    };
    Some(files.iter().copied().filter(near).collect())
}

fn among(
    project: &Project<'_>,
    files: &[FileId],
    parts: &[String],
    kind: Option<SymbolKind>,
) -> Result<Vec<Candidate>> {
    let name = parts.last().map_or("", String::as_str);
    super::parse_all(project, files)?;
    let mut found: Vec<Candidate> = Vec::new();
    let mut seen: HashSet<ItemRef> = HashSet::new();
    let mut foreign = None;
    for file in files {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let unit = project.unit(unit_id);
        for item in 0..unit.items.len() {
            let item = ItemRef { unit: unit_id, item };
            let content = &unit.items[item.item];
            if content.name != name || seen.contains(&item) || !fits(project, item, parts) {
                continue;
            }
            if kind.is_some() && project.symbol_kind(item) != kind {
                continue;
            }
            if project.belongs(item) == Belongs::Foreign {
                foreign.get_or_insert(item);
                continue;
            }
            add(project, item, &mut seen, &mut found);
        }
    }
    project.failed()?;
    found.sort_by(|a, b| (&a.symbol.path, a.symbol.line).cmp(&(&b.symbol.path, b.symbol.line)));
    // An implementation of somebody else's trait is offered last, and refused when chosen.
    if let Some(symbol) = foreign.filter(|_| found.is_empty()).and_then(|i| project.symbol(i)) {
        let second_choice = Some("a trait that is not in this project gives its name".to_owned());
        found.push(Candidate { symbol, also_at: Vec::new(), second_choice });
    }
    Ok(found)
}

/// The files that may define the name, by the words before it: most only use it, and need not
/// be parsed to know that.
fn defining(project: &Project<'_>, name: &str) -> Vec<FileId> {
    const BEFORE: &[&str] =
        &["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mut", "ref"];
    let may = |file: &FileId| {
        let Some(text) = project.sources.text(*file).ok().flatten() else { return false };
        let variants = words(text.as_bytes(), "enum").next().is_some();
        words(text.as_bytes(), name).any(|at| {
            let before = text[..at].trim_end_matches("r#").trim_end();
            let rest = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
            let last = &before[rest.len()..];
            // A variant has no word before it, but for what an attribute or comment ends with.
            BEFORE.contains(&last) || variants && last.is_empty() || commented(before)
        })
    };
    project.containing(name).iter().copied().filter(may).collect()
}

/// Whether a line comment stands just before, which may end with any word.
fn commented(before: &str) -> bool {
    before.lines().next_back().is_some_and(|line| line.contains("//"))
}

/// The parts of a name as people write it: `Cart::total`, `cart.Cart.total`.
fn split(from: &str) -> Vec<String> {
    let plain = from.trim().trim_start_matches("::").replace('.', "::");
    let parts = plain.split("::").filter(|part| !part.is_empty());
    parts.map(|part| part.trim().trim_start_matches("r#").to_owned()).collect()
}

/// Whether a definition answers to a qualified name: by the end of its path, or because the
/// whole path leads to it through re-exports.
fn fits(project: &Project<'_>, item: ItemRef, parts: &[String]) -> bool {
    if project.symbol_kind(item).is_none() {
        return false;
    }
    let inner = project.inner_path(item);
    project.homes(item).iter().any(|home| {
        let path = project.module_path(*home);
        let mut full: Vec<String> = path.split("::").map(str::to_owned).collect();
        full.extend(inner.iter().cloned());
        if full.ends_with(parts) {
            return true;
        }
        full[0] = project.crate_name(*home);
        full.ends_with(parts) || exported(project, item, parts, *home)
    })
}

fn exported(project: &Project<'_>, item: ItemRef, parts: &[String], home: usize) -> bool {
    if parts.len() < 2 {
        return false;
    }
    let krate = project.crate_of(home);
    let rest = match parts[0].as_str() {
        "crate" => &parts[1..],
        name if name == krate.name => &parts[1..],
        _ => parts,
    };
    let mut at = vec![Def::Module(krate.root)];
    for (index, part) in rest.iter().enumerate() {
        let spaces: &[super::items::Space] = if index + 1 == rest.len() {
            &[super::items::Space::Type, super::items::Space::Value]
        } else {
            &[super::items::Space::Type]
        };
        at = at
            .iter()
            .flat_map(|def| spaces.iter().flat_map(|space| project.inside(*def, part, *space)))
            .collect();
    }
    at.contains(&Def::Item(item))
}

fn add(
    project: &Project<'_>,
    item: ItemRef,
    seen: &mut HashSet<ItemRef>,
    found: &mut Vec<Candidate>,
) {
    let group = project.group(item);
    seen.extend(group.iter().copied());
    // A trait's own declaration stands for its implementations.
    let declares =
        |item: &&ItemRef| matches!(project.unit(item.unit).items[item.item].owner, Owner::Item(_));
    let first = group
        .iter()
        .find(declares)
        .copied()
        .unwrap_or_else(|| group.iter().next().copied().unwrap_or(item));
    let Some(symbol) = project.symbol(first) else { return };
    let others = group.iter().filter(|other| **other != first);
    let also_at = others
        .filter_map(|other| project.symbol(*other))
        .map(|symbol| (symbol.path, symbol.line))
        .collect();
    let unit = project.unit(first.unit);
    let local = unit.bodies[unit.items[first.item].body].parent.is_some();
    let second_choice = local.then(|| "it is local to a function".to_owned());
    found.push(Candidate { symbol, also_at, second_choice });
}

/// The refusal for an implementation of a trait that is not of the project.
pub(super) fn not_ours(project: &Project<'_>, item: ItemRef) -> Error {
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    let of_trait = match content.owner {
        Owner::Impl(at) => unit.impls[at].of_trait.map_or("", |node| unit.ast.text(node)),
        _ => "",
    };
    let at = unit.in_file(unit.ast.start(content.name_node));
    let place = format!("{}:{}", project.sources.path(unit.file), project.line(unit.file, at));
    let what = format!(
        "`{}` implements `{of_trait}`, a trait that is not in this project, and takes its name \
         from there",
        content.name
    );
    let hint = "name a symbol that the project defines itself";
    Error::new(Code::SymbolNotFound, what).at(place).hint(hint)
}
