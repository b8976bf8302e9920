//! `docs/commands.md` knows every command and option, and no others.

use std::collections::BTreeSet;

use crate::sources::{check, files, must_read};

const PAGE: &str = "docs/commands.md";
const COMMANDS: &str = "crates/cli/src/commands/";
const ADVICE: &str = "Write the page again: scripts/commands.py says how.";

/// The name of each command and the text of its file.
fn commands() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(COMMANDS)?.strip_suffix(".rs")?;
            (name != "mod").then(|| (name.to_owned(), must_read(&path)))
        })
        .collect()
}

/// The part of the page about a command.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let heading = format!("\n## axon {name}\n");
    let begin = page.find(&heading)? + heading.len();
    let rest = &page[begin..];
    Some(rest.find("\n## ").map_or(rest, |end| &rest[..end]))
}

/// Options that the source of a command defines: `#[arg(… long …)]`, then the field.
fn options(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, rest) in source.match_indices("#[arg(").map(|(at, _)| source.split_at(at)) {
        let Some((attribute, after)) = rest.split_once(")]\n") else { continue };
        let Some(long) = attribute.find("long").map(|at| &attribute[at + 4..]) else { continue };
        let named = long.strip_prefix(" = \"").and_then(|name| name.split('"').next());
        let field = after.trim_start().trim_start_matches("pub(crate) ").split(':').next();
        found.extend(named.or(field).map(|name| format!("--{}", name.replace('_', "-"))));
    }
    found
}

#[test]
fn every_command_has_its_section_with_every_option() {
    let page = must_read(PAGE);
    let mut violations = Vec::new();
    for (name, source) in commands() {
        let Some(section) = section(&page, &name) else {
            violations.push(format!("{PAGE}: no section `## axon {name}`"));
            continue;
        };
        let missing = options(&source).into_iter().filter(|option| !section.contains(option));
        violations.extend(missing.map(|option| format!("{PAGE}: axon {name} {option}")));
        if !section.contains(&format!("$ axon {name}")) {
            violations.push(format!("{PAGE}: axon {name} has no example"));
        }
    }
    check(&violations, ADVICE);
}

#[test]
fn every_section_is_a_command() {
    let names: BTreeSet<String> = commands().into_iter().map(|(name, _)| name).collect();
    let violations: Vec<String> = must_read(PAGE)
        .lines()
        .filter_map(|line| line.strip_prefix("## axon "))
        .filter(|name| !names.contains(*name))
        .map(|name| format!("{PAGE}: there is no command {name}"))
        .collect();
    check(&violations, ADVICE);
}

#[test]
fn options_are_read_from_attributes_that_span_lines() {
    let source = "#[arg(long = \"path\",\n  value_name = \"GLOB\")]\n    paths: Vec<String>,\n\
                  #[arg(long)]\n    keep_alias: bool,\n#[arg(value_name = \"X\")]\n    x: String,\n";
    let expected = BTreeSet::from(["--path".to_owned(), "--keep-alias".to_owned()]);
    assert_eq!(options(source), expected);
}
