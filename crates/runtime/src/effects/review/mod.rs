//! The critic: reads the merged tree without trusting how it came about.
//!
//! Two questions, each answered from the tree itself. Does it differ from the base by the
//! plan's edits, byte for byte, and by nothing else? And is the goal reached in it, by what the
//! code says now? How that is answered depends on the goal, and is said in its module. The goals
//! of a list are judged one after the other, each on the tree that its own edits make of the one
//! before.

mod bytes;
mod dead;
mod left;
mod places;
mod relocate;
mod rename;
mod same;
mod signature;

use axon_domain::{
    Code, Draft, Error, Goal, MissionSpec, ObjectStore, Payload, Reflex, ReflexVerdict, Result,
    Role, SiteKind, TaskId,
};
use axon_engine::{Mission, TaskState};
use axon_workspace::{Contents, Tree, TreeView};
use std::collections::BTreeMap;

use crate::effects::plan::after;
use crate::effects::{Bench, draft, locate, spec};
use crate::report::{self, FilePlan, Report, counted};
use crate::scratch::Scratch;
use crate::source::TreeSource;

/// Why a goal is reached, or why it is not.
type Judged = Result<Result<String, String>>;

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let report = mission.report.ok_or_else(|| {
        Error::new(Code::PayloadErased, "what was found was erased").at(mission.id.to_string())
    })?;
    let report: Report = report::read(&bench.ledger.get(report)?, report)?;
    let parts = parts(bench, mission, spec, &report)?;
    let base = bench.view(spec.base_tree, None);
    let result = bench.view(spec.base_tree, mission.changes);
    let (passed, note) =
        match bytes::compare(bench, mission, &base, &result, &plan(bench, mission)?)? {
            Some(fault) => (Some(false), fault),
            None => match judge_all(bench, spec, &result, &parts)? {
                Ok(note) => (Some(true), note),
                Err(fault) => (Some(false), fault),
            },
        };
    let verdict = ReflexVerdict {
        reflex: Reflex::Review,
        subject: "the critic's review".to_owned(),
        passed,
        note,
        output: None,
        millis: 0,
    };
    Ok(vec![draft(mission, Role::Critic, Payload::Reflex(verdict))])
}

/// The tasks that are in the result, by file, in the order of their numbers.
type Plan = BTreeMap<String, Vec<(TaskId, FilePlan)>>;

fn plan(bench: &Bench<'_>, mission: &Mission) -> Result<Plan> {
    let mut plan = Plan::new();
    for (number, task) in (1..).zip(&mission.tasks) {
        if task.state == TaskState::Merged {
            let kept: FilePlan = report::read(&bench.ledger.get(task.edits)?, task.edits)?;
            plan.entry(task.path.clone()).or_default().push((TaskId(number), kept));
        }
    }
    Ok(plan)
}

/// A goal with what of it is in the result.
struct Part<'a> {
    goal: &'a Goal,
    report: &'a Report,
    /// The edits of every task that is in the result.
    files: Vec<FilePlan>,
}

fn parts<'a>(
    bench: &Bench<'_>,
    mission: &Mission,
    spec: &'a MissionSpec,
    report: &'a Report,
) -> Result<Vec<Part<'a>>> {
    let mut tasks = mission.tasks.as_slice();
    let mut parts = Vec::new();
    let counts = report.goals.iter().map(|goal| usize::try_from(goal.tasks).unwrap_or(usize::MAX));
    let counts = counts.chain(report.goals.is_empty().then_some(tasks.len()));
    for ((goal, report), count) in spec.goal.parts().iter().zip(report.parts()).zip(counts) {
        let (own, rest) = tasks.split_at(count.min(tasks.len()));
        tasks = rest;
        let merged = own.iter().filter(|task| task.state == TaskState::Merged);
        let files = merged
            .map(|task| report::read(&bench.ledger.get(task.edits)?, task.edits))
            .collect::<Result<Vec<FilePlan>>>()?;
        parts.push(Part { goal, report, files });
    }
    Ok(parts)
}

fn judge_all(
    bench: &Bench<'_>,
    spec: &MissionSpec,
    result: &TreeView<'_>,
    parts: &[Part<'_>],
) -> Judged {
    let scratch = Scratch::over(bench.store());
    let contents = Contents { repository: &bench.axon.repository, store: &scratch };
    let mut tree = Tree::of(spec.base_tree);
    let mut notes = Vec::new();
    let list = parts.len() > 1;
    for (place, part) in parts.iter().enumerate() {
        if bench.cancel.is_cancelled() {
            return Err(Error::new(Code::Interrupted, "interrupted during the review"));
        }
        let named = |note: String| match list {
            true => format!("goal {}, {}: {note}", place + 1, part.goal.title()),
            false => note,
        };
        if part.files.is_empty() {
            notes.push(named("left out".to_owned()));
            continue;
        }
        let next = if list { after(contents, tree, &part.files)? } else { result.tree() };
        let (before, after) = (TreeView::new(contents, tree), TreeView::new(contents, next));
        match judge(spec, &before, &after, part)? {
            Ok(note) => notes.push(named(note)),
            Err(fault) => return Ok(Err(named(fault))),
        }
        tree = next;
    }
    if !list {
        return Ok(Ok(notes.concat()));
    }
    if !TreeView::new(contents, tree).diff(result)?.is_empty() {
        return Ok(Err("the goals in their order make another tree".to_owned()));
    }
    if tree.delta.is_none() {
        return Ok(Err("what is left of the goals changes nothing".to_owned()));
    }
    let kept = parts.iter().filter(|part| !part.files.is_empty()).count();
    let all = counted(parts.len(), "goal", "goals");
    let head = match parts.len() - kept {
        0 => format!("{all}, each reached in its order, and nothing else"),
        out => format!("{kept} of {all}, each reached in its order; {out} left out"),
    };
    Ok(Ok(format!("{head}\n{}", notes.join("\n"))))
}

/// Whether a goal is reached by what was made of one tree.
fn judge(
    spec: &MissionSpec,
    before: &TreeView<'_>,
    after: &TreeView<'_>,
    part: &Part<'_>,
) -> Judged {
    let result = TreeSource::new(after, &spec.grants)?;
    let base = || TreeSource::new(before, &spec.grants);
    let scene =
        |base| same::Scene { base, result: &result, spec, report: part.report, files: &part.files };
    match part.goal {
        Goal::Rename { to, .. } => rename::judge(&result, spec, to, &part.files),
        Goal::Rewrite { .. } => rewritten(&result, spec, part.goal, &part.files),
        Goal::Signature { signature, .. } => signature::judge(&scene(&base()?), signature),
        Goal::Move { .. } => relocate::judge(&scene(&base()?)),
        Goal::RemoveDead { .. } => dead::judge(&result, part.report),
        Goal::Several { .. } => Err(Error::new(Code::Bug, "a list within a list of goals")),
        Goal::Rebase { goal, .. } => match &**goal {
            Goal::Rename { from, to, .. } => left::judge(&result, spec, from, to, &part.files),
            Goal::Rewrite { .. } => rewritten(&result, spec, goal, &part.files),
            Goal::RemoveDead { .. } if !part.report.removed.is_empty() => {
                dead::judge(&result, part.report)
            }
            Goal::Signature { signature, .. } if told_by_places(part) => {
                signature::judge(&scene(&base()?), signature)
            }
            Goal::Move { .. } if told_by_places(part) => relocate::judge(&scene(&base()?)),
            _ => Ok(Ok("exactly the change that was brought over; what it means here is for \
                        the check to say"
                .to_owned())),
        },
    }
}

/// Whether places of the goal are all that a rebase brought.
fn told_by_places(part: &Part<'_>) -> bool {
    let mut sites = part.files.iter().flat_map(|file| &file.edits.sites);
    part.report.symbol.is_some()
        && part.files.iter().all(|file| file.whole.is_none())
        && sites.all(|site| site.kind != SiteKind::Carried)
}

fn rewritten(
    result: &TreeSource<'_>,
    spec: &MissionSpec,
    goal: &Goal,
    files: &[FilePlan],
) -> Judged {
    let planned: usize = files.iter().map(|file| file.edits.sites.len()).sum();
    let planned = counted(planned, "planned edit", "planned edits");
    Ok(match locate(result, spec, goal) {
        Err(error) if error.code() == Code::NothingToDo => {
            Ok(format!("exactly the {planned}; the pattern no longer matches"))
        }
        Err(error) => return Err(error),
        // The replacement may match its own pattern, so what is left proves nothing.
        Ok(left) => {
            let left: usize = left.files.iter().map(|file| file.sites.len()).sum();
            let left = counted(left, "place", "places");
            Ok(format!("exactly the {planned}; the pattern matches {left} of the result"))
        }
    })
}
