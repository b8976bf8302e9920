//! How large a file and a function may be, and where tests and crate docs are.
//!
//! Tests keep the limit on functions too: a long table of cases is a constant beside the
//! function, which then reads in one look.

use std::fs;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::sources::{check, files, is_test, must_read, root, rust_below};

const FILE_LINES: usize = 500;
const TEST_FILE_LINES: usize = 1_000;
const FUNCTION_LINES: usize = 70;
const ENDINGS: &[&str] = &["rs", "ts", "tsx", "py", "sh"];

#[test]
fn hand_written_files_are_short_enough_to_read() {
    let mut violations = Vec::new();
    for path in files() {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let source = match name.rsplit_once('.') {
            Some((_, ending)) => ENDINGS.contains(&ending),
            None => fs::read(root().join(&path)).unwrap().starts_with(b"#!"),
        };
        if source {
            let limit = if is_test(&path) { TEST_FILE_LINES } else { FILE_LINES };
            let lines = must_read(&path).lines().count();
            if lines > limit {
                violations.push(format!("{path}: {lines} lines, at most {limit}"));
            }
        }
    }
    check(&violations, "Split the file by idea, not by size.");
}

#[test]
fn functions_are_short_enough_to_read() {
    let mut violations = Vec::new();
    for file in rust_below("") {
        let mut functions = Functions { found: Vec::new() };
        functions.visit_file(&file.syntax);
        for (name, first, last) in functions.found {
            let lines = last + 1 - first;
            if lines > FUNCTION_LINES {
                let path = &file.path;
                violations.push(format!(
                    "{path}:{first}: {name} has {lines} lines, at most {FUNCTION_LINES}"
                ));
            }
        }
    }
    for path in files().iter().filter(|path| path.ends_with(".py")) {
        for (name, first, lines) in python_functions(&must_read(path)) {
            if lines > FUNCTION_LINES {
                violations.push(format!(
                    "{path}:{first}: {name} has {lines} lines, at most {FUNCTION_LINES}"
                ));
            }
        }
    }
    check(&violations, "Give each step a name of its own; a table of cases goes into a constant.");
}

/// Name, first line (of `fn`) and last line (of the closing brace) of every function.
struct Functions {
    found: Vec<(String, usize, usize)>,
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let last = block.brace_token.span.close().end().line;
        self.found.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Name, first line and number of lines of every `def`, by indentation; lines inside a string
/// that begin further left end it early, which only makes the rule milder.
fn python_functions(text: &str) -> Vec<(String, usize, usize)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let code = code.strip_prefix("async ").unwrap_or(code);
        let Some(rest) = code.strip_prefix("def ") else { continue };
        let name = rest.split('(').next().unwrap_or(rest).to_owned();
        let body = lines[at + 1..].iter().enumerate();
        let inside = body
            .take_while(|(_, l)| {
                l.trim().is_empty() || indent(l) > indent(line) || l.trim_start().starts_with(')')
            })
            .filter(|(_, l)| !l.trim().is_empty())
            .last();
        found.push((name, at + 1, inside.map_or(1, |(last, _)| last + 2)));
    }
    found
}

#[test]
fn a_python_function_ends_where_its_indentation_ends() {
    let text = "def one(\n    a,\n):\n    return a\n\n\nclass C:\n    def two(self): pass\n";
    let expected = vec![("one".to_owned(), 1, 4), ("two".to_owned(), 8, 1)];
    assert_eq!(python_functions(text), expected);
}

#[test]
fn every_crate_says_what_it_is_for() {
    let mut violations = Vec::new();
    for file in rust_below("crates/") {
        let roots = ["/src/lib.rs", "/src/main.rs", "/tests/it/main.rs"];
        let is_root = roots.iter().any(|root| file.path.ends_with(root));
        if is_root && !file.syntax.attrs.iter().any(|a| a.path().is_ident("doc")) {
            violations.push(file.path);
        }
    }
    check(
        &violations,
        "Begin the file with //! and a sentence or two: what it is for and what not.",
    );
}

#[test]
fn a_crate_has_one_test_binary() {
    let mut violations = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let tests = entry.unwrap().path().join("tests");
        let Ok(entries) = fs::read_dir(&tests) else { continue };
        for inside in entries {
            let path = inside.unwrap().path();
            if !(path.ends_with("tests/it") && path.join("main.rs").is_file()) {
                violations.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    check(
        &violations,
        "Tests of a crate are modules of tests/it/main.rs: one binary to link instead of many. Data for tests goes below tests/it/ too.",
    );
}
