//! Which command proves a project.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axon_domain::{CheckChoice, Limits};

use crate::CheckConfig;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A check.
    Check(Check),
    /// None.
    Nothing {
        /// What would have been one, for a person.
        looked_for: String,
    },
}

/// A command that proves a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command, for `sh -c` at the root of the project.
    pub command: String,
    /// The same in a few words, for people: the command itself in backticks, or what a longer
    /// script does.
    pub label: String,
    /// Why this one: `Cargo.toml at the root`.
    pub why: String,
    /// What Git ignores and the check needs, beside what is brought anyway.
    pub bring: Vec<PathBuf>,
    /// Ceilings.
    pub limits: Limits,
}

const LOOKED_FOR: &str =
    "a [check] command in axon.toml, Cargo.toml, or Python files; --check gives one";

/// Finds the check of a project by the paths of its tracked files (relative, with `/`) and by
/// what `axon.toml` and the person say.
#[must_use]
pub fn find<'a>(
    files: impl IntoIterator<Item = &'a str>,
    config: Option<&CheckConfig>,
    choice: &CheckChoice,
) -> Found {
    let check = |command: String, label: String, why: &str| {
        Found::Check(Check {
            command,
            label,
            why: why.to_owned(),
            bring: config.map(|config| config.bring.clone()).unwrap_or_default(),
            limits: config.map_or(Limits::CHECK, |config| config.limits),
        })
    };
    match choice {
        CheckChoice::Command(command) => {
            return check(command.clone(), shown(command), "given as --check");
        }
        CheckChoice::None => {
            return Found::Nothing { looked_for: "nothing, as asked".to_owned() };
        }
        CheckChoice::Found => {}
    }
    if let Some(command) = config.and_then(|config| config.command.clone()) {
        return check(command.clone(), shown(&command), "[check] in axon.toml");
    }
    let shape = Shape::of(files);
    let mut commands = Vec::new();
    let mut labels = Vec::new();
    let mut reasons = Vec::new();
    if let Some(manifest) = shape.manifests.first() {
        commands.extend(shape.manifests.iter().map(|manifest| cargo(manifest)));
        labels.push(format!("`{CARGO}`"));
        reasons.push(match manifest.as_str() {
            "Cargo.toml" => "Cargo.toml at the root".to_owned(),
            other => other.to_owned(),
        });
    }
    if shape.python {
        commands.push(python(shape.tests.is_some()));
        labels.push(match &shape.tests {
            Some(_) => "compiling Python and loading its tests".to_owned(),
            None => "compiling Python".to_owned(),
        });
        reasons.push(match &shape.tests {
            Some(path) => format!("Python files, tests as {path} says"),
            None => "Python files".to_owned(),
        });
    }
    if commands.is_empty() {
        return Found::Nothing { looked_for: LOOKED_FOR.to_owned() };
    }
    check(commands.join("\n"), labels.join(", "), &reasons.join("; "))
}

/// What the paths show.
#[derive(Default)]
struct Shape {
    /// Manifests of Cargo that lie below no other.
    manifests: Vec<String>,
    python: bool,
    /// A file that shows that there are tests.
    tests: Option<String>,
}

impl Shape {
    fn of<'a>(files: impl IntoIterator<Item = &'a str>) -> Self {
        let mut shape = Self::default();
        let mut manifests = BTreeSet::new();
        for path in files {
            let name = path.rsplit('/').next().unwrap_or(path);
            if name == "Cargo.toml" {
                manifests.insert(path);
            }
            shape.python |= name.ends_with(".py");
            let test = matches!(name, "pytest.ini" | "conftest.py")
                || name.strip_suffix(".py").is_some_and(|stem| {
                    stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests"
                });
            if test && shape.tests.is_none() {
                shape.tests = Some(path.to_owned());
            }
        }
        let folder = |path: &str| path.trim_end_matches("Cargo.toml").to_owned();
        for path in &manifests {
            let below_another = |other: &&&str| *other != path && path.starts_with(&folder(other));
            // A manifest in test data or an example is not what the project is built from.
            let data = path.split('/').any(|part| {
                matches!(part, "tests" | "test" | "testdata" | "fixtures" | "examples" | "vendor")
            });
            if !data && !manifests.iter().any(|other| below_another(&other)) {
                shape.manifests.push((*path).to_owned());
            }
        }
        shape
    }
}

/// A command of the project as people are shown it: its first line in backticks.
fn shown(command: &str) -> String {
    let mut lines = command.trim().lines();
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " …" } else { "" };
    format!("`{first}{more}`")
}

/// `--workspace` means the package itself where there is no workspace.
const CARGO: &str = "cargo check --workspace --all-targets --offline --quiet";

fn cargo(manifest: &str) -> String {
    match manifest {
        "Cargo.toml" => format!("{CARGO} || exit"),
        other => format!("{CARGO} --manifest-path {} || exit", quoted(other)),
    }
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The project's own interpreter if it has one.
const INTERPRETER: &str = "\
for python in .venv/bin/python venv/bin/python python3 python; do
  command -v \"$python\" > /dev/null 2>&1 && break
done";
const COMPILE: &str =
    r#""$python" -m compileall -q -x '(^|/)(\.venv|venv|node_modules|vendor)/' . || exit"#;
/// pytest says 5 where it finds no test.
const COLLECT: &str = r#"if "$python" -c 'import pytest' 2> /dev/null; then
  "$python" -m pytest --collect-only -q -p no:cacheprovider || [ $? -eq 5 ] || exit 1
else"#;
/// Imports every test module, and runs none. A module for pytest cannot be imported without
/// it, which says nothing about the project.
const IMPORT: &str = r#"  "$python" -c '
import os, sys, unittest
sys.path[:0] = [path for path in ("", "src") if os.path.isdir(path or ".")]
folders = ["."] + [f for f in ("tests", "test") if os.path.isdir(f)]
failed = []
for folder in folders:
    loader = unittest.TestLoader()
    top = folder if not os.path.exists(folder + "/__init__.py") else "."
    loader.discover(folder, top_level_dir=top)
    failed += [e for e in loader.errors if "No module named \x27pytest" not in e]
print(*dict.fromkeys(failed), sep="\n", end="")
sys.exit(bool(failed))' || exit 1
fi"#;

fn python(tests: bool) -> String {
    let mut lines = vec![INTERPRETER, COMPILE];
    if tests {
        lines.extend([COLLECT, IMPORT]);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(files: &[&str], config: Option<&CheckConfig>) -> Option<(String, String)> {
        match find(files.iter().copied(), config, &CheckChoice::Found) {
            Found::Check(check) => Some((check.command, check.why)),
            Found::Nothing { .. } => None,
        }
    }

    #[test]
    fn a_cargo_project_is_checked_with_all_its_targets_and_without_the_network() {
        let (command, why) = command(&["Cargo.toml", "src/lib.rs", "a/Cargo.toml"], None).unwrap();
        assert_eq!(command, "cargo check --workspace --all-targets --offline --quiet || exit");
        assert_eq!(why, "Cargo.toml at the root");
    }

    #[test]
    fn manifests_below_are_checked_where_the_root_has_none() {
        let files = ["b c/Cargo.toml", "b c/x/Cargo.toml", "a/Cargo.toml", "fixtures/Cargo.toml"];
        let (command, _) = command(&files, None).unwrap();
        assert_eq!(command.lines().count(), 2);
        assert!(command.contains("--manifest-path 'a/Cargo.toml'"));
        assert!(command.contains("--manifest-path 'b c/Cargo.toml'"));
    }

    #[test]
    fn python_is_compiled_and_its_tests_are_collected_where_there_are_some() {
        let (plain, why) = command(&["pkg/a.py"], None).unwrap();
        assert!(plain.contains("compileall") && !plain.contains("pytest"));
        assert_eq!(why, "Python files");
        let (tested, why) = command(&["pkg/a.py", "tests/test_a.py"], None).unwrap();
        assert!(tested.contains("compileall") && tested.contains("--collect-only"));
        assert_eq!(why, "Python files, tests as tests/test_a.py says");
    }

    #[test]
    fn a_project_of_both_gets_both() {
        let (both, why) = command(&["Cargo.toml", "pkg/a.py"], None).unwrap();
        assert!(both.starts_with("cargo check") && both.contains("compileall"));
        assert_eq!(why, "Cargo.toml at the root; Python files");
    }

    #[test]
    fn what_a_person_or_the_project_says_goes_first() {
        let text = "[check]\ncommand = \"make\"\nbring = [\"x\"]\nprocesses = 7";
        let config = CheckConfig::parse(text, "axon.toml").unwrap();
        let (found, why) = command(&["Cargo.toml"], config.as_ref()).unwrap();
        assert_eq!((found.as_str(), why.as_str()), ("make", "[check] in axon.toml"));
        let choice = CheckChoice::Command("true".to_owned());
        let Found::Check(check) = find(["Cargo.toml"], config.as_ref(), &choice) else {
            panic!("a command was given")
        };
        assert_eq!((check.command.as_str(), check.why.as_str()), ("true", "given as --check"));
        assert_eq!((check.bring, check.limits.processes), (vec![PathBuf::from("x")], 7));
        assert!(matches!(find(["Cargo.toml"], None, &CheckChoice::None), Found::Nothing { .. }));
    }

    #[test]
    fn a_project_of_neither_has_none_and_says_what_would_be_one() {
        let found = find(["README.md", "src/main.c"], None, &CheckChoice::Found);
        let Found::Nothing { looked_for } = found else { panic!("{found:?}") };
        assert!(looked_for.contains("Cargo.toml"));
    }
}
