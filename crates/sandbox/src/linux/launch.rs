//! Starting the child, and the parent's part in its setup.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use axon_domain::{Code, Error, Result};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::cgroup::Group;
use super::child::{self, Plan, Wires};
use super::sys;

/// Which namespaces the child gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Namespaces {
    /// A user namespace; needed by those who may not make the others.
    pub(super) user: bool,
    /// Mounts, network, System V objects.
    pub(super) view: bool,
    /// Processes.
    pub(super) processes: bool,
}

impl Namespaces {
    fn flags(self) -> i32 {
        let mut flags = 0;
        if self.user {
            flags |= libc::CLONE_NEWUSER;
        }
        if self.view {
            flags |= libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWIPC;
        }
        if self.processes {
            // With mounts of its own for a `/proc` that fits.
            flags |= libc::CLONE_NEWPID | libc::CLONE_NEWNS;
        }
        flags
    }
}

/// A running supervisor. Dropping it ends everything that it started.
pub(super) struct Running {
    pub(super) pid: i32,
    /// Readable when the supervisor, and with it everything, has ended.
    pub(super) ended: OwnedFd,
    pub(super) report: OwnedFd,
    pub(super) output: OwnedFd,
    control: Option<OwnedFd>,
    own_processes: bool,
    reaped: bool,
}

impl Running {
    /// Has everything end; does not wait.
    pub(super) fn end(&mut self) {
        if self.own_processes && !self.reaped {
            sys::kill(self.pid);
        }
        self.control = None;
    }

    /// Wait status, processor time in milliseconds, and largest resident size in bytes, once
    /// the supervisor has ended.
    pub(super) fn reap(&mut self) -> Option<(i32, u64, u64)> {
        if self.reaped {
            return None;
        }
        let reaped = sys::reap_with_usage(self.pid).ok().flatten();
        self.reaped = reaped.is_some();
        reaped
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if !self.reaped {
            super::watch::wait_readable(&self.ended, super::watch::PATIENCE);
            let _ = self.reap();
        }
    }
}

fn io(what: &str) -> impl FnOnce(rustix::io::Errno) -> Error {
    let what = format!("cannot {what}");
    move |error| Error::new(Code::Io, what).because(error)
}

/// Both ends above the standard streams, which the child replaces.
fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(io("make a pipe"))?;
    let high = |end: OwnedFd| fcntl_dupfd_cloexec(&end, 10).map_err(io("make a pipe"));
    Ok((high(read)?, high(write)?))
}

/// Starts the plan's program.
pub(super) fn start(plan: &Plan, namespaces: Namespaces, group: Option<&Group>) -> Result<Running> {
    let (control_read, control) = pipe()?;
    let (report, report_write) = pipe()?;
    let (output, output_write) = pipe()?;
    for end in [report.as_fd(), output.as_fd()] {
        rustix::io::ioctl_fionbio(end, true).map_err(io("prepare a pipe"))?;
    }
    let wires = Wires {
        control: control_read.as_raw_fd(),
        report: report_write.as_raw_fd(),
        output: output_write.as_raw_fd(),
    };
    let before = sys::block_signals();
    // SAFETY: the child runs `supervise`, which never returns and calls only what is safe
    // after a fork.
    #[expect(unsafe_code, reason = "std cannot start a process in new namespaces")]
    let forked = match unsafe { sys::fork(namespaces.flags()) } {
        Ok(0) => child::supervise(plan, wires),
        other => other,
    };
    sys::set_signals(&before);
    let pid = forked.map_err(|error| {
        Error::new(Code::NoConfinement, "the kernel refused to start a confined process")
            .because(std::io::Error::from_raw_os_error(error))
    })?;
    let ended = Pid::from_raw(pid)
        .ok_or(rustix::io::Errno::SRCH)
        .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()))
        .map_err(|error| {
            sys::kill(pid);
            io("watch a process")(error)
        })?;
    let running = Running {
        pid,
        ended,
        report,
        output,
        control: Some(control),
        own_processes: namespaces.processes,
        reaped: false,
    };
    if namespaces.user {
        map_ids(pid)?;
    }
    if let Some(group) = group {
        group.take_in(pid)?;
    }
    if let Some(control) = &running.control {
        rustix::io::write(control, &[1]).map_err(io("start a confined process"))?;
    }
    Ok(running)
}

/// Every id that this process may use means the same inside. Somebody without privileges may
/// give only their own.
fn map_ids(pid: i32) -> Result<()> {
    let refused = |error: std::io::Error| {
        Error::new(Code::NoConfinement, "the kernel refused the ids of a user namespace")
            .because(error)
    };
    let user = rustix::process::geteuid();
    let group = rustix::process::getegid();
    let own = |id: u32| format!("{id} {id} 1");
    if user.is_root() {
        let all = |file: &str| -> std::io::Result<()> {
            fs::write(
                format!("/proc/{pid}/{file}"),
                identity(&fs::read_to_string(format!("/proc/self/{file}"))?),
            )
        };
        if all("gid_map").and_then(|()| all("uid_map")).is_ok() {
            return Ok(());
        }
    }
    // Otherwise a group could be given up that is there to keep somebody out.
    fs::write(format!("/proc/{pid}/setgroups"), "deny").map_err(refused)?;
    fs::write(format!("/proc/{pid}/gid_map"), own(group.as_raw())).map_err(refused)?;
    fs::write(format!("/proc/{pid}/uid_map"), own(user.as_raw())).map_err(refused)
}

/// A map of ids (inside, outside, count) turned into one that changes nothing.
fn identity(map: &str) -> String {
    let mut lines = String::new();
    for line in map.lines() {
        let mut fields = line.split_ascii_whitespace();
        if let (Some(inside), Some(_), Some(count)) = (fields.next(), fields.next(), fields.next())
        {
            lines.push_str(&format!("{inside} {inside} {count}\n"));
        }
    }
    lines
}
