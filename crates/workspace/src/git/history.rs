//! What was committed: commits, their trailers, and differences.

use axon_domain::{Code, Error, GitId, Result};
use gix::bstr::ByteSlice;
use gix::object::tree::diff::ChangeDetached;

use super::Repository;
use super::convert::{failed, git_id, oid};
use super::files::FileMode;
use super::program;
use crate::path::shown;

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// What it stands on.
    pub parents: Vec<GitId>,
    /// Its files.
    pub tree: GitId,
    /// The whole message; what is not UTF-8 is replaced.
    pub message: String,
    /// `Name <email>`.
    pub author: String,
    /// When the author wrote it: seconds since 1970.
    pub time: i64,
}

/// A file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path; what is not UTF-8 is escaped.
    pub path: String,
    /// What it was; `None` if it is new.
    pub old: Option<(FileMode, GitId)>,
    /// What it is; `None` if it is gone.
    pub new: Option<(FileMode, GitId)>,
}

impl Repository {
    /// Reads a commit.
    ///
    /// # Errors
    /// [`Code::MissingObject`], [`Code::Git`] when it is malformed or no commit.
    pub fn commit_info(&self, commit: GitId) -> Result<CommitInfo> {
        self.with(|git| {
            let object = self.object(git, oid(commit)?)?;
            let object = object.try_into_commit().map_err(|_| {
                Error::new(Code::Git, "this object is not a commit").at(commit.to_string())
            })?;
            let decoded = object.decode().map_err(failed("the commit is malformed"))?;
            let author = decoded.author().map_err(failed("the commit is malformed"))?;
            let time = author.time().map_err(failed("the commit is malformed"))?;
            Ok(CommitInfo {
                parents: decoded.parents().map(|id| git_id(&id)).collect::<Result<_>>()?,
                tree: git_id(&decoded.tree())?,
                message: decoded.message.to_str_lossy().into_owned(),
                author: format!("{} <{}>", author.name, author.email),
                time: time.seconds,
            })
        })
    }

    /// Whether a commit comes after another one, or is it. A history that is cut off before the
    /// other one does not show it.
    ///
    /// # Errors
    /// [`Code::Git`] for ids of another kind than the repository's.
    pub fn descends(&self, commit: GitId, from: GitId) -> Result<bool> {
        let (commit, from) = (oid(commit)?, oid(from)?);
        self.with(|git| Ok(is_base(git, commit, from)))
    }

    /// The last commit that changed a file, among those that the second commit has and the first
    /// has not, by `git log`.
    ///
    /// # Errors
    /// [`Code::ProgramMissing`], [`Code::Git`].
    pub fn last_change(
        &self,
        path: &str,
        from: GitId,
        to: GitId,
    ) -> Result<Option<(GitId, CommitInfo)>> {
        let mut command = self.program();
        command.args(["log", "-1", "--format=%H", &format!("{from}..{to}"), "--"]);
        command.arg(format!(":(top,literal){path}")).env("GIT_NO_LAZY_FETCH", "1");
        let output = program::run(command, None)?;
        let Ok(id) = gix::ObjectId::from_hex(output.stdout.trim_ascii()) else { return Ok(None) };
        let commit = git_id(&id)?;
        Ok(Some((commit, self.commit_info(commit)?)))
    }

    /// The files that differ between two trees, sorted by path. Renames are a deletion and an
    /// addition.
    ///
    /// # Errors
    /// [`Code::MissingObject`], [`Code::Git`].
    pub fn diff(&self, old: GitId, new: GitId) -> Result<Vec<Change>> {
        self.with(|git| {
            let tree = |id| -> Result<gix::Tree<'_>> {
                self.object(git, oid(id)?)?.try_into_tree().map_err(|_| {
                    Error::new(Code::Git, "this object is not a tree").at(id.to_string())
                })
            };
            let mut options = gix::diff::Options::default();
            options.track_path();
            let found = git
                .diff_tree_to_tree(&tree(old)?, &tree(new)?, options)
                .map_err(failed("the trees cannot be compared"))?;
            let mut changes = Vec::with_capacity(found.len());
            for change in found {
                changes.extend(as_change(change)?);
            }
            changes.sort_by(|a: &Change, b| a.path.cmp(&b.path));
            // A file that became a link is told as one file gone and one come.
            changes.dedup_by(|second, first| {
                let same = second.path == first.path;
                if same {
                    first.old = first.old.or(second.old);
                    first.new = first.new.or(second.new);
                }
                same
            });
            Ok(changes)
        })
    }
}

/// Whether a commit comes after another one, or is it.
pub(super) fn is_base(git: &gix::Repository, commit: gix::ObjectId, from: gix::ObjectId) -> bool {
    git.merge_base(commit, from).is_ok_and(|base| base.is_some_and(|base| base == from))
}

/// The `Key: value` lines that end a message, in order.
#[must_use]
pub fn trailers(message: &str) -> Vec<(String, String)> {
    let parsed = gix::objs::commit::MessageRef::from_bytes(message.as_bytes());
    let Some(body) = parsed.body() else { return Vec::new() };
    body.trailers().map(|trailer| (trailer.token.to_string(), trailer.value.to_string())).collect()
}

fn as_change(change: ChangeDetached) -> Result<Option<Change>> {
    let side = |mode: gix::object::tree::EntryMode, id: gix::ObjectId| -> Result<_> {
        Ok(match FileMode::of(mode.kind()) {
            Some(mode) => Some((mode, git_id(&id)?)),
            None => None,
        })
    };
    let (location, old, new) = match change {
        ChangeDetached::Addition { location, entry_mode, id, .. } => {
            (location, None, side(entry_mode, id)?)
        }
        ChangeDetached::Deletion { location, entry_mode, id, .. } => {
            (location, side(entry_mode, id)?, None)
        }
        ChangeDetached::Modification {
            location,
            previous_entry_mode,
            previous_id,
            entry_mode,
            id,
        } => (location, side(previous_entry_mode, previous_id)?, side(entry_mode, id)?),
        ChangeDetached::Rewrite { .. } => {
            return Err(Error::new(Code::Bug, "renames were not asked for"));
        }
    };
    let path = shown(&location);
    Ok((old.is_some() || new.is_some()).then_some(Change { path, old, new }))
}
