//! The mission's commit: on a branch of its own, with trailers into the ledger.

use axon_domain::{
    Code, CommitRecord, CommitStep, Draft, Error, GitId, Goal, MissionSpec, ObjectStore as _,
    Payload, Result, Role,
};
use axon_engine::{Mission, TaskState};
use axon_workspace::{CommitRequest, FileChange, FileMode, trailers};

use crate::effects::{Bench, spec};
use crate::report::{self, Report, counted};

/// The trailer that names the mission.
pub(crate) const MISSION: &str = "Axon-Mission";
/// The trailer that names the ledger.
pub(crate) const LEDGER: &str = "Axon-Ledger";
/// The trailer that names the event that wanted the commit.
pub(crate) const EVENT: &str = "Axon-Event";
/// The trailer with a signed checkpoint of the ledger.
pub(crate) const CHECKPOINT: &str = "Axon-Checkpoint";

pub(super) fn perform(bench: &Bench<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let commit = match made_before(bench, mission, spec)? {
        Some(commit) => commit,
        None => make(bench, mission, spec)?,
    };
    let record = CommitRecord {
        step: CommitStep::Made,
        branch: spec.branch.clone(),
        commit: Some(commit),
        message: None,
    };
    Ok(vec![super::draft(mission, Role::Supervisor, Payload::Commit(record))])
}

/// The commit of this very mission, if a process made it and ended before saying so.
fn made_before(bench: &Bench<'_>, mission: &Mission, spec: &MissionSpec) -> Result<Option<GitId>> {
    let repository = &bench.axon.repository;
    let branches = repository.branches(&spec.branch)?;
    let Some((_, commit)) = branches.into_iter().find(|(name, _)| *name == spec.branch) else {
        return Ok(None);
    };
    let info = repository.commit_info(commit)?;
    let trailers = trailers(&info.message);
    let has = |key: &str, value: &str| trailers.iter().any(|(k, v)| k == key && v == value);
    let ours = info.parents == [spec.base_commit]
        && has(MISSION, &mission.id.to_string())
        && has(LEDGER, &bench.ledger.id().to_string())
        && has(EVENT, &mission.last_step.to_string());
    if ours {
        return Ok(Some(commit));
    }
    Err(Error::new(Code::BranchExists, "the branch of the mission exists and is not ours")
        .at(spec.branch.clone())
        .hint(format!("git branch -m {0} {0}-old", spec.branch)))
}

fn make(bench: &Bench<'_>, mission: &Mission, spec: &MissionSpec) -> Result<GitId> {
    // Signs everything up to here, so that a pushed branch is a witness of it.
    let checkpoint = bench.ledger.checkpoint()?;
    let ours = format!(
        "{MISSION}: {id}\n{LEDGER}: {ledger}\n{EVENT}: {event}\n{CHECKPOINT}: {checkpoint}\n",
        id = mission.id,
        ledger = bench.ledger.id(),
        event = mission.last_step,
        checkpoint = checkpoint.to_trailer(),
    );
    let message = with_trailers(&message(bench, mission)?, &ours);
    with_request(bench, mission, spec, &message, |request| bench.axon.repository.commit(request))
}

/// What the commit says without Axon's trailers: what a hook left, or what nobody changed.
pub(super) fn message(bench: &Bench<'_>, mission: &Mission) -> Result<String> {
    let Some(id) = mission.message else {
        return Ok(format!(
            "{title}\n\n{sites} in {files}; {mentions} left alone.\n{goals}",
            title = subject(mission),
            goals = goals(bench, mission)?,
            sites = counted(mission.sites, "place", "places"),
            files = counted(mission.files, "file", "files"),
            mentions = counted(mission.mentions, "mention", "mentions"),
        ));
    };
    String::from_utf8(bench.ledger.get(id)?).map_err(|cause| {
        Error::new(Code::LedgerDamaged, "a commit's message is not UTF-8")
            .at(id.to_string())
            .hint("run `axon verify`")
            .because(cause)
    })
}

/// The goals of a list, one a line, each with whether it is in the result.
fn goals(bench: &Bench<'_>, mission: &Mission) -> Result<String> {
    let Some(Goal::Several { goals }) = mission.goal() else { return Ok(String::new()) };
    let Some(id) = mission.report else { return Ok(String::new()) };
    let report: Report = report::read(&bench.ledger.get(id)?, id)?;
    let mut tasks = mission.tasks.as_slice();
    let mut text = String::new();
    for (goal, found) in goals.iter().zip(&report.goals) {
        let count = usize::try_from(found.tasks).unwrap_or(usize::MAX).min(tasks.len());
        let (own, rest) = tasks.split_at(count);
        tasks = rest;
        let merged = own.iter().filter(|task| task.state == TaskState::Merged).count();
        let left_out = match merged {
            0 => " (left out)",
            all if all == count => "",
            _ => " (in part)",
        };
        text += &format!("{}- {}{left_out}\n", if text.is_empty() { "\n" } else { "" }, line(goal));
    }
    Ok(text)
}

/// A goal in one line.
fn line(goal: &Goal) -> String {
    goal.origin().title().replace(['\n', '\r'], " ")
}

/// The message with our trailers at its end, in one paragraph with those that it has. What a
/// hook may have written under their names is not ours, and goes.
fn with_trailers(message: &str, ours: &str) -> String {
    let reserved = |line: &&str| {
        let key = line.split_once(':').map(|(key, _)| key.trim());
        key.is_some_and(|key| {
            [MISSION, LEDGER, EVENT, CHECKPOINT].iter().any(|own| own.eq_ignore_ascii_case(key))
        })
    };
    let kept: Vec<&str> = message.lines().filter(|line| !reserved(line)).collect();
    let kept = kept.join("\n");
    let kept = kept.trim_end();
    let between = if trailers(kept).is_empty() { "\n\n" } else { "\n" };
    format!("{kept}{between}{ours}")
}

/// Does something with the commit that the mission comes to.
pub(super) fn with_request<T>(
    bench: &Bench<'_>,
    mission: &Mission,
    spec: &MissionSpec,
    message: &str,
    act: impl FnOnce(&CommitRequest<'_>) -> Result<T>,
) -> Result<T> {
    let base = bench.view(spec.base_tree, None);
    let result = bench.view(spec.base_tree, mission.changes);
    let mut contents = Vec::new();
    for change in base.diff(&result)? {
        let entry = match change.new {
            Some(entry) => {
                let bytes = bench.contents().read_file(&change.path, entry.content)?;
                Some((FileMode::from(entry.mode), bytes))
            }
            None => None,
        };
        contents.push((change.path, entry));
    }
    let changes: Vec<FileChange<'_>> = contents
        .iter()
        .map(|(path, entry)| {
            (path.as_str(), entry.as_ref().map(|(mode, bytes)| (*mode, bytes.as_slice())))
        })
        .collect();
    let millis = mission.commit_wanted.map_or(0, axon_domain::Hlc::millis);
    act(&CommitRequest {
        parent: spec.base_commit,
        changes: &changes,
        message,
        branch: &spec.branch,
        time_seconds: i64::try_from(millis / 1_000).unwrap_or(i64::MAX),
    })
}

/// The first line: what was asked for, at most 72 characters, as Git's tools expect.
fn subject(mission: &Mission) -> String {
    let title = mission.goal().map_or_else(|| mission.title(), line);
    if title.chars().count() <= 72 {
        return title;
    }
    let kept: String = title.chars().take(71).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "Axon-Mission: m1\nAxon-Event: 7\n";

    #[test]
    fn our_trailers_end_the_message_whatever_a_hook_left() {
        for (message, expected) in [
            ("Subject\n\nBody.\n", "Subject\n\nBody.\n\nAxon-Mission: m1\nAxon-Event: 7\n"),
            ("Subject", "Subject\n\nAxon-Mission: m1\nAxon-Event: 7\n"),
            ("fix: subject\n", "fix: subject\n\nAxon-Mission: m1\nAxon-Event: 7\n"),
            (
                "Subject\n\nBody.\n\nChange-Id: I1\n",
                "Subject\n\nBody.\n\nChange-Id: I1\nAxon-Mission: m1\nAxon-Event: 7\n",
            ),
            (
                "Subject\n\naxon-event: 1\nAxon-Mission: m9\n",
                "Subject\n\nAxon-Mission: m1\nAxon-Event: 7\n",
            ),
        ] {
            let found = with_trailers(message, OURS);
            assert_eq!(found, expected);
            let keys: Vec<String> = trailers(&found).into_iter().map(|(key, _)| key).collect();
            assert!(keys.ends_with(&[MISSION.to_owned(), EVENT.to_owned()]), "{keys:?}");
        }
    }
}
