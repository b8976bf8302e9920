//! The replacement: text with holes.

use std::collections::BTreeMap;

use axon_domain::{Language, Result};

use super::grammar::{is_loose, prepared};
use super::invalid;
use crate::sources::parse;

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Hole {
        name: String,
        /// Between delimiters, so that whatever is put there stays together.
        enclosed: bool,
        /// Spaces before it when it begins its line of the replacement.
        indent: Option<usize>,
    },
}

/// A replacement.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) parts: Vec<Part>,
    /// The whole is an expression that an operator beside it would tear apart.
    pub(super) loose: bool,
    /// A colon may open a block that stands on lines of its own.
    pub(super) blocks: bool,
    known: BTreeMap<String, bool>,
}

impl Template {
    /// Reads a replacement; `known` are the variables of the pattern.
    pub(super) fn new(
        source: &str,
        language: Language,
        known: &BTreeMap<String, bool>,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            let from = &rest[at..];
            let count = from.bytes().take_while(|byte| *byte == b'$').count();
            let name: String = from[count..]
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
                .collect();
            let named = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
            if !named {
                if count == 3 {
                    return Err(invalid("`$$$` in the replacement has no name"));
                }
                text.push_str(&from[..count]);
                rest = &from[count..];
                continue;
            }
            rest = &from[count + name.len()..];
            let written = format!("{}{name}", &from[..count]);
            check(&written, count, known.get(&name).copied())?;
            let line = text_line(&parts, &text);
            let indent = line.trim().is_empty().then_some(line.len());
            let enclosed = encloses(&parts, &text, rest);
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Hole { name, enclosed, indent });
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        let loose = is_loose_expression(source, language)?;
        let blocks = language == Language::Python;
        Ok(Self { parts, loose, blocks, known: known.clone() })
    }

    /// The variables of the pattern.
    pub(super) fn known(&self) -> impl Iterator<Item = (&String, &bool)> {
        self.known.iter()
    }

    /// Whether the replacement uses a variable.
    pub(super) fn uses(&self, wanted: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Hole { name, .. } if name == wanted))
    }
}

fn check(written: &str, count: usize, several: Option<bool>) -> Result<()> {
    let known = match several {
        Some(true) => count == 3,
        Some(false) => count == 1,
        None => false,
    };
    if known {
        return Ok(());
    }
    let what = format!("the replacement has `{written}`, which the pattern does not have");
    Err(invalid(what).hint("variables of the replacement are those of the pattern"))
}

/// What stands before a hole on its line; something for a hole behind a hole.
fn text_line<'t>(parts: &[Part], text: &'t str) -> &'t str {
    match text.rfind('\n') {
        Some(at) => &text[at + 1..],
        None if parts.is_empty() => text,
        None => "x",
    }
}

fn encloses(parts: &[Part], before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let opens = if before.is_empty() {
        parts.is_empty()
    } else {
        before.ends_with(['(', '[', '{', ',', ':', ';'])
            || before.ends_with("return")
            || (before.ends_with('=') && !before.ends_with("==") && !before.ends_with("!="))
    };
    let after = after.trim_start();
    let closes = after.is_empty() || after.starts_with([')', ']', '}', ',', ':', ';']);
    opens && closes
}

fn is_loose_expression(source: &str, language: Language) -> Result<bool> {
    let prepared = prepared(source.trim());
    let Some(tree) = parse(language, &prepared)? else { return Ok(false) };
    let mut node = tree.root_node();
    while node.named_child_count() == 1
        && matches!(node.kind(), "module" | "source_file" | "expression_statement")
    {
        let Some(child) = node.named_child(0) else { break };
        node = child;
    }
    Ok(is_loose(node.kind()))
}

/// The longest word of a pattern that every match must hold.
pub(super) fn longest_word(pattern: &str) -> Option<&str> {
    let mut best: Option<&str> = None;
    let mut start = None;
    for (at, c) in pattern.char_indices().chain([(pattern.len(), ' ')]) {
        let part = c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        match (part, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = &pattern[from..at];
                let plain = word.is_ascii() && !word.contains('$');
                if plain && best.is_none_or(|best| best.len() < word.len()) {
                    best = Some(word);
                }
                start = None;
            }
            _ => {}
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_is_no_variable() {
        assert_eq!(longest_word("assert_eq($AAAAAAAAAAAA, $B, x)"), Some("assert_eq"));
        assert_eq!(longest_word("$A + $B"), None);
    }
}
