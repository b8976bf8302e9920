//! What bodies do with parameters that go or get another name.

use axon_domain::{Code, Error, MentionKind, Result, SiteKind};

use super::super::index::{Names, index};
use super::super::model::{
    BindingKind, Index, Occurrence, OccurrenceKind, Role, ScopeId, TextKind, Wanted,
};
use super::super::rename::bound_at;
use super::{Definition, Definitions};
use crate::sheet::Sheet;
use crate::sources::Sources;
use crate::text::{Lines, excerpt};

/// How many places an error lists.
const SHOWN: usize = 10;

/// Refuses to remove what is used; changes the names of the others.
pub(super) fn change(
    sources: &Sources<'_>,
    definitions: &Definitions,
    sheet: &mut Sheet<'_, '_>,
) -> Result<()> {
    let plan = &definitions.plan;
    let gone = plan.removed.iter().map(|name| (name.as_str(), None));
    let renamed = plan.renamed.iter().map(|(old, new)| (old.as_str(), Some(new.as_str())));
    let changes: Vec<(&str, Option<&str>)> = gone.chain(renamed).collect();
    let mut used = Vec::new();
    for one in &definitions.all {
        let Some(text) = sources.text(one.file)? else { continue };
        for (old, new) in &changes {
            let bare = |name: &str| name.trim_start_matches('*').to_owned();
            let names = Names { from: bare(old), to: new.map(bare).unwrap_or_default() };
            let Some(index) = index(text, &names)? else { continue };
            let Some(scope) = scope(&index, one, old) else { continue };
            let body = Body { index: &index, one, scope, names: &names, text };
            match new {
                None => used.extend(body.used(sources.path(one.file))),
                Some(_) => body.rename(sources.path(one.file), sheet)?,
            }
            body.prose(sheet);
        }
        for added in plan.new.iter().filter(|slot| slot.added.is_some()) {
            let names = Names { from: added.shown.clone(), to: String::new() };
            let Some(index) = index(text, &names)? else { continue };
            taken(&index, one, text, sources.path(one.file), &added.shown)?;
        }
    }
    match used.first() {
        None => Ok(()),
        Some(first) => {
            let more = used.len().saturating_sub(SHOWN);
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            let listed = used[..used.len().min(SHOWN)].join("; ");
            let place = first.split(": ").next().unwrap_or_default().to_owned();
            let what = format!("a parameter that would go is used: {listed}{rest}");
            Err(Error::new(Code::NeedsDecision, what).at(place).hint("change the body first"))
        }
    }
}

/// The scope of the function, by where its parameter stands.
fn scope(index: &Index, one: &Definition, shown: &str) -> Option<ScopeId> {
    let entry = one.entries.iter().find(|entry| entry.shown == shown)?;
    let binding = index.bindings.iter().find(|b| b.span.start == entry.name.start)?;
    Some(binding.scope)
}

/// A new parameter must not capture what the body means by its name.
fn taken(index: &Index, one: &Definition, text: &str, path: &str, name: &str) -> Result<()> {
    let inside = index
        .occurrences
        .iter()
        .find(|at| one.body.contains(&at.span.start) && matches!(at.kind, OccurrenceKind::Name(_)));
    collision(inside, text, path, name)
}

fn collision(found: Option<&Occurrence>, text: &str, path: &str, name: &str) -> Result<()> {
    let Some(at) = found else { return Ok(()) };
    let line = Lines::new(text).line(at.span.start);
    let what = format!(
        "`{name}` cannot be the name of a parameter: `{}` uses that name",
        excerpt(text, at.span.start)
    );
    Err(Error::new(Code::NameCollision, what)
        .at(format!("{path}:{line}"))
        .hint("choose another name"))
}

struct Body<'a> {
    index: &'a Index,
    one: &'a Definition,
    scope: ScopeId,
    names: &'a Names,
    text: &'a str,
}

impl Body<'_> {
    fn uses(&self) -> impl Iterator<Item = &Occurrence> {
        self.index.occurrences.iter().filter(|at| {
            at.wanted == Wanted::From
                && matches!(at.kind, OccurrenceKind::Name(role) if role != Role::Parameter)
                && bound_at(self.index, at, &self.names.from) == Some(self.scope)
        })
    }

    fn used(&self, path: &str) -> Vec<String> {
        let lines = Lines::new(self.text);
        self.uses()
            .map(|at| {
                let start = at.span.start;
                format!("{path}:{}: `{}`", lines.line(start), excerpt(self.text, start))
            })
            .collect()
    }

    fn rename(&self, path: &str, sheet: &mut Sheet<'_, '_>) -> Result<()> {
        let inside = self.index.occurrences.iter().find(|at| {
            at.wanted == Wanted::To
                && matches!(at.kind, OccurrenceKind::Name(_))
                && self.one.body.contains(&at.span.start)
        });
        collision(inside, self.text, path, &self.names.to)?;
        let parameters = self.index.bindings.iter().any(|binding| {
            binding.scope == self.scope
                && *binding.name == *self.names.from
                && !matches!(binding.kind, BindingKind::Parameter { .. } | BindingKind::Value(_))
        });
        if parameters {
            let what = format!("`{}` is bound in the body as something else", self.names.from);
            return Err(Error::new(Code::NeedsDecision, what).at(path.to_owned()));
        }
        for at in self.uses() {
            let span = at.span.clone();
            let evidence = format!("the parameter `{}`", self.names.from);
            let new = self.names.to.clone();
            sheet.edit(self.one.file, span, new, SiteKind::Reference, evidence);
        }
        Ok(())
    }

    /// The old name in the documentation and the strings of the function.
    fn prose(&self, sheet: &mut Sheet<'_, '_>) {
        for text in self.index.texts.iter().filter(|text| self.one.body.contains(&text.at)) {
            let kind = match text.kind {
                TextKind::Docstring | TextKind::Comment => MentionKind::Prose,
                _ => MentionKind::Text,
            };
            let span = text.at..text.at + self.names.from.len();
            let why = format!("names the parameter `{}`", self.names.from);
            sheet.note(self.one.file, span, kind, why);
        }
    }
}
