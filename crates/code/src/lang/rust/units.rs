//! What a Rust file defines.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::units::{DEEPEST, Raw, UnitKind, UnitVisibility};

/// What stands around a node.
#[derive(Debug, Clone)]
struct Place {
    parent: Option<usize>,
    depth: usize,
    /// Before the names of what is defined here: `Cart::`.
    prefix: std::rc::Rc<str>,
    /// Functions are methods here.
    members: bool,
    /// Everything is as public as what stands around it.
    inherits: Option<UnitVisibility>,
}

/// Attributes and documentation before the next item.
#[derive(Debug, Clone, Default)]
struct Before {
    start: Option<usize>,
    doc: Option<Range<usize>>,
}

/// See [`crate::units()`].
pub(crate) fn units(text: &str, tree: &Tree) -> Vec<Raw> {
    let mut found: Vec<Raw> = Vec::new();
    let root = Place { parent: None, depth: 0, prefix: "".into(), members: false, inherits: None };
    let mut stack = vec![(tree.root_node(), root, Before::default())];
    let mut cursor = tree.walk();
    while let Some((node, place, before)) = stack.pop() {
        let inside = match node.kind() {
            "impl_item" => implementation(text, node, &place),
            _ => match item(text, node, &place, &before) {
                Some(raw) => {
                    let inside = within(&raw, node, &place, found.len());
                    found.push(raw);
                    inside
                }
                None => place,
            },
        };
        if inside.depth >= DEEPEST || opaque(node.kind()) {
            continue;
        }
        let mut children = Vec::new();
        let mut before = Before::default();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "attribute_item" => before.start = before.start.or(Some(child.start_byte())),
                "line_comment" | "block_comment" => comment(text, child, &mut before),
                _ => children.push((child, inside.clone(), std::mem::take(&mut before))),
            }
        }
        stack.extend(children.into_iter().rev());
    }
    found
}

/// Nodes in which no item can stand, or only by way of a macro.
fn opaque(kind: &str) -> bool {
    matches!(kind, "token_tree" | "use_declaration" | "parameters" | "string_literal")
        || kind.ends_with("_type")
        || kind.ends_with("identifier")
}

fn comment(text: &str, node: Node<'_>, before: &mut Before) {
    let written = &text[node.byte_range()];
    let outer = (written.starts_with("///") && !written.starts_with("////"))
        || (written.starts_with("/**") && !written.starts_with("/***") && written != "/**/");
    if outer {
        // The grammar counts the line break after `///` as part of it.
        let end = node.start_byte() + written.trim_end_matches(['\n', '\r']).len();
        let start = before.doc.as_ref().map_or(node.start_byte(), |doc| doc.start);
        before.doc = Some(start..end);
        before.start = before.start.or(Some(node.start_byte()));
    }
}

fn item(text: &str, node: Node<'_>, place: &Place, before: &Before) -> Option<Raw> {
    let kind = match node.kind() {
        "function_item" | "function_signature_item" if place.members => UnitKind::Method,
        "function_item" | "function_signature_item" => UnitKind::Function,
        "struct_item" | "enum_item" | "union_item" | "trait_item" | "type_item"
        | "associated_type" => UnitKind::Type,
        "const_item" | "static_item" | "enum_variant" => UnitKind::Constant,
        "mod_item" => UnitKind::Module,
        "macro_definition" => UnitKind::Macro,
        _ => return None,
    };
    let name = node.child_by_field_name("name")?;
    let bare = text[name.byte_range()].trim_start_matches("r#");
    if bare == "_" {
        return None;
    }
    let body = node.child_by_field_name("body").or_else(|| match node.kind() {
        "const_item" | "static_item" | "enum_variant" => node.child_by_field_name("value"),
        _ => None,
    });
    let tuple = body.is_some_and(|body| body.kind() == "ordered_field_declaration_list");
    let head_end = match (kind, body) {
        (UnitKind::Macro, _) => name.end_byte(),
        (UnitKind::Constant, _) => node.end_byte(),
        (_, Some(body)) if !tuple => body.start_byte(),
        _ => node.end_byte(),
    };
    Some(Raw {
        kind,
        name: name.byte_range(),
        qualified: format!("{}{bare}", place.prefix),
        parent: place.parent,
        visibility: place.inherits.clone().unwrap_or_else(|| visibility(text, node)),
        head: node.start_byte()..head_end,
        whole: before.start.unwrap_or(node.start_byte())..node.end_byte(),
        body: body.map(|body| body.byte_range()),
        doc: before.doc.clone(),
    })
}

fn visibility(text: &str, node: Node<'_>) -> UnitVisibility {
    let mut cursor = node.walk();
    let found = node.named_children(&mut cursor).find(|n| n.kind() == "visibility_modifier");
    match found.map(|node| &text[node.byte_range()]) {
        Some("pub") => UnitVisibility::Public,
        Some(written) => UnitVisibility::Restricted(written.to_owned()),
        None => UnitVisibility::Private,
    }
}

fn within(raw: &Raw, node: Node<'_>, place: &Place, at: usize) -> Place {
    let types = matches!(node.kind(), "trait_item" | "enum_item");
    Place {
        parent: Some(at),
        depth: place.depth + 1,
        prefix: format!("{}::", raw.qualified).into(),
        members: node.kind() == "trait_item",
        inherits: types.then(|| raw.visibility.clone()),
    }
}

/// `impl Cart` and `impl Display for Cart`.
fn implementation(text: &str, node: Node<'_>, place: &Place) -> Place {
    let written = |field: &str| {
        let node = node.child_by_field_name(field)?;
        Some(text[node.byte_range()].split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let of = written("type").unwrap_or_default();
    let of_trait = written("trait");
    let bare = of.split('<').next().unwrap_or(&of).to_owned();
    let prefix = match &of_trait {
        Some(of_trait) => format!("{}<{of} as {of_trait}>::", place.prefix),
        None if bare.is_empty() => format!("{}<{of}>::", place.prefix),
        None => format!("{}{bare}::", place.prefix),
    };
    Place {
        parent: place.parent,
        depth: place.depth + 1,
        prefix: prefix.into(),
        members: true,
        // What a trait demands is as public as the trait, which stands elsewhere.
        inherits: of_trait.is_some().then_some(UnitVisibility::Public),
    }
}
