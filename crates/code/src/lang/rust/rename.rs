//! Every place of one symbol, with its edit.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    Code, Error, FileEdits, Language, Mention, MentionKind, Result, Site, SiteKind, Symbol,
    TextEdit, Undecided,
};

use super::ast::NodeId;
use super::names::spelled;
use super::occurrences::{Form, Verdict};
use super::project::{ItemRef, Project, UnitId};
use super::scan::{Outcome, file, markdown};
use super::target::{Belongs, Target};
use super::{alias, candidates, collisions, parse_all};
use crate::sources::{FileId, Sources};
use crate::text::{Lines, excerpt};
use crate::{Located, Rename};

/// How many other symbols of the same name are told.
const MOST_REJECTED: usize = 50;

/// Every place of one symbol.
pub(super) fn locate(sources: &Sources<'_>, symbol: &Symbol, request: &Rename) -> Result<Located> {
    let old = symbol.name.trim_start_matches("r#");
    let new = spelled(&request.to);
    let bare = new.trim_start_matches("r#");
    let project = Project::new(sources, &[old, bare])?;
    let item = find(&project, symbol)?;
    let files = project.in_reach(&project.group(item), &project.containing(old));
    parse_all(&project, &files)?;
    if project.belongs(item) == Belongs::Foreign {
        return Err(candidates::not_ours(&project, item));
    }
    let (target, outcomes) = search(&project, item, symbol, &files)?;
    collisions::check(&project, &target, bare, &bare_sites(&project, &target, &outcomes))?;
    let mut writer =
        Writer { sources, request, target: &target, new: &new, edits: BTreeMap::new() };
    let mut mentions = Vec::new();
    for outcome in outcomes {
        writer.take(outcome, &mut mentions)?;
    }
    if request.keep_alias {
        for (file, site) in alias::additions(&project, &target, &new)? {
            writer.edits.entry(file).or_default().push(site);
        }
    }
    let edited = writer.edits;
    project.failed()?;
    Ok(Located {
        symbol: Some(symbol.clone()),
        rejected: rejected(&project, &target, &files),
        files: finish(sources, edited),
        mentions,
        ..Located::default()
    })
}

/// Every place that spells the name of a symbol, and what it means there.
pub(super) fn occurrences(project: &Project<'_>, symbol: &Symbol) -> Result<Vec<Outcome>> {
    let item = find(project, symbol)?;
    let old = symbol.name.trim_start_matches("r#");
    let files = project.in_reach(&project.group(item), &project.containing(old));
    parse_all(project, &files)?;
    Ok(search(project, item, symbol, &files)?.1)
}

/// Looks at every place; again, when one turns out to mean further items.
pub(super) fn search(
    project: &Project<'_>,
    item: ItemRef,
    symbol: &Symbol,
    files: &[FileId],
) -> Result<(Target, Vec<Outcome>)> {
    let mut items = project.group(item);
    loop {
        for item in &items {
            if project.belongs(*item) == Belongs::Foreign {
                return Err(candidates::not_ours(project, *item));
            }
        }
        let target = project.target(item, symbol.qualified.clone(), items.clone());
        let mut outcomes: Vec<Outcome> = Vec::new();
        for id in files {
            outcomes.extend(file(project, &target, *id));
        }
        outcomes.extend(markdown(project, &target)?);
        let before = items.len();
        for also in target.also.borrow().iter() {
            items.extend(project.group(*also));
        }
        if items.len() == before {
            return Ok((target, outcomes));
        }
    }
}

/// The definition that a symbol is.
pub(super) fn find(project: &Project<'_>, symbol: &Symbol) -> Result<ItemRef> {
    let missing = || {
        Error::new(Code::SymbolNotFound, format!("no definition of `{}` there", symbol.name))
            .at(format!("{}:{}", symbol.path, symbol.line))
    };
    let file = project.sources.find(&symbol.path).ok_or_else(missing)?;
    let unit_id = project.unit_of(file).ok_or_else(missing)?;
    let unit = project.unit(unit_id);
    let name = symbol.name.trim_start_matches("r#");
    let mut found = None;
    for (item, content) in unit.items.iter().enumerate() {
        let item = ItemRef { unit: unit_id, item };
        if content.name == name && project.symbol_kind(item).is_some() {
            let line = project.line(file, unit.ast.start(content.name_node));
            if line == symbol.line {
                // Several on one line: the one of the kind that was asked for.
                if project.symbol_kind(item) == Some(symbol.kind) {
                    return Ok(item);
                }
                found = Some(item);
            }
        }
    }
    found.ok_or_else(missing)
}

/// The references in code, as nodes.
fn bare_sites(
    project: &Project<'_>,
    target: &Target,
    outcomes: &[Outcome],
) -> Vec<(UnitId, NodeId)> {
    let mut at: BTreeMap<FileId, BTreeSet<usize>> = BTreeMap::new();
    for outcome in outcomes {
        if let Verdict::Refers { kind, .. } = &outcome.verdict
            && matches!(kind, SiteKind::Reference | SiteKind::Import | SiteKind::ReExport)
        {
            at.entry(outcome.file).or_default().insert(outcome.range.start);
        }
    }
    let mut found = Vec::new();
    for (file, starts) in at {
        let Some(unit_id) = project.unit_of(file) else { continue };
        let unit = project.unit(unit_id);
        unit.ast.walk(unit.ast.root(), |node| {
            let start = unit.ast.start(node);
            if starts.range(start..unit.ast.end(node).max(start + 1)).next().is_none() {
                return false;
            }
            let kind = unit.ast.kind(node);
            if kind.ends_with("identifier")
                && unit.ast.name(node) == target.name
                && starts.contains(&start)
            {
                found.push((unit_id, node));
            }
            true
        });
    }
    found
}

struct Writer<'a> {
    sources: &'a Sources<'a>,
    request: &'a Rename,
    target: &'a Target,
    new: &'a str,
    edits: BTreeMap<FileId, Vec<Site>>,
}

impl Writer<'_> {
    fn take(&mut self, outcome: Outcome, mentions: &mut Vec<Mention>) -> Result<()> {
        let Some(text) = self.sources.text(outcome.file)? else { return Ok(()) };
        let (start, end) = (outcome.range.start, outcome.range.end);
        let (line, column) = self.place(outcome.file, text, start)?;
        let raw_lost = !outcome.raw && self.new.starts_with("r#");
        match outcome.verdict {
            Verdict::Other => {}
            Verdict::Refers { kind, evidence, form } if !raw_lost => {
                let edit = self.edit(start, end, text, &form, kind);
                let site = Site { line, column, kind, evidence, edit };
                self.edits.entry(outcome.file).or_default().push(site);
            }
            Verdict::Refers { .. } => mentions.push(Mention {
                path: self.sources.path(outcome.file).to_owned(),
                line,
                column,
                kind: MentionKind::Undecided,
                excerpt: excerpt(text, start),
                why: "a raw identifier cannot stand in a format string".to_owned(),
                edit: None,
            }),
            Verdict::Mention { kind: MentionKind::Undecided, why }
                if self.request.undecided == Undecided::Include =>
            {
                let edit = self.edit(start, end, text, &Form::Plain, SiteKind::Reference);
                let evidence = format!("included because that was asked for: {why}");
                let site = Site { line, column, kind: SiteKind::Reference, evidence, edit };
                self.edits.entry(outcome.file).or_default().push(site);
            }
            Verdict::Mention { kind, why } => {
                let edit = (kind == MentionKind::Undecided)
                    .then(|| self.edit(start, end, text, &Form::Plain, SiteKind::Reference));
                let path = self.sources.path(outcome.file).to_owned();
                let excerpt = excerpt(text, start);
                mentions.push(Mention { path, line, column, kind, excerpt, why, edit });
            }
        }
        Ok(())
    }

    fn place(&self, file: FileId, text: &str, at: usize) -> Result<(u32, u32)> {
        if Language::of_path(self.sources.path(file)) == Some(Language::Rust)
            && let Some(parsed) = self.sources.parsed(file, Language::Rust)?
        {
            return Ok(parsed.lines.place(text, at));
        }
        Ok(Lines::new(text).place(text, at))
    }

    fn edit(&self, start: usize, end: usize, text: &str, form: &Form, kind: SiteKind) -> TextEdit {
        let old = text.get(start..end).unwrap_or(&self.target.name);
        let new = self.new;
        let (end, text) = match form {
            // A re-export is how others know the old name.
            Form::Plain | Form::Import { .. }
                if self.request.keep_alias && kind == SiteKind::ReExport =>
            {
                match form {
                    Form::Import { braces: true } => (end, format!("{{{new}, {old}}}")),
                    Form::Import { braces: false } => (end, format!("{new}, {old}")),
                    _ => (end, new.to_owned()),
                }
            }
            Form::Plain | Form::Import { .. } => (end, new.to_owned()),
            Form::Field => (end, format!("{old}: {new}")),
            Form::Split { braces, alias } => {
                let (until, both) = match alias {
                    Some((alias, until)) => (*until, format!("{old} as {alias}, {new} as {alias}")),
                    None => (end, format!("{old}, {new}")),
                };
                (until, if *braces { format!("{{{both}}}") } else { both })
            }
        };
        TextEdit { start, end, text }
    }
}

fn finish(sources: &Sources<'_>, edits: BTreeMap<FileId, Vec<Site>>) -> Vec<FileEdits> {
    edits
        .into_iter()
        .map(|(file, mut sites)| {
            sites.sort_by_key(|site| (site.edit.start, site.edit.end));
            sites.dedup_by_key(|site| (site.edit.start, site.edit.end));
            FileEdits { path: sources.path(file).to_owned(), base: sources.content(file), sites }
        })
        .collect()
}

fn rejected(project: &Project<'_>, target: &Target, files: &[FileId]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let unit = project.unit(unit_id);
        for (item, content) in unit.items.iter().enumerate() {
            let item = ItemRef { unit: unit_id, item };
            if content.name != target.name || target.items.contains(&item) {
                continue;
            }
            let Some(symbol) = project.symbol(item) else { continue };
            if found.len() < MOST_REJECTED {
                found.push(format!(
                    "{} {} ({}:{}) is another symbol",
                    symbol.kind, symbol.qualified, symbol.path, symbol.line
                ));
            }
        }
    }
    found
}
