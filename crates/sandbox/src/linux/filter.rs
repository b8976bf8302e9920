//! The filter of system calls (seccomp in filter mode, classic BPF).
//!
//! Allowed unless listed: compilers, interpreters and test runners use hundreds of calls, and
//! a list of those would break with every new C library. Listed is what reaches other
//! processes, other namespaces, the kernel itself, or the network, and what gets around the
//! filter. The kernel checks the grants on files (Landlock); this filter does not try to.

use libc::{c_long, sock_filter};

/// How the filter answers a listed call.
const ALLOW: u32 = 0x7fff_0000; // SECCOMP_RET_ALLOW
const KILL: u32 = 0x8000_0000; // SECCOMP_RET_KILL_PROCESS
const ERRNO: u32 = 0x0005_0000; // SECCOMP_RET_ERRNO

/// Offsets into `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
/// The low half of an argument on the little-endian machines that are supported.
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

#[cfg(target_arch = "x86_64")]
const NATIVE: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const NATIVE: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// Calls that fail with `EPERM`.
const FORBIDDEN: &[c_long] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    // Files by handle get around the tree that Landlock knows.
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    // Keys of the user's session.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // The kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Calls that fail with `ENOSYS`, because programs then take another way that the filter sees:
/// requests of io_uring pass no filter, and the flags of `clone3` lie in memory.
const ABSENT: &[c_long] = &[
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_clone3,
];

/// `CLONE_NEW*`: every kind of namespace.
const NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32
    | 0x80; // CLONE_NEWTIME

/// Puts characters into the input of a terminal (`TIOCSTI`, `TIOCLINUX`).
const TERMINAL_INPUT: [u32; 2] = [0x5412, 0x541c];

fn load(offset: u32) -> sock_filter {
    sock_filter { code: 0x20, jt: 0, jf: 0, k: offset } // BPF_LD | BPF_W | BPF_ABS
}

fn answer(value: u32) -> sock_filter {
    sock_filter { code: 0x06, jt: 0, jf: 0, k: value } // BPF_RET | BPF_K
}

fn error(number: i32) -> sock_filter {
    answer(ERRNO | number.unsigned_abs())
}

/// Goes on with the next instruction if the loaded value equals `value`, else skips `skip`.
fn unless_equal_skip(value: u32, skip: u8) -> sock_filter {
    sock_filter { code: 0x15, jt: 0, jf: skip, k: value } // BPF_JMP | BPF_JEQ | BPF_K
}

fn number(call: c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

/// The filter. `unix_sockets`: whether sockets of the file system may be made at all; they
/// may where the view holds none of the host's.
pub(super) fn program(unix_sockets: bool) -> Vec<sock_filter> {
    let mut program = vec![load(ARCHITECTURE), unless_equal_skip(NATIVE, 1)];
    // Another architecture has other numbers (32-bit calls on a 64-bit kernel).
    program.extend([sock_filter { code: 0x05, jt: 0, jf: 0, k: 1 }, answer(KILL), load(NUMBER)]);
    // The x32 interface: the same calls under numbers that the list does not hold.
    let above = sock_filter { code: 0x35, jt: 0, jf: 1, k: 0x4000_0000 }; // BPF_JGE
    program.extend([above, error(libc::ENOSYS)]);
    for &call in FORBIDDEN {
        program.extend([unless_equal_skip(number(call), 1), error(libc::EPERM)]);
    }
    for &call in ABSENT {
        program.extend([unless_equal_skip(number(call), 1), error(libc::ENOSYS)]);
    }
    for call in [libc::SYS_clone, libc::SYS_unshare] {
        let any = sock_filter { code: 0x45, jt: 0, jf: 1, k: NAMESPACES }; // BPF_JSET
        program.extend([unless_equal_skip(number(call), 4), load(argument(0)), any]);
        program.extend([error(libc::EPERM), answer(ALLOW)]);
    }
    program.extend([unless_equal_skip(number(libc::SYS_ioctl), 6), load(argument(1))]);
    for request in TERMINAL_INPUT {
        program.extend([unless_equal_skip(request, 1), error(libc::EPERM)]);
    }
    program.push(answer(ALLOW));
    if unix_sockets {
        program.extend([unless_equal_skip(number(libc::SYS_socket), 4), load(argument(0))]);
        program.extend([unless_equal_skip(libc::AF_UNIX.unsigned_abs(), 1), answer(ALLOW)]);
        program.push(error(libc::EACCES));
    } else {
        program.extend([unless_equal_skip(number(libc::SYS_socket), 1), error(libc::EACCES)]);
    }
    program.push(answer(ALLOW));
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would.
    fn judge(program: &[sock_filter], data: &[u32]) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let instruction = program[at];
            at += 1;
            let jump = |yes| usize::from(if yes { instruction.jt } else { instruction.jf });
            match instruction.code {
                0x20 => loaded = data[instruction.k as usize / 4],
                0x06 => return instruction.k,
                0x05 => at += instruction.k as usize,
                0x15 => at += jump(loaded == instruction.k),
                0x35 => at += jump(loaded >= instruction.k),
                0x45 => at += jump(loaded & instruction.k != 0),
                code => panic!("instruction {code}"),
            }
        }
    }

    fn call(call: c_long, arguments: [u32; 2]) -> u32 {
        let data = [number(call), NATIVE, 0, 0, arguments[0], 0, arguments[1], 0];
        judge(&program(true), &data)
    }

    #[test]
    fn ordinary_calls_pass() {
        for ordinary in [libc::SYS_read, libc::SYS_openat, libc::SYS_execve, libc::SYS_futex] {
            assert_eq!(call(ordinary, [0, 0]), ALLOW);
        }
    }

    #[test]
    fn forbidden_calls_fail() {
        for &forbidden in FORBIDDEN {
            assert_eq!(call(forbidden, [0, 0]), ERRNO | libc::EPERM.unsigned_abs());
        }
        for &absent in ABSENT {
            assert_eq!(call(absent, [0, 0]), ERRNO | libc::ENOSYS.unsigned_abs());
        }
    }

    #[test]
    fn threads_and_processes_pass_and_namespaces_do_not() {
        let thread = (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND).unsigned_abs();
        assert_eq!(call(libc::SYS_clone, [thread, 0]), ALLOW);
        assert_eq!(call(libc::SYS_clone, [libc::SIGCHLD.unsigned_abs(), 0]), ALLOW);
        let user = libc::CLONE_NEWUSER.unsigned_abs();
        assert_eq!(call(libc::SYS_clone, [user, 0]), ERRNO | libc::EPERM.unsigned_abs());
        assert_eq!(call(libc::SYS_unshare, [user, 0]), ERRNO | libc::EPERM.unsigned_abs());
    }

    #[test]
    fn only_unix_sockets_pass_and_none_without_a_view() {
        let refused = ERRNO | libc::EACCES.unsigned_abs();
        for family in 0..46 {
            let expected = if family == libc::AF_UNIX { ALLOW } else { refused };
            assert_eq!(call(libc::SYS_socket, [family.unsigned_abs(), 0]), expected);
        }
        let data = [number(libc::SYS_socket), NATIVE, 0, 0, 1, 0, 0, 0];
        assert_eq!(judge(&program(false), &data), refused);
    }

    #[test]
    fn typing_into_a_terminal_fails_and_other_requests_pass() {
        assert_eq!(call(libc::SYS_ioctl, [0, 0x5412]), ERRNO | libc::EPERM.unsigned_abs());
        assert_eq!(call(libc::SYS_ioctl, [0, 0x5401]), ALLOW);
    }

    #[test]
    fn other_interfaces_of_the_kernel_are_closed() {
        let i386 = [11, 0x4000_0003, 0, 0, 0, 0, 0, 0];
        assert_eq!(judge(&program(true), &i386), KILL);
        let x32 = [0x4000_0000 | number(libc::SYS_openat), NATIVE, 0, 0, 0, 0, 0, 0];
        assert_eq!(judge(&program(true), &x32), ERRNO | libc::ENOSYS.unsigned_abs());
    }
}
