//! Writing a commit on a branch of its own.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, GitId, Result};
use gix::actor::Signature;
use gix::refs::transaction::{PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use super::convert::{failed, git_id, not_written, oid};
use super::files::Found;
use super::refs::{edit, existing, full_name};
use super::{FileMode, Repository};
use crate::path;

/// A file that a commit changes: its path, and the new mode and content, or `None` where it goes.
pub type FileChange<'a> = (&'a str, Option<(FileMode, &'a [u8])>);

/// A commit that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct CommitRequest<'a> {
    /// The commit it stands on.
    pub parent: GitId,
    /// What differs from the parent.
    pub changes: &'a [FileChange<'a>],
    /// The whole message, UTF-8.
    pub message: &'a str,
    /// The branch that is made, without `refs/heads/`.
    pub branch: &'a str,
    /// Author's and committer's time: seconds since 1970, written in UTC.
    pub time_seconds: i64,
}

impl Repository {
    /// Writes the commit and makes the branch. Author and committer are those of Git's
    /// configuration, and it is signed where `commit.gpgSign` says so. The working tree and the
    /// index are not touched.
    ///
    /// The same request gives the same commit, so it may be repeated after a crash. Signing
    /// programs write the time into the signature; there a commit that differs in nothing but
    /// the signature, already on the branch, is given back.
    ///
    /// # Errors
    /// [`Code::BranchExists`] when the branch is there with something else,
    /// [`Code::InvalidConfig`] when Git does not know who the user is, [`Code::NotGranted`] for
    /// a path that may not be written, [`Code::ReadOnly`], [`Code::DiskFull`], [`Code::Git`].
    pub fn commit(&self, request: &CommitRequest<'_>) -> Result<GitId> {
        self.with(|git| {
            let author = identity(git.author(), request.time_seconds)?;
            let committer = identity(git.committer(), request.time_seconds)?;
            let commit = gix::objs::Commit {
                tree: self.edited_tree(git, request)?,
                parents: [oid(request.parent)?].into_iter().collect(),
                author,
                committer,
                encoding: None,
                message: request.message.into(),
                extra_headers: Vec::new(),
            };
            let name = full_name(&format!("refs/heads/{}", request.branch))?;
            if let Some(existing) = existing(git, &name)? {
                return same_commit(git, existing, &commit, request.branch);
            }
            let id = if git.config_snapshot().boolean("commit.gpgSign").unwrap_or(false) {
                self.signed_commit(&commit)?
            } else {
                git.write_object(&commit)
                    .map_err(|cause| not_written("the commit", cause))?
                    .detach()
            };
            make_branch(git, name, id, &commit.committer, request.branch)?;
            git_id(&id)
        })
    }

    pub(super) fn edited_tree(
        &self,
        git: &gix::Repository,
        request: &CommitRequest<'_>,
    ) -> Result<gix::ObjectId> {
        let parent = git
            .find_commit(oid(request.parent)?)
            .and_then(|commit| Ok(commit.tree()?.id))
            .map_err(failed("the parent commit cannot be read"))?;
        for (path, _) in request.changes {
            path::check(path.as_bytes())?;
        }
        let without = self.without_deleted(git, parent, request)?;
        let editor = |id| git.edit_tree(id).map_err(failed("the tree cannot be edited"));
        let mut edited = editor(without)?;
        let mut written = BTreeSet::new();
        for (path, change) in request.changes {
            let Some((mode, bytes)) = change else { continue };
            self.check_room(git, without, path)?;
            let known = written.insert(*path);
            if !known {
                return Err(Error::new(Code::Bug, "the same file is written twice").at(*path));
            }
            let blob = git.write_blob(bytes).map_err(|cause| not_written("a file", cause))?;
            edited
                .upsert(*path, mode.kind(), blob.detach())
                .map_err(failed("the tree cannot be edited"))?;
        }
        edited.write().map(gix::Id::detach).map_err(|cause| not_written("the tree", cause))
    }

    /// The tree after the deletions, so that a file can take the place of a folder that they
    /// emptied, or the other way round.
    fn without_deleted(
        &self,
        git: &gix::Repository,
        tree: gix::ObjectId,
        request: &CommitRequest<'_>,
    ) -> Result<gix::ObjectId> {
        let mut editor = git.edit_tree(tree).map_err(failed("the tree cannot be edited"))?;
        let mut any = false;
        for (path, change) in request.changes {
            if change.is_none() {
                editor.remove_leaf(*path).map_err(failed("the file cannot be deleted"))?;
                any = true;
            }
        }
        if !any {
            return Ok(tree);
        }
        editor.write().map(gix::Id::detach).map_err(|cause| not_written("the tree", cause))
    }

    /// A file must not silently take the place of a folder with files, nor of a file on the way.
    fn check_room(&self, git: &gix::Repository, tree: gix::ObjectId, path: &str) -> Result<()> {
        let taken = |what: &str| Err(Error::new(Code::Git, what.to_owned()).at(path));
        if self.find_with(git, tree, path)? == Some(Found::Folder) {
            return taken("a file cannot be written where a folder is");
        }
        for folder in path::ancestors(path) {
            match self.find_with(git, tree, folder)? {
                None => break,
                Some(Found::Folder) => {}
                Some(Found::File(..)) => return taken("a folder of this path is a file"),
            }
        }
        Ok(())
    }
}

fn make_branch(
    git: &gix::Repository,
    name: FullName,
    id: gix::ObjectId,
    committer: &Signature,
    branch: &str,
) -> Result<()> {
    let guard = PreviousValue::MustNotExist;
    let update = RefEdit::update(name.clone(), Target::Object(id), guard, "axon: created");
    let mut buffer = Default::default();
    let done = edit(git, update, Some(committer.to_ref(&mut buffer)));
    let Err(cause) = done else { return Ok(()) };
    match existing(git, &name)? {
        // Somebody made it in the meantime: another run of the same request.
        Some(now) if now == id => Ok(()),
        Some(_) => Err(branch_exists(branch)),
        None => match path::ancestors(branch).find(|outer| is_branch(git, outer)) {
            Some(outer) => Err(Error::new(
                Code::BranchExists,
                "a branch is in the way: Git allows none below another",
            )
            .at(format!("{outer}, wanted {branch}"))
            .hint(format!("give it another name: git branch -m {outer} {outer}-1"))),
            None => Err(not_written("the branch", cause).at(branch)),
        },
    }
}

fn is_branch(git: &gix::Repository, branch: &str) -> bool {
    git.try_find_reference(&format!("refs/heads/{branch}")).is_ok_and(|found| found.is_some())
}

pub(super) fn identity(
    configured: Option<gix::Result<gix::actor::SignatureRef<'_>>>,
    seconds: i64,
) -> Result<Signature> {
    let unknown = || {
        Error::new(Code::InvalidConfig, "Git does not know who makes the commit").hint(
            "git config --global user.name 'Your Name' && \
             git config --global user.email you@example.com",
        )
    };
    let configured = configured.ok_or_else(unknown)?.map_err(|cause| unknown().because(cause))?;
    let configured = configured.trim();
    if configured.name.is_empty() || configured.email.is_empty() {
        return Err(unknown());
    }
    Ok(Signature {
        name: configured.name.to_owned(),
        email: configured.email.to_owned(),
        time: gix::date::Time { seconds, offset: 0 },
    })
}

/// The commit that is on the branch, if it is the wanted one but perhaps for its signature.
fn same_commit(
    git: &gix::Repository,
    existing: gix::ObjectId,
    wanted: &gix::objs::Commit,
    branch: &str,
) -> Result<GitId> {
    let found = git.find_commit(existing).map_err(|cause| branch_exists(branch).because(cause))?;
    let found = found.decode().map_err(failed("a commit is malformed"))?;
    let found = gix::objs::Commit::try_from(found).map_err(failed("a commit is malformed"))?;
    let unsigned = gix::objs::Commit {
        extra_headers: found
            .extra_headers
            .iter()
            .filter(|(name, _)| !name.starts_with(b"gpgsig"))
            .cloned()
            .collect(),
        ..found
    };
    if unsigned == *wanted { git_id(&existing) } else { Err(branch_exists(branch)) }
}

fn branch_exists(branch: &str) -> Error {
    Error::new(Code::BranchExists, "the branch exists with something else on it")
        .at(branch)
        .hint(format!("if it is not needed: git branch -D {branch}"))
}
