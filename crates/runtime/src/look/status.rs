//! Where things stand.

use std::path::PathBuf;

use axon_domain::{GitId, Result};
use axon_engine::Mission;

use crate::axon::Axon;
use crate::look::{AtWork, Standing};

/// Where things stand in a repository.
#[derive(Debug, Clone)]
pub struct Status {
    /// The root of the repository.
    pub root: PathBuf,
    /// The branch of HEAD, unless it is detached.
    pub branch: Option<String>,
    /// The commit of HEAD.
    pub head: GitId,
    /// How many tracked files have uncommitted changes.
    pub changed: usize,
    /// How many events there are; `None` without a ledger.
    pub events: Option<u64>,
    /// The process that writes the ledger now, and what it works on.
    pub at_work: AtWork,
    /// Missions that ask for something: interrupted, or with a result that was neither applied
    /// nor discarded.
    pub missions: Vec<Mission>,
}

impl Status {
    /// Whether a mission was interrupted and nobody works on it.
    #[must_use]
    pub fn needs_resume(&self) -> bool {
        let stands = |mission| self.at_work.standing(mission);
        self.missions.iter().any(|mission| stands(mission) == Some(Standing::Interrupted))
    }
}

impl Axon {
    /// Where things stand.
    ///
    /// # Errors
    /// Those of reading the repository and the ledger.
    pub fn status(&self) -> Result<Status> {
        let head = self.repository.head()?;
        let tree = self.repository.working_tree()?;
        let asks = |mission: &Mission| match mission.outcome() {
            None => true,
            Some(outcome) => outcome.has_result() && !mission.applied && !mission.discarded,
        };
        Ok(Status {
            root: self.root().to_owned(),
            branch: head.branch,
            head: head.commit,
            changed: tree.changed.len(),
            events: self.reader()?.map(|reader| reader.last()).transpose()?.map(|seq| seq.0),
            at_work: self.at_work(),
            missions: self.missions()?.into_iter().filter(asks).collect(),
        })
    }
}
