//! Modules as places: how they are written, who declares them, who can see them.

use axon_domain::Language;

use super::items::{ItemKind, Visibility};
use super::names::spelled;
use super::project::{ItemRef, ModuleId, Project, folder_of};
use crate::sources::FileId;

impl Project<'_> {
    /// Whether something in a file does not parse.
    pub(super) fn is_broken(&self, file: FileId) -> bool {
        let parsed = self.sources.parsed(file, Language::Rust).ok().flatten();
        parsed.is_none_or(|parsed| parsed.tree.root_node().has_error())
    }

    /// The module and those around it, from the inside out.
    pub(super) fn outwards(&self, module: ModuleId) -> impl Iterator<Item = ModuleId> + '_ {
        std::iter::successors(Some(module), |at| self.parent(*at))
    }

    /// The path of a module as code of its crate writes it, keywords as raw identifiers.
    pub(super) fn written_path(&self, module: ModuleId) -> String {
        let path = self.module_path(module);
        let mut parts = path.split("::");
        let mut out = parts.next().unwrap_or("crate").to_owned();
        for part in parts {
            out.push_str("::");
            out.push_str(&spelled(part));
        }
        out
    }

    /// The `mod` items that declare a module.
    pub(super) fn declarations(&self, module: ModuleId) -> Vec<ItemRef> {
        let Some(parent) = self.parent(module) else { return Vec::new() };
        let path = self.module_path(module);
        let name = path.rsplit("::").next().unwrap_or_default();
        let mut found = Vec::new();
        for (unit_id, body) in self.bodies(parent) {
            let unit = self.unit(unit_id);
            for item in unit.bodies[body].names.get(name).into_iter().flatten() {
                if unit.items[*item].kind == ItemKind::Module {
                    found.push(ItemRef { unit: unit_id, item: *item });
                }
            }
        }
        found
    }

    /// Whether every module from the root on is public, in a crate that others use.
    pub(super) fn is_exposed(&self, module: ModuleId) -> bool {
        let public = |at: ModuleId| {
            self.declarations(at)
                .iter()
                .any(|item| self.unit(item.unit).items[item.item].visibility == Visibility::Public)
        };
        self.crate_of(module).library
            && self.outwards(module).filter(|at| self.parent(*at).is_some()).all(public)
    }

    /// The folder of the files of the modules inside of a module that has a file of its own.
    pub(super) fn inner_folder(&self, module: ModuleId) -> Option<String> {
        let bodies = self.bodies(module);
        let [(unit_id, 0)] = bodies.as_slice() else { return None };
        let path = self.sources.path(self.unit(*unit_id).file);
        let root = self.parent(module).is_none();
        let folder = folder_of(path);
        Some(if root || path.ends_with("/mod.rs") {
            folder.to_owned()
        } else {
            path.trim_end_matches(".rs").to_owned()
        })
    }

    /// The innermost module that holds both.
    pub(super) fn common(&self, one: ModuleId, other: ModuleId) -> ModuleId {
        self.outwards(one).find(|at| self.lies_in(other, *at)).unwrap_or(one)
    }

    /// The `cfg` conditions that a module is there under, outermost last.
    pub(super) fn conditions(&self, module: ModuleId) -> Vec<String> {
        let mut found = Vec::new();
        for at in self.outwards(module) {
            for item in self.declarations(at) {
                let unit = self.unit(item.unit);
                let attributes = unit.attributes_before(unit.items[item.item].node);
                let texts = attributes.iter().map(|node| unit.ast.text(*node));
                found.extend(texts.filter(|text| is_condition(text)).map(str::to_owned));
            }
            for (unit_id, body) in self.bodies(at) {
                let unit = self.unit(unit_id);
                let inner = unit.ast.children(unit.bodies[body].node);
                let inner = inner.filter(|n| unit.ast.kind(*n) == "inner_attribute_item");
                let texts = inner.map(|node| unit.ast.text(node));
                found.extend(texts.filter(|text| is_condition(text)).map(str::to_owned));
            }
        }
        found
    }
}

/// Whether an attribute (`#[cfg(unix)]`) makes what it stands before conditional.
pub(super) fn is_condition(attribute: &str) -> bool {
    attribute_name(attribute) == "cfg"
}

/// The path of an attribute, from its text.
pub(super) fn attribute_name(attribute: &str) -> &str {
    let inner = attribute.trim_start_matches(['#', '!', '[', ' ']);
    let inner = inner.strip_prefix("unsafe(").unwrap_or(inner);
    let end = inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')));
    &inner[..end.unwrap_or(inner.len())]
}
