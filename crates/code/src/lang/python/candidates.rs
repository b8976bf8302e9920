//! The symbols that a name may mean.

use std::collections::BTreeMap;

use axon_domain::{Language, Result, Symbol, SymbolKind};

use super::index::Names;
use super::model::{Binding, BindingKind, Expr, Index, ScopeKind, Value};
use super::project::{Key, Meaning, Project};
use crate::lang::Candidate;
use crate::sources::{FileId, Sources, nfkc, parallel};
use crate::text::{Lines, words};

/// See [`crate::lang::Backend::candidates`].
pub(super) fn candidates(
    sources: &Sources<'_>,
    from: &str,
    kind: Option<SymbolKind>,
) -> Result<Vec<Candidate>> {
    let from = nfkc(from);
    let bare = from.rsplit('.').next().unwrap_or(&from).to_owned();
    if bare.is_empty() {
        return Ok(Vec::new());
    }
    let project = Project::new(sources, Names { from: bare.clone(), to: String::new() });
    let files = defining_files(&project, &bare)?;
    let mut found: BTreeMap<Key, Vec<Definition>> = BTreeMap::new();
    for file in &files {
        collect(&project, *file, &mut found)?;
    }
    let reexported = reexported(&project, &from);
    found.retain(|key, definitions| {
        let named = names(&project, key, &from) || reexported.contains(key);
        let best = definitions.iter().map(|d| d.kind).min();
        named && kind.is_none_or(|kind| best == Some(kind))
    });
    project.check()?;
    let mut list: Vec<Candidate> = Vec::new();
    for group in grouped(&project, &files, found) {
        list.extend(candidate(&project, group));
    }
    list.sort_by(|a, b| (&a.symbol.path, a.symbol.line).cmp(&(&b.symbol.path, b.symbol.line)));
    Ok(list)
}

/// The files that may define the name, indexed. Most files only use it: those are told apart
/// by their text, because parsing is what takes time.
fn defining_files(project: &Project<'_, '_>, name: &str) -> Result<Vec<FileId>> {
    let sources = project.sources;
    let python = sources.of_language(Language::Python);
    let holding = sources.containing(&python, &[name])?;
    let marks = parallel(&holding, |id| {
        Ok(sources.text(*id)?.is_some_and(|text| !text.is_ascii() || may_define(text, name)))
    })?;
    let likely = holding.iter().zip(marks).filter(|(_, mark)| *mark).map(|(id, _)| *id);
    let likely: Vec<FileId> = likely.collect();
    let files = if likely.is_empty() { holding } else { likely };
    project.index_all(&files)?;
    Ok(files)
}

/// Whether some line reads like a definition: `def name`, `class name`, or an assignment.
fn may_define(text: &str, name: &str) -> bool {
    words(text.as_bytes(), name).any(|at| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = &text[line..at];
        let after = text[at + name.len()..].trim_start_matches([' ', '\t', ')', ',']);
        let word = before.trim_end().rsplit([' ', '\t']).next().unwrap_or_default();
        let binds = matches!(word, "def" | "class" | "type" | "for" | "as" | "global");
        let assigned = after.starts_with([':', '=']) && !after.starts_with("==");
        binds || assigned || before.contains("for ") || after.contains(" = ") && before.is_empty()
    })
}

/// One definition.
struct Definition {
    path: String,
    line: u32,
    kind: SymbolKind,
    wrapper: bool,
}

fn collect(
    project: &Project<'_, '_>,
    file: FileId,
    found: &mut BTreeMap<Key, Vec<Definition>>,
) -> Result<()> {
    let (Some(index), Some(text)) = (project.index(file), project.sources.text(file)?) else {
        return Ok(());
    };
    let lines = Lines::new(text);
    for binding in index.bindings.iter().filter(|b| *b.name == *project.names.from) {
        let Some(kind) = kind_of(index, binding) else { continue };
        let Some(key) = project.key(file, binding.scope, &binding.name) else { continue };
        let wrapper = matches!(&binding.kind,
            BindingKind::Value(Value::Of(value)) if holds(value, &binding.name));
        found.entry(key).or_default().push(Definition {
            path: project.sources.path(file).to_owned(),
            line: lines.line(binding.span.start),
            kind,
            wrapper,
        });
    }
    Ok(())
}

fn kind_of(index: &Index, binding: &Binding) -> Option<SymbolKind> {
    let scope = index.scopes[binding.scope].kind;
    match (&binding.kind, scope) {
        (_, ScopeKind::Doctest | ScopeKind::Comprehension | ScopeKind::TypeParameters) => None,
        (BindingKind::Function(_), ScopeKind::Class) => Some(SymbolKind::Method),
        (BindingKind::Function(_), _) => Some(SymbolKind::Function),
        (BindingKind::Class(_), _) => Some(SymbolKind::Type),
        (BindingKind::Value(_), ScopeKind::Module) => Some(SymbolKind::Constant),
        _ => None,
    }
}

/// Whether a value is made of something of this name.
fn holds(value: &Expr, name: &str) -> bool {
    match value {
        Expr::Name(found, _) => **found == *name,
        Expr::Attribute(_, found) => **found == *name,
        Expr::Call(_, arguments) => arguments.iter().any(|argument| holds(argument, name)),
        _ => false,
    }
}

/// Whether a bare or dotted name, from its end, names this key.
fn names(project: &Project<'_, '_>, key: &Key, from: &str) -> bool {
    let module = &project.modules.list[key.module];
    let below = project.qualified(key);
    let below = below.strip_prefix(&module.dotted).unwrap_or(&below);
    let whole = format!("{}{below}", module.place.replace('/', "."));
    whole == from || whole.strip_suffix(from).is_some_and(|rest| rest.ends_with('.'))
}

/// What a dotted name means through the imports of a module: `shop.total` for
/// `shop.cart.total`.
fn reexported(project: &Project<'_, '_>, from: &str) -> Vec<Key> {
    let Some((module, bare)) = from.rsplit_once('.') else { return Vec::new() };
    let mut found = Vec::new();
    for (at, known) in project.modules.list.iter().enumerate() {
        let place = known.place.replace('/', ".");
        if place == module || place.strip_suffix(module).is_some_and(|rest| rest.ends_with('.')) {
            found.extend(project.member(at, bare).into_iter().filter_map(|meaning| {
                if let Meaning::Item(key) = meaning { Some(key) } else { None }
            }));
        }
    }
    found
}

type Group = Vec<(Key, Vec<Definition>)>;

/// Methods that are renamed together are one symbol, named by the class that all derive from.
fn grouped(
    project: &Project<'_, '_>,
    files: &[FileId],
    mut found: BTreeMap<Key, Vec<Definition>>,
) -> Vec<Group> {
    let definers = project.definers(files, &project.names.from);
    let mut groups = Vec::new();
    while let Some((key, definitions)) = found.pop_first() {
        let Some(class) =
            project.class_of(&key).filter(|_| definitions[0].kind == SymbolKind::Method)
        else {
            groups.push(vec![(key, definitions)]);
            continue;
        };
        let family = project.family(&class, &definers, &[]);
        let mut group = vec![(project.order(&class).classes.len(), key, definitions)];
        for member in family {
            let key = Project::member_key(&member, &project.names.from);
            if let Some(definitions) = found.remove(&key) {
                group.push((project.order(&member).classes.len(), key, definitions));
            }
        }
        group.sort_by_key(|(depth, ..)| *depth);
        groups.push(group.into_iter().map(|(_, key, definitions)| (key, definitions)).collect());
    }
    groups
}

fn candidate(project: &Project<'_, '_>, group: Group) -> Option<Candidate> {
    let key = group.first()?.0.clone();
    let mut definitions: Vec<Definition> = Vec::new();
    for (_, mut more) in group {
        more.sort_by_key(|definition| definition.kind);
        definitions.extend(more);
    }
    let first = definitions.first()?;
    let symbol = Symbol {
        name: key.name.to_string(),
        qualified: project.qualified(&key),
        kind: first.kind,
        language: Language::Python,
        path: first.path.clone(),
        line: first.line,
    };
    let wrapper = first.wrapper && first.kind == SymbolKind::Constant;
    let second_choice =
        wrapper.then(|| format!("it is made of another `{}` and asked about", key.name));
    let also_at = definitions.iter().skip(1).map(|d| (d.path.clone(), d.line)).collect();
    Some(Candidate { symbol, also_at, second_choice })
}
