//! What a goal comes to: edits by file, and the tree after them.

use std::collections::BTreeMap;

use axon_code::{Located, NewFile, apply_edits};
use axon_domain::{
    Code, Decision, Error, FileEdits, Goal, MentionKind, Result, Site, SiteKind, Skipped, TextEdit,
};
use axon_workspace::{Contents, Edit, Entry, EntryMode, Tree, TreeView};

use crate::report::{FilePlan, GoalReport, Report, count_sites};

/// What one goal comes to on a tree.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) goal: Goal,
    pub(crate) report: Report,
    /// Sorted by path.
    pub(crate) files: Vec<FilePlan>,
    /// What a person said.
    pub(crate) answers: Vec<Decision>,
}

impl Found {
    pub(crate) fn new(
        contents: Contents<'_>,
        goal: &Goal,
        located: Located,
        answers: Vec<Decision>,
    ) -> Result<Self> {
        let Located { symbol, rejected, files, created, mentions, skipped } = located;
        let edited = files.into_iter().map(FilePlan::from);
        let mut files: Vec<FilePlan> = edited.collect();
        for file in created {
            let name = symbol.as_ref().map_or("the symbol", |symbol| symbol.name.as_str());
            let evidence = format!("a new file for {name}");
            files.push(made(contents, file, evidence)?);
        }
        files.sort_by(|a, b| a.edits.path.cmp(&b.edits.path));
        let sites = count_sites(&files);
        let (removed, goals) = (Vec::new(), Vec::new());
        let report = Report { symbol, rejected, sites, mentions, skipped, removed, goals };
        Ok(Self { goal: goal.clone(), report, files, answers })
    }
}

/// A file that is made, as one edit of an empty one.
fn made(contents: Contents<'_>, file: NewFile, evidence: String) -> Result<FilePlan> {
    let edit = TextEdit { start: 0, end: 0, text: file.text };
    let site = Site { line: 1, column: 1, kind: SiteKind::Addition, evidence, edit };
    let base = contents.keep(b"")?;
    let edits = FileEdits { path: file.path, base, sites: vec![site] };
    Ok(FilePlan { edits, created: true, whole: None })
}

/// Refuses files that cannot be made, because a file, a link or a submodule is in the way.
pub(crate) fn refuse_blocked(view: &TreeView<'_>, created: &[NewFile]) -> Result<()> {
    if created.is_empty() {
        return Ok(());
    }
    let there = view.files()?;
    for file in created {
        let ends = file.path.match_indices('/').map(|(at, _)| at).chain([file.path.len()]);
        for way in ends.map(|end| &file.path[..end]) {
            if there.binary_search_by(|other| other.path.as_str().cmp(way)).is_ok() {
                let what = format!("`{}` cannot be made: `{way}` is in the way", file.path);
                return Err(Error::new(Code::Usage, what).hint("name another module"));
            }
        }
    }
    Ok(())
}

/// The tree after these edits.
pub(crate) fn after(contents: Contents<'_>, tree: Tree, files: &[FilePlan]) -> Result<Tree> {
    let view = TreeView::new(contents, tree);
    let base = TreeView::new(contents, Tree::of(tree.base));
    let mut edits = Vec::with_capacity(files.len());
    for FilePlan { edits: file, created, .. } in files {
        let entry = view.entry(&file.path)?.filter(|_| !created);
        let (before, mode) = match entry {
            Some(entry) => (contents.read_file(&file.path, entry.content)?, entry.mode),
            None => (Vec::new(), EntryMode::Regular),
        };
        let bytes = apply_edits(&before, &file.sites)?;
        let original = base.entry(&file.path)?.filter(|original| original.mode == mode);
        let edit = match original {
            // A difference that is none would never be merged.
            Some(original) if contents.read_file(&file.path, original.content)? == bytes => {
                Edit::Restore
            }
            _ => Edit::Put(Entry { content: contents.keep(&bytes)?, mode }),
        };
        edits.push((file.path.clone(), edit));
    }
    let delta = tree.delta().apply(contents.store, &edits)?;
    Ok(Tree { base: tree.base, delta: delta.root() })
}

/// Places in text and prose that the report of a list lists in all.
const LISTED: usize = 10_000;

/// One report of everything.
pub(crate) fn report_of_all(mut goals: Vec<Found>) -> Report {
    if goals.len() == 1
        && let Some(only) = goals.pop()
    {
        return only.report;
    }
    let mut all = Report::default();
    let mut sites = BTreeMap::<SiteKind, u32>::new();
    let mut skipped = BTreeMap::<String, String>::new();
    let mut left = LISTED;
    for Found { goal, mut report, files, .. } in goals {
        for (kind, number) in &report.sites {
            *sites.entry(*kind).or_default() += number;
        }
        for file in std::mem::take(&mut report.skipped) {
            skipped.entry(file.path).or_insert(file.why);
        }
        report.mentions.retain(|mention| {
            let wordy = matches!(mention.kind, MentionKind::Text | MentionKind::Prose);
            let keep = !wordy || left > 0;
            left -= usize::from(wordy && keep);
            keep
        });
        let tasks = u32::try_from(files.len()).unwrap_or(u32::MAX);
        all.goals.push(GoalReport { title: goal.title(), tasks, report });
    }
    all.sites = sites.into_iter().collect();
    all.skipped = skipped.into_iter().map(|(path, why)| Skipped { path, why }).collect();
    all
}
