//! HEAD, branches and revisions.

use axon_domain::{Code, Error, GitId, Result};
use gix::refs::transaction::{Change, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use super::Repository;
use super::convert::{failed, git_id, not_written, oid};
use super::program;

/// What HEAD points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: GitId,
    /// Its tree.
    pub tree: GitId,
    /// The branch, without `refs/heads/`; `None` when HEAD is detached.
    pub branch: Option<String>,
}

impl Repository {
    /// What HEAD points at now.
    ///
    /// # Errors
    /// [`Code::Git`] when HEAD or its commit cannot be read.
    pub fn head(&self) -> Result<Head> {
        self.with(|git| {
            let name = git.head_name().map_err(failed("HEAD cannot be read"))?;
            let commit = git.head_commit().map_err(failed("the commit at HEAD cannot be read"))?;
            let tree = commit.tree_id().map_err(failed("the commit at HEAD cannot be read"))?;
            Ok(Head {
                commit: git_id(&commit.id)?,
                tree: git_id(&tree)?,
                branch: name.map(|name| name.shorten().to_string()),
            })
        })
    }

    /// The commit that a revision means: a branch, a tag, an id or its beginning, `HEAD~2`.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it means none.
    pub fn resolve(&self, revision: &str) -> Result<GitId> {
        self.with(|git| {
            let unknown = |cause: gix::Error| {
                Error::new(Code::NotFound, "no commit has this name").at(revision).because(cause)
            };
            let id = git.rev_parse_single(revision).map_err(unknown)?;
            let commit = id.object().and_then(|found| found.peel_to_commit()).map_err(unknown)?;
            git_id(&commit.id)
        })
    }

    /// The branches whose names start with this folder (`axon/`), with their commits; all for "".
    /// Sorted by name, which is without `refs/heads/`.
    ///
    /// # Errors
    /// [`Code::Git`] when the references cannot be read.
    pub fn branches(&self, prefix: &str) -> Result<Vec<(String, GitId)>> {
        self.with(|git| {
            let references = git.references().map_err(failed("the branches cannot be read"))?;
            let mut branches = Vec::new();
            for branch in
                references.local_branches().map_err(failed("the branches cannot be read"))?
            {
                let mut branch = branch.map_err(failed("a branch cannot be read"))?;
                let name = branch.name().shorten().to_string();
                if !name.starts_with(prefix) {
                    continue;
                }
                let id = branch.peel_to_id().map_err(failed("a branch cannot be read"))?;
                branches.push((name, git_id(&id)?));
            }
            branches.sort();
            Ok(branches)
        })
    }

    /// Deletes a branch that still has this commit. Nothing happens if it is gone already.
    ///
    /// # Errors
    /// [`Code::WrongState`] when it is checked out here or in a worktree,
    /// [`Code::BranchExists`] when it has another commit now, [`Code::ReadOnly`], [`Code::Git`].
    pub fn delete_branch(&self, branch: &str, expected: GitId) -> Result<()> {
        self.with(|git| {
            let name = full_name(&format!("refs/heads/{branch}"))?;
            let Some(now) = existing(git, &name)? else { return Ok(()) };
            if now != oid(expected)? {
                return Err(Error::new(Code::BranchExists, "the branch has other commits by now")
                    .at(branch)
                    .hint(format!("look at them first: git log {branch}")));
            }
            if let Some(place) = checked_out(git, &name)? {
                return Err(Error::new(Code::WrongState, "the branch is checked out")
                    .at(format!("{branch} in {place}"))
                    .hint("go to another branch first: git switch -"));
            }
            let guard = PreviousValue::MustExistAndMatch(Target::Object(now));
            edit(git, RefEdit::delete(name, guard), None)
                .map_err(|cause| not_written("the branch", cause).at(branch))?;
            Ok(())
        })
    }

    /// Keeps a commit from being collected as garbage, under `refs/axon/base/NAME`. A second
    /// call with the same name moves it.
    ///
    /// # Errors
    /// [`Code::ReadOnly`], [`Code::Git`].
    pub fn pin(&self, name: &str, commit: GitId) -> Result<()> {
        self.with(|git| {
            let full = full_name(&format!("refs/axon/base/{name}"))?;
            let commit = oid(commit)?;
            if !git.has_object(commit) {
                return Err(self.missing(git, commit));
            }
            let update = RefEdit::update(full, Target::Object(commit), PreviousValue::Any, "");
            edit(git, update, None)
                .map_err(|cause| not_written("the reference", cause).at(name))?;
            Ok(())
        })
    }

    /// Lets go of a commit that was pinned, if a branch or a tag keeps it as well; whether it
    /// did. A commit that was not pinned is let go of already.
    ///
    /// # Errors
    /// [`Code::ReadOnly`], [`Code::ProgramMissing`], [`Code::Git`].
    pub fn unpin(&self, name: &str) -> Result<bool> {
        let full = full_name(&format!("refs/axon/base/{name}"))?;
        let Some(commit) = self.with(|git| existing(git, &full))? else { return Ok(true) };
        let mut command = self.program();
        let contains = format!("--contains={commit}");
        command.args(["for-each-ref", "--count=1", "--format=%(refname)", contains.as_str()]);
        command.args(["refs/heads", "refs/remotes", "refs/tags"]).env("GIT_NO_LAZY_FETCH", "1");
        if program::run(command, None)?.stdout.trim_ascii().is_empty() {
            return Ok(false);
        }
        self.with(|git| {
            edit(git, RefEdit::delete(full, PreviousValue::Any), None)
                .map_err(|cause| not_written("the reference", cause).at(name))?;
            Ok(true)
        })
    }
}

/// A reference's full name, checked.
pub(super) fn full_name(name: &str) -> Result<FullName> {
    name.try_into().map_err(|cause: gix::validate::reference::name::Error| {
        Error::new(Code::Git, "this name is not possible in Git").at(name).because(cause)
    })
}

/// What the reference points at, if there is one.
pub(super) fn existing(git: &gix::Repository, name: &FullName) -> Result<Option<gix::ObjectId>> {
    let found =
        git.try_find_reference(name.as_ref()).map_err(failed("the branch cannot be read"))?;
    let Some(mut found) = found else { return Ok(None) };
    let id = found.peel_to_id().map_err(failed("the branch cannot be read"))?;
    Ok(Some(id.detach()))
}

/// Edits one of our references. A lock that a killed run left behind is taken away: one that is
/// still empty, has just what is to be written, or a commit of a mission (after a resume the
/// commit is another one, because its checkpoint covers the resume).
pub(super) fn edit(
    git: &gix::Repository,
    edit: RefEdit,
    committer: Option<gix::actor::SignatureRef<'_>>,
) -> gix::Result<()> {
    match git.edit_references_as([edit.clone()], committer) {
        Ok(_) => Ok(()),
        Err(cause) if !remove_left_lock(git, &edit) => Err(cause),
        Err(_) => git.edit_references_as([edit], committer).map(drop),
    }
}

fn remove_left_lock(git: &gix::Repository, edit: &RefEdit) -> bool {
    let wanted = match &edit.change {
        Change::Update { new: Target::Object(id), .. } => id.to_string(),
        Change::Update { .. } | Change::Delete { .. } => String::new(),
    };
    let lock = git.common_dir().join(format!("{}.lock", edit.name.as_bstr()));
    let Ok(content) = std::fs::read(&lock) else { return false };
    let content = content.trim_ascii();
    let is_ours =
        content.is_empty() || content == wanted.as_bytes() || is_mission_commit(git, content);
    is_ours && std::fs::remove_file(&lock).is_ok()
}

fn is_mission_commit(git: &gix::Repository, hex: &[u8]) -> bool {
    let commit = gix::ObjectId::from_hex(hex).ok().and_then(|id| git.find_commit(id).ok());
    let message = commit.as_ref().and_then(|commit| commit.message_raw().ok());
    message.is_some_and(|message| {
        super::trailers(&message.to_string()).iter().any(|(key, _)| key == "Axon-Mission")
    })
}

/// Where a branch is checked out.
fn checked_out(git: &gix::Repository, name: &FullName) -> Result<Option<String>> {
    let all = git.worktrees_including_main().map_err(failed("the worktrees cannot be listed"))?;
    for worktree in all {
        let worktree = worktree.map_err(failed("a worktree cannot be read"))?;
        let head = worktree.head_name().map_err(failed("a worktree cannot be read"))?;
        if head.as_ref() == Some(name) {
            let place = worktree.workdir().unwrap_or(worktree.git_dir());
            return Ok(Some(place.display().to_string()));
        }
    }
    Ok(None)
}
