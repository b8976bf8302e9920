//! Text that has no place in the repository.
//!
//! What is searched for as text is put together from parts, so that this file is clean too.

use crate::sources::{check, files, rust_below, text};
use crate::tokens::{flat, lines_of};

/// Sequences of Rust tokens and why they are not there.
const TOKENS: &[(&[&str], &str)] = &[
    (&["todo", "!"], "write it, or leave it out and say so in docs/features.md"),
    (&["unimplemented", "!"], "write it, or leave it out and say so in docs/features.md"),
    (&["#", "[", "ignore"], "a test that does not run shows nothing; make it fast or remove it"),
    (
        &["#", "[", "allow", "("],
        "#[expect(…, reason = \"…\")] says why and when it is no longer needed",
    ),
    (
        &["#", "!", "[", "allow", "("],
        "#![expect(…, reason = \"…\")] says why and when it is no longer needed",
    ),
    (&["thread", ":", ":", "sleep"], "wait for the event, not for time"),
];

/// Where packages may come from, by how the address begins.
const REGISTRIES: &[&str] = &[
    "https://github.com/rust-lang/crates.io-index",
    "https://registry.npmjs.org/",
    "https://pypi.org/",
    "https://files.pythonhosted.org/",
];

const LOCK_FILES: &[&str] =
    &["Cargo.lock", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "uv.lock", "poetry.lock"];

/// Lines of lock files whose addresses nothing is loaded from.
const NOT_PACKAGES: &[&str] = &["funding", "opencollective", "/sponsors", "tidelift"];

#[test]
fn rust_sources_hold_no_banned_construct() {
    let mut violations = Vec::new();
    for file in rust_below("") {
        let tokens = flat(&file);
        for (sequence, instead) in TOKENS {
            for line in lines_of(&tokens, sequence) {
                let found = sequence.concat();
                violations.push(format!("{}:{line}: {found}: {instead}", file.path));
            }
        }
    }
    check(&violations, "See the reason behind each place.");
}

#[test]
fn no_file_names_a_path_of_somebodys_machine() {
    let needles = [["/wo", "rk/"].concat(), ["/root/", ".cargo/"].concat()];
    let mut violations = Vec::new();
    for path in files() {
        let Some(text) = text(&path) else { continue };
        for (at, line) in text.lines().enumerate() {
            for needle in &needles {
                if begins_a_path(line, needle) {
                    violations.push(format!("{path}:{}: {needle}", at + 1));
                }
            }
        }
    }
    check(&violations, "Use a relative path, or a temporary folder.");
}

/// Whether the needle stands in the line as the beginning of an absolute path.
fn begins_a_path(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let inside = before.is_some_and(|c| c.is_alphanumeric() || "._-~]})*>$/".contains(c));
        !inside
    })
}

#[test]
fn a_path_is_absolute_only_where_it_begins() {
    let needle = ["/wo", "rk/"].concat();
    assert!(begins_a_path(&format!("cd {needle}x"), &needle));
    assert!(begins_a_path(&format!("\"{needle}x\""), &needle));
    assert!(!begins_a_path(&format!("home{needle}x"), &needle));
    assert!(!begins_a_path(&format!("[TMP]{needle}x"), &needle));
}

#[test]
fn comments_put_nothing_off() {
    let mut violations = Vec::new();
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    for path in files() {
        let source =
            [".rs", ".py", ".ts", ".tsx", ".sh", ".toml"].iter().any(|e| path.ends_with(e));
        let Some(text) = text(&path).filter(|_| source) else { continue };
        for (at, line) in text.lines().enumerate() {
            let comment = line.find("//").or_else(|| line.find('#')).map(|start| &line[start..]);
            let first = comment.map(|c| c.trim_start_matches(['/', '#', '!', ' ']));
            if first.is_some_and(|first| words.iter().any(|word| first.starts_with(word.as_str())))
            {
                violations.push(format!("{path}:{}", at + 1));
            }
        }
    }
    check(
        &violations,
        "Do it now, or write an issue and a line under `missing` in docs/features.md.",
    );
}

#[test]
fn lock_files_know_only_the_public_registries() {
    let mut violations = Vec::new();
    for path in files() {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let Some(text) = text(&path).filter(|_| LOCK_FILES.contains(&name)) else { continue };
        for (at, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices("://") {
                let scheme = line[..start].rfind(|c: char| !c.is_ascii_alphabetic());
                let address = &line[scheme.map_or(0, |at| at + 1)..];
                let is_package = !NOT_PACKAGES.iter().any(|word| line.contains(word));
                if is_package && !REGISTRIES.iter().any(|registry| address.starts_with(registry)) {
                    violations.push(format!("{path}:{}: {address}", at + 1));
                }
            }
        }
    }
    check(
        &violations,
        "Make the lock file anew without a mirror or a private registry configured.",
    );
}
