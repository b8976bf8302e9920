//! Rust: macros, documentation, aliases and collisions.

use std::fmt::Write as _;

use axon_code::rename;

use crate::harness::{Memory, check, check_all, request};
use crate::rust_basics::lib;

#[test]
fn arguments_of_well_known_macros_are_code() {
    check(
        &lib("pub fn total() -> u32 { 1 }
fn f() {
    assert_eq!(total(), crate::total(), \"{}\", total());
    let v = vec![total(), 2]; let w = vec![total(); 3];
    println!(\"{} {x}\", total(), x = total());
    assert!(matches!(total(), x if x == total()));
    dbg!(format!(\"{}\", vec![total()].len()));
    { let total = 1; println!(\"{}\", total); }
}
"),
        "total sum",
        "src/lib.rs:1: pub fn sum() -> u32 { 1 }
         src/lib.rs:3: assert_eq!(sum(), crate::sum(), \"{}\", sum());
         src/lib.rs:4: let v = vec![sum(), 2]; let w = vec![sum(); 3];
         src/lib.rs:5: println!(\"{} {x}\", sum(), x = sum());
         src/lib.rs:6: assert!(matches!(sum(), x if x == sum()));
         src/lib.rs:7: dbg!(format!(\"{}\", vec![sum()].len()));",
    );
}

#[test]
fn a_constant_named_in_a_format_string_changes_there() {
    check_all(
        &lib(
            "const TOTAL: usize = 1;\nfn f() { println!(\"{TOTAL} {TOTAL:?} {:TOTAL$} {{TOTAL}} TOTAL\", 1); }\nfn g() { println!(\"{TOTAL}\", TOTAL = 2); }\n",
        ),
        "TOTAL SUM",
        "src/lib.rs:1: const SUM: usize = 1;
         src/lib.rs:2: fn f() { println!(\"{SUM} {SUM:?} {:SUM$} {{TOTAL}} TOTAL\", 1); }
         ? src/lib.rs:2 text: in a string
         ? src/lib.rs:2 text: in a string",
    );
}

#[test]
fn arguments_of_other_macros_are_code_where_they_parse() {
    check(
        &lib("pub fn total() -> u32 { 1 }\nfn f() { check!(total(), 2); odd!(a => total ; ;); }\n"),
        "total sum",
        "src/lib.rs:1: pub fn sum() -> u32 { 1 }
         src/lib.rs:2: fn f() { check!(sum(), 2); odd!(a => total ; ;); }
         ? src/lib.rs:2 undecided: the arguments of `odd!` are not plain code",
    );
}

#[test]
fn a_macros_body_is_decided_through_its_crate() {
    check(
        &lib("pub mod cart { pub fn total() {} }\n#[macro_export]\nmacro_rules! sum { () => { $crate::cart::total() }; ($total:expr) => { $total } }\n"),
        "total amount",
        "src/lib.rs:1: pub mod cart { pub fn amount() {} }
         src/lib.rs:3: macro_rules! sum { () => { $crate::cart::amount() }; ($total:expr) => { $total } }",
    );
}

#[test]
fn a_macros_body_is_decided_where_every_use_agrees() {
    check(
        &lib("trait Sum { fn total(&self) -> u8; }
macro_rules! make { ($($t:ty),*) => { $(impl Sum for $t { fn total(&self) -> u8 { helper() } })* } }
make!(u8, Cart);
struct Cart; struct Other; impl Other { fn total(&self) -> u8 { 1 } }
fn helper() -> u8 { 1 }
fn f(c: Cart, o: Other) { 1u8.total(); c.total(); o.total(); }
"),
        "Sum::total amount",
        "src/lib.rs:1: trait Sum { fn amount(&self) -> u8; }
         src/lib.rs:2: macro_rules! make { ($($t:ty),*) => { $(impl Sum for $t { fn amount(&self) -> u8 { helper() } })* } }
         src/lib.rs:6: fn f(c: Cart, o: Other) { 1u8.amount(); c.amount(); o.total(); }",
    );
    check(
        &lib(
            "mod a { pub fn total() {} }\nmacro_rules! call { () => { total() } }\nfn f() { use a::total; call!(); }\n",
        ),
        "total sum",
        "src/lib.rs:1: mod a { pub fn sum() {} }
         src/lib.rs:3: fn f() { use a::sum; call!(); }
         ? src/lib.rs:2 undecided: `call!` is used where this means the symbol",
    );
    check(
        &lib(
            "use a::total;\nmod a { pub fn total() {} }\nmacro_rules! call { () => { total() } }\nfn f() { call!(); }\nmod b { fn total() {} fn f() { call!(); } }\n",
        ),
        "a::total sum",
        "src/lib.rs:1: use a::sum;
         src/lib.rs:2: mod a { pub fn sum() {} }
         ? src/lib.rs:3 undecided: `call!` is used where this name may mean something else",
    );
    check(
        &lib(
            "use a::total;\nmod a { pub fn total() {} }\nmacro_rules! call { ($x:expr) => { total(); $x; } }\nfn f() { call!(1); }\n",
        ),
        "a::total sum",
        "src/lib.rs:1: use a::sum;
         src/lib.rs:2: mod a { pub fn sum() {} }
         src/lib.rs:3: macro_rules! call { ($x:expr) => { sum(); $x; } }",
    );
}

#[test]
fn items_in_macros_belong_to_the_module_around() {
    check(
        &lib("cfg_if::cfg_if! { if #[cfg(a)] { mod x { pub fn total() {} } pub use x::total; } else { pub fn total() {} } }
thread_local! { static CELL: u32 = { total(); 1 }; }
fn f() { total() }
"),
        "x::total sum",
        "src/lib.rs:1: cfg_if::cfg_if! { if #[cfg(a)] { mod x { pub fn sum() {} } pub use x::sum; } else { pub fn sum() {} } }
         src/lib.rs:2: thread_local! { static CELL: u32 = { sum(); 1 }; }
         src/lib.rs:3: fn f() { sum() }",
    );
    check(
        &lib("cfg_if::cfg_if! { if #[cfg(a)] { pub fn total() {} } else { pub fn total() {} } }\nthread_local! { static CELL: u32 = { total(); 1 }; }\nfn f() { total() }\n"),
        "total sum",
        "src/lib.rs:1: cfg_if::cfg_if! { if #[cfg(a)] { pub fn sum() {} } else { pub fn sum() {} } }
         src/lib.rs:2: thread_local! { static CELL: u32 = { sum(); 1 }; }
         src/lib.rs:3: fn f() { sum() }",
    );
}

#[test]
fn names_made_by_macros_and_names_in_attributes_are_told() {
    check_all(
        &lib(
            "pub fn total() {}\npaste::paste! { fn [<total _x>]() {} }\n#[serde(default = \"total\")]\n#[cfg(feature = \"total\")]\n#[cfg(total)]\n#[derive(total)]\nstruct S; // total\n",
        ),
        "total sum",
        "src/lib.rs:1: pub fn sum() {}
         ? src/lib.rs:2 dynamic: the arguments of `paste!` are not plain code
         ? src/lib.rs:3 text: in a string
         ? src/lib.rs:4 text: in a string
         ? src/lib.rs:7 prose: in a comment",
    );
}

/// As [`check_all`], for edits outside of code too.
#[track_caller]
fn check_documents(fixture: &str, asked: &str, expected: &str) {
    let files = Memory::parse(fixture);
    let (request, paths) = request(asked);
    let located = rename(&files, &request, &paths).expect("a plan");
    let after = files.edited(&located);
    let mut shown = String::new();
    for file in &located.files {
        let before = String::from_utf8(files.get(&file.path).to_vec()).expect("UTF-8");
        let after = String::from_utf8(after.get(&file.path).to_vec()).expect("UTF-8");
        for (at, (old, new)) in before.lines().zip(after.lines()).enumerate() {
            if old != new {
                writeln!(shown, "{}:{}: {}", file.path, at + 1, new.trim()).expect("memory");
            }
        }
    }
    let plain: Vec<&str> = expected.lines().map(str::trim).collect();
    assert_eq!(shown.lines().collect::<Vec<_>>(), plain);
}

#[test]
fn doc_tests_and_links_change_and_prose_is_told() {
    check_all(
        &lib("//! See [`cart::total`] and [the total](crate::cart::total).
pub mod cart {
    /// The total, as [`total`], [Self], [`fn@total`] and [sum].
    ///
    /// [sum]: total
    ///
    /// ```
    /// use shop::cart::total;
    /// # let x = total();
    /// assert_eq!(total(), 1);
    /// let total = 2;
    /// ```
    /// ```text
    /// total()
    /// ```
    pub fn total() -> u32 { 1 }
}
/** Block, see [`cart::total`].
 * ```rust,no_run
 * shop::cart::total();
 * ```
 */
pub struct S;
"),
        "total amount",
        "src/lib.rs:1: //! See [`cart::amount`] and [the total](crate::cart::amount).
         src/lib.rs:3: /// The total, as [`amount`], [Self], [`fn@amount`] and [sum].
         src/lib.rs:5: /// [sum]: amount
         src/lib.rs:8: /// use shop::cart::amount;
         src/lib.rs:9: /// # let x = amount();
         src/lib.rs:10: /// assert_eq!(amount(), 1);
         src/lib.rs:16: pub fn amount() -> u32 { 1 }
         src/lib.rs:18: /** Block, see [`cart::amount`].
         src/lib.rs:20: * shop::cart::amount();
         ? src/lib.rs:1 prose: in prose of the documentation
         ? src/lib.rs:3 prose: in prose of the documentation
         ? src/lib.rs:14 prose: in prose of the documentation",
    );
}

#[test]
fn links_to_members_are_resolved_by_type() {
    check(
        &lib(
            "pub struct Cart;\nimpl Cart {\n    /// Like [`Self::total`] and [`Cart::total()`], not [`Other::total`].\n    pub fn total(&self) {}\n}\npub struct Other;\nimpl Other { pub fn total(&self) {} }\n",
        ),
        "Cart::total sum",
        "src/lib.rs:3: /// Like [`Self::sum`] and [`Cart::sum()`], not [`Other::total`].
         src/lib.rs:4: pub fn sum(&self) {}",
    );
}

#[test]
fn methods_in_doc_tests_change() {
    check(
        &lib(
            "#[doc = \" See [`Cart::total`].\"]\npub struct Cart;\nimpl Cart {\n    /// ```\n    /// let cart = shop::Cart;\n    /// cart.total();\n    /// ```\n    pub fn total(&self) {}\n}\n",
        ),
        "Cart::total sum",
        "src/lib.rs:1: #[doc = \" See [`Cart::sum`].\"]
         src/lib.rs:6: /// cart.sum();
         src/lib.rs:8: pub fn sum(&self) {}",
    );
}

#[test]
fn a_page_that_documentation_takes_in_has_doc_tests() {
    check_documents(
        &lib(
            "#![doc = include_str!(\"../README.md\")]\npub fn total() {}\n//- README.md\n# Shop\nThe total, see [`total`].\n```rust\nshop::total();\n```\n```toml\ntotal = 1\n```\n//- OTHER.md\n```rust\nshop::total();\n```\n",
        ),
        "total sum",
        "README.md:2: The total, see [`sum`].
         README.md:4: shop::sum();
         src/lib.rs:2: pub fn sum() {}",
    );
}

#[test]
fn an_alias_keeps_the_old_name() {
    check(
        &lib("pub mod cart {\n    pub fn total() {}\n}\npub use cart::total;\nfn f() { total() }\n"),
        "total sum keep",
        "src/lib.rs:2: pub fn sum() {}⏎    #[deprecated(note = \"use `sum`\")]⏎    pub use self::sum as total;
         src/lib.rs:4: pub use cart::{sum, total};
         src/lib.rs:5: fn f() { sum() }",
    );
    check(
        &lib("#[cfg(unix)]\npub(crate) struct Cart(u8);\n"),
        "Cart Basket keep",
        "src/lib.rs:2: pub(crate) struct Basket(u8);⏎#[deprecated(note = \"use `Basket`\")]⏎#[cfg(unix)]⏎#[allow(unused_imports)]⏎pub(crate) use self::Basket as Cart;",
    );
    check(
        &lib("fn total() {}\n"),
        "total sum keep",
        "src/lib.rs:1: fn sum() {}⏎#[deprecated(note = \"use `sum`\")]⏎#[allow(unused_imports)]⏎use self::sum as total;",
    );
}

#[test]
fn a_method_has_no_alias() {
    check(
        &lib("struct A; impl A { fn total(&self) {} }\n"),
        "total sum keep",
        "! usage: an alias for the method `total` is not supported",
    );
}

#[test]
fn a_name_that_is_taken_beside_the_definition_is_refused() {
    let taken = "! name-collision: `sum` exists already beside `total`";
    check(&lib("fn total() {}\nfn sum() {}\n"), "total sum", taken);
    check(
        &lib("struct A; impl A { fn total(&self) {} }\nimpl A { fn sum(&self) {} }\n"),
        "total sum",
        taken,
    );
    check(&lib("enum E { total, sum }\n"), "total sum", taken);
    check(
        &lib(
            "struct A; impl A { fn total(&self) {} }\ntrait T { fn sum(&self) {} }\nimpl T for A {}\n",
        ),
        "total sum",
        taken,
    );
    // Another namespace is no collision.
    check(&lib("fn total() {}\nmod sum {}\n"), "total sum", "src/lib.rs:1: fn sum() {}");
}

#[test]
fn a_name_that_would_be_captured_is_refused() {
    check(
        &lib("fn total() {}\nfn f(sum: u8) { total() }\n"),
        "total sum",
        "! name-collision: `sum` means something else where `total` is used",
    );
    check(
        &lib(
            "mod a { pub fn total() {} }\nmod b { use super::a::total; fn sum() {} fn f() { total(); } }\n",
        ),
        "total sum",
        "! name-collision: `sum` means something else where `total` is used",
    );
    check(
        &lib(
            "mod a { pub fn total() {} }\nmod b { pub fn sum() {} }\nuse a::*; use b::*;\nfn f() { total(); }\n",
        ),
        "a::total sum",
        "! name-collision: `sum` means something else where `total` is used",
    );
}

#[test]
fn a_name_that_would_shadow_another_is_refused() {
    check(
        &lib("fn total() {}\nfn f() { drop(1); }\n"),
        "total drop",
        "! name-collision: `drop` is used here for something else and would then mean `crate::total`",
    );
    check(
        &lib("const TOTAL: u8 = 1;\nfn f() { let sum = 1; }\n"),
        "TOTAL sum",
        "! name-collision: `sum` is used here for something else and would then mean `crate::TOTAL`",
    );
    check(
        &lib("fn total() {}\nfn f() { let sum = 1; let _ = sum; }\n"),
        "total sum",
        "src/lib.rs:1: fn sum() {}",
    );
}

#[test]
fn another_language_in_the_tree_is_left_alone() {
    check(
        &lib("pub fn total() {}\n//- tools/x.py\ndef other(): pass\ntotal = 1\n"),
        "total sum at=src/lib.rs:1",
        "src/lib.rs:1: pub fn sum() {}",
    );
}
