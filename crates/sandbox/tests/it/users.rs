//! The same programs as another user, and where the kernel offers less.
//!
//! Confinement is found once per process, so these tests run this test binary again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use axon_sandbox::probe;

/// Should a limit of ours not hold, the fork bomb of these tests stops here.
const NET: &str = "--nproc=600";

/// Where everybody may run the test binary and make temporary folders.
fn stage() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("it");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    fs::create_dir(folder.path().join("tmp")).unwrap();
    for (path, mode) in [("", 0o755), ("it", 0o755), ("tmp", 0o1777)] {
        let path = folder.path().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    (folder, binary)
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t0"))
}

/// Runs all other tests as that user, those of the limits one after the other: the kernel counts
/// processes by user, so that a fork bomb in one of them is felt in all that run beside it.
fn passes(mut command: impl FnMut() -> Command, folder: &tempfile::TempDir) {
    for part in [&["limits::", "--test-threads=1"][..], &["--skip", "limits::"]] {
        let mut command = command();
        command.args(part).args(["--skip", "users::", "--nocapture"]);
        command.env("TMPDIR", folder.path().join("tmp"));
        if is_root() {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(!text.contains("running 0 tests"), "{text}");
    }
}

#[test]
fn everything_holds_for_a_user_without_privileges() {
    if is_root() {
        let (folder, binary) = stage();
        let command = || {
            let mut command = Command::new("prlimit");
            command.arg(NET).arg(&binary);
            command
        };
        passes(command, &folder);
    }
}

/// The limits of root without a control group: `RLIMIT_NPROC` does not hold root. Should ours
/// not hold either, the control group around all of it does.
#[test]
fn limits_hold_for_root_where_there_is_no_control_group() {
    let outer = PathBuf::from(format!("/sys/fs/cgroup/pids/axon-test-{}", std::process::id()));
    if !is_root() || fs::create_dir(&outer).is_err() {
        return;
    }
    fs::write(outer.join("pids.max"), "1500").unwrap();
    let (_folder, binary) = stage();
    let script =
        "echo $$ > \"$0/cgroup.procs\" && mount -t tmpfs none /sys/fs/cgroup && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script]).arg(&outer).arg(binary);
    let output = command.args(["limits::", "--test-threads=1"]).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let refused = fs::read_to_string(outer.join("pids.events")).unwrap();
    fs::remove_dir(&outer).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("a_fork_bomb_ends_one_way_or_the_other ... ok"), "{text}");
    assert_eq!(refused, "max 0\n", "the outer limit had to step in");
}

#[test]
fn everything_holds_where_the_kernel_gives_no_namespaces() {
    if probe().landlock.is_err() || probe().namespaces.is_err() {
        return;
    }
    let (folder, binary) = stage();
    // In a user namespace that allows no further one, and without its privileges.
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && \
        exec setpriv --securebits +noroot --inh-caps -all --bounding-set -all \"$@\"";
    let command = || {
        let mut command = Command::new("prlimit");
        command.args([NET, "unshare", "-U", "-r", "sh", "-c", script, "sh"]).arg(&binary);
        command
    };
    passes(command, &folder);
}
