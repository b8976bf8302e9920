//! The facade: Axon in one repository.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axon_domain::{
    Code, CommitRecord, CommitStep, Draft, Error, Grants, MissionEnd, MissionId, MissionSpec,
    Outcome, Payload, PolicyVerdict, Result, Role,
};
use axon_engine::{Mission, Phase, State};
use axon_ledger::{LedgerId, Reader, gone};
use axon_reflexes::Found;
use axon_sandbox::Cancel;
use axon_workspace::{Applied, Repository, Tree};

use crate::check;
use crate::dispatch;
use crate::hooks;
use crate::moving::moved_from;
use crate::observer::Observer;
use crate::owner::Owner;
use crate::settings::{Request, Settings};
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
        Ok(Self { settings, repository: Arc::new(repository), home, ledger_id })
    }

    /// The root of the repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.repository.root()
    }

    /// Gives a mission and works on it to its end.
    ///
    /// # Errors
    /// [`Code::NeedsResume`] while another mission has not ended. What kept the mission from
    /// ending: it can be resumed. A mission that ended badly is not an error here; see
    /// [`Mission::end`].
    pub fn run(
        &self,
        request: Request,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        check::require_confinement(self, &request)?;
        let mut owner = Owner::take(self)?;
        if let Some(open) = owner.state.open_missions().find(|it| !it.in_conflict()) {
            return Err(needs_resume(open));
        }
        let id = self.next_mission(&owner.state)?;
        let no_verify = request.no_verify;
        let spec = self.spec(id, request)?;
        self.pin_commits(id, &spec)?;
        let lifted = lifted(&spec, no_verify);
        let given = Payload::MissionGiven(Box::new(spec));
        let mut drafts = vec![Draft::new(Role::Operator, given).of(id)];
        drafts.extend(lifted.into_iter().map(|it| Draft::new(Role::Operator, it).of(id)));
        dispatch::drive(self, &mut owner, id, drafts, observer, cancel)?;
        self.finished(&owner, id)
    }

    /// Goes on with an interrupted mission.
    ///
    /// # Errors
    /// As [`Axon::run`]; [`Code::NotFound`] without such a mission.
    pub fn resume(
        &self,
        id: MissionId,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        self.go_on(id, "was interrupted and goes on", observer, cancel)
    }

    /// Works on a mission that has begun; the note says why now.
    pub(crate) fn go_on(
        &self,
        id: MissionId,
        note: &str,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        let mut owner = self.take_over()?;
        if owner.mission(id)?.phase != Phase::Ended {
            let note = format!("{id} {note}");
            let drafts = vec![owner.signal(&note).of(id)];
            dispatch::drive(self, &mut owner, id, drafts, observer, cancel)?;
        }
        self.finished(&owner, id)
    }

    /// A mission that was worked on to its end. One that merged nothing has nothing to look at.
    fn finished(&self, owner: &Owner, id: MissionId) -> Result<Mission> {
        let mission = owner.mission(id)?;
        if mission.phase == Phase::Ended && mission.changes.is_none() {
            self.let_go_of_base(id);
        }
        Ok(mission)
    }

    /// Brings a mission's result into the current branch and the working tree.
    ///
    /// # Errors
    /// [`Code::WrongState`] without a result, and the codes of [`Repository::apply`].
    pub fn apply(&self, id: MissionId) -> Result<Applied> {
        let mut owner = self.take_over()?;
        let mission = owner.mission(id)?;
        let branch = result_branch(&mission)?;
        let applied = self.repository.apply(&branch).map_err(|error| elsewhere(error, id))?;
        if !mission.applied {
            owner.record_commit(&mission, CommitStep::Applied)?;
        }
        self.let_go_of_base(id);
        Ok(applied)
    }

    /// Removes a mission's branch, or ends a mission that was interrupted. The record stays.
    ///
    /// # Errors
    /// [`Code::WrongState`] if it was applied or discarded before.
    pub fn discard(&self, id: MissionId) -> Result<()> {
        let mut owner = self.take_over()?;
        let mission = owner.mission(id)?;
        if mission.phase != Phase::Ended {
            let end = MissionEnd {
                outcome: Outcome::Cancelled,
                code: None,
                reason: "discarded by a person".to_owned(),
                hint: None,
            };
            owner.record(Draft::new(Role::Operator, Payload::MissionEnded(end)).of(id))?;
            owner.close()?;
            self.let_go_of_base(id);
            return Ok(());
        }
        if mission.applied {
            return Err(Error::new(Code::WrongState, format!("{id} was applied"))
                .hint(format!("git revert {}", short_commit(&mission))));
        }
        let branch = result_branch(&mission)?;
        if let Some(commit) = mission.commit {
            match self.repository.delete_branch(&branch, commit) {
                // A branch that a person removed is as gone as it should be.
                Err(error) if error.code() != Code::NotFound => return Err(error),
                _ => {}
            }
        }
        owner.record_commit(&mission, CommitStep::Discarded)?;
        self.let_go_of_base(id);
        Ok(())
    }

    /// The commit that a mission began from is kept for it until nobody is to decide anything
    /// about it any more, and then as long as nothing else keeps it: `rewind`, `diff` and `why`
    /// read it. A pin too many does no harm, so a failure is none.
    fn let_go_of_base(&self, id: MissionId) {
        let _ = self.repository.unpin(&id.to_string());
        let _ = self.repository.unpin(&moved_from(id));
    }

    /// The right to write a ledger that is there already: nothing but a first mission makes one.
    pub(crate) fn take_over(&self) -> Result<Owner> {
        self.ledger()?;
        Owner::take(self)
    }

    /// The process that writes the ledger now.
    #[must_use]
    pub fn owner(&self) -> Option<u32> {
        axon_ledger::owner(&self.home)
    }

    /// Missions that have not ended and could go on, in the order in which they were given;
    /// those in conflict wait for a person ([`Axon::conflicted_missions`]).
    ///
    /// # Errors
    /// Those of reading the ledger.
    pub fn open_missions(&self) -> Result<Vec<MissionId>> {
        let state = self.state()?;
        let open = state.open_missions().filter(|mission| !mission.in_conflict());
        Ok(open.map(|mission| mission.id).collect())
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

    /// The lowest number above all missions whose branch is free: a ledger that was removed
    /// leaves its branches behind.
    fn next_mission(&self, state: &State) -> Result<MissionId> {
        let taken = self.repository.branches("axon/")?;
        let mut number = state.missions.keys().next_back().map_or(1, |id| id.0 + 1);
        while taken.iter().any(|(branch, _)| *branch == format!("axon/m{number}")) {
            number += 1;
        }
        Ok(MissionId(number))
    }

    pub(crate) fn spec(&self, id: MissionId, request: Request) -> Result<MissionSpec> {
        let head = self.repository.head()?;
        let config = check::config(self, head.tree)?;
        let command = match check::find(self, head.tree, &config, &request.check)? {
            Found::Check(found) => Some(found.command),
            Found::Nothing { .. } => None,
        };
        let hooks = hooks::wanted(self, &request, head.tree)?;
        let folder = self.repository.hook_folder()?;
        let hooks_run = hooks.iter().map(|name| hooks::command(&folder, name));
        let everything = vec![".".to_owned()];
        let grants = Grants {
            read: everything.clone(),
            write: everything,
            run: command.into_iter().chain(hooks_run).collect(),
            hosts: Vec::new(),
            limits: check::limits(&config),
        };
        Ok(MissionSpec {
            goal: request.goal,
            paths: request.paths,
            check: request.check,
            undecided: request.undecided,
            base_commit: head.commit,
            base_tree: head.tree,
            head_branch: head.branch,
            branch: format!("axon/{id}"),
            agents: request.agents.unwrap_or_else(processors),
            grants,
            unconfined: request.unconfined,
            hooks,
        })
    }
}

/// The rules that a person lifted for this run.
fn lifted(spec: &MissionSpec, no_verify: bool) -> Vec<Payload> {
    let what = if spec.hooks.is_empty() { "the check" } else { "the check and the hooks" };
    let unconfined = (format!("run {what} without confinement"), "--unconfined");
    let no_hooks = ("commit without running any hook".to_owned(), "--no-verify");
    let given = [spec.unconfined.then_some(unconfined), no_verify.then_some(no_hooks)];
    let lift = |(wanted, option): (String, &str)| {
        let rule = format!("{option}, given by a person for this run");
        Payload::Policy(PolicyVerdict { wanted, allowed: true, rule })
    };
    given.into_iter().flatten().map(lift).collect()
}

fn processors() -> u32 {
    std::thread::available_parallelism()
        .ok()
        .and_then(|number| u32::try_from(number.get()).ok())
        .map_or(1, |number| number.min(64))
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
fn elsewhere(error: Error, id: MissionId) -> Error {
    if error.code() != Code::HeadMoved {
        return error;
    }
    error.hint(format!(
        "axon rebase {id} brings it onto HEAD and checks it again; git merge axon/{id} only merges"
    ))
}

fn needs_resume(open: &Mission) -> Error {
    let id = open.id;
    Error::new(Code::NeedsResume, "a mission was interrupted, and comes first")
        .at(format!("{id}: {}", open.title()))
        .hint(format!("go on with it: axon resume; or give it up: axon discard {id}"))
}

pub(crate) fn no_mission(id: MissionId) -> Error {
    Error::new(Code::NotFound, "there is no such mission")
        .at(id.to_string())
        .hint("`axon missions` lists them")
}

fn short_commit(mission: &Mission) -> String {
    mission.commit.map_or_else(String::new, |commit| commit.to_string()[..10].to_owned())
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
