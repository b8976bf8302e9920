//! What is run, and what came of it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use axon_domain::Limits;

/// A program to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The program and its arguments. A program without `/` is looked for in the `PATH` of
    /// [`Job::env`].
    pub command: Vec<OsString>,
    /// Where it starts; absolute.
    pub cwd: PathBuf,
    /// Its environment, exactly; nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// What it sees of the file system.
    pub mounts: Mounts,
    /// What it may use up.
    pub limits: Limits,
}

/// What a program sees of the file system. All paths are absolute. Beside this it gets a few
/// harmless devices, its own processes under `/proc`, and an empty private `/tmp` (the last
/// two where the kernel gives a view of its own).
#[derive(Debug, Clone, Default)]
pub struct Mounts {
    /// Files and folders that can be read and executed; those that do not exist are left out.
    pub read: Vec<PathBuf>,
    /// Files and folders that can be written as well; they must exist.
    pub write: Vec<PathBuf>,
    /// A folder laid over another.
    pub overlay: Option<Overlay>,
    /// What appears read-only at another place: (from, to). It may lie inside the overlay; the
    /// source is what the host has there, not what the overlay covers it with.
    pub bind_read_only: Vec<(PathBuf, PathBuf)>,
    /// What appears writable at another place: (from, to).
    pub bind_write: Vec<(PathBuf, PathBuf)>,
}

/// An overlay file system: `upper` over `lower`, seen at `at`.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// What lies below; never changed.
    pub lower: PathBuf,
    /// What lies above; every change goes there.
    pub upper: PathBuf,
    /// An empty folder beside `upper` that the kernel needs (same file system).
    pub work: PathBuf,
    /// Where the result is seen.
    pub at: PathBuf,
}

/// Whether a program is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is, or it is not run.
    Confined,
    /// A person lifted it for this run. The limits still hold and the end of the program is
    /// still the end of everything it started; [`Job::mounts`] has no effect, except that an
    /// overlay or a bind is refused.
    Unconfined,
}

/// A limit that ended a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::cpu_millis`].
    Cpu,
    /// [`Limits::wall_millis`].
    Wall,
    /// [`Limits::memory_bytes`].
    Memory,
    /// [`Limits::processes`].
    Processes,
    /// [`Limits::output_bytes`].
    Output,
    /// [`Limits::file_bytes`].
    FileSize,
}

impl Limit {
    /// The word for it, in events and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Limit::Cpu => "cpu",
            Limit::Wall => "wall",
            Limit::Memory => "memory",
            Limit::Processes => "processes",
            Limit::Output => "output",
            Limit::FileSize => "file size",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What came of a program.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its exit code, if it ended by itself.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The limit that ended it.
    pub limit: Option<Limit>,
    /// Standard output and error as they came, cut at [`Limits::output_bytes`].
    pub output: Vec<u8>,
    /// How long it ran, in milliseconds.
    pub wall_millis: u64,
    /// Processor time of everything it started, in milliseconds.
    pub cpu_millis: u64,
    /// The most memory it had at once, in bytes: of the control group where there is one, else
    /// of its processes together as sampled (or of the largest, if it ended before a sample).
    pub max_memory_bytes: u64,
    /// How it was confined: `landlock 7, seccomp, user namespace`.
    pub confinement: String,
    /// Paths that it was refused, as far as its output tells.
    pub denied: Vec<PathBuf>,
}

impl Outcome {
    /// Whether it ended by itself with exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.exit == Some(0) && self.limit.is_none()
    }
}

/// Something the kernel may offer: a detail, or the reason why it is missing.
pub type Feature = Result<String, String>;

/// What the kernel offers for confinement.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// Landlock; the detail is the version of its interface.
    pub landlock: Feature,
    /// System call filters.
    pub seccomp: Feature,
    /// User, mount and network namespaces together: a view of its own.
    pub namespaces: Feature,
    /// A process namespace with its own `/proc`, inside the view.
    pub processes: Feature,
    /// An overlay file system inside the view.
    pub overlay: Feature,
    /// Control groups for memory and processes; the detail is their version.
    pub cgroup: Feature,
}

impl Capabilities {
    /// What they are, by name, in the order of output.
    pub fn list(&self) -> [(&'static str, &Feature); 6] {
        [
            ("landlock", &self.landlock),
            ("seccomp", &self.seccomp),
            ("user namespace", &self.namespaces),
            ("process namespace", &self.processes),
            ("overlay", &self.overlay),
            ("cgroup", &self.cgroup),
        ]
    }

    /// Whether a program can be confined at all.
    #[must_use]
    pub fn sufficient(&self) -> bool {
        self.seccomp.is_ok() && (self.landlock.is_ok() || self.namespaces.is_ok())
    }

    /// How a confined program is confined, in one line: `landlock 7, seccomp, user namespace`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut words = Vec::new();
        if let Ok(version) = &self.landlock {
            words.push(format!("landlock {version}"));
        }
        if self.seccomp.is_ok() {
            words.push("seccomp".to_owned());
        }
        if self.namespaces.is_ok() {
            words.push("user namespace".to_owned());
        }
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, feature)) in self.list().into_iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            match feature {
                Ok(detail) if detail.is_empty() => write!(f, "{line_end}{name}: yes")?,
                Ok(detail) => write!(f, "{line_end}{name}: yes, {detail}")?,
                Err(reason) => write!(f, "{line_end}{name}: no, {reason}")?,
            }
        }
        Ok(())
    }
}
