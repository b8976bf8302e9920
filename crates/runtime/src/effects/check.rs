//! The project's own check on a tree of the mission.

use std::time::Instant;

use axon_domain::ObjectStore;
use axon_domain::{
    Access, Code, Draft, Error, Payload, PolicyVerdict, Reflex, ReflexVerdict, Result, Role,
    ToolCall,
};
use axon_engine::Mission;
use axon_reflexes::Found;

use crate::check;
use crate::effects::{Bench, Desk, draft, spec};

/// On which tree the check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tree {
    /// The merged tree of the mission.
    Result,
    /// The base.
    Base,
}

pub(super) fn perform(
    bench: &Bench<'_>,
    desk: &Desk<'_>,
    mission: &Mission,
    tree: Tree,
) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let reflex = match tree {
        Tree::Result => Reflex::Check,
        Tree::Base => Reflex::BaseCheck,
    };
    let verdict = |subject: &str, passed, note: String, output, millis| {
        let subject = subject.to_owned();
        let verdict = ReflexVerdict { reflex, subject, passed, note, output, millis };
        draft(mission, Role::Critic, Payload::Reflex(verdict))
    };
    let found = match check::of(bench.axon, spec)? {
        Found::Check(found) => found,
        Found::Nothing { looked_for } => {
            let note = format!("no check was found\nlooked for {looked_for}");
            return Ok(vec![verdict("the project's check", None, note, None, 0)]);
        }
    };
    if let Err(refusal) = spec.grants.allow(Access::Run(&found.command)) {
        let refused = PolicyVerdict {
            wanted: refusal.wanted.clone(),
            allowed: false,
            rule: refusal.missing.clone(),
        };
        return Ok(vec![
            draft(mission, Role::Supervisor, Payload::Policy(refused)),
            verdict(&found.label, None, refusal.to_string(), None, 0),
        ]);
    }
    // What runs outside of the process must never be ahead of the record.
    bench.ledger.sync()?;
    desk.progress("preparing files");
    let place = check::place(bench, mission, tree == Tree::Base)?;
    desk.progress(found.label.clone());
    let begun = Instant::now();
    let outcome = check::run(bench, mission, &found, &place, &mut |bytes| desk.output(bytes));
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Whether the check had just ended or was ended makes no difference to anybody.
    if bench.cancel.is_cancelled() {
        return Err(Error::new(Code::Interrupted, "interrupted while the check ran"));
    }
    let outcome = outcome?;
    let note = [&[outcome.note][..], first(&outcome.hints)].concat().join("\n");
    let output = Some(bench.ledger.put(&outcome.outcome.output)?);
    let call = ToolCall {
        command: found.command.clone(),
        confinement: outcome.outcome.confinement.clone(),
        exit: outcome.outcome.exit,
        limit: outcome.outcome.limit.map(|limit| limit.name().to_owned()),
        output,
        millis,
    };
    // What was stopped has not said anything, neither yes nor no.
    let passed = outcome.outcome.limit.is_none().then_some(outcome.passed);
    Ok(vec![
        draft(mission, Role::Supervisor, Payload::ToolCall(call)),
        verdict(&found.label, passed, note.trim_start().to_owned(), output, millis),
    ])
}

/// What would have to be allowed, as far as a person reads on.
fn first(hints: &[String]) -> &[String] {
    &hints[..hints.len().min(3)]
}
