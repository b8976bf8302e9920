//! What people do with missions, through the dispatcher of the process that owns the ledger:
//! the same whether they are in that process or asked it over its socket.

use axon_domain::{
    Code, CommitStep, ControlStep, Draft, Error, MissionEnd, MissionId, Outcome, Payload, Result,
    Role,
};
use axon_engine::{Mission, Phase};
use axon_workspace::Applied;

use crate::axon::{Axon, commit_record, elsewhere, result_branch};
use crate::check;
use crate::dispatch::Handle;

/// Tells a mission what a person says, durably; gives how many of its steps still run.
pub(crate) fn control(
    handle: &Handle,
    id: MissionId,
    step: ControlStep,
    reason: &str,
) -> Result<usize> {
    let running = handle.control(id, step, reason)?;
    handle.ledger().sync()?;
    Ok(running)
}

/// Brings a mission's result into the current branch and the working tree.
pub(crate) fn apply(axon: &Axon, handle: &Handle, id: MissionId) -> Result<Applied> {
    let _turn = axon.shared.changing();
    let (mission, live) = handle.look(id)?;
    if live {
        return Err(at_work(id).hint(format!("follow it: axon attach {id}")));
    }
    let branch = result_branch(&mission)?;
    let applied = axon.repository.apply(&branch).map_err(|error| elsewhere(error, id))?;
    if !mission.applied {
        record_commit(handle, &mission, CommitStep::Applied)?;
    }
    axon.let_go_of_base(id);
    Ok(applied)
}

/// Removes a mission's branch, or ends a mission that nobody works on.
pub(crate) fn discard(axon: &Axon, handle: &Handle, id: MissionId) -> Result<()> {
    let _turn = axon.shared.changing();
    let (mission, live) = handle.look(id)?;
    if live {
        return Err(at_work(id).hint(format!("stop it: axon cancel {id}")));
    }
    if mission.phase != Phase::Ended {
        let end = MissionEnd {
            outcome: Outcome::Cancelled,
            code: None,
            reason: "discarded by a person".to_owned(),
            hint: None,
        };
        handle.record(vec![Draft::new(Role::Operator, Payload::MissionEnded(end)).of(id)])?;
        check::clean_up(axon, id);
        axon.let_go_of_base(id);
        return Ok(());
    }
    if mission.applied {
        return Err(Error::new(Code::WrongState, format!("{id} was applied"))
            .hint(format!("git revert {}", short_commit(&mission))));
    }
    let branch = result_branch(&mission)?;
    if let Some(commit) = mission.commit {
        match axon.repository.delete_branch(&branch, commit) {
            // A branch that a person removed is as gone as it should be.
            Err(error) if error.code() != Code::NotFound => return Err(error),
            _ => {}
        }
    }
    record_commit(handle, &mission, CommitStep::Discarded)?;
    axon.let_go_of_base(id);
    Ok(())
}

fn at_work(id: MissionId) -> Error {
    Error::new(Code::WrongState, format!("{id} is at work"))
}

/// Records what a person did with a mission's commit.
fn record_commit(handle: &Handle, mission: &Mission, step: CommitStep) -> Result<()> {
    let payload = commit_record(mission, step);
    handle.record(vec![Draft::new(Role::Operator, payload).of(mission.id)])
}

fn short_commit(mission: &Mission) -> String {
    mission.commit.map_or_else(String::new, |commit| commit.to_string()[..10].to_owned())
}
