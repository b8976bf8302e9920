//! Programs that do nothing wrong.

use std::ffi::OsString;

use axon_domain::Code;
use axon_sandbox::{Cancel, Mode, probe, run};

use crate::support::{Bench, text, write};

#[test]
fn a_confined_program_runs_and_its_output_is_kept() {
    let bench = Bench::script("echo out; echo err >&2; exit 3");
    let outcome = bench.confined();
    assert_eq!(text(&outcome), "out\nerr\n");
    assert_eq!((outcome.exit, outcome.signal, outcome.limit), (Some(3), None, None));
    assert_eq!(outcome.confinement, probe().summary());
    assert!(Bench::program(&["true"]).confined().success());
}

#[test]
fn an_unconfined_program_runs_as_well() {
    let outcome = Bench::script("echo out; kill -9 $$").run(Mode::Unconfined).unwrap();
    assert_eq!(text(&outcome), "out\n");
    assert_eq!((outcome.exit, outcome.signal), (None, Some(9)));
    assert_eq!(outcome.confinement, "none");
}

#[test]
fn the_environment_is_exactly_what_was_given() {
    let mut bench = Bench::program(&["env"]);
    bench.job.env.push(("GREETING".into(), OsString::from("hello world")));
    assert_eq!(text(&bench.confined()), "PATH=/usr/bin:/bin\nGREETING=hello world\n");
}

#[test]
fn only_the_standard_streams_are_open_and_no_privilege_is_left() {
    let script =
        "ls /proc/self/fd; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; cat";
    let output = text(&Bench::script(script).confined());
    // The fourth is the folder that `ls` reads.
    let expected = "0\n1\n2\n3\nCapEff:\t0000000000000000\n";
    assert!(output.starts_with(expected), "{output}");
    assert!(output.ends_with("NoNewPrivs:\t1\nSeccomp:\t2\n"), "{output}");
}

#[test]
fn compilers_interpreters_and_git_work() {
    let script = r#"
        set -e
        export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 TMPDIR=$PWD
        printf '#include <stdio.h>\nint main(void) { puts("from c"); return 0; }\n' > a.c
        cc -o a a.c && ./a
        python3 -c 'import subprocess, threading, tempfile
t = threading.Thread(target=print, args=("from a thread",)); t.start(); t.join()
tempfile.TemporaryFile().write(b"x")
print(subprocess.check_output(["echo", "from a child"], text=True), end="")'
        git init -q repository && cd repository && echo x > x && git add x
        git -c user.name=a -c user.email=a@example.org commit -qm first && git log --format=%s
    "#;
    let mut bench = Bench::script(script);
    bench.job.env[0].1 = "/usr/local/bin:/usr/bin:/bin".into();
    let outcome = bench.confined();
    assert_eq!(text(&outcome), "from c\nfrom a thread\nfrom a child\nfirst\n", "{outcome:?}");
}

#[test]
fn a_missing_program_and_a_missing_folder_are_errors_that_name_them() {
    for mode in [Mode::Confined, Mode::Unconfined] {
        let error = Bench::program(&["no-such-program"]).run(mode).unwrap_err();
        assert_eq!((error.code(), error.place()), (Code::ProgramMissing, Some("no-such-program")));
        let mut bench = Bench::program(&["true"]);
        bench.job.cwd = bench.path("missing");
        assert_eq!(bench.run(mode).unwrap_err().code(), Code::Io);
    }
    let mut bench = Bench::program(&["true"]);
    bench.job.command.clear();
    assert_eq!(bench.run(Mode::Confined).unwrap_err().code(), Code::Usage);
    let mut bench = Bench::program(&["echo", "a\0b"]);
    bench.job.mounts.write.push(bench.path("missing"));
    assert!(bench.run(Mode::Confined).is_err());
}

#[test]
fn a_program_is_ended_when_somebody_cancels() {
    for mode in [Mode::Confined, Mode::Unconfined] {
        let bench = Bench::script("echo ready; exec sleep 1000");
        let cancel = Cancel::new();
        let other = cancel.clone();
        let error = run(&bench.job, mode, &cancel, &mut |_| other.cancel()).unwrap_err();
        assert_eq!(error.code(), Code::Interrupted);
        let error = run(&bench.job, mode, &cancel, &mut |_| {}).unwrap_err();
        assert_eq!(error.code(), Code::Interrupted);
    }
}

#[test]
fn a_program_that_is_a_script_in_a_linked_folder_runs() {
    let mut bench = Bench::program(&["tool"]);
    write(&bench.path("real/bin/tool"), "#!/bin/sh\necho from the tool\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(bench.path("real/bin/tool"), mode).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(bench.path("real"), &link).unwrap();
    bench.job.mounts.read.push(link.join("bin"));
    bench.job.env[0].1.push(format!(":{}", link.join("bin").display()));
    // Without a view of its own a program cannot look up links outside its grants, but the
    // kernel follows them all the same.
    assert_eq!(text(&bench.confined()), "from the tool\n");
}
