//! Why something may use an item although no code names it.

use std::collections::BTreeSet;

use super::super::ast::NodeId;
use super::super::items::{ItemKind, Owner, Space, Unit, Visibility};
use super::super::lines::whole;
use super::super::modules::attribute_name;
use super::super::project::{ItemRef, ModuleId, Project};
use super::super::resolve::Def;
use super::super::types::Ty;
use super::facts::Facts;

/// What is asked about items.
pub(super) struct Asked<'a> {
    pub(super) facts: &'a Facts,
    /// Modules that other crates can name.
    pub(super) exposed: &'a BTreeSet<ModuleId>,
    /// No others are there.
    pub(super) closed: bool,
}

/// Attributes that change nothing about who uses an item.
const INERT: &[&str] = &[
    "allow",
    "warn",
    "deny",
    "forbid",
    "expect",
    "doc",
    "inline",
    "must_use",
    "deprecated",
    "cold",
    "track_caller",
    "repr",
    "non_exhaustive",
    "rustfmt::skip",
];

/// Derive macros of the standard library.
const DERIVES: &[&str] =
    &["Debug", "Clone", "Copy", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash", "Default"];

impl Asked<'_> {
    /// The reason; `None` where the words decide.
    pub(super) fn why(&self, project: &Project<'_>, unit: &Unit, own: ItemRef) -> Option<String> {
        let item = &unit.items[own.item];
        let path = project.sources.path(unit.file);
        if let Some(unknown) = &self.facts.unknown {
            return Some(unknown.clone());
        }
        if project.homes(own).iter().any(|home| project.crate_of(*home).orphan) {
            return Some(format!("no `mod` declares `{path}`"));
        }
        if self.facts.is_generated(project, path) {
            return Some("generated code that is not in the tree may use it".to_owned());
        }
        if self.is_public(project, unit, own) {
            let name = project.homes(own).first().map(|home| project.crate_name(*home));
            let name = name.unwrap_or_default();
            return Some(format!("others may use it: `{name}` is a library"));
        }
        if let Some(why) = attributes(unit, item.node) {
            return Some(why);
        }
        if let Some(why) = surroundings(unit, item.node) {
            return Some(why);
        }
        if item.name.starts_with('_') {
            return Some("its name says that it is kept without being used".to_owned());
        }
        let lower = item.name.to_lowercase();
        if let Some(piece) = self.facts.pieces.iter().find(|piece| lower.contains(piece.as_str())) {
            return Some(format!("a macro puts names together of `{piece}`"));
        }
        if matches!(item.kind, ItemKind::Const) && is_check(unit, item.node) {
            return Some("the compiler works it out, which may be what it is for".to_owned());
        }
        if whole(unit, item.node).is_none() {
            return Some("it shares its line with something else".to_owned());
        }
        None
    }

    /// Whether other crates can name it, or call it on what they are given.
    fn is_public(&self, project: &Project<'_>, unit: &Unit, own: ItemRef) -> bool {
        let item = &unit.items[own.item];
        let homes = project.homes(own);
        let library = homes.iter().any(|home| project.crate_of(*home).library);
        if self.closed || !library || item.visibility != Visibility::Public {
            return false;
        }
        match item.owner {
            Owner::Impl(at) => match &project.impl_info(own.unit, at).self_ty {
                Ty::Own(of, _) => {
                    let there = project.unit(of.unit);
                    there.items[of.item].visibility == Visibility::Public
                }
                _ => true,
            },
            _ => homes.iter().any(|home| self.exposed.contains(home)),
        }
    }
}

/// What the attributes before an item, a module or an `impl` leave open.
fn attributes(unit: &Unit, node: NodeId) -> Option<String> {
    unit.attributes_before(node).iter().find_map(|node| {
        let text = unit.ast.text(*node);
        let plain: String = text.split_whitespace().collect();
        let name = attribute_name(text);
        let kept = matches!(name, "allow" | "expect")
            && (plain.contains("dead_code") || plain.contains("(unused"));
        let derived = || {
            let list =
                plain.split_once('(').map_or("", |(_, list)| list.trim_end_matches([')', ']']));
            list.split(',')
                .filter(|one| !one.is_empty())
                .all(|one| DERIVES.contains(&one.rsplit("::").next().unwrap_or(one)))
        };
        match name {
            _ if kept => Some(format!("`{text}` says that it is kept")),
            "cfg" if plain == "#[cfg(test)]" => None,
            "cfg" | "cfg_attr" => Some(format!("it is there only under `{text}`")),
            "derive" if derived() => None,
            _ if INERT.contains(&name) || name.starts_with("clippy::") => None,
            _ => Some(format!("the attribute `{text}` may hand it on")),
        }
    })
}

fn surroundings(unit: &Unit, node: NodeId) -> Option<String> {
    let ast = &unit.ast;
    for above in ast.ancestors(node) {
        match ast.kind(above) {
            "foreign_mod_item" => return Some("it is declared in an `extern` block".to_owned()),
            "impl_item" | "mod_item" => {
                if let Some(why) = attributes(unit, above) {
                    return Some(why);
                }
            }
            _ => {}
        }
    }
    let modifiers = ast.child_of_kind(node, "function_modifiers");
    let external = modifiers.is_some_and(|node| ast.text(node).contains("extern"));
    external.then(|| "its `extern` says that others call it".to_owned())
}

/// `const CHECKED: () = assert!(…);`.
fn is_check(unit: &Unit, node: NodeId) -> bool {
    unit.ast.field(node, "type").is_some_and(|ty| unit.ast.kind(ty) == "unit_type")
}

/// The modules that other crates can name.
pub(super) fn exposed(project: &Project<'_>) -> BTreeSet<ModuleId> {
    let crates: Vec<_> = project.crates.borrow().iter().cloned().collect();
    let mut pending: Vec<ModuleId> =
        crates.iter().filter(|krate| krate.library).map(|krate| krate.root).collect();
    let mut found = BTreeSet::new();
    while let Some(module) = pending.pop() {
        if !found.insert(module) {
            continue;
        }
        for (unit_id, body) in project.bodies(module) {
            let unit = project.unit(unit_id);
            for item in unit.bodies[body].names.values().flatten() {
                let item = &unit.items[*item];
                if item.kind == ItemKind::Module && item.visibility == Visibility::Public {
                    pending.extend(project.child(module, &item.name));
                }
            }
            let public =
                |leaf: &&super::super::items::UseLeaf| leaf.visibility == Visibility::Public;
            for leaf in unit.bodies[body].uses.iter().filter(public) {
                let defs = project.imported(unit_id, module, leaf, Space::Type);
                pending.extend(defs.iter().filter_map(|def| match def {
                    Def::Module(module) => Some(*module),
                    _ => None,
                }));
            }
        }
    }
    found
}
