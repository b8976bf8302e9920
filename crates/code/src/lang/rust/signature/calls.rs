//! A call at a place of the text, whether it stands in code, in a macro or in a doc test.

use std::ops::Range;

use axon_domain::Language;
use tree_sitter::Node;

use crate::signature::List;
use crate::sources::parse;

/// What evaluating an argument may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// The same at any time.
    Literal,
    /// Only looks something up.
    Plain,
    /// Anything.
    Effects,
}

/// The arguments of a call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) list: List,
    pub(super) weights: Vec<Weight>,
    /// `value.name(…)`, not `path::name(…)`.
    pub(super) method: bool,
}

/// The call of the name in this range; `None` where it is not called.
pub(super) fn at(text: &str, name: &Range<usize>) -> Result<Option<Call>, String> {
    let mut open = skip_space(text, name.end);
    if text[open..].starts_with("::") {
        let turbofish = skip_space(text, open + 2);
        if !text[turbofish..].starts_with('<') {
            return Ok(None);
        }
        let Some(end) = angle_end(text, turbofish) else { return Ok(None) };
        open = skip_space(text, end);
    }
    if !text[open..].starts_with('(') {
        return Ok(None);
    }
    let close = closing(text, open).ok_or("its brackets do not fit")?;
    let method = text[..name.start].trim_end().ends_with('.');
    let inner = open + 1..close;
    const BEFORE: &str = "fn f() { g(";
    let code = format!("{BEFORE}{}); }}", &text[inner.clone()]);
    let tree = parse(Language::Rust, &code).ok().flatten().ok_or("its arguments do not parse")?;
    if tree.root_node().has_error() {
        return Err("its arguments do not parse by themselves".to_owned());
    }
    let list = tree.root_node().descendant_for_byte_range(BEFORE.len() - 1, BEFORE.len() - 1);
    let list = list.filter(|node| node.kind() == "arguments").or_else(|| {
        let node = tree.root_node().descendant_for_byte_range(BEFORE.len() - 1, BEFORE.len())?;
        std::iter::successors(Some(node), Node::parent).find(|node| node.kind() == "arguments")
    });
    let list = list.ok_or("its arguments do not parse")?;
    let (mut items, mut weights) = (Vec::new(), Vec::new());
    let mut cursor = list.walk();
    for node in list.named_children(&mut cursor) {
        match node.kind() {
            "line_comment" | "block_comment" => {}
            "attribute_item" => return Err("an attribute stands before an argument".to_owned()),
            _ => {
                let shift = |at: usize| at - BEFORE.len() + inner.start;
                items.push(shift(node.start_byte())..shift(node.end_byte()));
                let found = weight(node, 8);
                let same = found == Weight::Effects && is_literal(&code[node.byte_range()]);
                weights.push(if same { Weight::Literal } else { found });
            }
        }
    }
    Ok(Some(Call { list: List { inner, items }, weights, method }))
}

fn weight(node: Node<'_>, left: u32) -> Weight {
    let Some(left) = left.checked_sub(1) else { return Weight::Effects };
    let below = || {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).take(64).collect();
        let full = children.len() == 64;
        let heaviest = children.into_iter().map(|child| weight(child, left)).max();
        if full { Weight::Effects } else { heaviest.unwrap_or(Weight::Literal) }
    };
    match node.kind() {
        kind if kind.ends_with("_literal") => Weight::Literal,
        "identifier" | "self" | "scoped_identifier" | "closure_expression" => Weight::Plain,
        "field_expression" => {
            let value = node.child_by_field_name("value");
            value.map_or(Weight::Effects, |value| weight(value, left)).max(Weight::Plain)
        }
        "mutable_specifier" | "line_comment" | "block_comment" | "unit_expression" => {
            Weight::Literal
        }
        "reference_expression"
        | "tuple_expression"
        | "array_expression"
        | "parenthesized_expression" => below(),
        "unary_expression" if below() == Weight::Literal => Weight::Literal,
        _ => Weight::Effects,
    }
}

/// Whether a text is an expression that means the same in every module: literals, and what the
/// prelude of the language names.
pub(super) fn is_literal(text: &str) -> bool {
    const KNOWN: &[&str] = &[
        "None",
        "Some",
        "Ok",
        "Err",
        "String",
        "Vec",
        "Box",
        "Default",
        "new",
        "default",
        "from",
        "into",
        "to_owned",
        "to_string",
        "vec",
        "true",
        "false",
        "Option",
        "Result",
    ];
    let code = format!("fn f() {{ g({text}); }}");
    let Ok(Some(tree)) = parse(Language::Rust, &code) else { return false };
    if tree.root_node().has_error() || closing(&format!("({text})"), 0) != Some(text.len() + 1) {
        return false;
    }
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let word = &code[node.byte_range()];
        let inside = node.start_byte() > "fn f() { g".len();
        let named = node.kind().ends_with("identifier") && node.child_count() == 0;
        if (inside && named && !KNOWN.contains(&word)) || node.kind() == "macro_definition" {
            return false;
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return true;
            }
        }
    }
}

fn skip_space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

/// The byte after the `>` that closes this `<`.
fn angle_end(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(open).take(10_000) {
        match byte {
            b'<' => depth += 1,
            b'>' if text.as_bytes()[at - 1] != b'-' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b';' | b'{' => return None,
            _ => {}
        }
    }
    None
}

/// The bracket that closes this one; strings, characters and comments are passed over.
fn closing(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = open;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return (*byte == b')').then_some(at);
                }
            }
            b'"' => at = string_end(bytes, at)?,
            b'\'' => at = character_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += memchr::memchr(b'\n', &bytes[at..])?;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += memchr::memmem::find(&bytes[at..], b"*/")? + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The last quote of the string that begins at a quote, raw ones included.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[..at].iter().rev().take_while(|byte| **byte == b'#').count();
    let raw = at.checked_sub(hashes + 1).is_some_and(|before| bytes[before] == b'r');
    if raw {
        let mut end = vec![b'"'];
        end.resize(hashes + 1, b'#');
        let found = memchr::memmem::find(&bytes[at + 1..], &end)?;
        return Some(at + 1 + found + hashes);
    }
    let mut end = at + 1;
    loop {
        match bytes.get(end)? {
            b'\\' => end += 2,
            b'"' => return Some(end),
            _ => end += 1,
        }
    }
}

/// The last quote of a character; a lifetime is passed over by its quote alone.
fn character_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 1) == Some(&b'\\') {
        let rest = bytes.get(at + 3..).unwrap_or_default();
        return memchr::memchr(b'\'', rest).map_or(at, |end| at + 3 + end);
    }
    // One character of UTF-8 has at most four bytes.
    let rest = bytes.get(at + 2..(at + 6).min(bytes.len())).unwrap_or_default();
    match memchr::memchr(b'\'', rest) {
        Some(0) => at + 2,
        Some(end) if bytes[at + 1] >= 0x80 => at + 2 + end,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_end_where_their_bracket_closes() {
        for code in [
            "f(1, ')', \")\", r#\"\")\"#, '\\'', /* ) */ x)",
            "f::<Vec<u8>>(1, |x: &'a str| x, // )\n 2)",
            "f (g(1), [1, 2], { 3 }, 'é')",
        ] {
            let call = at(code, &(0..1)).unwrap().unwrap();
            assert_eq!(call.list.inner.end + 1, code.len(), "{code}");
        }
        assert!(at("f;", &(0..1)).unwrap().is_none());
        assert!(at("f(", &(0..1)).is_err());
    }

    #[test]
    fn literals_mean_the_same_everywhere() {
        for text in ["1", "\"a\"", "None", "Some(1)", "&[]", "String::new()", "Vec::new()", "-1"] {
            assert!(is_literal(text), "{text}");
        }
        for text in ["x", "a::B", "1); x(", "self.x", "", "f(", "cart()"] {
            assert!(text.is_empty() || !is_literal(text), "{text}");
        }
    }
}
