//! A folder laid over another.

use std::fs;
use std::path::Path;

use axon_domain::Code;
use axon_sandbox::{Mode, Overlay, copy_tree, probe, whiteout};

use crate::support::{Bench, text, write};

/// A job whose project is an overlay; its own writable folder is the scratch.
fn overlaid(script: &str, at: &Path) -> Bench {
    let mut bench = Bench::script(script);
    write(&bench.path("lower/a"), "lower a\n");
    write(&bench.path("lower/b"), "lower b\n");
    write(&bench.path("lower/gone"), "still there\n");
    write(&bench.path("upper/b"), "upper b\n");
    whiteout(&bench.path("upper/gone")).unwrap();
    for name in ["work", "scratch"] {
        fs::create_dir(bench.path(name)).unwrap();
    }
    bench.job.mounts.overlay = Some(Overlay {
        lower: bench.path("lower"),
        upper: bench.path("upper"),
        work: bench.path("work"),
        at: at.to_owned(),
    });
    bench.job.mounts.write = vec![bench.path("scratch")];
    bench.job.cwd = at.to_owned();
    bench
}

fn missing(bench: &Bench) -> bool {
    let missing = probe().overlay.is_err();
    if missing {
        assert_eq!(bench.run(Mode::Confined).unwrap_err().code(), Code::NoConfinement);
    }
    missing
}

#[test]
fn an_overlay_shows_both_folders_and_changes_go_to_the_upper_one() {
    let project = tempfile::tempdir().unwrap();
    write(&project.path().join("live"), "live\n");
    let bench =
        overlaid("pwd; cat a b gone live; echo changed > a; rm b; mkdir new", project.path());
    if missing(&bench) {
        return;
    }
    let output = text(&bench.confined());
    let start = format!("{}\nlower a\nupper b\n", project.path().display());
    assert!(output.starts_with(&start), "{output}");
    assert!(!output.contains("still there") && !output.contains("live\n\n"), "{output}");
    assert_eq!(fs::read_to_string(bench.path("lower/a")).unwrap(), "lower a\n");
    assert_eq!(fs::read_to_string(bench.path("lower/b")).unwrap(), "lower b\n");
    assert_eq!(fs::read_to_string(bench.path("upper/a")).unwrap(), "changed\n");
    assert!(bench.path("upper/new").is_dir());
    assert_eq!(fs::read_dir(project.path()).unwrap().count(), 1);
    // A second run over the same folders, and everything can be removed afterwards.
    assert!(text(&bench.confined()).contains("changed\n"));
}

#[test]
fn what_the_overlay_covers_is_bound_into_it_read_only() {
    let project = tempfile::tempdir().unwrap();
    write(&project.path().join(".venv/lib/x.py"), "from the host\n");
    write(&project.path().join("secret"), "secret\n");
    let script =
        "cat .venv/lib/x.py a; echo x > .venv/lib/y.py; echo x > .venv/lib/x.py; cat secret";
    let mut bench = overlaid(script, project.path());
    let venv = project.path().join(".venv");
    bench.job.mounts.bind_read_only.push((venv.clone(), venv.clone()));
    if missing(&bench) {
        return;
    }
    let output = text(&bench.confined());
    assert!(output.starts_with("from the host\nlower a\n"), "{output}");
    assert!(!output.contains("secret\n\n"), "{output}");
    assert_eq!(fs::read_to_string(venv.join("lib/x.py")).unwrap(), "from the host\n");
    assert!(!venv.join("lib/y.py").exists());
}

#[test]
fn names_with_commas_colons_and_spaces_work() {
    let project = tempfile::tempdir().unwrap();
    let at = project.path().join("a b,c:d\\e");
    fs::create_dir(&at).unwrap();
    let mut bench = overlaid("cat a", &at);
    if missing(&bench) {
        return;
    }
    let odd = bench.path("low,er: \\x");
    fs::rename(bench.path("lower"), &odd).unwrap();
    bench.job.mounts.overlay.as_mut().unwrap().lower = odd;
    assert_eq!(text(&bench.confined()), "lower a\n");
}

#[test]
fn an_unconfined_program_gets_no_overlay_but_a_reason() {
    let project = tempfile::tempdir().unwrap();
    let bench = overlaid("cat a", project.path());
    let error = bench.run(Mode::Unconfined).unwrap_err();
    assert_eq!(error.code(), Code::NoConfinement);
}

#[test]
fn a_copy_is_what_the_overlay_would_show() {
    let bench = overlaid("true", Path::new("/project"));
    write(&bench.path("lower/folder/x"), "x\n");
    write(&bench.path("lower/file-then-folder"), "x\n");
    write(&bench.path("upper/file-then-folder/y"), "y\n");
    write(&bench.path("upper/folder/z"), "z\n");
    std::os::unix::fs::symlink("/etc/passwd", bench.path("lower/link")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bench.path("lower/a"), mode).unwrap();
    let to = bench.path("copy");
    copy_tree(&bench.path("lower"), Some(&bench.path("upper")), &to).unwrap();
    let read = |name: &str| fs::read_to_string(to.join(name)).unwrap();
    assert_eq!((read("a"), read("b")), ("lower a\n".to_owned(), "upper b\n".to_owned()));
    assert_eq!((read("folder/x"), read("folder/z")), ("x\n".to_owned(), "z\n".to_owned()));
    assert_eq!(read("file-then-folder/y"), "y\n");
    assert!(!to.join("gone").exists());
    assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("/etc/passwd"));
    let of = |path| fs::metadata(path).unwrap();
    let (from, copy) = (of(bench.path("lower/a")), of(to.join("a")));
    assert_eq!(from.permissions(), copy.permissions());
    assert_eq!(from.modified().unwrap(), copy.modified().unwrap());
    let error = copy_tree(&bench.path("none"), None, &to).unwrap_err();
    assert_eq!(error.code(), Code::Io);
}
