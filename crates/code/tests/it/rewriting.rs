//! Structural rewriting, syntax verdicts, applying edits.

use std::fmt::Write as _;

use axon_code::{Rewrite, apply_edits, rewrite, syntax};
use axon_domain::{Code, Language, Site, SiteKind, TextEdit};

use crate::harness::Memory;

#[track_caller]
fn check_in(language: Language, before: &str, pattern: &str, to: &str, expected: &str) {
    let path = if language == Language::Python { "a.py" } else { "a.rs" };
    let files = Memory::of(vec![(path.to_owned(), before.as_bytes().to_vec())]);
    let request = Rewrite { pattern: pattern.to_owned(), replacement: to.to_owned(), language };
    let shown = match rewrite(&files, &request, &[]) {
        Ok(located) => {
            let after = files.edited(&located);
            let mut shown = String::from_utf8(after.get(path).to_vec()).expect("UTF-8");
            for mention in &located.mentions {
                writeln!(shown, "? {}: {}", mention.line, mention.why).expect("memory");
            }
            shown
        }
        Err(error) => format!("! {}", error.code()),
    };
    assert!(shown == expected, "shown:\n{shown}\nexpected:\n{expected}");
}

#[track_caller]
fn check(before: &str, pattern: &str, to: &str, expected: &str) {
    check_in(Language::Python, before, pattern, to, expected);
}

#[test]
fn a_call_is_rewritten() {
    check(
        "assert_eq(a, b)\nx = assert_eq(f(1), [2])\nassert_eq(1)\n",
        "assert_eq($A, $B)",
        "assert_equal($A, $B)",
        "assert_equal(a, b)\nx = assert_equal(f(1), [2])\nassert_eq(1)\n",
    );
}

#[test]
fn several_arguments_are_kept() {
    check(
        "f()\nf(1)\nf(1, 2, *a, k=v)\n",
        "f($$$ARGS)",
        "g(x, $$$ARGS)",
        "g(x)\ng(x, 1)\ng(x, 1, 2, *a, k=v)\n",
    );
    check("f()\nf(1, 2)\n", "f($$$ARGS)", "g($$$ARGS, x)", "g(x)\ng(1, 2, x)\n");
}

#[test]
fn nested_matches_are_rewritten_with_the_outer_one() {
    check("f(f(f(1)))\n", "f($A)", "g($A, 0)", "g(g(g(1, 0), 0), 0)\n");
}

#[test]
fn a_nested_match_that_is_dropped_is_listed() {
    check("f(f(1), 2)\n", "f($A, $B)", "g($B)", "g(2)\n");
    check(
        "f(f(1, 2), 3)\n",
        "f($A, $B)",
        "g($B)",
        "g(3)\n? 1: it lies in another match that is edited\n",
    );
}

#[test]
fn a_comment_is_not_lost() {
    check(
        "f(\n    a,  # why\n    b,\n)\nf(c, d)\n",
        "f($A, $B)",
        "g($A, $B)",
        "f(\n    a,  # why\n    b,\n)\ng(c, d)\n? 1: a comment there would be lost\n",
    );
}

#[test]
fn a_comment_within_a_capture_is_kept() {
    check("f([1,  # one\n   2])\n", "f($A)", "g($A)", "g([1,  # one\n   2])\n");
}

#[test]
fn parentheses_keep_what_belongs_together() {
    check("x = double(a + b)\n", "double($A)", "$A * 2", "x = (a + b) * 2\n");
    check("x = y ** double(a)\n", "double($A)", "$A * 2", "x = y ** (a * 2)\n");
    check("x = double(a).b\n", "double($A)", "$A * 2", "x = (a * 2).b\n");
    check("x = double(a + b)\n", "double($A)", "twice($A)", "x = twice(a + b)\n");
}

#[test]
fn indentation_of_blocks_is_sensible() {
    check(
        "def f():\n    if debug:\n        a()\n        b('''\nx''')\n    c()\n",
        "if debug:\n    $$$BODY",
        "with log():\n    $$$BODY",
        "def f():\n    with log():\n        a()\n        b('''\nx''')\n    c()\n",
    );
}

#[test]
fn a_body_on_lines_of_its_own_keeps_them() {
    check(
        "def f():\n    if a is None:\n        b()\n        c()\n    if d is None: e()\n",
        "if $A is None: $$$B",
        "if None is $A: $$$B",
        "def f():\n    if None is a:\n        b()\n        c()\n    if None is d: e()\n",
    );
}

#[test]
fn line_ends_of_the_file_are_used() {
    check(
        "if x:\r\n    f(1)\r\n",
        "f($A)",
        "g(\n    $A,\n)",
        "if x:\r\n    g(\r\n        1,\r\n    )\r\n",
    );
}

#[test]
fn one_variable_twice_means_the_same_code() {
    check("a == a\na == b\nf(x) == f(x)\n", "$A == $A", "True", "True\na == b\nTrue\n");
}

#[test]
fn patterns_that_cannot_be_used_are_refused() {
    for (pattern, to) in [
        ("$A", "x"),
        ("$$$A", "x"),
        ("f(", "x"),
        ("", "x"),
        ("f($A)", "g($B)"),
        ("f($A)", "g($$$A)"),
        ("f($$$A)", "g($A)"),
        ("f($A)", "g($$$)"),
        ("a\nb", "x"),
    ] {
        check("f(1)\n", pattern, to, "! invalid-pattern");
    }
    check("f(1)\n", &"(".repeat(5_000), "x", "! invalid-pattern");
}

#[test]
fn no_match_is_nothing_to_do() {
    check("f(1)\n", "h($A)", "g($A)", "! nothing-to-do");
}

#[test]
fn rust_is_rewritten_too() {
    check_in(
        Language::Rust,
        "fn main() { let x = a.unwrap(); b(c).unwrap(); }\n",
        "$A.unwrap()",
        "$A.expect(\"present\")",
        "fn main() { let x = a.expect(\"present\"); b(c).expect(\"present\"); }\n",
    );
    check_in(
        Language::Rust,
        "fn main() { foo(1, 2); }\n",
        "foo($A, $B)",
        "bar($B, $A)",
        "fn main() { bar(2, 1); }\n",
    );
}

#[test]
fn files_nested_too_deeply_are_skipped() {
    let text = format!("f({}1{})\n", "(".repeat(100_000), ")".repeat(100_000));
    let files = Memory::of(vec![
        ("a.py".to_owned(), text.into_bytes()),
        ("b.py".to_owned(), b"f(1)\n".to_vec()),
    ]);
    let request = Rewrite {
        pattern: "f($A)".to_owned(),
        replacement: "g($A)".to_owned(),
        language: Language::Python,
    };
    let located = rewrite(&files, &request, &[]).unwrap();
    assert_eq!(located.files.len(), 1);
    assert_eq!(located.skipped[0].why, "nested too deeply");
}

#[test]
fn a_verdict_holds_only_new_problems_against_the_edit() {
    let good = syntax(Language::Python, None, b"x = 1\n");
    assert!(good.passed && good.problems.is_empty());
    let bad = syntax(Language::Python, Some(b"x = 1\n"), b"x = = 1\n");
    assert!(!bad.passed);
    assert_eq!(bad.problems[0].0, 1);
    assert!(syntax(Language::Python, Some(b"def (:\ny\n"), b"def (:\nz\n").passed);
    assert!(!syntax(Language::Rust, None, b"fn f( {").passed);
    assert!(!syntax(Language::Python, Some(b"x"), b"\xff").passed);
}

#[test]
fn edits_that_do_not_fit_are_refused() {
    let site = |start, end, text: &str| Site {
        line: 1,
        column: 1,
        kind: SiteKind::Match,
        evidence: String::new(),
        edit: TextEdit { start, end, text: text.to_owned() },
    };
    assert_eq!(
        apply_edits(b"abc", &[site(0, 1, "x"), site(1, 1, "+"), site(2, 3, "")]).unwrap(),
        b"x+b"
    );
    for wrong in [vec![site(0, 2, ""), site(1, 3, "")], vec![site(2, 9, "")], vec![site(2, 1, "")]]
    {
        assert_eq!(apply_edits(b"abc", &wrong).unwrap_err().code(), Code::Bug);
    }
}
