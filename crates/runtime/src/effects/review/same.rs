//! Whether what meant a symbol before a change means it after it, and nothing else does.
//!
//! Both trees are asked by a rename that is never done. A place outside of the edits has to mean
//! the symbol before and after, or neither; what the edits themselves wrote is judged by the
//! goal's own module.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::Located;
use axon_domain::{MissionSpec, Result, SiteKind, Symbol};

use super::places::{Place, Shift, Texts, meant};
use crate::effects::plan::probe;
use crate::report::{FilePlan, Report};
use crate::source::TreeSource;

/// A change that is judged.
pub(super) struct Scene<'a, 's> {
    pub(super) base: &'a TreeSource<'s>,
    pub(super) result: &'a TreeSource<'s>,
    pub(super) spec: &'a MissionSpec,
    pub(super) report: &'a Report,
    pub(super) files: &'a [FilePlan],
}

/// What means a symbol in the base.
pub(super) struct Before {
    pub(super) found: Located,
    /// Where the places outside of edits are afterwards.
    kept: BTreeSet<Place>,
    /// The same of places that may mean it.
    perhaps: BTreeSet<Place>,
    /// How many places the edits replace.
    pub(super) replaced: usize,
}

impl Scene<'_, '_> {
    /// The file that defined the symbol; once it moved nothing there has to mean it.
    fn home(&self) -> &str {
        self.report.symbol.as_ref().map_or("", |symbol| symbol.path.as_str())
    }

    /// Looks at the base.
    pub(super) fn before(&self, symbol: &Symbol) -> Result<Result<Before, String>> {
        let at = (symbol.path.clone(), symbol.line);
        let found = match axon_code::rename(self.base, &probe(&symbol.name, at), &[]) {
            Ok(found) => found,
            Err(error) => {
                let name = &symbol.name;
                return Ok(Err(format!("{name} cannot be located in the base: {error}")));
            }
        };
        let shifts = Shift::all(self.files);
        let (mut old, mut new) = (Texts::new(self.base), Texts::new(self.result));
        let mut before =
            Before { found, kept: BTreeSet::new(), perhaps: BTreeSet::new(), replaced: 0 };
        for file in &before.found.files {
            for site in &file.sites {
                match moved(&shifts, &mut new, &file.path, site.edit.start)? {
                    Some((line, column)) => {
                        before.kept.insert((file.path.clone(), line, column));
                    }
                    None => before.replaced += 1,
                }
            }
        }
        for mention in &before.found.mentions {
            let Some(at) = old.get(&mention.path)?.offset(mention.line, mention.column) else {
                continue;
            };
            if let Some((line, column)) = moved(&shifts, &mut new, &mention.path, at)? {
                before.perhaps.insert((mention.path.clone(), line, column));
            }
        }
        Ok(Ok(before))
    }

    /// Looks at the result, where the symbol is defined at a place, and compares. Gives how many
    /// places the edits wrote.
    pub(super) fn compare(
        &self,
        name: &str,
        before: &Before,
        at: (String, u32),
    ) -> Result<Result<usize, String>> {
        let found = match axon_code::rename(self.result, &probe(name, at.clone()), &[]) {
            Ok(found) => found,
            Err(error) => {
                return Ok(Err(format!("{name} cannot be located in the result: {error}")));
            }
        };
        let defined = found.files.iter().filter(|file| {
            file.path != at.0 && file.sites.iter().any(|site| site.kind == SiteKind::Definition)
        });
        let was = |path: &str| before.found.files.iter().any(|file| file.path == path);
        if let Some(file) = defined.into_iter().find(|file| !was(&file.path)) {
            return Ok(Err(format!("{} defines {name}, too", file.path)));
        }
        let means = meant(&found);
        let shifts = Shift::all(self.files);
        // Where only some files may be edited, the others are listed and may break.
        let judged = |path: &str| self.spec.paths.is_empty() || shifts.contains_key(path);
        let mut lost = before.kept.difference(&means).filter(|(path, ..)| judged(path));
        if let Some((path, line, _)) = lost.next() {
            return Ok(Err(format!("{path}:{line} meant {name}, and does not any more")));
        }
        let still: BTreeSet<&str> = means.iter().map(|(path, ..)| path.as_str()).collect();
        let gone = |path: &str| !still.contains(path) && path != self.home() && judged(path);
        if let Some(file) = before.found.files.iter().find(|file| gone(&file.path)) {
            return Ok(Err(format!("{} meant {name}, and does not any more", file.path)));
        }
        let mut texts = Texts::new(self.result);
        let mut wrote = 0;
        for (path, line, column) in means.difference(&before.kept) {
            let at = texts.get(path)?.offset(*line, *column).unwrap_or(0);
            let place = (path.clone(), *line, *column);
            if shifts.get(path.as_str()).is_some_and(|shift| shift.wrote(at)) {
                wrote += 1;
            } else if judged(path) && !before.perhaps.contains(&place) {
                return Ok(Err(format!("{path}:{line} means {name} now, and did not before")));
            }
        }
        Ok(Ok(wrote))
    }
}

impl Before {
    /// How many places mean the symbol.
    pub(super) fn places(&self) -> usize {
        self.kept.len() + self.replaced
    }
}

/// Where a byte of the base is in the result; `None` where an edit replaces it.
pub(super) fn moved(
    shifts: &BTreeMap<&str, Shift>,
    texts: &mut Texts<'_, '_>,
    path: &str,
    at: usize,
) -> Result<Option<(u32, u32)>> {
    let Some(at) = shifts.get(path).map_or(Some(at), |shift| shift.forward(at)) else {
        return Ok(None);
    };
    texts.get(path).map(|text| Some(text.place(at)))
}
