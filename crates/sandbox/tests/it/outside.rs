//! Reaching for the network, for other processes and for the kernel.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Command, Stdio};

use axon_sandbox::{Mode, probe};

use crate::support::{Bench, text};

#[test]
fn no_address_of_the_network_can_be_reached() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    let script = format!(
        r#"
import socket
def attempt(name, *arguments, then):
    try:
        then(socket.socket(*arguments))
        print("reached", name)
    except OSError as error:
        print("refused", name)
tcp, udp = ("127.0.0.1", {}), ("127.0.0.1", {})
attempt("tcp", then=lambda s: s.connect(tcp))
attempt("bind", then=lambda s: s.bind(("127.0.0.1", 0)))
attempt("udp", socket.AF_INET, socket.SOCK_DGRAM, then=lambda s: s.sendto(b"x", udp))
attempt("ipv6", socket.AF_INET6, then=lambda s: None)
attempt("netlink", socket.AF_NETLINK, socket.SOCK_RAW, then=lambda s: None)
attempt("packet", socket.AF_PACKET, socket.SOCK_RAW, then=lambda s: None)
attempt("vsock", socket.AF_VSOCK, then=lambda s: None)
attempt("alg", socket.AF_ALG, socket.SOCK_SEQPACKET, then=lambda s: None)
a, b = socket.socketpair()
a.send(b"pair"); print(b.recv(4).decode())
"#,
        tcp.local_addr().unwrap().port(),
        udp.local_addr().unwrap().port()
    );
    let outcome = Bench::python(&script).confined();
    let output = text(&outcome);
    assert!(!output.contains("reached"), "{output}");
    assert_eq!(output.matches("refused").count(), 8, "{output}");
    assert!(output.ends_with("pair\n"), "{output}");
    assert!(udp.recv(&mut [0; 8]).is_err());
}

#[test]
fn services_of_the_host_cannot_be_reached_through_unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let by_path = UnixListener::bind(&path).unwrap();
    let name = format!("axon-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let by_name = UnixListener::bind_addr(&address).unwrap();
    let script = format!(
        r#"
import socket
for address in ["{}", "\0{name}"]:
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        print("reached")
    except OSError:
        print("refused")
"#,
        path.display()
    );
    let outcome = Bench::python(&script).confined();
    assert_eq!(text(&outcome), "refused\nrefused\n");
    for listener in [by_path, by_name] {
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
    }
}

#[test]
fn processes_outside_cannot_be_signalled_traced_or_read() {
    let mut victim = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let script = format!(
        r#"
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
for pid in [{}, {}, os.getppid(), 1]:
    if pid < 1:
        continue
    for number in [signal.SIGKILL, signal.SIGTERM]:
        try:
            os.kill(pid, number); print("signalled", pid)
        except OSError:
            pass
    if libc.ptrace(16, pid, 0, 0) == 0: print("traced", pid)
    if libc.process_vm_readv(pid, 0, 0, 0, 0, 0) == 0: print("read", pid)
    for name in ["mem", "environ", "maps", "fd/0", "root/etc/shadow", "cwd/x"]:
        try:
            open(f"/proc/{{pid}}/{{name}}", "rb").read(1); print("opened", pid, name)
        except OSError:
            pass
"#,
        victim.id(),
        std::process::id()
    );
    let outcome = Bench::python(&script).confined();
    // The first process of a process namespace takes no signals from inside; sending succeeds.
    let output: Vec<String> =
        text(&outcome).lines().filter(|line| *line != "signalled 1").map(str::to_owned).collect();
    assert_eq!(output, Vec::<String>::new(), "{outcome:?}");
    assert_eq!(outcome.exit, Some(0), "{outcome:?}");
    assert!(victim.try_wait().unwrap().is_none());
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[test]
fn memory_of_the_own_process_is_no_way_around_write_protection_of_files() {
    // Writing to private pages of a file changes the copy, never the file.
    let bench = Bench::python(
        r#"
import mmap
f = open("/usr/bin/env", "rb")
m = mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
try:
    mem = open("/proc/self/mem", "r+b")
    print("opened")
except OSError:
    print("refused")
"#,
    );
    assert_eq!(text(&bench.confined()), "refused\n");
}

#[test]
fn the_kernel_cannot_be_asked_for_mounts_namespaces_and_other_powers() {
    let script = "
        mount -t tmpfs none . && echo mounted
        umount . && echo unmounted
        unshare -U true && echo user
        unshare -n true && echo network
        unshare -m true && echo mounts
        nsenter -t 1 -m true && echo entered
        chroot . /bin/true && echo changed root
        cd /proc/sys/kernel; pattern=$(cat core_pattern); echo \"$pattern\" > core_pattern && echo core
        test -w /proc/sysrq-trigger && echo h > /proc/sysrq-trigger && echo sysrq
        hostname \"$(hostname)\" && echo named
        dmesg && echo messages
        true";
    let outcome = Bench::script(script).confined();
    let words = ["mounted", "unmounted", "user", "network", "mounts", "entered", "core", "sysrq"];
    for word in words.into_iter().chain(["changed root", "named", "messages"]) {
        assert!(!text(&outcome).lines().any(|line| line == word), "{word}: {outcome:?}");
    }
}

#[test]
fn forbidden_system_calls_fail_without_ending_the_program() {
    let script = r#"
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
# bpf, perf_event_open, userfaultfd, keyctl, io_uring_setup, clone3
calls = [321, 298, 323, 250, 425, 435] if platform.machine() == "x86_64" else [280, 241, 282, 219, 425, 435]
for number in calls:
    result = libc.syscall(number, 0, 0, 0, 0, 0)
    print(result, ctypes.get_errno())
"#;
    let outcome = Bench::python(script).confined();
    assert_eq!(text(&outcome), "-1 1\n-1 1\n-1 1\n-1 1\n-1 38\n-1 38\n", "{outcome:?}");
}

#[test]
fn nothing_outlives_the_program() {
    for mode in [Mode::Confined, Mode::Unconfined] {
        // Daemons in sessions of their own hold the pipe and the program's output open.
        let bench = Bench::script(
            "for i in 1 2 3; do (setsid sh -c 'exec 9> held; echo $$ > ready; exec sleep 1000' &) ; \
             read line < ready; done; echo done",
        );
        for name in ["held", "ready"] {
            let made = Command::new("mkfifo").arg(bench.path(name)).status().unwrap();
            assert!(made.success());
        }
        let held = rustix_open(&bench.path("held"));
        let outcome = bench.run(mode).unwrap();
        assert_eq!((text(&outcome).as_str(), outcome.limit), ("done\n", None), "{outcome:?}");
        // The end of the pipe: nobody has it open any more. A writer would be "try again".
        let end = std::io::Read::read(&mut &held, &mut [0; 8]).map_err(|error| error.kind());
        assert_eq!(end, Ok(0), "{mode:?} {}", probe());
    }
}

const HELPER: &str = "outside::the_helper_that_is_killed";
const HELPER_FOLDER: &str = "AXON_TEST_HELPER_FOLDER";

/// Does nothing unless the test below runs it in a process of its own.
#[test]
fn the_helper_that_is_killed() {
    if let Some(folder) = std::env::var_os(HELPER_FOLDER) {
        let mut bench = Bench::script("exec 9> held; echo ready > ready; exec sleep 60");
        bench.job.mounts.write.push(folder.clone().into());
        bench.job.cwd = folder.into();
        bench.confined();
    }
}

#[test]
fn the_program_ends_when_the_process_that_runs_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["held", "ready"] {
        let made = Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap();
        assert!(made.success());
    }
    let mut helper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", HELPER])
        .env(HELPER_FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Without a reader the program would wait for one.
    let reader = rustix_open(&folder.path().join("held"));
    assert_eq!(std::fs::read_to_string(folder.path().join("ready")).unwrap(), "ready\n");
    // The program has it open by now, so a second reader does not wait to open it, and then
    // waits as long as the program lives.
    let mut held = std::fs::File::open(folder.path().join("held")).unwrap();
    drop(reader);
    helper.kill().unwrap();
    helper.wait().unwrap();
    assert_eq!(std::io::Read::read(&mut held, &mut [0; 8]).unwrap(), 0);
}

/// Opens a pipe for reading without waiting for a writer.
fn rustix_open(path: &std::path::Path) -> std::fs::File {
    use std::os::unix::fs::OpenOptionsExt;
    const NONBLOCK: i32 = 0o4000;
    std::fs::OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path).unwrap()
}
