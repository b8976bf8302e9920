//! What one file defines: its modules and blocks with their items and imports.

use std::collections::HashMap;

use axon_domain::Result;

use super::ast::{Ast, NodeId, OPENED};
use super::expand::{macro_name, open_macros};
use crate::sources::FileId;

/// A body by its number in its [`Unit`].
pub(super) type BodyId = usize;
/// An item by its number in its [`Unit`].
pub(super) type ItemId = usize;
/// An `impl` block by its number in its [`Unit`].
pub(super) type ImplId = usize;

/// One text with its syntax tree and what it defines: a file, or the code of a doc test.
#[derive(Debug)]
pub(super) struct Unit {
    /// The file.
    pub(super) file: FileId,
    /// The tree.
    pub(super) ast: Ast,
    /// Where runs of the text stand in the file: (start here, start there), sorted; empty
    /// where the text is the file.
    pub(super) origin: Vec<(usize, usize)>,
    /// The file itself is body 0.
    pub(super) bodies: Vec<Body>,
    /// Every item, members and variants included.
    pub(super) items: Vec<Item>,
    /// Every `impl`.
    pub(super) impls: Vec<Impl>,
    body_of: HashMap<NodeId, BodyId>,
    impl_of: HashMap<NodeId, ImplId>,
    item_of: HashMap<NodeId, ItemId>,
    /// The attributes that stand before a node, where there are any.
    attributes: HashMap<NodeId, Vec<NodeId>>,
}

/// A module's body, or a block with items of its own.
#[derive(Debug)]
pub(super) struct Body {
    /// The node that holds the items.
    pub(super) node: NodeId,
    /// The body around a block; `None` for a module.
    pub(super) parent: Option<BodyId>,
    /// Items by name.
    pub(super) names: HashMap<String, Vec<ItemId>>,
    /// Imports, flattened.
    pub(super) uses: Vec<UseLeaf>,
    /// Files that `include!` puts here.
    pub(super) includes: Vec<String>,
}

/// One name that a `use` (or `extern crate`) brings in.
#[derive(Debug)]
pub(super) struct UseLeaf {
    /// The path, with the nodes of its parts.
    pub(super) path: Vec<(String, NodeId)>,
    /// It begins with `::`.
    pub(super) rooted: bool,
    /// The name it binds; `None` for a glob and for `as _`.
    pub(super) name: Option<String>,
    /// It ends with `*`.
    pub(super) glob: bool,
    /// Who may use the name.
    pub(super) visibility: Visibility,
    /// It is an `extern crate`.
    pub(super) external: bool,
    /// The declaration.
    pub(super) node: NodeId,
    /// The part of it that is for this name alone.
    pub(super) tree: NodeId,
}

/// Who may name an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Everybody.
    Public,
    /// The crate.
    Crate,
    /// This many modules up, and everything below.
    Up(usize),
    /// As the enum or trait that it belongs to.
    Inherited,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    Function,
    Const,
    Static,
    /// `true` with a constructor in the namespace of values (tuple and unit structs).
    Struct(bool),
    Enum,
    Union,
    Trait,
    Alias,
    Module,
    Variant,
    /// A type of a trait or `impl`.
    AssociatedType,
}

/// What an item belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A module or block.
    Body,
    /// An enum or trait.
    Item(ItemId),
    /// An `impl`.
    Impl(ImplId),
}

/// One definition.
#[derive(Debug)]
pub(super) struct Item {
    /// Without `r#`.
    pub(super) name: String,
    /// The node of the name.
    pub(super) name_node: NodeId,
    /// The whole definition.
    pub(super) node: NodeId,
    /// What it is.
    pub(super) kind: ItemKind,
    /// The body around it.
    pub(super) body: BodyId,
    /// What it belongs to.
    pub(super) owner: Owner,
    /// Who may name it.
    pub(super) visibility: Visibility,
    /// Members of a trait, variants of an enum.
    pub(super) members: Vec<ItemId>,
}

/// One `impl` block.
#[derive(Debug)]
pub(super) struct Impl {
    /// The block.
    pub(super) node: NodeId,
    /// The type it is for.
    pub(super) self_type: NodeId,
    /// The trait, if any.
    pub(super) of_trait: Option<NodeId>,
    /// The body around it.
    pub(super) body: BodyId,
    /// Its members.
    pub(super) members: Vec<ItemId>,
}

/// The namespace that a name is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Space {
    Type,
    Value,
}

impl ItemKind {
    /// Whether such an item has a name in this namespace.
    pub(super) fn is_in(self, space: Space) -> bool {
        match self {
            ItemKind::Function | ItemKind::Const | ItemKind::Static => space == Space::Value,
            ItemKind::Struct(true) | ItemKind::Variant => true,
            _ => space == Space::Type,
        }
    }
}

impl Unit {
    /// Opens macros and collects.
    pub(super) fn new(
        file: FileId,
        mut ast: Ast,
        origin: Vec<(usize, usize)>,
        of_interest: &[&str],
    ) -> Result<Self> {
        open_macros(&mut ast, of_interest)?;
        let mut unit = Self {
            file,
            ast,
            origin,
            bodies: Vec::new(),
            items: Vec::new(),
            impls: Vec::new(),
            body_of: HashMap::new(),
            impl_of: HashMap::new(),
            item_of: HashMap::new(),
            attributes: HashMap::new(),
        };
        collect(&mut unit);
        Ok(unit)
    }

    /// The innermost body around a node.
    pub(super) fn body_around(&self, node: NodeId) -> BodyId {
        let mut around = std::iter::once(node).chain(self.ast.ancestors(node));
        around.find_map(|node| self.body_of.get(&node)).copied().unwrap_or(0)
    }

    /// The body of a node that is one.
    pub(super) fn body_at(&self, node: NodeId) -> Option<BodyId> {
        self.body_of.get(&node).copied()
    }

    /// The module body that a body lies in.
    pub(super) fn module_body(&self, body: BodyId) -> BodyId {
        let mut body = body;
        while let Some(parent) = self.bodies[body].parent {
            body = parent;
        }
        body
    }

    /// The `impl` that this node is.
    pub(super) fn impl_at(&self, node: NodeId) -> Option<ImplId> {
        self.impl_of.get(&node).copied()
    }

    /// The item that this node defines.
    pub(super) fn item_at(&self, node: NodeId) -> Option<ItemId> {
        self.item_of.get(&node).copied()
    }

    /// The attributes that stand before a node, in their order.
    pub(super) fn attributes_before(&self, node: NodeId) -> &[NodeId] {
        self.attributes.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The byte of the file at an offset of this text.
    pub(super) fn in_file(&self, offset: usize) -> usize {
        let run = self.origin.partition_point(|(here, _)| *here <= offset);
        match run.checked_sub(1).map(|run| self.origin[run]) {
            Some((here, there)) => there + (offset - here),
            None => offset,
        }
    }
}

struct Place {
    node: NodeId,
    body: BodyId,
    owner: Owner,
}

fn collect(unit: &mut Unit) {
    let root = unit.ast.root();
    let first = add_body(unit, root, None);
    let mut stack = vec![Place { node: root, body: first, owner: Owner::Body }];
    let mut below: Vec<NodeId> = Vec::new();
    while let Some(place) = stack.pop() {
        below.extend(unit.ast.children(place.node));
        let base = stack.len();
        let mut run = Vec::new();
        for node in below.drain(..) {
            if unit.ast.kind(node) == "attribute_item" {
                run.push(node);
            } else if !run.is_empty() {
                unit.attributes.insert(node, std::mem::take(&mut run));
            }
            let next = visit(unit, node, &place);
            stack.push(next);
        }
        stack[base..].reverse();
    }
}

fn add_body(unit: &mut Unit, node: NodeId, parent: Option<BodyId>) -> BodyId {
    let id = unit.bodies.len();
    unit.bodies.push(Body {
        node,
        parent,
        names: HashMap::new(),
        uses: Vec::new(),
        includes: Vec::new(),
    });
    unit.body_of.insert(node, id);
    id
}

/// Takes note of one node and says where its children belong.
fn visit(unit: &mut Unit, node: NodeId, place: &Place) -> Place {
    let inside = |body, owner| Place { node, body, owner };
    let kind = match unit.ast.kind(node) {
        "function_item" | "function_signature_item" => ItemKind::Function,
        "const_item" => ItemKind::Const,
        "static_item" => ItemKind::Static,
        "struct_item" => ItemKind::Struct(has_constructor(&unit.ast, node)),
        "union_item" => ItemKind::Union,
        "enum_item" => ItemKind::Enum,
        "trait_item" => ItemKind::Trait,
        "type_item" if place.owner != Owner::Body => ItemKind::AssociatedType,
        "type_item" => ItemKind::Alias,
        "associated_type" => ItemKind::AssociatedType,
        "enum_variant" => ItemKind::Variant,
        "mod_item" => ItemKind::Module,
        "impl_item" => return inside(place.body, add_impl(unit, node, place.body)),
        "use_declaration" | "extern_crate_declaration" => {
            let leaves = super::imports::leaves(&unit.ast, node);
            unit.bodies[place.body].uses.extend(leaves);
            return inside(place.body, Owner::Body);
        }
        "macro_invocation" if macro_name(&unit.ast, node) == "include" => {
            let path = unit
                .ast
                .children(node)
                .last()
                .and_then(|tokens| unit.ast.child_of_kind(tokens, "string_literal"));
            if let Some(path) = path {
                let path = unit.ast.text(path).trim_matches('"').to_owned();
                unit.bodies[place.body].includes.push(path);
            }
            return inside(place.body, place.owner);
        }
        // What a macro's body defines is defined where the macro is used.
        "block" | OPENED if is_local(&unit.ast, node) => {
            return inside(add_body(unit, node, Some(place.body)), Owner::Body);
        }
        "declaration_list"
        | "enum_variant_list"
        | "foreign_mod_item"
        | "token_tree"
        | "expression_statement"
        | "ERROR" => return inside(place.body, place.owner),
        _ => return inside(place.body, Owner::Body),
    };
    add_item(unit, node, kind, place)
}

/// Whether a node is a block with items or the body of a macro.
fn is_local(ast: &Ast, node: NodeId) -> bool {
    match ast.kind(node) {
        "block" => has_items(ast, node),
        _ => ast.parent(node).is_some_and(|parent| ast.kind(parent) == "macro_rule"),
    }
}

/// Whether a block has items of its own, which are visible in all of it.
fn has_items(ast: &Ast, block: NodeId) -> bool {
    ast.children(block).any(|child| {
        let kind = ast.kind(child);
        kind.ends_with("_item") && !kind.contains("attribute")
            || matches!(kind, "use_declaration" | "extern_crate_declaration")
    })
}

fn add_item(unit: &mut Unit, node: NodeId, kind: ItemKind, place: &Place) -> Place {
    let inside = |body, owner| Place { node, body, owner };
    let Some(name_node) = unit.ast.field(node, "name") else {
        return inside(place.body, Owner::Body);
    };
    let name = unit.ast.name(name_node).to_owned();
    let body = place.body;
    let id = unit.items.len();
    let visibility = match place.owner {
        Owner::Item(_) => Visibility::Inherited,
        Owner::Impl(at) if unit.impls[at].of_trait.is_some() => Visibility::Inherited,
        _ => visibility(&unit.ast, node),
    };
    unit.items.push(Item {
        name: name.clone(),
        name_node,
        node,
        kind,
        body,
        owner: place.owner,
        visibility,
        members: Vec::new(),
    });
    unit.item_of.insert(node, id);
    match place.owner {
        Owner::Body => {
            if name != "_" {
                unit.bodies[body].names.entry(name).or_default().push(id);
            }
        }
        Owner::Item(owner) => unit.items[owner].members.push(id),
        Owner::Impl(owner) => unit.impls[owner].members.push(id),
    }
    match kind {
        ItemKind::Module => match unit.ast.field(node, "body") {
            Some(list) => {
                let inner = add_body(unit, list, None);
                inside(inner, Owner::Body)
            }
            None => inside(place.body, Owner::Body),
        },
        ItemKind::Enum | ItemKind::Trait => inside(place.body, Owner::Item(id)),
        _ => inside(place.body, Owner::Body),
    }
}

fn add_impl(unit: &mut Unit, node: NodeId, body: BodyId) -> Owner {
    let Some(self_type) = unit.ast.field(node, "type") else { return Owner::Body };
    let id = unit.impls.len();
    let of_trait = unit.ast.field(node, "trait");
    unit.impls.push(Impl { node, self_type, of_trait, body, members: Vec::new() });
    unit.impl_of.insert(node, id);
    Owner::Impl(id)
}

fn has_constructor(ast: &Ast, node: NodeId) -> bool {
    ast.field(node, "body").is_none_or(|body| ast.kind(body) == "ordered_field_declaration_list")
}

/// The visibility that a declaration states.
pub(super) fn visibility(ast: &Ast, node: NodeId) -> Visibility {
    let Some(stated) = ast.child_of_kind(node, "visibility_modifier") else {
        return Visibility::Up(0);
    };
    let text: String = ast.text(stated).split_whitespace().collect();
    match text.as_str() {
        "pub" => Visibility::Public,
        "pub(self)" | "pub(inself)" => Visibility::Up(0),
        "crate" | "pub(crate)" | "pub(incrate)" => Visibility::Crate,
        _ if text.starts_with("pub(super") || text.starts_with("pub(insuper") => {
            Visibility::Up(text.matches("super").count())
        }
        // `pub(in crate::a)`: where exactly does not change what a name means.
        _ => Visibility::Crate,
    }
}
