//! Ending a program at a chosen system call, as `kill -9` and a power cut would.
//!
//! Whatever a process leaves behind it does by system calls, so a kill before or after any of
//! them is a kill at every moment that matters, without a clock.
#![expect(unsafe_code, reason = "ptrace(2) and waiting for threads have no safe interface")]

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};
use std::ptr;

use libc::{c_int, pid_t};

/// What became of a program that was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced {
    /// The exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// How often a system call began or ended until then.
    pub stops: u64,
}

/// Which processes are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// The program with all its threads.
    Threads,
    /// The programs that it starts, too.
    Children,
}

/// Runs a program and kills it, with everything that it started, when so many system calls have
/// begun or ended; `u64::MAX` lets it come to its own end.
#[must_use]
pub fn kill_at(mut command: Command, stop: u64, follow: Follow) -> Traced {
    // SAFETY: ptrace is a plain system call, allowed between fork and exec.
    unsafe {
        command.pre_exec(|| ptrace(libc::PTRACE_TRACEME, 0, 0));
    }
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?} traced: {e}"));
    let pid = pid_t::try_from(child.id()).expect("a process number");
    let traced = watch(pid, stop, follow);
    // Somebody has waited for it already; this only tells the handle.
    let _ = child.try_wait();
    traced
}

fn watch(pid: pid_t, stop: u64, follow: Follow) -> Traced {
    let (mut stops, mut end, mut known) = (0, None, BTreeSet::new());
    while let Some((process, status)) = wait() {
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            known.remove(&process);
            if process == pid {
                end = Some(status);
            }
            continue;
        }
        if known.insert(process) && process == pid {
            set_options(pid, follow);
        }
        let signal = libc::WSTOPSIG(status);
        let is_call = signal == libc::SIGTRAP | 0x80;
        stops += u64::from(is_call);
        if stops >= stop {
            // Each by its number: a sandbox may have left the group.
            // SAFETY: signals to processes that this thread has started and not yet waited for.
            known.iter().for_each(|process| unsafe {
                libc::kill(*process, libc::SIGKILL);
            });
        }
        // The stops of ptrace itself are not signals of the program.
        let quiet = is_call || signal == libc::SIGTRAP || signal == libc::SIGSTOP;
        // A process that was killed meanwhile is not there to go on.
        let _ = ptrace(libc::PTRACE_SYSCALL, process, if quiet { 0 } else { signal });
    }
    let status = end.unwrap_or_else(|| panic!("process {pid} was lost while it was watched"));
    Traced { code: ExitStatus::from_raw(status).code(), stops }
}

fn set_options(pid: pid_t, follow: Follow) {
    let mut options =
        libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    if follow == Follow::Children {
        options |= libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_TRACEVFORK;
    }
    ptrace(libc::PTRACE_SETOPTIONS, pid, options).unwrap_or_else(|e| {
        panic!("this test watches a program with ptrace, which the kernel refuses: {e}")
    });
}

/// The next process or thread, of those that this very thread watches, that stopped or ended.
fn wait() -> Option<(pid_t, c_int)> {
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to a variable that outlives the call.
        let process =
            unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
        match process {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return None,
            process => return Some((process, status)),
        }
    }
}

fn ptrace(request: libc::c_uint, process: pid_t, data: c_int) -> io::Result<()> {
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: none of the requests that are used here takes a pointer.
    match unsafe { libc::ptrace(request, process, nothing, libc::c_long::from(data)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
