//! Documentation: which comments are, what is prose in them, what links, and what is code.
//!
//! <https://doc.rust-lang.org/rustdoc/write-documentation/linking-to-items-by-name.html>,
//! <https://doc.rust-lang.org/rustdoc/write-documentation/documentation-tests.html>

use std::ops::Range;

use super::ast::NodeId;
use super::items::Unit;
use crate::text::words;

/// The Markdown of one run of documentation, and where its bytes stand in the file.
#[derive(Debug, Default)]
pub(super) struct DocText {
    /// The Markdown.
    pub(super) text: String,
    /// Where runs of it stand in the file: (start here, start there).
    pub(super) origin: Vec<(usize, usize)>,
    /// The item that is documented, or the node around documentation of the inside.
    pub(super) anchor: Option<NodeId>,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Its lines, without the fences.
    pub(super) range: Range<usize>,
    /// Whether they are Rust that is compiled with the documentation.
    pub(super) rust: bool,
}

/// How a place in prose may link to an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The path up to and with the part at the place.
    pub(super) path: Vec<String>,
    /// The place is the last part of it.
    pub(super) last: bool,
    /// What kind of item it says to be: `fn@`, `()`.
    pub(super) says: Says,
}

/// What a link says about the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    Value,
    Type,
    Macro,
}

impl DocText {
    /// A whole file of Markdown.
    pub(super) fn of_file(text: &str) -> Self {
        Self { text: text.to_owned(), origin: vec![(0, 0)], anchor: None }
    }

    /// The byte of the file at an offset of the Markdown.
    pub(super) fn in_file(&self, offset: usize) -> usize {
        let run = self.origin.partition_point(|(here, _)| *here <= offset);
        match run.checked_sub(1).map(|run| self.origin[run]) {
            Some((here, there)) => there + (offset - here),
            None => offset,
        }
    }

    fn push(&mut self, line: &str, at: usize) {
        self.origin.push((self.text.len(), at));
        self.text.push_str(line.trim_end_matches(['\n', '\r']));
        self.text.push('\n');
    }

    /// The fenced blocks.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut found = Vec::new();
        let mut open: Option<(&str, usize, bool)> = None;
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let trimmed = line.trim_start().trim_start_matches("> ");
            let mark = &trimmed[..fence(trimmed)];
            match open {
                Some((opened, from, rust)) => {
                    let closes = mark.len() >= opened.len()
                        && mark.starts_with(&opened[..1])
                        && trimmed[mark.len()..].trim().is_empty();
                    if closes {
                        found.push(Block { range: from..start, rust });
                        open = None;
                    }
                }
                None if mark.len() >= 3 => {
                    open = Some((mark, at, is_rust(trimmed[mark.len()..].trim())));
                }
                None => {}
            }
        }
        if let Some((_, from, rust)) = open {
            found.push(Block { range: from..self.text.len(), rust });
        }
        found
    }

    /// The link that the name at an offset is a part of, if it is one.
    pub(super) fn link_at(&self, offset: usize, name: &str) -> Option<Link> {
        let bytes = self.text.as_bytes();
        let in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':') || byte >= 0x80;
        let mut start = offset;
        while start > 0 && in_path(bytes[start - 1]) {
            start -= 1;
        }
        let mut end = offset + name.len();
        while end < bytes.len() && in_path(bytes[end]) {
            end += 1;
        }
        let mut says = Says::Nothing;
        let mut left = self.text[..start].trim_end_matches('`');
        if let Some(before) = left.strip_suffix('@') {
            let word = before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
            says = disambiguator(&before[word..])?;
            left = before[..word].trim_end_matches('`');
        }
        let mut right = &self.text[end..];
        if let Some(rest) = right.strip_prefix("()") {
            (right, says) = (rest, Says::Value);
        } else if let Some(rest) = right.strip_prefix('!') {
            (right, says) = (rest, Says::Macro);
        }
        right = right.trim_start_matches('`');
        let path = self.text[start..end].trim_end_matches(':');
        if left.ends_with("](") && right.starts_with([')', ' ', '#']) || is_definition(left, right)
        {
            return link(path, start, offset, says);
        }
        if !left.ends_with('[') || left.ends_with("\\[") || !right.starts_with(']') {
            return None;
        }
        let label = &self.text[left.len()..self.text.len() - right.len()];
        match self.destination(label, &right[1..]) {
            None => link(path, start, offset, says),
            // The label of a link that goes elsewhere: what counts is where it goes, and only
            // a label that is the item's name changes with it.
            Some(destination) => {
                let last = destination.rsplit("::").next().unwrap_or(destination);
                let labelled = path.rsplit("::").next() == Some(last.trim_end_matches("()"));
                if !labelled || offset + name.len() != start + path.len() {
                    return None;
                }
                let (says, path) = match destination.split_once('@') {
                    Some((word, path)) => (disambiguator(word)?, path),
                    None => (says, destination),
                };
                link(path.trim_end_matches("()"), 0, path.len(), says)
            }
        }
    }

    /// Where a label leads, when that is written: `[label](here)`, `[label]: here`.
    fn destination<'t>(&'t self, label: &str, after: &'t str) -> Option<&'t str> {
        let until = |text: &'t str| text.split([')', ' ', '\n', '#']).next().unwrap_or_default();
        if let Some(rest) = after.strip_prefix('(') {
            return Some(until(rest));
        }
        if let Some(rest) = after.strip_prefix(':') {
            return Some(until(rest.trim_start()));
        }
        let definition = format!("[{label}]:");
        let at = self.text.find(&definition)?;
        Some(until(self.text[at + definition.len()..].trim_start()))
    }
}

/// `[label]: path` on a line of its own.
fn is_definition(left: &str, right: &str) -> bool {
    let line = left.rsplit('\n').next().unwrap_or(left);
    line.trim_start().starts_with('[')
        && line.trim_end().ends_with("]:")
        && right.trim_start_matches([' ', '\t']).starts_with(['\n', '"', '#'])
}

fn link(path: &str, start: usize, offset: usize, says: Says) -> Option<Link> {
    let upto = path.get(offset.saturating_sub(start)..)?;
    let rest = upto.find("::").map_or(path.len(), |at| offset - start + at);
    let parts: Vec<String> =
        path[..rest].split("::").map(|part| part.trim_start_matches("r#").to_owned()).collect();
    Some(Link { path: parts, last: rest == path.len(), says })
}

fn disambiguator(word: &str) -> Option<Says> {
    Some(match word {
        "fn" | "function" | "value" | "const" | "constant" | "static" | "method" | "variant"
        | "tymethod" => Says::Value,
        "struct" | "enum" | "trait" | "union" | "type" | "mod" | "module" | "tyalias"
        | "typealias" => Says::Type,
        "macro" | "derive" | "attr" | "prim" | "primitive" | "field" => Says::Macro,
        _ => return None,
    })
}

/// How many characters of a fence a line begins with.
fn fence(line: &str) -> usize {
    let mark = line.bytes().next().unwrap_or(b' ');
    if mark != b'`' && mark != b'~' {
        return 0;
    }
    let length = line.bytes().take_while(|byte| *byte == mark).count();
    let inline = mark == b'`' && line[length..].contains('`');
    if inline { 0 } else { length }
}

/// Whether the words after a fence make it a doc test.
fn is_rust(info: &str) -> bool {
    info.split([',', ' ', '\t', '{', '}', '.']).filter(|word| !word.is_empty()).all(|word| {
        matches!(
            word,
            "rust"
                | "ignore"
                | "should_panic"
                | "no_run"
                | "compile_fail"
                | "test_harness"
                | "standalone"
                | "standalone_crate"
        ) || word.starts_with("edition")
            || word.starts_with("ignore-")
            || word.starts_with('E') && word[1..].bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The code of a doc test with where it stands in the file, as rustdoc sees it: hidden lines
/// shown, and in a `main` unless there is one.
pub(super) fn test_code(doc: &DocText, block: &Block) -> (String, Vec<(usize, usize)>) {
    let text = &doc.text[block.range.clone()];
    let wrap = words(text.as_bytes(), "main").all(|at| !text[..at].trim_end().ends_with("fn"));
    let mut code = String::new();
    let mut origin = Vec::new();
    if wrap {
        code.push_str("fn main() {\n");
    }
    let mut at = block.range.start;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let hidden = match trimmed.as_bytes() {
            [b'#', b' ', ..] => 2,
            [b'#', b'#', ..] => 1,
            [b'#', b'\n' | b'\r', ..] | [b'#'] => 1,
            _ => 0,
        };
        origin.push((code.len(), doc.in_file(at + indent + hidden)));
        code.push_str(&line[indent + hidden..]);
        at += line.len();
    }
    if wrap {
        code.push_str("\n}\n");
    }
    (code, origin)
}

/// What one comment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    OuterLine,
    InnerLine,
    OuterBlock,
    InnerBlock,
}

fn kind_of(text: &str) -> Kind {
    if text.starts_with("///") && !text.starts_with("////") {
        Kind::OuterLine
    } else if text.starts_with("//!") {
        Kind::InnerLine
    } else if text.starts_with("/*!") {
        Kind::InnerBlock
    } else if text.starts_with("/**") && !text.starts_with("/***") && !text.starts_with("/**/") {
        Kind::OuterBlock
    } else {
        Kind::Plain
    }
}

/// Every run of documentation of a unit, and its plain comments.
pub(super) fn documentation(unit: &Unit) -> (Vec<DocText>, Vec<Range<usize>>) {
    let ast = &unit.ast;
    let mut runs: Vec<DocText> = Vec::new();
    let mut plain = Vec::new();
    let mut last: Option<(Kind, usize)> = None;
    for comment in &ast.comments {
        let text = ast.text.get(comment.start..comment.end).unwrap_or_default();
        let kind = kind_of(text);
        let joined = last.is_some_and(|(before, end)| {
            let between = ast.text.get(end..comment.start);
            before == kind && between.is_some_and(|between| between.trim().is_empty())
        });
        last = Some((kind, comment.end));
        if kind == Kind::Plain {
            plain.push(comment.start..comment.end);
            continue;
        }
        let line = matches!(kind, Kind::OuterLine | Kind::InnerLine);
        if !(joined && line) {
            let inner = matches!(kind, Kind::InnerLine | Kind::InnerBlock);
            let anchor = if inner {
                Some(comment.parent)
            } else {
                documented(unit, comment.parent, comment.end).or(Some(comment.parent))
            };
            runs.push(DocText { anchor, ..DocText::default() });
        }
        let Some(run) = runs.last_mut() else { continue };
        let body = text.strip_suffix("*/").unwrap_or(text);
        let mut at = comment.start + 3;
        for (number, line_text) in
            body.get(3..).unwrap_or_default().split_inclusive('\n').enumerate()
        {
            let mut skip = usize::from(line_text.starts_with(' '));
            if !line && number > 0 {
                let trimmed = line_text.trim_start();
                let indent = line_text.len() - trimmed.len();
                skip = match trimmed.strip_prefix('*') {
                    Some(rest) => indent + 1 + usize::from(rest.starts_with(' ')),
                    None => indent.min(1),
                };
            }
            run.push(&line_text[skip..], at + skip);
            at += line_text.len();
        }
    }
    (runs, plain)
}

/// The item after a comment: attributes may stand between.
fn documented(unit: &Unit, parent: NodeId, end: usize) -> Option<NodeId> {
    let ast = &unit.ast;
    let mut after = ast.children(parent).filter(|child| ast.start(*child) >= end);
    after.find(|child| ast.kind(*child) != "attribute_item")
}

/// The Markdown of `#[doc = "…"]`, from the bytes of the string.
pub(super) fn of_string(text: &str, at: usize, anchor: NodeId) -> DocText {
    let mut doc = DocText { anchor: Some(anchor), ..DocText::default() };
    let mut offset = at;
    for line in text.split_inclusive('\n') {
        let skip = usize::from(line.starts_with(' '));
        doc.push(&line[skip..], offset + skip);
        offset += line.len();
    }
    doc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_in(text: &str) -> Option<(String, bool)> {
        let doc = DocText::of_file(text);
        let link = doc.link_at(text.find("total")?, "total")?;
        Some((link.path.join("::"), link.last))
    }

    #[test]
    fn links_are_told_from_prose() {
        let last = |path: &str| Some((path.to_owned(), true));
        assert_eq!(link_in("see [`total`] for it"), last("total"));
        assert_eq!(link_in("see [Cart::total]"), last("Cart::total"));
        assert_eq!(link_in("see [the sum](crate::cart::total)"), last("crate::cart::total"));
        assert_eq!(link_in("see [`fn@total`]"), last("total"));
        assert_eq!(link_in("see [`total()`]"), last("total"));
        assert_eq!(link_in("see [`total::Inner`]"), Some(("total".to_owned(), false)));
        assert_eq!(link_in("[sum]: crate::total\n"), last("crate::total"));
        assert_eq!(link_in("[`total`](crate::cart::total)"), last("crate::cart::total"));
        assert_eq!(link_in("[`total`](https://example.org)"), None);
        assert_eq!(link_in("the `total` of it"), None);
        assert_eq!(link_in("[a total of it]"), None);
    }

    #[test]
    fn only_rust_blocks_are_tests() {
        let doc = DocText::of_file("a\n```\nx\n```\n~~~text\ny\n~~~\n```rust,no_run\nz\n```\n");
        let blocks: Vec<(&str, bool)> =
            doc.blocks().into_iter().map(|b| (&doc.text[b.range], b.rust)).collect();
        assert_eq!(blocks, [("x\n", true), ("y\n", false), ("z\n", true)]);
    }
}
