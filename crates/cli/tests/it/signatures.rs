//! `axon run --signature`: parameters change, and callers with them.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{axon, changes, json, refused, shown};

const PRICES: &str = "\
def price(amount, unit, short=False):
    return f\"{amount}\" if short else f\"{amount} euros\"


def unused(amount, unit):
    return amount
";
const TILL: &str = "\
from prices import price

print(price(1, \"kg\"))
print(price(amount=2, unit=\"l\", short=True))
";

fn prices() -> TestRepo {
    TestRepo::with([("prices.py", PRICES), ("till.py", TILL)])
}

fn signature(wanted: &str) -> [&str; 4] {
    ["run", "--signature", wanted, "--no-check"]
}

#[test]
fn parameters_are_added_removed_renamed_and_moved_with_their_callers() {
    let repo = prices();
    let wanted = "price(currency:=\"EUR\", value<-amount, short)";
    let output = axon(&repo, &signature(wanted)).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  change the signature to price(currency:="EUR", value<-amount, short)
      ✓ plan    8 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   left out, as asked
      ✓ review  1 definition and 2 calls agree
      ✓ commit  axon/m1 at [HASH]

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # prices.py
    -def price(amount, unit, short=False):
    -    return f"{amount}" if short else f"{amount} euros"
    +def price(currency, value, short=False):
    +    return f"{value}" if short else f"{value} euros"
    # till.py
    -print(price(1, "kg"))
    -print(price(amount=2, unit="l", short=True))
    +print(price("EUR", 1))
    +print(price("EUR", value=2, short=True))
    "#);
    assert_eq!(
        repo.git(["log", "-1", "--format=%s", "axon/m1"]).trim(),
        "change the signature to price(currency:=\"EUR\", value<-amount, short)"
    );
}

#[test]
fn a_sentence_changes_the_same_signature() {
    let repo = prices();
    let _ = axon(&repo, &signature("price(amount, unit, short, round=True)")).success();
    let sentence = "change the signature of price to price(amount, unit, short, round=True)";
    let _ = axon(&repo, &["run", sentence, "--no-check"]).success();
    let tree = |branch: &str| repo.git(["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree("axon/m1"), tree("axon/m2"));
    assert_eq!(json(&repo, &["show", "m2"])["goal"], json(&repo, &["show", "m1"])["goal"]);
}

#[test]
fn a_rust_function_gets_another_parameter() {
    let library = "\
mod a;

/// Adds up.
///
/// ```
/// shop::total(&[1]);
/// ```
pub fn total(prices: &[u32]) -> u32 {
    prices.iter().sum()
}
";
    let user = "pub fn twice() -> u32 {\n    crate::total(&[1]) + crate::total(&[2])\n}\n";
    let manifest = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let repo =
        TestRepo::with([("Cargo.toml", manifest), ("src/lib.rs", library), ("src/a.rs", user)]);
    let _ = axon(&repo, &signature("total(prices, tax: u32 := 0)")).success();
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # src/a.rs
    -    crate::total(&[1]) + crate::total(&[2])
    +    crate::total(&[1], 0) + crate::total(&[2], 0)
    # src/lib.rs
    -/// shop::total(&[1]);
    +/// shop::total(&[1], 0);
    -pub fn total(prices: &[u32]) -> u32 {
    +pub fn total(prices: &[u32], tax: u32) -> u32 {
    "#);
}

#[test]
fn a_dry_run_shows_the_places_and_the_diff() {
    let repo = prices();
    let dry = [&signature("price(amount, unit, round=True, short)")[..], &["--dry-run"]].concat();
    let output = axon(&repo, &dry).success();
    assert!(output.stdout.contains("prices.py:1:"), "{output}");
    assert!(output.stdout.contains("+def price(amount, unit, round=True, short=False):"));
    assert!(!repo.path().join(".axon").exists());
}

#[test]
fn what_is_not_in_the_code_or_not_a_signature_is_refused() {
    let repo = prices();
    refused(&repo, &signature("pric(amount)"), Code::SymbolNotFound);
    refused(&repo, &signature("price(amount"), Code::Usage);
    refused(&repo, &signature("price(amount, unit, short)"), Code::NothingToDo);
    let problem = refused(&repo, &signature("price(unit, short)"), Code::NeedsDecision);
    assert!(problem.message.contains("prices.py:2"), "{problem:?}");
}

#[test]
fn of_several_functions_the_one_that_is_meant_is_named_by_its_place() {
    let file = |line: &str| format!("{line}\n\n\ndef price(a):\n    return a\n");
    let repo = TestRepo::with([("a.py", file("import os")), ("b.py", file("import re"))]);
    let problem = refused(&repo, &signature("price(a, b=1)"), Code::SymbolAmbiguous);
    assert!(problem.hint.contains("--symbol a.py:4"), "{problem:?}");
    let named = [&signature("price(a, b=1)")[..], &["--symbol", "b.py:4"]].concat();
    let _ = axon(&repo, &named).success();
    assert_eq!(repo.git(["diff", "--name-only", "main", "axon/m2"]).trim(), "b.py");
}

#[test]
fn calls_that_nothing_decides_need_a_person() {
    let uncertain = "def show(thing):\n    return thing.total(1)\n\n\ndef pass_on():\n    return map(Cart.total, [1])\n";
    let cart = "class Cart:\n    def total(self, tax):\n        return tax\n\n\n\
        class Bill:\n    def total(self, tax):\n        return 2\n";
    let show = format!("from cart import Cart\n\n\n{uncertain}");
    let repo = TestRepo::with([("cart.py", cart), ("show.py", show.as_str())]);
    let wanted = signature("Cart.total(tax, discount:=0)");
    let problem = refused(&repo, &wanted, Code::NeedsDecision);
    assert!(problem.message.contains("show.py:5"), "{problem:?}");
    let with = |what| [&wanted[..], &["--undecided", what]].concat();
    let _ = axon(&repo, &with("leave")).success();
    assert_eq!(repo.show("axon/m2", "show.py"), show);
    let _ = axon(&repo, &with("include")).success();
    assert!(repo.show("axon/m3", "show.py").contains("thing.total(1, 0)"));
    assert!(repo.show("axon/m3", "show.py").contains("map(Cart.total, [1])"));
}

#[test]
fn a_change_that_breaks_the_check_leaves_no_branch() {
    let repo = prices();
    let run = ["run", "--signature", "price(amount, unit, short, round=True)", "--check"];
    let problem =
        refused(&repo, &[&run[..], &["! grep -q round prices.py"]].concat(), Code::CheckFailed);
    assert!(problem.message.contains("passes without the change"), "{problem:?}");
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
}

#[test]
fn files_outside_of_the_paths_are_listed_and_left() {
    let repo = prices();
    let wanted = signature("price(vat:=19, amount, unit, short)");
    let output = axon(&repo, &[&wanted[..], &["--path", "prices.py"]].concat()).success();
    assert!(output.stderr.contains("left alone, they mean it, outside of --path"), "{output}");
    assert_eq!(repo.show("axon/m1", "till.py"), TILL);
}
