//! What this kernel offers, found by trying.

use std::sync::OnceLock;
use std::time::Duration;

use axon_domain::{Code, Error, Result};
use rustix::fs::StatVfsMountFlags;

use super::child::{Report, Stage};
use super::launch::{self, Namespaces};
use super::view::View;
use super::watch::wait_readable;
use super::{cgroup, plan, sys};
use crate::{Capabilities, Feature, Job, Mounts};

/// What the kernel offers and how it is used.
pub(super) struct Offer {
    pub(super) capabilities: Capabilities,
    /// Version of Landlock.
    pub(super) landlock: Option<u32>,
    /// The namespaces of a confined program.
    namespaces: Namespaces,
    /// Those of one that is not: only what makes its end the end of everything it started.
    /// A user namespace would change what it can do, so this is for root alone; others have
    /// a limit of processes that holds for them.
    pub(super) unconfined: Namespaces,
    /// Whether process numbers bound the processes of a namespace: for root, whom
    /// `RLIMIT_NPROC` does not hold.
    pub(super) numbered: bool,
}

static OFFER: OnceLock<Offer> = OnceLock::new();

impl Offer {
    /// Found on first use.
    pub(super) fn get() -> &'static Self {
        OFFER.get_or_init(Self::find)
    }

    fn find() -> Self {
        let landlock = sys::landlock_version();
        let seccomp = sys::filter_supported();
        let (namespaces, view) = namespaces();
        let own_processes = match (&view, namespaces.processes) {
            (Ok(_), true) => Ok(String::new()),
            (Ok(_), false) => Err("the kernel refused a fresh /proc".to_owned()),
            (Err(_), _) => Err("needs a user namespace".to_owned()),
        };
        let overlay = match &view {
            Ok(_) => View::overlay_trial(namespaces.user)
                .map_err(|error| error.to_string())
                .and_then(|view| rehearse(Some(view), namespaces)),
            Err(_) => Err("needs a user namespace".to_owned()),
        };
        let numbered = rustix::process::geteuid().is_root() && numbered();
        let bounded = numbered && namespaces.processes;
        Self {
            landlock: landlock.ok(),
            namespaces,
            numbered,
            unconfined: unconfined(),
            capabilities: Capabilities {
                landlock: landlock.map(|version| version.to_string()).map_err(
                    |error| match error {
                        libc::EOPNOTSUPP => "disabled when the kernel was started".to_owned(),
                        _ => "the kernel has none (5.13 or newer, built in and enabled)".to_owned(),
                    },
                ),
                seccomp: seccomp
                    .map(|()| String::new())
                    .map_err(|error| format!("the kernel has no filters: {}", words(error))),
                namespaces: view,
                processes: own_processes,
                overlay: overlay.map(|()| String::new()),
                cgroup: cgroup::probe().map_err(|reason| ungrouped(&reason, bounded)),
            },
        }
    }

    /// The namespaces for a confined job, or what is missing.
    pub(super) fn require(&self, job: &Job) -> Result<Namespaces> {
        let offered = &self.capabilities;
        if !offered.sufficient() {
            let missing: Vec<String> = [
                ("Landlock", &offered.landlock),
                ("user namespaces", &offered.namespaces),
                ("seccomp", &offered.seccomp),
            ]
            .into_iter()
            .filter_map(|(name, feature)| {
                feature.as_ref().err().map(|reason| format!("{name}: {reason}"))
            })
            .collect();
            let what = format!("programs cannot be confined here ({})", missing.join("; "));
            return Err(Error::new(Code::NoConfinement, what)
                .hint("enable one of them, or run with --unconfined, if you trust the project"));
        }
        let mounts = &job.mounts;
        let moved = !mounts.bind_read_only.is_empty() || !mounts.bind_write.is_empty();
        let needed = if mounts.overlay.is_some() {
            offered.overlay.as_ref().err()
        } else if moved {
            offered.namespaces.as_ref().err()
        } else {
            None
        };
        match needed {
            Some(reason) => {
                let what = format!("nothing can be laid over a folder here: {reason}");
                Err(Error::new(Code::NoConfinement, what).hint("copy the folder instead"))
            }
            None => Ok(self.namespaces),
        }
    }
}

/// What holds a program's memory and processes where there is no control group.
fn ungrouped(reason: &str, bounded: bool) -> String {
    let root = rustix::process::geteuid().is_root();
    let processes = match (root, bounded) {
        (true, true) => "the kernel bounds processes by their numbers",
        (true, false) => "root's processes are only counted, ten times a second",
        (false, _) => "the kernel bounds processes by RLIMIT_NPROC",
    };
    format!("{reason}; memory is only measured, ten times a second; {processes}")
}

/// Whether every process namespace has a highest number of its own that can be set: Linux 6.14.
/// Before, there is one for the whole machine, which must never be touched.
fn numbered() -> bool {
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return false };
    let writable = rustix::fs::statvfs("/proc/sys/kernel/pid_max")
        .is_ok_and(|place| !place.f_flag.contains(StatVfsMountFlags::RDONLY));
    (major, minor) >= (6, 14) && writable
}

fn words(error: i32) -> String {
    std::io::Error::from_raw_os_error(error).to_string()
}

fn unconfined() -> Namespaces {
    let namespaces = Namespaces { user: false, view: false, processes: true };
    let offered = rustix::process::geteuid().is_root() && rehearse(None, namespaces).is_ok();
    if offered { namespaces } else { Namespaces::default() }
}

/// The best combination that works.
fn namespaces() -> (Namespaces, Feature) {
    let root = rustix::process::geteuid().is_root();
    let mut reason = String::new();
    for user in [true, false] {
        for processes in [true, false] {
            // Only root may do without a user namespace.
            if !user && !root {
                continue;
            }
            let namespaces = Namespaces { user, view: true, processes };
            let trial = View::new(&Mounts::default(), 1 << 20, user)
                .map_err(|error| error.to_string())
                .and_then(|view| rehearse(Some(view), namespaces));
            match trial {
                Ok(()) if user => return (namespaces, Ok(String::new())),
                Ok(()) => return (namespaces, Ok("as root, without a user namespace".to_owned())),
                Err(error) if reason.is_empty() => reason = error,
                Err(_) => {}
            }
        }
    }
    (Namespaces::default(), Err(reason))
}

/// Goes through everything but the start of a program.
fn rehearse(view: Option<View>, namespaces: Namespaces) -> Result<(), String> {
    let plan = plan::rehearsal(view, namespaces);
    let mut running = launch::start(&plan, namespaces, None).map_err(|error| error.to_string())?;
    if !wait_readable(&running.ended, Duration::from_secs(5)) {
        return Err("the kernel did not answer".to_owned());
    }
    let mut bytes = [0; Report::LENGTH];
    let length = rustix::io::read(&running.report, &mut bytes);
    let _ = running.reap();
    match length.ok().and_then(|_| Report::parse(bytes)) {
        Some(Report::Failed { stage: Stage::Program, .. }) => Ok(()),
        Some(Report::Failed { stage, error, .. }) => {
            Err(format!("the kernel refused it at step {stage:?}: {}", words(error)))
        }
        _ => Err("the child did not come up".to_owned()),
    }
}
