//! Fields and methods of what moves that are not public, and who uses them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::{Ast, NodeId};
use super::super::items::{ItemKind, Owner, Unit, Visibility, visibility};
use super::super::methods::{Answer, Found};
use super::super::project::{ItemRef, ModuleId, Project, UnitId};
use super::super::resolve::{Def, Place};
use super::super::types::Ty;
use super::super::use_edits::in_file;
use super::{Ways, reach};
use crate::sheet::Sheet;

/// A field, or a member of an `impl` of the type itself.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// The declaration; of an unnamed field its type.
    pub(super) node: NodeId,
    pub(super) stated: Visibility,
    /// `None` for a field.
    pub(super) item: Option<ItemRef>,
}

/// The fields of a struct or union; unnamed ones by their number.
pub(super) fn fields(unit: &Unit, item: usize) -> Vec<Member> {
    let ast = &unit.ast;
    let Some(body) = ast.field(unit.items[item].node, "body") else { return Vec::new() };
    if ast.kind(body) == "ordered_field_declaration_list" {
        let types = ast.children(body).filter(|node| ast.field_of(*node) == "type").enumerate();
        return types
            .map(|(number, node)| {
                let stated = match modifier(ast, node) {
                    Some(stated) => of_text(ast.text(stated)),
                    None => Visibility::Up(0),
                };
                Member { name: number.to_string(), node, stated, item: None }
            })
            .collect();
    }
    let declared = ast.children(body).filter(|node| ast.kind(*node) == "field_declaration");
    declared
        .filter_map(|node| {
            let name = ast.name(ast.field(node, "name")?).to_owned();
            Some(Member { name, node, stated: visibility(ast, node), item: None })
        })
        .collect()
}

/// What states the visibility of an item or field.
pub(super) fn modifier(ast: &Ast, node: NodeId) -> Option<NodeId> {
    if ast.field_of(node) != "type" {
        return ast.child_of_kind(node, "visibility_modifier");
    }
    let list = ast.parent(node)?;
    let mut before = None;
    for child in ast.children(list) {
        if child == node {
            return before;
        }
        before = (ast.kind(child) == "visibility_modifier").then_some(child);
    }
    None
}

fn of_text(text: &str) -> Visibility {
    match text.split_whitespace().collect::<String>().as_str() {
        "pub" => Visibility::Public,
        "pub(self)" => Visibility::Up(0),
        "pub(super)" => Visibility::Up(1),
        _ => Visibility::Crate,
    }
}

/// The members of what moves that not everybody may use.
fn restricted(ways: &Ways<'_, '_>) -> Vec<Member> {
    let unit = ways.project.unit(ways.moved.unit);
    let mut found = Vec::new();
    if matches!(unit.items[ways.moved.item.item].kind, ItemKind::Struct(_) | ItemKind::Union) {
        found.extend(fields(&unit, ways.moved.item.item));
    }
    for item in &ways.moved.items {
        let content = &unit.items[item.item];
        let inherent =
            matches!(content.owner, Owner::Impl(at) if unit.impls[at].of_trait.is_none());
        if inherent {
            let (name, stated) = (content.name.clone(), content.visibility.clone());
            found.push(Member { name, node: content.node, stated, item: Some(*item) });
        }
    }
    found.retain(|member| member.stated != Visibility::Public);
    found
}

/// Uses of one member.
#[derive(Debug, Default)]
struct Used {
    by: BTreeSet<ModuleId>,
    perhaps: Vec<(UnitId, NodeId, ModuleId)>,
}

/// Lets those who stay see the members of what moves that they use.
pub(super) fn check(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) {
    let members = restricted(ways);
    let mut used: Vec<Used> = members.iter().map(|_| Used::default()).collect();
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut files = BTreeSet::new();
    for (at, member) in members.iter().enumerate() {
        named.entry(&member.name).or_default().push(at);
        files.extend(ways.project.containing(&member.name).iter().copied());
        if member.item.is_none() {
            files.extend(ways.project.containing(&ways.name).iter().copied());
        }
    }
    let files: Vec<_> = files.into_iter().collect();
    for file in ways.project.in_reach(&[ways.moved.item].into(), &files) {
        let Some(unit_id) = ways.project.unit_of(file) else { continue };
        let unit = ways.project.unit(unit_id);
        unit.ast.walk(unit.ast.root(), |node| {
            if !ways.moved.holds(file, unit.ast.start(node)) {
                look(ways.project, ways, unit_id, node, &members, &named, &mut used);
            }
            true
        });
    }
    for (member, used) in members.iter().zip(used) {
        settle(ways, sheet, member, used);
    }
}

/// What one node uses of the members.
fn look(
    project: &Project<'_>,
    ways: &Ways<'_, '_>,
    unit_id: UnitId,
    node: NodeId,
    members: &[Member],
    named: &BTreeMap<&str, Vec<usize>>,
    used: &mut [Used],
) {
    let unit = project.unit(unit_id);
    let ast = &unit.ast;
    let kind = ast.kind(node);
    let whole = kind == "base_field_initializer" || constructs(project, ways, unit_id, node);
    let name = match kind {
        "identifier" | "field_identifier" | "shorthand_field_identifier" | "integer_literal" => {
            ast.name(node)
        }
        _ if whole => "",
        _ => return,
    };
    let fields = members.iter().enumerate().filter(|(_, member)| member.item.is_none());
    let all: Vec<usize> = if whole { fields.map(|(at, _)| at).collect() } else { Vec::new() };
    for at in named.get(name).into_iter().flatten().chain(&all) {
        let member = &members[*at];
        let all = whole && member.item.is_none();
        for module in project.modules_of(unit_id, unit.body_around(node)) {
            if ways.home.holds(project, module)
                || !project.visible(&member.stated, ways.moved.module, module)
            {
                continue;
            }
            let place = Place { unit: unit_id, node, module };
            let answer = match kind {
                "base_field_initializer" => built(project, ways, &place),
                _ if all => Answer::Yes,
                _ => meaning(project, ways, &place, member),
            };
            match answer {
                Answer::Yes => {
                    used[*at].by.insert(module);
                }
                Answer::Maybe => used[*at].perhaps.push((unit_id, node, module)),
                Answer::No => {}
            }
        }
    }
}

/// `Cart(1)` as a value or pattern, which needs every unnamed field.
fn constructs(project: &Project<'_>, ways: &Ways<'_, '_>, unit_id: UnitId, node: NodeId) -> bool {
    let unit = project.unit(unit_id);
    let ast = &unit.ast;
    if ast.kind(node) != "identifier" || ast.name(node) != ways.name {
        return false;
    }
    let kind = project.unit(ways.moved.unit).items[ways.moved.item.item].kind;
    if kind != ItemKind::Struct(true) {
        return false;
    }
    let mut path = node;
    while let Some(above) = ast
        .parent(path)
        .filter(|above| ast.kind(*above) == "scoped_identifier" && ast.field_of(path) == "name")
    {
        path = above;
    }
    let imports = ast.ancestors(path).take(24).any(|node| ast.kind(node) == "use_declaration");
    let prefix = ast
        .parent(path)
        .is_some_and(|above| ast.kind(above).starts_with("scoped") && ast.field_of(path) == "path");
    if imports || prefix {
        return false;
    }
    project.modules_of(unit_id, unit.body_around(node)).into_iter().any(|module| {
        let place = Place { unit: unit_id, node: path, module };
        project.value_path(&place, path).contains(&Def::Item(ways.moved.item))
    })
}

/// Whether a literal around a node is of the type that moves.
fn built(project: &Project<'_>, ways: &Ways<'_, '_>, place: &Place) -> Answer {
    let unit = project.unit(place.unit);
    let ast = &unit.ast;
    let around = ast
        .ancestors(place.node)
        .find(|node| matches!(ast.kind(*node), "struct_expression" | "struct_pattern"));
    let Some(around) = around else { return Answer::No };
    let name = ast.field(around, "name").or_else(|| ast.field(around, "type"));
    let Some(name) = name else { return Answer::No };
    match project.lower(&Place { node: name, ..*place }, name, 0) {
        Ty::Own(item, _) if item == ways.moved.item => Answer::Yes,
        Ty::Unknown => Answer::Maybe,
        _ => Answer::No,
    }
}

/// Whether a name at a place is this member.
fn meaning(project: &Project<'_>, ways: &Ways<'_, '_>, place: &Place, member: &Member) -> Answer {
    let unit = project.unit(place.unit);
    let ast = &unit.ast;
    let Some(parent) = ast.parent(place.node) else { return Answer::No };
    match ast.kind(parent) {
        "field_expression" if ast.field_of(place.node) == "field" => {
            let Some(value) = ast.field(parent, "value") else { return Answer::No };
            let ty = project.type_of(&Place { node: value, ..*place });
            match member.item {
                Some(item) if is_called(ast, parent) => match project.method(&ty, &member.name) {
                    Found::Own(items) if items.contains(&item) => Answer::Yes,
                    Found::Unknown(_) => Answer::Maybe,
                    _ => Answer::No,
                },
                None if !is_called(ast, parent) => owns(project, ty, ways.moved.item),
                _ => Answer::No,
            }
        }
        "field_initializer" | "shorthand_field_initializer" | "field_pattern"
            if member.item.is_none() && ast.field_of(place.node) != "value" =>
        {
            built(project, ways, place)
        }
        "scoped_identifier" | "scoped_type_identifier" if ast.field_of(place.node) == "name" => {
            let Some(item) = member.item else { return Answer::No };
            let there = Place { node: parent, ..*place };
            match project.value_path(&there, parent).contains(&Def::Item(item)) {
                true => Answer::Yes,
                false => Answer::No,
            }
        }
        "token_tree" => {
            let before = ast.text[..ast.start(place.node)].trim_end();
            if before.ends_with('.') || before.ends_with("::") { Answer::Maybe } else { Answer::No }
        }
        _ => Answer::No,
    }
}

/// Whether the member of a `.` is called as a method.
pub(super) fn is_called(ast: &Ast, access: NodeId) -> bool {
    let mut called = access;
    let mut above = ast.parent(access);
    if above.is_some_and(|node| ast.kind(node) == "generic_function") {
        called = above.unwrap_or(access);
        above = ast.parent(called);
    }
    above.is_some_and(|n| ast.kind(n) == "call_expression" && ast.field_of(called) == "function")
}

/// How many pointers a field is looked for behind.
pub(super) const POINTERS: usize = 8;

/// Whether a value, or what it points to, is of this type.
fn owns(project: &Project<'_>, ty: Ty, item: ItemRef) -> Answer {
    let mut ty = ty;
    for _ in 0..POINTERS {
        match &ty {
            Ty::Own(own, _) if *own == item => return Answer::Yes,
            Ty::Unknown => return Answer::Maybe,
            _ => {}
        }
        match project.dereferenced(&ty) {
            Some(inner) => ty = inner,
            None => return Answer::No,
        }
    }
    Answer::Maybe
}

/// Lets those see a member who use it.
fn settle(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>, member: &Member, used: Used) {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    let seen = reach::restate(ways, sheet, &unit, member.node, &used.by);
    for (unit_id, node, module) in used.perhaps {
        if seen.is_none_or(|region| project.lies_in(module, region)) && seen.is_some() {
            continue;
        }
        let unit = project.unit(unit_id);
        let why = format!(
            "this may be `{}` of what moves, which cannot be seen here afterwards",
            member.name
        );
        sheet.ask(unit.file, in_file(&unit, node), why);
    }
}
