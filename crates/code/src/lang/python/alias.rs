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
        let Some((statement, after)) = statement(text, definition)? else { continue };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = text[..statement].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line..statement];
        let indent: String = before.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        // Overloads and setters: one alias after the last of them.
        let insertion = format!("{newline}{indent}{} = {}", renaming.from(), renaming.to());
        let evidence = "the old name, kept by request".to_owned();
        sink.site(file, after..after, SiteKind::Addition, insertion, evidence);
    }
    Ok(())
}

/// The statement of the module or class that holds a definition: where it starts, and the
/// end of its last line.
fn statement(text: &str, definition: usize) -> Result<Option<(usize, usize)>> {
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
            found = Some((node.start_byte(), node.end_byte()));
        }
        above = node.kind();
        let inner = node.start_byte() >= definition && node.kind() == "identifier";
        if inner || cursor.goto_first_child_for_byte(definition).is_none() {
            break;
        }
    }
    Ok(found.map(|(start, end)| {
        let end = end.max(definition);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let line_end = if text[..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        (start, line_end)
    }))
}
