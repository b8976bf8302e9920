//! Import statements: where they stand, what they bind, and how they change.

use std::collections::BTreeMap;
use std::ops::Range;

use axon_domain::{Language, Result, SiteKind};
use tree_sitter::Node;

use super::super::model::ModuleRef;
use crate::sheet::{Place, Sheet};
use crate::signature::{Item, List};
use crate::sources::{FileId, Sources};

/// One name of an import statement.
#[derive(Debug, Clone)]
pub(in crate::lang::python) struct Clause {
    /// The clause: `x as y`, `os.path`.
    pub(in crate::lang::python) range: Range<usize>,
    /// The name taken, or the dotted module.
    pub(in crate::lang::python) name: Range<usize>,
    /// The name that it binds.
    pub(in crate::lang::python) binds: String,
}

/// One import statement.
#[derive(Debug, Clone)]
pub(in crate::lang::python) struct Statement {
    pub(in crate::lang::python) range: Range<usize>,
    /// Behind `from`; `None` for `import a`.
    pub(in crate::lang::python) module: Option<Range<usize>>,
    pub(in crate::lang::python) clauses: Vec<Clause>,
    pub(in crate::lang::python) star: bool,
    /// Not within a function.
    pub(in crate::lang::python) top: bool,
    /// Right in the module.
    pub(in crate::lang::python) direct: bool,
    /// The only statement of a block.
    pub(in crate::lang::python) lonely: bool,
}

impl Statement {
    pub(in crate::lang::python) fn module_ref(&self, text: &str) -> Option<ModuleRef> {
        self.module.clone().map(|range| module_ref(&text[range]))
    }
}

pub(in crate::lang::python) fn module_ref(written: &str) -> ModuleRef {
    let level = written.len() - written.trim_start_matches('.').len();
    let parts = written[level..].split('.').map(str::trim).filter(|part| !part.is_empty());
    ModuleRef { level, parts: parts.map(Box::from).collect() }
}

/// Every import statement of a file.
pub(in crate::lang::python) fn statements(
    sources: &Sources<'_>,
    file: FileId,
) -> Result<Vec<Statement>> {
    let mut found = Vec::new();
    let Some(parsed) = sources.parsed(file, Language::Python)? else { return Ok(found) };
    let text = &parsed.text;
    let mut stack = vec![(parsed.tree.root_node(), true)];
    let mut cursor = parsed.tree.walk();
    while let Some((node, top)) = stack.pop() {
        match node.kind() {
            "import_statement" | "import_from_statement" => found.push(statement(text, node, top)),
            kind if kind.ends_with("_definition")
                || kind.ends_with("_statement")
                || kind.ends_with("_clause")
                || matches!(kind, "module" | "block" | "ERROR") =>
            {
                let top = top && kind != "function_definition";
                let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
                stack.extend(children.into_iter().rev().map(|child| (child, top)));
            }
            _ => {}
        }
    }
    Ok(found)
}

fn statement(text: &str, node: Node<'_>, top: bool) -> Statement {
    let module = node.child_by_field_name("module_name").map(|module| module.byte_range());
    let mut cursor = node.walk();
    let star = node.named_children(&mut cursor).any(|child| child.kind() == "wildcard_import");
    let clauses = node
        .children_by_field_name("name", &mut cursor)
        .map(|clause| {
            let name = clause.child_by_field_name("name").unwrap_or(clause);
            let alias = clause.child_by_field_name("alias");
            let bound = alias.unwrap_or(name);
            let bound = &text[bound.byte_range()];
            let binds = if module.is_none() && alias.is_none() {
                bound.split('.').next().unwrap_or(bound).trim()
            } else {
                bound
            };
            Clause { range: clause.byte_range(), name: name.byte_range(), binds: binds.to_owned() }
        })
        .collect();
    let parent = node.parent();
    let lonely =
        parent.is_some_and(|parent| parent.kind() == "block" && parent.named_child_count() == 1);
    let direct = parent.is_some_and(|parent| parent.kind() == "module");
    Statement { range: node.byte_range(), module, clauses, star, top, direct, lonely }
}

/// Where a new import statement goes: behind the imports at the top of the file.
pub(in crate::lang::python) fn insertion(sources: &Sources<'_>, file: FileId) -> Result<usize> {
    let Some(parsed) = sources.parsed(file, Language::Python)? else { return Ok(0) };
    let text = &parsed.text;
    let mut after = None;
    let mut first = None;
    let mut cursor = parsed.tree.walk();
    for (at, node) in parsed.tree.root_node().named_children(&mut cursor).enumerate() {
        match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                after = Some(node.end_byte());
            }
            "comment" => {}
            "expression_statement"
                if at < 8 && after.is_none() && first.is_none() && is_string(node) =>
            {
                after = Some(node.end_byte());
            }
            _ => {
                first = Some(node.start_byte());
                break;
            }
        }
    }
    Ok(match after {
        Some(after) => line_end(text, after),
        None => first.map_or(text.len(), |first| text[..first].rfind('\n').map_or(0, |at| at + 1)),
    })
}

fn is_string(node: Node<'_>) -> bool {
    node.named_child(0).is_some_and(|child| child.kind() == "string")
}

/// The byte behind the end of this line.
pub(in crate::lang::python) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1)
}

/// The first byte of this line, and what indents it; `None` where something else stands there.
fn indentation(text: &str, at: usize) -> Option<(usize, &str)> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = text[start..at].trim_start_matches('\u{feff}');
    before.trim().is_empty().then_some((start, before))
}

/// A statement, the clauses that go, and the lines that take their place.
type Going = (Statement, Vec<usize>, Vec<String>);

/// Takes names out of import statements and adds others, statement by statement.
#[derive(Debug, Default)]
pub(in crate::lang::python) struct Changed {
    /// By the first byte of the statement: which clauses go, and the lines that take their place.
    going: BTreeMap<(FileId, usize), Going>,
}

impl Changed {
    /// Takes one clause out; `instead` is a statement that takes its place.
    pub(in crate::lang::python) fn take(
        &mut self,
        file: FileId,
        statement: &Statement,
        clause: usize,
        instead: Option<String>,
    ) {
        let new = || (statement.clone(), Vec::new(), Vec::new());
        let entry = self.going.entry((file, statement.range.start)).or_insert_with(new);
        if !entry.1.contains(&clause) {
            entry.1.push(clause);
            entry.2.extend(instead);
        }
    }

    /// Writes the changes.
    pub(in crate::lang::python) fn write(
        self,
        sheet: &mut Sheet<'_, '_>,
        evidence: &str,
    ) -> Result<()> {
        for ((file, _), (statement, mut going, mut instead)) in self.going {
            let Some(text) = sheet.sources.text(file)?.cloned() else { continue };
            going.sort_unstable();
            instead.dedup();
            let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
            let Some((start, indent)) = indentation(&text, statement.range.start) else {
                sheet.ask(file, statement.range.clone(), "the import shares its line");
                continue;
            };
            let end = line_end(&text, statement.range.end);
            let rest = text[statement.range.end..end].trim();
            let all = going.len() == statement.clauses.len();
            if !rest.is_empty() && (!rest.starts_with('#') || !all) && rest.contains(';') {
                sheet.ask(file, statement.range.clone(), "the import shares its line");
                continue;
            }
            let kind = SiteKind::Import;
            if all && instead.is_empty() && !statement.lonely {
                sheet.edit(file, start..end, String::new(), kind, evidence);
            } else if all {
                let lines = if instead.is_empty() { vec!["pass".to_owned()] } else { instead };
                let new = lines.join(&format!("{newline}{indent}"));
                sheet.edit(file, statement.range.clone(), new, kind, evidence);
            } else {
                let items = statement.clauses.iter().map(|clause| clause.range.clone()).collect();
                let kept = (0..statement.clauses.len()).filter(|at| !going.contains(at));
                let first = statement.clauses.first().map_or(0, |clause| clause.range.start);
                let last = statement.clauses.last().map_or(0, |clause| clause.range.end);
                sheet.places.push(Place {
                    file,
                    list: List { inner: first..last, items },
                    items: kept.map(|at| Item::Old { at, change: None }).collect(),
                    kind,
                    evidence: evidence.to_owned(),
                    open: None,
                });
                if !instead.is_empty() {
                    let mut lines = String::new();
                    for line in &instead {
                        lines.push_str(&format!("{indent}{line}{newline}"));
                    }
                    let behind = if text[..end].ends_with('\n') {
                        lines
                    } else {
                        format!("{newline}{}", lines.trim_end())
                    };
                    sheet.edit(file, end..end, behind, kind, evidence);
                }
            }
        }
        Ok(())
    }
}
