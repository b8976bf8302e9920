//! The definition that moves, and what it needs where it goes.

use std::ops::Range;

use axon_domain::{Code, Error, Language, MentionKind, Result, SiteKind, Symbol};
use tree_sitter::Node;

use super::super::index::{Names, index};
use super::super::model::{BindingKind, Index, OccurrenceKind, Role, ScopeId, ScopeKind};
use super::super::modules::Found;
use super::super::names;
use super::super::project::{Meaning, Project};
use super::super::rename::bound_at;
use super::Ways;
use super::imports::{Statement, insertion, line_end, module_ref, statements};
use crate::sheet::Sheet;
use crate::signature::{Changes, changed};
use crate::sources::{FileId, Sources};
use crate::text::{Lines, words};

pub(super) struct Moved {
    /// With the comments right above and the line ends behind.
    pub(super) range: Range<usize>,
    /// The statement alone.
    code: Range<usize>,
    /// Changes within it, made on the way.
    pub(super) inner: Changes,
    place: String,
}

/// What the new home gets before the definition.
pub(super) struct Needs {
    pub(super) lines: Vec<String>,
    /// Something that its new module defines is needed while it is loaded.
    pub(super) early: bool,
}

impl Moved {
    pub(super) fn find(
        sources: &Sources<'_>,
        file: FileId,
        name: usize,
        symbol: &Symbol,
    ) -> Result<Self> {
        let place = format!("{}:{}", symbol.path, symbol.line);
        let refuse = |why: &str| Error::new(Code::Usage, why.to_owned()).at(place.clone());
        let parsed = sources.parsed(file, Language::Python)?;
        let parsed = parsed.ok_or_else(|| refuse("its file cannot be read"))?;
        let text = &parsed.text;
        let mut cursor = parsed.tree.walk();
        let mut children = parsed.tree.root_node().named_children(&mut cursor);
        let node = children.find(|node| node.byte_range().contains(&name));
        let node = node.filter(|node| defines(*node, name) && !node.has_error());
        let node = node.ok_or_else(|| {
            refuse("it is not a statement of its own at the top of its module")
                .hint("conditional definitions and assignments to several names are not moved")
        })?;
        let mut start = text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
        let end = line_end(text, node.end_byte());
        let rest = text[node.end_byte()..end].trim();
        let before = text[start..node.start_byte()].trim_start_matches('\u{feff}');
        if !before.is_empty() || !(rest.is_empty() || rest.starts_with('#')) {
            return Err(refuse("it shares its line with another statement"));
        }
        while let Some(above) = text[..start].strip_suffix('\n') {
            let line = above.rfind('\n').map_or(0, |at| at + 1);
            if line == 0 || !above[line..].starts_with('#') {
                break;
            }
            start = line;
        }
        let mut behind = end;
        let apart =
            start == 0 || text[..start].ends_with("\n\n") || text[..start].ends_with("\n\r\n");
        while apart && text[behind..].starts_with(['\n', '\r']) {
            behind += 1;
        }
        Ok(Self { range: start..behind, code: node.byte_range(), inner: Changes::new(), place })
    }

    fn refuse(&self, why: impl Into<String>) -> Error {
        Error::new(Code::Usage, why).at(self.place.clone())
    }

    /// The name has to be free in the new module.
    pub(super) fn check_home(&self, ways: &Ways<'_, '_, '_>) -> Result<()> {
        let Some(home) = ways.project.index(ways.home) else {
            return Err(self.refuse("the new module cannot be read"));
        };
        for binding in Project::bindings(home, 0, ways.name) {
            let own = match &binding.kind {
                BindingKind::Import(import) => {
                    import.name.as_deref() == Some(ways.name)
                        && ways.is_old(ways.home, &import.module)
                }
                _ => false,
            };
            if !own {
                let path = ways.project.sources.path(ways.home);
                let text = ways.project.sources.text(ways.home)?;
                let line = text.map_or(1, |text| Lines::new(text).line(binding.span.start));
                let what = format!("`{}` is bound in its new module already", ways.name);
                return Err(Error::new(Code::NameCollision, what).at(format!("{path}:{line}")));
            }
        }
        Ok(())
    }

    /// Whether the new module uses the symbol outside of functions.
    pub(super) fn home_needs_it_early(&self, ways: &Ways<'_, '_, '_>) -> Result<bool> {
        let Some(home) = ways.project.index(ways.home) else { return Ok(false) };
        Ok(home.occurrences.iter().any(|at| {
            matches!(at.kind, OccurrenceKind::Name(Role::Load))
                && !at.documentation
                && bound_at(home, at, ways.name) == Some(0)
                && !in_function(home, at.scope)
        }))
    }

    /// What the definition uses of its old module.
    pub(super) fn needs(
        &mut self,
        ways: &mut Ways<'_, '_, '_>,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<Needs> {
        let project = ways.project;
        let mut needs = Needs { lines: Vec::new(), early: false };
        let (Some(old), Some(text)) = (project.index(ways.old), project.sources.text(ways.old)?)
        else {
            return Ok(needs);
        };
        let statements = statements(project.sources, ways.old)?;
        let mut bound: Vec<&str> = old.scopes[0].names.keys().map(|name| &**name).collect();
        bound.sort_unstable();
        let own = ways.name;
        for name in bound.into_iter().filter(|name| *name != own) {
            if words(&text.as_bytes()[self.code.clone()], name).next().is_none() {
                continue;
            }
            let names = Names { from: name.to_owned(), to: String::new() };
            let Some(index) = index(text, &names)? else { continue };
            if let Some(early) = self.uses(&index, name)? {
                needs.early |= early && self.is_of_home(ways, name);
                self.need(ways, &index, name, &statements, &mut needs)?;
                self.drop_unused(ways, &index, name, &statements)?;
            }
        }
        self.check_stars(ways, old, text)?;
        self.relative_imports(ways, text, &statements)?;
        let future = text[..self.range.start].contains("from __future__ import annotations");
        if future {
            let home = project.sources.text(ways.home)?.map_or("", |text| text);
            if home.trim().is_empty() {
                needs.lines.insert(0, "from __future__ import annotations".to_owned());
            } else if !home.contains("from __future__ import annotations") {
                let why = "its annotations are not evaluated where it is, and are where it goes";
                sheet.note(ways.old, self.code.clone(), MentionKind::Undecided, why.to_owned());
            }
        }
        Ok(needs)
    }

    /// Whether the code means the module's name by this, and while it is loaded.
    fn uses(&self, index: &Index, name: &str) -> Result<Option<bool>> {
        let mut found = None;
        for at in index.occurrences.iter().filter(|at| self.code.contains(&at.span.start)) {
            let OccurrenceKind::Name(role) = at.kind else { continue };
            if bound_at(index, at, name) != Some(0) {
                continue;
            }
            if !matches!(role, Role::Load) {
                return Err(self.refuse(format!("it changes `{name}` of its module")));
            }
            let early = !in_function(index, at.scope) && !at.documentation;
            found = Some(found.unwrap_or(false) || early);
        }
        Ok(found)
    }

    fn is_of_home(&self, ways: &Ways<'_, '_, '_>, name: &str) -> bool {
        let Some(old) = ways.project.index(ways.old) else { return true };
        Project::bindings(old, 0, name).any(|binding| match &binding.kind {
            BindingKind::Import(import) => {
                ways.project.modules.resolve(ways.old, &import.module)
                    == Found::Module(ways.home_module)
            }
            _ => false,
        })
    }

    /// One name: its import is copied, or it is imported from the old module.
    fn need(
        &self,
        ways: &mut Ways<'_, '_, '_>,
        index: &Index,
        name: &str,
        statements: &[Statement],
        needs: &mut Needs,
    ) -> Result<()> {
        let project = ways.project;
        let text = project.sources.text(ways.old)?.map_or("", |text| text);
        let meaning = |file: FileId, index: &Index| -> Vec<Meaning> {
            let bindings = Project::bindings(index, 0, name);
            bindings.flat_map(|binding| project.binding_meaning(file, binding)).collect()
        };
        let there = project.index(ways.home).filter(|home| home.scopes[0].names.contains_key(name));
        let own = meaning(ways.old, index);
        if let Some(home) = there {
            if meaning(ways.home, home) == own && !own.is_empty() {
                return Ok(());
            }
            let path = project.sources.path(ways.home);
            let what = format!("`{name}`, which it uses, means something else in its new module");
            return Err(Error::new(Code::NameCollision, what).at(path.to_owned()));
        }
        let imports = Project::bindings(index, 0, name);
        let imported: Vec<bool> =
            imports.map(|b| matches!(b.kind, BindingKind::Import(_))).collect();
        if imported.iter().all(|imported| !imported) {
            let old = &project.modules.list[ways.old_module].dotted;
            needs.lines.push(format!("from {old} import {name}"));
            ways.edges.insert((ways.home_module, ways.old_module));
            return Ok(());
        }
        for statement in statements.iter().filter(|statement| statement.top) {
            for clause in statement.clauses.iter().filter(|clause| clause.binds == name) {
                if !statement.direct || imported.contains(&false) {
                    let why = format!("`{name}`, which it uses, is imported under a condition");
                    return Err(self.refuse(why).hint("import it in the new module first"));
                }
                let clause = &text[clause.range.clone()];
                let Some(module) = statement.module.clone() else {
                    needs.lines.push(format!("import {clause}"));
                    continue;
                };
                let written = &text[module];
                let reference = module_ref(written);
                let found = project.modules.resolve(ways.old, &reference);
                let shown = match (&found, reference.level) {
                    (Found::Module(module), 1..) => project.modules.list[*module].dotted.clone(),
                    (_, 1..) => {
                        let why = format!("`from {written} import {clause}` leads nowhere");
                        return Err(self.refuse(why));
                    }
                    _ => written.to_owned(),
                };
                if let Found::Module(module) = found {
                    ways.edges.insert((ways.home_module, module));
                }
                needs.lines.push(format!("from {shown} import {clause}"));
            }
        }
        Ok(())
    }

    /// An import that only the definition used goes, where nobody else can have it from there.
    fn drop_unused(
        &self,
        ways: &mut Ways<'_, '_, '_>,
        index: &Index,
        name: &str,
        statements: &[Statement],
    ) -> Result<()> {
        let imports: Vec<_> = Project::bindings(index, 0, name).collect();
        if !matches!(imports.as_slice(), [one] if matches!(one.kind, BindingKind::Import(_))) {
            return Ok(());
        }
        let path = ways.project.sources.path(ways.old);
        let used = index.occurrences.iter().any(|at| {
            !self.range.contains(&at.span.start)
                && !matches!(
                    at.kind,
                    OccurrenceKind::Imported { .. } | OccurrenceKind::Name(Role::Store)
                )
        });
        let listed = index.texts.iter().any(|text| !self.range.contains(&text.at))
            || index.exports.declared
            || path.ends_with("__init__.py");
        if used || listed || taken_elsewhere(ways, name)? {
            return Ok(());
        }
        let text = ways.project.sources.text(ways.old)?.map_or("", |text| text);
        for statement in statements.iter().filter(|statement| statement.direct) {
            let marked =
                text[statement.range.start..line_end(text, statement.range.end)].contains('#');
            for (at, clause) in statement.clauses.iter().enumerate() {
                if clause.binds == name && !marked {
                    ways.changed.take(ways.old, statement, at, None);
                }
            }
        }
        Ok(())
    }

    /// Names that only a star import can give cannot be followed.
    fn check_stars(&self, ways: &Ways<'_, '_, '_>, old: &Index, text: &str) -> Result<()> {
        if old.scopes[0].stars.is_empty() {
            return Ok(());
        }
        let Some(parsed) = ways.project.sources.parsed(ways.old, Language::Python)? else {
            return Ok(());
        };
        let mut seen = std::collections::BTreeSet::new();
        let mut cursor = parsed.tree.walk();
        let mut stack = vec![parsed.tree.root_node()];
        while let Some(node) = stack.pop() {
            let apart = node.end_byte() <= self.code.start || node.start_byte() >= self.code.end;
            if apart {
                continue;
            }
            if node.kind() == "identifier" {
                seen.insert(&text[node.byte_range()]);
            }
            stack.extend(node.named_children(&mut cursor));
        }
        for name in seen.into_iter().filter(|name| !names::is_builtin(name)) {
            let wanted = Names { from: name.to_owned(), to: String::new() };
            let Some(index) = index(text, &wanted)? else { continue };
            let free = index.occurrences.iter().any(|at| {
                self.code.contains(&at.span.start)
                    && matches!(at.kind, OccurrenceKind::Name(Role::Load))
                    && bound_at(&index, at, name).is_none()
            });
            if free {
                let why = format!("it may have `{name}` from a star import");
                return Err(self.refuse(why).hint("import that name by itself first"));
            }
        }
        Ok(())
    }

    /// Imports inside of the definition that are relative to where it is.
    fn relative_imports(
        &mut self,
        ways: &mut Ways<'_, '_, '_>,
        text: &str,
        statements: &[Statement],
    ) -> Result<()> {
        for statement in statements.iter().filter(|s| self.code.contains(&s.range.start)) {
            let Some(module) = statement.module.clone() else { continue };
            let reference = module_ref(&text[module.clone()]);
            let (Found::Module(found), 1..) =
                (ways.project.modules.resolve(ways.old, &reference), reference.level)
            else {
                if reference.level > 0 {
                    let why = format!("`{}` leads nowhere", &text[statement.range.clone()]);
                    return Err(self.refuse(why));
                }
                continue;
            };
            let dotted = ways.project.modules.list[found].dotted.clone();
            self.inner.entry((module.start, module.end)).or_insert(dotted);
        }
        Ok(())
    }

    /// Takes the definition out of the one file and puts it into the other.
    pub(super) fn write(
        &self,
        ways: &mut Ways<'_, '_, '_>,
        lines: Vec<String>,
        before: bool,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<()> {
        let sources = ways.project.sources;
        let (Some(text), Some(home)) = (sources.text(ways.old)?, sources.text(ways.home)?) else {
            return Err(self.refuse("its files cannot be read"));
        };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let evidence = "the definition moves";
        let kind = SiteKind::Definition;
        sheet.edit(ways.old, self.range.clone(), String::new(), kind, evidence);
        let code = changed(text, &self.range, &self.inner);
        let code = code.trim_end_matches(['\n', '\r']);
        let code = if home.contains("\r\n") == text.contains("\r\n") || home.is_empty() {
            code.to_owned()
        } else {
            return Err(self.refuse("the line ends of its new module are others"));
        };
        let mut imports: String = lines.iter().map(|line| format!("{line}{newline}")).collect();
        let at = insertion(sources, ways.home)?;
        if !imports.is_empty() && at > 0 && !home[..at].ends_with('\n') {
            imports.insert_str(0, newline);
        }
        let gap = if home.trim().is_empty() && imports.is_empty() {
            String::new()
        } else {
            newline.repeat(2)
        };
        if before || home.trim().is_empty() {
            let new = format!("{imports}{gap}{code}{newline}");
            sheet.edit(ways.home, at..at, new, SiteKind::Addition, evidence);
            return Ok(());
        }
        if !imports.is_empty() {
            let evidence = "what the definition needs";
            sheet.edit(ways.home, at..at, imports, SiteKind::Import, evidence);
        }
        let end = home.len();
        let close = if home.ends_with('\n') { "" } else { newline };
        let new = format!("{close}{gap}{code}{newline}");
        sheet.edit(ways.home, end..end, new, SiteKind::Addition, evidence);
        Ok(())
    }
}

/// Whether this statement defines the name that stands there, and nothing else.
fn defines(node: Node<'_>, name: usize) -> bool {
    let named = |node: Node<'_>, field: &str| {
        node.child_by_field_name(field).is_some_and(|found| found.start_byte() == name)
    };
    match node.kind() {
        "function_definition" | "class_definition" => named(node, "name"),
        "decorated_definition" => {
            node.child_by_field_name("definition").is_some_and(|node| named(node, "name"))
        }
        "type_alias_statement" => named(node, "left"),
        "expression_statement" => node.named_child(0).is_some_and(|assignment| {
            let left = assignment.child_by_field_name("left");
            let right = assignment.child_by_field_name("right");
            node.named_child_count() == 1
                && assignment.kind() == "assignment"
                && left.is_some_and(|left| left.kind() == "identifier")
                && right.is_none_or(|right| right.kind() != "assignment")
                && named(assignment, "left")
        }),
        _ => false,
    }
}

/// Whether code in this scope runs only when a function is called.
fn in_function(index: &Index, scope: ScopeId) -> bool {
    let mut at = Some(scope);
    while let Some(here) = at {
        if index.scopes[here].kind == ScopeKind::Function {
            return true;
        }
        at = index.scopes[here].parent;
    }
    false
}

/// Whether another file may take a name from the old module.
fn taken_elsewhere(ways: &Ways<'_, '_, '_>, name: &str) -> Result<bool> {
    let sources = ways.project.sources;
    let project = Project::new(sources, Names { from: name.to_owned(), to: String::new() });
    let last = project.modules.list[ways.old_module].place.rsplit('/').next().unwrap_or_default();
    for file in project.read(&[name])? {
        if file == ways.old {
            continue;
        }
        let Some(text) = sources.text(file)? else { return Ok(true) };
        // Whoever names both may have the one from the other.
        if words(text.as_bytes(), last).next().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
