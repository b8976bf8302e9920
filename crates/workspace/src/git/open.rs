//! Finding and opening a repository.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axon_domain::{Code, Error, GitId, Result};
use gix::ThreadSafeRepository;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::sec::trust::{DefaultForLevel, Mapping};

use super::TreeFiles;
use super::convert::failed;

/// How many bytes of decoded objects each handle keeps, so that trees are not inflated again for
/// every path below them.
const OBJECT_CACHE_BYTES: usize = 4 << 20;

/// How many bytes of the objects that others are deltas of each handle keeps; packs have chains
/// of fifty. Git itself keeps 96 MiB (`core.deltaBaseCacheLimit`).
const PACK_CACHE_BYTES: usize = 32 << 20;

/// How many listings are kept: a mission looks at its base and at HEAD.
const LISTINGS: usize = 4;

/// Whose Git configuration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserConfig {
    /// The system's, the user's and the repository's, with the environment, as `git` itself.
    #[default]
    Read,
    /// Only the repository's own, for results that do not depend on the machine.
    Ignore,
}

/// A Git repository with files to work on. Cheap to share: all methods take `&self` and may be
/// called from several threads.
pub struct Repository {
    shared: ThreadSafeRepository,
    /// Handles not in use. A handle keeps pack caches, so they are used again.
    idle: Mutex<Vec<gix::Repository>>,
    /// The last trees that were listed.
    listings: Mutex<Vec<(GitId, Arc<TreeFiles>)>>,
    root: PathBuf,
    pub(super) user_config: UserConfig,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Repository {
    /// The repository that holds this folder: worktrees and submodules too.
    ///
    /// # Errors
    /// [`Code::NotARepository`], [`Code::BareRepository`], [`Code::EmptyRepository`] (no commit
    /// yet), [`Code::DubiousOwnership`] as Git's `safe.directory` has it, [`Code::Git`].
    pub fn discover(path: &Path) -> Result<Self> {
        Self::discover_with(path, UserConfig::Read)
    }

    /// As [`Repository::discover`], saying whose configuration counts.
    ///
    /// # Errors
    /// As [`Repository::discover`].
    pub fn discover_with(path: &Path, user_config: UserConfig) -> Result<Self> {
        let shared =
            ThreadSafeRepository::discover_opts(path, Default::default(), options(user_config))
                .map_err(|cause| not_opened(path, cause))?;
        if shared.to_thread_local().git_dir_trust() != gix::sec::Trust::Full {
            return Err(dubious(path, shared.work_dir().unwrap_or(shared.git_dir())));
        }
        let Some(work_dir) = shared.work_dir() else {
            return Err(Error::new(
                Code::BareRepository,
                "this repository has no files, only history",
            )
            .at(path.display().to_string())
            .hint("clone it and work in the clone: git clone PATH"));
        };
        let root = work_dir.canonicalize().map_err(|cause| {
            Error::new(Code::Io, "the repository's folder cannot be read")
                .at(work_dir.display().to_string())
                .because(cause)
        })?;
        let repository =
            Self { shared, idle: Mutex::default(), listings: Mutex::default(), root, user_config };
        repository.check_has_commit()?;
        Ok(repository)
    }

    /// The top folder of the working tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Git's folder of this working tree.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.shared.git_dir()
    }

    /// Git's folder that all worktrees share; [`Repository::git_dir`] unless this is a worktree.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        self.shared.common_dir.as_deref().unwrap_or(self.shared.git_dir())
    }

    /// As [`Repository::files`], remembering the last few trees: a mission asks for its base many
    /// times.
    ///
    /// # Errors
    /// As [`Repository::files`].
    pub fn listing(&self, tree: GitId) -> Result<Arc<TreeFiles>> {
        let mut known = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, listing)) = known.iter().find(|(id, _)| *id == tree) {
            return Ok(Arc::clone(listing));
        }
        let listing = Arc::new(self.files(tree)?);
        if known.len() >= LISTINGS {
            known.remove(0);
        }
        known.push((tree, Arc::clone(&listing)));
        Ok(listing)
    }

    /// Does something with a handle of this thread.
    pub(super) fn with<T>(&self, act: impl FnOnce(&gix::Repository) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.unwrap_or_else(|| {
            let mut handle = self.shared.to_thread_local();
            handle.object_cache_size_if_unset(OBJECT_CACHE_BYTES);
            handle.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(PACK_CACHE_BYTES)));
            handle
        });
        let outcome = act(&handle);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        outcome
    }

    fn check_has_commit(&self) -> Result<()> {
        self.with(|git| {
            let format = git.config_snapshot().string("extensions.refStorage");
            if format.is_some_and(|format| format.as_slice() != b"files") {
                return Err(Error::new(
                    Code::Git,
                    "the branches are kept in a format not supported",
                )
                .at(self.root.display().to_string())
                .hint("git refs migrate --ref-format=files"));
            }
            let head = git.head().map_err(failed("HEAD cannot be read"))?;
            if head.is_unborn() {
                return Err(Error::new(Code::EmptyRepository, "this repository has no commit yet")
                    .at(self.root.display().to_string())
                    .hint("commit something first: git add . && git commit"));
            }
            Ok(())
        })
    }
}

fn options(user_config: UserConfig) -> Mapping<gix::open::Options> {
    match user_config {
        UserConfig::Read => Mapping::default(),
        UserConfig::Ignore => Mapping {
            full: gix::open::Options::isolated(),
            reduced: gix::open::Options::default_for_level(gix::sec::Trust::Reduced),
        },
    }
}

fn not_opened(path: &Path, cause: gix::Error) -> Error {
    if cause.is_permission_denied() && path.is_dir() {
        return dubious(path, path).because(cause);
    }
    if cause.is_not_found() || !path.exists() {
        return Error::new(Code::NotARepository, "there is no Git repository here")
            .at(path.display().to_string())
            .hint("go to a repository, or make one: git init");
    }
    Error::new(Code::Git, "the repository cannot be opened")
        .at(path.display().to_string())
        .because(cause)
}

fn dubious(path: &Path, top: &Path) -> Error {
    let top = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    Error::new(Code::DubiousOwnership, "this repository belongs to somebody else")
        .at(path.display().to_string())
        .hint(format!(
            "if you trust it: git config --global --add safe.directory '{}'",
            top.display()
        ))
}
