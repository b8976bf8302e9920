//! Rust: what names mean, by modules, imports and scopes.

use crate::harness::{check, check_all};

/// A library of one package.
pub(crate) fn lib(files: &str) -> String {
    format!(
        "//- Cargo.toml\n[package]\nname = \"shop\"\nedition = \"2021\"\n//- src/lib.rs\n{files}"
    )
}

#[test]
fn a_function_and_its_calls_change() {
    check(
        &lib("pub fn total() -> u32 { 1 }\npub fn twice() -> u32 { total() + total() }\n"),
        "total sum",
        "src/lib.rs:1: pub fn sum() -> u32 { 1 }
         src/lib.rs:2: pub fn twice() -> u32 { sum() + sum() }",
    );
}

#[test]
fn imports_of_other_modules_change() {
    check(
        &lib(
            "mod cart;\nuse cart::total;\nuse crate::cart::{self, total as t};\npub fn f() { total(); cart::total(); t(); self::cart::total(); }\n//- src/cart.rs\npub fn total() {}\n",
        ),
        "total sum",
        "src/cart.rs:1: pub fn sum() {}
         src/lib.rs:2: use cart::sum;
         src/lib.rs:3: use crate::cart::{self, sum as t};
         src/lib.rs:4: pub fn f() { sum(); cart::sum(); t(); self::cart::sum(); }",
    );
}

#[test]
fn re_exports_are_followed_through_modules_and_globs() {
    check(
        &lib(
            "mod a;\npub mod b { pub use super::a::*; }\npub mod c { pub use crate::b::total as count; pub use super::b::total; }\npub fn f() { b::total(); c::count(); c::total(); }\n//- src/a.rs\npub fn total() {}\n",
        ),
        "a::total sum",
        "src/a.rs:1: pub fn sum() {}
         src/lib.rs:3: pub mod c { pub use crate::b::sum as count; pub use super::b::sum; }
         src/lib.rs:4: pub fn f() { b::sum(); c::count(); c::sum(); }",
    );
}

#[test]
fn locals_parameters_patterns_and_closures_shadow() {
    check(
        &lib("fn total() -> u32 { 1 }
fn f(total: u32) -> u32 { total }
fn g() { let total = total(); let _ = total; }
fn h() { if let Some(total) = Some(1) { let _ = total; } total(); }
fn i() { let k = |total: u32| total; k(total()); }
fn j() { for total in 0..3 { let _ = total; } match 1 { total => { let _ = total; } } total(); }
fn l() { { let total = 1; let _ = total; } total(); }
"),
        "total sum",
        "src/lib.rs:1: fn sum() -> u32 { 1 }
         src/lib.rs:3: fn g() { let total = sum(); let _ = total; }
         src/lib.rs:4: fn h() { if let Some(total) = Some(1) { let _ = total; } sum(); }
         src/lib.rs:5: fn i() { let k = |total: u32| total; k(sum()); }
         src/lib.rs:6: fn j() { for total in 0..3 { let _ = total; } match 1 { total => { let _ = total; } } sum(); }
         src/lib.rs:7: fn l() { { let total = 1; let _ = total; } sum(); }",
    );
}

#[test]
fn items_of_blocks_shadow_those_of_the_module() {
    check(
        &lib(
            "fn total() {}\nfn f() { total(); fn total() {} }\nfn g() { total(); }\nfn h() { use self::other::total; total() }\nmod other { pub fn total() {} }\n",
        ),
        "total sum at=src/lib.rs:1",
        "src/lib.rs:1: fn sum() {}
         src/lib.rs:3: fn g() { sum(); }",
    );
}

#[test]
fn a_function_a_module_and_a_macro_may_share_a_name() {
    check(
        &lib(
            "pub mod total { pub fn x() {} }\npub fn total() {}\nfn f() { total::x(); total(); crate::total::x(); }\n",
        ),
        "total sum kind=function",
        "src/lib.rs:2: pub fn sum() {}
         src/lib.rs:3: fn f() { total::x(); sum(); crate::total::x(); }",
    );
}

#[test]
fn an_import_that_brings_in_two_things_is_split() {
    check(
        &lib(
            "mod m { pub mod total { pub fn x() {} } pub fn total() {} }\nuse m::total;\nfn f() { total::x(); total(); }\n",
        ),
        "total sum kind=function",
        "src/lib.rs:1: mod m { pub mod total { pub fn x() {} } pub fn sum() {} }
         src/lib.rs:2: use m::{total, sum};
         src/lib.rs:3: fn f() { total::x(); sum(); }",
    );
}

#[test]
fn a_type_changes_as_type_constructor_and_pattern() {
    check(
        &lib("pub struct Cart(u32);
impl Cart { fn new() -> Cart { Cart(1) } fn me(self) -> Self { let Cart(x) = self; Self(x) } }
fn f<T: Into<Cart>>(x: &dyn Fn(Cart) -> Vec<Cart>) -> Option<self::Cart> { <Cart>::new(); None }
"),
        "Cart Basket",
        "src/lib.rs:1: pub struct Basket(u32);
         src/lib.rs:2: impl Basket { fn new() -> Basket { Basket(1) } fn me(self) -> Self { let Basket(x) = self; Self(x) } }
         src/lib.rs:3: fn f<T: Into<Basket>>(x: &dyn Fn(Basket) -> Vec<Basket>) -> Option<self::Basket> { <Basket>::new(); None }",
    );
}

#[test]
fn type_parameters_shadow_types() {
    check(
        &lib(
            "pub struct Cart;\nfn f<Cart>(x: Cart) -> Cart { x }\nimpl<Cart> Into2<Cart> for Vec<Cart> {}\ntrait Into2<T> {}\nfn g(_: Cart) {}\n",
        ),
        "Cart Basket",
        "src/lib.rs:1: pub struct Basket;
         src/lib.rs:5: fn g(_: Basket) {}",
    );
}

#[test]
fn fields_labels_and_lifetimes_are_not_names_of_items() {
    check(
        &lib(
            "struct S<'total> { total: &'total u32 }\nfn total() -> u32 { 1 }\nfn f(s: S) { 'total: loop { break 'total; } let _ = s.total; let S { total } = s; let _ = total; }\n",
        ),
        "total sum",
        "src/lib.rs:2: fn sum() -> u32 { 1 }",
    );
}

#[test]
fn a_constant_given_to_a_field_of_its_name_is_written_out() {
    check(
        &lib(
            "const TOTAL: u32 = 1;\nstruct S { TOTAL: u32 }\nfn f() -> S { S { TOTAL } }\nfn g() -> S { S { TOTAL: TOTAL } }\n",
        ),
        "TOTAL SUM",
        "src/lib.rs:1: const SUM: u32 = 1;
         src/lib.rs:3: fn f() -> S { S { TOTAL: SUM } }
         src/lib.rs:4: fn g() -> S { S { TOTAL: SUM } }",
    );
}

#[test]
fn a_constant_in_a_pattern_is_a_reference() {
    check(
        &lib("const TOTAL: u32 = 1;\nfn f(x: u32) -> bool { match x { TOTAL => true, 0..=TOTAL => false, _ => false } }\nstatic OTHER: [u32; TOTAL as usize] = [TOTAL; 1];\n"),
        "TOTAL SUM",
        "src/lib.rs:1: const SUM: u32 = 1;
         src/lib.rs:2: fn f(x: u32) -> bool { match x { SUM => true, 0..=SUM => false, _ => false } }
         src/lib.rs:3: static OTHER: [u32; SUM as usize] = [SUM; 1];",
    );
}

#[test]
fn a_variant_changes_by_path_by_import_and_by_self() {
    check(
        &lib("pub enum Kind { Total, Other { x: u32 } }
use Kind::*;
use self::Kind::{Total as T};
impl Kind { fn f(&self) -> bool { match self { Self::Total => true, Kind::Other { .. } => false } } }
fn g(k: Kind) -> bool { match k { Total => true, T => false, _ => Kind::Total.f() } }
"),
        "Kind::Total Sum",
        "src/lib.rs:1: pub enum Kind { Sum, Other { x: u32 } }
         src/lib.rs:3: use self::Kind::{Sum as T};
         src/lib.rs:4: impl Kind { fn f(&self) -> bool { match self { Self::Sum => true, Kind::Other { .. } => false } } }
         src/lib.rs:5: fn g(k: Kind) -> bool { match k { Sum => true, T => false, _ => Kind::Sum.f() } }",
    );
}

#[test]
fn a_struct_like_variant_changes_in_patterns_and_expressions() {
    check(
        &lib(
            "enum Kind { Total { x: u32 } }\nfn f(k: Kind) -> Kind { let Kind::Total { x } = k; Kind::Total { x } }\n",
        ),
        "Total Sum",
        "src/lib.rs:1: enum Kind { Sum { x: u32 } }
         src/lib.rs:2: fn f(k: Kind) -> Kind { let Kind::Sum { x } = k; Kind::Sum { x } }",
    );
}

#[test]
fn every_alternative_by_cfg_is_one_symbol() {
    check(
        &lib(
            "#[cfg(unix)]\n#[path = \"unix.rs\"]\nmod os;\n#[cfg(windows)]\n#[path = \"win.rs\"]\nmod os;\npub fn f() { os::total() }\n//- src/unix.rs\npub fn total() {}\n//- src/win.rs\n#[cfg(a)] pub fn total() {}\n#[cfg(not(a))] pub fn total() {}\n",
        ),
        "os::total sum",
        "src/lib.rs:7: pub fn f() { os::sum() }
         src/unix.rs:1: pub fn sum() {}
         src/win.rs:1: #[cfg(a)] pub fn sum() {}
         src/win.rs:2: #[cfg(not(a))] pub fn sum() {}",
    );
}

#[test]
fn modules_are_found_by_every_layout() {
    check(
        &lib(
            "mod a { pub mod b; }\nmod c;\npub fn f() { a::b::total(); c::d::g() }\n//- src/a/b.rs\npub fn total() {}\n//- src/c/mod.rs\npub mod d;\n//- src/c/d.rs\npub fn g() { super::super::a::b::total(); crate::a::b::total() }\n",
        ),
        "total sum",
        "src/a/b.rs:1: pub fn sum() {}
         src/c/d.rs:1: pub fn g() { super::super::a::b::sum(); crate::a::b::sum() }
         src/lib.rs:3: pub fn f() { a::b::sum(); c::d::g() }",
    );
}

#[test]
fn programs_tests_and_examples_see_the_library() {
    check(
        &lib(
            "pub fn total() {}\n//- src/main.rs\nuse shop::total;\nfn main() { total(); shop::total(); }\n//- tests/it.rs\nmod common;\nfn f() { shop::total(); }\n//- tests/common/mod.rs\npub fn g() { shop::total(); }\n//- examples/demo/main.rs\nextern crate shop as s;\nfn main() { s::total(); }\n",
        ),
        "total sum",
        "examples/demo/main.rs:2: fn main() { s::sum(); }
         src/lib.rs:1: pub fn sum() {}
         src/main.rs:1: use shop::sum;
         src/main.rs:2: fn main() { sum(); shop::sum(); }
         tests/common/mod.rs:1: pub fn g() { shop::sum(); }
         tests/it.rs:2: fn f() { shop::sum(); }",
    );
}

#[test]
fn other_packages_of_the_workspace_see_it_under_their_own_name_for_it() {
    check(
        "//- Cargo.toml\n[workspace]\nmembers = [\"*\"]\n//- a/Cargo.toml\n[package]\nname = \"a-lib\"\nedition = \"2021\"\n//- a/src/lib.rs\npub fn total() {}\n//- b/Cargo.toml\n[package]\nname = \"b\"\nedition = \"2021\"\n[dependencies]\nshort = { package = \"a-lib\", path = \"../a\" }\n//- b/src/lib.rs\nuse short::total;\npub use short as again;\npub fn f() { total(); again::total(); a_lib::total() }\n//- c/Cargo.toml\n[package]\nname = \"c\"\nedition = \"2021\"\n[dependencies.a-lib]\npath = \"../a\"\n//- c/src/lib.rs\npub fn f() { a_lib::total(); }\npub fn total() {}\n",
        "a_lib::total sum",
        "a/src/lib.rs:1: pub fn sum() {}
         b/src/lib.rs:1: use short::sum;
         b/src/lib.rs:3: pub fn f() { sum(); again::sum(); a_lib::total() }
         c/src/lib.rs:1: pub fn f() { a_lib::sum(); }
         ? b/src/lib.rs:3 undecided: cannot tell what `a_lib` is",
    );
}

#[test]
fn paths_of_edition_2015_begin_at_the_root() {
    check(
        "//- Cargo.toml\n[package]\nname = \"old\"\n//- src/lib.rs\nmod a;\nmod b;\n//- src/a.rs\npub fn total() {}\n//- src/b.rs\nuse a::total;\nuse ::a::total as t;\npub fn f() { total(); ::a::total(); t(); }\n",
        "total sum",
        "src/a.rs:1: pub fn sum() {}
         src/b.rs:1: use a::sum;
         src/b.rs:2: use ::a::sum as t;
         src/b.rs:3: pub fn f() { sum(); ::a::sum(); t(); }",
    );
}

#[test]
fn a_private_item_is_not_taken_in_by_a_glob_from_outside() {
    check(
        &lib(
            "mod a { fn total() {} pub mod inner { use super::*; pub fn f() { total() } } }\nmod b { pub fn total() {} }\nuse a::*;\nuse b::*;\nfn f() { total() }\n",
        ),
        "a::total sum",
        "src/lib.rs:1: mod a { fn sum() {} pub mod inner { use super::*; pub fn f() { sum() } } }",
    );
}

#[test]
fn a_local_import_of_another_crate_wins_over_a_glob() {
    check(
        &lib(
            "mod a { pub fn total() {} }\nuse a::*;\nuse elsewhere::total;\nfn f() { total(); a::total() }\n",
        ),
        "a::total sum",
        "src/lib.rs:1: mod a { pub fn sum() {} }
         src/lib.rs:4: fn f() { total(); a::sum() }",
    );
}

#[test]
fn globs_that_go_round_in_circles_end() {
    check(
        &lib(
            "mod a { pub use super::b::*; pub fn total() {} }\nmod b { pub use super::a::*; pub use super::c::*; }\nmod c { pub use super::b::*; }\nfn f() { c::total() }\n",
        ),
        "total sum",
        "src/lib.rs:1: mod a { pub use super::b::*; pub fn sum() {} }
         src/lib.rs:4: fn f() { c::sum() }",
    );
}

#[test]
fn raw_names_are_the_same_names() {
    check(
        &lib("pub fn r#total() {}\nfn f() { total(); r#total(); }\n"),
        "total sum",
        "src/lib.rs:1: pub fn sum() {}
         src/lib.rs:2: fn f() { sum(); sum(); }",
    );
    check(&lib("pub fn total() {}\n"), "total r#match", "src/lib.rs:1: pub fn r#match() {}");
    check(
        &lib("pub fn r#match() {}\nfn f() { match 1 { _ => r#match() } }\n"),
        "match total",
        "src/lib.rs:1: pub fn total() {}
         src/lib.rs:2: fn f() { match 1 { _ => total() } }",
    );
}

#[test]
fn a_keyword_is_refused() {
    check(
        &lib("pub fn total() {}\n"),
        "total match",
        "! invalid-name: `match` is a keyword of Rust (`r#match` would be a name)",
    );
    check(
        &lib("pub fn total() {}\n"),
        "total Self",
        "! invalid-name: `Self` has a meaning of its own in Rust and cannot be a name",
    );
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    check(
        &lib("\u{feff}pub fn total() {}\r\nfn é() { total() }\r\n"),
        "total sum",
        "src/lib.rs:1: \u{feff}pub fn sum() {}\r
         src/lib.rs:2: fn é() { sum() }\r",
    );
}

#[test]
fn code_that_does_not_parse_is_followed_as_far_as_it_goes() {
    check(
        &lib("pub fn total() {}\nfn f() { total() }\nfn broken( { total(\nfn g() { total() }\n"),
        "total sum include",
        "src/lib.rs:1: pub fn sum() {}
         src/lib.rs:2: fn f() { sum() }
         src/lib.rs:3: fn broken( { sum(
         src/lib.rs:4: fn g() { sum() }",
    );
}

#[test]
fn deep_nesting_does_no_harm() {
    let deep =
        format!("fn total() {{}}\nfn f() {{ {}total(){} }}\n", "(".repeat(3000), ")".repeat(3000));
    let shown = format!(
        "src/lib.rs:1: fn sum() {{}}\nsrc/lib.rs:2: fn f() {{ {}sum(){} }}",
        "(".repeat(3000),
        ")".repeat(3000)
    );
    check(&lib(&deep), "total sum", &shown);
    let blocks = format!(
        "fn total() {{}}\nfn f() {{ {}let x = 1; x.total(); total(){} }}\n",
        "{".repeat(3000),
        "}".repeat(3000)
    );
    check_all(
        &lib(&blocks),
        "total sum",
        &format!(
            "src/lib.rs:1: fn sum() {{}}\nsrc/lib.rs:2: fn f() {{ {}let x = 1; x.total(); sum(){} }}",
            "{".repeat(3000),
            "}".repeat(3000)
        ),
    );
}

#[test]
fn a_file_of_two_crates_is_looked_at_in_both() {
    check(
        &lib(
            "mod cart;\npub fn f() { cart::g() }\npub fn total() {}\n//- src/main.rs\nmod cart;\nfn total() {}\nfn main() { cart::g() }\n//- src/cart.rs\npub fn g() { crate::total() }\n",
        ),
        "total sum at=src/lib.rs:3",
        "src/cart.rs:1: pub fn g() { crate::sum() }
         src/lib.rs:3: pub fn sum() {}",
    );
}

#[test]
fn a_file_that_nobody_declares_is_asked_about() {
    check(
        &lib("pub fn total() {}\n//- src/lost.rs\nfn f() { total(); shop::total() }\n"),
        "total sum",
        "src/lib.rs:1: pub fn sum() {}
         src/lost.rs:1: fn f() { total(); shop::sum() }
         ? src/lost.rs:1 undecided: no `mod` declares this file, so its names are not known",
    );
}

#[test]
fn an_included_file_belongs_to_the_module_that_includes_it() {
    check(
        &lib(
            "mod a { include!(\"parts/a.in.rs\"); }\nfn f() { a::total() }\n//- src/parts/a.in.rs\npub fn total() {}\npub fn g() { total() }\n",
        ),
        "total sum",
        "src/lib.rs:2: fn f() { a::sum() }
         src/parts/a.in.rs:1: pub fn sum() {}
         src/parts/a.in.rs:2: pub fn g() { sum() }",
    );
}

#[test]
fn two_symbols_of_one_name_are_told_apart_by_their_path() {
    check(
        &lib(
            "pub mod a { pub fn total() {} }\npub mod b { pub fn total() {} }\nfn f() { a::total(); b::total(); }\n",
        ),
        "b::total sum",
        "src/lib.rs:2: pub mod b { pub fn sum() {} }
         src/lib.rs:3: fn f() { a::total(); b::sum(); }",
    );
    check(
        &lib(
            "pub mod a { pub fn total() {} }\npub use a::total;\npub mod b { pub fn total() {} }\n",
        ),
        "shop::total sum",
        "src/lib.rs:1: pub mod a { pub fn sum() {} }
         src/lib.rs:2: pub use a::sum;",
    );
}
