//! Python projects.

use std::fs;

use crate::support::{Project, text};

const MODULE: &str = "def total(items):\n    return sum(items)\n";
const TEST: &str = "import unittest\nfrom shop.cart import total\n\n\
    class T(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1]), 1)\n";

fn project() -> Project {
    Project::new(&[
        ("shop/__init__.py", ""),
        ("shop/cart.py", MODULE),
        ("tests/test_cart.py", TEST),
    ])
}

/// What an ignored virtual environment is: a link to an interpreter, and packages.
fn environment(project: &Project) {
    project.write("live", ".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    project.write("live", ".venv/lib/x.py", "");
    let bin = project.path("live/.venv/bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", bin.join("python")).unwrap();
}

#[test]
fn a_package_whose_tests_can_be_imported_passes() {
    let outcome = project().run();
    assert!(outcome.passed, "{outcome:?}\n{}", text(&outcome));
    assert_eq!(outcome.note, "");
}

#[test]
fn a_test_that_imports_a_name_that_is_gone_fails_with_its_name() {
    let project = project();
    project.write("upper", "shop/cart.py", &MODULE.replace("total", "order_total"));
    let outcome = project.run();
    assert!(!outcome.passed, "{}", text(&outcome));
    assert!(outcome.note.contains("cannot import name 'total'"), "{}", outcome.note);
    assert!(!project.path("live/shop/__pycache__").exists());
}

#[test]
fn a_file_that_does_not_compile_is_named() {
    let project = project();
    project.write("upper", "shop/cart.py", "def total(:\n");
    let outcome = project.run();
    assert!(!outcome.passed);
    assert!(outcome.note.contains("shop/cart.py"), "{}", outcome.note);
}

#[test]
fn the_interpreter_of_an_ignored_environment_is_used_and_its_packages_are_there() {
    let project = project();
    environment(&project);
    let packages =
        text(&project.command(
            ".venv/bin/python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'",
        ));
    let live = project.path("live");
    let packages = packages.trim().strip_prefix(live.to_str().unwrap()).unwrap().to_owned();
    // Stands for the real one: that it is run, with which arguments, and its "no tests" are
    // what matters here.
    let stand_in = "import sys\nprint('collecting', sys.argv[1:])\nsys.exit(5)\n";
    let inside = packages.trim_start_matches('/');
    project.write("live", &format!("{inside}/pytest/__init__.py"), "");
    project.write("live", &format!("{inside}/pytest/__main__.py"), stand_in);
    let outcome = project.run();
    assert!(outcome.passed, "{}", text(&outcome));
    assert!(text(&outcome).contains("collecting ['--collect-only', '-q'"), "{}", text(&outcome));
}

#[test]
fn what_was_brought_cannot_be_written() {
    let project = project();
    environment(&project);
    let outcome = project.command("echo x > .venv/lib/x.py || echo x > .venv/new");
    assert!(!outcome.passed);
    assert_eq!(fs::read_to_string(project.path("live/.venv/lib/x.py")).unwrap(), "");
    assert!(!project.path("live/.venv/new").exists());
}

#[test]
fn what_is_tracked_is_not_brought_from_the_live_tree() {
    let project = Project::new(&[("a.py", ""), ("vendor/x", "tracked\n")]);
    project.write("live", "vendor/x", "edited since\n");
    assert_eq!(text(&project.command("cat vendor/x")), "tracked\n");
}

#[test]
fn what_the_project_asks_for_is_brought() {
    let config = "[check]\ncommand = \"cat data/generated/x\"\nbring = [\"data/generated\"]\n";
    let project = Project::new(&[("axon.toml", config), ("data/readme", "")]);
    project.write("live", "data/generated/x", "generated\n");
    let outcome = project.run();
    assert_eq!(text(&outcome), "generated\n", "{outcome:?}");
}
