//! A goal that is done anew on another commit, beside the merge of what it came to before.
//!
//! Both begin with the same commit, so they are merged like two changes: what both do is there
//! once, and so is what only one of them does: what a person had settled or included, and places
//! that the earlier mission could not know.

use std::collections::BTreeSet;

use axon_code::{DeadCode, Finding, Located, dead_code};
use axon_domain::{
    Code, Error, FileEdits, Goal, MissionId, MissionSpec, Result, Site, SiteKind, Symbol,
};
use axon_workspace::{MergeOptions, Tree, TreeView, rebase};

use super::carry::{Here, carry};
use super::{Bringing, Mentions};
use crate::effects::plan::{Found, after, probe, refuse_blocked};
use crate::report::Removed;
use crate::source::TreeSource;

/// Whether a goal is done anew: those of which a place is more than a name.
pub(super) fn is_done_anew(goal: &Goal) -> bool {
    matches!(goal, Goal::Signature { .. } | Goal::Move { .. } | Goal::RemoveDead { .. })
}

/// The definitions that were removed because nothing used them: where they are still there, and
/// still unused, that they go.
pub(super) fn unused(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    of: MissionId,
    removed: &[Symbol],
    closed: bool,
) -> Result<(Located, Vec<Removed>)> {
    let look = |only| dead_code(source, &DeadCode { only, closed }, &spec.paths);
    // A choice of nothing: no definition has this name.
    let all = look(vec![String::new()])?;
    let named = |findings: &[Finding], symbol: &Symbol| {
        findings.iter().find(|one| one.symbol.qualified == symbol.qualified).cloned()
    };
    let mut go = Vec::new();
    for symbol in removed {
        match named(&all.proven, symbol) {
            Some(Finding { symbol, evidence }) => go.push(Removed { symbol, evidence }),
            None => match named(&all.open, symbol) {
                Some(open) => return Err(not_proven(of, &open)),
                None => {
                    if let Some(place) = used_at(source, symbol)? {
                        return Err(in_use(of, symbol, place));
                    }
                }
            },
        }
    }
    if go.is_empty() {
        return Err(Error::new(Code::NothingToDo, "nothing that it removed is here any more"));
    }
    let names = go.iter().map(|one| one.symbol.qualified.clone()).collect();
    Ok((look(names)?.located, go))
}

fn not_proven(of: MissionId, open: &Finding) -> Error {
    let Finding { symbol, evidence } = open;
    let name = &symbol.qualified;
    let what = format!(
        "{of} removed {name} because nothing used it, and here that is not proven: {evidence}"
    );
    stays(what, format!("{}:{}", symbol.path, symbol.line))
}

fn in_use(of: MissionId, symbol: &Symbol, place: String) -> Error {
    let name = &symbol.qualified;
    stays(format!("{of} removed {name} because nothing used it, and here something does"), place)
}

fn stays(what: String, place: String) -> Error {
    let hint = "axon run --remove-dead removes what is unused here";
    Error::new(Code::NeedsDecision, what).at(place).hint(hint)
}

/// Where a symbol that is still defined is used, or defined where no use is found; `None` where
/// it is gone.
fn used_at(source: &TreeSource<'_>, symbol: &Symbol) -> Result<Option<String>> {
    let defined = format!("{}:{}", symbol.path, symbol.line);
    match axon_code::rename(source, &probe(&symbol.qualified, None), &[]) {
        Ok(found) => {
            let sites =
                found.files.iter().flat_map(|file| file.sites.iter().map(move |it| (file, it)));
            let mut uses = sites.filter(|(_, site)| site.kind != SiteKind::Definition);
            let place = uses.next().map(|(file, site)| format!("{}:{}", file.path, site.line));
            Ok(Some(place.unwrap_or(defined)))
        }
        Err(error) if error.code() == Code::SymbolNotFound => Ok(None),
        Err(error) if error.code() == Code::SymbolAmbiguous => Ok(Some(defined)),
        Err(error) => Err(error),
    }
}

/// What the merge and the goal that is done anew come to together.
pub(super) struct Both {
    pub(super) tree: Tree,
    pub(super) located: Located,
    /// Why only what was merged is there.
    pub(super) fault: Option<String>,
}

impl Bringing<'_> {
    /// Does the goal on this commit and joins that with what was merged.
    pub(super) fn join(&self, located: Located, merged: Tree) -> Result<Both> {
        let apart = |fault| Both { tree: merged, located: Located::default(), fault };
        let contents = self.here.contents();
        let located = self.without_what_was_left(located, merged)?;
        if let Err(error) = refuse_blocked(self.here, &located.created) {
            return Ok(apart(Some(error.to_string())));
        }
        let found = Found::new(contents, self.order.goal, located.clone(), Vec::new())?;
        let anew = after(contents, self.order.onto, &found.files)?;
        let both = rebase(contents, &self.order.onto, &anew, &merged, &MergeOptions::default())?;
        let Some(conflict) = both.conflicts.first() else {
            return Ok(Both { tree: both.tree, located, fault: None });
        };
        self.new.set(0);
        let path = &conflict.path;
        Ok(apart(Some(format!("in {path} the same done anew and what was merged do not agree"))))
    }

    /// Takes out the places that the earlier mission knew and left alone.
    fn without_what_was_left(&self, mut located: Located, merged: Tree) -> Result<Located> {
        let contents = self.here.contents();
        let target = TreeView::new(contents, merged);
        let mut mentions = Mentions::new();
        for file in &mut located.files {
            let beside = self.beside(&target, file)?;
            let edit = |site: &Site| (site.edit.start, site.edit.end, site.edit.text.clone());
            let edits: BTreeSet<_> = beside.iter().map(edit).collect();
            file.sites.retain(|site| !edits.contains(&edit(site)));
            file.sites.extend(self.new_ones(&file.path, beside, &mut mentions)?);
            file.sites.sort_by_key(|site| (site.edit.start, site.edit.end));
        }
        located.files.retain(|file| !file.sites.is_empty());
        located.mentions.extend(mentions.into_values().flatten());
        Ok(located)
    }

    /// The places of a file in lines that the merge leaves as they are.
    fn beside(&self, target: &TreeView<'_>, file: &FileEdits) -> Result<Vec<Site>> {
        let path = &file.path;
        let contents = self.here.contents();
        let (Some(old), Some(new)) = (self.here.entry(path)?, target.entry(path)?) else {
            return Ok(Vec::new());
        };
        if old == new {
            return Ok(file.sites.clone());
        }
        let before = contents.read_file(path, old.content)?;
        let after = contents.read_file(path, new.content)?;
        let here = Here { before: &before, after: &after, sites: &file.sites, asked: &[], why: "" };
        let mut beside = carry(&here).map(|carried| carried.untouched).unwrap_or_default();
        // Where lines are added, it depends on the lines around which of two equal places it is.
        beside.retain(|site| site.kind != SiteKind::Addition);
        Ok(beside)
    }
}
