//! `docs/features.md` promises nothing that no test shows.

use std::collections::BTreeMap;

use crate::sources::{check, files, must_read, root};

const PAGE: &str = "docs/features.md";
const COLUMNS: &[&str] = &["feature", "command", "test", "missing"];

#[test]
fn every_test_that_the_feature_table_names_exists() {
    let sources = Sources::read();
    let mut violations = Vec::new();
    for (line, cells) in rows(&must_read(PAGE)) {
        let [feature, _, tests, missing] = cells.as_slice() else {
            violations.push(format!("{PAGE}:{line}: {} cells, not four", cells.len()));
            continue;
        };
        let named = code_spans(tests);
        if named.is_empty() && missing.is_empty() {
            violations
                .push(format!("{PAGE}:{line}: {feature}: neither a test nor what is missing"));
        }
        for test in named.iter().filter(|test| !sources.has(test)) {
            violations.push(format!("{PAGE}:{line}: there is no test `{test}`"));
        }
    }
    check(
        &violations,
        "Name a test as `crate::module::function` (`ledger::append::a_record_survives`), `path/to/file::function` or the path of a script; leave the cell empty and say what is missing where there is none.",
    );
}

#[test]
fn the_feature_table_has_its_columns() {
    let page = must_read(PAGE);
    let header = page.lines().find(|line| line.starts_with('|')).unwrap_or_default();
    assert_eq!(cells(header), COLUMNS, "the columns of the table in {PAGE}");
}

/// The rows of every table with their line numbers, without headers.
fn rows(page: &str) -> Vec<(usize, Vec<String>)> {
    let lines: Vec<&str> = page.lines().collect();
    let rule = |line: &str| line.starts_with("|--") || line.starts_with("| --");
    let is_row = |at: usize| {
        let header = lines.get(at + 1).is_some_and(|next| rule(next));
        lines[at].starts_with('|') && !rule(lines[at]) && !header
    };
    (0..lines.len()).filter(|at| is_row(*at)).map(|at| (at + 1, cells(lines[at]))).collect()
}

/// The cells of a row; `\|` is a bar inside a cell.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{1}");
    row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

/// What stands between backticks.
fn code_spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text of everything that can hold a test, by path.
struct Sources(BTreeMap<String, String>);

impl Sources {
    fn read() -> Self {
        let wanted =
            |path: &String| [".rs", ".py", ".ts", ".tsx"].iter().any(|e| path.ends_with(e));
        Self(files().into_iter().filter(wanted).map(|p| (p.clone(), must_read(&p))).collect())
    }

    fn has(&self, test: &str) -> bool {
        let Some((place, function)) = test.rsplit_once("::") else {
            return root().join(test).is_file();
        };
        let is_defined = |text: &String| {
            let forms =
                [format!("fn {function}("), format!("def {function}("), format!("\"{function}\"")];
            forms.iter().any(|form| text.contains(form))
        };
        if place.contains('/') {
            return self.0.get(place).is_some_and(is_defined);
        }
        let mut parts = place.split("::");
        let Some(name) = parts.next() else { return false };
        let folder = format!("crates/{}/", name.strip_prefix("axon_").unwrap_or(name));
        // `tests` and `it` are the usual names of modules that hold tests, not of files.
        let modules: Vec<&str> = parts.filter(|part| !["tests", "it"].contains(part)).collect();
        self.0.iter().any(|(path, text)| {
            let has_module = |module: &&str| {
                let file = format!("/{module}.rs");
                path.ends_with(&file)
                    || path.contains(&format!("/{module}/"))
                    || text.contains(&format!("mod {module} {{"))
            };
            path.starts_with(&folder) && modules.iter().all(has_module) && is_defined(text)
        })
    }
}

#[test]
fn a_named_test_is_found_by_crate_or_by_file_and_a_missing_one_is_not() {
    let sources = Sources::read();
    let here = "a_named_test_is_found_by_crate_or_by_file_and_a_missing_one_is_not";
    assert!(sources.has(&format!("testkit::features::{here}")));
    assert!(sources.has(&format!("crates/testkit/tests/it/features.rs::{here}")));
    assert!(!sources.has(&format!("testkit::edges::{here}")));
    assert!(!sources.has("testkit::features::no_such_test"));
    assert!(!sources.has("scripts/no-such-script"));
}
