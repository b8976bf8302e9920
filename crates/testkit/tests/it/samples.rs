//! The test environment keeps its promises, and the sample projects work.

use std::fs;

use axon_testkit::sample::{self, Large};
use axon_testkit::{Output, TestRepo, axon_command};

#[test]
fn commits_have_the_same_id_in_every_run() {
    let files = [("a.txt", "one\n"), ("folder with space/b.txt", "two\n")];
    let repo = TestRepo::with(files);
    let id = repo.git(["rev-parse", "HEAD"]);
    assert_eq!(id, TestRepo::with(files).git(["rev-parse", "HEAD"]));
    assert_eq!(repo.show("HEAD", "folder with space/b.txt"), "two\n");
    assert_eq!(repo.read("a.txt"), "one\n");
    assert_eq!(repo.normalise(&format!("{} {id}", repo.path().display())), "[TMP]/repo [HASH]\n");
}

#[test]
fn programs_see_nothing_of_the_users_configuration() {
    let repo = TestRepo::empty();
    let mut command = repo.command("git");
    command.args(["config", "--list", "--show-scope"]);
    let Output { stdout, code, .. } = repo.finish(command);
    assert_eq!(code, 0);
    let known = |line: &str| line.starts_with("local") || line == "command\tmaintenance.auto=false";
    assert!(stdout.lines().all(known), "{stdout}");

    let mut command = repo.command("sh");
    command.args(["-c", "env | cut -d= -f1 | sort; pwd; echo $HOME; echo oops >&2; exit 3"]);
    let output = repo.finish(command).exits(3);
    assert_eq!(output.stderr, "oops\n");
    let shown = repo.normalise(&output.stdout);
    assert!(shown.ends_with("[TMP]/repo\n[TMP]/home\n"), "{shown}");
    assert!(!shown.contains("CARGO_PKG_NAME"), "{shown}");
}

#[test]
fn a_folder_that_is_no_repository_is_not_taken_for_one() {
    let folder = TestRepo::folder();
    let mut command = axon_command(&folder, "git");
    command.arg("status");
    let output = folder.finish(command).exits(128);
    assert!(output.to_string().starts_with("exit: 128\n--- stderr\nfatal: not a git repository"));
}

#[cfg(unix)]
#[test]
fn a_program_ended_by_a_signal_has_the_exit_code_of_shells() {
    let repo = TestRepo::folder();
    let mut command = repo.command("sh");
    command.args(["-c", "kill -9 $$"]);
    assert_eq!(repo.finish(command).code, 137);
}

#[test]
fn the_python_shop_passes_its_tests() {
    let repo = TestRepo::with(sample::python_shop().iter().copied());
    let mut command = repo.command("python3");
    command.args(["-m", "unittest", "--quiet"]);
    let output = repo.finish(command).success();
    assert!(output.stderr.contains("Ran 7 tests"), "{output}");
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn the_rust_crate_passes_its_tests() {
    let repo = TestRepo::with(sample::rust_crate().iter().copied());
    let mut command = repo.command("cargo");
    command.args(["test", "--quiet", "--locked"]);
    let output = repo.finish(command).success();
    assert_eq!(output.stdout.matches("test result: ok").count(), 4, "{output}");
}

#[test]
fn the_large_repository_is_valid_python_that_can_be_imported() {
    let repo = TestRepo::empty();
    let large = Large { files: 300, seed: 3, using_every: 7 };
    large.write(&repo.path());
    assert_eq!(large.each().count(), 300 + 3 + 2);
    let written = |path: &str| fs::read_dir(repo.path().join(path)).unwrap().count();
    assert_eq!(written("warehouse/part_0002"), 101);
    let mut command = repo.command("python3");
    let last = "from warehouse.part_0002.module_000299 import run_000299 as run";
    command.args(["-c", &format!("{last}; print(run([[1, 2], [3]]) > 0)")]);
    assert_eq!(repo.finish(command).success().stdout, "True\n");
    let mut command = repo.command("python3");
    command.args(["-m", "compileall", "-q", "warehouse"]);
    let _ = repo.finish(command).success();
}
