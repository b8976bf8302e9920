//! `axon run --move`: a definition goes to another module, and everything imports it from there.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{axon, beside, changes, json, json_lines, refused, shown};

const CART: &str = "\
from math import fsum

VAT = 2


class Cart:
    pass


def total(prices):
    return fsum(prices) * VAT
";
const TILL: &str = "from shop.cart import Cart, total\n\nprint(total([1]), Cart())\n";

fn shop() -> TestRepo {
    TestRepo::with([
        ("shop/__init__.py", ""),
        ("shop/cart.py", CART),
        ("shop/tax.py", "def tax(price):\n    return price\n"),
        ("till.py", TILL),
    ])
}

fn to(into: &str) -> [&str; 6] {
    ["run", "--move", "total", "--into", into, "--no-check"]
}

#[test]
fn a_function_moves_to_a_new_file_and_is_imported_from_there() {
    let repo = shop();
    let output = axon(&repo, &to("shop.totals")).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  move total to shop.totals
      ✓ plan    5 places in 3 files
      ✓ edit    3 files, each still parses
      ✓ merge   3 files changed
      – check   left out, as asked
      ✓ review  total is defined in shop/totals.py only; 3 places that meant it mean it still
      ✓ commit  axon/m1 at [HASH]

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # shop/cart.py
    -from math import fsum
    -def total(prices):
    -    return fsum(prices) * VAT
    # shop/totals.py
    +from shop.cart import VAT
    +from math import fsum
    +
    +
    +def total(prices):
    +    return fsum(prices) * VAT
    # till.py
    -from shop.cart import Cart, total
    +from shop.cart import Cart
    +from shop.totals import total
    "#);
    let made = json_lines(&repo, &["log", "m1", "--kind", "STATE_CHANGE"]);
    let made: Vec<_> = made.iter().map(|event| &event["data"]).collect();
    let new = made.iter().find(|change| change["resource"] == "shop/totals.py").unwrap();
    assert_eq!((&new["action"], &new["previous"]), (&"create".into(), &().into()));
    assert!(made.iter().any(|change| change["action"] == "update"));
    let log = axon(&repo, &["log", "m1", "--kind", "STATE_CHANGE"]).success();
    assert!(log.stdout.contains("shop/totals.py made in s"), "{log}");
}

#[test]
fn a_line_of_a_file_that_was_made_goes_back_to_the_goal() {
    let repo = shop();
    let _ = axon(&repo, &[&to("shop.totals")[..], &["--agents", "1"]].concat()).success();
    for line in 1..=5 {
        let why = axon(&repo, &["why", &format!("shop/totals.py:{line}")]).success();
        assert!(why.stdout.contains("goal      move total to shop.totals"), "{why}");
        assert!(
            why.stdout.contains("edit      addition in column 1: a new file for total"),
            "{why}"
        );
        assert!(why.stdout.contains("make shop/totals.py"), "{why}");
    }
    let diff = axon(&repo, &["diff", "m1"]).success();
    assert!(diff.stdout.contains("+++ b/shop/totals.py\n@@ -0,0 +1,"), "{diff}");
    let shown = axon(&repo, &["show", "m1", "--sites"]).success();
    assert!(shown.stdout.contains("shop/totals.py:1:1: addition  a new file for total"), "{shown}");
    let edits = &json(&repo, &["show", "m1"])["edits"];
    let edits = edits.as_array().unwrap();
    let new = edits.iter().filter(|file| file["created"] == true).collect::<Vec<_>>();
    assert_eq!(new.len(), 1);
    assert_eq!(new[0]["path"], "shop/totals.py");
}

#[test]
fn a_file_that_was_made_can_be_rewound_to_applied_and_discarded() {
    let repo = shop();
    let _ = axon(&repo, &to("shop.totals")).success();
    let merged = json_lines(&repo, &["log", "m1", "--kind", "MERGE"]);
    let merge = merged[0]["data"]["seq"].as_u64().unwrap();
    let into = beside(&repo, "then");
    for (event, there) in [(merge - 1, false), (merge, true)] {
        let folder = into.join(event.to_string());
        let (event, folder) = (event.to_string(), folder.to_str().unwrap().to_owned());
        std::fs::create_dir_all(&into).unwrap();
        let _ = axon(&repo, &["rewind", "--to", &event, "--into", &folder]).success();
        assert_eq!(std::path::Path::new(&folder).join("shop/totals.py").exists(), there);
    }
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert!(repo.read("shop/totals.py").contains("def total"));
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn a_symbol_moves_into_a_module_that_is_there() {
    let repo = shop();
    let _ = axon(&repo, &to("shop/tax.py")).success();
    assert_eq!(repo.git(["diff", "--name-only", "--diff-filter=A", "main", "axon/m1"]), "");
    assert!(repo.show("axon/m1", "shop/tax.py").contains("def total(prices):"));
    assert!(!repo.show("axon/m1", "shop/cart.py").contains("def total"));
    assert!(repo.show("axon/m1", "till.py").contains("from shop.tax import total"));
    let _ = axon(&repo, &["run", "move total to module shop.tax", "--no-check"]).success();
    let tree = |branch: &str| repo.git(["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree("axon/m1"), tree("axon/m2"));
}

#[test]
fn a_dry_run_shows_the_new_file() {
    let repo = shop();
    let output = axon(&repo, &[&to("shop.totals")[..], &["--dry-run"]].concat()).success();
    assert!(output.stdout.contains("shop/totals.py:1:1: addition"), "{output}");
    assert!(output.stdout.contains("new file") && output.stdout.contains("+def total(prices):"));
    assert!(output.stderr.contains("in 3 files would change"), "{output}");
    assert!(!repo.path().join(".axon").exists());
}

#[test]
fn what_cannot_move_is_refused_with_its_reason() {
    let repo = shop();
    refused(&repo, &["run", "--move", "totl", "--into", "shop.tax"], Code::SymbolNotFound);
    refused(&repo, &to("shop.cart"), Code::NothingToDo);
    refused(&repo, &to("shop/totals.rs"), Code::Usage);
    refused(&repo, &["run", "--move", "total"], Code::Usage);
    repo.write("shop/tax.py", "from shop.cart import Cart\n\n\ndef total(a):\n    return a\n");
    repo.commit("Another total");
    let problem = refused(&repo, &to("shop.tax"), Code::SymbolAmbiguous);
    assert!(problem.hint.contains("--symbol shop/cart.py:10"), "{problem:?}");
    let named = [&to("shop.tax")[..], &["--symbol", "shop/cart.py:10"]].concat();
    refused(&repo, &named, Code::NameCollision);
}

#[test]
fn modules_that_would_import_each_other_are_refused() {
    let repo = shop();
    repo.write("shop/cart.py", format!("{CART}\n\nONE = total([1])\n"));
    repo.commit("It uses it");
    let problem = refused(&repo, &to("shop.totals"), Code::NeedsDecision);
    assert!(problem.message.contains("import each other"), "{problem:?}");
}

#[test]
fn a_link_or_a_file_in_the_way_is_refused() {
    let repo = shop();
    std::os::unix::fs::symlink("shop", repo.path().join("lib")).unwrap();
    repo.commit("A link");
    let problem = refused(&repo, &to("lib/totals.py"), Code::Usage);
    assert!(problem.message.contains("`lib` is in the way"), "{problem:?}");
}

#[test]
fn a_move_that_breaks_the_check_leaves_no_branch() {
    let repo = shop();
    let run = ["run", "--move", "total", "--into", "shop.totals", "--check"];
    let check = "test ! -e shop/totals.py";
    refused(&repo, &[&run[..], &[check]].concat(), Code::CheckFailed);
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    let check = "python3 -c 'import till'";
    let _ = axon(&repo, &[&run[..], &[check]].concat()).success();
}

/// A library, and a program of the same workspace that uses it.
fn crates() -> TestRepo {
    TestRepo::with([
        ("Cargo.toml", "[workspace]\nmembers = [\"shop\", \"till\"]\nresolver = \"2\"\n"),
        (
            "shop/Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        ),
        (
            "shop/src/lib.rs",
            "pub mod cart;\npub mod inner {\n    /// Two.\n    pub fn two() -> u32 {\n        2\n    }\n}\n",
        ),
        (
            "shop/src/cart.rs",
            "use std::fmt;\n\nconst VAT: u32 = 2;\n\npub struct Cart {\n    size: u32,\n}\n\nimpl fmt::Display for Cart {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        write!(f, \"{}\", total(&[self.size]))\n    }\n}\n\n/// Sums, with [`VAT`].\npub fn total(prices: &[u32]) -> u32 {\n    prices.iter().sum::<u32>() * VAT\n}\n",
        ),
        (
            "till/Cargo.toml",
            "[package]\nname = \"till\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nshop = { path = \"../shop\" }\n",
        ),
        (
            "till/src/main.rs",
            "use shop::cart::total;\n\nfn main() {\n    println!(\"{}\", total(&[1]) + shop::cart::total(&[2]) + shop::inner::two());\n}\n",
        ),
    ])
}

#[test]
fn a_rust_function_moves_to_a_new_module_that_is_declared_and_the_workspace_follows() {
    let repo = crates();
    let to = ["run", "--move", "cart::total", "--into", "crate::totals", "--no-check"];
    let output = axon(&repo, &to).success();
    assert!(
        output.stderr.contains("✓ review  total is defined in shop/src/totals.rs only"),
        "{output}"
    );
    assert_eq!(
        repo.show("axon/m1", "shop/src/totals.rs"),
        "use crate::cart::VAT;\n\n/// Sums, with [`VAT`].\npub fn total(prices: &[u32]) -> u32 {\n    prices.iter().sum::<u32>() * VAT\n}\n"
    );
    assert!(
        repo.show("axon/m1", "shop/src/lib.rs").starts_with("pub mod cart;\npub mod totals;\n")
    );
    assert_eq!(
        repo.show("axon/m1", "till/src/main.rs"),
        "use shop::totals::total;\n\nfn main() {\n    println!(\"{}\", total(&[1]) + shop::totals::total(&[2]) + shop::inner::two());\n}\n"
    );
    let cart = repo.show("axon/m1", "shop/src/cart.rs");
    assert!(
        cart.starts_with("use crate::totals::total;\nuse std::fmt;\n\npub(crate) const VAT"),
        "{cart}"
    );
    let why = axon(&repo, &["why", "shop/src/cart.rs:4"]).success();
    assert!(why.stdout.contains("`crate::totals` uses `VAT` and has to see it"), "{why}");
}

#[test]
fn a_rust_item_moves_out_of_braces_into_its_own_file() {
    let repo = crates();
    let to = ["run", "--move", "inner::two", "--into", "shop/src/lib.rs", "--no-check"];
    let output = axon(&repo, &to).success();
    assert!(output.stderr.contains("✓ review"), "{output}");
    assert_eq!(
        repo.show("axon/m1", "shop/src/lib.rs"),
        "pub mod cart;\npub mod inner {\n}\n\n/// Two.\npub fn two() -> u32 {\n    2\n}\n"
    );
    assert!(repo.show("axon/m1", "till/src/main.rs").contains("shop::two()"));
}

#[test]
fn a_rust_item_does_not_move_where_others_cannot_see_it() {
    let repo = crates();
    repo.write("shop/src/hidden.rs", "fn hidden() {}\n");
    repo.write(
        "shop/src/lib.rs",
        "pub mod cart;\nmod hidden;\npub mod inner { pub fn two() -> u32 { 2 } }\n",
    );
    let _ = repo.commit("a module that is not public");
    let to = ["run", "--move", "cart::total", "--into", "hidden", "--no-check"];
    let problem = refused(&repo, &to, Code::NeedsDecision);
    assert!(problem.message.contains("`crate::hidden` is not"), "{problem:?}");
}
