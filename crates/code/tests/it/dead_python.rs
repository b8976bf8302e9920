//! Definitions of Python that nothing uses.

use axon_code::{DeadCode, Finding, apply_edits, dead_code};
use axon_domain::Language;

use crate::harness::Memory;

#[track_caller]
fn check(fixture: &str, request: &DeadCode, expected: &str) {
    let files = Memory::parse(fixture);
    let unused = dead_code(&files, request, &[]).expect("a list");
    let mut lines = Vec::new();
    let mut list = |mark: &str, found: &[Finding]| {
        for one in found {
            lines.push(format!("{mark} {}: {}", one.symbol.qualified, one.evidence));
        }
    };
    list("-", &unused.proven);
    list("?", &unused.open);
    for file in &unused.located.files {
        let before = files.get(&file.path);
        let after = apply_edits(before, &file.sites).expect("edits");
        assert!(axon_code::syntax(Language::Python, Some(before), &after).passed);
        let after = String::from_utf8(after).expect("UTF-8");
        lines.push(format!("{} => {}", file.path, after.replace('\n', "⏎")));
    }
    let shown = lines.join("\n");
    assert!(shown == expected.trim(), "shown:\n{shown}\n\nexpected:\n{expected}");
}

const SHOP: &str = "\
//- shop.py
import os
import sys
from math import floor, ceil

LIMIT = 3


# Not used.
def dead(x):
    return helper(x) + LIMIT + os.sep + floor(1)


def helper(x):
    return dead(x)


class Cart:
    def _gone(self):
        return 1


def main():
    Cart()
    sys.exit(ceil(2))


def listed(): ...
@register
def registered(): ...
ONCE = make()
class Hooked(Outside):
    def _hook(self): ...
def public_text(): ...
main()
//- pyproject.ini
x = public_text
//- README.md
Call dead().
";

#[test]
fn what_is_proven_goes_with_its_imports_and_comments() {
    check(
        SHOP,
        &DeadCode::default(),
        "
- shop.LIMIT: only unused code uses it
- shop.dead: only unused code uses it
- shop.helper: only unused code uses it
- shop.Cart._gone: its name stands nowhere else in the tree
- shop.listed: its name stands nowhere else in the tree
? shop.registered: the decorator `@register` may hand it on
? shop.ONCE: making its value may do something
? shop.Hooked: `Outside`, a base, is not of the tree and may use it
? shop.Hooked._hook: `Outside`, a base, is not of the tree and may use it
? shop.public_text: `pyproject.ini` names it in text
shop.py => import sys⏎from math import ceil⏎⏎class Cart:⏎    pass⏎⏎⏎def main():⏎    Cart()⏎    sys.exit(ceil(2))⏎⏎⏎@register⏎def registered(): ...⏎ONCE = make()⏎class Hooked(Outside):⏎    def _hook(self): ...⏎def public_text(): ...⏎main()⏎
",
    );
}

#[test]
fn only_what_is_chosen_and_not_used_by_the_rest_goes() {
    let fixture = "//- a.py\ndef one():\n    return two()\ndef two(): ...\ndef three(): ...\n";
    let only = |names: &[&str]| DeadCode {
        only: names.iter().map(|name| (*name).to_owned()).collect(),
        closed: false,
    };
    let listed = "- a.one: its name stands nowhere else in the tree\n- a.two: only unused code uses it\n- a.three: its name stands nowhere else in the tree\n";
    check(fixture, &only(&["a.two"]), listed);
    check(fixture, &only(&["a.one", "a.two"]), &format!("{listed}a.py => def three(): ...⏎"));
    check(
        "//- a.py\nclass C:\n    def _gone(self): ...\n    x = 1\n",
        &only(&["a.C._gone"]),
        "- a.C: its name stands nowhere else in the tree
- a.C._gone: its name stands nowhere else in the tree
a.py => class C:⏎    x = 1⏎",
    );
}

#[test]
fn what_may_be_used_from_elsewhere_is_open() {
    let fixture = "//- pyproject.toml\n[project]\n//- pkg/__init__.py\n//- pkg/a.py\ndef public(): ...\ndef _private(): ...\nclass C:\n    def close(self): ...\nC()\n";
    let why = "others may import it: the package can be installed";
    check(
        fixture,
        &DeadCode::default(),
        &format!(
            "- pkg.a._private: its name stands nowhere else in the tree\n? pkg.a.public: {why}\n? pkg.a.C.close: {why}\npkg/a.py => def public(): ...⏎class C:⏎    def close(self): ...⏎C()⏎"
        ),
    );
    check(
        fixture,
        &DeadCode { only: vec!["none".to_owned()], closed: true },
        "- pkg.a.public: its name stands nowhere else in the tree
- pkg.a._private: its name stands nowhere else in the tree
? pkg.a.C.close: code from elsewhere that gets such an object may call it",
    );
    check(
        "//- a.py\ndef f(): ...\nprint(getattr(x, name))\n",
        &DeadCode::default(),
        "? a.f: names are looked up while the program runs (a.py:2)",
    );
}

#[test]
fn imports_strings_and_tests_are_respected() {
    check(
        "//- a.py\ndef f(): ...\ndef g(): ...\ndef test_x(): ...\n__all__ = ['g']\n//- b.py\nfrom a import f\n",
        &DeadCode::default(),
        "? a.f: `b.py` imports it, and does not use it\n? a.g: `a.py` names it in text",
    );
}
