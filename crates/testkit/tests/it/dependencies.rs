//! What the product stands on: from crates.io, freely licensed, and not too many.

use cargo_metadata::{Metadata, MetadataCommand};

use crate::sources::{check, must_read, root};

/// Licences that a dependency may have.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Exceptions that only add permissions.
const EXCEPTIONS: &[&str] = &["LLVM-exception"];

/// How many packages others wrote may be in `Cargo.lock`. Raise it when a dependency is worth
/// its price, in the change that brings it; lower it when one goes.
const BUDGET: usize = 272;

/// Every package for every platform, out of what has been downloaded.
fn everything() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .unwrap_or_else(|e| panic!("{e}\n\nThis test looks at the packages of every platform: run `cargo fetch --locked` first.\n"))
}

#[test]
fn every_dependency_has_a_licence_that_we_accept() {
    let mut violations = Vec::new();
    for package in everything().packages.iter().filter(|package| package.source.is_some()) {
        let licence = package.license.as_deref().unwrap_or("none given");
        if !is_accepted(licence) {
            violations.push(format!("{} {}: {licence}", package.name, package.version));
        }
    }
    check(&violations, "Look for another package, or do without.");
}

#[test]
fn dependencies_stay_within_their_budget() {
    let lock = must_read("Cargo.lock");
    let count = lock.lines().filter(|line| line.starts_with("source = ")).count();
    assert!(
        count <= BUDGET,
        "{count} packages, at most {BUDGET}: turn off features that nobody uses (`cargo tree -e features`), do without, or raise BUDGET with the reason in the commit"
    );
}

#[test]
fn every_dependency_comes_from_crates_io() {
    let lock = must_read("Cargo.lock");
    let is_other = |line: &&str| {
        line.starts_with("source = ")
            && *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
    };
    let violations: Vec<String> = lock.lines().filter(is_other).map(str::to_owned).collect();
    check(
        &violations,
        "Depend on a published version; a fix that is not published goes upstream first.",
    );
}

/// Whether an SPDX expression can be fulfilled with licences of the list. `/` is the old way
/// to write OR.
fn is_accepted(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let accepted = any_of(&mut rest);
    accepted && rest.is_empty()
}

fn any_of(words: &mut &[&str]) -> bool {
    let mut accepted = all_of(words);
    while words.first() == Some(&"OR") {
        *words = &words[1..];
        accepted |= all_of(words);
    }
    accepted
}

fn all_of(words: &mut &[&str]) -> bool {
    let mut accepted = one(words);
    while words.first() == Some(&"AND") {
        *words = &words[1..];
        accepted &= one(words);
    }
    accepted
}

fn one(words: &mut &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    *words = rest;
    if *first == "(" {
        let accepted = any_of(words);
        if words.first() != Some(&")") {
            return false;
        }
        *words = &words[1..];
        return accepted;
    }
    let mut accepted = LICENCES.contains(first);
    if words.first() == Some(&"WITH") {
        accepted &= words.get(1).is_some_and(|exception| EXCEPTIONS.contains(exception));
        *words = words.get(2..).unwrap_or_default();
    }
    accepted
}

#[test]
fn licence_expressions_are_weighed_as_spdx_says() {
    for accepted in [
        "MIT",
        "MIT/Apache-2.0",
        "MIT OR GPL-3.0-only",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "GPL-2.0-only AND MIT OR ISC",
    ] {
        assert!(is_accepted(accepted), "{accepted}");
    }
    for refused in [
        "",
        "none given",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "(MIT OR ISC) AND AGPL-3.0",
        "Apache-2.0 WITH Classpath-exception-2.0",
        "(MIT",
        "MIT ISC",
    ] {
        assert!(!is_accepted(refused), "{refused}");
    }
}
