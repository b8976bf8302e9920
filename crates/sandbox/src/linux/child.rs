//! What runs between `clone` and `execve`: the supervisor, which makes the view and waits,
//! and the program, which gives up its rights and starts.
//!
//! Nothing here allocates (see [`super::sys`]).

use std::ffi::CString;
use std::os::raw::{c_char, c_int};

use super::rules::Rules;
use super::sys::{self, Errno};
use super::view::{self, View};

/// Everything that the child needs, made before the fork.
pub(super) struct Plan {
    pub(super) view: Option<View>,
    /// The supervisor is the first process of a process namespace.
    pub(super) own_processes: bool,
    pub(super) confined: bool,
    pub(super) rules: Option<Rules>,
    pub(super) filter: Option<Vec<libc::sock_filter>>,
    /// Paths to try for the program.
    pub(super) programs: Vec<CString>,
    pub(super) arguments: Strings,
    pub(super) environment: Strings,
    pub(super) cwd: CString,
    /// Resource, soft and hard value.
    pub(super) rlimits: Vec<(u32, u64, u64)>,
    /// The highest process number of the process namespace, in digits, where that is what
    /// bounds the number of processes.
    pub(super) last_process: Option<Vec<u8>>,
}

/// Strings as `execve` takes them.
pub(super) struct Strings {
    pointers: Vec<*const c_char>,
    /// What the pointers point to.
    _kept: Vec<CString>,
}

impl Strings {
    pub(super) fn new(strings: Vec<CString>) -> Self {
        let mut pointers: Vec<*const c_char> = strings.iter().map(|text| text.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Self { pointers, _kept: strings }
    }
}

/// Descriptors that the supervisor uses.
#[derive(Clone, Copy)]
pub(super) struct Wires {
    /// One byte comes when the parent is done with its part; its end means: end everything.
    pub(super) control: c_int,
    /// Where [`Report`]s go.
    pub(super) report: c_int,
    /// Where the program's output goes.
    pub(super) output: c_int,
}

/// At which step the setup failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    View = 1,
    Overlay = 2,
    Fork = 3,
    Streams = 4,
    Limits = 5,
    Folder = 6,
    Privileges = 7,
    Landlock = 8,
    Filter = 9,
    Program = 10,
}

impl Stage {
    const ALL: [Stage; 10] = [
        Stage::View,
        Stage::Overlay,
        Stage::Fork,
        Stage::Streams,
        Stage::Limits,
        Stage::Folder,
        Stage::Privileges,
        Stage::Landlock,
        Stage::Filter,
        Stage::Program,
    ];
}

/// What the child tells its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The program was not started.
    Failed { stage: Stage, index: u16, error: Errno },
    /// The program ended, with this wait status.
    Ended(i32),
}

impl Report {
    pub(super) const LENGTH: usize = 8;

    fn bytes(self) -> [u8; Self::LENGTH] {
        let (tag, index, number) = match self {
            Report::Failed { stage, index, error } => (stage as u8, index, error),
            Report::Ended(status) => (0, 0, status),
        };
        let [low, high] = index.to_le_bytes();
        let [a, b, c, d] = number.to_le_bytes();
        [tag, 0, low, high, a, b, c, d]
    }

    pub(super) fn parse(bytes: [u8; Self::LENGTH]) -> Option<Self> {
        let [tag, _, low, high, a, b, c, d] = bytes;
        let number = i32::from_le_bytes([a, b, c, d]);
        if tag == 0 {
            return Some(Report::Ended(number));
        }
        let stage = Stage::ALL.into_iter().find(|stage| *stage as u8 == tag)?;
        Some(Report::Failed { stage, index: u16::from_le_bytes([low, high]), error: number })
    }
}

fn fail(wires: Wires, stage: Stage, index: u16, error: Errno) -> ! {
    sys::write(wires.report, &Report::Failed { stage, index, error }.bytes());
    sys::exit(127)
}

/// The supervisor. All signals are blocked and stay so.
pub(super) fn supervise(plan: &Plan, wires: Wires) -> ! {
    sys::new_session();
    let _ = sys::prctl(libc::PR_SET_PDEATHSIG, 9, 0);
    keep_only(wires);
    let mut byte = [0];
    if sys::read(wires.control, &mut byte) != Ok(1) {
        sys::exit(127);
    }
    sys::set_umask(0);
    if !plan.own_processes {
        let _ = sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0);
    }
    if let Some(digits) = &plan.last_process {
        // As this process's namespace sees it, whichever `/proc` it is asked through. A view of
        // its own shows it read-only, so before that.
        if let Ok(file) = sys::open(c"/proc/sys/kernel/pid_max", libc::O_WRONLY) {
            sys::write(file, digits);
            sys::close(file);
        }
    }
    if let Some(view) = &plan.view
        && let Err(failure) = view.enter(plan.own_processes)
    {
        let stage = if failure.overlay { Stage::Overlay } else { Stage::View };
        fail(wires, stage, failure.index, failure.error);
    }
    if plan.view.is_none()
        && plan.own_processes
        && let Err(error) = view::own_processes()
    {
        fail(wires, Stage::View, u16::MAX, error);
    }
    // Its memory is a copy of the parent's: nobody attaches to it.
    let _ = sys::prctl(libc::PR_SET_DUMPABLE, 0, 0);
    let ended = match sys::child_signals() {
        Ok(descriptor) => descriptor,
        Err(error) => fail(wires, Stage::Fork, 0, error),
    };
    // SAFETY: the child runs `start`, which never returns.
    #[expect(unsafe_code, reason = "the program is a child of the supervisor")]
    let program = match unsafe { sys::fork(0) } {
        Ok(0) => start(plan, wires),
        Ok(pid) => pid,
        Err(error) => fail(wires, Stage::Fork, 0, error),
    };
    sys::close(wires.output);
    wait(program, wires, ended);
    if !plan.own_processes {
        end_children();
    }
    // As the first process of its namespace it takes everything else along.
    sys::exit(0)
}

/// Closes everything but the wires: copies of the parent's locks, pipes and sockets.
fn keep_only(wires: Wires) {
    let mut kept = [wires.control, wires.report, wires.output];
    kept.sort_unstable();
    let mut next = 0;
    for descriptor in kept {
        let descriptor = descriptor.unsigned_abs();
        if descriptor > next {
            sys::close_range(next, descriptor - 1, false);
        }
        next = descriptor + 1;
    }
    sys::close_range(next, u32::MAX, false);
}

/// Until the program ends, which is reported, or the parent closes its end.
fn wait(program: i32, wires: Wires, ended: c_int) {
    loop {
        let (closed, child) = sys::poll_two(wires.control, ended);
        if child {
            let mut information = [0; 128];
            while sys::read(ended, &mut information).is_ok() {}
            while let Ok(Some((pid, status))) = sys::reap(false) {
                if pid == program {
                    sys::write(wires.report, &Report::Ended(status).bytes());
                    return;
                }
            }
        }
        if closed {
            return;
        }
    }
}

/// Ends every descendant: orphans come to this process, so the loop ends when there are none.
fn end_children() {
    let Ok(list) = sys::open(c"/proc/thread-self/children", libc::O_RDONLY) else { return };
    loop {
        let mut buffer = [0; 4096];
        let count = sys::read_from_start(list, &mut buffer).unwrap_or(0);
        let mut pid = 0_i32;
        for byte in buffer.iter().take(count) {
            if byte.is_ascii_digit() {
                pid = pid.wrapping_mul(10).wrapping_add(i32::from(byte - b'0'));
            } else {
                if pid > 1 {
                    sys::kill(pid);
                }
                pid = 0;
            }
        }
        if sys::reap(true).is_err() {
            return;
        }
    }
}

/// Becomes the program.
fn start(plan: &Plan, wires: Wires) -> ! {
    let or_fail = |stage, result: Result<(), Errno>| {
        if let Err(error) = result {
            fail(wires, stage, 0, error);
        }
    };
    sys::new_session();
    let _ = sys::prctl(libc::PR_SET_PDEATHSIG, 9, 0);
    or_fail(Stage::Streams, streams(wires));
    for &(resource, soft, hard) in &plan.rlimits {
        or_fail(Stage::Limits, sys::set_limit(resource, soft, hard));
    }
    sys::set_umask(0o022);
    or_fail(Stage::Folder, sys::chdir(&plan.cwd));
    if plan.confined {
        or_fail(Stage::Privileges, give_up_privileges());
    }
    if let Some(rules) = &plan.rules {
        or_fail(Stage::Landlock, rules.restrict());
    }
    sys::reset_signals();
    sys::close_range(3, u32::MAX, true);
    if let Some(filter) = &plan.filter {
        or_fail(Stage::Filter, sys::install_filter(filter));
    }
    let mut worst = libc::ENOENT;
    for program in &plan.programs {
        let error = sys::exec(program, &plan.arguments.pointers, &plan.environment.pointers);
        if error != libc::ENOENT && error != libc::ENOTDIR {
            worst = error;
        }
    }
    fail(wires, Stage::Program, 0, worst)
}

/// Nothing to read, and one pipe for both outputs. The wires are above 2.
fn streams(wires: Wires) -> Result<(), Errno> {
    let null = sys::open(c"/dev/null", libc::O_RDONLY)?;
    // By way of 1, so that the copy at 0 stays open even where `null` is 0 itself.
    sys::dup_to(null, 1)?;
    sys::dup_to(1, 0)?;
    sys::dup_to(wires.output, 1)?;
    sys::dup_to(wires.output, 2)
}

fn give_up_privileges() -> Result<(), Errno> {
    // Not even the user id 0 gets capabilities by executing something (SECBIT_NOROOT and its
    // lock); somebody without the capability to say so has none to lose.
    let _ = sys::prctl(libc::PR_SET_SECUREBITS, 0b11, 0);
    let _ = sys::prctl(libc::PR_CAP_AMBIENT, 4, 0); // PR_CAP_AMBIENT_CLEAR_ALL
    sys::drop_capabilities()?;
    sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0)
}
