//! The calls and definitions of a file, by where the name stands.

use std::collections::HashMap;
use std::ops::Range;

use axon_domain::{Language, Result};
use tree_sitter::Node;

use super::arguments::{Call, of_call};
use super::parameters::{Entry, entries, list};
use crate::signature::List;
use crate::sources::{FileId, Sources, parse};

/// What the code does with a function.
pub(super) enum Way {
    Call(Call),
    /// Nothing that depends on the parameters.
    Nothing,
    /// It is not called here, or not in a way that can be changed.
    Value(String),
}

/// The nodes of one file.
pub(super) struct Nodes<'t> {
    text: &'t str,
    /// By the first byte of the name that is called.
    calls: HashMap<usize, Node<'t>>,
    /// By the first byte of the name.
    definitions: HashMap<usize, Node<'t>>,
}

impl<'t> Nodes<'t> {
    pub(super) fn new(sources: &'t Sources<'_>, file: FileId) -> Result<Self> {
        let mut nodes = Self { text: "", calls: HashMap::new(), definitions: HashMap::new() };
        let Some(parsed) = sources.parsed(file, Language::Python)? else { return Ok(nodes) };
        nodes.text = &parsed.text;
        let mut cursor = parsed.tree.walk();
        loop {
            let node = cursor.node();
            match node.kind() {
                "call" => {
                    if let Some(name) = node.child_by_field_name("function").and_then(named) {
                        nodes.calls.insert(name, node);
                    }
                }
                "function_definition" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        nodes.definitions.insert(name.start_byte(), node);
                    }
                }
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Ok(nodes);
                }
            }
        }
    }

    pub(super) fn call(&self, name: usize) -> Way {
        match self.calls.get(&name) {
            Some(call) => of_call(self.text, *call, 0).map_or_else(Way::Value, Way::Call),
            None => Way::Value("it is not called here but passed on".to_owned()),
        }
    }

    pub(super) fn definition(&self, name: usize) -> Option<(Vec<Entry>, List, Range<usize>)> {
        let node = self.definitions.get(&name)?;
        let parameters = node.child_by_field_name("parameters")?;
        let body = node.child_by_field_name("body")?;
        if parameters.has_error() {
            return None;
        }
        let entries = entries(self.text, parameters);
        let list = list(parameters, &entries);
        Some((entries, list, body.byte_range()))
    }

    /// A call in an example of a docstring, on one line.
    pub(super) fn example(&self, name: Range<usize>) -> Way {
        let rest = &self.text[name.end..];
        let line = rest.split('\n').next().unwrap_or_default();
        if !line.trim_start().starts_with('(') {
            let why = "an example does not call it here but passes it on";
            return Way::Value(why.to_owned());
        }
        for (at, _) in line.match_indices(')').take(64) {
            let code = &self.text[name.start..name.end + at + 1];
            let Ok(Some(tree)) = parse(Language::Python, code) else { continue };
            let statement = tree.root_node().named_child(0);
            let call = statement.and_then(|s| s.named_child(0)).filter(|c| c.kind() == "call");
            if let Some(call) = call.filter(|_| !tree.root_node().has_error()) {
                return of_call(code, call, name.start).map_or_else(Way::Value, Way::Call);
            }
        }
        Way::Value("the call of an example does not end on its line".to_owned())
    }
}

/// Where the name at the end of an expression stands.
fn named(function: Node<'_>) -> Option<usize> {
    match function.kind() {
        "identifier" => Some(function.start_byte()),
        "attribute" => function.child_by_field_name("attribute").map(|name| name.start_byte()),
        _ => None,
    }
}
