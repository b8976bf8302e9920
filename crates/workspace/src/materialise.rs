//! Writing a tree to a folder, for programs that need one.
//!
//! The bytes are those of the tree, as Git keeps them: no line ends are converted, no filter is
//! run, and an LFS pointer stays a pointer. Submodules become empty folders. Nothing is ever
//! written through a symbolic link: folders are opened part by part without following any, and
//! links are made last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use axon_domain::{Code, ContentId, Error, Result};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::path::{self, shown};
use crate::tree::{Contents, Tree, TreeView};
use crate::{FileMode, git};

/// More threads bring nothing: the file system is the limit.
const MAX_THREADS: usize = 8;

/// So many files of a folder go to a thread at a time.
const GROUP: usize = 64;

/// How to write a tree to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaterialiseOptions {
    /// How many threads write; `None` for as many as the machine has processors, at most 8.
    pub threads: Option<usize>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Materialised {
    /// Files and links written.
    pub written: usize,
    /// Files and links deleted.
    pub deleted: usize,
    /// Bytes of the files written.
    pub bytes: u64,
}

/// One file to write.
struct Item<'a> {
    path: &'a [u8],
    mode: FileMode,
    content: ContentId,
}

/// Writes a tree into a folder, which is made if it is not there and must be empty.
///
/// # Errors
/// [`Code::WrongState`] when the folder is not empty, [`Code::NotGranted`] when the tree has a
/// path that leads out of it or to `.git`, [`Code::MissingObject`] and others of
/// [`Contents::read`], [`Code::ReadOnly`], [`Code::DiskFull`], [`Code::Io`]. What was written
/// until then stays.
pub fn materialise(
    view: &TreeView<'_>,
    into: &Path,
    options: MaterialiseOptions,
) -> Result<Materialised> {
    std::fs::create_dir_all(into).map_err(|cause| not_written(into, cause))?;
    let mut inside = std::fs::read_dir(into).map_err(|cause| not_written(into, cause))?;
    if inside.next().is_some() {
        return Err(Error::new(Code::WrongState, "the folder is not empty")
            .at(into.display().to_string())
            .hint("name a new or an empty folder"));
    }
    let files = view.files()?;
    let base = view.base()?;
    let mut items: Vec<Item<'_>> = files
        .iter()
        .map(|file| Item { path: file.path.as_bytes(), mode: file.mode, content: file.content })
        .collect();
    items.extend(base.not_utf8.iter().map(|file| Item {
        path: &file.path,
        mode: file.mode,
        content: ContentId::Git(file.id),
    }));
    write_items(view.contents(), &items, into, options)
}

/// Brings a folder from one tree to another by writing and deleting only what differs. What else
/// is in the folder stays; folders that become empty go.
///
/// # Errors
/// As [`materialise`].
pub fn materialise_delta(
    contents: Contents<'_>,
    from: Tree,
    to: Tree,
    folder: &Path,
    options: MaterialiseOptions,
) -> Result<Materialised> {
    let changes = TreeView::new(contents, from).diff(&TreeView::new(contents, to))?;
    for change in &changes {
        path::check_safe(change.path.as_bytes())?;
    }
    let top = open_top(folder)?;
    let mut emptied = BTreeSet::new();
    let mut deleted = 0;
    for change in &changes {
        let (folder, name) = split(change.path.as_bytes());
        // Also what is written anew: the old file may be a link.
        if change.old.is_some() {
            deleted += usize::from(change.new.is_none());
            if let Some(opened) = open_folder(&top, folder)? {
                unlink(&opened, name, &change.path)?;
                emptied.insert(folder);
            }
        }
    }
    // Innermost first.
    for folder in emptied.into_iter().rev() {
        remove_empty(&top, folder)?;
    }
    let items: Vec<Item<'_>> = changes
        .iter()
        .filter_map(|change| {
            let new = change.new?;
            let mode = new.mode.into();
            Some(Item { path: change.path.as_bytes(), mode, content: new.content })
        })
        .collect();
    let written = write_items(contents, &items, folder, options)?;
    Ok(Materialised { deleted, ..written })
}

/// Items of one folder, for one thread.
struct Group<'a> {
    folder: &'a [u8],
    items: &'a [&'a Item<'a>],
}

fn write_items(
    contents: Contents<'_>,
    items: &[Item<'_>],
    into: &Path,
    options: MaterialiseOptions,
) -> Result<Materialised> {
    items.iter().try_for_each(|item| path::check_safe(item.path))?;
    let top = open_top(into)?;
    let (links, files): (Vec<_>, Vec<_>) =
        items.iter().partition(|item| item.mode == FileMode::Link);
    make_folders(&top, items)?;
    let mut groups: BTreeMap<&[u8], Vec<&Item<'_>>> = BTreeMap::new();
    for item in files {
        groups.entry(split(item.path).0).or_default().push(item);
    }
    let groups: Vec<Group<'_>> = groups
        .iter()
        .flat_map(|(folder, items)| items.chunks(GROUP).map(|items| Group { folder, items }))
        .collect();
    let bytes = in_parallel(&groups, options, |group| write_group(contents, &top, group))?;
    for link in &links {
        let target = contents.read_file(&shown(link.path), link.content)?;
        write_link(&top, link.path, &target)?;
    }
    Ok(Materialised { written: items.len(), deleted: 0, bytes })
}

/// Does something with every group on a few threads, and adds up what it gives. The first error
/// ends all.
fn in_parallel<'a>(
    groups: &[Group<'a>],
    options: MaterialiseOptions,
    act: impl Fn(&Group<'a>) -> Result<u64> + Sync,
) -> Result<u64> {
    let available = || thread::available_parallelism().map_or(1, usize::from);
    let threads = options.threads.unwrap_or_else(available).clamp(1, MAX_THREADS);
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let work = || {
        let mut sum = 0;
        while !stop.load(Ordering::Relaxed) {
            let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            sum += act(group).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        Ok(sum)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.min(groups.len())).map(|_| scope.spawn(work)).collect();
        let mut sum = work();
        for worker in workers {
            let other = worker
                .join()
                .unwrap_or_else(|_| Err(Error::new(Code::Bug, "a writing thread panicked")));
            sum = sum.and_then(|sum| Ok(sum + other?));
        }
        sum
    })
}

fn write_group(contents: Contents<'_>, top: &OwnedFd, group: &Group<'_>) -> Result<u64> {
    let Some(folder) = open_folder(top, group.folder)? else {
        return Err(Error::new(Code::Io, "the folder has gone").at(shown(group.folder)));
    };
    let mut sum = 0;
    for item in group.items {
        if item.mode == FileMode::Submodule {
            continue;
        }
        let bytes = contents.read_file(&shown(item.path), item.content)?;
        write_file(&folder, item, &bytes).map_err(|cause| not_written_at(item.path, cause))?;
        sum += bytes.len() as u64;
    }
    Ok(sum)
}

fn write_file(folder: &OwnedFd, item: &Item<'_>, bytes: &[u8]) -> std::io::Result<()> {
    let mode = if item.mode == FileMode::Executable { 0o777 } else { 0o666 };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, split(item.path).1, flags, Mode::from_raw_mode(mode))?;
    File::from(file).write_all(bytes)
}

fn write_link(top: &OwnedFd, path: &[u8], target: &[u8]) -> Result<()> {
    let (folder, name) = split(path);
    let Some(folder) = open_folder(top, folder)? else {
        return Err(Error::new(Code::Io, "the folder has gone").at(shown(path)));
    };
    rustix::fs::symlinkat(target, &folder, name).map_err(|cause| not_written_at(path, cause.into()))
}

/// Makes all folders that the items need, and those that stand for submodules.
fn make_folders(top: &OwnedFd, items: &[Item<'_>]) -> Result<()> {
    let mut folders: BTreeSet<&[u8]> = BTreeSet::new();
    for item in items {
        if item.mode == FileMode::Submodule {
            folders.insert(item.path);
        }
        let mut folder = split(item.path).0;
        while !folder.is_empty() && folders.insert(folder) {
            folder = split(folder).0;
        }
    }
    // Sorted: the outer ones come first. The parent stays open for its next child.
    let mut last: Option<(&[u8], OwnedFd)> = None;
    for folder in folders {
        let (outer, name) = split(folder);
        if last.as_ref().is_none_or(|(known, _)| *known != outer) {
            let Some(opened) = open_folder(top, outer)? else {
                return Err(Error::new(Code::Io, "the folder has gone").at(shown(outer)));
            };
            last = Some((outer, opened));
        }
        let Some((_, parent)) = &last else { continue };
        match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o777)) {
            // If it is no folder, opening it will say so.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(cause) => return Err(not_written_at(folder, cause.into())),
        }
    }
    Ok(())
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The folder that the user named, which may be a link to one.
fn open_top(folder: &Path) -> Result<OwnedFd> {
    rustix::fs::openat(CWD, folder, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())
        .map_err(|cause| not_written(folder, cause.into()))
}

/// A folder below the top, opened part by part, following no link; `None` if there is none.
fn open_folder(top: &OwnedFd, folder: &[u8]) -> Result<Option<OwnedFd>> {
    let mut opened = rustix::fs::openat(top, ".", FOLDER, Mode::empty())
        .map_err(|cause| not_written_at(folder, cause.into()))?;
    for part in folder.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        opened = match rustix::fs::openat(&opened, part, FOLDER, Mode::empty()) {
            Ok(next) => next,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(Error::new(
                    Code::NotGranted,
                    "a folder of this path is a file or a link",
                )
                .at(shown(folder)));
            }
            Err(cause) => return Err(not_written_at(folder, cause.into())),
        };
    }
    Ok(Some(opened))
}

fn unlink(folder: &OwnedFd, name: &std::ffi::OsStr, path: &str) -> Result<()> {
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(cause) => Err(not_written_at(path.as_bytes(), cause.into())),
    }
}

/// Removes a folder and those around it, as long as nothing is in them.
fn remove_empty(top: &OwnedFd, folder: &[u8]) -> Result<()> {
    let mut folder = folder;
    while !folder.is_empty() {
        let (outer, name) = split(folder);
        let Some(opened) = open_folder(top, outer)? else { return Ok(()) };
        if rustix::fs::unlinkat(&opened, name, AtFlags::REMOVEDIR).is_err() {
            return Ok(());
        }
        folder = outer;
    }
    Ok(())
}

/// Folder and name; the folder is empty at the top.
fn split(path: &[u8]) -> (&[u8], &std::ffi::OsStr) {
    let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&path[..0], path),
    };
    (folder, std::ffi::OsStr::from_bytes(name))
}

fn not_written(folder: &Path, cause: std::io::Error) -> Error {
    not_written_at(folder.as_os_str().as_bytes(), cause)
}

fn not_written_at(path: &[u8], cause: std::io::Error) -> Error {
    Error::new(git::io_code(&cause), "this cannot be written").at(shown(path)).because(cause)
}
