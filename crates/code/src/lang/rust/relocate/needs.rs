//! What the definition uses of its old module, and how its new module gets it.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{Code, Error, Result, SiteKind};

use super::super::ast::NodeId;
use super::super::collisions::bare;
use super::super::items::{ItemKind, Space, Unit, UseLeaf, Visibility};
use super::super::known;
use super::super::project::{ItemRef, ModuleId, Project};
use super::super::resolve::Def;
use super::super::use_edits::stated;
use super::heads::{self, Found, Head, Path};
use super::origins::{copied, open, path_of, unseen};
use super::{Ways, macros, traits};
use crate::sheet::Sheet;
use crate::text::words;

/// What is known about it.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Names that the home has for what the definition means by them.
    pub(super) known: BTreeSet<String>,
    /// Parts of imports of the old module that were copied, and the name.
    pub(super) copied: Vec<(usize, Option<String>)>,
}

const FOLLOWS: (SiteKind, &str) = (SiteKind::Reference, "what it uses is named from the root");

/// Finds out and writes down what is imported, and what has to be seen further.
pub(super) fn collect(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<Needs> {
    let found = heads::collect(ways.project, &ways.moved);
    let mut needs = Needs::default();
    for path in &found.paths {
        follow(ways, sheet, path)?;
    }
    let mut names: BTreeMap<&str, Vec<&Head>> = BTreeMap::new();
    for head in &found.heads {
        names.entry(&head.name).or_default().push(head);
    }
    for (name, heads) in names {
        one(ways, sheet, name, &heads, &mut needs)?;
    }
    for range in &found.unclear {
        let why = "among the tokens of a macro, a path that means something else elsewhere";
        sheet.ask(ways.moved.file, range.clone(), why);
    }
    macros::settle(ways, sheet, &found, &mut needs)?;
    traits::needed(ways, &found, &mut needs)?;
    foreign_globs(ways, &found);
    drop_unused(ways, &needs)?;
    Ok(needs)
}

/// A path from the old module or the root on: what it leads through has to be seen.
fn follow(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>, path: &Path) -> Result<()> {
    let first = path.names.first().map_or("", String::as_str);
    let own = first == ways.name && path.from == ways.moved.module;
    if own {
        return Ok(());
    }
    let names: Vec<String> = path.names.clone();
    if !open(ways, path.from, &names) {
        return Err(unseen(
            ways,
            &format!("{}::{}", ways.project.module_path(path.from), names.join("::")),
        ));
    }
    if let Some(range) = &path.relative {
        let new = ways.project.written_path(path.from);
        ways.edit(sheet, ways.moved.file, range.clone(), new, FOLLOWS);
    }
    Ok(())
}

/// One name and its places.
fn one(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    name: &str,
    heads: &[&Head],
    needs: &mut Needs,
) -> Result<()> {
    if name == ways.name {
        let own = heads.iter().all(|head| {
            let defs = ways.project.in_module(ways.moved.module, name, head.space, None);
            defs.is_empty() || ways.is_moved(&defs)
        });
        if own {
            return Ok(());
        }
    }
    let Some(lines) = imports_of(ways, name, heads, needs)? else {
        return outside(ways, name, heads);
    };
    if lines.is_empty() {
        return Ok(());
    }
    match at_home(ways, name, heads, &lines) {
        AtHome::Same => {
            needs.known.insert(name.to_owned());
            Ok(())
        }
        AtHome::Free => {
            needs.known.insert(name.to_owned());
            ways.home_lines.extend(lines.into_iter().map(|(line, _)| line));
            Ok(())
        }
        AtHome::Taken => qualify(ways, sheet, name, heads, &lines),
    }
}

/// What gives a name, as `use` lines with the bare paths; `None` where it comes from outside of
/// the module (the prelude, another crate).
fn imports_of(
    ways: &mut Ways<'_, '_>,
    name: &str,
    heads: &[&Head],
    needs: &mut Needs,
) -> Result<Option<Vec<(String, String)>>> {
    let project = ways.project;
    let old = ways.moved.module;
    let unit = project.unit(ways.moved.unit);
    let body = &unit.bodies[ways.moved.body];
    let items = body.names.get(name).into_iter().flatten();
    let items: Vec<ItemRef> =
        items.map(|item| ItemRef { unit: ways.moved.unit, item: *item }).collect();
    if items.iter().any(|item| *item != ways.moved.item) {
        let names = [name.to_owned()];
        if !open(ways, old, &names) {
            return Err(unseen(ways, name));
        }
        let path = format!("{}::{}", project.written_path(old), super::spelled(name));
        let mut lines: Vec<(String, String)> = Vec::new();
        for item in items {
            let condition = conditions(ways, unit.items[item.item].node);
            let line = (format!("{condition}use {path};"), path.clone());
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        return Ok(Some(lines));
    }
    if !items.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut lines = Vec::new();
    for (at, leaf) in body.uses.iter().enumerate() {
        if leaf.name.as_deref() == Some(name) && !leaf.external {
            let path = copied(ways, leaf)?;
            let last = path.rsplit("::").next().unwrap_or_default();
            let alias = if last.trim_start_matches("r#") == name {
                String::new()
            } else {
                format!(" as {}", super::spelled(name))
            };
            let mut line = conditions(ways, leaf.node);
            line.push_str(&format!("use {path}{alias};"));
            lines.push((line, path));
            needs.copied.push((at, Some(name.to_owned())));
        }
    }
    if !lines.is_empty() {
        return Ok(Some(lines));
    }
    let spaces: BTreeSet<Space> =
        heads.iter().filter(|head| !head.token).map(|h| h.space).collect();
    for space in spaces {
        for leaf in body.uses.iter().filter(|leaf| leaf.glob) {
            for container in project.imported(ways.moved.unit, old, leaf, Space::Type) {
                if let Some(path) = by_glob(ways, container, name, space)? {
                    return Ok(Some(vec![(format!("use {path};"), path)]));
                }
            }
        }
    }
    Ok(None)
}

/// The path of what a glob gives.
fn by_glob(
    ways: &mut Ways<'_, '_>,
    container: Def,
    name: &str,
    space: Space,
) -> Result<Option<String>> {
    let project = ways.project;
    match container {
        Def::Module(module) => {
            let defs = project.in_module(module, name, space, Some(ways.moved.module));
            if defs.is_empty() || ways.is_moved(&defs) {
                return Ok(None);
            }
            if !open(ways, module, &[name.to_owned()]) {
                return Err(unseen(ways, name));
            }
            Ok(Some(format!("{}::{}", path_of(ways, module), super::spelled(name))))
        }
        Def::Item(item) if !project.variant(item, name).is_empty() => {
            let home = project.homes(item).first().copied().unwrap_or(ways.moved.module);
            let inner = project.inner_path(item);
            if !open(ways, home, &inner) {
                return Err(unseen(ways, name));
            }
            Ok(Some(format!("{}::{}::{name}", path_of(ways, home), inner.join("::"))))
        }
        _ => Ok(None),
    }
}

/// The `cfg` attributes before an import or item, line by line.
pub(super) fn conditions(ways: &Ways<'_, '_>, node: NodeId) -> String {
    let unit = ways.project.unit(ways.moved.unit);
    let attributes = unit.attributes_before(node).iter().map(|node| unit.ast.text(*node));
    attributes
        .filter(|text| super::super::modules::is_condition(text))
        .map(|text| format!("{text}\n"))
        .collect()
}

enum AtHome {
    /// The home has the name for the same.
    Same,
    /// An import of it changes nothing else.
    Free,
    Taken,
}

fn at_home(ways: &Ways<'_, '_>, name: &str, heads: &[&Head], lines: &[(String, String)]) -> AtHome {
    let project = ways.project;
    let Some(home) = ways.home.module else {
        return if name == ways.name { AtHome::Taken } else { AtHome::Free };
    };
    let spaces: BTreeSet<Space> = heads.iter().map(|head| head.space).collect();
    let defs = |module, space| project.in_module(module, name, space, None);
    let same = spaces.iter().all(|space| {
        let (there, here) = (defs(home, *space), defs(ways.moved.module, *space));
        there == here && !here.contains(&Def::Foreign)
    });
    let some = spaces.iter().any(|space| !defs(home, *space).is_empty());
    if same && some {
        return AtHome::Same;
    }
    for (unit_id, body) in project.bodies(home) {
        let unit = project.unit(unit_id);
        if unit.bodies[body].names.contains_key(name) || name == ways.name {
            return AtHome::Taken;
        }
        let mut leaves =
            unit.bodies[body].uses.iter().filter(|leaf| leaf.name.as_deref() == Some(name));
        if let Some(leaf) = leaves.next() {
            let parts: Vec<String> =
                leaf.path.iter().map(|(name, _)| super::spelled(name)).collect();
            let plain = stated(&unit.ast, leaf.node);
            let path = parts.join("::");
            let equal = lines.iter().any(|(line, own)| *own == path && !line.starts_with('#'));
            return if equal || plain.is_empty() && same_foreign(&path, lines) {
                AtHome::Same
            } else {
                AtHome::Taken
            };
        }
        if uses_bare(project, unit_id, name) {
            return AtHome::Taken;
        }
    }
    AtHome::Free
}

/// `std::fmt` and `core::fmt` are one.
fn same_foreign(path: &str, lines: &[(String, String)]) -> bool {
    let plain = |path: &str| {
        let path = path.trim_start_matches("::");
        let rest = path.strip_prefix("std::").or(path.strip_prefix("core::"));
        rest.unwrap_or(path).to_owned()
    };
    lines.iter().any(|(_, own)| plain(own) == plain(path))
}

/// Whether a file uses a name without saying where it has it from.
fn uses_bare(project: &Project<'_>, unit_id: usize, name: &str) -> bool {
    let unit = project.unit(unit_id);
    if words(unit.ast.text.as_bytes(), name).next().is_none() {
        return false;
    }
    let mut found = false;
    unit.ast.walk(unit.ast.root(), |node| {
        let kind = unit.ast.kind(node);
        if matches!(kind, "identifier" | "type_identifier") && unit.ast.name(node) == name {
            let token =
                unit.ast.parent(node).is_some_and(|above| unit.ast.kind(above) == "token_tree");
            found |= token || bare(&unit, node).is_some();
        }
        !found
    });
    found
}

/// Writes paths in place of a name that the home has for something else.
fn qualify(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    name: &str,
    heads: &[&Head],
    lines: &[(String, String)],
) -> Result<()> {
    let plain = heads.iter().all(|head| head.plain);
    let [(line, path)] = lines else { return Err(taken(ways, name)) };
    if !plain || line.starts_with('#') {
        return Err(taken(ways, name));
    }
    for head in heads {
        ways.edit(sheet, ways.moved.file, head.range.clone(), path.clone(), FOLLOWS);
    }
    Ok(())
}

fn taken(ways: &Ways<'_, '_>, name: &str) -> Error {
    let what = format!("`{name}`, which it uses, means something else in its new module");
    let path = ways.project.sources.path(ways.home.file).to_owned();
    Error::new(Code::NameCollision, what).at(path).hint("rename one of the two first")
}

/// A name that the old module has from outside has to mean the same in the new one.
fn outside(ways: &Ways<'_, '_>, name: &str, heads: &[&Head]) -> Result<()> {
    let project = ways.project;
    let Some(home) = ways.home.module else { return Ok(()) };
    if heads.iter().all(|head| head.token) {
        return Ok(());
    }
    for (unit_id, body) in project.bodies(home) {
        let unit = project.unit(unit_id);
        let content = &unit.bodies[body];
        let named = content.names.get(name).into_iter().flatten().any(|item| {
            let kind = unit.items[*item].kind;
            heads.iter().any(|head| {
                kind.is_in(head.space) || kind == ItemKind::Module && head.space == Space::Type
            })
        });
        if named || content.uses.iter().any(|leaf| leaf.name.as_deref() == Some(name)) {
            return Err(taken(ways, name));
        }
    }
    let here = heads.iter().any(|head| {
        !project.in_module(home, name, head.space, None).is_empty()
            && project.in_module(ways.moved.module, name, head.space, None).is_empty()
    });
    if here { Err(taken(ways, name)) } else { Ok(()) }
}

/// Names that nothing of the project gives may come from a glob over another crate.
fn foreign_globs(ways: &mut Ways<'_, '_>, found: &Found) {
    let project = ways.project;
    let old = ways.moved.module;
    let unknown = |head: &&Head| {
        !head.token
            && !known::is_prelude_type(&head.name)
            && project.crate_named(old, &head.name).is_none()
            && project
                .in_module(old, &head.name, head.space, None)
                .iter()
                .all(|def| *def == Def::Foreign)
    };
    let any = found.heads.iter().any(|head| unknown(&head)) || !found.members.is_empty();
    if !any {
        return;
    }
    let unit = project.unit(ways.moved.unit);
    let mut lines = Vec::new();
    for leaf in unit.bodies[ways.moved.body].uses.iter().filter(|leaf| leaf.glob) {
        let defs = project.imported(ways.moved.unit, old, leaf, Space::Type);
        if defs.contains(&Def::Foreign) || defs.is_empty() {
            let parts: Vec<&str> = leaf.path.iter().map(|(name, _)| name.as_str()).collect();
            lines.push(format!("{}use {}::*;", conditions(ways, leaf.node), parts.join("::")));
        }
    }
    ways.home_lines.extend(lines);
}

/// An import that only the definition used goes, where nobody else can have it from there.
fn drop_unused(ways: &mut Ways<'_, '_>, needs: &Needs) -> Result<()> {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    for (at, name) in &needs.copied {
        let leaf = &unit.bodies[ways.moved.body].uses[*at];
        let mut others = unit.bodies[ways.moved.body].uses.iter().filter(|l| l.node != leaf.node);
        let again = name.is_some() && others.any(|other| other.name == *name);
        let used = match name {
            Some(name) => is_used(ways, &unit, leaf, name) || taken_below(ways, name)?,
            None => false,
        };
        let private = leaf.visibility == Visibility::Up(0);
        let marked = !unit.attributes_before(leaf.node).is_empty();
        if private && !marked && !used && !again && !traits::may_serve(ways, leaf) {
            ways.uses.take(ways.moved.unit, leaf.node, leaf.tree);
        }
    }
    Ok(())
}

/// Whether what stays of the file uses the name of an import: in code, or as the beginning of
/// another import.
fn is_used(ways: &Ways<'_, '_>, unit: &Unit, own: &UseLeaf, name: &str) -> bool {
    let leaves = || unit.bodies.iter().flat_map(|body| &body.uses);
    let begins = leaves().filter(|leaf| leaf.node != own.node).any(|leaf| {
        let mut parts = leaf.path.iter().map(|(name, _)| name.as_str());
        parts.find(|part| !matches!(*part, "self" | "super")) == Some(name)
    });
    let imports = ways.imports(unit);
    begins
        || words(unit.ast.text.as_bytes(), name)
            .any(|at| !ways.moved.holds(unit.file, at) && !imports.hold(unit.file, at))
}

/// Whether a file of an inner module names it: it may have it from the old module.
fn taken_below(ways: &Ways<'_, '_>, name: &str) -> Result<bool> {
    let project = ways.project;
    for file in project.containing(name).iter() {
        if *file == ways.moved.file {
            continue;
        }
        let Some(unit_id) = project.unit_of(*file) else { return Ok(true) };
        let below = |module: &ModuleId| project.lies_in(*module, ways.moved.module);
        if project.modules_of(unit_id, 0).iter().any(below) {
            return Ok(true);
        }
    }
    Ok(false)
}
