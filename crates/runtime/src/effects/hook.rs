//! One of the user's Git hooks, on the commit that the mission comes to.

use std::time::Instant;

use axon_domain::{
    Access, Code, CommitRecord, CommitStep, Draft, Error, Limits, MissionSpec, ObjectId,
    ObjectStore as _, Payload, PolicyVerdict, Reflex, ReflexVerdict, Result, Role, ToolCall,
};
use axon_engine::Mission;
use axon_reflexes::{Check, CheckOutcome, Place, last_lines};

use crate::effects::{Bench, Desk, commit, draft, spec};
use crate::{check, hooks};

/// Files that a note names, of those that a hook wants to change.
const NAMED: usize = 5;

pub(super) fn perform(bench: &Bench<'_>, desk: &Desk<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let Some(name) = mission.next_hook() else {
        return Err(Error::new(Code::Bug, "every hook has run").at(mission.id.to_string()));
    };
    let judge = |passed, note: String, output, millis| {
        let (reflex, subject) = (Reflex::Hook, name.to_owned());
        let verdict = ReflexVerdict { reflex, subject, passed, note, output, millis };
        draft(mission, Role::Critic, Payload::Reflex(verdict))
    };
    let repository = &bench.axon.repository;
    if !repository.commit_hooks(spec.base_tree)?.iter().any(|there| there == name) {
        return Ok(vec![judge(Some(true), "it is not there any more".to_owned(), None, 0)]);
    }
    let command = hooks::command(&repository.hook_folder()?, name);
    if let Err(refusal) = spec.grants.allow(Access::Run(&command)) {
        let (wanted, rule) = (refusal.wanted.clone(), refusal.missing.clone());
        let refused = PolicyVerdict { wanted, allowed: false, rule };
        return Ok(vec![
            draft(mission, Role::Supervisor, Payload::Policy(refused)),
            judge(Some(false), refusal.to_string(), None, 0),
        ]);
    }
    // What runs outside of the process must never be ahead of the record.
    bench.ledger.sync()?;
    desk.progress(format!("preparing files for {name}"));
    let message = commit::message(bench, mission)?;
    let mut place = check::place(bench, mission, false)?;
    let tree = commit::with_request(bench, mission, spec, &message, |request| {
        hooks::furnish(bench.axon, &mut place, request, name)
    })?;
    desk.progress(name);
    let job = job(bench, spec, name, hooks::script(&place, &command, tree))?;
    let begun = Instant::now();
    let outcome = check::run(bench, mission, &job, &place, &mut |bytes| desk.output(bytes));
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    if bench.cancel.is_cancelled() {
        return Err(Error::new(Code::Interrupted, "interrupted while a hook ran"));
    }
    let outcome = outcome?;
    let output = Some(bench.ledger.put(&outcome.outcome.output)?);
    let call = ToolCall {
        command,
        confinement: outcome.outcome.confinement.clone(),
        exit: outcome.outcome.exit,
        limit: outcome.outcome.limit.map(|limit| limit.name().to_owned()),
        output,
        millis,
    };
    let mut drafts = vec![draft(mission, Role::Supervisor, Payload::ToolCall(call))];
    let (passed, note) = match said(&outcome, &place, name) {
        Ok(Some(new)) if new != message => {
            let id = bench.ledger.put(new.as_bytes())?;
            drafts.push(draft(mission, Role::Supervisor, reworded(spec, id)));
            (Some(true), "it changed the message".to_owned())
        }
        Ok(_) => (Some(true), String::new()),
        Err(note) => (outcome.outcome.limit.is_none().then_some(false), note),
    };
    drafts.push(judge(passed, note, output, millis));
    Ok(drafts)
}

/// How a hook is run: with what a check gets, and within the same limits.
fn job(bench: &Bench<'_>, spec: &MissionSpec, name: &str, command: String) -> Result<Check> {
    let config = check::config(bench.axon, spec.base_tree)?;
    Ok(Check {
        command,
        label: name.to_owned(),
        why: String::new(),
        limits: config.as_ref().map_or(Limits::CHECK, |config| config.limits),
        bring: config.map(|config| config.bring).unwrap_or_default(),
    })
}

fn reworded(spec: &MissionSpec, message: ObjectId) -> Payload {
    let (step, branch) = (CommitStep::Reworded, spec.branch.clone());
    Payload::Commit(CommitRecord { step, branch, commit: None, message: Some(message) })
}

/// The message that a hook left, where it is one that may change it; or why it rejects the commit.
fn said(outcome: &CheckOutcome, place: &Place, name: &str) -> Result<Option<String>, String> {
    if outcome.outcome.limit.is_some() {
        return Err(outcome.note.clone());
    }
    if !outcome.passed {
        let how = match (outcome.outcome.exit, outcome.outcome.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "it ended without saying how".to_owned(),
        };
        let mut lines = vec![how];
        lines.extend(Some(last_lines(&outcome.outcome)).filter(|lines| !lines.is_empty()));
        lines.extend(hooks::confinement_hint(&outcome.outcome.output));
        lines.extend(outcome.hints.iter().take(3).cloned());
        return Err(lines.join("\n"));
    }
    let changed = hooks::changed(place);
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(NAMED);
        let mut files = changed[..changed.len().min(NAMED)].join(", ");
        if more > 0 {
            files += &format!(" and {more} more");
        }
        return Err(format!(
            "it wants to change {files}\nwhat was planned and reviewed is committed as it is: let \
             the hook only judge, or leave it out and run it after `axon apply`"
        ));
    }
    if name == "pre-commit" { Ok(None) } else { Ok(Some(hooks::message(place)?)) }
}
