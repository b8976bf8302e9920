//! Which crate may use which, and which crate alone knows a heavy dependency.

use cargo_metadata::{DependencyKind, Package};

use crate::sources::{check, rust_below, short_name, workspace};
use crate::tokens::{flat, lines_of};

/// What each crate may use of our own. The reasons are in `docs/ARCHITECTURE.md`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("engine", &["domain"]),
    ("wire", &[]),
    ("store", &["domain"]),
    ("ledger", &["domain", "wire", "store"]),
    ("code", &["domain"]),
    ("workspace", &["domain", "store", "code"]),
    ("memory", &["domain", "store"]),
    ("models", &["domain"]),
    ("policy", &["domain"]),
    ("sandbox", &["domain"]),
    ("bus", &["domain", "engine"]),
    ("tools", &["domain", "sandbox", "workspace", "code"]),
    ("reflexes", &["domain", "sandbox", "workspace", "code"]),
    ("runtime", BELOW_RUNTIME),
    ("api", &["wire"]),
    ("hub", &["ledger", "api", "wire", "domain"]),
    ("server", &["runtime", "hub", "api", "domain"]),
    ("cli", &["server", "runtime", "api", "domain"]),
    ("testkit", ALL),
];

const BELOW_RUNTIME: &[&str] = &[
    "domain",
    "engine",
    "wire",
    "store",
    "ledger",
    "code",
    "workspace",
    "memory",
    "models",
    "policy",
    "sandbox",
    "bus",
    "tools",
    "reflexes",
];

const ALL: &[&str] = &[
    "domain",
    "engine",
    "wire",
    "store",
    "ledger",
    "code",
    "workspace",
    "memory",
    "models",
    "policy",
    "sandbox",
    "bus",
    "tools",
    "reflexes",
    "runtime",
    "api",
    "hub",
    "server",
    "cli",
];

/// Heavy dependencies and the crates that alone know them; `*` ends a prefix.
const HEAVY: &[(&str, &[&str])] = &[
    ("ast-grep*", &["code"]),
    ("async-nats", &["bus", "hub"]),
    ("axum", &["server"]),
    ("bollard", &["sandbox"]),
    ("candle*", &["memory"]),
    ("cedar-policy*", &["policy"]),
    ("clap*", &["cli"]),
    ("clickhouse", &["hub"]),
    ("genai", &["models"]),
    ("gix*", &["workspace"]),
    ("landlock", &["sandbox"]),
    ("libsqlite3-sys", &["store", "ledger"]),
    ("object_store", &["hub"]),
    ("prost*", &["wire", "ledger"]),
    ("protox", &["wire"]),
    ("rmcp", &["tools"]),
    ("rusqlite", &["store", "ledger"]),
    ("seccompiler", &["sandbox"]),
    ("tokio-postgres", &["hub"]),
    ("tonic*", &["api"]),
    ("tree-sitter*", &["code"]),
    ("utoipa", &["api"]),
    ("wasmtime*", &["sandbox"]),
    ("zenoh", &["bus"]),
];

/// Crates whose results have to be the same everywhere and always.
const DETERMINISTIC: &[&str] = &["domain", "engine"];

#[test]
fn a_crate_uses_only_what_the_table_allows() {
    let mut violations = Vec::new();
    for package in &workspace().packages {
        let name = short_name(package);
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            violations.push(format!("{name}: not in the table"));
            continue;
        };
        for (used, kind) in ours(package) {
            let test_harness = used == "testkit" && kind == DependencyKind::Development;
            if !test_harness && !allowed.contains(&used) {
                violations.push(format!("{name} uses {used}"));
            }
        }
    }
    check(
        &violations,
        "Move the code to the room where it belongs; a new edge needs a reason in docs/ARCHITECTURE.md and a line in the table MAY_USE.",
    );
}

fn ours(package: &Package) -> impl Iterator<Item = (&str, DependencyKind)> {
    package.dependencies.iter().filter_map(|d| Some((d.name.strip_prefix("axon-")?, d.kind)))
}

#[test]
fn a_heavy_dependency_is_known_by_its_own_crates_only() {
    let mut violations = Vec::new();
    for package in &workspace().packages {
        for dependency in &package.dependencies {
            let is_it = |pattern: &str| match pattern.strip_suffix('*') {
                Some(prefix) => dependency.name.starts_with(prefix),
                None => dependency.name == pattern,
            };
            for (_, owners) in HEAVY.iter().filter(|(pattern, _)| is_it(pattern)) {
                if !owners.contains(&short_name(package)) {
                    let (name, owners) = (&package.name, owners.join(", "));
                    violations
                        .push(format!("{name} depends on {}: only {owners} may", dependency.name));
                }
            }
        }
    }
    check(
        &violations,
        "Ask the crate that owns the dependency for what you need, in our own types.",
    );
}

#[test]
fn only_integration_tests_use_the_test_kit() {
    let mut violations = Vec::new();
    for file in rust_below("crates/") {
        let of_product = file.path.contains("/src/") && !file.path.starts_with("crates/testkit/");
        if of_product {
            for line in lines_of(&flat(&file), &["axon_testkit"]) {
                violations.push(format!("{}:{line}", file.path));
            }
        }
    }
    check(&violations, "Unit tests stand on their own; move what needs axon_testkit to tests/it/.");
}

#[test]
fn what_decides_is_the_same_everywhere_and_always() {
    let mut violations = Vec::new();
    for name in DETERMINISTIC {
        for file in rust_below(&format!("crates/{name}/src/")) {
            // A crate without an item yet has nothing that could use the standard library.
            let is_root = file.path.ends_with("/src/lib.rs") && !file.syntax.items.is_empty();
            if is_root && !file.syntax.attrs.iter().any(|a| a.path().is_ident("no_std")) {
                violations.push(format!("{}: #![no_std] is missing", file.path));
            }
            let tokens = flat(&file);
            for banned in ["HashMap", "HashSet", "f32", "f64"] {
                for line in lines_of(&tokens, &[banned]) {
                    violations.push(format!("{}:{line}: {banned}", file.path));
                }
            }
        }
    }
    check(
        &violations,
        "These crates are replayed on other machines and by later versions: use BTreeMap or Vec (stable order) and integers with a unit (no rounding), and alloc instead of std.",
    );
}
