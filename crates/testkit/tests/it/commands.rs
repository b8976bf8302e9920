//! Every command of the command line has an end-to-end test module of its own.

use crate::sources::{check, files, must_read};

const COMMANDS: &str = "crates/cli/src/commands/";

#[test]
fn every_command_has_a_test_module() {
    let files = files();
    let is_command = |path: &&String| path.starts_with(COMMANDS) && path.ends_with(".rs");
    let commands: Vec<&str> = files
        .iter()
        .filter(is_command)
        .filter_map(|path| path[COMMANDS.len()..].trim_end_matches(".rs").split('/').next())
        .filter(|name| *name != "mod")
        .collect();
    assert!(!commands.is_empty(), "{COMMANDS} holds no command");
    let main = must_read("crates/cli/tests/it/main.rs");
    let mut violations = Vec::new();
    for command in commands {
        let test = format!("crates/cli/tests/it/{command}.rs");
        if !files.contains(&test) {
            violations.push(format!("{test} is missing"));
        } else if !main.lines().any(|line| line.trim() == format!("mod {command};")) {
            violations.push(format!("{test} is not a module of tests/it/main.rs"));
        }
    }
    check(
        &violations,
        "Run the real binary in a TestRepo and assert what it prints and leaves behind.",
    );
}
