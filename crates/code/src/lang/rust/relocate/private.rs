//! Fields and methods of types that stay, which the old module could see and the new one cannot.

use std::collections::BTreeSet;

use super::super::ast::NodeId;
use super::super::items::{ItemKind, Owner, Visibility};
use super::super::methods::Found;
use super::super::project::{ItemRef, ModuleId, Project};
use super::super::resolve::{Def, Place};
use super::super::types::Ty;
use super::super::use_edits::in_file;
use super::Ways;
use super::access::{Member, POINTERS, fields, is_called};
use crate::sheet::Sheet;

/// Lets the home see those that it uses.
pub(super) fn check(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) {
    let project = ways.project;
    let lost: Vec<ModuleId> = project
        .outwards(ways.moved.module)
        .filter(|module| !ways.home.lies_in(project, *module))
        .collect();
    if lost.is_empty() {
        return;
    }
    let unit = project.unit(ways.moved.unit);
    let mut nodes = Vec::new();
    for root in &ways.moved.nodes {
        unit.ast.walk(*root, |node| {
            nodes.push(node);
            true
        });
    }
    let hidden = Hidden::new(project, ways, &lost);
    for node in nodes {
        hidden.look(ways, sheet, node);
    }
}

/// Names of fields and methods that are only seen in the modules that it leaves.
struct Hidden {
    fields: BTreeSet<String>,
    methods: BTreeSet<String>,
}

impl Hidden {
    fn new(project: &Project<'_>, ways: &Ways<'_, '_>, lost: &[ModuleId]) -> Self {
        let mut hidden = Self { fields: BTreeSet::new(), methods: BTreeSet::new() };
        for module in lost {
            for (unit_id, body) in project.bodies(*module) {
                let unit = project.unit(unit_id);
                for (at, item) in unit.items.iter().enumerate() {
                    let own = ItemRef { unit: unit_id, item: at };
                    if item.body != body || ways.moved.items.contains(&own) {
                        continue;
                    }
                    let seen =
                        |stated: &Visibility| project.visible(stated, *module, ways.home.around());
                    if matches!(item.kind, ItemKind::Struct(_) | ItemKind::Union) {
                        let fields = fields(&unit, at).into_iter();
                        hidden.fields.extend(fields.filter(|f| !seen(&f.stated)).map(|f| f.name));
                    }
                    let inherent =
                        matches!(item.owner, Owner::Impl(at) if unit.impls[at].of_trait.is_none());
                    if inherent && !seen(&item.visibility) {
                        hidden.methods.insert(item.name.clone());
                    }
                }
            }
        }
        hidden
    }

    fn look(&self, ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>, node: NodeId) {
        let project = ways.project;
        let unit = project.unit(ways.moved.unit);
        let ast = &unit.ast;
        let place = Place { unit: ways.moved.unit, node, module: ways.moved.module };
        match ast.kind(node) {
            "field_expression" => {
                let (Some(value), Some(field)) =
                    (ast.field(node, "value"), ast.field(node, "field"))
                else {
                    return;
                };
                let name = ast.name(field).to_owned();
                let ty = project.type_of(&Place { node: value, ..place });
                let called = is_called(ast, node);
                let unclear = if called {
                    self.methods.contains(&name) && method(ways, &ty, &name)
                } else {
                    self.fields.contains(&name) && field_of(ways, ty, &name)
                };
                if unclear {
                    let why = format!("`{name}` may be private to the module that it leaves");
                    sheet.ask(unit.file, in_file(&unit, field), why);
                }
            }
            "scoped_identifier" | "call_expression" | "tuple_struct_pattern" => {
                let head = match ast.kind(node) {
                    "call_expression" => ast.field(node, "function"),
                    "tuple_struct_pattern" => ast.field(node, "type"),
                    _ => Some(node),
                };
                let Some(head) = head.filter(|head| ast.kind(*head).ends_with("identifier")) else {
                    return;
                };
                for def in project.value_path(&Place { node: head, ..place }, head) {
                    let Def::Item(item) = def else { continue };
                    let built = head != node
                        && project.unit(item.unit).items[item.item].kind == ItemKind::Struct(true);
                    if built {
                        let fields = fields(&project.unit(item.unit), item.item);
                        fields.iter().for_each(|field| see(ways, item, field));
                    }
                    see_item(ways, item);
                }
            }
            "base_field_initializer" => {
                let around = ast.ancestors(node).find(|n| ast.kind(*n) == "struct_expression");
                let Some(head) = around.and_then(|around| ast.field(around, "name")) else {
                    return;
                };
                if let Ty::Own(item, _) = project.lower(&Place { node: head, ..place }, head, 0) {
                    let fields = fields(&project.unit(item.unit), item.item);
                    fields.iter().for_each(|field| see(ways, item, field));
                }
            }
            "field_identifier" | "shorthand_field_identifier" | "identifier" => {
                self.in_literal(ways, &place)
            }
            _ => {}
        }
    }

    /// `Cart { total: 1 }` and `Cart { total, .. }`.
    fn in_literal(&self, ways: &mut Ways<'_, '_>, place: &Place) {
        let project = ways.project;
        let unit = project.unit(place.unit);
        let ast = &unit.ast;
        let name = ast.name(place.node).to_owned();
        let Some(parent) = ast.parent(place.node) else { return };
        let field = matches!(
            ast.kind(parent),
            "field_initializer" | "shorthand_field_initializer" | "field_pattern"
        );
        if !field || !self.fields.contains(&name) || ast.field_of(place.node) == "value" {
            return;
        }
        let around = ast
            .ancestors(parent)
            .find(|node| matches!(ast.kind(*node), "struct_expression" | "struct_pattern"));
        let head = around.and_then(|a| ast.field(a, "name").or_else(|| ast.field(a, "type")));
        let Some(head) = head else { return };
        let ty = project.lower(&Place { node: head, ..*place }, head, 0);
        field_of(ways, ty, &name);
    }
}

/// Lets the home see a method; whether it is not clear which it is.
fn method(ways: &mut Ways<'_, '_>, ty: &Ty, name: &str) -> bool {
    match ways.project.method(ty, name) {
        Found::Own(items) => {
            items.into_iter().for_each(|item| see_item(ways, item));
            false
        }
        Found::Foreign => false,
        Found::Unknown(_) => true,
    }
}

/// Lets the home see a field; whether it is not clear which it is.
fn field_of(ways: &mut Ways<'_, '_>, ty: Ty, name: &str) -> bool {
    let mut ty = ty;
    for _ in 0..POINTERS {
        if let Ty::Own(item, _) = &ty {
            let fields = fields(&ways.project.unit(item.unit), item.item);
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                see(ways, *item, field);
                return false;
            }
        }
        if ty == Ty::Unknown {
            return true;
        }
        match ways.project.dereferenced(&ty) {
            Some(inner) => ty = inner,
            None => return false,
        }
    }
    true
}

fn see(ways: &mut Ways<'_, '_>, of: ItemRef, field: &Member) {
    let project = ways.project;
    let Some(module) = project.homes(of).first().copied() else { return };
    let home = ways.home.around();
    if !ways.moved.items.contains(&of) && !project.visible(&field.stated, module, home) {
        ways.show((of.unit, field.node), module, home);
    }
}

fn see_item(ways: &mut Ways<'_, '_>, item: ItemRef) {
    let project = ways.project;
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    let inherent = matches!(content.owner, Owner::Impl(at) if unit.impls[at].of_trait.is_none());
    if inherent && !ways.moved.items.contains(&item) {
        let field = Member {
            name: content.name.clone(),
            node: content.node,
            stated: content.visibility.clone(),
            item: Some(item),
        };
        see(ways, item, &field);
    }
}
