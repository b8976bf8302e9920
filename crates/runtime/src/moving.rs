//! Moving what a mission came to onto the commit at HEAD.

use axon_domain::{CheckChoice, Code, Error, Goal, MissionId, MissionSpec, Result, Undecided};
use axon_engine::Mission;

use crate::axon::{Axon, result_branch};
use crate::settings::Request;

/// How a mission is moved; what is not said is as the mission was given.
#[derive(Debug, Clone, Default)]
pub struct MoveOptions {
    /// The check.
    pub check: Option<CheckChoice>,
    /// What happens to places that nothing in the code decides.
    pub undecided: Option<Undecided>,
    /// How many coders work at once; `None`: one for each processor.
    pub agents: Option<u32>,
    /// Run the check and the hooks without confinement, this once.
    pub unconfined: bool,
    /// Leave the Git hooks out, this once.
    pub no_verify: bool,
}

/// The mission that moves another one.
#[derive(Debug, Clone)]
pub struct Move {
    /// To be given to [`Axon::run`].
    pub request: Request,
    /// Whether HEAD comes after the commit that the other mission began with.
    pub follows: bool,
}

impl Axon {
    /// What is to be asked for so that a mission's result is moved onto HEAD. The mission itself
    /// stays as it is.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a mission; [`Code::WrongState`] if it has not ended, has
    /// no result, or was applied or discarded; [`Code::NothingToDo`] where HEAD is still where it
    /// began, or has its commit already; [`Code::PayloadErased`].
    pub fn moving(&self, id: MissionId, options: MoveOptions) -> Result<Move> {
        let mission = self.ledger().and_then(|_| self.mission(id))?;
        let spec = movable(&mission)?;
        let head = self.repository.head()?.commit;
        if head == spec.base_commit {
            let what = format!("HEAD is still where {id} began");
            return Err(Error::new(Code::NothingToDo, what).hint(format!("axon apply {id}")));
        }
        if let Some(commit) = mission.commit
            && self.repository.descends(head, commit)?
        {
            let what = format!("HEAD has the commit of {id} already");
            return Err(Error::new(Code::NothingToDo, what).at(commit.to_string()));
        }
        let changes = mission.changes.ok_or_else(|| erased(id, "what it came to was erased"))?;
        let follows = self.repository.descends(head, spec.base_commit)?;
        let goal = Goal::Rebase {
            of: id,
            goal: Box::new(spec.goal.origin().clone()),
            base_commit: spec.base_commit,
            base_tree: spec.base_tree,
            changes,
        };
        let request = Request {
            goal,
            paths: spec.paths.clone(),
            check: options.check.unwrap_or_else(|| spec.check.clone()),
            undecided: options.undecided.unwrap_or(spec.undecided),
            agents: options.agents,
            unconfined: options.unconfined,
            no_verify: options.no_verify,
        };
        Ok(Move { request, follows })
    }

    /// Keeps the commits that a new mission reads from being collected as garbage.
    pub(crate) fn pin_commits(&self, id: MissionId, spec: &MissionSpec) -> Result<()> {
        self.repository.pin(&id.to_string(), spec.base_commit)?;
        match &spec.goal {
            Goal::Rebase { base_commit, .. } => self.repository.pin(&moved_from(id), *base_commit),
            _ => Ok(()),
        }
    }
}

/// The name under which the commit is kept that a mission's change was made on, where that is
/// not its own base.
pub(crate) fn moved_from(id: MissionId) -> String {
    format!("{id}-moved-from")
}

/// What a mission was given, if its result can be moved.
fn movable(mission: &Mission) -> Result<&MissionSpec> {
    let id = mission.id;
    if mission.spec.is_none() {
        return Err(erased(id, "what was asked for was erased"));
    }
    if mission.applied {
        return Err(Error::new(Code::WrongState, format!("{id} was applied"))
            .hint("its change is in the branch that it was applied to; there is nothing to move"));
    }
    result_branch(mission)?;
    mission.spec.as_ref().ok_or_else(|| erased(id, "what was asked for was erased"))
}

fn erased(id: MissionId, what: &str) -> Error {
    Error::new(Code::PayloadErased, what)
        .at(id.to_string())
        .hint("its branch, if it is still there, is an ordinary branch: git merge")
}
