//! Items that nothing uses.
//!
//! A name is looked for as a word in every text of the tree, macros and all configurations
//! included, so that nothing depends on types. Only entries of `use` are resolved, to take
//! those along that name nothing else.

mod facts;
mod open;
mod remove;

use std::collections::BTreeSet;

use axon_domain::{Result, SymbolKind, Undecided};

use self::facts::Facts;
use super::items::{ItemKind, Owner, Unit};
use super::lines::whole;
use super::parse_all;
use super::project::{ItemRef, Project};
use super::types::Ty;
use crate::dead::names::{self as words, Candidate, hits};
use crate::dead::{DeadCode, Unused};
use crate::sheet::Sheet;
use crate::sources::{FileId, Sources};

/// See [`crate::lang::Backend::dead`].
pub(super) fn find(
    sources: &Sources<'_>,
    request: &DeadCode,
    inside: &(dyn Fn(&str) -> bool + Sync),
    unused: &mut Unused,
) -> Result<()> {
    let project = Project::new(sources, &[])?;
    parse_all(&project, &project.files)?;
    let mut facts = Facts::new(&project)?;
    let exposed = open::exposed(&project);
    let mut found: Vec<(ItemRef, Candidate)> = Vec::new();
    for file in project.files.clone() {
        if inside(sources.path(file)) {
            let asked = open::Asked { facts: &facts, exposed: &exposed, closed: request.closed };
            collect(&project, &asked, file, inside, &mut found);
        }
    }
    let items: BTreeSet<ItemRef> = found.iter().map(|(item, _)| *item).collect();
    facts.add_entries(&project, &items, request.closed);
    let names: BTreeSet<String> =
        found.iter().map(|(_, one)| one.symbol.name.trim_start_matches("r#").to_owned()).collect();
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let what = |file: FileId, at: usize| facts.what(sources, file, at);
    let hits = hits(sources, &wanted, &what)?;
    let candidates = found.into_iter().map(|(_, one)| one).collect();
    let found = words::unused(sources, candidates, &hits);
    let going = words::report(request, found, &hits, unused);
    let mut sheet = Sheet::new(sources, Undecided::Leave, "//");
    remove::write(&project, &facts, going, &mut sheet)?;
    words::add_edits(sheet, unused)?;
    project.failed()
}

/// The items of one file that may be unused.
fn collect(
    project: &Project<'_>,
    asked: &open::Asked<'_>,
    file: FileId,
    inside: &(dyn Fn(&str) -> bool + Sync),
    found: &mut Vec<(ItemRef, Candidate)>,
) {
    let Some(unit_id) = project.unit_of(file) else { return };
    let unit = project.unit(unit_id);
    if asked.facts.is_broken(file) {
        return;
    }
    for (at, item) in unit.items.iter().enumerate() {
        let own = ItemRef { unit: unit_id, item: at };
        if !may_be_unused(project, &unit, own) {
            continue;
        }
        let Some(symbol) = project.symbol(own) else { continue };
        let mut open = asked.why(project, &unit, own);
        let own_lines = whole(&unit, item.node);
        let range = own_lines.unwrap_or(unit.ast.start(item.node)..unit.ast.end(item.node));
        let mut ranges = vec![(file, range)];
        if symbol.kind == SymbolKind::Type {
            for range in impls(project, own) {
                match range {
                    Some((file, range)) if inside(project.sources.path(file)) => {
                        ranges.push((file, range));
                    }
                    _ => {
                        let why = "an `impl` for it is not taken out";
                        open = open.or(Some(why.to_owned()));
                    }
                }
            }
        }
        found.push((own, Candidate { symbol, ranges, open }));
    }
}

/// Functions, types and constants of modules and of `impl` blocks for types themselves.
fn may_be_unused(project: &Project<'_>, unit: &Unit, own: ItemRef) -> bool {
    let item = &unit.items[own.item];
    if item.name == "_" || unit.bodies[item.body].parent.is_some() {
        return false;
    }
    let kind = match item.kind {
        ItemKind::Module | ItemKind::Variant | ItemKind::AssociatedType => false,
        ItemKind::Function if item.name == "main" => false,
        _ => true,
    };
    let owned = match item.owner {
        Owner::Body => true,
        Owner::Item(_) => false,
        Owner::Impl(at) => unit.impls[at].of_trait.is_none(),
    };
    let written = unit
        .ast
        .ancestors(item.node)
        .all(|node| !matches!(unit.ast.kind(node), "macro_invocation" | "macro_definition"));
    let tests = unit.attributes_before(item.node).iter().any(|node| {
        let name = super::modules::attribute_name(unit.ast.text(*node));
        matches!(name.rsplit("::").next(), Some("test" | "bench" | "rstest" | "test_case"))
    });
    kind && owned && written && !tests && !project.homes(own).is_empty()
}

/// The lines of the `impl` blocks for a type; `None` for one that shares them.
fn impls(project: &Project<'_>, own: ItemRef) -> Vec<Option<(FileId, std::ops::Range<usize>)>> {
    let name = project.unit(own.unit).items[own.item].name.clone();
    let mut found = Vec::new();
    for file in project.containing(&name).iter() {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let unit = project.unit(unit_id);
        for (at, block) in unit.impls.iter().enumerate() {
            let text = unit.ast.text(block.self_type);
            if crate::text::words(text.as_bytes(), &name).next().is_none() {
                continue;
            }
            let written = unit.ast.ancestors(block.node).all(|node| {
                !matches!(unit.ast.kind(node), "macro_invocation" | "macro_definition")
            });
            let info = project.impl_info(unit_id, at);
            if written && matches!(&info.self_ty, Ty::Own(item, _) if *item == own) {
                let range = whole(&unit, block.node).map(|range| (*file, range));
                found.push(range);
            }
        }
    }
    found
}
