//! Whether a rename that was brought onto another commit is whole there: nothing may mean the
//! symbol by its old name any more.
//!
//! The old name has no definition in the result, so nothing can be located by it. What would
//! mean the symbol if it still had that name is found by giving it back, in memory: the places
//! that are found then and were not found by the new name are those that were left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axon_code::{FileEntry, Files, Rename, apply_edits, bare};
use axon_domain::{Code, Error, FileEdits, MissionSpec, Result, SiteKind};

use super::Judged;
use super::places::{Place, Text, Texts, meant, shifted};
use super::rename;
use crate::effects::plan::probe;
use crate::report::FilePlan;
use crate::source::TreeSource;

/// Judges the result of a rebased rename.
pub(super) fn judge(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    from: &str,
    to: &str,
    plan: &[FilePlan],
) -> Judged {
    let definition = rename::new_definition(&mut Texts::new(source), plan)?;
    let judged = match &definition {
        Some(_) => rename::judge(source, spec, to, plan)?,
        None => Ok(format!("the result has what was planned, {to} included")),
    };
    let note = match judged {
        Ok(note) => note,
        Err(fault) => return Ok(Err(fault)),
    };
    let old = bare(from);
    let back = Rename { to: old.to_owned(), ..probe(to, definition) };
    let found = match axon_code::rename(source, &back, &[]) {
        Ok(found) => found,
        Err(error) => return Ok(not_given_back(&note, plan, old, to, &error)),
    };
    let Some(symbol) = &found.symbol else { return Ok(Ok(note)) };
    let at = (symbol.path.clone(), symbol.line);
    let given_back = Patched::new(source, &found.files)?;
    let by_old_name = match axon_code::rename(&given_back, &probe(old, at), &[]) {
        Ok(by_old_name) => by_old_name,
        Err(error) => return Ok(Ok(unsure(&note, old, &error))),
    };
    let known = given_back.positions(old, &found.files)?;
    let left = meant(&by_old_name).into_iter().find(|place| !known.contains(place));
    Ok(match left.filter(|_| spec.paths.is_empty()) {
        Some((path, line, _)) => {
            Err(format!("{path}:{line} still means {to} by its old name, {old}"))
        }
        None => Ok(note),
    })
}

/// The old name cannot be given back. If that is because lines that a person wrote use it, they
/// use it for the symbol.
fn not_given_back(
    note: &str,
    plan: &[FilePlan],
    old: &str,
    to: &str,
    error: &Error,
) -> Result<String, String> {
    let sites = plan.iter().flat_map(|file| &file.edits.sites);
    let carried = sites.filter(|site| site.kind == SiteKind::Carried);
    let is_old = |word: &str| word == old;
    let between = |c: char| !(c.is_alphanumeric() || c == '_');
    match error.code() {
        Code::SymbolNotFound => Err(format!("{to} is not defined in the result")),
        Code::SymbolAmbiguous => {
            Ok(format!("{note}; {to} cannot be told from others of its name: {error}"))
        }
        Code::NameCollision
            if carried.into_iter().any(|site| site.edit.text.split(between).any(is_old)) =>
        {
            Err(format!("{old} is still used: {error}"))
        }
        _ => Ok(unsure(note, old, error)),
    }
}

fn unsure(note: &str, old: &str, error: &Error) -> String {
    format!("{note}; uses of {old} were not looked for: {error}")
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

    /// Where the edits stand, by the places at which their name is now.
    fn positions(&self, name: &str, files: &[FileEdits]) -> Result<BTreeSet<Place>> {
        let mut places = BTreeSet::new();
        for file in files {
            let bytes = self.edited.get(&file.path).map(|bytes| bytes.to_vec()).unwrap_or_default();
            let text = String::from_utf8(bytes)
                .map_err(|_| Error::new(Code::Bug, "an edited file is not UTF-8"))?;
            let text = Text::new(text);
            for (site, at) in shifted(&file.sites) {
                let (line, column) = text.place(at + rename::name_offset(site, name));
                places.insert((file.path.clone(), line, column));
            }
        }
        Ok(places)
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
