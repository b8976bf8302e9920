//! Macros that a definition calls by their bare names.

use axon_domain::{Code, Error, Result, SiteKind};

use super::super::ast::NodeId;
use super::super::modules::attribute_name;
use super::super::project::{ModuleId, UnitId};
use super::super::rules::defines_macro;
use super::Ways;
use super::heads::Found;
use super::needs::{Needs, conditions};
use super::origins::copied;
use super::write;
use crate::sheet::Sheet;

const CALLED: (SiteKind, &str) = (SiteKind::Reference, "the macro is exported by the crate");

/// Imports those that are imported; for the others, says where they are out of reach.
pub(super) fn settle(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    found: &Found,
    needs: &mut Needs,
) -> Result<()> {
    for (name, _) in found.attributes.iter().chain(&found.macros) {
        import(ways, name, needs)?;
    }
    for (name, range) in &found.macros {
        if needs.known.contains(name) {
            continue;
        }
        let definitions = definitions(ways, name);
        if definitions.is_empty() || definitions.iter().any(|one| in_reach(ways, *one)) {
            continue;
        }
        let exported = definitions.iter().all(|one| is_exported(ways, *one));
        let one_crate = definitions.iter().all(|(unit, node)| {
            modules(ways, *unit, *node).iter().all(|module| {
                ways.project.crate_id(*module) == ways.project.crate_id(ways.moved.module)
            })
        });
        if exported && one_crate {
            ways.edit(sheet, ways.moved.file, range.clone(), format!("crate::{name}"), CALLED);
            continue;
        }
        let what = format!("`{name}!`, which it calls, is not known in its new module");
        let hint = "macros are known behind their definition and in the modules below: move it up or export it first";
        return Err(Error::new(Code::NeedsDecision, what).at(ways.moved.place.clone()).hint(hint));
    }
    Ok(())
}

/// Copies the import of a macro.
fn import(ways: &mut Ways<'_, '_>, name: &str, needs: &mut Needs) -> Result<()> {
    let unit = ways.project.unit(ways.moved.unit);
    for (at, leaf) in unit.bodies[ways.moved.body].uses.iter().enumerate() {
        if leaf.name.as_deref() != Some(name) || leaf.external {
            continue;
        }
        let path = copied(ways, leaf)?;
        let same = path.rsplit("::").next() == Some(name);
        let alias = if same { String::new() } else { format!(" as {name}") };
        if needs.known.insert(name.to_owned()) && !has(ways, name) {
            let condition = conditions(ways, leaf.node);
            ways.home_lines.insert(format!("{condition}use {path}{alias};"));
        }
        needs.copied.push((at, Some(name.to_owned())));
    }
    Ok(())
}

fn has(ways: &Ways<'_, '_>, name: &str) -> bool {
    let Some(home) = ways.home.module else { return false };
    ways.project.bodies(home).iter().any(|(unit, body)| {
        let unit = ways.project.unit(*unit);
        unit.bodies[*body].uses.iter().any(|leaf| leaf.name.as_deref() == Some(name))
    })
}

/// The definitions of a macro in the tree.
fn definitions(ways: &Ways<'_, '_>, name: &str) -> Vec<(UnitId, NodeId)> {
    let project = ways.project;
    let mut found = Vec::new();
    for file in project.containing(name).iter() {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let unit = project.unit(unit_id);
        if !defines_macro(&unit, name) {
            continue;
        }
        unit.ast.walk(unit.ast.root(), |node| {
            let defines = unit.ast.kind(node) == "macro_definition";
            if defines && unit.ast.field(node, "name").is_some_and(|n| unit.ast.name(n) == name) {
                found.push((unit_id, node));
            }
            !defines
        });
    }
    found
}

fn modules(ways: &Ways<'_, '_>, unit_id: UnitId, node: NodeId) -> Vec<ModuleId> {
    let unit = ways.project.unit(unit_id);
    ways.project.modules_of(unit_id, unit.body_around(node))
}

fn is_exported(ways: &Ways<'_, '_>, (unit_id, node): (UnitId, NodeId)) -> bool {
    let unit = ways.project.unit(unit_id);
    let mut attributes = unit.attributes_before(node).iter().map(|node| unit.ast.text(*node));
    attributes.any(|text| attribute_name(text) == "macro_export")
}

/// Whether a macro is known by its bare name in the home: behind its definition, in the modules
/// below, and further out where `#[macro_use]` says so.
fn in_reach(ways: &Ways<'_, '_>, (unit_id, node): (UnitId, NodeId)) -> bool {
    let project = ways.project;
    let unit = project.unit(unit_id);
    if unit.bodies[unit.body_around(node)].parent.is_some() {
        // Within a function: what moves has it inside, or does not have it at all.
        return ways.moved.holds(unit.file, unit.ast.start(node));
    }
    let modules = modules(ways, unit_id, node);
    let [module] = modules.as_slice() else { return false };
    let (mut module, mut at) = (*module, unit.ast.start(node));
    loop {
        if ways.home.lies_in(project, module) {
            let child =
                project.outwards(ways.home.around()).take_while(|inner| *inner != module).last();
            return match child {
                Some(child) => project.declarations(child).iter().all(|item| {
                    let there = project.unit(item.unit);
                    there.ast.start(there.items[item.item].node) > at
                }),
                None if ways.home.module.is_some() => true,
                None => write::declared_at(ways).is_some_and(|declared| declared > at),
            };
        }
        let declarations = project.declarations(module);
        let (Some(item), Some(parent)) = (declarations.first(), project.parent(module)) else {
            return false;
        };
        let there = project.unit(item.unit);
        let node = there.items[item.item].node;
        let mut attributes = there.attributes_before(node).iter().map(|n| there.ast.text(*n));
        if !attributes.any(|text| attribute_name(text) == "macro_use") {
            return false;
        }
        (module, at) = (parent, there.ast.start(node));
    }
}
