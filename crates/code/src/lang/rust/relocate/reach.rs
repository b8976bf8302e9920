//! Who sees what: nothing is made more visible than those who use it need.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Result, SiteKind, Symbol};

use super::super::ast::NodeId;
use super::super::items::{ItemKind, Unit, Visibility};
use super::super::project::{ItemRef, ModuleId, Project, UnitId};
use super::super::resolve::{Def, Place};
use super::super::rules::definition_around;
use super::super::use_edits::in_file;
use super::access::modifier;
use super::{Ways, node_of};
use crate::sheet::Sheet;

/// How a region is written in a module, with a space behind; the module itself needs nothing.
pub(super) fn written(project: &Project<'_>, at: ModuleId, region: ModuleId) -> String {
    if at == region {
        String::new()
    } else if project.parent(region).is_none() {
        "pub(crate) ".to_owned()
    } else if project.parent(at) == Some(region) {
        "pub(super) ".to_owned()
    } else {
        format!("pub(in {}) ", project.written_path(region))
    }
}

/// The innermost module from which all these users and the home see something of the home;
/// `None` where all of them lie in it.
pub(super) fn region(ways: &Ways<'_, '_>, users: &BTreeSet<ModuleId>) -> Option<ModuleId> {
    let project = ways.project;
    let own = project.crate_id(ways.moved.module);
    let mut outside = users
        .iter()
        .filter(|user| project.crate_id(**user) == own && !ways.home.holds(project, **user))
        .peekable();
    outside.peek()?;
    let parent = ways.home.parent.unwrap_or(ways.home.around());
    Some(outside.fold(parent, |region, user| project.common(region, *user)))
}

/// How a region is written in the home.
fn at_home(ways: &Ways<'_, '_>, region: ModuleId) -> String {
    let project = ways.project;
    match ways.home.module {
        Some(home) => written(project, home, region),
        None if project.parent(region).is_none() => "pub(crate) ".to_owned(),
        None if ways.home.parent == Some(region) => "pub(super) ".to_owned(),
        None => format!("pub(in {}) ", project.written_path(region)),
    }
}

/// The region that a stated visibility means in the home; `None` for the home itself, and
/// `Err` where it means nothing there.
fn means(ways: &Ways<'_, '_>, text: &str) -> Result<Option<ModuleId>, ()> {
    let project = ways.project;
    let plain: String = text.split_whitespace().collect();
    let root = project.crate_of(ways.moved.module).root;
    match plain.as_str() {
        "" | "pub(self)" => Ok(None),
        "pub(crate)" | "crate" | "pub(incrate)" => Ok(Some(root)),
        "pub(super)" => ways.home.parent.map(Some).ok_or(()),
        _ => {
            let path = plain.trim_start_matches("pub(in").trim_end_matches(')');
            let mut at = root;
            let parts = path.strip_prefix("crate").ok_or(())?;
            for part in parts.split("::").filter(|part| !part.is_empty()) {
                at = project.child(at, part).ok_or(())?;
            }
            if ways.home.lies_in(project, at) { Ok(Some(at)) } else { Err(()) }
        }
    }
}

/// Writes the visibility of something that moves, so that its users see it. Gives the region
/// it can be seen in afterwards; `None` for the home itself.
pub(super) fn restate(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    unit: &Unit,
    node: NodeId,
    users: &BTreeSet<ModuleId>,
) -> Option<ModuleId> {
    let project = ways.project;
    let stated = modifier(&unit.ast, node);
    let text = stated.map_or("", |stated| unit.ast.text(stated));
    let needed = region(ways, users);
    let now = means(ways, text);
    let enough = match (now, needed) {
        (Ok(_), None) => true,
        (Ok(Some(now)), Some(needed)) => project.lies_in(needed, now),
        (Ok(None), Some(_)) | (Err(()), _) => false,
    };
    if enough || text == "pub" {
        return now.unwrap_or(None);
    }
    let new = needed.map_or(String::new(), |region| at_home(ways, region));
    let evidence = (SiteKind::Addition, "as visible as those who use it need");
    match stated {
        Some(stated) => {
            let mut range = in_file(unit, stated);
            if new.is_empty() {
                range.end = unit.ast.start(node).max(range.end + 1);
            }
            ways.edit(sheet, unit.file, range, new.trim_end().to_owned(), evidence);
        }
        None => {
            let at = unit.ast.start(node);
            ways.edit(sheet, unit.file, at..at, new, evidence);
        }
    }
    needed
}

/// The visibility of the definition, of the modules that lead to it, and of what it uses.
pub(super) fn settle(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    symbol: &Symbol,
) -> Result<()> {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    let users = ways.users.clone();
    if ways.stated() != Visibility::Public {
        restate(ways, sheet, &unit, ways.moved.nodes[0], &users);
    }
    api(ways, symbol)?;
    let inner = ways.home.module.or(ways.home.parent);
    let Some(inner) = inner else { return Ok(()) };
    for module in project.outwards(inner).collect::<Vec<_>>() {
        let Some(parent) = project.parent(module) else { break };
        for item in project.declarations(module) {
            let stated = project.unit(item.unit).items[item.item].visibility.clone();
            for user in &users {
                if project.visible(&stated, parent, *user) {
                    continue;
                }
                if project.crate_id(*user) != project.crate_id(module) {
                    return Err(closed(ways, module, symbol));
                }
                ways.show(node_of(project, item), parent, *user);
            }
        }
    }
    with_types(ways);
    widen(ways, sheet)
}

/// Who uses a value has to see its type: what is made visible takes along the types that it
/// is declared with.
fn with_types(ways: &mut Ways<'_, '_>) {
    let project = ways.project;
    let mut pending: Vec<_> = ways.wider.keys().copied().collect();
    while let Some((unit_id, node)) = pending.pop() {
        let Some((module, users)) = ways.wider.get(&(unit_id, node)).cloned() else { continue };
        for item in declared_with(project, unit_id, node, module) {
            let there = project.unit(item.unit);
            let stated = &there.items[item.item].visibility;
            let Some(home) = project.homes(item).first().copied() else { continue };
            for user in users.iter().filter(|user| !project.visible(stated, home, **user)) {
                let key = node_of(project, item);
                let known = ways.wider.get(&key).is_some_and(|(_, users)| users.contains(user));
                if !known && !ways.moved.items.contains(&item) {
                    ways.show(key, home, *user);
                    pending.push(key);
                }
            }
        }
    }
}

/// The types that the declaration of a function, constant or field names, and those that
/// aliases among them stand for.
fn declared_with(
    project: &Project<'_>,
    unit_id: UnitId,
    node: NodeId,
    module: ModuleId,
) -> BTreeSet<ItemRef> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([(unit_id, node)]);
    let mut pending = vec![(unit_id, node, module)];
    while let Some((unit_id, node, module)) = pending.pop() {
        let unit = project.unit(unit_id);
        for item in named_in(project, &unit, &Place { unit: unit_id, node, module }) {
            let there = project.unit(item.unit);
            let content = &there.items[item.item];
            if content.kind != ItemKind::Alias {
                found.insert(item);
            } else if seen.insert((item.unit, content.node)) {
                let home = project.homes(item).first().copied();
                pending.extend(home.map(|home| (item.unit, content.node, home)));
            }
        }
    }
    found
}

/// The types that a declaration names, what is in it apart.
fn named_in(project: &Project<'_>, unit: &Unit, place: &Place) -> Vec<ItemRef> {
    let ast = &unit.ast;
    let kind = ast.kind(place.node);
    if matches!(kind, "struct_item" | "enum_item" | "union_item" | "trait_item" | "mod_item") {
        return Vec::new();
    }
    let mut found = Vec::new();
    ast.walk(place.node, |at| {
        if matches!(ast.field_of(at), "body" | "value") && at != place.node {
            return false;
        }
        let named = matches!(ast.kind(at), "type_identifier" | "scoped_type_identifier");
        if named && ast.field_of(at) != "name" {
            let defs = project.type_path(&Place { node: at, ..*place }, at);
            found.extend(defs.iter().filter_map(|def| match def {
                Def::Item(item) => Some(*item),
                _ => None,
            }));
        }
        true
    });
    found
}

fn closed(ways: &Ways<'_, '_>, module: ModuleId, symbol: &Symbol) -> Error {
    let path = ways.project.module_path(module);
    let what = format!("`{}` is public, and `{path}` is not", symbol.qualified);
    let hint =
        format!("make `{path}` public first, or pass `{}` on from a public module", symbol.name);
    Error::new(Code::NeedsDecision, what).at(ways.moved.place.clone()).hint(hint)
}

/// What others can use today has to stay within their reach.
fn api(ways: &Ways<'_, '_>, symbol: &Symbol) -> Result<()> {
    let project = ways.project;
    let before = ways.stated() == Visibility::Public && project.is_exposed(ways.moved.module);
    let around = ways.home.around();
    if !before || ways.exported || project.is_exposed(around) {
        return Ok(());
    }
    let hides = |module: &ModuleId| {
        project.parent(*module).is_some()
            && project.declarations(*module).iter().all(|item| {
                project.unit(item.unit).items[item.item].visibility != Visibility::Public
            })
    };
    let module = project.outwards(around).find(hides).unwrap_or(around);
    Err(closed(ways, module, symbol))
}

/// The visibility of the `mod` item of a new home, with a space behind.
pub(super) fn of_new_module(ways: &Ways<'_, '_>) -> String {
    let project = ways.project;
    let Some(parent) = ways.home.parent else { return String::new() };
    let foreign = ways
        .users
        .iter()
        .any(|user| project.crate_id(*user) != project.crate_id(ways.moved.module));
    let public = ways.stated() == Visibility::Public;
    if public && (foreign || project.is_exposed(ways.moved.module) && project.is_exposed(parent)) {
        return "pub ".to_owned();
    }
    match region(ways, &ways.users) {
        Some(region) => written(project, parent, region),
        None => String::new(),
    }
}

/// Makes what the home uses, and what leads to it, visible as far as that takes.
fn widen(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    let project = ways.project;
    for ((unit_id, node), (module, users)) in std::mem::take(&mut ways.wider) {
        let unit = project.unit(unit_id);
        let region = users.iter().fold(module, |region, user| project.common(region, *user));
        let twins = unit
            .item_at(node)
            .is_some_and(|item| project.twins(super::ItemRef { unit: unit_id, item }).len() > 1);
        let in_macro = definition_around(&unit, node).is_some()
            || unit.ast.ancestors(node).any(|node| unit.ast.kind(node) == "macro_invocation");
        let name = unit.item_at(node).map_or_else(
            || unit.ast.field(node, "name").map_or("a field", |n| unit.ast.name(n)).to_owned(),
            |item| unit.items[item].name.clone(),
        );
        if twins || in_macro {
            let line = project.line(unit.file, unit.ast.start(node));
            let place = format!("{}:{line}", project.sources.path(unit.file));
            let what = format!(
                "`{name}` has to be seen in `{}`, and is written in a way that is not changed",
                project.module_path(region)
            );
            let hint = "make it visible there first";
            return Err(Error::new(Code::NeedsDecision, what).at(place).hint(hint));
        }
        let new = written(project, module, region);
        if new.is_empty() {
            continue;
        }
        let shown: Vec<String> =
            users.iter().map(|user| format!("`{}`", project.module_path(*user))).collect();
        let home = ways.home.path(project);
        let evidence = if users.contains(&ways.home.around()) {
            format!("`{home}` uses `{name}` and has to see it")
        } else {
            format!("leads to `{}` from {}", ways.name, shown.join(", "))
        };
        let evidence = (SiteKind::Addition, evidence.as_str());
        match modifier(&unit.ast, node) {
            Some(stated) => {
                let range = in_file(&unit, stated);
                ways.edit(sheet, unit.file, range, new.trim_end().to_owned(), evidence);
            }
            None => {
                let at = unit.ast.start(node);
                ways.edit(sheet, unit.file, at..at, new, evidence);
            }
        }
    }
    Ok(())
}
