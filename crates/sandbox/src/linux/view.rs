//! The file tree that a confined program sees: an empty one into which the grants are mounted.
//!
//! What is not mounted is not there, not even to `stat`, and neither are the sockets through
//! which services of the host would act for the program. The list of mounts is made before
//! the fork; the child only goes through it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use axon_domain::{Code, Error, Result};

use super::rules::{Right, Rules};
use super::sys::{self, Errno, Sys};
use crate::Mounts;

/// Where the child finds the host's tree while it makes its own, and its own.
const OLD: &str = "/old";
const NEW: &str = "/new";
/// Devices that every program may use.
pub(super) const DEVICES: [&str; 5] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
const MAX_LINKS: usize = 40;

const READ_ONLY: u64 = 1; // MOUNT_ATTR_RDONLY
const NO_SUID: u64 = 2; // MOUNT_ATTR_NOSUID

/// One thing to do, in paths as they are while the child is at work.
#[derive(Debug)]
enum Step {
    Folder(CString),
    File(CString),
    Link { target: CString, at: CString },
    Bind { from: CString, at: CString, read_only: bool },
    Overlay { at: CString },
    Memory { at: CString },
    Processes { at: CString },
}

/// What is wanted at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Link(PathBuf),
    Bind { from: PathBuf, read_only: bool },
    Overlay,
    Memory,
    Processes,
}

/// The prepared tree.
#[derive(Debug)]
pub(super) struct View {
    steps: Vec<Step>,
    /// Links to the three folders of the overlay: option strings have a length limit and need
    /// escapes, and links have neither.
    overlay: Vec<(CString, CString)>,
    overlay_options: CString,
    memory_options: CString,
    /// What may be written, as the program sees it.
    writable: Vec<CString>,
}

/// A path for the kernel.
pub(super) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Error::new(Code::Usage, "a path contains a zero byte").at(path.display().to_string())
    })
}

fn below(root: &str, path: &Path) -> Result<CString> {
    let mut joined = root.as_bytes().to_vec();
    if path != Path::new("/") {
        joined.extend_from_slice(path.as_os_str().as_bytes());
    }
    c_path(Path::new(OsStr::from_bytes(&joined)))
}

/// A path with its links followed, and the links: those between the path as given and the
/// result have to be in the view for the path as given to work.
pub(super) fn resolve(path: &Path) -> Result<(PathBuf, Vec<(PathBuf, PathBuf)>)> {
    if !path.is_absolute() {
        let what = "a path given to the sandbox is not absolute";
        return Err(Error::new(Code::Bug, what).at(path.display().to_string()));
    }
    let mut done = PathBuf::from("/");
    let mut links = Vec::new();
    let mut rest: Vec<Vec<u8>> = parts(path).rev().collect();
    while let Some(part) = rest.pop() {
        if part == b".." {
            done.pop();
            continue;
        }
        done.push(OsStr::from_bytes(&part));
        let Ok(target) = fs::read_link(&done) else { continue };
        if links.len() >= MAX_LINKS {
            let what = "too many links follow each other";
            return Err(Error::new(Code::Io, what).at(path.display().to_string()));
        }
        links.push((done.clone(), target.clone()));
        done.pop();
        if target.is_absolute() {
            done = PathBuf::from("/");
        }
        rest.extend(parts(&target).rev());
    }
    Ok((done, links))
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = Vec<u8>> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned().into_vec()),
        Component::ParentDir => Some(b"..".to_vec()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    })
}

fn must_exist(path: &Path) -> Result<()> {
    fs::symlink_metadata(path).map(drop).map_err(|error| {
        Error::new(Code::Io, "a path granted to a program cannot be read")
            .at(path.display().to_string())
            .because(error)
    })
}

/// Collects what is wanted where; a later wish for the same path wins.
#[derive(Default)]
struct Items(BTreeMap<PathBuf, Item>);

impl Items {
    /// `from` at `at`, with the links that lead there.
    fn bind(&mut self, from: &Path, at: &Path, read_only: bool) -> Result<()> {
        let from = resolve(from)?.0;
        let at = self.links(at)?;
        self.0.insert(at, Item::Bind { from, read_only });
        Ok(())
    }

    /// Adds the links on the way to `path` and gives where it really is.
    fn links(&mut self, path: &Path) -> Result<PathBuf> {
        let (real, links) = resolve(path)?;
        for (at, target) in links {
            self.0.entry(at).or_insert(Item::Link(target));
        }
        Ok(real)
    }

    /// Whether a mount above `path` shows the same already.
    fn shown(&self, path: &Path, item: &Item) -> bool {
        let nearest = path
            .ancestors()
            .skip(1)
            .find_map(|above| Some((above, self.0.get(above)?)))
            .filter(|(_, item)| !matches!(item, Item::Link(_)));
        match (item, nearest) {
            (Item::Link(_), Some((_, Item::Bind { .. } | Item::Overlay))) => true,
            (
                Item::Bind { from, read_only },
                Some((above, Item::Bind { from: upper, read_only: same })),
            ) => {
                read_only == same
                    && path.strip_prefix(above).is_ok_and(|rest| upper.join(rest) == *from)
            }
            _ => false,
        }
    }
}

impl View {
    /// Prepares the view of these mounts. `memory` bounds the private `/tmp`, in bytes;
    /// `user_overlay`: whether the overlay is mounted in a user namespace.
    pub(super) fn new(mounts: &Mounts, memory: u64, user_overlay: bool) -> Result<Self> {
        let mut items = Items::default();
        for path in ["/tmp", "/dev/shm"] {
            items.0.insert(PathBuf::from(path), Item::Memory);
        }
        items.0.insert(PathBuf::from("/proc"), Item::Processes);
        for device in DEVICES {
            items.bind(Path::new(device), Path::new(device), false)?;
        }
        for (at, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
            let target = PathBuf::from(format!("/proc/self/fd{target}"));
            items.0.insert(Path::new("/dev").join(at), Item::Link(target));
        }
        let mut writable = vec![c"/tmp".to_owned(), c"/dev/shm".to_owned()];
        for path in mounts.read.iter().filter(|path| path.exists()) {
            items.bind(path, path, true)?;
        }
        let mut overlay = Vec::new();
        if let Some(wanted) = &mounts.overlay {
            let at = items.links(&wanted.at)?;
            for (name, path) in
                [(c"/lower", &wanted.lower), (c"/upper", &wanted.upper), (c"/work", &wanted.work)]
            {
                must_exist(path)?;
                overlay.push((below(OLD, &resolve(path)?.0)?, name.to_owned()));
            }
            writable.push(c_path(&at)?);
            items.0.insert(at, Item::Overlay);
        }
        let same = mounts.write.iter().map(|path| (path, path));
        for (from, at) in same.chain(mounts.bind_write.iter().map(|(from, at)| (from, at))) {
            must_exist(from)?;
            items.bind(from, at, false)?;
            writable.push(c_path(&resolve(at)?.0)?);
        }
        for (from, at) in &mounts.bind_read_only {
            must_exist(from)?;
            items.bind(from, at, true)?;
        }
        let extra = if user_overlay { ",userxattr" } else { "" };
        Ok(Self {
            steps: steps(&items)?,
            overlay,
            overlay_options: text(format!("lowerdir=/lower,upperdir=/upper,workdir=/work{extra}"))?,
            memory_options: text(format!("mode=1777,size={}", memory.max(1 << 20)))?,
            writable,
        })
    }

    /// A view of nothing but an overlay in memory, to see whether the kernel allows one.
    pub(super) fn overlay_trial(user_overlay: bool) -> Result<Self> {
        let mut view = Self::new(&Mounts::default(), 1 << 20, user_overlay)?;
        for (link, folder) in
            [(c"/lower", c"/new/l"), (c"/upper", c"/new/u"), (c"/work", c"/new/w")]
        {
            view.overlay.push((folder.to_owned(), link.to_owned()));
            view.steps.push(Step::Folder(folder.to_owned()));
        }
        let at = c"/new/overlay".to_owned();
        view.steps.extend([Step::Folder(at.clone()), Step::Overlay { at }]);
        Ok(view)
    }

    /// The grants of this view for Landlock: what is not granted is not there, so reading is
    /// allowed on the whole of it.
    pub(super) fn rules(&self, rules: &mut Rules) -> Result<()> {
        rules.allow(c"/".to_owned(), Right::Read);
        for device in DEVICES {
            rules.allow(c_path(Path::new(device))?, Right::Device);
        }
        for path in &self.writable {
            rules.allow(path.clone(), Right::Write);
        }
        Ok(())
    }

    /// Makes the view and moves into it; on failure the kind of step, its index and the error.
    /// Called in the child, alone in its mount namespace, as the first process of its process
    /// namespace if `processes`.
    pub(super) fn enter(&self, processes: bool) -> Result<(), Failure> {
        prepare().map_err(|error| Failure { overlay: false, index: u16::MAX, error })?;
        for (target, at) in &self.overlay {
            sys::symlink(target, at).map_err(|error| Failure { overlay: true, index: 0, error })?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            self.perform(step, processes).map_err(|error| Failure {
                overlay: matches!(step, Step::Overlay { .. }),
                index: u16::try_from(index).unwrap_or(u16::MAX),
                error,
            })?;
        }
        leave().map_err(|error| Failure { overlay: false, index: u16::MAX, error })
    }

    fn perform(&self, step: &Step, processes: bool) -> Sys {
        match step {
            Step::Folder(at) => existing(sys::mkdir(at, 0o755)),
            Step::File(at) => existing(
                sys::open(at, libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY).map(sys::close),
            ),
            Step::Link { target, at } => existing(sys::symlink(target, at)),
            Step::Bind { from, at, read_only } => {
                sys::mount(from, at, c"", libc::MS_BIND | libc::MS_REC, c"")?;
                let attributes = if *read_only { READ_ONLY | NO_SUID } else { NO_SUID };
                sys::mount_attributes(at, attributes, true)
            }
            Step::Overlay { at } => {
                let flags = libc::MS_NOSUID | libc::MS_NODEV;
                sys::mount(c"overlay", at, c"overlay", flags, &self.overlay_options)
            }
            Step::Memory { at } => {
                let flags = libc::MS_NOSUID | libc::MS_NODEV;
                sys::mount(c"tmpfs", at, c"tmpfs", flags, &self.memory_options)
            }
            Step::Processes { at } if processes => {
                // Read-only: files below /proc/sys answer to the user id 0 without any
                // capability.
                let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC | libc::MS_RDONLY;
                sys::mount(c"proc", at, c"proc", flags, c"")
            }
            Step::Processes { at } => {
                sys::mount(c"/old/proc", at, c"", libc::MS_BIND | libc::MS_REC, c"")?;
                sys::mount_attributes(at, READ_ONLY | NO_SUID, true)
            }
        }
    }

    /// The path of a failed step, for a person.
    pub(super) fn place(&self, index: u16) -> Option<String> {
        let at = match self.steps.get(usize::from(index))? {
            Step::Folder(at)
            | Step::File(at)
            | Step::Link { at, .. }
            | Step::Bind { at, .. }
            | Step::Overlay { at }
            | Step::Memory { at }
            | Step::Processes { at } => at,
        };
        Some(at.to_string_lossy().strip_prefix(NEW)?.to_owned())
    }
}

/// Which step failed and how.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) overlay: bool,
    pub(super) index: u16,
    pub(super) error: Errno,
}

fn text(text: String) -> Result<CString> {
    c_path(Path::new(&text))
}

fn existing(result: Sys) -> Sys {
    match result {
        Err(libc::EEXIST) => Ok(()),
        other => other,
    }
}

/// The items in the order of mounting, what contains before what is contained.
fn steps(items: &Items) -> Result<Vec<Step>> {
    let mut sorted: Vec<(&PathBuf, &Item)> =
        items.0.iter().filter(|(path, item)| !items.shown(path, item)).collect();
    sorted.sort_by_key(|(path, item)| (path.components().count(), !matches!(item, Item::Link(_))));
    let mut steps = Vec::new();
    let mut made = BTreeSet::new();
    for (path, item) in sorted {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.pop(); // the root is there
        for folder in above.into_iter().rev() {
            if made.insert(folder.to_owned()) {
                steps.push(Step::Folder(below(NEW, folder)?));
            }
        }
        let at = below(NEW, path)?;
        let file = matches!(item, Item::Bind { from, .. } if !from.is_dir());
        match item {
            Item::Link(_) => {}
            _ if file => steps.push(Step::File(at.clone())),
            _ => steps.push(Step::Folder(at.clone())),
        }
        steps.push(match item {
            Item::Link(target) => Step::Link { target: c_path(target)?, at },
            Item::Bind { from, read_only } => {
                Step::Bind { from: below(OLD, from)?, at, read_only: *read_only }
            }
            Item::Overlay => Step::Overlay { at },
            Item::Memory => Step::Memory { at },
            Item::Processes => Step::Processes { at },
        });
    }
    Ok(steps)
}

/// An empty tree in memory becomes the root, with the host's at [`OLD`]. `/proc` is where it
/// is made, because that folder exists wherever a child can be watched.
fn prepare() -> Sys {
    sys::mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    sys::mount(c"tmpfs", c"/proc", c"tmpfs", flags, c"mode=0755,size=16m")?;
    sys::mkdir(c"/proc/old", 0o755)?;
    sys::mkdir(c"/proc/new", 0o755)?;
    sys::pivot_root(c"/proc", c"/proc/old")?;
    sys::chdir(c"/")?;
    sys::mount(c"tmpfs", c"/new", c"tmpfs", flags, c"mode=0755,size=16m")
}

/// The host's tree as it is, but for `/proc`, which shows the processes of this namespace.
pub(super) fn own_processes() -> Sys {
    sys::mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount(c"proc", c"/proc", c"proc", flags, c"")
}

/// The made tree becomes the root, and the host's goes.
fn leave() -> Sys {
    sys::mount_attributes(c"/new", READ_ONLY, false)?;
    sys::chdir(c"/new")?;
    sys::pivot_root(c".", c".")?;
    sys::detach(c".")?;
    sys::chdir(c"/")
}
