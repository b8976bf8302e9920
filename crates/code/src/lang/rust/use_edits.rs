//! Taking names out of `use` declarations and putting others beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axon_domain::{Result, SiteKind};

use super::ast::{Ast, NodeId};
use super::items::Unit;
use super::lines::{apart, line_end, line_start, newline};
use super::project::{Project, UnitId};
use crate::ranges::Ranges;
use crate::sheet::{Place, Sheet};
use crate::signature::{Item, List};
use crate::sources::FileId;

/// What happens to declarations, by unit and declaration.
#[derive(Debug, Default)]
pub(super) struct UseEdits {
    changes: BTreeMap<(UnitId, NodeId), Change>,
}

#[derive(Debug, Default)]
struct Change {
    /// Parts of the tree that go.
    going: BTreeSet<NodeId>,
    /// Declarations that take their place, or stand behind.
    lines: Vec<String>,
    kind: Option<SiteKind>,
}

/// The element of a list, or the whole argument, that a node of a `use` lies in, and the
/// declaration.
pub(super) fn element(ast: &Ast, node: NodeId) -> Option<(NodeId, NodeId)> {
    let mut at = node;
    let mut element = None;
    loop {
        let parent = ast.parent(at)?;
        match ast.kind(parent) {
            "use_list" => element = element.or(Some(at)),
            "use_declaration" => return Some((element.unwrap_or(at), parent)),
            _ => {}
        }
        at = parent;
    }
}

/// The visibility of a declaration with a space behind; empty where it states none.
pub(super) fn stated(ast: &Ast, declaration: NodeId) -> String {
    let node = ast.child_of_kind(declaration, "visibility_modifier");
    node.map_or(String::new(), |node| format!("{} ", ast.text(node)))
}

impl UseEdits {
    /// Takes a part of a declaration out.
    pub(super) fn take(&mut self, unit: UnitId, declaration: NodeId, part: NodeId) {
        self.changes.entry((unit, declaration)).or_default().going.insert(part);
    }

    /// Whether nothing of a declaration is left.
    pub(super) fn goes(&self, unit: &Unit, unit_id: UnitId, declaration: NodeId) -> bool {
        let Some(change) = self.changes.get(&(unit_id, declaration)) else { return false };
        let argument = unit.ast.field(declaration, "argument");
        argument.is_some_and(|argument| gone(&unit.ast, &change.going).contains(&argument))
    }

    /// Puts a declaration (`pub use a::b;`) behind another, or in its place if that goes.
    pub(super) fn add(&mut self, unit: UnitId, declaration: NodeId, line: String, kind: SiteKind) {
        let change = self.changes.entry((unit, declaration)).or_default();
        if !change.lines.contains(&line) {
            change.lines.push(line);
        }
        change.kind = Some(kind);
    }

    /// Writes the changes, and takes the lines of definitions out for a reason of their own:
    /// what is next to each other goes as one.
    pub(super) fn write(
        self,
        project: &Project<'_>,
        sheet: &mut Sheet<'_, '_>,
        evidence: &str,
        (definitions, why): (&[(FileId, Range<usize>)], &str),
    ) -> Result<()> {
        let mut lines: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
        for (file, range) in definitions {
            lines.entry(*file).or_default().push(range.clone());
        }
        let defined = Ranges::new(definitions.iter());
        for ((unit_id, declaration), change) in self.changes {
            let unit = project.unit(unit_id);
            let Some(text) = project.sources.text(unit.file)?.cloned() else { continue };
            let writer = Writer { unit: &unit, text: &text, declaration, evidence };
            if let Some(range) = writer.write(change, sheet) {
                lines.entry(unit.file).or_default().push(range);
            }
        }
        for (file, ranges) in lines {
            let Some(text) = project.sources.text(file)?.cloned() else { continue };
            for range in apart(&text, ranges) {
                if defined.meet(file, &range) {
                    sheet.edit(file, range, String::new(), SiteKind::Definition, why);
                } else {
                    sheet.edit(file, range, String::new(), SiteKind::Import, evidence);
                }
            }
        }
        Ok(())
    }
}

struct Writer<'a> {
    unit: &'a Unit,
    text: &'a str,
    declaration: NodeId,
    evidence: &'a str,
}

impl Writer<'_> {
    fn range(&self, node: NodeId) -> Range<usize> {
        in_file(self.unit, node)
    }

    /// Gives the lines that go as a whole.
    fn write(&self, change: Change, sheet: &mut Sheet<'_, '_>) -> Option<Range<usize>> {
        let ast = &self.unit.ast;
        let kind = change.kind.unwrap_or(SiteKind::Import);
        let gone = gone(ast, &change.going);
        let whole = ast.field(self.declaration, "argument").is_some_and(|a| gone.contains(&a));
        let range = self.range(self.declaration);
        let newline = newline(self.text);
        let start = line_start(self.text, range.start);
        let before = &self.text[start..range.start];
        // Within documentation the marks of the comment are part of what indents.
        let marks = |c: char| matches!(c, ' ' | '\t' | '/' | '*' | '!' | '#' | '\u{feff}');
        let indents = before.chars().all(marks);
        let between = if indents { format!("{newline}{before}") } else { " ".to_owned() };
        let between = between.replace('\u{feff}', "");
        let attributes: Vec<&str> = self
            .unit
            .attributes_before(self.declaration)
            .iter()
            .map(|node| ast.text(*node))
            .collect();
        let head = attributes.iter().map(|text| format!("{text}{between}")).collect::<String>();
        let file = self.unit.file;
        if whole && change.lines.is_empty() {
            let (all, lines) = self.all_of_it(&range);
            if lines {
                return Some(all);
            }
            sheet.edit(file, all, String::new(), kind, self.evidence);
            return None;
        }
        if whole {
            let new = change.lines.join(&format!("{between}{head}"));
            sheet.edit(file, range, new, kind, self.evidence);
            return None;
        }
        for list in self.lists(&gone) {
            self.thin(list, &gone, sheet);
        }
        if !change.lines.is_empty() {
            let lines = change.lines.iter().map(|line| format!("{between}{head}{line}"));
            let new = lines.collect::<String>();
            sheet.edit(file, range.end..range.end, new, kind, self.evidence);
        }
        None
    }

    /// The declaration with its attributes; its lines where it has them for itself.
    fn all_of_it(&self, range: &Range<usize>) -> (Range<usize>, bool) {
        let attributes = self.unit.attributes_before(self.declaration);
        let first = attributes.first().map_or(range.start, |node| self.range(*node).start);
        let (start, end) = (line_start(self.text, first), line_end(self.text, range.end));
        let before = self.text[start..first].trim_start_matches('\u{feff}').trim();
        let rest = self.text[range.end..end].trim();
        if self.unit.origin.is_empty() && before.is_empty() && rest.is_empty() {
            let mark = usize::from(self.text[start..].starts_with('\u{feff}')) * 3;
            return (start + mark..end, true);
        }
        let documents = before.chars().all(|c| matches!(c, '/' | '*' | '!' | '#' | ' '));
        if !self.unit.origin.is_empty() && documents && rest.is_empty() {
            return (start..end, false);
        }
        (first..range.end, false)
    }

    /// The lists that lose some of their elements.
    fn lists(&self, gone: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        let ast = &self.unit.ast;
        let parents = gone.iter().filter_map(|node| ast.parent(*node));
        parents.filter(|list| ast.kind(*list) == "use_list" && !gone.contains(list)).collect()
    }

    /// An element with the comma behind it, and its line where nothing else is on it.
    fn with_comma(&self, range: Range<usize>) -> Range<usize> {
        let rest = &self.text[range.end..];
        let comma = rest.trim_start().starts_with(',');
        let end = if comma { self.text.len() - rest.trim_start().len() + 1 } else { range.end };
        let (start, line) = (line_start(self.text, range.start), line_end(self.text, end));
        let alone = self.text[start..range.start].trim().is_empty()
            && self.text[end..line].trim().is_empty();
        if alone { start..line } else { range.start..end }
    }

    fn thin(&self, list: NodeId, gone: &BTreeSet<NodeId>, sheet: &mut Sheet<'_, '_>) {
        let ast = &self.unit.ast;
        let elements: Vec<NodeId> = ast.children(list).collect();
        let kept: Vec<usize> =
            (0..elements.len()).filter(|at| !gone.contains(&elements[*at])).collect();
        let outer = self.range(list);
        let commented = ast.comments.iter().any(|comment| {
            let at = self.unit.in_file(comment.start);
            outer.contains(&at)
        });
        if let [one] = kept.as_slice()
            && !commented
        {
            let one = elements[*one];
            let plain = matches!(
                ast.kind(one),
                "identifier" | "scoped_identifier" | "use_as_clause" | "use_wildcard"
            );
            let scoped = ast.parent(list).is_some_and(|above| ast.kind(above) == "scoped_use_list");
            if plain && scoped && self.unit.origin.is_empty() {
                let new = ast.text(one).to_owned();
                sheet.edit(self.unit.file, outer, new, SiteKind::Import, self.evidence);
                return;
            }
        }
        if commented {
            for node in elements.iter().filter(|node| gone.contains(node)) {
                let range = self.with_comma(self.range(*node));
                sheet.edit(self.unit.file, range, String::new(), SiteKind::Import, self.evidence);
            }
            return;
        }
        let items: Vec<Range<usize>> = elements.iter().map(|node| self.range(*node)).collect();
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
        sheet.places.push(Place {
            file: self.unit.file,
            list: List { inner: first.start..last.end, items: items.clone() },
            items: kept.into_iter().map(|at| Item::Old { at, change: None }).collect(),
            kind: SiteKind::Import,
            evidence: self.evidence.to_owned(),
            open: None,
        });
    }
}

/// Those that go, with what holds nothing else.
fn gone(ast: &Ast, going: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let mut gone = going.clone();
    let mut pending: Vec<NodeId> = going.iter().copied().collect();
    let mut left: BTreeMap<NodeId, usize> = BTreeMap::new();
    while let Some(node) = pending.pop() {
        let Some(parent) = ast.parent(node) else { continue };
        let goes = match ast.kind(parent) {
            "use_list" => {
                let count = || ast.children(parent).count();
                let left = left.entry(parent).or_insert_with(count);
                *left = left.saturating_sub(1);
                *left == 0
            }
            "scoped_use_list" => ast.field_of(node) == "list",
            _ => false,
        };
        if goes && gone.insert(parent) {
            pending.push(parent);
        }
    }
    gone
}

/// The bytes of a node in its file.
pub(super) fn in_file(unit: &Unit, node: NodeId) -> Range<usize> {
    let (start, end) = (unit.ast.start(node), unit.ast.end(node));
    let last = if end > start { unit.in_file(end - 1) + 1 } else { unit.in_file(end) };
    unit.in_file(start)..last
}
