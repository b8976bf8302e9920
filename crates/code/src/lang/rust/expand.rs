//! Macro arguments read as code, where they parse as code.
//!
//! The grammar leaves the arguments of a macro as tokens. Here they are parsed again — as
//! arguments, as a list, as statements or items — and put into the tree in place of the tokens,
//! so that names in them are resolved like any others. What does not parse stays tokens.

use axon_domain::{Language, Result};
use tree_sitter::Tree;

use super::ast::{Ast, NodeId, OPENED};
use crate::sources::parse;
use crate::text::words;

/// Macros inside of macros are opened this deep: each level is parsed again.
const DEEPEST: u32 = 12;

/// Macros of the standard library (and a few that everybody uses) whose arguments are plain
/// expressions, so that reading them as code is no guess.
const PLAIN: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg_if",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_matches",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "assert_matches",
    "lazy_static",
    "matches",
    "panic",
    "print",
    "println",
    "ready",
    "pin",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "addr_of",
    "addr_of_mut",
    "offset_of",
    "debug",
    "error",
    "info",
    "trace",
    "warn",
    "anyhow",
    "bail",
    "ensure",
];

/// Whether reading the arguments of this macro as code is no guess.
pub(super) fn is_plain(name: &str) -> bool {
    PLAIN.contains(&name)
}

/// The last part of a macro's path.
pub(super) fn macro_name(ast: &Ast, invocation: NodeId) -> &str {
    let path = ast.field(invocation, "macro").map_or("", |path| ast.text(path));
    path.rsplit(':').next().unwrap_or(path).trim()
}

/// Opens every macro whose arguments hold one of the words, and those that stand for items.
pub(super) fn open_macros(ast: &mut Ast, of_interest: &[&str]) -> Result<()> {
    let mut from = 0;
    for _ in 0..DEEPEST {
        let to = ast.len();
        if from == to {
            break;
        }
        for at in from..to {
            let node = NodeId(u32::try_from(at).unwrap_or(u32::MAX));
            if matches!(ast.kind(node), "macro_invocation" | "attribute") {
                open(ast, node, of_interest)?;
            } else if ast.kind(node) == "macro_rule" {
                open_rule(ast, node, of_interest)?;
            }
        }
        from = to;
    }
    Ok(())
}

fn open(ast: &mut Ast, invocation: NodeId, of_interest: &[&str]) -> Result<()> {
    let Some(tokens) = ast.child_of_kind(invocation, "token_tree") else { return Ok(()) };
    let text = ast.text(tokens);
    let holds = of_interest.iter().any(|word| words(text.as_bytes(), word).next().is_some());
    let attribute = ast.kind(invocation) == "attribute";
    if (!holds && (attribute || !stands_for_items(ast, invocation))) || text.len() < 2 {
        return Ok(());
    }
    if attribute {
        return open_attribute(ast, invocation, tokens);
    }
    match macro_name(ast, invocation) {
        "cfg_if" => open_branches(ast, tokens),
        "matches" | "assert_matches" | "debug_assert_matches" => open_matches(ast, tokens),
        "lazy_static" => {
            let inner = inner(ast, tokens).replace("static ref ", "static     ");
            open_as(ast, tokens, &inner, &[Reading::Statements])
        }
        "vec" => open_tokens(ast, tokens, &[Reading::List]),
        _ if text.starts_with('{') => {
            open_tokens(ast, tokens, &[Reading::Statements, Reading::Arguments])
        }
        _ => open_tokens(ast, tokens, &[Reading::Arguments, Reading::List, Reading::Statements]),
    }
}

/// The body of a rule of `macro_rules!`.
fn open_rule(ast: &mut Ast, rule: NodeId, of_interest: &[&str]) -> Result<()> {
    let Some(body) = ast.field(rule, "right") else { return Ok(()) };
    let text = ast.text(body);
    let holds = |word: &&str| words(text.as_bytes(), word).next().is_some();
    if !of_interest.iter().any(holds) && !holds(&"impl") {
        return Ok(());
    }
    let Some(code) = super::rules::as_code(ast, rule, body) else { return Ok(()) };
    open_as(ast, body, &code, &[Reading::Statements])
}

/// Attributes of the language hold no code; those of others may.
fn open_attribute(ast: &mut Ast, attribute: NodeId, tokens: NodeId) -> Result<()> {
    let name = ast.children(attribute).next().map_or("", |path| ast.text(path));
    let inert = ["derive", "cfg", "cfg_attr", "doc", "allow", "warn", "deny", "forbid", "expect"];
    if inert.contains(&name) {
        return Ok(());
    }
    open_tokens(ast, tokens, &[Reading::Arguments])
}

fn stands_for_items(ast: &Ast, invocation: NodeId) -> bool {
    let mut above = ast.ancestors(invocation);
    let place = above.next().map(|node| ast.kind(node));
    let place = if place == Some("expression_statement") {
        above.next().map(|node| ast.kind(node))
    } else {
        place
    };
    matches!(place, Some("source_file" | "declaration_list" | OPENED))
}

/// How tokens may be read.
#[derive(Debug, Clone, Copy)]
enum Reading {
    Arguments,
    List,
    Statements,
}

impl Reading {
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Reading::Arguments => ("fn f(){f(", "\n)}"),
            Reading::List => ("fn f(){[", "\n]}"),
            Reading::Statements => ("fn f(){", "\n;}"),
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Reading::Arguments => "arguments",
            Reading::List => "array_expression",
            Reading::Statements => "block",
        }
    }
}

fn inner(ast: &Ast, tokens: NodeId) -> &str {
    ast.text.get(ast.start(tokens) + 1..ast.end(tokens).saturating_sub(1)).unwrap_or_default()
}

fn open_tokens(ast: &mut Ast, tokens: NodeId, readings: &[Reading]) -> Result<()> {
    let text = inner(ast, tokens).to_owned();
    open_as(ast, tokens, &text, readings)
}

fn open_as(ast: &mut Ast, tokens: NodeId, text: &str, readings: &[Reading]) -> Result<()> {
    for reading in readings {
        let (before, after) = reading.around();
        let Some(tree) = parse_whole(&format!("{before}{text}{after}"))? else { continue };
        let at = before.len().saturating_sub(1);
        let found = tree.root_node().descendant_for_byte_range(at, at + 1);
        let Some(node) = found.and_then(|node| up_to(node, reading.kind())) else { continue };
        let shift = ast.start(tokens).cast_signed() + 1 - before.len().cast_signed();
        ast.open_tokens(tokens);
        ast.splice(tokens, node, shift);
        return Ok(());
    }
    Ok(())
}

fn up_to<'t>(node: tree_sitter::Node<'t>, kind: &str) -> Option<tree_sitter::Node<'t>> {
    std::iter::successors(Some(node), tree_sitter::Node::parent).find(|node| node.kind() == kind)
}

fn parse_whole(text: &str) -> Result<Option<Tree>> {
    Ok(parse(Language::Rust, text)?.filter(|tree| !tree.root_node().has_error()))
}

/// `cfg_if! { if #[cfg(…)] { … } else { … } }`: every branch is code of the module around it.
fn open_branches(ast: &mut Ast, tokens: NodeId) -> Result<()> {
    let blocks: Vec<NodeId> = ast
        .children(tokens)
        .filter(|child| ast.kind(*child) == "token_tree" && ast.text(*child).starts_with('{'))
        .collect();
    for block in blocks {
        open_tokens(ast, block, &[Reading::Statements])?;
    }
    Ok(())
}

/// `matches!(expression, pattern if guard)`.
fn open_matches(ast: &mut Ast, tokens: NodeId) -> Result<()> {
    let text = inner(ast, tokens).to_owned();
    let start = ast.start(tokens) + 1;
    // The comma after the expression is the first one outside of every bracket.
    let brackets: Vec<(usize, usize)> = ast
        .children(tokens)
        .filter(|child| {
            matches!(ast.kind(*child), "token_tree" | "string_literal" | "char_literal")
        })
        .map(|child| (ast.start(child) - start, ast.end(child) - start))
        .collect();
    let comma = memchr::memchr_iter(b',', text.as_bytes())
        .find(|at| !brackets.iter().any(|(from, to)| (*from..*to).contains(at)));
    let Some(comma) = comma else { return Ok(()) };
    let rest = text[comma + 1..].trim_end().trim_end_matches(',');
    let before = "fn f(){match ";
    let whole = format!("{before}{}{{{rest}\n=>{{}}}}}}", &text[..comma]);
    // One comma became one brace, so that every offset stays.
    let Some(tree) = parse_whole(&whole)? else { return Ok(()) };
    let Some(block) = tree.root_node().child(0).and_then(|f| f.child_by_field_name("body")) else {
        return Ok(());
    };
    ast.open_tokens(tokens);
    ast.splice(tokens, block, start.cast_signed() - before.len().cast_signed());
    Ok(())
}
