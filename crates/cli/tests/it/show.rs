//! `axon show`.

use axon_testkit::{TestRepo, sample};
use insta::assert_snapshot;

use crate::support::{RENAME, axon, fields, json, shown, small};

#[test]
fn a_mission_is_shown_with_its_decisions_and_verdicts() {
    let repo = small();
    let _ = axon(&repo, &[RENAME, &["--agents", "1"]].concat()).success();
    let output = axon(&repo, &["show", "m1"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    m1  rename total to sum_up
      state     done, unproven
      given     [TIME]
      base      [HASH] (on main)
      result    [HASH] on axon/m1
      changed   2 files
      ended     done, unproven: no check was wanted (--no-check)

    decision 10: which symbol is meant
      chosen    function shop.total (shop.py:1)
      because   found by its definition; every place was resolved to it through imports, scopes and types that the code itself states
      evidence  1 × definition
      evidence  1 × reference
      evidence  1 × import
      evidence  shop.py:1 definition: the definition of total
      evidence  till.py:1 import: shop defines it
      evidence  till.py:3 reference: from shop import total, line 1

    decision 11: how the result is proven
      chosen    nothing proves it
      because   --no-check, given by a person

    verdict 36: the critic's review passed
      sum_up means the same 3 places that were planned, and no others

    places: 1 definition, 1 reference, 1 import
    "#);
}

#[test]
fn every_place_is_listed_with_its_evidence() {
    let repo = TestRepo::with(sample::python_shop().iter().copied());
    let arguments = ["run", "--rename", "Collection.total", "net_total", "--undecided", "leave"];
    let _ = axon(&repo, &[&arguments[..], &["--no-check"]].concat()).success();
    let output = axon(&repo, &["show", "m1", "--sites"]).success();
    let places = output.stdout.split("\nplaces: ").nth(1).unwrap();
    assert_snapshot!(places, @r#"
    2 definitions, 4 references
    method shop.cart.Collection.total, defined at shop/cart.py:16
    shop/cart.py:16:9: definition  a definition of total
    shop/cart.py:23:9: definition  a definition of total
    shop/cart.py:28:21: reference  self is shop.cart.Cart
    shop/cart.py:28:39: reference  super() is a base of shop.cart.Cart
    shop/invoice.py:15:26: reference  self.cart is shop.cart.Cart
    tests/test_cart.py:12:36: reference  self.cart is shop.cart.Collection
    left alone, nothing in the code decides these:
      shop/invoice.py:25: return max(document.total() for document in documents)
    left alone, looked up while the program runs:
      tests/test_pricing.py:25: with mock.patch("shop.pricing.total.calculate_total…
    left alone, in strings:
      shop/cli.py:7: HANDLERS = {"total": "calculate_total", "discount": "apply_dis…
      shop/cli.py:14: print(handler(prices) if name == "total" else handler(prices,…
      tests/test_pricing.py:32: main(["total", "100", "200"])
    left alone, in comments and prose:
      README.md:3: A small shop. `calculate_total` adds up a cart; see `shop/pricin…
      shop/cart.py:24: # The parent's total is net; this one has tax.
      shop/invoice.py:24: """Of carts and invoices alike: nothing here says whose `…
      shop/pricing/discount.py:9: """The total after a discount.
    "#);
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let mission = json(&repo, &["show", "axon/m1"]);
    for field in ["decisions", "edits", "id", "report", "state", "verdicts"] {
        assert!(mission.get(field).is_some(), "{field}");
    }
    let edit = &mission["edits"][0];
    assert_eq!(fields(edit), ["base", "path", "sites"]);
    let blob = repo.git(["rev-parse", "main:shop.py"]);
    assert_eq!(edit["base"], format!("git:{}", blob.trim()));
    assert_eq!(fields(&edit["sites"][0]), ["column", "edit", "evidence", "kind", "line"]);
    let report = ["mentions", "rejected", "sites", "skipped", "symbol"];
    assert_eq!(fields(&mission["report"]), report);
}

#[test]
fn what_is_no_mission_is_a_usage_error_that_says_how_one_is_written() {
    let repo = small();
    for name in ["1", "x1", "m", "m-1", "axon/1"] {
        let output = axon(&repo, &["show", name]).exits(2);
        assert!(output.stderr.contains("a mission is written like m3"), "{output}");
    }
}
