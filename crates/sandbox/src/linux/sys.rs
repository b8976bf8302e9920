//! System calls as they are needed between `clone` and `execve`.
//!
//! Nothing here allocates, locks or panics: the child is a copy of one thread of a process
//! with many, so a lock that another thread held is held for ever.
#![expect(unsafe_code, reason = "system calls for a forked child, which std does not offer")]

use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_long, c_ulong};
use std::ptr;

/// The number of an error, as the kernel gives it.
pub(super) type Errno = i32;
/// The result of a system call.
pub(super) type Sys<T = ()> = Result<T, Errno>;

fn errno() -> Errno {
    // SAFETY: glibc and musl give a valid pointer to this thread's errno.
    unsafe { *libc::__errno_location() }
}

fn check(value: c_long) -> Sys<c_long> {
    if value < 0 { Err(errno()) } else { Ok(value) }
}

fn done(value: c_long) -> Sys {
    check(value).map(drop)
}

/// `clone(2)` used as `fork(2)`, without the handlers of the C library. Gives 0 in the child.
///
/// # Safety
/// The child may call only what is safe in a signal handler, and must never return from the
/// function that called this: it ends by [`exit`] or [`exec`].
pub(super) unsafe fn fork(namespaces: c_int) -> Sys<i32> {
    let flags = c_long::from(namespaces) | c_long::from(libc::SIGCHLD);
    // SAFETY: no new stack and no shared memory, so the child is a plain copy.
    let pid = check(unsafe {
        libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize)
    })?;
    Ok(i32::try_from(pid).unwrap_or(0))
}

/// Blocks every signal of this thread and gives what was blocked before.
pub(super) fn block_signals() -> libc::sigset_t {
    // SAFETY: both sets live on this stack; filling a set cannot fail.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

/// Blocks exactly these signals.
pub(super) fn set_signals(mask: &libc::sigset_t) {
    // SAFETY: the set is valid for the call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut()) };
}

/// No signal blocked, none ignored: what a program expects to start with.
pub(super) fn reset_signals() {
    // SAFETY: default actions need no handler to stay valid.
    unsafe {
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
    }
}

/// A descriptor that becomes readable when a child ends; `SIGCHLD` must be blocked.
pub(super) fn child_signals() -> Sys<c_int> {
    // SAFETY: the set lives on this stack.
    let descriptor = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    };
    check(c_long::from(descriptor)).map(|_| descriptor)
}

pub(super) fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: c_ulong,
    options: &CStr,
) -> Sys {
    // SAFETY: all strings are valid for the call.
    done(c_long::from(unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast())
    }))
}

/// Adds mount attributes (`MOUNT_ATTR_*`) to a mount, and with `recursive` to those below.
pub(super) fn mount_attributes(target: &CStr, set: u64, recursive: bool) -> Sys {
    let attributes = [set, 0, 0, 0];
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: `attributes` has the layout of `struct mount_attr` (four 64-bit fields).
    done(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            target.as_ptr(),
            flags,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    })
}

pub(super) fn pivot_root(new: &CStr, old: &CStr) -> Sys {
    // SAFETY: both strings are valid for the call.
    done(unsafe { libc::syscall(libc::SYS_pivot_root, new.as_ptr(), old.as_ptr()) })
}

pub(super) fn detach(target: &CStr) -> Sys {
    // SAFETY: the string is valid for the call.
    done(c_long::from(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }))
}

pub(super) fn chdir(path: &CStr) -> Sys {
    // SAFETY: the string is valid for the call.
    done(c_long::from(unsafe { libc::chdir(path.as_ptr()) }))
}

pub(super) fn mkdir(path: &CStr, mode: u32) -> Sys {
    // SAFETY: the string is valid for the call.
    done(c_long::from(unsafe { libc::mkdir(path.as_ptr(), mode) }))
}

pub(super) fn symlink(target: &CStr, at: &CStr) -> Sys {
    // SAFETY: both strings are valid for the call.
    done(c_long::from(unsafe { libc::symlink(target.as_ptr(), at.as_ptr()) }))
}

pub(super) fn open(path: &CStr, flags: c_int) -> Sys<c_int> {
    // SAFETY: the string is valid for the call; the mode is used for new files only.
    let descriptor = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o600) };
    check(c_long::from(descriptor)).map(|_| descriptor)
}

pub(super) fn close(descriptor: c_int) {
    // SAFETY: closing a number that is not open is an error without effect.
    unsafe { libc::close(descriptor) };
}

/// Closes all descriptors from `first` to `last`, or has `execve` close them.
pub(super) fn close_range(first: u32, last: u32, at_exec: bool) {
    if first > last {
        return;
    }
    let flags: c_long = if at_exec { 4 } else { 0 }; // CLOSE_RANGE_CLOEXEC
    // SAFETY: the child owns its copy of the table and uses none of these afterwards.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
}

pub(super) fn dup_to(from: c_int, to: c_int) -> Sys {
    // SAFETY: no memory is involved.
    done(c_long::from(unsafe { libc::dup2(from, to) }))
}

/// One read; 0 at the end of the file.
pub(super) fn read(descriptor: c_int, buffer: &mut [u8]) -> Sys<usize> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), buffer.len()) };
    check(count as c_long).map(|count| count.unsigned_abs() as usize)
}

/// One read from the beginning of a file.
pub(super) fn read_from_start(descriptor: c_int, buffer: &mut [u8]) -> Sys<usize> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::pread(descriptor, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    check(count as c_long).map(|count| count.unsigned_abs() as usize)
}

/// Writes all, as far as it goes; whoever reads may be gone.
pub(super) fn write(descriptor: c_int, bytes: &[u8]) {
    // SAFETY: the bytes are valid for their length.
    unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
}

/// Waits until one of two descriptors is readable or closed; which of them are.
pub(super) fn poll_two(a: c_int, b: c_int) -> (bool, bool) {
    let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut both = [entry(a), entry(b)];
    // SAFETY: the array is valid for two entries.
    unsafe { libc::poll(both.as_mut_ptr(), 2, -1) };
    (both[0].revents != 0, both[1].revents != 0)
}

/// Reaps a child: its id and wait status; `None` when none has ended, `ECHILD` when there is
/// none.
pub(super) fn reap(block: bool) -> Sys<Option<(i32, i32)>> {
    let mut status = 0;
    let flags = if block { libc::__WALL } else { libc::__WALL | libc::WNOHANG };
    // SAFETY: the status lives on this stack.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
    check(c_long::from(pid))?;
    Ok((pid != 0).then_some((pid, status)))
}

/// Reaps the child `pid` without waiting: its wait status, processor time in milliseconds and
/// largest resident size in bytes, both with everything that it reaped itself.
pub(super) fn reap_with_usage(pid: i32) -> Sys<Option<(i32, u64, u64)>> {
    let mut status = 0;
    // SAFETY: a structure of integers; all zeroes is valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both live on this stack.
    let got = unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) };
    if check(c_long::from(got))? == 0 {
        return Ok(None);
    }
    let millis = |time: libc::timeval| {
        time.tv_sec.unsigned_abs() * 1_000 + time.tv_usec.unsigned_abs() / 1_000
    };
    let cpu = millis(usage.ru_utime) + millis(usage.ru_stime);
    Ok(Some((status, cpu, usage.ru_maxrss.unsigned_abs() * 1_024)))
}

pub(super) fn kill(pid: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

pub(super) fn new_session() {
    // SAFETY: it fails only for a group leader, which a fresh child is not.
    unsafe { libc::setsid() };
}

pub(super) fn set_umask(mask: u32) {
    // SAFETY: no memory is involved.
    unsafe { libc::umask(mask) };
}

/// `prctl` with plain numbers.
pub(super) fn prctl(option: c_int, a: c_ulong, b: c_ulong) -> Sys {
    let zero: c_ulong = 0;
    // SAFETY: only used with options that take numbers.
    done(c_long::from(unsafe { libc::prctl(option, a, b, zero, zero) }))
}

pub(super) fn set_limit(resource: u32, soft: u64, hard: u64) -> Sys {
    let limit = [soft, hard];
    // SAFETY: `limit` has the layout of `struct rlimit64`; pid 0 is this process.
    done(unsafe {
        libc::syscall(libc::SYS_prlimit64, 0, resource, limit.as_ptr(), ptr::null_mut::<u64>())
    })
}

/// Gives up every capability, for ever.
pub(super) fn drop_capabilities() -> Sys {
    for capability in 0..64 {
        // The kernel says EINVAL after the last one it knows, EPERM to those who have none.
        if prctl(libc::PR_CAPBSET_DROP, capability, 0) == Err(libc::EINVAL) {
            break;
        }
    }
    let header: [u32; 2] = [0x2008_0522, 0]; // _LINUX_CAPABILITY_VERSION_3, this process
    let none = [0_u32; 6];
    // SAFETY: the layouts of `cap_user_header_t` and two `cap_user_data_t`.
    done(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) })
}

/// Installs a filter of system calls; needs no-new-privileges.
pub(super) fn install_filter(program: &[libc::sock_filter]) -> Sys {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| libc::E2BIG)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies the program and does not write to it.
    done(unsafe { libc::syscall(libc::SYS_seccomp, 1, 0, &raw const program) }) // SET_MODE_FILTER
}

/// Whether the kernel can answer a filtered call with an error.
pub(super) fn filter_supported() -> Sys {
    let action: u32 = 0x0005_0000; // SECCOMP_RET_ERRNO
    // SAFETY: the action lives on this stack.
    done(unsafe { libc::syscall(libc::SYS_seccomp, 2, 0, &raw const action) }) // GET_ACTION_AVAIL
}

/// Version of the Landlock interface.
pub(super) fn landlock_version() -> Sys<u32> {
    // SAFETY: the documented way of asking for the version passes no memory.
    let version = check(unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<u8>(), 0_usize, 1)
    })?;
    Ok(u32::try_from(version).unwrap_or(0))
}

/// Makes a ruleset; `attributes` is `struct landlock_ruleset_attr` as far as the version goes.
pub(super) fn landlock_ruleset(attributes: &[u64]) -> Sys<c_int> {
    // SAFETY: the slice is valid for its length.
    let descriptor = check(unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            attributes.as_ptr(),
            size_of_val(attributes),
            0,
        )
    })?;
    c_int::try_from(descriptor).map_err(|_| libc::EBADF)
}

/// Allows `rights` on an open path and everything below it.
pub(super) fn landlock_allow(ruleset: c_int, path: c_int, rights: u64) -> Sys {
    #[repr(C, packed)]
    struct PathBeneath {
        allowed_access: u64,
        parent_fd: c_int,
    }
    let rule = PathBeneath { allowed_access: rights, parent_fd: path };
    // SAFETY: the layout of `struct landlock_path_beneath_attr`, which is packed.
    done(unsafe { libc::syscall(libc::SYS_landlock_add_rule, ruleset, 1, &raw const rule, 0) })
}

pub(super) fn landlock_restrict(ruleset: c_int) -> Sys {
    // SAFETY: no memory is involved.
    done(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) })
}

/// Whether an open path is a folder.
pub(super) fn is_folder(descriptor: c_int) -> Sys<bool> {
    // SAFETY: a structure of integers; all zeroes is valid.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the structure lives on this stack.
    done(c_long::from(unsafe { libc::fstat(descriptor, &raw mut status) }))?;
    Ok(status.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

/// Becomes another program. Comes back only if that failed.
pub(super) fn exec(
    program: &CStr,
    arguments: &[*const c_char],
    environment: &[*const c_char],
) -> Errno {
    // SAFETY: the caller's arrays end with null and point to strings that it keeps.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    errno()
}

/// Ends this process without running anything of the C library.
pub(super) fn exit(code: c_int) -> ! {
    loop {
        // SAFETY: ends the process.
        unsafe { libc::syscall(libc::SYS_exit_group, code) };
    }
}
