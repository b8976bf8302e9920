//! The facade: Axon in one repository.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axon_domain::{Code, CommitRecord, CommitStep, Error, MissionId, Payload, Result};
use axon_engine::{Mission, Phase, State};
use axon_ledger::{LedgerId, Reader, gone};
use axon_workspace::{Repository, Tree};

use crate::moving::moved_from;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::state;

/// Axon in one repository. Cheap to clone; opening it reads nothing but the repository's place.
#[derive(Clone)]
pub struct Axon {
    pub(crate) settings: Settings,
    pub(crate) repository: Arc<Repository>,
    /// `.axon`, at the root of the repository.
    pub(crate) home: PathBuf,
    /// The ledger's id, once it was read.
    pub(crate) ledger_id: Arc<OnceLock<LedgerId>>,
    /// What the missions at work in this process share.
    pub(crate) shared: Arc<Shared>,
}

impl Axon {
    /// Finds the repository that the settings' folder is in.
    ///
    /// # Errors
    /// [`Code::NotARepository`] and the other codes of [`Repository::discover`].
    pub fn open(settings: Settings) -> Result<Self> {
        let repository = Repository::discover(&settings.start)?;
        let home = repository.root().join(".axon");
        let ledger_id = Arc::new(OnceLock::new());
        let (repository, shared) = (Arc::new(repository), Arc::default());
        Ok(Self { settings, repository, home, ledger_id, shared })
    }

    /// The root of the repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.repository.root()
    }

    /// The commit that a mission began from is kept for it until nobody is to decide anything
    /// about it any more, and then as long as nothing else keeps it: `rewind`, `diff` and `why`
    /// read it. A pin too many does no harm, so a failure is none.
    pub(crate) fn let_go_of_base(&self, id: MissionId) {
        let _ = self.repository.unpin(&id.to_string());
        let _ = self.repository.unpin(&moved_from(id));
    }

    /// The process that writes the ledger now.
    #[must_use]
    pub fn owner(&self) -> Option<u32> {
        axon_ledger::owner(&self.home)
    }

    /// Missions that have not ended, in the order in which they were given; how each stands says
    /// [`Axon::at_work`].
    ///
    /// # Errors
    /// Those of reading the ledger.
    pub fn open_missions(&self) -> Result<Vec<Mission>> {
        let open = |mission: &Mission| mission.phase != Phase::Ended;
        Ok(self.state()?.missions.into_values().filter(open).collect())
    }

    /// Every mission, in the order of their numbers.
    ///
    /// # Errors
    /// Those of reading the ledger.
    pub fn missions(&self) -> Result<Vec<Mission>> {
        Ok(self.state()?.missions.into_values().collect())
    }

    /// One mission.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of reading the ledger.
    pub fn mission(&self, id: MissionId) -> Result<Mission> {
        self.state()?.missions.remove(&id).ok_or_else(|| no_mission(id))
    }

    /// What the ledger adds up to; empty where there is none yet.
    pub(crate) fn state(&self) -> Result<State> {
        match self.reader()? {
            Some(reader) => state::read(&reader),
            None => Ok(State::default()),
        }
    }

    /// The ledger, read only; `None` where there is none yet.
    pub(crate) fn reader(&self) -> Result<Option<Reader>> {
        match Reader::open(&self.home) {
            Ok(reader) => Ok(Some(reader)),
            Err(error) if error.code() == Code::NotFound => {
                self.refuse_witnessed()?;
                Ok(None)
            }
            Err(error) if error.code() == Code::LedgerDamaged && self.ledger_begins() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where there is no ledger in a `.axon` that is there, branches with checkpoints say that
    /// there was one. Without the folder somebody wanted a new beginning.
    fn refuse_witnessed(&self) -> Result<()> {
        if !self.home.is_dir() || self.owner().is_some() {
            return Ok(());
        }
        match self.witnessed()? {
            Some((branch, ledger)) => {
                Err(gone(&self.home, &format!("{branch} is recorded in {ledger}")))
            }
            None => Ok(()),
        }
    }

    /// Whether a process is making the ledger at this moment: somebody owns it, and its file
    /// has no format yet (SQLite's user version, a big-endian number at byte 60).
    fn ledger_begins(&self) -> bool {
        let mut header = Vec::with_capacity(64);
        let read = File::open(self.home.join("ledger.db"))
            .and_then(|file| file.take(64).read_to_end(&mut header));
        let no_format = header.get(60..64).is_none_or(|format| format == [0; 4]);
        self.owner().is_some() && read.is_ok() && no_format
    }

    /// The ledger, read only.
    pub(crate) fn ledger(&self) -> Result<Reader> {
        self.reader()?.ok_or_else(|| {
            Error::new(Code::NotFound, "there is no ledger yet")
                .at(self.home.display().to_string())
                .hint("the first mission makes it: axon run --help")
        })
    }
}

/// The branch of a mission that has a result and still has it.
pub(crate) fn result_branch(mission: &Mission) -> Result<String> {
    let id = mission.id;
    let state = |what: String, hint: &str| Err(Error::new(Code::WrongState, what).hint(hint));
    match (&mission.spec, mission.outcome()) {
        _ if mission.discarded => state(
            format!("{id} was discarded"),
            "axon rewind --to EVENT --into DIR brings back its files",
        ),
        (_, None) if mission.in_conflict() => {
            state(format!("{id} is in conflict"), &format!("axon conflicts {id}"))
        }
        (_, None) => state(format!("{id} was interrupted"), "axon resume"),
        (Some(spec), Some(outcome)) if outcome.has_result() => Ok(spec.branch.clone()),
        _ => state(format!("{id} has no result"), &format!("axon show {id}")),
    }
}

/// The error of a result that HEAD has moved away from, with both ways on.
pub(crate) fn elsewhere(error: Error, id: MissionId) -> Error {
    if error.code() != Code::HeadMoved {
        return error;
    }
    error.hint(format!(
        "axon rebase {id} brings it onto HEAD and checks it again; git merge axon/{id} only merges"
    ))
}

pub(crate) fn no_mission(id: MissionId) -> Error {
    Error::new(Code::NotFound, "there is no such mission")
        .at(id.to_string())
        .hint("`axon missions` lists them")
}

/// A commit record of a mission.
pub(crate) fn commit_record(mission: &Mission, step: CommitStep) -> Payload {
    let branch = mission.spec.as_ref().map_or_else(String::new, |spec| spec.branch.clone());
    Payload::Commit(CommitRecord { step, branch, commit: mission.commit, message: None })
}

/// The base of a mission and its merged tree.
pub(crate) fn result_tree(mission: &Mission) -> Result<(Tree, Tree)> {
    match (&mission.spec, mission.changes) {
        (Some(spec), Some(delta)) => {
            let base = spec.base_tree;
            Ok((Tree::of(base), Tree { base, delta: Some(delta) }))
        }
        (None, _) => Err(Error::new(Code::PayloadErased, "what was asked for was erased")
            .at(mission.id.to_string())),
        (_, None) => Err(Error::new(Code::WrongState, "this mission has merged nothing")
            .at(mission.id.to_string())
            .hint(format!("axon show {}", mission.id))),
    }
}
