//! Whether the new name is free wherever it would be used, and changes nothing else.

use axon_domain::{Code, Error, Result};

use super::ast::NodeId;
use super::items::{ItemKind, Owner, Space, Unit};
use super::methods::Answer;
use super::project::{ItemRef, Project, UnitId};
use super::resolve::{Def, Place};
use super::scope::is_pattern;
use super::target::Target;
use super::types::Ty;

/// Refuses a new name that is taken.
pub(super) fn check(
    project: &Project<'_>,
    target: &Target,
    new: &str,
    sites: &[(UnitId, NodeId)],
) -> Result<()> {
    for item in &target.items {
        beside(project, target, *item, new)?;
    }
    for (unit, node) in sites {
        captured(project, target, *unit, *node, new)?;
    }
    if !target.member {
        shadowed(project, target, new)?;
    }
    Ok(())
}

fn collision(project: &Project<'_>, unit: &Unit, node: NodeId, what: String) -> Error {
    let at = unit.in_file(unit.ast.start(node));
    let place = format!("{}:{}", project.sources.path(unit.file), project.line(unit.file, at));
    Error::new(Code::NameCollision, what).at(place).hint("choose another name")
}

/// Something of the new name beside a definition.
fn beside(project: &Project<'_>, target: &Target, item: ItemRef, new: &str) -> Result<()> {
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    let taken = match content.owner {
        Owner::Body => in_bodies(project, target, item, new),
        Owner::Item(of) => {
            let named = unit.items[of].members.iter().find(|m| unit.items[**m].name == new);
            named.map(|member| ItemRef { unit: item.unit, item: *member })
        }
        Owner::Impl(at) => {
            let info = project.impl_info(item.unit, at);
            on_type(project, &info.self_ty, new)
        }
    };
    match taken {
        None => Ok(()),
        Some(taken) => {
            let unit = project.unit(taken.unit);
            let node = unit.items[taken.item].name_node;
            let what = format!("`{new}` exists already beside `{}`", target.name);
            Err(collision(project, &unit, node, what))
        }
    }
}

/// A member of the new name that a type has, itself or by a trait of the project or elsewhere.
fn on_type(project: &Project<'_>, ty: &Ty, new: &str) -> Option<ItemRef> {
    let own = project.impl_members(ty, new).first().map(|(item, _)| *item);
    own.or_else(|| {
        let traits = project.in_traits(new);
        let mut traits = traits.found.iter();
        traits.find(|(_, of)| project.implements(ty, *of) == Answer::Yes).map(|(item, _)| *item)
    })
}

/// An item or import of the new name in the modules or block of a definition.
fn in_bodies(project: &Project<'_>, target: &Target, item: ItemRef, new: &str) -> Option<ItemRef> {
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    let spaces: Vec<Space> = [Space::Type, Space::Value]
        .into_iter()
        .filter(|space| content.kind.is_in(*space))
        .collect();
    let mut bodies = vec![(item.unit, content.body)];
    if unit.bodies[content.body].parent.is_none() {
        for module in project.homes(item) {
            bodies.extend(project.bodies(module));
        }
    }
    for (unit_id, body) in bodies {
        let there = project.unit(unit_id);
        for other in there.bodies[body].names.get(new).into_iter().flatten() {
            let found = ItemRef { unit: unit_id, item: *other };
            let kind = there.items[*other].kind;
            if spaces.iter().any(|space| kind.is_in(*space)) && !target.items.contains(&found) {
                return Some(found);
            }
        }
    }
    None
}

/// The level at which a bare name is found, from the inside out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// A local variable or type parameter.
    Local,
    /// A block, by how far out.
    Block(usize),
    /// An item or import of the module.
    Module,
    /// By glob into the module.
    Glob,
    /// Nowhere.
    Nothing,
}

fn level(project: &Project<'_>, place: &Place, name: &str, space: Space) -> Level {
    let unit = project.unit(place.unit);
    let local = match space {
        Space::Value => project.local(place, name).is_some(),
        Space::Type => project.type_parameter(place, name).is_some(),
    };
    if local {
        return Level::Local;
    }
    let explicit = |unit: &Unit, body: usize| {
        let content = &unit.bodies[body];
        let named = content.names.get(name).into_iter().flatten();
        named.into_iter().any(|item| unit.items[*item].kind.is_in(space))
            || content.uses.iter().any(|leaf| leaf.name.as_deref() == Some(name))
    };
    let mut body = unit.body_around(place.node);
    let mut out = 0;
    while let Some(parent) = unit.bodies[body].parent {
        if explicit(&unit, body) {
            return Level::Block(out);
        }
        out += 1;
        body = parent;
    }
    for (unit, body) in project.bodies(place.module) {
        if explicit(&project.unit(unit), body) {
            return Level::Module;
        }
    }
    if project.in_module(place.module, name, space, None).is_empty() {
        Level::Nothing
    } else {
        Level::Glob
    }
}

/// A reference by its bare name would mean something else under the new one.
fn captured(
    project: &Project<'_>,
    target: &Target,
    unit_id: UnitId,
    node: NodeId,
    new: &str,
) -> Result<()> {
    let unit = project.unit(unit_id);
    let Some(space) = bare(&unit, node) else { return Ok(()) };
    for module in project.modules_of(unit_id, unit.body_around(node)) {
        let place = Place { unit: unit_id, node, module };
        let taken = level(project, &place, new, space);
        if taken == Level::Nothing {
            continue;
        }
        let own = level(project, &place, &target.name, space);
        // The definition's own module was looked at before.
        if taken <= own {
            let what = format!("`{new}` means something else where `{}` is used", target.name);
            return Err(collision(project, &unit, node, what));
        }
    }
    Ok(())
}

/// The namespace of a name that stands alone or begins a path; `None` for the others.
pub(super) fn bare(unit: &Unit, node: NodeId) -> Option<Space> {
    let ast = &unit.ast;
    let parent = ast.parent(node)?;
    let field = ast.field_of(node);
    match (ast.kind(parent), field) {
        ("scoped_identifier" | "scoped_type_identifier", "name")
        | ("field_expression" | "field_initializer" | "field_declaration", "field" | "name")
        | ("field_pattern" | "type_binding" | "use_as_clause", "name" | "alias")
        | ("macro_invocation", "macro")
        | ("token_tree" | "attribute" | "lifetime" | "label" | "mod_item", _) => None,
        ("scoped_identifier" | "scoped_type_identifier", _) => Some(Space::Type),
        _ if unit.item_at(parent).is_some() && field == "name" => None,
        _ if ast.ancestors(node).take(24).any(|node| ast.kind(node) == "use_declaration") => None,
        _ if ast.kind(node) == "type_identifier" => Some(Space::Type),
        _ if ast.kind(node) == "identifier" => Some(Space::Value),
        _ => None,
    }
}

/// A use of the new name that means something else now and would mean the symbol then.
fn shadowed(project: &Project<'_>, target: &Target, new: &str) -> Result<()> {
    for file in project.containing(new).iter() {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let unit = project.unit(unit_id);
        let mut names = Vec::new();
        unit.ast.walk(unit.ast.root(), |node| {
            let kind = unit.ast.kind(node);
            if matches!(kind, "identifier" | "type_identifier") && unit.ast.name(node) == new {
                names.push(node);
            }
            true
        });
        for node in names {
            let Some(space) = bare(&unit, node) else { continue };
            for module in project.modules_of(unit_id, unit.body_around(node)) {
                let place = Place { unit: unit_id, node, module };
                if changes(project, target, &place, new, space) {
                    let what = format!(
                        "`{new}` is used here for something else and would then mean `{}`",
                        target.qualified
                    );
                    return Err(collision(project, &unit, node, what));
                }
            }
        }
    }
    Ok(())
}

fn changes(project: &Project<'_>, target: &Target, place: &Place, new: &str, space: Space) -> bool {
    let defs = project.in_scope(place, &target.name, space);
    let meant: Vec<ItemRef> = defs
        .iter()
        .filter_map(|def| match def {
            Def::Item(item) if target.items.contains(item) => Some(*item),
            _ => None,
        })
        .collect();
    let Some(first) = meant.first() else { return false };
    let unit = project.unit(place.unit);
    if is_pattern(&unit.ast, place.node) {
        let kind = project.unit(first.unit).items[first.item].kind;
        return kind != ItemKind::Function && space == Space::Value;
    }
    let now = level(project, place, new, space);
    now > level(project, place, &target.name, space) || now == Level::Nothing
}
