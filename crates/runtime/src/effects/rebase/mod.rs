//! Bringing what a mission came to onto another commit.
//!
//! Three steps. The change is merged by lines with what the new commit has; what cannot be
//! merged is for a person. Then the goal is located on the new commit, as a new mission would:
//! where its places come to the merged lines they are the edits, and where the new commit has
//! places that the earlier mission could not know they are edited too. What places do not
//! explain (a conflict that a person settled by hand, for instance) is carried over as lines.
//! Goals of which a place is more than a name are done anew, and joined with what was merged.
//! From there on it is a mission like any other: coders, merge, check, critic, commit.

mod anew;
mod carry;
mod earlier;

use std::cell::Cell;
use std::collections::BTreeMap;

use axon_code::{Located, NewFile};
use axon_domain::{
    Code, Decision, Draft, Error, FileEdits, GitId, Goal, Mention, MentionKind, MergeRecord,
    MissionId, MissionSpec, Payload, Result, Role, Site, SiteKind, Symbol,
};
use axon_engine::{Disputed, Mission};
use axon_workspace::{
    Entry, EntryMode, MergeOptions, MergeResult, Resolution, Tree, TreeChange, TreeView, rebase,
};

use super::{Bench, draft};
use crate::effects::conflicts;
use crate::report::{Removed, counted};
use crate::source::TreeSource;
use crate::task::{WholeFile, state};
use anew::is_done_anew;
use carry::{Carried, Here, carry};
use earlier::Earlier;

/// What the locating of a rebase comes to.
pub(super) enum Brought {
    /// Some of it cannot be merged: the events that say so.
    Conflicts(Vec<Draft>),
    /// Everything that is to be edited.
    Plan(Box<Plan>),
}

/// What is to be edited, and why.
pub(super) struct Plan {
    /// Places and mentions, as for any goal.
    pub(super) located: Located,
    /// Files that change as a whole.
    pub(super) wholes: BTreeMap<String, WholeFile>,
    /// Definitions that go because nothing uses them.
    pub(super) removed: Vec<Removed>,
    /// How the change is brought over.
    pub(super) decision: Decision,
}

/// The goal of a rebase.
struct Order<'a> {
    of: MissionId,
    goal: &'a Goal,
    base_commit: GitId,
    base: Tree,
    result: Tree,
    onto: Tree,
}

/// Merges the change and locates the goal on the new commit.
pub(super) fn bring(
    bench: &Bench<'_>,
    mission: &Mission,
    spec: &MissionSpec,
    source: &TreeSource<'_>,
) -> Result<Brought> {
    let order = order(spec)?;
    let merged = merge(bench, mission, &order)?;
    if !merged.conflicts.is_empty() {
        return Ok(Brought::Conflicts(in_conflict(mission, &merged)));
    }
    let base = TreeView::new(bench.contents(), order.base);
    let result = TreeView::new(bench.contents(), order.result);
    let here = TreeView::new(bench.contents(), order.onto);
    let earlier = Earlier::read(bench, order.of, &base, &result, &here)?;
    let mut anew = locate_here(source, spec, &order, &earlier)?;
    let settled: Vec<&Disputed> =
        mission.conflicts.all().filter(|one| one.settled.is_some()).collect();
    let (here, earlier) = (&here, &earlier);
    let bringing = Bringing { order: &order, here, earlier, settled: &settled, new: Cell::new(0) };
    let mut tree = merged.tree;
    if is_done_anew(order.goal) && anew.fault.is_none() {
        let both = bringing.join(anew.located, tree)?;
        (tree, anew.located, anew.fault) = (both.tree, both.located, both.fault);
    }
    let changed = here.diff(&TreeView::new(bench.contents(), tree))?;
    let Anew { located, removed, fault } = anew;
    let (located, wholes) = bringing.compose(located, &changed)?;
    if located.files.is_empty() && wholes.is_empty() {
        let what = format!("nothing of {} is left to do: HEAD has all of it already", order.of);
        return Err(Error::new(Code::NothingToDo, what));
    }
    let counts = Counts::of(&located, &wholes, &merged, bringing.new.get());
    let decision = decision(bench, spec, &order, &counts, fault, &settled)?;
    Ok(Brought::Plan(Box::new(Plan { located, wholes, removed, decision })))
}

fn order(spec: &MissionSpec) -> Result<Order<'_>> {
    let Goal::Rebase { of, goal, base_commit, base_tree, changes } = &spec.goal else {
        return Err(Error::new(Code::Bug, "this is no rebase"));
    };
    Ok(Order {
        of: *of,
        goal,
        base_commit: *base_commit,
        base: Tree::of(*base_tree),
        result: Tree { base: *base_tree, delta: Some(*changes) },
        onto: Tree::of(spec.base_tree),
    })
}

/// The merge by lines, with what people said about its conflicts.
fn merge(bench: &Bench<'_>, mission: &Mission, order: &Order<'_>) -> Result<MergeResult> {
    let mut resolutions = BTreeMap::<(usize, String), Resolution>::new();
    for disputed in mission.conflicts.all() {
        let Some(settled) = &disputed.settled else { continue };
        if let Some(resolution) = conflicts::resolution(bench.contents(), settled)? {
            resolutions.insert((0, disputed.path.clone()), resolution);
        }
    }
    let options = MergeOptions { resolutions, ..MergeOptions::default() };
    rebase(bench.contents(), &order.base, &order.result, &order.onto, &options)
}

/// What could be merged, and what could not.
fn in_conflict(mission: &Mission, merged: &MergeResult) -> Vec<Draft> {
    let record = MergeRecord {
        changes: merged.tree.delta,
        files: u32::try_from(merged.merged.len()).unwrap_or(u32::MAX),
        wave: 0,
        tasks: 0,
    };
    let payloads = merged.conflicts.iter().map(conflicts::found);
    // The conflicts first: only a mission that is in conflict keeps a part.
    let payloads = payloads.chain([Payload::Merge(record)]);
    payloads.map(|payload| draft(mission, Role::Supervisor, payload)).collect()
}

/// The goal as it is to be located on the new commit. The one place that knows what goals name.
fn goal_here(goal: &Goal, symbol: Option<&Symbol>, definition: Option<(String, u32)>) -> Goal {
    match goal {
        // A line that was given is one of the old commit.
        Goal::Rename { from, to, kind, keep_alias, .. } => Goal::Rename {
            from: match (&definition, symbol) {
                (None, Some(symbol)) => symbol.qualified.clone(),
                _ => from.clone(),
            },
            to: to.clone(),
            at: definition,
            kind: symbol.map(|symbol| symbol.kind).or(*kind),
            keep_alias: *keep_alias,
        },
        Goal::Signature { signature, .. } => {
            Goal::Signature { signature: signature.clone(), at: definition }
        }
        Goal::Move { symbol, into, .. } => {
            Goal::Move { symbol: symbol.clone(), into: into.clone(), at: definition }
        }
        other => other.clone(),
    }
}

/// What the goal comes to on the new commit.
#[derive(Default)]
struct Anew {
    located: Located,
    removed: Vec<Removed>,
    /// Why that is nothing.
    fault: Option<String>,
}

/// What the goal means on the new commit. That it means nothing there, or nothing certain, is
/// no reason to stop: then there is just the merge, and why is told.
fn locate_here(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    order: &Order<'_>,
    earlier: &Earlier<'_>,
) -> Result<Anew> {
    let nothing = |fault| Ok(Anew { fault: Some(fault), ..Anew::default() });
    let located = match order.goal {
        Goal::Several { .. } | Goal::Rebase { .. } => {
            return nothing("it is not done for a list of goals".to_owned());
        }
        Goal::RemoveDead { closed, .. } => {
            anew::unused(source, spec, order.of, &earlier.removed, *closed)
        }
        goal => {
            let goal = goal_here(goal, earlier.symbol.as_ref(), earlier.definition_here()?);
            super::locate(source, spec, &goal).map(|located| (located, Vec::new()))
        }
    };
    match located {
        Ok((located, removed)) => Ok(Anew { located, removed, fault: None }),
        Err(error) => match error.code() {
            Code::NothingToDo | Code::SymbolNotFound | Code::SymbolAmbiguous => {
                nothing(error.to_string())
            }
            // Someone may have done some of it here: what the merge brings is the answer.
            Code::Usage | Code::NameCollision if is_done_anew(order.goal) => {
                nothing(error.to_string())
            }
            _ => Err(error),
        },
    }
}

/// Where a change is brought over.
struct Bringing<'a> {
    order: &'a Order<'a>,
    here: &'a TreeView<'a>,
    earlier: &'a Earlier<'a>,
    settled: &'a [&'a Disputed],
    /// How many places are edited that the earlier mission could not know.
    new: Cell<usize>,
}

/// Places that are not edited, by path.
type Mentions = BTreeMap<String, Vec<Mention>>;

impl Bringing<'_> {
    /// Every edit: what the merge brings, and what is new on this commit.
    fn compose(
        &self,
        found: Located,
        changed: &[TreeChange],
    ) -> Result<(Located, BTreeMap<String, WholeFile>)> {
        let mut places: BTreeMap<String, FileEdits> =
            found.files.into_iter().map(|file| (file.path.clone(), file)).collect();
        let mut mentions = self.judge(found.mentions)?;
        let mut wholes = BTreeMap::new();
        let mut files = Vec::new();
        let mut created = Vec::new();
        for change in changed {
            if let Some(made) = self.made(change, &found.created)? {
                created.push(made);
                continue;
            }
            let known = places.remove(&change.path).map(|file| file.sites).unwrap_or_default();
            let (edits, whole) = self.file(change, known, &mut mentions)?;
            wholes.extend(whole.map(|whole| (change.path.clone(), whole)));
            files.push(edits);
        }
        // What is done anew is in the tree already.
        places.retain(|_, _| !is_done_anew(self.order.goal));
        for file in places.into_values() {
            let sites = self.new_ones(&file.path, file.sites, &mut mentions)?;
            files.push(FileEdits { sites, ..file });
        }
        files.retain(|file| !file.sites.is_empty() || wholes.contains_key(&file.path));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mentions = mentions.into_values().flatten().collect();
        Ok((Located { files, created, mentions, ..found }, wholes))
    }

    /// A file that the goal makes here, with what the merge has in it.
    fn made(&self, change: &TreeChange, created: &[NewFile]) -> Result<Option<NewFile>> {
        let path = &change.path;
        let (None, Some(new)) = (change.old, change.new) else { return Ok(None) };
        if new.mode != EntryMode::Regular || !created.iter().any(|file| file.path == *path) {
            return Ok(None);
        }
        let bytes = self.here.contents().read_file(path, new.content)?;
        let text = String::from_utf8(bytes).ok();
        Ok(text.map(|text| NewFile { path: path.clone(), text }))
    }

    /// The edits of a file that the merge changes.
    fn file(
        &self,
        change: &TreeChange,
        known: Vec<Site>,
        mentions: &mut Mentions,
    ) -> Result<(FileEdits, Option<WholeFile>)> {
        let path = &change.path;
        let contents = self.here.contents();
        let edits = |base, sites| FileEdits { path: path.clone(), base, sites };
        let why = self.why(path);
        let is_text = |entry: Entry| entry.mode != EntryMode::Link;
        if let (Some(old), Some(new)) = (change.old, change.new)
            && old.mode == new.mode
            && is_text(old)
        {
            let before = contents.read_file(path, old.content)?;
            let after = contents.read_file(path, new.content)?;
            let of_file = mentions.get(path).map_or(&[][..], Vec::as_slice);
            let asked: Vec<Site> = of_file.iter().filter_map(as_site).collect();
            let here =
                Here { before: &before, after: &after, sites: &known, asked: &asked, why: &why };
            if let Some(Carried { edits: mut sites, untouched }) = carry(&here) {
                if !is_done_anew(self.order.goal) {
                    sites.extend(self.new_ones(path, untouched, mentions)?);
                }
                sites.sort_by_key(|site| (site.edit.start, site.edit.end));
                if let Some(of_file) = mentions.get_mut(path) {
                    of_file.retain(|one| !covered(&sites, one));
                }
                return Ok((edits(old.content, sites), None));
            }
        }
        let whole = change.new.map_or(WholeFile::Gone, |entry| WholeFile::Is(state(entry)));
        mentions.remove(path);
        let base = match change.old {
            Some(old) => old.content,
            None => contents.keep(b"")?,
        };
        Ok((edits(base, Vec::new()), Some(whole)))
    }

    /// The places that the earlier mission could not know; those that it left alone stay so.
    fn new_ones(&self, path: &str, sites: Vec<Site>, mentions: &mut Mentions) -> Result<Vec<Site>> {
        let mut new = Vec::with_capacity(sites.len());
        for mut site in sites {
            if self.earlier.left(path, site.line, site.column)? {
                let left = self.left_before(path, &site);
                mentions.entry(path.to_owned()).or_default().push(left);
                continue;
            }
            site.evidence = format!("{} (new since {})", site.evidence, self.order.of);
            new.push(site);
        }
        self.new.set(self.new.get() + new.len());
        Ok(new)
    }

    fn left_before(&self, path: &str, site: &Site) -> Mention {
        Mention {
            path: path.to_owned(),
            line: site.line,
            column: site.column,
            kind: MentionKind::LeftBefore,
            excerpt: site.evidence.clone(),
            why: format!("{} left it out", self.order.of),
            edit: None,
        }
    }

    /// What somebody was asked about before is not asked again.
    fn judge(&self, mentions: Vec<Mention>) -> Result<Mentions> {
        let mut judged = Mentions::new();
        for mut mention in mentions {
            let asks = mention.kind.asks();
            if asks && self.earlier.left(&mention.path, mention.line, mention.column)? {
                mention.kind = MentionKind::LeftBefore;
                mention.why = format!("{}; {} left it alone", mention.why, self.order.of);
            }
            judged.entry(mention.path.clone()).or_default().push(mention);
        }
        Ok(judged)
    }

    /// Why lines of a file are carried over.
    fn why(&self, path: &str) -> String {
        let of = self.order.of;
        match self.settled.iter().find(|one| one.path == path).and_then(|one| one.settled.as_ref())
        {
            Some(settled) => format!(
                "the change of {of}, in conflict here and settled by a person: {} (event {})",
                settled.how, settled.event
            ),
            None => format!("the change of {of}"),
        }
    }
}

/// A place that a person may have included.
fn as_site(mention: &Mention) -> Option<Site> {
    let edit = mention.edit.clone().filter(|_| mention.kind.asks())?;
    Some(Site {
        line: mention.line,
        column: mention.column,
        kind: SiteKind::Reference,
        evidence: format!("included before: {}", mention.why),
        edit,
    })
}

/// Whether an edit covers the place of a mention.
fn covered(sites: &[Site], mention: &Mention) -> bool {
    let same = |site: &Site| (site.line, site.column) == (mention.line, mention.column);
    let within = |site: &Site, edit: &axon_domain::TextEdit| {
        site.kind == SiteKind::Carried && site.edit.start <= edit.start && edit.end <= site.edit.end
    };
    sites.iter().any(|site| same(site) || mention.edit.as_ref().is_some_and(|it| within(site, it)))
}

/// How much of what is brought over.
struct Counts {
    as_it_was: usize,
    joined: usize,
    settled: usize,
    new: usize,
    carried: usize,
}

impl Counts {
    fn of(
        located: &Located,
        wholes: &BTreeMap<String, WholeFile>,
        merged: &MergeResult,
        new: usize,
    ) -> Self {
        let sites = || located.files.iter().flat_map(|file| &file.sites);
        Self {
            as_it_was: merged.merged.len() - merged.joined.len(),
            joined: merged.joined.len(),
            settled: merged.resolved.len(),
            new,
            carried: sites().filter(|site| site.kind == SiteKind::Carried).count() + wholes.len(),
        }
    }
}

fn decision(
    bench: &Bench<'_>,
    spec: &MissionSpec,
    order: &Order<'_>,
    counts: &Counts,
    fault: Option<String>,
    settled: &[&Disputed],
) -> Result<Decision> {
    let of = order.of;
    let files = |number, what: &str| match number {
        0 => None,
        number => Some(format!("{} {what}", counted(number, "file", "files"))),
    };
    let parts = [
        files(counts.as_it_was, &format!("as {of} has them")),
        files(counts.joined, "joined line by line with what changed since"),
        files(counts.settled, "as a person settled the conflict"),
        (counts.new > 0).then(|| {
            format!("{} that {of} could not know", counted(counts.new, "place", "places"))
        }),
    ];
    let chosen = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let short = |id: GitId| id.to_string()[..10].to_owned();
    let (from, to) = (short(order.base_commit), short(spec.base_commit));
    let follows = bench.axon.repository.descends(spec.base_commit, order.base_commit)?;
    let rationale = if follows {
        format!("{of} began with {from}, and {to} comes after it")
    } else {
        format!(
            "{of} began with {from}, which {to} does not come after (another branch, or rewritten \
             history): what differs between both was merged all the same"
        )
    };
    let mut rejected: Vec<String> = fault.into_iter().collect();
    for place in &mut rejected {
        *place = format!("looking for places that are new here: {place}");
    }
    let settled = settled.iter().filter_map(|one| {
        let settled = one.settled.as_ref()?;
        Some(format!("event {}: {} is settled: {}", settled.event, one.path, settled.how))
    });
    let carried = (counts.carried > 0)
        .then(|| format!("{} carried over as lines", counted(counts.carried, "part", "parts")));
    Ok(Decision {
        trigger: format!("how the change of {of} is brought here"),
        rationale,
        chosen,
        rejected,
        evidence: carried.into_iter().chain(settled).collect(),
        details: None,
    })
}
