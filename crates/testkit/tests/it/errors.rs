//! Every error code has its page, every exit code its explanation.

use std::collections::BTreeSet;

use axon_domain::Code;

use crate::sources::{check, files, must_read};

const EXIT_CODES: &str = "docs/exit-codes.md";

#[test]
fn every_error_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = files()
        .iter()
        .filter_map(|path| path.strip_prefix("docs/errors/")?.strip_suffix(".md"))
        .map(str::to_owned)
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    let without_page = codes.difference(&pages).map(|c| format!("docs/errors/{c}.md is missing"));
    let without_code = pages.difference(&codes).map(|c| format!("docs/errors/{c}.md has no code"));
    let violations: Vec<String> = without_page.chain(without_code).collect();
    check(&violations, "A page says what the error means, why it happens and what to do.");
}

#[test]
fn a_page_carries_the_name_and_the_exit_code_of_its_error() {
    let mut violations = Vec::new();
    for code in Code::ALL {
        let path = format!("docs/errors/{code}.md");
        let page = must_read(&path);
        let heading = format!("# {code}");
        if page.lines().next() != Some(heading.as_str()) {
            violations.push(format!("{path}: the first line is not `{heading}`"));
        }
        let link = format!("Exit code [{}](../exit-codes.md)", code.exit_code());
        if !page.contains(&link) {
            violations.push(format!("{path}: `{link}` is missing"));
        }
    }
    check(&violations, "Bring the page in line with crates/domain/src/error.rs.");
}

#[test]
fn every_exit_code_is_documented_and_no_other() {
    let page = must_read(EXIT_CODES);
    let documented: BTreeSet<u8> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    let mut used: BTreeSet<u8> = Code::ALL.iter().map(|code| code.exit_code()).collect();
    used.insert(0);
    assert_eq!(documented, used, "bring the table of {EXIT_CODES} in line with the error codes");
}

#[test]
fn every_error_code_is_listed_under_its_exit_code() {
    let page = must_read(EXIT_CODES);
    let mut violations = Vec::new();
    for code in Code::ALL {
        let row = format!("| {} |", code.exit_code());
        let entry = format!("[{code}](errors/{code}.md)");
        if !page.lines().any(|line| line.starts_with(&row) && line.contains(&entry)) {
            violations.push(format!("`{entry}` is not in the row `{row}`"));
        }
    }
    check(&violations, "Add it to the table of docs/exit-codes.md.");
}
