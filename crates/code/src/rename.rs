//! Renaming, over all languages.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Mention, MentionKind, Result};

use crate::lang::{BACKENDS, Backend, Candidate};
use crate::limits;
use crate::sources::Sources;
use crate::{Files, Located, Rename, prose, similar};

/// Finds a symbol and every place that has to change with its name.
///
/// `paths` are globs; only files that match one are edited, all are read; empty means all.
/// Errors: [`Code::SymbolNotFound`], [`Code::SymbolAmbiguous`], [`Code::InvalidName`],
/// [`Code::NameCollision`], [`Code::NothingToDo`], [`Code::Usage`] for a glob that cannot be
/// read, and whatever reading a file gives.
pub fn rename(files: &dyn Files, request: &Rename, paths: &[String]) -> Result<Located> {
    let globs = limits::Globs::new(paths)?;
    let sources = Sources::new(files);
    let (backend, chosen, rejected) = choose_symbol(&sources, request)?;
    if let Some(why) = (backend.refuse_name)(&request.to) {
        return Err(Error::new(Code::InvalidName, why).hint("choose another name"));
    }
    if chosen.symbol.name == request.to {
        let what = format!("`{}` already has that name", chosen.symbol.qualified);
        return Err(Error::new(Code::NothingToDo, what));
    }
    let mut located = (backend.locate)(&sources, &chosen.symbol, request)?;
    located.rejected.extend(rejected);
    located.mentions.extend(prose::mentions(&sources, &chosen.symbol.name)?);
    located.skipped = sources.skipped();
    finish(located, &globs)
}

/// The one symbol that a name means, with its language, and others that are not meant.
pub(crate) fn choose_symbol(sources: &Sources<'_>, request: &Rename) -> Result<Chosen> {
    let mut found: Vec<(&'static Backend, Candidate)> = Vec::new();
    for backend in BACKENDS {
        let candidates = (backend.candidates)(sources, &request.from, request.kind)?;
        found.extend(candidates.into_iter().map(|candidate| (*backend, candidate)));
    }
    if found.is_empty() {
        return Err(not_found(sources, request)?);
    }
    choose(found, request)
}

/// Order, limits and the files that may be edited.
pub(crate) fn finish(mut located: Located, globs: &limits::Globs) -> Result<Located> {
    let all = located.files.len();
    located.files.retain(|file| !file.sites.is_empty());
    drop_edited(&mut located);
    exclude(&mut located, globs);
    located.files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &mut located.files {
        file.sites.sort_by_key(|site| (site.edit.start, site.edit.end));
    }
    located.mentions.sort_by(|a, b| {
        (&a.path, a.line, a.column, a.kind).cmp(&(&b.path, b.line, b.column, b.kind))
    });
    located.mentions.dedup();
    limits::limit(&mut located.mentions);
    let undecided =
        located.mentions.iter().any(|m| m.kind == MentionKind::Undecided && m.edit.is_some());
    if located.files.is_empty() && !undecided {
        let error = Error::new(Code::NothingToDo, "there is nothing to change");
        return Err(if all > 0 {
            error.hint("every place lies outside of the paths that may be edited")
        } else {
            error
        });
    }
    Ok(located)
}

/// A place that is edited is not a mention as well, whoever found it, unless the mention asks
/// something about the edit.
fn drop_edited(located: &mut Located) {
    let edited: BTreeSet<(&str, u32, u32)> = located
        .files
        .iter()
        .flat_map(|file| file.sites.iter().map(|site| (file.path.as_str(), site.line, site.column)))
        .collect();
    located
        .mentions
        .retain(|m| m.kind.asks() || !edited.contains(&(m.path.as_str(), m.line, m.column)));
}

/// Takes out the files that may not be edited; their places are told instead.
fn exclude(located: &mut Located, globs: &limits::Globs) {
    let (kept, out): (Vec<_>, Vec<_>) =
        std::mem::take(&mut located.files).into_iter().partition(|file| globs.matches(&file.path));
    located.files = kept;
    for file in out {
        located.mentions.extend(file.sites.into_iter().map(|site| Mention {
            path: file.path.clone(),
            line: site.line,
            column: site.column,
            kind: MentionKind::Excluded,
            excerpt: site.evidence.clone(),
            why: format!("{}, outside of the paths that may be edited", site.kind.name()),
            edit: None,
        }));
    }
}

fn place(candidate: &Candidate) -> String {
    let symbol = &candidate.symbol;
    format!("{}:{} {} {}", symbol.path, symbol.line, symbol.kind, symbol.qualified)
}

pub(crate) type Chosen = (&'static Backend, Candidate, Vec<String>);

fn choose(found: Vec<(&'static Backend, Candidate)>, request: &Rename) -> Result<Chosen> {
    if let Some((path, line)) = &request.at {
        return choose_at(found, request, path, *line);
    }
    let first_choices = found.iter().filter(|(_, c)| c.second_choice.is_none()).count();
    let meant = |c: &Candidate| first_choices != 1 || c.second_choice.is_none();
    let listed: Vec<String> =
        found.iter().filter(|(_, c)| meant(c)).map(|(_, c)| place(c)).collect();
    if listed.len() > 1 {
        let what = format!(
            "{} symbols are called `{}`:\n  {}",
            listed.len(),
            request.from,
            listed.join("\n  ")
        );
        let first = found.iter().find(|(_, c)| meant(c));
        let hint = first.map_or(String::new(), |(_, c)| {
            format!("name one with --symbol {}:{}", c.symbol.path, c.symbol.line)
        });
        return Err(Error::new(Code::SymbolAmbiguous, what).hint(hint));
    }
    let mut chosen = None;
    let mut rejected = Vec::new();
    for (backend, candidate) in found {
        if meant(&candidate) && chosen.is_none() {
            chosen = Some((backend, candidate));
        } else {
            let why = candidate.second_choice.clone().unwrap_or_default();
            rejected.push(format!("{}: {why}", place(&candidate)));
        }
    }
    let (backend, chosen) = chosen.ok_or_else(|| bug(request))?;
    Ok((backend, chosen, rejected))
}

fn choose_at(
    found: Vec<(&'static Backend, Candidate)>,
    request: &Rename,
    path: &str,
    line: u32,
) -> Result<Chosen> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let here = |c: &Candidate| {
        (c.symbol.path == path && c.symbol.line == line)
            || c.also_at.iter().any(|(p, l)| p == path && *l == line)
    };
    let listed: Vec<String> = found.iter().map(|(_, c)| place(c)).collect();
    let mut chosen = None;
    let mut rejected = Vec::new();
    for (backend, candidate) in found {
        if here(&candidate) && chosen.is_none() {
            chosen = Some((backend, candidate));
        } else {
            rejected.push(format!("{}: not the one at {path}:{line}", place(&candidate)));
        }
    }
    match chosen {
        Some((backend, chosen)) => Ok((backend, chosen, rejected)),
        None => Err(Error::new(
            Code::SymbolNotFound,
            format!("no definition of `{}` on that line", request.from),
        )
        .at(format!("{path}:{line}"))
        .hint(format!("it is defined at {}", listed.join(", ")))),
    }
}

fn bug(request: &Rename) -> Error {
    Error::new(Code::Bug, format!("no candidate was chosen for `{}`", request.from))
}

fn not_found(sources: &Sources<'_>, request: &Rename) -> Result<Error> {
    let kind = request.kind.map_or("symbol", |kind| kind.name());
    let mut error =
        Error::new(Code::SymbolNotFound, format!("no {kind} is called `{}`", request.from));
    if let Some((path, line)) = &request.at {
        error = error.at(format!("{path}:{line}"));
    }
    let mut names = BTreeSet::new();
    for backend in BACKENDS {
        names.extend(similar::defined(sources, backend)?);
    }
    let close = similar::closest(&request.from, &names);
    if !close.is_empty() {
        return Ok(error.hint(format!("did you mean {}?", close.join(" or "))));
    }
    let skipped = sources.skipped();
    if let Some(first) = skipped.first() {
        let hint =
            format!("{} files were not looked into, {} ({})", skipped.len(), first.path, first.why);
        return Ok(error.hint(hint));
    }
    Ok(error
        .hint("check the spelling; what is looked for is a definition in a Python or Rust file"))
}
