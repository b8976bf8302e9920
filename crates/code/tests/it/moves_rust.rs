//! Moving Rust items.

use axon_code::{DeadCode, Move, dead_code, move_symbol};
use axon_domain::{MentionKind, SiteKind, Undecided};
use proptest::prelude::*;

use crate::harness::{Memory, check_located, rustc};
use crate::rust_basics::lib;

#[track_caller]
fn check(fixture: &str, symbol: &str, to: &str, expected: &str) {
    let files = Memory::parse(fixture);
    check_located(&files, move_symbol(&files, &asked(symbol, to), &[]), expected);
}

fn asked(symbol: &str, to: &str) -> Move {
    Move { symbol: symbol.to_owned(), at: None, to: to.to_owned(), undecided: Undecided::Ask }
}

const SHOP: &str = "\
//! A shop.

mod cart;
pub mod util;

pub use cart::{Cart, total};

pub fn all() -> u32 {
    cart::total(&[1]) + total(&[2]) + crate::cart::total(&[])
}
//- src/util.rs
pub fn rounded(x: u32) -> u32 { x }
//- src/cart.rs
use std::collections::HashMap;
use std::fmt;

use crate::util::rounded;

const RATE: u32 = 2;

/// A cart.
#[derive(Debug)]
pub struct Cart(HashMap<u32, u32>);

// Adds up.
/// Sums, see [`Cart`] and [`crate::cart::total`].
///
/// ```
/// use shop::total;
/// assert_eq!(total(&[]), 0);
/// ```
#[must_use]
pub fn total(items: &[u32]) -> u32 {
    let sum: u32 = items.iter().sum();
    rounded(sum) * RATE
}

impl fmt::Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, \"{}\", total(&[self.0.len() as u32]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        assert_eq!(total(&[1]), 2);
    }
}
";

const TYPE: &str = "\
pub mod cart;
mod money;

pub fn sum(cart: &cart::Cart) -> u32 {
    cart.total() + cart.lines.len() as u32
}
//- src/money.rs
pub(super) fn cents(x: u32) -> u32 { x * 100 }
//- src/cart.rs
use std::fmt;
use std::fmt::Write as _;

use super::money::cents;

#[derive(Default)]
pub struct Cart {
    pub lines: Vec<Line>,
    seen: bool,
    note: String,
}

pub struct Line(pub u32, u32);

impl Cart {
    pub fn total(&self) -> u32 {
        self.lines.iter().map(|line| price(line)).sum()
    }

    fn look(&mut self) {
        self.seen = true;
        let _ = write!(self.note, \"{}\", helper::<Self>());
    }
}

impl fmt::Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

fn price(line: &Line) -> u32 { cents(line.0) + line.1 }

fn helper<T>() -> u32 { 0 }

pub fn make() -> Cart {
    let mut cart = Cart { lines: vec![Line(1, 2)], ..Cart::default() };
    cart.look();
    cart
}
";

const TRAIT: &str = "\
mod shapes;
mod other {
    use crate::shapes::*;
    pub fn f() -> u32 { Square(2).area() }
}
pub fn g() -> u32 { other::f() + shapes::h() }
//- src/shapes.rs
pub trait Area {
    fn area(&self) -> u32;
}

pub struct Square(pub u32);

impl Area for Square {
    fn area(&self) -> u32 { self.0 * self.0 }
}

pub fn h() -> u32 { inner::i() }

mod inner {
    use super::{Area, Square};
    pub fn i() -> u32 { Area::area(&Square(1)) }
}
";

const IMPORTS: &str = "\
mod a;
pub mod b { pub use crate::a::total; pub use crate::a::*; }
mod c {
    use crate::{a::{self, Kind::{self, One}, total as t, other}, b::total};
    pub fn f() -> u32 { a::total() + t() + other() + total() + k(One) + k(Kind::Two) }
    fn k(kind: Kind) -> u32 { match kind { One => 1, crate::a::Kind::Two => 2 } }
}
pub fn f() -> u32 {
    use a::*;
    let x = { use self::a::total as inner; inner() };
    total() + x + c::f() + b::other() + crate::b::total()
}
//- src/a.rs
pub fn total() -> u32 { LIMIT + self::other() }
pub fn other() -> u32 { super::a::LIMIT }
pub const LIMIT: u32 = 2;
pub enum Kind { One, Two }
";

const MACROS: &str = "\
macro_rules! early { ($x:expr) => { $x + 1 }; }
mod a;
mod z;
#[macro_export]
macro_rules! call { () => { $crate::a::total() }; }
pub fn f() -> u32 { call!() + z::g() }
//- src/z.rs
pub fn g() -> u32 { early!(1) }
//- src/a.rs
use std::collections::BTreeMap;
macro_rules! own { () => { 3 }; }
const LIMIT: u32 = 4;
pub fn total() -> u32 {
    let map: BTreeMap<u32, u32> = BTreeMap::new();
    assert_eq!(map.len(), 0, \"{LIMIT} {}\", LIMIT);
    early!(LIMIT)
}
pub fn second() -> u32 { own!() }
";

const RELATIVE: &str = "\
pub mod deep;
pub fn v2() -> u32 { 7 }
//- src/deep.rs
pub mod a;
mod b { pub fn u() -> u32 { super::a::total::run() } }
pub fn v() -> u32 { b::u() }
//- src/deep/a.rs
pub mod total;
fn secret() -> u32 { 1 }
pub(super) struct Part { size: u32 }
impl Part {
    fn new() -> Self { Part { size: secret() } }
    fn grow(&self) -> u32 { self.size }
}
//- src/deep/a/total.rs
use super::Part;
type Result<T> = std::result::Result<T, ()>;
/// See [`super::secret`], [own] and [`Part::new`].
pub fn run() -> u32 {
    use super::Part as Again;
    let part = Part::new();
    let Part { size } = Again::new();
    size + part.size + part.grow() + super::secret() + self::own().unwrap_or(0) + super::super::super::v2()
}
fn own() -> Result<u32> { Ok(1) }
";

const CLASH: &str = "\
mod a;
mod b;
pub fn f() -> u32 { a::run() + b::keep() }
//- src/a.rs
use std::fmt::Result;
fn helper() -> u32 { 1 }
pub struct Shown;
impl std::fmt::Display for Shown { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> Result { Ok(()) } }
pub fn run() -> u32 { helper() }
//- src/b.rs
fn helper() -> u32 { 2 }
pub fn keep() -> u32 { helper() + back().unwrap_or(0) }
fn back() -> Result<u32, ()> { Ok(1) }

#[cfg(test)]
mod tests {}
";

const INLINE: &str = "\
pub mod inner {
    use std::fmt::Debug;

    /// Shows.
    pub fn show<T: Debug>(x: T) -> String {
        let text = \"first
    second\";
        // A note.
        format!(\"{x:?}{text}\")
    }
}
pub fn f() -> String { inner::show(1) }
";

const TYPES: &str = "\
mod a;
mod b;
pub fn f() -> u32 { a::run() + b::b() }
//- src/b.rs
pub fn b() -> u32 { 1 }
//- src/a.rs
#[cfg(feature = \"none\")]
use none::Reader;
#[cfg(not(feature = \"none\"))]
use std::io::Read as Reader;

struct Aligned<T>(T);
static TABLE: Aligned<[u32; 2]> = Aligned([1, 2]);
#[cfg(test)]
const CASES: u32 = 1;

pub fn run() -> u32 {
    let mut bytes: &[u8] = &[];
    TABLE.0[1] + bytes.read(&mut []).map_or(0, |_| 1)
}

#[test]
fn cases() { assert_eq!(CASES, 1) }
";

/// Crates with a move in each, all of which compile before and after.
const MOVES: &[(&str, &str, &str)] = &[
    (SHOP, "total", "src/totals.rs"),
    (SHOP, "Cart", "util"),
    (SHOP, "total", "crate::util"),
    (SHOP, "RATE", "src/util.rs"),
    (TYPE, "cart::Cart", "src/basket.rs"),
    (TYPE, "cart::make", "crate"),
    (TYPE, "cart::price", "cart::price"),
    (TRAIT, "Area", "areas"),
    (TRAIT, "Square", "areas"),
    (IMPORTS, "a::total", "totals"),
    (IMPORTS, "Kind", "src/kinds/mod.rs"),
    (IMPORTS, "a::other", "crate"),
    (MACROS, "a::total", "totals"),
    (MACROS, "LIMIT", "z"),
    (RELATIVE, "run", "deep::other"),
    (RELATIVE, "own", "deep"),
    (RELATIVE, "Part", "crate::deep::a::total"),
    (TYPES, "run", "b"),
    (TYPES, "cases", "new"),
    (CLASH, "run", "b"),
    (CLASH, "Shown", "b"),
    (INLINE, "show", "src/lib.rs"),
    (INLINE, "show", "shown"),
];

#[test]
fn what_compiles_goes_on_compiling() {
    for (number, (fixture, symbol, to)) in MOVES.iter().enumerate() {
        let files = Memory::parse(&lib(fixture));
        let before = rustc(&files, &format!("moves-{number}-before"));
        assert!(before.is_empty(), "{before}");
        let located = move_symbol(&files, &asked(symbol, to), &[]).expect("a move");
        let moved = files.edited(&located);
        let after = rustc(&moved, &format!("moves-{number}-after"));
        assert!(after.is_empty(), "{symbol} to {to}: {after}");
    }
}

#[test]
fn a_function_moves_to_a_new_module_with_its_imports_and_users() {
    check(
        &lib(SHOP),
        "total",
        "src/totals.rs",
        "src/cart.rs:4: use crate::totals::total;
         src/cart.rs:6: pub(crate) const RATE: u32 = 2;
         src/cart.rs:12: impl fmt::Display for Cart {
         src/cart.rs:33: use super::*;⏎    use crate::totals::total;
         src/lib.rs:4: mod totals;⏎pub mod util;
         src/lib.rs:6: pub use cart::Cart;⏎pub use crate::totals::total;
         src/lib.rs:9: crate::totals::total(&[1]) + total(&[2]) + crate::totals::total(&[])
         + src/totals.rs: use crate::cart::RATE;⏎use crate::util::rounded;⏎⏎// Adds up.⏎/// Sums, see [`Cart`](crate::cart::Cart) and [`crate::totals::total`].⏎///⏎/// ```⏎/// use shop::total;⏎/// assert_eq!(total(&[]), 0);⏎/// ```⏎#[must_use]⏎pub fn total(items: &[u32]) -> u32 {⏎    let sum: u32 = items.iter().sum();⏎    rounded(sum) * RATE⏎}",
    );
}

#[test]
fn a_type_takes_its_impl_blocks_along_and_opens_what_others_use_of_it() {
    check(
        &lib(TYPE),
        "cart::Cart",
        "src/basket.rs",
        "src/cart.rs:1: use super::money::cents;
         src/cart.rs:5: use crate::basket::Cart;
         src/cart.rs:6: pub struct Line(pub u32, u32);
         src/cart.rs:15: fn price(line: &Line) -> u32 { cents(line.0) + line.1 }
         src/cart.rs:32: pub(crate) fn price(line: &Line) -> u32 { cents(line.0) + line.1 }
         src/cart.rs:34: pub(crate) fn helper<T>() -> u32 { 0 }
         src/lib.rs:1: pub mod basket;⏎pub mod cart;
         src/lib.rs:4: pub fn sum(cart: &crate::basket::Cart) -> u32 {
         + src/basket.rs: use crate::cart::helper;⏎use crate::cart::price;⏎use crate::cart::Line;⏎use std::fmt;⏎use std::fmt::Write as _;⏎⏎#[derive(Default)]⏎pub struct Cart {⏎    pub lines: Vec<Line>,⏎    pub(crate) seen: bool,⏎    pub(crate) note: String,⏎}⏎⏎impl Cart {⏎    pub fn total(&self) -> u32 {⏎        self.lines.iter().map(|line| price(line)).sum()⏎    }⏎⏎    pub(crate) fn look(&mut self) {⏎        self.seen = true;⏎        let _ = write!(self.note, \"{}\", helper::<Self>());⏎    }⏎}⏎⏎impl fmt::Display for Cart {⏎    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {⏎        f.write_str(&self.note)⏎    }⏎}",
    );
}

#[test]
fn a_trait_stays_in_scope_where_its_methods_are_called() {
    check(
        &lib(TRAIT),
        "Area",
        "areas",
        "src/lib.rs:1: mod areas;⏎mod shapes;
         src/lib.rs:3: use crate::shapes::*;⏎    use crate::areas::Area;
         src/shapes.rs:1: use crate::areas::Area;⏎⏎pub struct Square(pub u32);
         src/shapes.rs:14: use super::Square;⏎    use crate::areas::Area;
         + src/areas.rs: pub trait Area {⏎    fn area(&self) -> u32;⏎}",
    );
}

#[test]
fn imports_of_every_form_lead_to_the_new_module() {
    check(&lib(IMPORTS), "a::total", "totals", "src/a.rs:1: pub fn other() -> u32 { super::a::LIMIT }
         src/lib.rs:2: mod totals;⏎pub mod b { pub use crate::totals::total; pub use crate::a::*; }
         src/lib.rs:4: use crate::{a::{self, Kind::{self, One}, other}, b::total};⏎    use crate::totals::total as t;
         src/lib.rs:5: pub fn f() -> u32 { crate::totals::total() + t() + other() + total() + k(One) + k(Kind::Two) }
         src/lib.rs:9: use a::*;⏎    use crate::totals::total;
         src/lib.rs:10: let x = { use crate::totals::total as inner; inner() };
         + src/totals.rs: use crate::a::LIMIT;⏎⏎pub fn total() -> u32 { LIMIT + crate::a::other() }");
}

#[test]
fn an_enum_moves_with_the_imports_of_its_variants() {
    check(
        &lib(IMPORTS),
        "Kind",
        "src/kinds/mod.rs",
        "src/a.rs:4:
         src/lib.rs:2: mod kinds;⏎pub mod b { pub use crate::a::total; pub use crate::a::*; pub use crate::kinds::Kind; }
         src/lib.rs:4: use crate::{a::{self, total as t, other}, b::total};⏎    use crate::kinds::Kind::{self, One};
         src/lib.rs:6: fn k(kind: Kind) -> u32 { match kind { One => 1, crate::kinds::Kind::Two => 2 } }
         + src/kinds/mod.rs: pub enum Kind { One, Two }",
    );
}

#[test]
fn what_a_glob_made_public_stays_public() {
    check(&lib(IMPORTS), "a::other", "crate", "src/a.rs:1: pub fn total() -> u32 { LIMIT + crate::other() }
         src/a.rs:2: pub const LIMIT: u32 = 2;
         src/lib.rs:2: pub mod b { pub use crate::a::total; pub use crate::a::*; pub use crate::other; }
         src/lib.rs:4: use crate::{a::{self, Kind::{self, One}, total as t}, b::total};⏎    use crate::other;
         src/lib.rs:13: pub fn other() -> u32 { crate::a::LIMIT }");
}

#[test]
fn macros_keep_their_paths_and_what_they_need() {
    check(&lib(MACROS), "a::total", "totals", "src/a.rs:1: macro_rules! own { () => { 3 }; }
         src/a.rs:3: pub(crate) const LIMIT: u32 = 4;
         src/a.rs:4: pub fn second() -> u32 { own!() }
         src/lib.rs:3: mod totals;⏎mod z;
         src/lib.rs:5: macro_rules! call { () => { $crate::totals::total() }; }
         + src/totals.rs: use crate::a::LIMIT;⏎use std::collections::BTreeMap;⏎⏎pub fn total() -> u32 {⏎    let map: BTreeMap<u32, u32> = BTreeMap::new();⏎    assert_eq!(map.len(), 0, \"{LIMIT} {}\", LIMIT);⏎    early!(LIMIT)⏎}");
}

#[test]
fn what_it_uses_is_made_visible_as_far_as_it_takes() {
    check(&lib(RELATIVE), "run", "deep::other", "src/deep.rs:2: pub mod other;⏎mod b { pub fn u() -> u32 { crate::deep::other::run() } }
         src/deep/a.rs:2: pub(super) fn secret() -> u32 { 1 }
         src/deep/a.rs:3: pub(super) struct Part { pub(super) size: u32 }
         src/deep/a.rs:5: pub(super) fn new() -> Self { Part { size: secret() } }
         src/deep/a.rs:6: pub(super) fn grow(&self) -> u32 { self.size }
         src/deep/a/total.rs:3: fn own() -> Result<u32> { Ok(1) }
         src/deep/a/total.rs:10: pub(in crate::deep) fn own() -> Result<u32> { Ok(1) }
         + src/deep/other.rs: use crate::deep::a::Part;⏎⏎/// See [`crate::deep::a::secret`], [own](crate::deep::a::total::own) and [`Part::new`].⏎pub fn run() -> u32 {⏎    use crate::deep::a::Part as Again;⏎    let part = Part::new();⏎    let Part { size } = Again::new();⏎    size + part.size + part.grow() + crate::deep::a::secret() + crate::deep::a::total::own().unwrap_or(0) + crate::v2()⏎}");
}

#[test]
fn what_is_made_visible_takes_its_types_along() {
    check(&lib(TYPES), "run", "new", "src/a.rs:6: pub(crate) struct Aligned<T>(pub(crate) T);
         src/a.rs:7: pub(crate) static TABLE: Aligned<[u32; 2]> = Aligned([1, 2]);
         src/a.rs:11: #[test]
         src/lib.rs:3: mod new;⏎pub fn f() -> u32 { crate::new::run() + b::b() }
         + src/new.rs: use crate::a::TABLE;⏎#[cfg(not(feature = \"none\"))]⏎use std::io::Read as Reader;⏎⏎pub fn run() -> u32 {⏎    let mut bytes: &[u8] = &[];⏎    TABLE.0[1] + bytes.read(&mut []).map_or(0, |_| 1)⏎}");
}

#[test]
fn what_is_there_under_a_condition_is_imported_under_it() {
    check(
        &lib(TYPES),
        "cases",
        "b",
        "src/a.rs:9: pub(crate) const CASES: u32 = 1;
         src/a.rs:15:
         src/b.rs:1: #[cfg(test)]⏎use crate::a::CASES;⏎⏎pub fn b() -> u32 { 1 }
         src/b.rs:2: #[test]⏎fn cases() { assert_eq!(CASES, 1) }",
    );
}

#[test]
fn a_name_that_is_taken_in_the_new_module_is_written_as_a_path() {
    check(
        &lib(CLASH),
        "run",
        "b",
        "src/a.rs:2: pub(crate) fn helper() -> u32 { 1 }
         src/a.rs:5:
         src/b.rs:5: pub fn run() -> u32 { crate::a::helper() }⏎⏎#[cfg(test)]
         src/lib.rs:3: pub fn f() -> u32 { crate::b::run() + b::keep() }",
    );
}

#[test]
fn an_item_in_braces_loses_its_indentation_but_not_that_of_its_texts() {
    check(
        &lib(INLINE),
        "show",
        "shown",
        "src/lib.rs:1: pub mod shown;⏎⏎pub mod inner {
         src/lib.rs:2: }
         src/lib.rs:12: pub fn f() -> String { crate::shown::show(1) }
         + src/shown.rs: use std::fmt::Debug;⏎⏎/// Shows.⏎pub fn show<T: Debug>(x: T) -> String {⏎    let text = \"first⏎    second\";⏎    // A note.⏎    format!(\"{x:?}{text}\")⏎}",
    );
}

#[test]
fn an_item_moves_out_of_braces_into_the_same_file() {
    check(&lib(INLINE), "show", "src/lib.rs", "src/lib.rs:2: }
         src/lib.rs:12: pub fn f() -> String { crate::show(1) }
         src/lib.rs:13: /// Shows.⏎pub fn show<T: std::fmt::Debug>(x: T) -> String {⏎    let text = \"first⏎    second\";⏎    // A note.⏎    format!(\"{x:?}{text}\")⏎}");
}

const SPACE: &str = "\
//- Cargo.toml
[workspace]
members = [\"shop\", \"till\"]
//- shop/Cargo.toml
[package]
name = \"shop\"
edition = \"2021\"
//- shop/src/lib.rs
pub mod cart;
mod hidden;
pub mod open;
//- shop/src/hidden.rs
//! Hidden.
fn h() {}
//- shop/src/open.rs
pub fn o() {}
//- shop/src/cart.rs
/// See [`total`] and [the sum](total), [`Self`], [sum]: total
pub fn total() {}
pub struct Cart;
//- till/Cargo.toml
[package]
name = \"till\"
edition = \"2021\"
[dependencies]
shop = { path = \"../shop\" }
//- till/src/main.rs
use shop::cart::{self, total as t, Cart};
/// Like [`shop::cart::total`].
fn main() { t(); cart::total(); shop::cart::total(); ::shop::cart::total(); let _ = Cart; }
";
#[test]
fn other_crates_of_the_workspace_follow() {
    check(SPACE, "total", "shop/src/open.rs", "shop/src/cart.rs:1: pub struct Cart;
         shop/src/open.rs:2: /// See [`total`] and [the sum](total), [`Self`], [sum]: total⏎pub fn total() {}
         till/src/main.rs:1: use shop::cart::{self, Cart};⏎use shop::open::total as t;
         till/src/main.rs:2: /// Like [`shop::open::total`].
         till/src/main.rs:3: fn main() { t(); shop::open::total(); shop::open::total(); ::shop::open::total(); let _ = Cart; }");
}

#[test]
fn a_new_module_is_as_public_as_what_moves_there_was() {
    check(
        SPACE,
        "total",
        "shop/src/totals.rs",
        "shop/src/cart.rs:1: pub struct Cart;
         shop/src/lib.rs:4: pub mod totals;
         till/src/main.rs:1: use shop::cart::{self, Cart};⏎use shop::totals::total as t;
         till/src/main.rs:2: /// Like [`shop::totals::total`].
         till/src/main.rs:3: fn main() { t(); shop::totals::total(); shop::totals::total(); ::shop::totals::total(); let _ = Cart; }
         + shop/src/totals.rs: /// See [`total`] and [the sum](total), [`Self`], [sum]: total⏎pub fn total() {}",
    );
}

#[test]
fn public_items_do_not_move_where_others_cannot_see_them() {
    check(
        SPACE,
        "total",
        "shop/src/hidden.rs",
        "! needs-decision: `crate::cart::total` is public, and `crate::hidden` is not",
    );
}

#[test]
fn line_ends_stay_as_they_are() {
    check(
        "//- src/lib.rs\r\nmod a;\r\nuse a::{f, g};\r\npub fn h() { f(); g() }\r\n//- src/a.rs\r\n/// F.\r\npub fn f() {\r\n    g()\r\n}\r\n\r\npub fn g() {}\r\n",
        "f",
        "b",
        "src/a.rs:1: pub fn g() {}
         src/lib.rs:2: mod b;⏎use a::g;⏎use crate::b::f;
         + src/b.rs: use crate::a::g;↵↵/// F.↵pub fn f() {↵    g()↵}",
    );
}

#[test]
fn the_only_item_of_a_file_leaves_no_hole() {
    check(
        &lib("//! Doc.\n\nfn f() {}\n"),
        "f",
        "b",
        "src/lib.rs:2: mod b;
         + src/b.rs: fn f() {}",
    );
}

#[test]
fn a_module_that_is_declared_and_has_no_file_gets_one() {
    check(
        &lib("mod b;\nfn f() {}\nfn g() { f() }\n"),
        "f",
        "b",
        "src/lib.rs:2: use crate::b::f;⏎fn g() { f() }
         + src/b.rs: pub(crate) fn f() {}",
    );
}

#[test]
fn imports_of_the_new_module_go_where_the_item_is_defined_now() {
    check(
        &lib(
            "mod a;\nmod b;\n//- src/a.rs\npub fn f() {}\npub fn g() {}\n//- src/b.rs\nuse crate::a::{self, f, g};\nuse crate::a::f as other;\nuse super::a::*;\nfn h() { use crate::a::f; f(); other(); a::f(); g() }\n",
        ),
        "a::f",
        "b",
        "src/a.rs:1: pub fn g() {}
         src/b.rs:1: use crate::a::{self, g};
         src/b.rs:2: use crate::b::f as other;
         src/b.rs:4: fn h() { use crate::b::f; f(); other(); crate::b::f(); g() }
         src/b.rs:5: pub fn f() {}",
    );
}

#[test]
fn derives_attributes_and_traits_are_imported_with_it() {
    check(
        &lib(
            "mod a;\nmod b;\n//- src/b.rs\nfn b() {}\n//- src/a.rs\nuse anyhow::Context;\nuse rayon::prelude::*;\nuse serde::{Deserialize, Serialize};\nuse std::io::Read;\nuse std::io::Write;\nuse tracing::{info, instrument};\n#[derive(Serialize, Debug)]\n#[serde(rename_all = \"snake_case\")]\npub struct S;\nimpl S {\n    #[instrument]\n    pub fn go(&self, x: &mut Vec<u8>) -> anyhow::Result<()> { info!(\"go\"); x.write_all(b\"\").context(\"no\") }\n}\n#[derive(Deserialize)]\npub struct T;\n",
        ),
        "S",
        "b",
        "src/a.rs:5: #[derive(Deserialize)]
         src/b.rs:1: use anyhow::Context;⏎use rayon::prelude::*;⏎use serde::Serialize;⏎use std::io::Write;⏎use tracing::info;⏎use tracing::instrument;⏎⏎fn b() {}
         src/b.rs:2: #[derive(Serialize, Debug)]⏎#[serde(rename_all = \"snake_case\")]⏎pub struct S;⏎⏎impl S {⏎    #[instrument]⏎    pub fn go(&self, x: &mut Vec<u8>) -> anyhow::Result<()> { info!(\"go\"); x.write_all(b\"\").context(\"no\") }⏎}",
    );
}

#[test]
fn what_is_not_decided_is_asked_about() {
    check(
        &lib(
            "mod a;\nmod b;\n//- src/b.rs\nfn b() {}\n//- src/a.rs\npub struct S { hidden: u32 }\nimpl S { fn go(&self) {} }\npub fn u() { let s = make(); s.hidden; s.go(); odd!(s.hidden => S); }\nmacro_rules! own { () => { S { hidden: 1 } } }\n",
        ),
        "S",
        "b",
        "src/a.rs:1: pub fn u() { let s = make(); s.hidden; s.go(); odd!(s.hidden => S); }
         src/b.rs:2: pub struct S { pub(crate) hidden: u32 }⏎⏎impl S { fn go(&self) {} }
         ? src/a.rs:3 undecided: this may be `go` of what moves, which cannot be seen here afterwards
         ? src/a.rs:3 undecided: the arguments of `odd!` are not plain code
         ? src/a.rs:4 undecided: nothing in the project uses `own!`, and names in it mean what they mean there",
    );
}

#[test]
fn an_import_that_means_something_else_too_stays_for_that() {
    check(
        &lib(
            "mod a;\nuse a::f;\npub fn g() { f(); f::h(); }\n//- src/a.rs\npub fn f() {}\npub mod f { pub fn h() {} }\n",
        ),
        "a::f",
        "b",
        "src/a.rs:1: pub mod f { pub fn h() {} }
         src/lib.rs:2: mod b;⏎use a::f;⏎use crate::b::f;
         + src/b.rs: pub fn f() {}",
    );
}

#[test]
fn an_old_name_of_the_prelude_has_to_mean_the_same() {
    check(
        &lib(
            "mod a;\nmod b;\n//- src/a.rs\npub fn f() -> Result<u8, ()> { Ok(1) }\n//- src/b.rs\ntype Result<T> = std::result::Result<T, ()>;\n",
        ),
        "f",
        "b",
        "! name-collision: `Result`, which it uses, means something else in its new module",
    );
}

#[test]
fn conditions_of_the_two_modules_have_to_be_the_same() {
    check(
        &lib(
            "#[cfg(test)]\nmod a;\nmod b;\n//- src/a.rs\npub fn f() {}\n//- src/b.rs\nfn g() {}\n",
        ),
        "f",
        "b",
        "! needs-decision: `crate::a::f` is there under `#[cfg(test)]`, and its new module always",
    );
}

#[test]
fn keywords_and_programs_are_no_hindrance() {
    check(
        "//- Cargo.toml\n[package]\nname = \"shop\"\nedition = \"2018\"\n//- src/main.rs\nmod r#type;\nfn main() { r#type::r#fn(); }\n//- src/type.rs\npub(super) fn r#fn() {}\npub fn other() { self::r#fn() }\n",
        "fn",
        "r#type::r#match",
        "src/main.rs:2: fn main() { crate::r#type::r#match::r#fn(); }
         src/type.rs:1: pub(crate) mod r#match;⏎⏎pub fn other() { self::r#fn() }
         src/type.rs:2: pub fn other() { crate::r#type::r#match::r#fn() }
         + src/type/match.rs: pub(crate) fn r#fn() {}",
    );
}

#[test]
fn paths_of_the_edition_of_2015_are_written_from_the_root() {
    check(
        "//- Cargo.toml\n[package]\nname = \"shop\"\n//- src/lib.rs\npub mod a;\nuse a::f;\npub fn g() { f(); ::a::f(); }\n//- src/a.rs\nuse std::fmt;\nuse a::b::h;\npub mod b { pub fn h() {} }\npub fn f() { h(); let _: Option<fmt::Error> = None; }\n",
        "f",
        "c",
        "src/a.rs:1: use a::b::h;
         src/a.rs:4:
         src/lib.rs:2: pub mod c;⏎use crate::c::f;
         src/lib.rs:3: pub fn g() { f(); crate::c::f(); }
         + src/c.rs: use crate::a::b::h;⏎use std::fmt;⏎⏎pub fn f() { h(); let _: Option<fmt::Error> = None; }",
    );
}

const REFUSED: &str = "\
mod a;
mod b;
mod d;
mod inner { include!(\"inner1.rs\"); }
pub fn f() {}
//- src/a.rs
pub struct S;
impl S { pub fn method(&self) {} }
#[cfg(unix)]
pub fn conditional() {}
#[cfg(unix)]
pub fn twice() {}
#[cfg(not(unix))]
pub fn twice() {}
macro_rules! make { ($x:item) => { $x }; }
make! { pub fn made() {} }
extern \"C\" { pub fn foreign(); }
pub fn local() { fn within() {} within() }
pub fn fine() {} pub fn shares() {}
pub fn with_module() { mod inner {} }
pub fn reads() -> &'static str { include_str!(\"x.txt\") }
pub fn taken() {}
pub fn uses() { make! { fn own() {} } }
//- src/b.rs
pub fn taken() {}
//- src/c.rs
fn c() {}
//- src/d.rs
fn d( {}
//- src/inner1.rs
pub fn g() {}
//- src/main.rs
mod cli;
fn main() {}
pub fn shared() {}
//- src/cli.rs
pub fn x() {}
";
#[test]
fn what_cannot_move_is_refused_with_its_reason() {
    for (symbol, to, expected) in [
        ("method", "b", "! usage: `crate::a::S::method` belongs to a type or trait"),
        ("conditional", "b", "! usage: it is there only under `#[cfg(unix)]`"),
        ("twice", "b", "! usage: `crate::a::twice` is defined several times"),
        ("made", "b", "! usage: it is written in a macro"),
        ("foreign", "b", "! usage: it is declared in an `extern` block"),
        ("within", "b", "! usage: `within` is local to a function"),
        ("fine", "b", "! usage: it shares its line with something else"),
        ("with_module", "b", "! usage: it holds a module of its own, `inner`"),
        ("reads", "b", "! usage: `include_str!` in it is relative to its file"),
        ("a::taken", "b", "! name-collision: `taken` means something in its new module already"),
        ("uses", "b", "! needs-decision: `make!`, which it calls, is not known in its new module"),
        ("S", "src/c.rs", "! usage: no `mod` declares the new module"),
        (
            "S",
            "src/cli.rs",
            "! usage: `src/cli.rs` belongs to the crate of `src/main.rs`, not to that of `src/lib.rs`",
        ),
        ("main", "cli", "! usage: the program begins with it"),
        ("S", "src/no/such.rs", "! usage: no module of the crate `shop` has its files in `src/no`"),
        ("S", "src/../x.rs", "! usage: `src/../x.rs` cannot be the file of a module"),
        ("S", "src/Self.rs", "! usage: `src/Self.rs` cannot be the file of a module"),
        ("S", "src/a.py", "! usage: `src/a.py` is not the path of a Rust file"),
        ("S", "x::y", "! usage: there is no module `x` in `crate`"),
        ("S", "a", "! nothing-to-do: `S` is defined in `src/a.rs` already"),
        ("gone", "b", "! symbol-not-found: no symbol is called `gone`"),
        ("S", "src/a/mod.rs", "! usage: `crate::a` is put together of several files"),
        ("S", "crate::fn", "! usage: `crate::fn` is not the path of a module"),
        ("S", "super::super", "! usage: there is no module around `crate`"),
        ("S", "d", "! usage: `src/d.rs` does not parse as a whole"),
        ("inner::g", "b", "! usage: `crate::inner` is put together of several files"),
        ("S", "inner", "! usage: `crate::inner` is not a file of its own"),
    ] {
        check(&lib(REFUSED), symbol, to, expected);
    }
}

#[test]
fn both_modules_have_to_be_among_what_may_be_edited() {
    let files = Memory::parse(&lib(SHOP));
    let found = move_symbol(&files, &asked("total", "util"), &["src/cart.rs".to_owned()]);
    check_located(
        &files,
        found,
        "! usage: `src/util.rs` has to change and lies outside of what may be edited",
    );
    let paths = ["src/cart.rs".to_owned(), "src/util.rs".to_owned()];
    let located = move_symbol(&files, &asked("total", "util"), &paths).expect("a move");
    let out = located.mentions.iter().filter(|m| m.kind == MentionKind::Excluded).count();
    assert_eq!((located.files.len(), out), (2, 4));
}

#[test]
fn why_something_is_made_visible_is_said() {
    let files = Memory::parse(&lib(RELATIVE));
    let located = move_symbol(&files, &asked("run", "deep::other"), &[]).expect("a move");
    let sites = located.files.iter().flat_map(|file| &file.sites);
    let mut said: Vec<&str> = sites
        .filter(|site| site.kind == SiteKind::Addition)
        .map(|site| site.evidence.as_str())
        .collect();
    said.dedup();
    assert_eq!(
        said,
        [
            "declares the new module, public as the old one",
            "`crate::deep::other` uses `secret` and has to see it",
            "`crate::deep::other` uses `size` and has to see it",
            "`crate::deep::other` uses `new` and has to see it",
            "`crate::deep::other` uses `grow` and has to see it",
            "`crate::deep::other` uses `own` and has to see it",
        ]
    );
}

/// Pieces of the module that `total` leaves, and of those that use it.
const OLD: &[&str] = &[
    "use std::fmt;\n",
    "use crate::b::rounded;\n",
    "const LIMIT: u32 = 3;\n",
    "fn helper() -> u32 { total() }\n",
    "pub struct Cart(u32);\n\nimpl fmt::Display for Cart {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) }\n}\n",
    "/// See [`total`].\npub fn last() {}\n",
];

const USERS: &[&str] = &[
    "use crate::a::total;\npub fn u() { total(); }\n",
    "use crate::a::{self, total as t};\npub fn u() { t(); a::total(); }\n",
    "use super::a::*;\npub fn u() { total(); }\n",
    "pub fn u() { crate::a::total(); super::a::total(); }\n",
    "/// ```\n/// use shop::a::total;\n/// total();\n/// ```\npub fn u() {}\n",
];

const BODIES: &[&str] = &[
    "1",
    "rounded(LIMIT)",
    "helper() + self::helper()",
    "{ let cart = Cart(1); format!(\"{cart} {LIMIT}\").len() as u32 }",
    "{ use super::a::LIMIT as L; L }",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn moving_there_and_back_and_there_is_moving_there(
        user in prop::sample::select(USERS),
        body in prop::sample::select(BODIES),
        crlf in any::<bool>(),
    ) {
        let text = lib(&format!(
            "pub mod a;\npub mod b;\npub mod c;\npub mod d;\n//- src/a.rs\n{}\n/// Sums.\npub fn total() -> u32 {{\n    {body}\n}}\n//- src/b.rs\npub fn rounded(x: u32) -> u32 {{ x }}\n//- src/c.rs\n{user}//- src/d.rs\npub fn d() {{}}\n",
            OLD.concat(),
        ));
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let step = |files: &Memory, from: &str, to: &str| {
            let located = move_symbol(files, &asked(from, to), &[]).expect("a move");
            prop_assert!(!located.mentions.iter().any(|mention| mention.kind.asks()));
            Ok(files.edited(&located))
        };
        let there = step(&Memory::parse(&text), "a::total", "d")?;
        let back = step(&there, "d::total", "a")?;
        let again = step(&back, "a::total", "d")?;
        for path in there.paths() {
            let lines = |files: &Memory| {
                let text = String::from_utf8(files.get(path).to_vec()).expect("UTF-8");
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.retain(|line| !line.trim().is_empty());
                lines.sort();
                lines
            };
            prop_assert_eq!(lines(&there), lines(&again), "{}", path);
        }
    }

    #[test]
    fn any_tokens_are_survived(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "total", "fn ", "mod ", "use ", "pub ", "(", ")", "{", "}", "[", "]", ";", "::", "\n",
                "self", "super", "crate", " as ", "*", ",", "impl ", "struct ", "#[", "!", "///", "//!",
                "macro_rules! m ", "=>", "$x:expr", "m!", "a", "'", "\"", "b", "include!(\"lib.rs\");",
                "#[path = \"lib.rs\"] mod c;", "é", "<", ">", "&", ".", "match ", "S", "enum ",
            ]),
            0..60,
        )
    ) {
        let text = lib(&format!("mod b;\nfn total() {{}}\n{}\n//- src/b.rs\nfn b() {{}}\n", tokens.concat()));
        let files = Memory::parse(&text);
        for to in ["b", "new"] {
            let request = Move { at: Some(("src/lib.rs".to_owned(), 2)), ..asked("total", to) };
            if let Ok(located) = move_symbol(&files, &request, &[]) {
                files.edited(&located);
            }
        }
        let unused = dead_code(&files, &DeadCode::default(), &[]).expect("a list");
        files.edited(&unused.located);
    }
}

#[test]
fn deep_nesting_and_circles_end() {
    let deep = 20_000;
    let nested = format!("fn n() {{ {}{} }}\n", "{ ".repeat(deep), "} ".repeat(deep));
    let lists = format!("use {}a{};\n", "a::{".repeat(deep), "}".repeat(deep));
    let modules = format!("{}{}\n", "mod m { ".repeat(2_000), "} ".repeat(2_000));
    let circles = "#[path = \"lib.rs\"] mod again;\nmod c { include!(\"lib.rs\"); }\n";
    let loops = "use b::*;\nuse self::x::y;\nuse self::y::x;\n//- src/b.rs\npub use super::*;\n";
    for text in [nested.as_str(), &lists, &modules, circles, loops] {
        let files = Memory::parse(&lib(&format!(
            "mod b;\npub fn total() {{}}\nfn f() {{ total() }}\n{text}"
        )));
        let request = Move { at: Some(("src/lib.rs".to_owned(), 2)), ..asked("total", "fresh") };
        if let Ok(located) = move_symbol(&files, &request, &[]) {
            files.edited(&located);
        }
        let unused = dead_code(&files, &DeadCode::default(), &[]).expect("a list");
        files.edited(&unused.located);
    }
}

#[test]
fn a_file_that_does_not_parse_is_followed_as_far_as_it_is_read() {
    check(
        &lib(
            "mod a;\nmod b;\nmod broken;\n//- src/a.rs\npub fn total() {}\n//- src/b.rs\nfn b() {}\n//- src/broken.rs\nfn f( { crate::a::total(); }\n",
        ),
        "total",
        "b",
        "src/a.rs:1:
         src/b.rs:2: pub fn total() {}
         src/broken.rs:1: fn f( { crate::b::total(); }",
    );
}
