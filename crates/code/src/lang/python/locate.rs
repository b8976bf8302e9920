//! From a symbol to everything that is found about it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axon_domain::{
    Code, Error, FileEdits, Mention, MentionKind, Result, Site, SiteKind, Symbol, TextEdit,
    Undecided,
};

use super::index::Names;
use super::model::{BindingKind, TextKind, Wanted};
use super::project::{Key, Project};
use super::rename::{Renaming, Verdict};
use super::types::last;
use super::{alias, collision, names};
use crate::sources::{FileId, Sources, nfkc};
use crate::text::{Known, Lines, excerpt};
use crate::{Located, Rename};

/// Every place of a symbol. See [`crate::lang::Backend::locate`].
pub(super) fn locate(sources: &Sources<'_>, symbol: &Symbol, request: &Rename) -> Result<Located> {
    let names = Names { from: symbol.name.clone(), to: nfkc(&request.to) };
    let project = Project::new(sources, names);
    let files = project.read(&[&project.names.from])?;
    let key = key_of(&project, symbol)?;
    let mut renaming = Renaming::new(&project, files, request.keep_alias);
    let protocol = gather(&mut renaming, &key, request)?;
    let mut sink = Sink::new(&project, request.undecided);
    for file in renaming.files.clone() {
        visit(&renaming, file, &mut sink);
    }
    mention_wrappers(&renaming, &mut sink);
    for (file, at, why, edit) in protocol {
        sink.mention(file, at, MentionKind::Undecided, why, edit);
    }
    collision::check(&renaming)?;
    if request.keep_alias {
        alias::add(&renaming, &mut sink)?;
    }
    project.check()?;
    Ok(sink.finish(symbol))
}

/// The key of the definition on the line of the symbol.
pub(super) fn key_of(project: &Project<'_, '_>, symbol: &Symbol) -> Result<Key> {
    let lost = || {
        let place = format!("{}:{}", symbol.path, symbol.line);
        Error::new(Code::SymbolNotFound, format!("no definition of `{}`", symbol.name)).at(place)
    };
    let file = project.sources.find(&symbol.path).ok_or_else(lost)?;
    let index = project.index(file).ok_or_else(lost)?;
    let text = project.sources.text(file)?.ok_or_else(lost)?;
    let lines = Lines::new(text);
    let binding = index
        .bindings
        .iter()
        .find(|b| *b.name == *symbol.name && lines.line(b.span.start) == symbol.line)
        .ok_or_else(lost)?;
    project.key(file, binding.scope, &binding.name).ok_or_else(lost)
}

pub(super) type Asked = (FileId, Range<usize>, String, Option<String>);

/// Collects what must change together; gives what has to be asked about the definitions.
pub(super) fn gather(
    renaming: &mut Renaming<'_, '_, '_>,
    key: &Key,
    request: &Rename,
) -> Result<Vec<Asked>> {
    let project = renaming.project;
    let mut asked = Vec::new();
    let from = project.names.from.as_str();
    if let Some(class) = project.class_of(key) {
        check_private(from, &project.names.to)?;
        let definers = project.definers(&renaming.files, from);
        let others = derived_classes(project, &definers)?;
        let mut family = match names::is_private(from) {
            true => BTreeSet::from([class.clone()]),
            false => project.family(&class, &definers, &others),
        };
        protocols(project, &mut family, &definers, request, &mut asked);
        if !names::is_private(from) {
            unknown_bases(project, &mut family, &definers, request, &mut asked);
        }
        for class in &family {
            if let Some(why) = project.overrides_outside(class, from) {
                ask(project, &Project::member_key(class, from), &why, None, &mut asked);
            }
        }
        renaming.add(family.iter().map(|class| Project::member_key(class, from)));
        renaming.classes.extend(family);
    } else {
        if names::is_special(from) {
            ask(project, key, &format!("Python itself looks for `{from}`"), None, &mut asked);
        }
        renaming.add([key.clone()]);
        renaming.tie_stubs();
    }
    renaming.fixture = project.bindings_of(key).iter().any(|(file, binding)| {
        let BindingKind::Function(at) = binding.kind else { return false };
        project.index(*file).is_some_and(|index| {
            let decorators = &index.functions[at].decorators;
            decorators.iter().any(|d| last(d).is_some_and(|name| name.contains("fixture")))
        })
    });
    if request.undecided == Undecided::Include {
        include_wrappers(renaming);
    }
    Ok(asked)
}

/// A protocol is fulfilled by classes that do not derive from it; whether one is meant to,
/// nothing says.
fn protocols(
    project: &Project<'_, '_>,
    family: &mut BTreeSet<Key>,
    definers: &BTreeSet<Key>,
    request: &Rename,
    asked: &mut Vec<Asked>,
) {
    let (from, to) = (&project.names.from, &project.names.to);
    let renamed = family.iter().find(|class| project.is_protocol(class)).cloned();
    for other in definers.difference(&family.clone()) {
        let why = match &renamed {
            Some(protocol) => {
                format!(
                    "`{}` may fulfil the protocol `{}`, which is renamed",
                    other.name, protocol.name
                )
            }
            None if project.is_protocol(other) => {
                format!("a renamed class may fulfil the protocol `{}`", other.name)
            }
            None => continue,
        };
        if request.undecided == Undecided::Include {
            family.insert(other.clone());
        } else {
            ask(project, &Project::member_key(other, from), &why, Some(to), asked);
        }
    }
}

/// A class with a base that cannot be found may derive from a renamed class.
fn unknown_bases(
    project: &Project<'_, '_>,
    family: &mut BTreeSet<Key>,
    definers: &BTreeSet<Key>,
    request: &Rename,
    asked: &mut Vec<Asked>,
) {
    let (from, to) = (&project.names.from, &project.names.to);
    for other in definers.difference(&family.clone()) {
        if !project.order(other).unknown {
            continue;
        }
        if request.undecided == Undecided::Include {
            family.insert(other.clone());
        } else {
            let why = format!(
                "`{}` has a base that cannot be found, which may derive from a renamed class",
                other.name
            );
            ask(project, &Project::member_key(other, from), &why, Some(to), asked);
        }
    }
}

/// A member with two leading underscores is seen from its own class only.
fn check_private(from: &str, to: &str) -> Result<()> {
    if names::is_private(to) && !names::is_private(from) {
        let what = format!("`{to}` would be private to one class (two leading underscores)");
        return Err(Error::new(Code::InvalidName, what).hint("use one underscore"));
    }
    Ok(())
}

/// Wrappers, and wrappers of wrappers, change with the symbol.
fn include_wrappers(renaming: &mut Renaming<'_, '_, '_>) {
    loop {
        let wrappers = renaming.wrappers();
        if wrappers.is_empty() {
            return;
        }
        renaming.add(wrappers.into_iter().map(|(_, key, _)| key));
    }
}

fn ask(
    project: &Project<'_, '_>,
    key: &Key,
    why: &str,
    edit: Option<&str>,
    asked: &mut Vec<Asked>,
) {
    for (file, binding) in project.bindings_of(key) {
        asked.push((file, binding.span.clone(), why.to_owned(), edit.map(str::to_owned)));
    }
}

/// Classes that may derive from two of these without defining the member themselves.
fn derived_classes(project: &Project<'_, '_>, definers: &BTreeSet<Key>) -> Result<Vec<Key>> {
    if definers.len() < 2 {
        return Ok(Vec::new());
    }
    let names: BTreeSet<&str> = definers.iter().map(|key| &*key.name).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut found = Vec::new();
    for file in project.read(&names)? {
        let Some(index) = project.index(file) else { continue };
        let several = index.classes.iter().filter(|class| class.bases.len() > 1);
        found.extend(several.filter_map(|class| project.class_key(file, class)));
    }
    Ok(found)
}

fn visit(renaming: &Renaming<'_, '_, '_>, file: FileId, sink: &mut Sink<'_, '_, '_>) {
    let Some(index) = renaming.project.index(file) else { return };
    for at in index.occurrences.iter().filter(|at| at.wanted == Wanted::From) {
        match renaming.verdict(file, index, at) {
            Verdict::Nothing => {}
            Verdict::Site { kind, text, evidence } => {
                sink.site(file, at.span.clone(), kind, text, evidence);
            }
            Verdict::Mention { kind, why, text } => {
                sink.mention(file, at.span.clone(), kind, why, text);
            }
        }
    }
    let module = renaming.project.modules.of_file(file);
    if module.is_some_and(|module| renaming.renamed(module)) {
        for (name, span) in &index.exports.names {
            if **name == *renaming.from() {
                let (from, to) = (renaming.from(), renaming.to());
                let quote = sink.quote(file, span.start);
                let text = if renaming.keep {
                    format!("{to}{quote}, {quote}{from}")
                } else {
                    to.to_owned()
                };
                let evidence = "__all__ of this module".to_owned();
                sink.site(file, span.clone(), SiteKind::ReExport, text, evidence);
            }
        }
    }
    for text in &index.texts {
        let span = text.at..text.at + renaming.from().len();
        let (kind, mut why) = describe(&text.kind);
        if kind == MentionKind::Text && sink.text(file)[..text.at].ends_with(':') {
            why = "an entry point names it by text".to_owned();
        }
        sink.mention(file, span, kind, why, None);
    }
}

pub(super) fn describe(kind: &TextKind) -> (MentionKind, String) {
    match kind {
        TextKind::Comment => (MentionKind::Prose, "a comment".to_owned()),
        TextKind::TypeComment => (MentionKind::Text, "a type in a comment".to_owned()),
        TextKind::Docstring => (MentionKind::Prose, "prose of a docstring".to_owned()),
        TextKind::String => (MentionKind::Text, "a string".to_owned()),
        TextKind::LookedUp(callee) => {
            (MentionKind::Dynamic, format!("`{callee}` looks the name up while the program runs"))
        }
        TextKind::Patched(callee) => {
            (MentionKind::Dynamic, format!("`{callee}` replaces what it names by text"))
        }
        TextKind::Evaluated(callee) => {
            (MentionKind::Dynamic, format!("`{callee}` runs code that is written as text"))
        }
    }
}

fn mention_wrappers(renaming: &Renaming<'_, '_, '_>, sink: &mut Sink<'_, '_, '_>) {
    for (file, key, span) in renaming.wrappers() {
        let why = format!(
            "{} is a symbol of its own, made of the renamed one",
            renaming.project.qualified(&key)
        );
        sink.mention(file, span, MentionKind::Wrapper, why, Some(renaming.to().to_owned()));
    }
}

/// What is found, on the way to [`Located`].
pub(super) struct Sink<'p, 's, 'f> {
    project: &'p Project<'s, 'f>,
    undecided: Undecided,
    lines: BTreeMap<FileId, (Lines, Known)>,
    sites: BTreeMap<FileId, BTreeMap<usize, Site>>,
    mentions: Vec<Mention>,
}

impl<'p, 's, 'f> Sink<'p, 's, 'f> {
    fn new(project: &'p Project<'s, 'f>, undecided: Undecided) -> Self {
        Self {
            project,
            undecided,
            lines: BTreeMap::new(),
            sites: BTreeMap::new(),
            mentions: Vec::new(),
        }
    }

    fn text(&self, file: FileId) -> &'p str {
        match self.project.sources.text(file) {
            Ok(Some(text)) => text,
            _ => "",
        }
    }

    fn place(&mut self, file: FileId, offset: usize) -> (u32, u32) {
        let text = self.text(file);
        let new = || (Lines::new(text), Known::default());
        let (lines, known) = self.lines.entry(file).or_insert_with(new);
        lines.place_after(text, known, offset)
    }

    /// The quotation mark before an offset.
    fn quote(&self, file: FileId, offset: usize) -> &'static str {
        let single = self.text(file)[..offset].ends_with('\'');
        if single { "'" } else { "\"" }
    }

    pub(super) fn site(
        &mut self,
        file: FileId,
        span: Range<usize>,
        kind: SiteKind,
        text: String,
        evidence: String,
    ) {
        let (line, column) = self.place(file, span.start);
        let edit = TextEdit { start: span.start, end: span.end, text };
        let site = Site { line, column, kind, evidence, edit };
        self.sites.entry(file).or_default().entry(span.start).or_insert(site);
    }

    pub(super) fn mention(
        &mut self,
        file: FileId,
        span: Range<usize>,
        kind: MentionKind,
        why: String,
        edit: Option<String>,
    ) {
        if self.undecided == Undecided::Include && kind.asks() {
            if let Some(text) = edit {
                let evidence = format!("undecided, included by request: {why}");
                self.site(file, span, SiteKind::Reference, text, evidence);
            }
            return;
        }
        let (line, column) = self.place(file, span.start);
        let excerpt = excerpt(self.text(file), span.start);
        let edit = edit.map(|text| TextEdit { start: span.start, end: span.end, text });
        let path = self.project.sources.path(file).to_owned();
        self.mentions.push(Mention { path, line, column, kind, excerpt, why, edit });
    }

    fn finish(mut self, symbol: &Symbol) -> Located {
        let files = std::mem::take(&mut self.sites)
            .into_iter()
            .map(|(file, sites)| FileEdits {
                path: self.project.sources.path(file).to_owned(),
                base: self.project.sources.content(file),
                sites: sites.into_values().collect(),
            })
            .collect();
        Located {
            symbol: Some(symbol.clone()),
            files,
            mentions: self.mentions,
            ..Located::default()
        }
    }
}
