//! The old name left behind: `old = new` after the definition.

use std::collections::BTreeMap;

use axon_domain::{Language, Result, SiteKind};

use super::locate::Sink;
use super::model::{BindingKind, ScopeId};
use super::rename::Renaming;
use crate::sources::{FileId, parse};

/// Adds an alias to every scope that defines the symbol.
pub(super) fn add(renaming: &Renaming<'_, '_, '_>, sink: &mut Sink<'_, '_, '_>) -> Result<()> {
    let project = renaming.project;
    let mut last: BTreeMap<(FileId, ScopeId), usize> = BTreeMap::new();
    for key in &renaming.targets {
        for (file, binding) in project.bindings_of(key) {
            if matches!(binding.kind, BindingKind::Delete) {
                continue;
            }
            let at = last.entry((file, binding.scope)).or_default();
            *at = (*at).max(binding.span.start);
        }
    }
    for ((file, _), definition) in last {
        let Some(text) = project.sources.text(file)? else { continue };
        let Some(Statement { start, after, defines }) = statement(text, definition)? else {
            continue;
        };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line..start];
        let indent: String = before.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        // Overloads and setters: one alias after the last of them.
        // PEP 8: two blank lines after a function or class of a module; stubs do without.
        let stub = project.sources.path(file).ends_with(".pyi");
        let apart =
            if defines && indent.is_empty() && !stub { newline.repeat(2) } else { String::new() };
        let insertion = format!("{newline}{apart}{indent}{} = {}", renaming.from(), renaming.to());
        let evidence = "the old name, kept by request".to_owned();
        sink.site(file, after..after, SiteKind::Addition, insertion, evidence);
    }
    Ok(())
}

/// A statement of a module or class.
struct Statement {
    start: usize,
    /// The end of its last line.
    after: usize,
    /// It is a function or class.
    defines: bool,
}

/// The statement of the module or class that holds a definition.
fn statement(text: &str, definition: usize) -> Result<Option<Statement>> {
    let Some(tree) = parse(Language::Python, text)? else { return Ok(None) };
    let mut cursor = tree.root_node().walk();
    let mut found = None;
    let mut above = "";
    // Bodies of classes and functions decide, branches of `if` and `try` do not.
    loop {
        let node = cursor.node();
        let body =
            node.kind() == "block" && matches!(above, "class_definition" | "function_definition");
        if body || node.kind() == "module" {
            found = None;
        } else if found.is_none() && node.is_named() {
            found = Some(node);
        }
        above = node.kind();
        let inner = node.start_byte() >= definition && node.kind() == "identifier";
        if inner || cursor.goto_first_child_for_byte(definition).is_none() {
            break;
        }
    }
    Ok(found.map(|node| {
        let end = node.end_byte().max(definition);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let line_end = if text[..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        let defines = node.kind().ends_with("definition");
        Statement { start: node.start_byte(), after: line_end, defines }
    }))
}
