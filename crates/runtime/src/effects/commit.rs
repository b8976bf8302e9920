//! The mission's commit: on a branch of its own, with trailers into the ledger.

use axon_domain::{
    Code, CommitRecord, CommitStep, Draft, Error, GitId, MissionSpec, Payload, Result, Role,
};
use axon_engine::Mission;
use axon_workspace::{CommitRequest, FileChange, FileMode, trailers};

use crate::effects::{Bench, spec};
use crate::report::counted;

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
    let record =
        CommitRecord { step: CommitStep::Made, branch: spec.branch.clone(), commit: Some(commit) };
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
    let message = format!(
        "{title}\n\n{sites} in {files}; {mentions} left alone.\n\n\
         {MISSION}: {id}\n{LEDGER}: {ledger}\n{EVENT}: {event}\n{CHECKPOINT}: {checkpoint}\n",
        title = subject(mission),
        sites = counted(mission.sites, "place", "places"),
        files = counted(mission.files, "file", "files"),
        mentions = counted(mission.mentions, "mention", "mentions"),
        id = mission.id,
        ledger = bench.ledger.id(),
        event = mission.last_step,
        checkpoint = checkpoint.to_trailer(),
    );
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
    bench.axon.repository.commit(&CommitRequest {
        parent: spec.base_commit,
        changes: &changes,
        message: &message,
        branch: &spec.branch,
        time_seconds: i64::try_from(millis / 1_000).unwrap_or(i64::MAX),
    })
}

/// The first line: what was asked for, at most 72 characters, as Git's tools expect.
fn subject(mission: &Mission) -> String {
    let title = mission.title().replace(['\n', '\r'], " ");
    if title.chars().count() <= 72 {
        return title;
    }
    let kept: String = title.chars().take(71).collect();
    format!("{kept}…")
}
