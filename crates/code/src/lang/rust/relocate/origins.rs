//! Where the names come from that a definition uses, and how they are written from the root.

use axon_domain::{Code, Error, Result};

use super::super::items::{Space, UseLeaf};
use super::super::project::{ItemRef, ModuleId, Project};
use super::super::resolve::{Def, Place};
use super::{Ways, node_of};

/// The refusal for what the home cannot see.
pub(super) fn unseen(ways: &Ways<'_, '_>, what: &str) -> Error {
    let what = format!("`{what}`, which it uses, cannot be seen in its new module");
    let hint = "make it visible there first, or move it as well";
    Error::new(Code::NeedsDecision, what).at(ways.moved.place.clone()).hint(hint)
}

/// Lets the home see what a path leads through; `false` where only an import hides it.
pub(super) fn open(ways: &mut Ways<'_, '_>, from: ModuleId, names: &[String]) -> bool {
    let Some(hidden) = hidden(ways, from, names) else { return false };
    let home = ways.home.around();
    for (item, module) in hidden {
        ways.show(node_of(ways.project, item), module, home);
    }
    true
}

/// The items on a path that the home does not see, each with its module; `None` where an
/// import hides the way.
fn hidden(
    ways: &Ways<'_, '_>,
    from: ModuleId,
    names: &[String],
) -> Option<Vec<(ItemRef, ModuleId)>> {
    let project = ways.project;
    let home = ways.home.around();
    let mut found = Vec::new();
    // The way to the module itself.
    for module in project.outwards(from) {
        let Some(parent) = project.parent(module) else { break };
        for item in project.declarations(module) {
            let stated = &project.unit(item.unit).items[item.item].visibility;
            if !project.visible(stated, parent, home) {
                found.push((item, parent));
            }
        }
    }
    let mut at = from;
    for name in names {
        let mut next = project.child(at, name);
        let mut given = next.is_some();
        for (unit_id, body) in project.bodies(at) {
            let unit = project.unit(unit_id);
            for item in unit.bodies[body].names.get(name).into_iter().flatten() {
                let item_ref = ItemRef { unit: unit_id, item: *item };
                let seen = project.visible(&unit.items[*item].visibility, at, home);
                given = true;
                if !seen && !ways.moved.items.contains(&item_ref) {
                    found.push((item_ref, at));
                }
            }
            if given {
                continue;
            }
            for leaf in &unit.bodies[body].uses {
                if leaf.name.as_deref() != Some(name) {
                    continue;
                }
                if !project.visible(&leaf.visibility, at, home) {
                    return None;
                }
                let meant = project.imported(unit_id, at, leaf, Space::Type);
                next = next.or(meant.iter().find_map(module_of));
            }
        }
        match next {
            Some(module) => at = module,
            None => break,
        }
    }
    Some(found)
}

fn module_of(def: &Def) -> Option<ModuleId> {
    match def {
        Def::Module(module) => Some(*module),
        _ => None,
    }
}

/// The path of a module as the moved code writes it.
pub(super) fn path_of(ways: &Ways<'_, '_>, module: ModuleId) -> String {
    let project = ways.project;
    let path = project.written_path(module);
    if project.crate_id(module) == project.crate_id(ways.moved.module) {
        return path;
    }
    let name = project.crate_name(module);
    format!("{name}{}", path.strip_prefix("crate").unwrap_or_default())
}

/// The path of an import of the old module, from the root.
pub(super) fn copied(ways: &mut Ways<'_, '_>, leaf: &UseLeaf) -> Result<String> {
    let written: Vec<String> = leaf.path.iter().map(|(name, _)| name.clone()).collect();
    let shown = written.join("::");
    let project = ways.project;
    let Some((from, rest)) = start_of(project, ways, leaf, 0) else {
        return Err(unseen(ways, &shown));
    };
    match from {
        Start::Outside(name) => {
            let parts = std::iter::once(name).chain(rest.iter().map(|part| super::spelled(part)));
            let path = parts.collect::<Vec<_>>().join("::");
            Ok(if leaf.rooted { format!("::{path}") } else { path })
        }
        Start::Module(module) => {
            if !open(ways, module, &rest) {
                return Err(unseen(ways, &shown));
            }
            let mut path = path_of(ways, module);
            for part in &rest {
                path.push_str("::");
                path.push_str(&super::spelled(part));
            }
            Ok(path)
        }
    }
}

enum Start {
    Module(ModuleId),
    /// A crate from elsewhere, by its name.
    Outside(String),
}

/// Imports that are paths of imports are followed so far.
const LONGEST: usize = 8;

/// What an import begins with, and the parts behind that.
fn start_of(
    project: &Project<'_>,
    ways: &Ways<'_, '_>,
    leaf: &UseLeaf,
    depth: usize,
) -> Option<(Start, Vec<String>)> {
    let old = ways.moved.module;
    let names: Vec<String> = leaf.path.iter().map(|(name, _)| name.clone()).collect();
    let (first, rest) = names.split_first()?;
    let root = project.crate_of(old).root;
    match first.as_str() {
        "crate" => return Some((Start::Module(root), rest.to_vec())),
        "self" => return Some((Start::Module(old), rest.to_vec())),
        "super" => {
            let run = names.iter().take_while(|name| *name == "super").count();
            let from = project.outwards(old).nth(run)?;
            return Some((Start::Module(from), names[run..].to_vec()));
        }
        _ => {}
    }
    let unit = project.unit(ways.moved.unit);
    let body = &unit.bodies[ways.moved.body];
    let other = body.uses.iter().find(|other| {
        other.name.as_deref() == Some(first) && other.node != leaf.node && !other.external
    });
    if let Some(other) = other.filter(|_| depth < LONGEST && !leaf.rooted) {
        let (start, mut parts) = start_of(project, ways, other, depth + 1)?;
        parts.extend(rest.iter().cloned());
        return Some((start, parts));
    }
    let place = Place { unit: ways.moved.unit, node: leaf.node, module: old };
    let defs = project.use_path(&place, &[first.as_str()], leaf.rooted, Space::Type);
    let outside = project.crate_named(old, first).is_some();
    match defs.first() {
        Some(Def::Module(module)) if project.crate_id(*module) == project.crate_id(old) => {
            Some((Start::Module(*module), rest.to_vec()))
        }
        Some(Def::Item(item)) => {
            let home = project.homes(*item).first().copied()?;
            let mut parts = project.inner_path(*item);
            parts.extend(rest.iter().cloned());
            Some((Start::Module(home), parts))
        }
        _ if outside || defs.contains(&Def::Foreign) => {
            Some((Start::Outside(first.clone()), rest.to_vec()))
        }
        // A crate that no manifest of the tree names.
        _ if names.len() > 1 => Some((Start::Outside(first.clone()), rest.to_vec())),
        _ => None,
    }
}
