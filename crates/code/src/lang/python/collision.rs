//! Whether the new name is taken somewhere that matters.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Result};

use super::model::{Index, OccurrenceKind, Role, ScopeId, ScopeKind, Wanted};
use super::project::{Key, Meaning, Project};
use super::rename::{Renaming, bound_at};
use crate::sources::FileId;
use crate::text::excerpt;

/// How many places an error lists.
const SHOWN: usize = 10;

/// Refuses a new name that would capture something or be captured.
pub(super) fn check(renaming: &Renaming<'_, '_, '_>) -> Result<()> {
    let mut places = Places { renaming, found: BTreeSet::new() };
    for file in &renaming.files {
        let Some(index) = renaming.project.index(*file) else { continue };
        places.scopes(*file, index);
        places.references(*file, index);
    }
    places.members()?;
    places.report()
}

struct Places<'r, 'p, 's, 'f> {
    renaming: &'r Renaming<'p, 's, 'f>,
    found: BTreeSet<(FileId, usize, String)>,
}

impl Places<'_, '_, '_, '_> {
    fn add(&mut self, file: FileId, offset: usize, why: impl Into<String>) {
        self.found.insert((file, offset, why.into()));
    }

    /// Scopes in which the renamed symbol is bound.
    fn scopes(&mut self, file: FileId, index: &Index) {
        let (from, to) = (self.renaming.from(), self.renaming.to());
        for scope in 0..index.scopes.len() {
            let bound = index.scopes[scope].names.contains_key(from);
            if !bound || !self.renaming.status(file, scope).renamed() {
                continue;
            }
            let taken: Vec<usize> =
                Project::bindings(index, scope, to).map(|binding| binding.span.start).collect();
            for at in taken {
                self.add(file, at, "already bound there");
            }
            self.captured(file, index, scope);
            if scope == 0 {
                self.module(file, index);
            }
        }
    }

    /// Uses of the new name that mean something further out and would mean the symbol.
    fn captured(&mut self, file: FileId, index: &Index, scope: ScopeId) {
        for at in index.occurrences.iter().filter(|at| at.wanted == Wanted::To) {
            if !matches!(at.kind, OccurrenceKind::Name(Role::Load | Role::Delete)) {
                continue;
            }
            let bound = bound_at(index, at, self.renaming.to());
            let path = path(index, at.scope, bound);
            if bound != Some(scope) && path.contains(&scope) {
                self.add(file, at.span.start, "would mean the renamed symbol");
            }
        }
    }

    /// Names of a module that are not bound in its text.
    fn module(&mut self, file: FileId, index: &Index) {
        let project = self.renaming.project;
        let Some(module) = project.modules.of_file(file) else { return };
        let to = self.renaming.to();
        let start = Project::bindings(index, 0, self.renaming.from()).next();
        let start = start.map_or(0, |binding| binding.span.start);
        let star = project.star_member(module, to);
        if star.iter().any(|meaning| matches!(meaning, Meaning::Item(_))) {
            self.add(file, start, "a star import brings that name");
        }
        if project.modules.list[module].package && project.modules.child(module, to).is_some() {
            self.add(file, start, "the package has a module of that name");
        }
    }

    /// References that something nearer would capture.
    fn references(&mut self, file: FileId, index: &Index) {
        let (from, to) = (self.renaming.from(), self.renaming.to());
        for at in index.occurrences.iter().filter(|at| at.wanted == Wanted::From) {
            if !matches!(at.kind, OccurrenceKind::Name(Role::Load | Role::Delete)) {
                continue;
            }
            let bound = bound_at(index, at, from);
            let renamed = match bound {
                Some(scope) => self.renaming.status(file, scope).renamed(),
                None => {
                    let module = self.renaming.project.modules.of_file(file);
                    module.is_some_and(|module| self.renaming.star(module).is_some())
                }
            };
            if !renamed {
                continue;
            }
            if bound.is_none() && to.starts_with('_') && !from.starts_with('_') {
                let why = "a star import does not take names that begin with an underscore";
                self.add(file, at.span.start, why);
            }
            for scope in path(index, at.scope, bound) {
                if Some(scope) == bound {
                    continue;
                }
                let nearer: Vec<usize> =
                    Project::bindings(index, scope, to).map(|b| b.span.start).collect();
                for start in nearer {
                    self.add(
                        file,
                        start,
                        format!(
                            "would capture the reference on line {}",
                            self.renaming.line(file, at.span.start)
                        ),
                    );
                }
            }
        }
    }

    /// Members of the new name in the classes, above and below.
    fn members(&mut self) -> Result<()> {
        if self.renaming.classes.is_empty() {
            return Ok(());
        }
        let project = self.renaming.project;
        let to = self.renaming.to();
        let files = project.read(&[to])?;
        let family = &self.renaming.classes;
        let above: BTreeSet<Key> =
            family.iter().flat_map(|class| project.order(class).classes.clone()).collect();
        for class in project.definers(&files, to) {
            let below = || project.order(&class).classes.iter().any(|k| family.contains(k));
            if !above.contains(&class) && !below() {
                continue;
            }
            for (file, index, definition) in project.classes(&class) {
                let spans: Vec<usize> = Project::bindings(index, definition.body, to)
                    .map(|binding| binding.span.start)
                    .chain(
                        definition.attributes.get(to).into_iter().flatten().map(|(s, _)| s.start),
                    )
                    .collect();
                for at in spans {
                    self.add(file, at, format!("`{}` has that member", class.name));
                }
            }
        }
        Ok(())
    }

    fn report(&self) -> Result<()> {
        let Some((first, offset, _)) = self.found.first() else { return Ok(()) };
        let sources = self.renaming.project.sources;
        let mut shown = Vec::new();
        for (file, offset, why) in self.found.iter().take(SHOWN) {
            let line = self.renaming.line(*file, *offset);
            let text = sources.text(*file)?.map(|text| excerpt(text, *offset));
            shown.push(format!(
                "{}:{line}: `{}`: {why}",
                sources.path(*file),
                text.unwrap_or_default()
            ));
        }
        if self.found.len() > SHOWN {
            shown.push(format!("and {} more", self.found.len() - SHOWN));
        }
        let what = format!("`{}` cannot be the new name: {}", self.renaming.to(), shown.join("; "));
        let place = format!("{}:{}", sources.path(*first), self.renaming.line(*first, *offset));
        Err(Error::new(Code::NameCollision, what).at(place).hint("choose another name"))
    }
}

/// The scopes that a lookup passes, up to and with the one that binds; all where none does.
fn path(index: &Index, scope: ScopeId, bound: Option<ScopeId>) -> Vec<ScopeId> {
    let mut found = Vec::new();
    let mut at = Some(scope);
    let mut direct = true;
    while let Some(here) = at {
        let kind = index.scopes[here].kind;
        if kind != ScopeKind::Class || direct {
            found.push(here);
        }
        if Some(here) == bound {
            break;
        }
        if kind != ScopeKind::TypeParameters {
            direct = false;
        }
        at = index.scopes[here].parent;
    }
    found
}
