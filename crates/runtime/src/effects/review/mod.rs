//! The critic: reads the merged tree without trusting how it came about.
//!
//! Two questions, each answered from the tree itself. Does it differ from the base by the
//! plan's edits, byte for byte, and by nothing else? And is the goal reached: for a rename, does
//! the new name mean what the old one meant? Locating it again in the result must find the same
//! places and no others, so a name that captures something, or is captured, is found out even
//! where it compiles.

mod bytes;
mod left;
mod rename;

use std::collections::BTreeMap;

use axon_domain::{
    Code, Draft, FileEdits, Goal, MissionSpec, ObjectStore as _, Payload, Reflex, ReflexVerdict,
    Result, Role, TaskId,
};
use axon_engine::{Mission, TaskState};
use axon_workspace::TreeView;

use crate::effects::{Bench, draft, spec};
use crate::report::{self, counted};
use crate::source::TreeSource;
use crate::task::FileTask;

/// What the critic comes to.
struct Judgement {
    /// `None`: it cannot be said.
    passed: Option<bool>,
    why: String,
}

impl Judgement {
    fn passes(why: impl Into<String>) -> Self {
        Self { passed: Some(true), why: why.into() }
    }

    fn fails(why: impl Into<String>) -> Self {
        Self { passed: Some(false), why: why.into() }
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self { passed: None, why: why.into() }
    }
}

/// The tasks that are in the result, by file, in the order of their numbers.
type Plan = BTreeMap<String, Vec<(TaskId, FileTask)>>;

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let plan = plan(bench, mission)?;
    let base = bench.view(spec.base_tree, None);
    let result = bench.view(spec.base_tree, mission.changes);
    let judgement = match bytes::compare(bench, mission, &base, &result, &plan)? {
        Some(fault) => Judgement::fails(fault),
        None => judge_meaning(&result, spec, &edits(&plan))?,
    };
    let verdict = ReflexVerdict {
        reflex: Reflex::Review,
        subject: "the critic's review".to_owned(),
        passed: judgement.passed,
        note: judgement.why,
        output: None,
        millis: 0,
    };
    Ok(vec![draft(mission, Role::Critic, Payload::Reflex(verdict))])
}

fn plan(bench: &Bench<'_>, mission: &Mission) -> Result<Plan> {
    let mut plan = Plan::new();
    for (number, task) in (1..).zip(&mission.tasks) {
        if task.state == TaskState::Merged {
            let kept: FileTask = report::read(&bench.ledger.get(task.edits)?, task.edits)?;
            plan.entry(task.path.clone()).or_default().push((TaskId(number), kept));
        }
    }
    Ok(plan)
}

/// The edits of each file together. Where several tasks edit one file, their edits are of the
/// same bytes and do not touch, or the file is left to the comparison of bytes.
fn edits(plan: &Plan) -> BTreeMap<String, FileEdits> {
    let of = |(path, tasks): (&String, &Vec<_>)| Some((path.clone(), bytes::together(tasks)?));
    plan.iter().filter_map(of).collect()
}

/// Whether the goal is reached in the result.
fn judge_meaning(
    result: &TreeView<'_>,
    spec: &MissionSpec,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Judgement> {
    let source = TreeSource::new(result, &spec.grants)?;
    let is_rebase = matches!(spec.goal, Goal::Rebase { .. });
    match spec.goal.origin() {
        Goal::Rename { from, to, .. } if is_rebase => left::judge(&source, spec, from, to, plan),
        Goal::Rename { to, .. } => rename::judge(&source, spec, to, plan),
        goal @ (Goal::Rewrite { .. } | Goal::Rebase { .. }) => {
            let spec = MissionSpec { goal: goal.clone(), ..spec.clone() };
            judge_rewrite(&source, &spec, plan)
        }
    }
}

fn judge_rewrite(
    source: &TreeSource<'_>,
    spec: &MissionSpec,
    plan: &BTreeMap<String, FileEdits>,
) -> Result<Judgement> {
    let planned: usize = plan.values().map(|file| file.sites.len()).sum();
    let planned = counted(planned, "planned edit", "planned edits");
    Ok(match super::locate(source, spec) {
        Err(error) if error.code() == Code::NothingToDo => {
            Judgement::passes(format!("exactly the {planned}; the pattern no longer matches"))
        }
        Err(error) => return Err(error),
        // The replacement may match its own pattern, so what is left proves nothing.
        Ok(found) => {
            let found: usize = found.files.iter().map(|file| file.sites.len()).sum();
            let places = counted(found, "place", "places");
            Judgement::passes(format!(
                "exactly the {planned}; the pattern matches {places} of the result"
            ))
        }
    })
}
