//! What was committed: commits, their trailers, differences, and who wrote a line.

use axon_domain::{Code, Error, GitId, Result};
use gix::bstr::ByteSlice;
use gix::object::tree::diff::ChangeDetached;

use super::convert::{failed, git_id, oid};
use super::files::FileMode;
use super::{Found, Repository};
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

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLine {
    /// The commit that brought it.
    pub commit: GitId,
    /// The file's path in that commit.
    pub path_then: String,
    /// The line's number in that commit, from 1.
    pub line_then: u32,
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

    /// The commit that brought a line (numbered from 1) as it is in `commit`, following renames.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a file or line, [`Code::MissingObject`], [`Code::Git`].
    pub fn blame_line(&self, commit: GitId, path: &str, line: u32) -> Result<BlamedLine> {
        let place = || format!("{path}:{line}");
        let tree = self.commit_info(commit)?.tree;
        let content = match self.find(tree, path)? {
            Some(Found::File(FileMode::Regular | FileMode::Executable, id)) => {
                self.read_blob(id)?
            }
            _ => return Err(Error::new(Code::NotFound, "there is no such file").at(path)),
        };
        let lines = content.lines().count();
        if line == 0 || usize::try_from(line).is_ok_and(|line| line > lines) {
            return Err(
                Error::new(Code::NotFound, format!("the file has {lines} lines")).at(place())
            );
        }
        self.with(|git| {
            let unknown = failed("the line's history cannot be read");
            let options = gix::repository::blame_file::Options {
                ranges: gix::blame::BlameRanges::from_one_based_inclusive_range(line..=line)
                    .map_err(&unknown)?,
                rewrites: Some(gix::diff::Rewrites::default()),
                ..Default::default()
            };
            let outcome = git
                .blame_file(path.into(), oid(commit)?, options)
                .map_err(|cause| unknown(cause).at(place()))?;
            let wanted = line - 1;
            let entry = outcome.entries.iter().find(|entry| {
                let start = entry.start_in_blamed_file;
                start <= wanted && wanted - start < entry.len.get()
            });
            let Some(entry) = entry else {
                return Err(Error::new(Code::Git, "no commit was found for the line").at(place()));
            };
            Ok(BlamedLine {
                commit: git_id(&entry.commit_id)?,
                path_then: entry
                    .source_file_name
                    .as_ref()
                    .map_or_else(|| path.to_owned(), |name| shown(name)),
                line_then: entry.start_in_source_file + (wanted - entry.start_in_blamed_file) + 1,
            })
        })
    }
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
