//! Cargo projects.

use std::fs;

use axon_sandbox::Mode;

use crate::support::{Project, rust, text};

const MANIFEST: &str = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LIBRARY: &str = "pub fn total() -> u32 {\n    3\n}\n";
const TEST: &str = "#[test]\nfn three() {\n    assert_eq!(tiny::total(), 3);\n}\n";

fn project() -> Project {
    let mut project = Project::new(&[
        ("Cargo.toml", MANIFEST),
        ("build.rs", "fn main() { println!(\"cargo::rerun-if-changed=build.rs\"); }\n"),
        ("src/lib.rs", LIBRARY),
        ("tests/total.rs", TEST),
    ]);
    project.tools = rust();
    project
}

#[test]
fn a_project_that_builds_passes_and_one_that_does_not_says_where() {
    let project = project();
    let outcome = project.run();
    assert!(outcome.passed, "{outcome:?}\n{}", text(&outcome));
    assert_eq!(outcome.note, "");
    assert!(project.path("scratch/target/debug").is_dir());
    // The test of the library still calls it by its old name.
    project.write("upper", "src/lib.rs", &LIBRARY.replace("total", "sum"));
    let outcome = project.run();
    assert!(!outcome.passed);
    assert!(outcome.note.starts_with("error[E0425]"), "{}", outcome.note);
    assert!(outcome.note.contains("--> tests/total.rs:3:22"), "{}", outcome.note);
    assert_eq!(fs::read_to_string(project.path("base/src/lib.rs")).unwrap(), LIBRARY);
    assert_eq!(fs::read_to_string(project.path("live/src/lib.rs")).unwrap(), LIBRARY);
    assert!(!project.path("live/target").exists() && !project.path("live/Cargo.lock").exists());
}

#[test]
fn an_unconfined_check_runs_in_a_copy() {
    let project = project();
    project.write("upper", "src/lib.rs", &LIBRARY.replace("total", "sum"));
    let outcome = project.run_as(Mode::Unconfined);
    assert!(!outcome.passed && outcome.outcome.confinement == "none", "{outcome:?}");
    assert!(outcome.note.contains("--> tests/total.rs:3:22"), "{}", outcome.note);
    assert_eq!(fs::read_to_string(project.path("live/src/lib.rs")).unwrap(), LIBRARY);
}
