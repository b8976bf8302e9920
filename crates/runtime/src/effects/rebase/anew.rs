//! A goal that is done anew on another commit, beside the merge of what it came to before.
//!
//! Both begin with the same commit, so they are merged like two changes: what both do is there
//! once, and so is what only one of them does: what a person had settled or included, and places
//! that the earlier mission could not know.

use axon_code::{DeadCode, Finding, Located, dead_code};
use axon_domain::{
    Code, Error, FileEdits, Goal, MissionId, MissionSpec, Result, SiteKind, Symbol, Undecided,
};
use axon_workspace::{MergeOptions, Tree, rebase};

use super::carry::{Here, carry};
use super::{Bringing, Mentions};
use crate::effects::plan::{Found, after, refuse_blocked};
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
                Some(open) => return Err(in_use(of, symbol, Some(&open))),
                None if is_there(source, symbol)? => return Err(in_use(of, symbol, None)),
                None => {}
            },
        }
    }
    if go.is_empty() {
        return Err(Error::new(Code::NothingToDo, "nothing that it removed is here any more"));
    }
    let names = go.iter().map(|one| one.symbol.qualified.clone()).collect();
    Ok((look(names)?.located, go))
}

fn in_use(of: MissionId, symbol: &Symbol, open: Option<&Finding>) -> Error {
    let name = &symbol.qualified;
    let what = match open {
        Some(open) => format!(
            "{of} removed {name} because nothing used it, and here that is not proven: {}",
            open.evidence
        ),
        None => format!("{of} removed {name} because nothing used it, and here something does"),
    };
    let symbol = open.map_or(symbol, |open| &open.symbol);
    Error::new(Code::NeedsDecision, what)
        .at(format!("{}:{}", symbol.path, symbol.line))
        .hint("axon run --remove-dead removes what is unused here")
}

/// Whether a symbol is still defined.
fn is_there(source: &TreeSource<'_>, symbol: &Symbol) -> Result<bool> {
    let request = axon_code::Rename {
        from: symbol.qualified.clone(),
        to: format!("{}_{}", symbol.name, "x".repeat(24)),
        at: None,
        kind: None,
        keep_alias: false,
        undecided: Undecided::Leave,
    };
    match axon_code::rename(source, &request, &[]) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Code::SymbolNotFound => Ok(false),
        Err(error) if error.code() == Code::SymbolAmbiguous => Ok(true),
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
        let target = axon_workspace::TreeView::new(contents, merged);
        let mut mentions = Mentions::new();
        for file in &mut located.files {
            let beside = self.beside(&target, file)?;
            let is_beside = |site: &axon_domain::Site| beside.contains(site);
            let (beside, kept): (Vec<_>, Vec<_>) = file.sites.drain(..).partition(is_beside);
            file.sites = kept;
            file.sites.extend(self.new_ones(&file.path, beside, &mut mentions)?);
            file.sites.sort_by_key(|site| (site.edit.start, site.edit.end));
        }
        located.files.retain(|file| !file.sites.is_empty());
        located.mentions.extend(mentions.into_values().flatten());
        Ok(located)
    }

    /// The places of a file in lines that the merge leaves as they are.
    fn beside(
        &self,
        target: &axon_workspace::TreeView<'_>,
        file: &FileEdits,
    ) -> Result<Vec<axon_domain::Site>> {
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
