//! The files of the repository, and how a broken rule is reported.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// What holds nothing written by hand (`.git` is a file in a linked working tree).
const SKIPPED: &[&str] =
    &[".git", ".axon", ".venv", "__pycache__", "node_modules", "target", "dist"];

/// A Rust file, parsed.
pub(crate) struct RustFile {
    /// Relative to the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file of the repository, relative to its root, sorted; links are not followed.
pub(crate) fn files() -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let name = entry.file_name();
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A file's text; `None` where it is not UTF-8.
pub(crate) fn text(path: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(path)).unwrap()).ok()
}

/// A file's text, which has to be there.
pub(crate) fn must_read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every Rust file below a folder (`""` for all).
pub(crate) fn rust_below(folder: &str) -> Vec<RustFile> {
    let of_folder = |path: &String| path.ends_with(".rs") && path.starts_with(folder);
    let parse = |path: String| {
        let text = must_read(&path);
        let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
        RustFile { path, text, syntax }
    };
    files().into_iter().filter(of_folder).map(parse).collect()
}

/// Whether a path is that of a test rather than of the product.
pub(crate) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    path.split('/').any(|part| part == "tests")
        || stem == "tests"
        || stem.ends_with("_test")
        || stem.starts_with("test_")
        || name.contains(".test.")
}

/// What cargo knows about our own packages; no network, no dependencies.
pub(crate) fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap()
}

/// The short name of one of our packages: `ledger` for `axon-ledger`.
pub(crate) fn short_name(package: &Package) -> &str {
    package.name.strip_prefix("axon-").unwrap_or_else(|| {
        panic!("{}: packages of this workspace are named axon-<folder>", package.name)
    })
}

/// Fails the test when there are violations; `advice` says what to do about them.
#[track_caller]
pub(crate) fn check(violations: &[String], advice: &str) {
    assert!(violations.is_empty(), "\n{}\n\n{advice}\n", violations.join("\n"));
}
