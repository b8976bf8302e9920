//! Whether a rename that was brought onto another commit is whole there: nothing may mean the
//! symbol by its old name any more.
//!
//! The old name has no definition in the result, so nothing can be located by it. What would
//! mean the symbol if it still had that name is found by giving it back, in memory: the places
//! that are found then and were not found by the new name are those that were left behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use axon_code::{FileEntry, Files, Rename, apply_edits};
use axon_domain::{Code, Error, FileEdits, MissionSpec, Result, SiteKind};

use super::Judgement;
use super::rename::{self, meant, positions, wherever};
use crate::source::TreeSource;

/// Judges the result of a rebased rename.
pub(super) fn judge(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    from: &str,
    to: &str,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Judgement> {
    let definition = rename::new_definition(source, plan)?;
    let judgement = match &definition {
        Some(_) => rename::judge(source, spec, to, plan)?,
        None => Judgement::passes(format!("the result has what was planned, {to} included")),
    };
    if judgement.passed == Some(false) {
        return Ok(judgement);
    }
    let old = bare(from);
    let back = Rename { to: old.to_owned(), ..wherever(to, definition, None) };
    let found = match axon_code::rename(source, &back, &[]) {
        Ok(found) => found,
        Err(error) => return Ok(not_given_back(judgement, plan, old, to, &error)),
    };
    let Some(symbol) = &found.symbol else { return Ok(judgement) };
    let at = Some((symbol.path.clone(), symbol.line));
    let given_back = Patched::new(source, &found.files)?;
    let by_old_name = match axon_code::rename(&given_back, &wherever(old, at, None), &[]) {
        Ok(by_old_name) => by_old_name,
        Err(error) => return Ok(unsure(judgement, old, &error)),
    };
    let files = found.files.into_iter().map(|file| (file.path.clone(), file)).collect();
    let known = positions(&given_back, old, &files)?;
    let left = meant(&by_old_name).into_iter().find(|place| !known.contains(place));
    Ok(match left.filter(|_| spec.paths.is_empty()) {
        Some((path, line, _)) => {
            let why = format!("{path}:{line} still means {to} by its old name, {old}");
            Judgement::fails(why)
        }
        None => judgement,
    })
}

/// The old name cannot be given back. If that is because lines that a person wrote use it, they
/// use it for the symbol.
fn not_given_back(
    judgement: Judgement,
    plan: &BTreeMap<String, FileEdits>,
    old: &str,
    to: &str,
    error: &Error,
) -> Judgement {
    let sites = plan.values().flat_map(|file| &file.sites);
    let carried = sites.filter(|site| site.kind == SiteKind::Carried);
    let is_old = |word: &str| word == old;
    let between = |c: char| !(c.is_alphanumeric() || c == '_');
    match error.code() {
        Code::SymbolNotFound => Judgement::fails(format!("{to} is not defined in the result")),
        Code::SymbolAmbiguous => {
            Judgement::unknown(format!("{to} cannot be told from others of its name: {error}"))
        }
        Code::NameCollision
            if carried.into_iter().any(|site| site.edit.text.split(between).any(is_old)) =>
        {
            Judgement::fails(format!("{old} is still used: {error}"))
        }
        _ => unsure(judgement, old, error),
    }
}

fn unsure(judgement: Judgement, old: &str, error: &Error) -> Judgement {
    let why = format!("{}; uses of {old} were not looked for: {error}", judgement.why);
    Judgement { why, ..judgement }
}

/// The last part of a name: `total` of `shop.cart.Cart.total`.
fn bare(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

/// The files of a tree, some of them edited in memory.
struct Patched<'a> {
    source: &'a TreeSource<'a>,
    edited: BTreeMap<String, Arc<[u8]>>,
}

impl<'a> Patched<'a> {
    fn new(source: &'a TreeSource<'a>, files: &[FileEdits]) -> Result<Self> {
        let mut edited = BTreeMap::new();
        for file in files {
            let before = source.read(source.entry(&file.path)?)?;
            edited.insert(file.path.clone(), apply_edits(&before, &file.sites)?.into());
        }
        Ok(Self { source, edited })
    }
}

impl Files for Patched<'_> {
    fn list(&self) -> &[FileEntry] {
        self.source.list()
    }

    fn read(&self, entry: &FileEntry) -> Result<Arc<[u8]>> {
        match self.edited.get(&entry.path) {
            Some(bytes) => Ok(Arc::clone(bytes)),
            None => self.source.read(entry),
        }
    }
}
