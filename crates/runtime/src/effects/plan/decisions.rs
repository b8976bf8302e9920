//! What is recorded of how a plan came about.

use axon_domain::{Decision, Goal, Mention, MentionKind, MissionSpec, Result};

use super::Found;
use crate::check;
use crate::effects::Bench;
use crate::report::{FilePlan, counted};

/// Definitions that a decision names, of those that are removed and of those that stay.
const NAMED: usize = 50;

/// What a decision is about, for the goal at a place of a list (from 0).
pub(super) fn of_goal(place: usize, trigger: &str) -> String {
    format!("goal {}: {trigger}", place + 1)
}

/// The place of the goal that a decision is about; `None` where it is about all of them.
pub(crate) fn goal_of(trigger: &str) -> Option<usize> {
    let (number, _) = trigger.strip_prefix("goal ")?.split_once(": ")?;
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// What the goal means, and what that rests on.
pub(super) fn what_is_meant(found: &Found) -> Decision {
    if matches!(found.goal, Goal::RemoveDead { .. }) {
        return what_is_unused(found);
    }
    let report = &found.report;
    let evidence = report
        .sites
        .iter()
        .map(|(kind, number)| format!("{number} × {}", kind.name()))
        .chain(first_sites(&found.files))
        .collect();
    let (trigger, chosen, rationale) = match &report.symbol {
        Some(symbol) => (
            "which symbol is meant".to_owned(),
            format!("{} {} ({}:{})", symbol.kind, symbol.qualified, symbol.path, symbol.line),
            "found by its definition; every place was resolved to it through imports, scopes and \
             types that the code itself states"
                .to_owned(),
        ),
        None => (
            "which places match".to_owned(),
            found.goal.title(),
            "matched on syntax trees, not on text".to_owned(),
        ),
    };
    let rejected = report.rejected.clone();
    Decision { trigger, rationale, chosen, rejected, evidence, details: None }
}

/// The evidence of the first few places; the rest is in the tasks.
fn first_sites(files: &[FilePlan]) -> impl Iterator<Item = String> {
    let sites = files.iter().flat_map(|file| file.edits.sites.iter().map(move |site| (file, site)));
    sites.take(5).map(|(file, site)| {
        format!("{}:{} {}: {}", file.edits.path, site.line, site.kind.name(), site.evidence)
    })
}

fn what_is_unused(found: &Found) -> Decision {
    let removed = &found.report.removed;
    let evidence = removed.iter().take(NAMED).map(|one| {
        let symbol = &one.symbol;
        let place = format!("{}:{}", symbol.path, symbol.line);
        format!("{place} {} {}: {}", symbol.kind, symbol.qualified, one.evidence)
    });
    let stays =
        found.report.mentions.iter().filter(|mention| {
            matches!(mention.kind, MentionKind::Unused | MentionKind::PerhapsUnused)
        });
    let describe = |mention: &Mention| {
        let place = format!("{}:{}", mention.path, mention.line);
        format!("{place} {}: {}", mention.excerpt, mention.why)
    };
    Decision {
        trigger: "which definitions are unused".to_owned(),
        rationale:
            "their names stand nowhere in the tree but in comments, in prose, in themselves \
                    and in each other"
                .to_owned(),
        chosen: format!("remove {}", counted(removed.len(), "definition", "definitions")),
        rejected: stays.take(NAMED).map(describe).collect(),
        evidence: evidence.collect(),
        details: None,
    }
}

/// Which check proves the result.
pub(super) fn how_proven(bench: &Bench<'_>, spec: &MissionSpec) -> Result<Decision> {
    let (chosen, rationale) = check::describe(bench.axon, spec)?;
    Ok(Decision {
        trigger: "how the result is proven".to_owned(),
        rationale,
        chosen,
        rejected: Vec::new(),
        evidence: Vec::new(),
        details: None,
    })
}
