//! The two grammars as the matcher sees them.

use std::borrow::Cow;

use ast_grep_core::Language as Matched;
use ast_grep_core::matcher::{Pattern, PatternBuilder, PatternError};
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc};
use axon_domain::Language;

use crate::sources::grammar;

/// What stands for `$` while a pattern is parsed: a letter in both languages, and one that
/// hardly any program uses.
pub(super) const STAND_IN: char = 'µ';

/// A language for the matcher.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grammar(pub(super) Language);

impl Matched for Grammar {
    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        Cow::Owned(prepared(query))
    }

    fn expando_char(&self) -> char {
        STAND_IN
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        grammar(self.0).id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        grammar(self.0).field_id_for_name(field).map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder) -> Result<Pattern, PatternError> {
        builder.build(|source| StrDoc::try_new(source, *self))
    }
}

impl LanguageExt for Grammar {
    fn get_ts_language(&self) -> tree_sitter::Language {
        grammar(self.0)
    }
}

/// A pattern with its variables as identifiers of the language.
pub(super) fn prepared(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let from = &rest[at..];
        let count = from.bytes().take_while(|byte| *byte == b'$').count();
        let after = &from[count..];
        let named = after.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let sign = if named || count == 3 { STAND_IN } else { '$' };
        out.extend(std::iter::repeat_n(sign, count));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Kinds of expressions that an operator beside them would tear apart.
pub(super) fn is_loose(kind: &str) -> bool {
    matches!(
        kind,
        "binary_operator"
            | "boolean_operator"
            | "comparison_operator"
            | "conditional_expression"
            | "not_operator"
            | "unary_operator"
            | "lambda"
            | "named_expression"
            | "await"
            | "yield"
            | "binary_expression"
            | "unary_expression"
            | "range_expression"
            | "assignment_expression"
            | "compound_assignment_expr"
            | "closure_expression"
            | "type_cast_expression"
            | "reference_expression"
            | "return_expression"
            | "break_expression"
            | "if_expression"
            | "match_expression"
            | "unsafe_block"
    )
}

/// Whether a node's parent holds it by an operator, so that a loose expression in its place
/// needs parentheses.
pub(super) fn binds(parent: &tree_sitter::Node<'_>, node: &tree_sitter::Node<'_>) -> bool {
    let field = |name: &str| parent.child_by_field_name(name).is_some_and(|n| n.id() == node.id());
    match parent.kind() {
        "attribute" => field("object"),
        "subscript" | "field_expression" | "index_expression" => {
            field("value") || parent.child(0).is_some_and(|first| first.id() == node.id())
        }
        "call" | "call_expression" => field("function"),
        "try_expression" | "await_expression" | "list_splat" | "dictionary_splat" => true,
        "range_expression"
        | "assignment_expression"
        | "compound_assignment_expr"
        | "closure_expression"
        | "return_expression"
        | "break_expression"
        | "if_expression"
        | "match_expression"
        | "lambda"
        | "named_expression"
        | "yield" => false,
        kind => is_loose(kind),
    }
}
