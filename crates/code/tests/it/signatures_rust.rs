//! Changing parameters in Rust.

use axon_code::signature;
use proptest::prelude::*;

use crate::harness::{Memory, check_located};
use crate::rust_basics::lib;
use crate::signatures_python::asked;

#[track_caller]
fn check(fixture: &str, text: &str, expected: &str) {
    let files = Memory::parse(&lib(fixture));
    check_located(&files, signature(&files, &asked(text), &[]), expected);
}

#[test]
fn calls_in_code_macros_and_doc_tests_pass_the_new_value() {
    check(
        "mod a;\nuse a::price;\nfn f() {\n    price(1);\n    assert_eq!(a::price(price(2)), vec![price(3)].len());\n}\nfn g(h: fn(u8)) { g(price) }\n//- src/a.rs\n/// Formats.\n///\n/// ```\n/// shop::a::price(1);\n/// ```\n/// See [`price`].\npub fn price(amount: usize) -> usize { amount }\n",
        "price(currency: &str := \"EUR\", amount)",
        "src/a.rs:4: /// shop::a::price(\"EUR\", 1);
         src/a.rs:7: pub fn price(currency: &str, amount: usize) -> usize { amount }
         src/lib.rs:4: price(\"EUR\", 1);
         src/lib.rs:5: assert_eq!(a::price(\"EUR\", price(\"EUR\", 2)), vec![price(\"EUR\", 3)].len());
         ? src/lib.rs:7 undecided: it is not called here but passed on",
    );
}

#[test]
fn traits_change_with_their_implementations_and_calls_of_every_kind() {
    check(
        "trait Price { fn price(&self, a: u8, b: u8) -> u8; }
struct Cart;
impl Price for Cart { fn price(&self, _x: u8, b: u8) -> u8 { b } }
fn f(c: &Cart, d: &dyn Price) {
    c.price(1, 2);
    d.price(x(), 2);
    d.price(x(), y());
    Price::price(c, 1, 2);
    <Cart as Price>::price(&c, 1, c.price(3, 4));
}
",
        "Price::price(&self, b, a)",
        "src/lib.rs:1: trait Price { fn price(&self, b: u8, a: u8) -> u8; }
         src/lib.rs:3: impl Price for Cart { fn price(&self, b: u8, _x: u8) -> u8 { b } }
         src/lib.rs:5: c.price(2, 1);
         src/lib.rs:6: d.price(2, x());
         src/lib.rs:8: Price::price(c, 2, 1);
         src/lib.rs:9: <Cart as Price>::price(&c, c.price(4, 3), 1);
         ? src/lib.rs:7 undecided: its arguments would be evaluated in another order",
    );
    check(
        "trait Price { fn price(&self, a: u8, b: u8) -> u8; }
struct Cart;
impl Price for Cart { fn price(&self, _x: u8, b: u8) -> u8 { b } }
fn f(c: &Cart) { c.price(1, 2); }
",
        "Price::price(b)",
        "src/lib.rs:1: trait Price { fn price(&self, b: u8) -> u8; }
         src/lib.rs:3: impl Price for Cart { fn price(&self, b: u8) -> u8 { b } }
         src/lib.rs:4: fn f(c: &Cart) { c.price(2); }",
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let fixture = "struct S;\nfn f(a: u8, b: u8) -> u8 { let c = 1; b }\n";
    for (text, expected) in [
        (
            "f(a)",
            "! needs-decision: `b`, which would go, is used: `fn f(a: u8, b: u8) -> u8 { let c = 1; b }`",
        ),
        (
            "f(a, b, c: u8 := 1)",
            "! name-collision: `c` cannot be the name of a parameter: `fn f(a: u8, b: u8) -> u8 { let c = 1; b }` uses that name",
        ),
        ("f(a, b, d: u8 = 1)", "! usage: Rust has no defaults"),
        ("f(a, b, d := 1)", "! usage: nothing says what type `d` has"),
        ("f(a, b, d: u8)", "! usage: nothing says what callers pass as `d`"),
        ("f(a, b, d: u8 := X)", "! usage: `X` may mean something else where callers stand"),
        ("f(x<-a, b)", "! usage: the name of a parameter is not changed this way in Rust"),
        ("f(a: u16, b)", "! usage: the type of `a` is not changed this way"),
        ("f(&self, a, b)", "! usage: a receiver cannot be added (`&self`)"),
        ("f(a, b)", "! nothing-to-do: there is nothing to change"),
        ("S()", "! usage: `crate::S` is a type, not a function"),
    ] {
        check(fixture, text, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_inverse_change_gives_the_bytes_back(
        uses in prop::collection::vec(prop::sample::select(vec![
            "fn u() { f(1, \"é\"); }\n",
            "fn v() { f( 1 , 2 ); println!(\"{}\", f(3, f(4, x))); }\n",
            "/// ```\n/// shop::f(1, 2);\n/// ```\nfn w() {\n    f(\n        1,\n        x,\n    );\n}\n",
        ]), 0..6),
        (there, back) in prop::sample::select(vec![
            ("f(a, b, c: u8 := 7)", "f(a, b)"),
            ("f(c: Option<u8> := Some(1), a, b)", "f(a, b)"),
            ("f(a, c: &str := \",)\", b)", "f(a, b)"),
        ]),
    ) {
        let before = Memory::parse(&lib(&format!("pub fn f(a: u8, b: u8) {{ g(a, b) }}\n{}", uses.concat())));
        let first = signature(&before, &asked(there), &[]).expect("there");
        let middle = before.edited(&first);
        let second = signature(&middle, &asked(back), &[]).expect("back");
        let after = middle.edited(&second);
        for path in before.paths() {
            prop_assert_eq!(before.get(path), after.get(path), "{}", path);
        }
    }
}
