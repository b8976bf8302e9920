//! Who uses the symbol, and how each gets it afterwards.

use std::collections::HashMap;

use axon_domain::{Code, Error, Language, MentionKind, Result, SiteKind};

use super::super::locate::describe;
use super::super::model::{BindingKind, Expr, Index, Occurrence, OccurrenceKind, Role, Wanted};
use super::super::project::{Key, Project};
use super::super::rename::{Renaming, Verdict, bound_at};
use super::super::types::Ty;
use super::Ways;
use super::imports::{Statement, line_end, statements};
use super::moved::Moved;
use crate::sheet::Sheet;
use crate::signature::{Item, List, change};
use crate::sources::FileId;

/// Looks at every place.
pub(super) fn collect(
    ways: &mut Ways<'_, '_, '_>,
    moved: &mut Moved,
    key: &Key,
    files: Vec<FileId>,
    sheet: &mut Sheet<'_, '_>,
) -> Result<()> {
    let project = ways.project;
    let mut renaming = Renaming::new(project, files, false);
    renaming.add([key.clone()]);
    for file in renaming.files.clone() {
        let Some(index) = project.index(file) else { continue };
        let mut one = One::new(ways, moved, file, index, sheet)?;
        for at in index.occurrences.iter().filter(|at| at.wanted == Wanted::From) {
            if at.documentation && one.is_moved(at) && matches!(at.kind, OccurrenceKind::Name(_)) {
                continue;
            }
            match renaming.verdict(file, index, at) {
                Verdict::Nothing => {}
                Verdict::Site { .. } => one.place(&renaming, at)?,
                Verdict::Mention { kind, why, .. } => {
                    one.sheet.note(file, at.span.clone(), kind, why)
                }
            }
        }
        for text in &index.texts {
            let (kind, why) = describe(&text.kind);
            let span = text.at..text.at + ways.name.len();
            sheet.note(file, span, kind, why);
        }
    }
    exports(ways, sheet)?;
    stars(ways)
}

/// The uses in one file.
struct One<'a, 'p, 's, 'f, 'k, 'g> {
    ways: &'a mut Ways<'p, 's, 'f>,
    moved: &'a mut Moved,
    file: FileId,
    index: &'a Index,
    sheet: &'a mut Sheet<'k, 'g>,
    statements: Vec<Statement>,
    /// By the name of an attribute, where its object stands.
    objects: HashMap<usize, std::ops::Range<usize>>,
}

impl<'a, 'p, 's, 'f, 'k, 'g> One<'a, 'p, 's, 'f, 'k, 'g> {
    fn new(
        ways: &'a mut Ways<'p, 's, 'f>,
        moved: &'a mut Moved,
        file: FileId,
        index: &'a Index,
        sheet: &'a mut Sheet<'k, 'g>,
    ) -> Result<Self> {
        let statements = statements(ways.project.sources, file)?;
        let mut objects = HashMap::new();
        if let Some(parsed) = ways.project.sources.parsed(file, Language::Python)? {
            let mut cursor = parsed.tree.walk();
            'walk: loop {
                let node = cursor.node();
                if let ("attribute", Some(object), Some(name)) = (
                    node.kind(),
                    node.child_by_field_name("object"),
                    node.child_by_field_name("attribute"),
                ) {
                    objects.insert(name.start_byte(), object.byte_range());
                }
                if cursor.goto_first_child() {
                    continue;
                }
                while !cursor.goto_next_sibling() {
                    if !cursor.goto_parent() {
                        break 'walk;
                    }
                }
            }
        }
        Ok(Self { ways, moved, file, index, sheet, statements, objects })
    }

    fn is_moved(&self, at: &Occurrence) -> bool {
        self.file == self.ways.old && self.moved.range.contains(&at.span.start)
    }

    fn ask(&mut self, at: &Occurrence, why: &str) {
        self.sheet.ask(self.file, at.span.clone(), why);
    }

    fn place(&mut self, renaming: &Renaming<'_, '_, '_>, at: &Occurrence) -> Result<()> {
        match &at.kind {
            OccurrenceKind::Imported { binding, .. } => self.import(*binding, at),
            OccurrenceKind::Attribute(object) => self.attribute(object, at),
            OccurrenceKind::Name(_) if self.is_moved(at) => Ok(()),
            OccurrenceKind::Name(Role::Define) => Ok(()),
            OccurrenceKind::Name(_) => {
                let bound = bound_at(self.index, at, self.ways.name);
                let own = self.file == self.ways.old && bound == Some(0);
                if own && matches!(at.kind, OccurrenceKind::Name(Role::Store | Role::Delete)) {
                    self.ask(at, "the old module binds it");
                } else if own {
                    self.ways.import_into(self.file, false);
                } else if bound.is_none() && self.file != self.ways.home {
                    let star = renaming
                        .star(self.ways.project.modules.of_file(self.file).unwrap_or_default());
                    if star.is_some() {
                        self.ways.import_into(self.file, false);
                    }
                }
                Ok(())
            }
        }
    }

    /// `from old import name`.
    fn import(&mut self, binding: usize, at: &Occurrence) -> Result<()> {
        let BindingKind::Import(import) = &self.index.bindings[binding].kind else { return Ok(()) };
        if !self.ways.is_old(self.file, &import.module) {
            return Ok(());
        }
        let Some(text) = self.ways.project.sources.text(self.file)?.cloned() else { return Ok(()) };
        if at.documentation {
            return self.import_in_example(&text, at);
        }
        let found = self.statements.iter().find_map(|statement| {
            let clause = statement.clauses.iter().position(|c| c.name.start == at.span.start)?;
            Some((statement.clone(), clause))
        });
        let Some((statement, clause)) = found else {
            self.ask(at, "the import cannot be read");
            return Ok(());
        };
        if self.is_moved(at) {
            self.ask(at, "the definition imports itself");
            return Ok(());
        }
        let Some(module) = statement.module.clone() else { return Ok(()) };
        let written = self.ways.written(self.file, text[module.clone()].starts_with('.'));
        let aliased = statement.clauses[clause].binds != self.ways.name;
        if self.file == self.ways.home {
            if aliased || !statement.top {
                self.ask(at, "its new module imports it under another name or in a function");
                return Ok(());
            }
            self.ways.changed.take(self.file, &statement, clause, None);
        } else if let [_] = statement.clauses.as_slice() {
            let kind = SiteKind::Import;
            self.sheet.edit(self.file, module, written, kind, "it is imported from its new module");
        } else {
            let shown = &text[statement.clauses[clause].range.clone()];
            let line = format!("from {written} import {shown}");
            self.ways.changed.take(self.file, &statement, clause, Some(line));
        }
        if statement.top {
            self.ways.edge(self.file);
        }
        Ok(())
    }

    /// `>>> from old import name` on one line.
    fn import_in_example(&mut self, text: &str, at: &Occurrence) -> Result<()> {
        let start = text[..at.span.start].rfind('\n').map_or(0, |end| end + 1);
        let line = &text[start..line_end(text, at.span.end)];
        let single = line.trim_end().len() == at.span.end - start && !line.contains(',');
        let module = line.find("from ").zip(line.find(" import "));
        let Some((from, to)) = module.filter(|_| single) else {
            self.ask(at, "an example imports it among others");
            return Ok(());
        };
        let range = start + from + 5..start + to;
        let written = self.ways.written(self.file, false);
        if self.is_moved(at) {
            self.moved.inner.insert((range.start, range.end), written);
        } else {
            let kind = SiteKind::Documentation;
            self.sheet.edit(self.file, range, written, kind, "an example imports it");
        }
        Ok(())
    }

    /// `old.name`.
    fn attribute(&mut self, object: &Expr, at: &Occurrence) -> Result<()> {
        let project = self.ways.project;
        let types = project.infer(self.file, object);
        if !types.contains(&Ty::Module(self.ways.old_module)) {
            return Ok(());
        }
        let home = project.modules.list[self.ways.home_module].dotted.clone();
        let top = home.split('.').next().unwrap_or(&home);
        let Some(range) =
            self.objects.get(&at.span.start).cloned().filter(|_| !at.quoted && !at.documentation)
        else {
            self.ask(at, "it is named by way of its module in text");
            return Ok(());
        };
        if self.file == self.ways.home || self.is_moved(at) {
            let range = range.start..at.span.start;
            if self.is_moved(at) {
                self.moved.inner.insert((range.start, range.end), String::new());
            } else {
                let kind = SiteKind::Reference;
                self.sheet.edit(self.file, range, String::new(), kind, "it is defined here now");
            }
            return Ok(());
        }
        let scope = Project::binding_scope(self.index, at.scope, top, None);
        let package = |binding: &super::super::model::Binding| match &binding.kind {
            BindingKind::Import(import) => {
                import.name.is_none()
                    && import.module.level == 0
                    && import.module.parts.len() == 1
                    && *import.module.parts[0] == *top
            }
            _ => false,
        };
        let free = match scope {
            None => true,
            Some(0) => Project::bindings(self.index, 0, top).all(package),
            Some(_) => false,
        };
        if types.len() > 1 || !free {
            self.ask(at, "how it is to name its new module is not clear");
            return Ok(());
        }
        let kind = SiteKind::Reference;
        self.sheet.edit(self.file, range, home.clone(), kind, "it is an attribute of its module");
        self.ways.lines.insert((self.file, format!("import {home}")));
        self.ways.edge(self.file);
        Ok(())
    }
}

/// `__all__` of both modules.
fn exports(ways: &mut Ways<'_, '_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    let project = ways.project;
    let Some(old) = project.index(ways.old) else { return Ok(()) };
    let mut names: Vec<_> = old.exports.names.iter().collect();
    names.sort_by_key(|(_, span)| span.start);
    let Some(at) = names.iter().position(|(name, _)| **name == *ways.name) else {
        return Ok(());
    };
    let Some(text) = project.sources.text(ways.old)?.cloned() else { return Ok(()) };
    let items: Vec<_> = names.iter().map(|(_, span)| span.start - 1..span.end + 1).collect();
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(()) };
    let list = List { inner: first.start..last.end, items: items.clone() };
    let kept = (0..items.len()).filter(|other| *other != at);
    let kept: Vec<Item> = kept.map(|at| Item::Old { at, change: None }).collect();
    let between = items.windows(2).all(|pair| {
        text.get(pair[0].end..pair[1].start)
            .is_some_and(|gap| gap.trim().trim_matches(',').trim().is_empty())
    });
    if !between
        || old.exports.partly
        || change(&text, &list, &kept, "#", &mut Default::default()).is_err()
    {
        sheet.ask(ways.old, items[at].clone(), "`__all__` is put together of several parts");
        return Ok(());
    }
    sheet.places.push(crate::sheet::Place {
        file: ways.old,
        list,
        items: kept,
        kind: SiteKind::ReExport,
        evidence: "__all__ of the module that it leaves".to_owned(),
        open: None,
    });
    let Some(home) = project.index(ways.home).filter(|home| home.exports.declared) else {
        return Ok(());
    };
    match home.exports.names.iter().max_by_key(|(_, span)| span.end) {
        Some((_, span)) => {
            let new = format!(", \"{}\"", ways.name);
            let end = span.end + 1..span.end + 1;
            let kind = SiteKind::ReExport;
            sheet.edit(ways.home, end, new, kind, "__all__ of the module that it comes to");
        }
        None => {
            let why = "`__all__` is empty there; whether it is to name the symbol is open";
            sheet.note(ways.home, 0..0, MentionKind::Undecided, why.to_owned());
        }
    }
    Ok(())
}

/// Modules that pass on everything of the old one go on passing it on.
fn stars(ways: &mut Ways<'_, '_, '_>) -> Result<()> {
    let project = ways.project;
    if !project.exports(ways.old_module, ways.name) {
        return Ok(());
    }
    let lost = || Error::new(Code::Bug, "a module without a name");
    let place = &project.modules.list[ways.old_module].place;
    let last = place.rsplit('/').next().ok_or_else(lost)?;
    for file in project.read(&[last])? {
        let Some(index) = project.index(file) else { continue };
        for star in &index.scopes[0].stars {
            if file != ways.home && ways.is_old(file, star) {
                let relative = star.level > 0;
                ways.import_into(file, relative);
            }
        }
    }
    Ok(())
}
