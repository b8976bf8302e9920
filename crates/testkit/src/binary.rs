//! Where the binary `axon` is, for tests outside of its own crate.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The binary `axon` of the profile that the running test was built with. It is built if it is
/// not there or older than a file that it is made of, so that no test looks at yesterday's
/// program.
#[must_use]
pub fn axon_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = env::current_exe().expect("the running test has a path");
        // target/PROFILE/deps/it-0123456789abcdef
        let folder = test.parent().and_then(Path::parent).expect("target/PROFILE/deps");
        let binary = folder.join(format!("axon{}", env::consts::EXE_SUFFIX));
        if !is_fresh(&binary) {
            build(folder);
        }
        assert!(binary.is_file(), "{} is missing: cargo build --workspace", binary.display());
        binary
    })
}

/// Whether the binary is newer than every file that Cargo wrote down as its source.
fn is_fresh(binary: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let Some(built) = changed(binary) else { return false };
    // A Makefile rule: `target: source source …`, with `\ ` for a space.
    let Ok(rule) = fs::read_to_string(binary.with_extension("d")) else { return false };
    let Some((_, sources)) = rule.split_once(": ") else { return false };
    let sources = sources.trim().replace("\\ ", "\0");
    sources
        .split_whitespace()
        .map(|source| PathBuf::from(source.replace('\0', " ")))
        .all(|source| changed(&source).is_some_and(|time| time <= built))
}

/// Builds the binary along with all tests: the same features, so that nothing else is built
/// anew.
fn build(folder: &Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--workspace", "--all-targets"]);
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(profile) => {
            command.args(["--profile", profile]);
        }
    }
    let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(done.is_ok_and(|status| status.success()), "{command:?} failed");
}
