//! What a Python file defines.

use tree_sitter::{Node, Tree};

use super::names;
use crate::units::{DEEPEST, Raw, UnitKind, UnitVisibility};

/// Where a node is met.
#[derive(Debug, Clone, Copy)]
struct Place<'t> {
    parent: Option<usize>,
    depth: usize,
    /// The statement that holds a decorated definition.
    outer: Option<Node<'t>>,
}

/// See [`crate::units()`].
pub(crate) fn units(text: &str, tree: &Tree) -> Vec<Raw> {
    let mut found: Vec<Raw> = Vec::new();
    let root = Place { parent: None, depth: 0, outer: None };
    let mut stack = vec![(tree.root_node(), root)];
    let mut cursor = tree.walk();
    while let Some((node, place)) = stack.pop() {
        let mut inside = Place { outer: None, ..place };
        match node.kind() {
            "decorated_definition" => inside.outer = Some(node),
            "function_definition" | "class_definition" => {
                let Some(raw) = definition(text, node, place, &found) else { continue };
                inside = Place { parent: Some(found.len()), depth: place.depth + 1, outer: None };
                found.push(raw);
            }
            "assignment" | "type_alias_statement" => {
                constant(text, node, place, &mut found);
                continue;
            }
            "module" | "block" | "expression_statement" | "ERROR" => {}
            kind if kind.ends_with("_statement") || kind.ends_with("_clause") => {}
            _ => continue,
        }
        if inside.depth < DEEPEST {
            let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            stack.extend(children.into_iter().rev().map(|child| (child, inside)));
        }
    }
    found
}

fn definition(text: &str, node: Node<'_>, place: Place<'_>, found: &[Raw]) -> Option<Raw> {
    let name = node.child_by_field_name("name")?;
    let body = node.child_by_field_name("body");
    let around = place.parent.map(|at| &found[at]);
    let kind = match (node.kind(), around.map(|raw| raw.kind)) {
        ("class_definition", _) => UnitKind::Type,
        (_, Some(UnitKind::Type)) => UnitKind::Method,
        _ => UnitKind::Function,
    };
    Some(Raw {
        kind,
        name: name.byte_range(),
        qualified: qualified(around, &text[name.byte_range()]),
        parent: place.parent,
        visibility: visibility(&text[name.byte_range()]),
        head: node.start_byte()..body.map_or(node.end_byte(), |body| body.start_byte()),
        whole: place.outer.unwrap_or(node).byte_range(),
        body: body.map(|body| body.byte_range()),
        doc: body.and_then(docstring),
    })
}

fn qualified(around: Option<&Raw>, name: &str) -> String {
    match around {
        Some(raw) if raw.kind == UnitKind::Type => format!("{}.{name}", raw.qualified),
        Some(raw) => format!("{}.<locals>.{name}", raw.qualified),
        None => name.to_owned(),
    }
}

fn visibility(name: &str) -> UnitVisibility {
    if name.starts_with('_') && !names::is_special(name) {
        UnitVisibility::Private
    } else {
        UnitVisibility::Public
    }
}

fn docstring(body: Node<'_>) -> Option<std::ops::Range<usize>> {
    let first = body.named_child(0).filter(|node| node.kind() == "expression_statement")?;
    let string = first.named_child(0)?;
    matches!(string.kind(), "string" | "concatenated_string").then(|| string.byte_range())
}

/// A variable of a module or class, where it is bound for the first time.
fn constant(text: &str, node: Node<'_>, place: Place<'_>, found: &mut Vec<Raw>) {
    let around = place.parent.map(|at| &found[at]);
    if around.is_some_and(|raw| raw.kind != UnitKind::Type) {
        return;
    }
    let alias = node.kind() == "type_alias_statement";
    let Some(left) = node.child_by_field_name("left") else { return };
    let name = match left.kind() {
        "identifier" => left,
        "type" if alias => match left.named_child(0) {
            Some(name) if name.kind() == "identifier" => name,
            _ => return,
        },
        _ => return,
    };
    let qualified = qualified(around, &text[name.byte_range()]);
    // Only neighbours are looked at: a variable that is bound again further down is listed again.
    let again = found.last().is_some_and(|last| last.qualified == qualified);
    if again {
        return;
    }
    found.push(Raw {
        kind: if alias { UnitKind::Type } else { UnitKind::Constant },
        name: name.byte_range(),
        qualified,
        parent: place.parent,
        visibility: visibility(&text[name.byte_range()]),
        head: node.byte_range(),
        whole: node.byte_range(),
        body: node.child_by_field_name("right").map(|value| value.byte_range()),
        doc: None,
    });
}
