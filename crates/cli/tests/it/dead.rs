//! `axon run --remove-dead`: what is proven unused goes, what is open is listed.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{axon, changes, json, refused, shown};

const SHOP: &str = "\
import os
import sys

LIMIT = 3


def old(x):
    return older(x) + LIMIT + len(os.sep)


def older(x):
    return old(x)


@register
def registered():
    return 1


def main():
    sys.exit(0)


main()
";

fn shop() -> TestRepo {
    TestRepo::with([("shop.py", SHOP), ("tools.py", "def spare():\n    return 1\n\n\nprint(2)\n")])
}

const REMOVE: &[&str] = &["run", "--remove-dead", "--no-check"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [REMOVE, more].concat()
}

#[test]
fn what_is_unused_is_listed_with_its_evidence_and_what_is_open_apart() {
    let repo = shop();
    let output = axon(&repo, &with(&["--dry-run"])).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    unused: constant shop.LIMIT, defined at shop.py:4: only unused code uses it
    unused: function shop.old, defined at shop.py:7: only unused code uses it
    unused: function shop.older, defined at shop.py:11: only unused code uses it
    unused: function tools.spare, defined at tools.py:1: its name stands nowhere else in the tree
    shop.py:1:1: import  only what is removed used it
    shop.py:4:1: definition  nothing uses it
    shop.py:7:1: definition  nothing uses it
    shop.py:11:1: definition  nothing uses it
    tools.py:1:1: definition  nothing uses it
    left alone, no code uses these, and something else may:
      shop.py:16: function shop.registered: the decorator `@register` may hand it on
    diff --git a/shop.py b/shop.py
    --- a/shop.py
    +++ b/shop.py
    @@ -1,16 +1,4 @@
    -import os
     import sys
    -
    -LIMIT = 3
    -
    -
    -def old(x):
    -    return older(x) + LIMIT + len(os.sep)
    -
    -
    -def older(x):
    -    return old(x)
    -
     
     @register
     def registered():
    diff --git a/tools.py b/tools.py
    --- a/tools.py
    +++ b/tools.py
    @@ -1,5 +1 @@
    -def spare():
    -    return 1
    -
    -
     print(2)
    --- stderr
    5 places in 2 files would change; nothing was recorded
    "#);
    assert!(!repo.path().join(".axon").exists());
}

#[test]
fn what_is_proven_is_removed_and_nothing_else() {
    let repo = shop();
    let output = axon(&repo, REMOVE).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  remove dead code
      ✓ plan    5 places in 2 files, 1 mention left alone
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   left out, as asked
      ✓ review  4 definitions that nothing used are gone, and no code names them
      ✓ commit  axon/m1 at [HASH]

    left alone, no code uses these, and something else may:
      shop.py:16: function shop.registered: the decorator `@register` may hand it on

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # shop.py
    -import os
    -LIMIT = 3
    -
    -
    -def old(x):
    -    return older(x) + LIMIT + len(os.sep)
    -
    -
    -def older(x):
    -    return old(x)
    -
    -
    # tools.py
    -def spare():
    -    return 1
    -
    -
    "#);
    let shown = json(&repo, &["show", "m1"]);
    let removed = shown["report"]["removed"].as_array().unwrap();
    assert_eq!(removed.len(), 4, "{removed:?}");
    let why = axon(&repo, &["show", "m1"]).success();
    assert!(why.stdout.contains("chosen    remove 4 definitions"), "{why}");
    assert!(why.stdout.contains("evidence  shop.py:7 function shop.old: "), "{why}");
    assert!(why.stdout.contains("rejected  shop.py:16 function shop.registered: "), "{why}");
}

#[test]
fn only_what_is_named_is_removed() {
    let repo = shop();
    let _ = axon(&repo, &with(&["--only", "spare"])).success();
    assert_eq!(repo.git(["diff", "--name-only", "main", "axon/m1"]).trim(), "tools.py");
    let sentence = ["run", "remove unused function tools.spare", "--no-check"];
    let _ = axon(&repo, &sentence).success();
    let tree = |branch: &str| repo.git(["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree("axon/m1"), tree("axon/m2"));
    let constants = ["run", "remove unused constants", "--no-check"];
    // What unused code uses stays as long as that stays.
    refused(&repo, &constants, Code::NothingToDo);
}

#[test]
fn what_is_used_open_or_not_there_is_never_removed() {
    let repo = shop();
    for name in ["main", "nothing", "shop.spare"] {
        let problem = refused(&repo, &with(&["--only", name]), Code::SymbolNotFound);
        assert!(problem.hint.contains("--dry-run"), "{problem:?}");
    }
    let problem = refused(&repo, &with(&["--only", "registered"]), Code::NeedsDecision);
    assert!(problem.message.contains("@register"), "{problem:?}");
    let problem = refused(&repo, &with(&["--undecided", "include"]), Code::Usage);
    assert!(problem.message.contains("never removed"), "{problem:?}");
    refused(&repo, &["run", "--rename", "a", "b", "--only", "c"], Code::Usage);
}

#[test]
fn without_anything_unused_there_is_nothing_to_do() {
    let repo = TestRepo::with([("a.py", "def f():\n    return 1\n\n\nprint(f())\n")]);
    refused(&repo, REMOVE, Code::NothingToDo);
    let dry = axon(&repo, &with(&["--dry-run"])).success();
    assert!(dry.stderr.contains("0 places in 0 files"), "{dry}");
}

#[test]
fn a_public_name_of_a_package_is_unused_only_where_nobody_else_can_use_it() {
    let repo = TestRepo::with([
        ("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1\"\n"),
        ("shop/__init__.py", ""),
        ("shop/a.py", "def public():\n    return 1\n"),
    ]);
    let problem = refused(&repo, REMOVE, Code::NothingToDo);
    assert!(problem.hint.contains("--dry-run"), "{problem:?}");
    let _ = axon(&repo, &with(&["--closed"])).success();
    assert_eq!(repo.show("axon/m2", "shop/a.py"), "");
}

#[test]
fn a_removal_that_breaks_the_check_leaves_no_branch() {
    let repo = shop();
    let run = ["run", "--remove-dead", "--check", "grep -q spare tools.py"];
    refused(&repo, &run, Code::CheckFailed);
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
}

#[test]
fn rust_items_that_nothing_uses_go_with_their_impl_blocks_and_imports() {
    let repo = TestRepo::with([
        ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (
            "src/lib.rs",
            "mod cart;\n\nuse std::collections::HashMap;\n\nuse cart::spare;\n\npub fn total() -> u32 {\n    1\n}\n\n/// Not used.\nstruct Ghost(HashMap<u32, u32>);\n\nimpl Ghost {\n    fn new() -> Self {\n        Ghost(HashMap::new())\n    }\n}\n\n#[no_mangle]\nfn exported() {}\n",
        ),
        ("src/cart.rs", "pub fn spare() {}\n"),
    ]);
    let output = axon(&repo, REMOVE).success();
    assert!(
        output.stderr.contains("✓ review  2 definitions that nothing used are gone"),
        "{output}"
    );
    assert_eq!(
        repo.show("axon/m1", "src/lib.rs"),
        "mod cart;\n\npub fn total() -> u32 {\n    1\n}\n\n#[no_mangle]\nfn exported() {}\n"
    );
    assert_eq!(repo.show("axon/m1", "src/cart.rs"), "");
    let why = axon(&repo, &["show", "m1"]).success();
    assert!(why.stdout.contains("the attribute `#[no_mangle]` may hand it on"), "{why}");
}
