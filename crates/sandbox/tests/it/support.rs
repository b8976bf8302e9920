//! A job in a temporary folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use axon_domain::{Limits, Result};
use axon_sandbox::{Cancel, Job, Mode, Mounts, Outcome, run};

/// Limits that end a test soon, whatever happens.
pub(crate) const LIMITS: Limits = Limits {
    cpu_millis: 20_000,
    wall_millis: 30_000,
    memory_bytes: 1 << 30,
    processes: 64,
    output_bytes: 1 << 20,
    file_bytes: 64 << 20,
};

/// What every program needs.
pub(crate) const SYSTEM: [&str; 8] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/passwd",
    "/etc/alternatives",
];

/// A folder that is gone after the test, and a job that may write it.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) job: Job,
}

impl Bench {
    /// A job for a shell script.
    pub(crate) fn script(script: &str) -> Self {
        Self::program(&["sh", "-c", script])
    }

    /// A job for a Python script.
    pub(crate) fn python(script: &str) -> Self {
        Self::program(&["/usr/bin/python3", "-c", script])
    }

    pub(crate) fn program(command: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounts = Mounts {
            read: SYSTEM.iter().map(PathBuf::from).collect(),
            write: vec![folder.path().to_owned()],
            ..Mounts::default()
        };
        let job = Job {
            command: command.iter().map(OsString::from).collect(),
            cwd: folder.path().to_owned(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            mounts,
            limits: LIMITS,
        };
        Self { folder, job }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// With other limits.
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.job.limits);
        self
    }

    pub(crate) fn run(&self, mode: Mode) -> Result<Outcome> {
        run(&self.job, mode, &Cancel::new(), &mut |_| {})
    }

    /// Runs it confined; it must start.
    pub(crate) fn confined(&self) -> Outcome {
        self.run(Mode::Confined).unwrap()
    }
}

/// The output as text.
pub(crate) fn text(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.output).into_owned()
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}
