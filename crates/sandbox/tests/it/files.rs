//! Reaching for files outside the grants.

use std::fs;

use axon_domain::Code;
use axon_sandbox::probe;

use crate::support::{Bench, text, write};

/// A folder outside the grants with a secret in it.
fn secret() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("secret"), "the secret\n");
    let path = folder.path().join("secret").display().to_string();
    (folder, path)
}

#[test]
fn files_outside_the_grants_cannot_be_read_and_are_named() {
    let (_folder, path) = secret();
    let outcome = Bench::script(&format!("cat {path}; cat /etc/shadow; ls /root /home")).confined();
    assert!(!outcome.success());
    assert!(!text(&outcome).contains("the secret"), "{outcome:?}");
    assert!(!text(&outcome).contains("root:"), "{outcome:?}");
    if !path.starts_with("/tmp") {
        assert!(outcome.denied.iter().any(|denied| denied.as_os_str() == path.as_str()));
    }
    assert!(outcome.denied.iter().any(|denied| denied.as_os_str() == "/etc/shadow"), "{outcome:?}");
}

#[test]
fn files_outside_the_grants_cannot_be_written_or_removed() {
    let (folder, path) = secret();
    let script = format!(
        "echo x > {path}; echo x > {path}2; rm -f {path}; mv {path} .; chmod 777 {path}; \
         echo x > /etc/x-written; echo x > /usr/x-written; mkdir /x-made"
    );
    Bench::script(&script).confined();
    assert_eq!(fs::read_to_string(&path).unwrap(), "the secret\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for path in ["/etc/x-written", "/usr/x-written", "/x-made"] {
        assert!(fs::symlink_metadata(path).is_err(), "{path}");
    }
}

#[test]
fn links_do_not_lead_out_of_the_workspace() {
    let (_folder, path) = secret();
    let bench = Bench::script(&format!(
        "cat link; ln -s {path} second; cat second; echo x > link; ln {path} hard; cat hard; \
         cat /proc/self/root{path}; cat /proc/self/cwd/../../../../../..{path}; true"
    ));
    std::os::unix::fs::symlink(&path, bench.path("link")).unwrap();
    let outcome = bench.confined();
    assert!(!text(&outcome).contains("the secret"), "{outcome:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "the secret\n");
    assert!(fs::symlink_metadata(bench.path("hard")).is_err());
}

#[test]
fn a_device_node_cannot_be_made() {
    let bench = Bench::script("mknod disk b 8 0 || mknod null c 1 3");
    assert!(!bench.confined().success());
    assert!(fs::symlink_metadata(bench.path("disk")).is_err());
}

#[test]
fn a_folder_granted_for_reading_cannot_be_written() {
    let (folder, path) = secret();
    let mut bench = Bench::script(&format!("cat {path}; echo x > {path}; echo x > {path}2"));
    bench.job.mounts.read.push(folder.path().to_owned());
    let outcome = bench.confined();
    assert!(text(&outcome).starts_with("the secret\n"), "{outcome:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "the secret\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_view_has_a_private_temporary_folder_and_shows_nothing_else() {
    let (_folder, path) = secret();
    if probe().namespaces.is_err() {
        // Then /tmp is outside the grants like everything else.
        assert!(!Bench::script("echo x > /tmp/axon-x").confined().success());
        return;
    }
    let script =
        format!("test -e {path} && echo seen; echo x > /tmp/axon-x && cat /tmp/axon-x; ls /");
    let outcome = Bench::script(&script).confined();
    let names = text(&outcome);
    assert!(names.starts_with("x\n"), "{names}");
    assert!(!fs::exists("/tmp/axon-x").unwrap());
    for name in ["home", "root", "sys", "var", "old"] {
        assert!(!names.lines().any(|line| line == name), "{names}");
    }
}

#[test]
fn a_granted_folder_that_must_exist_and_does_not_is_an_error() {
    let mut bench = Bench::program(&["true"]);
    if probe().namespaces.is_ok() {
        bench.job.mounts.write.push("/no/such/folder".into());
        let error = bench.run(axon_sandbox::Mode::Confined).unwrap_err();
        assert_eq!((error.code(), error.place()), (Code::Io, Some("/no/such/folder")));
    }
    let mut bench = Bench::program(&["true"]);
    bench.job.mounts.read.push("/no/such/folder".into());
    assert!(bench.confined().success());
}
