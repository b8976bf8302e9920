//! The files of a Git tree.

use axon_domain::{Code, Error, GitId, Result};
use gix::bstr::ByteSlice;
use gix::object::tree::EntryKind;

use super::Repository;
use super::convert::{failed, git_id, oid};
use crate::path::{self, MAX_DEPTH};

/// More files than any real repository; a small tree object that refers to itself many times over
/// can claim billions.
const MAX_FILES: usize = 20_000_000;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileMode {
    /// A file.
    Regular,
    /// A file that may be executed.
    Executable,
    /// A symbolic link; its content is the target.
    Link,
    /// Another repository's commit, checked out as a folder.
    Submodule,
}

impl FileMode {
    pub(super) fn of(kind: EntryKind) -> Option<Self> {
        match kind {
            EntryKind::Tree => None,
            EntryKind::Blob => Some(Self::Regular),
            EntryKind::BlobExecutable => Some(Self::Executable),
            EntryKind::Link => Some(Self::Link),
            EntryKind::Commit => Some(Self::Submodule),
        }
    }

    pub(super) fn kind(self) -> EntryKind {
        match self {
            Self::Regular => EntryKind::Blob,
            Self::Executable => EntryKind::BlobExecutable,
            Self::Link => EntryKind::Link,
            Self::Submodule => EntryKind::Commit,
        }
    }
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// From the top of the tree, `/` between the parts.
    pub path: String,
    /// What kind of file it is.
    pub mode: FileMode,
    /// Its content; for a submodule its commit.
    pub id: GitId,
}

/// A file whose path is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFile {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// What kind of file it is.
    pub mode: FileMode,
    /// Its content; for a submodule its commit.
    pub id: GitId,
}

/// All files of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeFiles {
    /// Sorted by path, bytewise.
    pub files: Vec<TreeFile>,
    /// Those whose names are not UTF-8; they are kept as they are and never edited.
    pub not_utf8: Vec<RawFile>,
}

impl TreeFiles {
    /// The file of this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&TreeFile> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }
}

/// What is at a path of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    File(FileMode, GitId),
    Folder,
}

/// A folder that is being listed.
struct Level {
    data: Vec<u8>,
    read: usize,
    prefix: usize,
}

impl Repository {
    /// All files of this tree, with those in its folders.
    ///
    /// # Errors
    /// [`Code::MissingObject`] when a folder is not in this clone, [`Code::Git`] when the tree is
    /// malformed.
    pub fn files(&self, tree: GitId) -> Result<TreeFiles> {
        self.with(|git| {
            let mut listing = TreeFiles::default();
            let mut prefix = Vec::new();
            let mut stack = vec![self.level(git, oid(tree)?, 0)?];
            while let Some(level) = stack.last_mut() {
                prefix.truncate(level.prefix);
                let rest = level.data.get(level.read..).unwrap_or_default();
                if rest.is_empty() {
                    stack.pop();
                    continue;
                }
                let (entry, size) = next_entry(rest, git.object_hash(), &prefix)?;

                prefix.extend_from_slice(entry.filename);
                let mode = FileMode::of(entry.mode.kind());
                let id = entry.oid.to_owned();
                level.read += size;

                match mode {
                    Some(mode) => listing.push(&prefix, mode, git_id(&id)?)?,
                    None => {
                        prefix.push(b'/');
                        if stack.len() >= MAX_DEPTH {
                            return Err(malformed("folders are nested too deeply", &prefix));
                        }
                        let level = self.level(git, id, prefix.len());
                        let folder = |error: Error| error.within(&String::from_utf8_lossy(&prefix));
                        stack.push(level.map_err(folder)?);
                    }
                }
            }
            listing.check_order()?;
            Ok(listing)
        })
    }

    fn level(&self, git: &gix::Repository, id: gix::ObjectId, prefix: usize) -> Result<Level> {
        let mut object = self.object(git, id)?;
        if object.kind != gix::object::Kind::Tree {
            return Err(Error::new(Code::Git, "this object is not a tree").at(id.to_string()));
        }
        Ok(Level { data: std::mem::take(&mut object.data), read: 0, prefix })
    }

    /// The object, or the error that says how to get it.
    pub(super) fn object<'a>(
        &self,
        git: &'a gix::Repository,
        id: gix::ObjectId,
    ) -> Result<gix::Object<'a>> {
        match git.try_find_object(id) {
            Ok(Some(object)) => Ok(object),
            Ok(None) => Err(self.missing(git, id)),
            Err(cause) => Err(Error::new(Code::Git, "the object cannot be read")
                .at(id.to_string())
                .because(cause)),
        }
    }

    pub(super) fn missing(&self, git: &gix::Repository, id: gix::ObjectId) -> Error {
        let hint = if is_partial(git) {
            "this is a partial clone; fetch what it left out: git fetch --refetch --no-filter"
        } else {
            "the repository may be damaged: git fsck"
        };
        Error::new(Code::MissingObject, "an object is not in this clone")
            .at(id.to_string())
            .hint(hint)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// [`Code::MissingObject`] when it is not in this clone.
    pub fn read_blob(&self, id: GitId) -> Result<Vec<u8>> {
        self.with(|git| {
            let mut object = self.object(git, oid(id)?)?;
            if object.kind != gix::object::Kind::Blob {
                return Err(Error::new(Code::Git, "this object is not a file").at(id.to_string()));
            }
            Ok(std::mem::take(&mut object.data))
        })
    }

    /// The size of a file in bytes, without reading it.
    ///
    /// # Errors
    /// [`Code::MissingObject`] when it is not in this clone.
    pub fn blob_size(&self, id: GitId) -> Result<u64> {
        self.with(|git| {
            let id = oid(id)?;
            match git.try_find_header(id) {
                Ok(Some(header)) => Ok(header.size()),
                Ok(None) => Err(self.missing(git, id)),
                Err(cause) => Err(Error::new(Code::Git, "the object cannot be read")
                    .at(id.to_string())
                    .because(cause)),
            }
        })
    }

    /// The id that Git gives to these bytes as a file, without storing them.
    ///
    /// # Errors
    /// [`Code::Git`] when the hash cannot be computed.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<GitId> {
        let hash = self.with(gix::Repository::object_hash);
        let id = gix::objs::compute_hash(hash, gix::object::Kind::Blob, bytes)
            .map_err(|cause| Error::new(Code::Git, "the id cannot be computed").because(cause))?;
        git_id(&id)
    }

    /// What is at a path of a tree, reading only the folders on the way.
    pub(crate) fn find(&self, tree: GitId, path: &str) -> Result<Option<Found>> {
        self.with(|git| self.find_with(git, oid(tree)?, path))
    }

    pub(super) fn find_with(
        &self,
        git: &gix::Repository,
        tree: gix::ObjectId,
        path: &str,
    ) -> Result<Option<Found>> {
        let mut folder = tree;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let object = self.object(git, folder)?;
            let entries = gix::objs::TreeRefIter::from_bytes(&object.data, git.object_hash());
            let mut found = None;
            for entry in entries {
                let entry = entry.map_err(failed("a tree is malformed"))?;
                if entry.filename == part.as_bytes() {
                    found = Some((entry.mode.kind(), entry.oid.to_owned()));
                    break;
                }
            }
            let Some((kind, id)) = found else { return Ok(None) };
            match (FileMode::of(kind), parts.peek()) {
                (Some(mode), None) => return Ok(Some(Found::File(mode, git_id(&id)?))),
                (Some(_), Some(_)) => return Ok(None),
                (None, _) => folder = id,
            }
        }
        Ok(Some(Found::Folder))
    }
}

impl TreeFiles {
    fn push(&mut self, path: &[u8], mode: FileMode, id: GitId) -> Result<()> {
        if self.files.len() + self.not_utf8.len() >= MAX_FILES {
            return Err(malformed("it has too many files", path));
        }
        match path.to_str() {
            Ok(path) => self.files.push(TreeFile { path: path.to_owned(), mode, id }),
            Err(_) => self.not_utf8.push(RawFile { path: path.to_owned(), mode, id }),
        }
        Ok(())
    }

    /// Git keeps trees in the order of their paths, each path once. A tree made by hand may not.
    fn check_order(&mut self) -> Result<()> {
        if !self.files.is_sorted_by(|a, b| a.path < b.path) {
            self.files.sort_by(|a, b| a.path.cmp(&b.path));
            if let Some(pair) = self.files.windows(2).find(|pair| pair[0].path == pair[1].path) {
                return Err(malformed("it has the same path twice", pair[0].path.as_bytes()));
            }
        }
        Ok(())
    }
}

fn next_entry<'a>(
    data: &'a [u8],
    hash: gix::hash::Kind,
    prefix: &[u8],
) -> Result<(gix::objs::tree::EntryRef<'a>, usize)> {
    let mut entries = gix::objs::TreeRefIter::from_bytes(data, hash);
    let entry = match entries.next() {
        Some(Ok(entry)) => entry,
        _ => return Err(malformed("an entry cannot be read", prefix)),
    };
    Ok((entry, entries.offset_to_next_entry(data)))
}

fn malformed(why: &str, place: &[u8]) -> Error {
    Error::new(Code::Git, format!("the Git tree is malformed: {why}"))
        .at(path::shown(place))
        .hint("look at it with: git fsck")
}

/// Whether objects may be missing because the clone asked for that.
pub(super) fn is_partial(git: &gix::Repository) -> bool {
    let config = git.config_snapshot();
    config.string("extensions.partialClone").is_some()
        || git
            .remote_names()
            .iter()
            .any(|name| config.boolean(format!("remote.{name}.promisor").as_str()).unwrap_or(false))
}
