//! Local variables: which ones a name could mean, and which declaration wins.

use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Ast, NodeId};
use super::items::{ItemKind, Space, Unit};
use super::project::Project;
use super::resolve::{Def, Place};

/// One declaration of a local name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    /// The identifier.
    pub(super) node: NodeId,
    /// Where it can be seen.
    pub(super) from: usize,
    /// The byte after that.
    pub(super) to: usize,
    /// The function (or constant) that it belongs to.
    pub(super) owner: NodeId,
}

/// The local declarations of a unit by name.
pub(super) type Bindings = HashMap<String, Vec<Binding>>;

/// Whether an identifier stands where a pattern may declare a name.
pub(super) fn is_pattern(ast: &Ast, node: NodeId) -> bool {
    let Some(parent) = ast.parent(node) else { return false };
    let field = ast.field_of(node);
    match ast.kind(parent) {
        "tuple_pattern" | "slice_pattern" | "or_pattern" | "ref_pattern" | "mut_pattern"
        | "reference_pattern" | "closure_parameters" => true,
        "tuple_struct_pattern" => field != "type",
        "captured_pattern" => ast.children(parent).next() == Some(node),
        "match_pattern" => field != "condition",
        "let_declaration" | "let_condition" | "parameter" | "for_expression" | "field_pattern" => {
            field == "pattern" || ast.kind(node) == "shorthand_field_identifier"
        }
        "const_parameter" => field == "name",
        _ => false,
    }
}

/// Every local declaration of a unit.
pub(super) fn collect(unit: &Unit) -> Bindings {
    let mut found = Bindings::new();
    let ast = &unit.ast;
    // The owner is handed down, so that deep nesting costs nothing.
    let mut stack = vec![(ast.root(), ast.root())];
    while let Some((node, owner)) = stack.pop() {
        let kind = ast.kind(node);
        if matches!(kind, "identifier" | "shorthand_field_identifier")
            && is_pattern(ast, node)
            && let Some((from, to)) = extent(ast, node)
        {
            let binding = Binding { node, from, to, owner };
            found.entry(ast.name(node).to_owned()).or_default().push(binding);
        }
        let owner = if is_owner(kind) { node } else { owner };
        stack.extend(ast.children(node).map(|child| (child, owner)));
    }
    found
}

fn is_owner(kind: &str) -> bool {
    matches!(kind, "function_item" | "const_item" | "static_item" | "function_signature_item")
        || matches!(kind, "impl_item" | "trait_item" | "mod_item" | "struct_item" | "enum_item")
}

/// Where a name that a pattern declares can be seen.
fn extent(ast: &Ast, node: NodeId) -> Option<(usize, usize)> {
    for above in ast.ancestors(node) {
        match ast.kind(above) {
            "let_declaration" => {
                return Some((ast.end(above), ast.end(ast.parent(above)?)));
            }
            "let_condition" => {
                let body = ast.ancestors(above).find(|node| {
                    matches!(ast.kind(*node), "if_expression" | "while_expression" | "match_arm")
                })?;
                let inner = ast.field(body, "consequence").or_else(|| ast.field(body, "body"));
                return Some((ast.end(above), ast.end(inner.unwrap_or(body))));
            }
            "match_arm" => return Some((ast.end(node), ast.end(above))),
            "for_expression" | "closure_expression" => {
                let body = ast.field(above, "body")?;
                return Some((ast.start(body), ast.end(body)));
            }
            "function_item" => {
                let body = ast.field(above, "body")?;
                return Some((ast.start(body), ast.end(body)));
            }
            "const_parameter" => {
                let owner = ast.ancestors(above).nth(1)?;
                return Some((ast.start(owner), ast.end(owner)));
            }
            "function_signature_item" | "block" => return None,
            _ => {}
        }
    }
    None
}

impl Project<'_> {
    fn bindings(&self, place: &Place) -> Rc<Bindings> {
        if let Some(known) = self.memo.bindings.borrow().get(&place.unit) {
            return Rc::clone(known);
        }
        let found = Rc::new(collect(&self.unit(place.unit)));
        self.memo.bindings.borrow_mut().insert(place.unit, Rc::clone(&found));
        found
    }

    /// The local variable that a bare name means, if it means one.
    pub(super) fn local(&self, place: &Place, name: &str) -> Option<NodeId> {
        let bindings = self.bindings(place);
        let named = bindings.get(name)?;
        let unit = self.unit(place.unit);
        let at = unit.ast.start(place.node);
        let mut owners = unit.ast.ancestors(place.node).filter(|n| is_owner(unit.ast.kind(*n)));
        // What is declared outside of a function is not seen in it.
        let nearest = owners.next().unwrap_or(unit.ast.root());
        let seen = |binding: &&Binding| {
            binding.from <= at
                && at < binding.to
                && (binding.owner == nearest || self.is_const_parameter(&unit, binding.node))
        };
        let mut candidates: Vec<&Binding> = named.iter().filter(seen).collect();
        candidates.sort_by_key(|binding| std::cmp::Reverse((binding.from, binding.node)));
        let winner = candidates
            .into_iter()
            .find(|binding| !self.names_constant(&Place { node: binding.node, ..*place }, name))?;
        // An item of a block inside of the variable's reach wins over it.
        let mut body = unit.body_around(place.node);
        while let Some(parent) = unit.bodies[body].parent {
            let block = unit.bodies[body].node;
            let holds = unit.bodies[body]
                .names
                .get(name)
                .into_iter()
                .flatten()
                .any(|item| unit.items[*item].kind.is_in(Space::Value))
                || unit.bodies[body].uses.iter().any(|leaf| leaf.name.as_deref() == Some(name));
            if holds && unit.ast.start(block) >= winner.from {
                return None;
            }
            body = parent;
        }
        Some(winner.node)
    }

    fn is_const_parameter(&self, unit: &Unit, node: NodeId) -> bool {
        unit.ast.parent(node).is_some_and(|parent| unit.ast.kind(parent) == "const_parameter")
    }

    /// Whether a bare name in a pattern refers to a constant, unit struct or variant instead of
    /// declaring a variable.
    pub(super) fn names_constant(&self, place: &Place, name: &str) -> bool {
        let unit = self.unit(place.unit);
        let node = place.node;
        let parent = unit.ast.parent(node).map(|parent| unit.ast.kind(parent));
        if unit.ast.kind(node) == "shorthand_field_identifier"
            || matches!(parent, Some("mut_pattern" | "ref_pattern" | "const_parameter"))
        {
            return false;
        }
        self.in_scope(place, name, Space::Value).iter().any(|def| match def {
            Def::Item(item) => {
                let kind = self.unit(item.unit).items[item.item].kind;
                matches!(
                    kind,
                    ItemKind::Const | ItemKind::Static | ItemKind::Variant | ItemKind::Struct(true)
                )
            }
            _ => false,
        })
    }
}
