//! Expressions as far as types follow from them.

use axon_domain::Language;
use tree_sitter::Node;

use super::index::Walk;
use super::model::{Expr, ScopeId};
use crate::sources::parse;

/// How deep an expression is followed; beyond, nothing is known about it.
const DEEPEST: u32 = 40;

impl<'t> Walk<'_, '_, 't> {
    /// The expression; in an annotation strings are types too.
    pub(super) fn expression(&mut self, node: Node<'t>, scope: ScopeId, annotation: bool) -> Expr {
        convert(self.source.text, node, scope, annotation, DEEPEST)
    }
}

fn convert(text: &str, node: Node<'_>, scope: ScopeId, annotation: bool, left: u32) -> Expr {
    let Some(left) = left.checked_sub(1) else { return Expr::Unknown };
    let field = |name: &str| {
        node.child_by_field_name(name).map(|node| convert(text, node, scope, annotation, left))
    };
    match node.kind() {
        "identifier" => name(text, node, scope),
        "attribute" => match (field("object"), node.child_by_field_name("attribute")) {
            (Some(object), Some(attribute)) => {
                Expr::Attribute(Box::new(object), word(text, attribute))
            }
            _ => Expr::Unknown,
        },
        "call" => {
            let arguments = node.child_by_field_name("arguments");
            let arguments = arguments.map(|a| children(text, a, scope, annotation, left));
            let function = field("function").unwrap_or(Expr::Unknown);
            Expr::Call(Box::new(function), arguments.unwrap_or_default())
        }
        "subscript" | "generic_type" => {
            let mut parts = children(text, node, scope, annotation, left);
            if parts.is_empty() {
                return Expr::Unknown;
            }
            let head = parts.remove(0);
            match parts.as_mut_slice() {
                [Expr::Display(items)] => Expr::Subscript(Box::new(head), std::mem::take(items)),
                _ => Expr::Subscript(Box::new(head), parts),
            }
        }
        "type_parameter" | "tuple" | "list" | "set" | "expression_list" => {
            Expr::Display(children(text, node, scope, annotation, left))
        }
        "type" | "parenthesized_expression" | "as_pattern_target" => {
            let mut inner = children(text, node, scope, annotation, left);
            if inner.len() == 1 { inner.remove(0) } else { Expr::Unknown }
        }
        "conditional_expression" | "boolean_operator" | "union_type" => {
            let mut parts = children(text, node, scope, annotation, left);
            if node.kind() == "conditional_expression" && parts.len() == 3 {
                parts.remove(1);
            }
            Expr::Either(parts)
        }
        "binary_operator" if operator(node) == "|" => {
            Expr::Either([field("left"), field("right")].into_iter().flatten().collect())
        }
        "await" => Expr::Await(Box::new(
            children(text, node, scope, annotation, left).pop().unwrap_or(Expr::Unknown),
        )),
        "named_expression" => field("value").unwrap_or(Expr::Unknown),
        "string" if annotation => quoted(&text[node.byte_range()], scope, left),
        "string"
        | "concatenated_string"
        | "integer"
        | "float"
        | "true"
        | "false"
        | "none"
        | "ellipsis"
        | "dictionary"
        | "lambda"
        | "list_comprehension"
        | "set_comprehension"
        | "dictionary_comprehension"
        | "generator_expression"
        | "not_operator" => Expr::Builtin,
        _ => Expr::Unknown,
    }
}

fn children(text: &str, node: Node<'_>, scope: ScopeId, annotation: bool, left: u32) -> Vec<Expr> {
    let mut cursor = node.walk();
    let mut found = Vec::new();
    for child in node.named_children(&mut cursor).take(16) {
        if child.kind() != "comment" && child.kind() != "keyword_argument" {
            found.push(convert(text, child, scope, annotation, left));
        }
    }
    found
}

fn operator<'t>(node: Node<'t>) -> &'t str {
    node.child_by_field_name("operator").map_or("", |operator| operator.kind())
}

fn word(text: &str, node: Node<'_>) -> Box<str> {
    let word = &text[node.byte_range()];
    if word.is_ascii() { word.into() } else { crate::sources::nfkc(word).into() }
}

fn name(text: &str, node: Node<'_>, scope: ScopeId) -> Expr {
    Expr::Name(word(text, node), scope)
}

/// A type written as a string.
fn quoted(literal: &str, scope: ScopeId, left: u32) -> Expr {
    let Some(inner) = unquoted(literal) else { return Expr::Builtin };
    let Ok(Some(tree)) = parse(Language::Python, inner) else { return Expr::Unknown };
    let statement = tree.root_node().named_child(0);
    let expression = statement.filter(|s| s.kind() == "expression_statement");
    match expression.and_then(|statement| statement.named_child(0)) {
        Some(node) if !tree.root_node().has_error() => convert(inner, node, scope, true, left),
        _ => Expr::Unknown,
    }
}

/// What stands between the quotes of a string without prefix and escapes, if it is short.
pub(super) fn unquoted(literal: &str) -> Option<&str> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| literal.starts_with(q))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains('\\') && inner.len() < 2_000).then_some(inner)
}
