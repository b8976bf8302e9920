//! Strings: types, documentation with examples, `__all__`, and text.

use axon_domain::Language;
use tree_sitter::Node;

use super::expr::unquoted;
use super::index::{Context, Part, Source, TextRole, Walk};
use super::model::{ScopeKind, TextKind};
use crate::sources::parse;
use crate::text::words;

/// How many texts may lie within each other (a type in a string in an example).
const DEEPEST: u32 = 3;

impl<'t> Walk<'_, '_, 't> {
    pub(super) fn string(&mut self, node: Node<'t>, context: &Context) {
        let text = self.text(node);
        let parts = self.parts(node);
        for (_, part) in parts.iter().filter(|(_, part)| part.kind() == "interpolation") {
            self.stack.push((*part, context.code()));
        }
        let holds = |name: &str| !name.is_empty() && text.contains(name);
        let names = self.build.names;
        let foreign = !text.is_ascii();
        if !holds(&names.from) && !holds(&names.to) && !foreign {
            return;
        }
        if context.docstring {
            return self.docstring(node, &parts, context);
        }
        if context.annotation && self.quoted_type(node, context) {
            return;
        }
        let callee = || context.callee.as_deref().unwrap_or_default().to_owned();
        let kind = match context.text {
            Some(TextRole::LooksUp) => TextKind::LookedUp(callee()),
            Some(TextRole::Patches) => TextKind::Patched(callee()),
            Some(TextRole::Evaluates) => TextKind::Evaluated(callee()),
            None => TextKind::String,
        };
        for (_, part) in parts.iter().filter(|(_, part)| part.kind() == "string_content") {
            self.note(part.byte_range(), &kind);
        }
    }

    /// Whether the string reads as a type; then its names are code.
    fn quoted_type(&mut self, node: Node<'t>, context: &Context) -> bool {
        let Some(inner) = unquoted(self.text(node)) else { return false };
        if self.source.level >= DEEPEST {
            return false;
        }
        let Ok(Some(tree)) = parse(Language::Python, inner) else { return false };
        if tree.root_node().has_error() {
            return false;
        }
        let quotes = (node.end_byte() - node.start_byte() - inner.len()) / 2;
        let start = self.source.span(node.start_byte() + quotes..node.end_byte()).start;
        let source =
            Source { text: inner, segments: vec![(0, start)], level: self.source.level + 1 };
        let context = Context { quoted: true, ..context.types() };
        Walk { build: self.build, source, stack: Vec::new() }.run(tree.root_node(), context);
        true
    }

    fn docstring(&mut self, node: Node<'t>, parts: &[Part<'t>], context: &Context) {
        let contents = || parts.iter().filter(|(_, part)| part.kind() == "string_content");
        let Some(range) =
            contents().map(|(_, part)| part.byte_range()).reduce(|a, b| a.start..b.end)
        else {
            return;
        };
        let text = &self.source.text[range.clone()];
        let (examples, prose) = examples(text);
        for piece in prose {
            self.note(range.start + piece.start..range.start + piece.end, &TextKind::Docstring);
        }
        if examples.is_empty() || self.source.level >= DEEPEST {
            return;
        }
        let mut code = String::new();
        let mut segments = Vec::new();
        for piece in examples {
            let at = self.source.span(range.start + piece.start..range.start + piece.end).start;
            segments.push((code.len(), at));
            code.push_str(&text[piece]);
            code.push('\n');
        }
        let names = self.build.names;
        let holds = |name: &str| !name.is_empty() && words(code.as_bytes(), name).next().is_some();
        if code.is_ascii() && !holds(&names.from) && !holds(&names.to) {
            return;
        }
        let Ok(Some(tree)) = parse(Language::Python, &code) else { return };
        let path = format!("<examples@{}>", node.start_byte());
        let scope = self.build.scope(ScopeKind::Doctest, Some(0), path, None);
        let source = Source { text: &code, segments, level: self.source.level + 1 };
        let context = Context { documentation: true, broken: context.broken, ..Context::at(scope) };
        let context = Context { body: false, ..context };
        Walk { build: self.build, source, stack: Vec::new() }.run(tree.root_node(), context);
    }

    /// The value given to `__all__`, by `=` or `+=`.
    pub(super) fn export_value(&mut self, value: Node<'t>) {
        self.build.index.exports.declared = true;
        let mut pending = vec![value];
        while let Some(node) = pending.pop() {
            match node.kind() {
                "list"
                | "tuple"
                | "set"
                | "parenthesized_expression"
                | "expression_list"
                | "argument_list" => {
                    pending.extend(self.parts(node).into_iter().map(|(_, part)| part));
                }
                "binary_operator" => {
                    pending.extend(node.child_by_field_name("left"));
                    pending.extend(node.child_by_field_name("right"));
                }
                "string" => match unquoted(self.text(node)) {
                    Some(name) => {
                        let quotes = (node.end_byte() - node.start_byte() - name.len()) / 2;
                        let start = node.start_byte() + quotes;
                        let span = self.source.span(start..start + name.len());
                        self.build.index.exports.names.push((name.into(), span));
                    }
                    None => self.build.index.exports.partly = true,
                },
                _ => self.build.index.exports.partly = true,
            }
        }
    }

    /// `__all__.append("x")`, `__all__.extend([...])`.
    pub(super) fn export_call(&mut self, change: &str, arguments: Node<'t>) {
        if matches!(change, "append" | "extend" | "insert" | "remove") {
            self.export_value(arguments);
        }
    }
}

type Ranges = Vec<std::ops::Range<usize>>;

/// The code of the examples in a docstring (after `>>> ` and `... `), line by line, and the
/// rest. <https://docs.python.org/3/library/doctest.html#how-are-docstring-examples-recognized>
fn examples(text: &str) -> (Ranges, Ranges) {
    let (mut code, mut prose) = (Vec::new(), Vec::new());
    let mut start = 0;
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let indent = content.len() - content.trim_start().len();
        let rest = &content[indent..];
        let after = |prompt: &str| {
            let code = rest.strip_prefix(prompt)?;
            (code.is_empty() || code.starts_with(' ')).then(|| usize::from(!code.is_empty()))
        };
        let prompt = match after(">>>") {
            Some(space) => Some(space),
            None if inside => after("..."),
            None => None,
        };
        if let Some(space) = prompt {
            code.push(start + indent + 3 + space..start + content.len());
            inside = true;
        } else {
            prose.push(start..start + content.len());
            inside = false;
        }
        start += line.len();
    }
    (code, prose)
}
