//! What kind of clone it is, and what is not committed.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Result};
use gix::status::{Item, UntrackedFiles};

use super::Repository;
use super::convert::failed;
use super::files::{self, FileMode};
use crate::path::shown;

/// What is unusual about this clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// History is cut off.
    pub shallow: bool,
    /// Objects may be missing until they are fetched (`--filter`).
    pub partial: bool,
    /// Only some folders are checked out.
    pub sparse: bool,
    /// Where other repositories are checked out inside this one.
    pub submodules: Vec<String>,
    /// Some files are pointers into Git LFS.
    pub lfs: bool,
}

/// What is not committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkingTree {
    /// Nothing is changed and nothing is untracked.
    pub clean: bool,
    /// Tracked files that differ from HEAD, in the index or on disk, sorted.
    pub changed: Vec<String>,
    /// Files that Git does not know and does not ignore, sorted; a folder full of them counts
    /// once and ends in `/`. Those below `.axon` are not counted.
    pub untracked: Vec<String>,
}

impl Repository {
    /// What is unusual about this clone, and about the commit at HEAD.
    ///
    /// # Errors
    /// As [`Repository::files`].
    pub fn facts(&self) -> Result<Facts> {
        let listing = self.files(self.head()?.tree)?;
        let is_attributes =
            |path: &str| path == ".gitattributes" || path.ends_with("/.gitattributes");
        let own = std::fs::read(self.common_dir().join("info/attributes"));
        let mut lfs = own.is_ok_and(|text| names_lfs(&text));
        for file in listing.files.iter().filter(|file| is_attributes(&file.path)) {
            if lfs || file.mode == FileMode::Submodule {
                continue;
            }
            lfs = match self.read_blob(file.id) {
                Ok(text) => names_lfs(&text),
                // A partial clone may not have it; then nothing was checked out by it either.
                Err(error) if error.code() == Code::MissingObject => false,
                Err(error) => return Err(error),
            };
        }
        let submodules = listing.files.into_iter().filter(|file| file.mode == FileMode::Submodule);
        let submodules = submodules.map(|file| file.path).collect();
        self.with(|git| {
            let config = git.config_snapshot();
            Ok(Facts {
                shallow: git.is_shallow().map_err(failed("the shallow file cannot be read"))?,
                partial: files::is_partial(git),
                sparse: config.boolean("core.sparseCheckout").unwrap_or(false),
                submodules,
                lfs,
            })
        })
    }

    /// What is not committed, as `git status` sees it. Submodules count as changed when their
    /// commit or their tracked files are. The index is not written.
    ///
    /// # Errors
    /// [`Code::Git`] when the index or the files cannot be read.
    pub fn working_tree(&self) -> Result<WorkingTree> {
        let unread = |cause: gix::Error| {
            Error::new(Code::Git, "the state of the working tree cannot be read").because(cause)
        };
        self.with(|git| {
            let submodules = gix::status::Submodule::Given {
                ignore: gix::submodule::config::Ignore::Untracked,
                check_dirty: true,
            };
            let items = git
                .status(gix::progress::Discard)
                .map_err(unread)?
                .untracked_files(UntrackedFiles::Collapsed)
                .dirwalk_options(|options| options.empty_patterns_match_prefix(false))
                .index_worktree_submodules(submodules)
                .index_worktree_rewrites(None)
                .tree_index_track_renames(gix::status::tree_index::TrackRenames::Disabled)
                .into_iter(None)
                .map_err(unread)?;
            let (mut changed, mut untracked) = (BTreeSet::new(), BTreeSet::new());
            for item in items {
                let item = item.map_err(unread)?;
                let path = shown(item.location());
                match item {
                    Item::IndexWorktree(gix::status::index_worktree::Item::DirectoryContents {
                        entry,
                        ..
                    }) => {
                        let folder = entry.disk_kind.is_some_and(|kind| kind.is_dir());
                        if path != ".axon" && !path.starts_with(".axon/") {
                            untracked.insert(if folder { path + "/" } else { path });
                        }
                    }
                    _ => {
                        changed.insert(path);
                    }
                }
            }
            Ok(WorkingTree {
                clean: changed.is_empty() && untracked.is_empty(),
                changed: changed.into_iter().collect(),
                untracked: untracked.into_iter().collect(),
            })
        })
    }
}

fn names_lfs(attributes: &[u8]) -> bool {
    attributes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
        .flat_map(|line| line.split(u8::is_ascii_whitespace))
        .any(|word| word == b"filter=lfs")
}
