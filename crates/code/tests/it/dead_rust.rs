//! Items of Rust that nothing uses.

use axon_code::{DeadCode, Finding, Unused, dead_code};
use axon_domain::Language;

use crate::harness::{Memory, rustc};
use crate::rust_basics::lib;

fn show(files: &Memory, unused: &Unused) -> String {
    let mut lines = Vec::new();
    let mut list = |mark: &str, found: &[Finding]| {
        for one in found {
            lines.push(format!("{mark} {}: {}", one.symbol.qualified, one.evidence));
        }
    };
    list("-", &unused.proven);
    list("?", &unused.open);
    let after = files.edited(&unused.located);
    for file in &unused.located.files {
        let (before, after) = (files.get(&file.path), after.get(&file.path));
        let verdict = axon_code::syntax(Language::Rust, Some(before), after);
        assert!(verdict.passed, "{}: {:?}", file.path, verdict.problems);
        let text = String::from_utf8(after.to_vec()).expect("UTF-8");
        lines.push(format!("{} => {}", file.path, text.replace("\r\n", "↵").replace('\n', "⏎")));
    }
    lines.join("\n")
}

#[track_caller]
fn check_with(fixture: &str, request: &DeadCode, expected: &str) {
    let files = Memory::parse(fixture);
    let unused = dead_code(&files, request, &[]).expect("a list");
    let shown = show(&files, &unused);
    let plain = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    assert!(plain(&shown) == plain(expected), "shown:\n{shown}\n\nexpected:\n{expected}");
}

#[track_caller]
fn check(fixture: &str, expected: &str) {
    check_with(fixture, &DeadCode::default(), expected);
}

const SHOP: &str = "\
//! A shop.

mod cart;
mod money;

pub use cart::Cart;
use cart::unused_too;

const LIMIT: u32 = 3;

// Not used.
/// Sums, see [`helper`].
#[inline]
fn dead(x: u32) -> u32 {
    helper(x) + LIMIT + money::rounded(x)
}

fn helper(x: u32) -> u32 {
    dead(x)
}

pub fn total() -> u32 {
    Cart::new().size()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> u32 { 1 }

    #[test]
    fn sums() {
        assert_eq!(total(), 1);
    }
}
//- src/money.rs
pub fn rounded(x: u32) -> u32 { x }
//- src/cart.rs
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display};
use std::rc::Rc;

#[derive(Debug, Default)]
pub struct Cart {
    size: HashMap<u32, u32>,
}

impl Cart {
    pub fn new() -> Self {
        Self::default()
    }

    fn _kept(&self) {}

    /// Gone.
    fn gone(&self) -> Rc<u32> {
        Rc::new(1)
    }

    pub fn size(&self) -> u32 {
        self.size.len() as u32
    }

    pub fn others_may(&self) {}
}

impl Cart {
    const OLD: u32 = 1;
}

pub fn unused_too() {}

struct Ghost(BTreeMap<u32, u32>);

impl Ghost {
    fn new() -> Self { Ghost(BTreeMap::new()) }
}

impl fmt::Display for Ghost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(\"\") }
}

impl Drop for Ghost {
    fn drop(&mut self) {}
}
";

#[test]
fn what_is_proven_goes_with_its_attributes_documentation_and_imports() {
    check(&lib(SHOP), "- crate::cart::Cart::gone: its name stands nowhere else in the tree
         - crate::cart::Cart::OLD: its name stands nowhere else in the tree
         - crate::cart::unused_too: its name stands nowhere else in the tree
         - crate::cart::Ghost: its name stands nowhere else in the tree
         - crate::LIMIT: only unused code uses it
         - crate::dead: only unused code uses it
         - crate::helper: only unused code uses it
         - crate::tests::fixture: its name stands nowhere else in the tree
         - crate::money::rounded: only unused code uses it
         ? crate::cart::Cart::_kept: its name says that it is kept without being used
         ? crate::cart::Cart::others_may: others may use it: `shop` is a library
         src/cart.rs => use std::collections::HashMap;⏎use std::fmt::Display;⏎⏎#[derive(Debug, Default)]⏎pub struct Cart {⏎    size: HashMap<u32, u32>,⏎}⏎⏎impl Cart {⏎    pub fn new() -> Self {⏎        Self::default()⏎    }⏎⏎    fn _kept(&self) {}⏎⏎    pub fn size(&self) -> u32 {⏎        self.size.len() as u32⏎    }⏎⏎    pub fn others_may(&self) {}⏎}⏎
         src/lib.rs => //! A shop.⏎⏎mod cart;⏎mod money;⏎⏎pub use cart::Cart;⏎⏎pub fn total() -> u32 {⏎    Cart::new().size()⏎}⏎⏎#[cfg(test)]⏎mod tests {⏎    use super::*;⏎⏎    #[test]⏎    fn sums() {⏎        assert_eq!(total(), 1);⏎    }⏎}⏎
         src/money.rs =>");
}

const OPEN: &str = "\
mod ffi;
mod words;
#[no_mangle]
fn exported() {}
#[cfg(unix)]
fn on_unix() {}
#[allow(dead_code)]
fn kept() {}
pub(crate) extern \"C\" fn callback() {}
#[derive(Serialize)]
struct Written;
const CHECK: () = assert!(LIMIT > 0);
const LIMIT: u32 = 1;
fn by_text() {}
fn in_macro() {}
fn at_most() {} fn shared() {}
pub fn public() {}
macro_rules! call { () => { in_macro() }; }
pub fn used() { call!(); println!(\"{LIMIT}\"); }
trait Unused { fn method(&self); }
trait Implemented { fn run(&self); }
impl Implemented for u32 { fn run(&self) {} }
#[test]
fn a_test() {}
fn main() {}
//- src/ffi.rs
extern \"C\" { fn strlen(s: *const u8) -> usize; }
pub fn not_named_outside() {}
//- src/words.rs
macro_rules! getters { ($($name:ident),*) => { paste! { $(fn [<get_ $name>]() {})* } }; }
fn get_total() {}
fn other_word() {}
//- config.toml
call = \"by_text\"
//- README.md
See other_word().
";

#[test]
fn what_may_be_used_in_other_ways_is_open() {
    check(&lib(OPEN), "- crate::ffi::not_named_outside: its name stands nowhere else in the tree
         - crate::Unused: its name stands nowhere else in the tree
         - crate::words::other_word: its name stands nowhere else in the tree
         ? crate::ffi::strlen: it is declared in an `extern` block
         ? crate::exported: the attribute `#[no_mangle]` may hand it on
         ? crate::on_unix: it is there only under `#[cfg(unix)]`
         ? crate::kept: `#[allow(dead_code)]` says that it is kept
         ? crate::callback: its `extern` says that others call it
         ? crate::Written: the attribute `#[derive(Serialize)]` may hand it on
         ? crate::CHECK: the compiler works it out, which may be what it is for
         ? crate::by_text: `config.toml` names it in text
         ? crate::at_most: it shares its line with something else
         ? crate::shared: it shares its line with something else
         ? crate::public: others may use it: `shop` is a library
         ? crate::used: others may use it: `shop` is a library
         ? crate::words::get_total: a macro puts names together of `get`
         src/ffi.rs => extern \"C\" { fn strlen(s: *const u8) -> usize; }⏎
         src/lib.rs => mod ffi;⏎mod words;⏎#[no_mangle]⏎fn exported() {}⏎#[cfg(unix)]⏎fn on_unix() {}⏎#[allow(dead_code)]⏎fn kept() {}⏎pub(crate) extern \"C\" fn callback() {}⏎#[derive(Serialize)]⏎struct Written;⏎const CHECK: () = assert!(LIMIT > 0);⏎const LIMIT: u32 = 1;⏎fn by_text() {}⏎fn in_macro() {}⏎fn at_most() {} fn shared() {}⏎pub fn public() {}⏎macro_rules! call { () => { in_macro() }; }⏎pub fn used() { call!(); println!(\"{LIMIT}\"); }⏎trait Implemented { fn run(&self); }⏎impl Implemented for u32 { fn run(&self) {} }⏎#[test]⏎fn a_test() {}⏎fn main() {}⏎
         src/words.rs => macro_rules! getters { ($($name:ident),*) => { paste! { $(fn [<get_ $name>]() {})* } }; }⏎fn get_total() {}⏎");
}

#[test]
fn what_is_left_compiles() {
    for (number, fixture) in [SHOP, CHAIN].into_iter().enumerate() {
        let files = Memory::parse(&lib(fixture));
        let before = rustc(&files, &format!("dead-{number}-before"));
        assert!(before.is_empty(), "{before}");
        for closed in [false, true] {
            let request = DeadCode { closed, ..DeadCode::default() };
            let unused = dead_code(&files, &request, &[]).expect("a list");
            let after = rustc(&files.edited(&unused.located), &format!("dead-{number}-after"));
            assert!(after.is_empty(), "{after}");
        }
    }
}

const CHAIN: &str = "\
pub mod a;
mod b;
pub use b::{Passed, Passed2 as Other};
pub(crate) use b::inside;
use b::{
    gone,
    // Stays.
    stays,
};
use std::fmt::Write;
pub fn f() -> String {
    let mut text = String::new();
    let _ = write!(text, \"{}\", stays());
    text
}
mod local {
    use super::gone as renamed;
    fn uses() { renamed() }
}
//- src/a.rs
pub struct Open;
impl Open {
    pub fn others_may(&self) {}
    pub(crate) fn nobody_may(&self) {}
}
//- src/b.rs
pub struct Passed;
pub struct Passed2;
pub fn inside() {}
pub fn gone() {}
pub fn stays() -> u32 { 1 }
pub fn reached_by_nobody() {}
";

#[test]
fn re_exports_are_respected_as_long_as_others_may_use_them() {
    check(&lib(CHAIN), "- crate::a::Open::nobody_may: its name stands nowhere else in the tree
         - crate::b::inside: its name stands nowhere else in the tree
         - crate::b::reached_by_nobody: its name stands nowhere else in the tree
         - crate::local::uses: its name stands nowhere else in the tree
         ? crate::a::Open: others may use it: `shop` is a library
         ? crate::a::Open::others_may: others may use it: `shop` is a library
         ? crate::b::Passed: `src/lib.rs` imports it, and does not use it
         ? crate::f: others may use it: `shop` is a library
         src/a.rs => pub struct Open;⏎impl Open {⏎    pub fn others_may(&self) {}⏎}⏎
         src/b.rs => pub struct Passed;⏎pub struct Passed2;⏎pub fn gone() {}⏎pub fn stays() -> u32 { 1 }⏎
         src/lib.rs => pub mod a;⏎mod b;⏎pub use b::{Passed, Passed2 as Other};⏎use b::{⏎    gone,⏎    // Stays.⏎    stays,⏎};⏎use std::fmt::Write;⏎pub fn f() -> String {⏎    let mut text = String::new();⏎    let _ = write!(text, \"{}\", stays());⏎    text⏎}⏎mod local {⏎}⏎");
}

#[test]
fn in_a_closed_tree_public_items_go_too() {
    let closed = DeadCode { closed: true, ..DeadCode::default() };
    check_with(&lib(CHAIN), &closed, "- crate::a::Open: its name stands nowhere else in the tree
         - crate::b::Passed: its name stands nowhere else in the tree
         - crate::b::inside: its name stands nowhere else in the tree
         - crate::b::stays: only unused code uses it
         - crate::b::reached_by_nobody: its name stands nowhere else in the tree
         - crate::f: its name stands nowhere else in the tree
         - crate::local::uses: its name stands nowhere else in the tree
         src/a.rs =>
         src/b.rs => pub struct Passed2;⏎pub fn gone() {}⏎
         src/lib.rs => pub mod a;⏎mod b;⏎pub use b::Passed2 as Other;⏎use b::{⏎    gone,⏎    // Stays.⏎};⏎use std::fmt::Write;⏎mod local {⏎}⏎");
}

#[test]
fn only_what_is_chosen_goes() {
    let only = |names: &[&str]| DeadCode {
        only: names.iter().map(|name| (*name).to_owned()).collect(),
        closed: false,
    };
    let fixture =
        lib("fn one() { two() }\nfn two() {}\nstruct S;\nimpl S {\n    fn m(&self) {}\n}\n");
    let listed = "- crate::one: its name stands nowhere else in the tree
        - crate::two: only unused code uses it
        - crate::S: its name stands nowhere else in the tree
        - crate::S::m: its name stands nowhere else in the tree\n";
    check_with(&fixture, &only(&["crate::two"]), listed);
    check_with(
        &fixture,
        &only(&["crate::S::m"]),
        &format!("{listed}src/lib.rs => fn one() {{ two() }}⏎fn two() {{}}⏎struct S;⏎"),
    );
}

#[test]
fn programs_tests_and_documentation_use_what_they_name() {
    check(
        "//- Cargo.toml\n[package]\nname = \"till\"\nedition = \"2021\"\n//- src/main.rs\nmod a;\n/// ```\n/// documented();\n/// ```\nfn main() { a::used() }\npub fn documented() {}\npub fn nobody() {}\n//- src/a.rs\npub fn used() {}\npub fn tested() {}\n//- tests/t.rs\n#[test]\nfn t() { tested() }\nfn helper() {}\n//- examples/e.rs\nfn main() {}\nfn shown() {}\n",
        "- crate::shown: its name stands nowhere else in the tree
         - crate::nobody: its name stands nowhere else in the tree
         - crate::helper: its name stands nowhere else in the tree
         examples/e.rs => fn main() {}⏎
         src/main.rs => mod a;⏎/// ```⏎/// documented();⏎/// ```⏎fn main() { a::used() }⏎pub fn documented() {}⏎
         tests/t.rs => #[test]⏎fn t() { tested() }⏎",
    );
}

#[test]
fn what_cannot_be_known_leaves_everything_open() {
    check(
        &lib(
            "mod b;\nfn f() {}\ninclude!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n//- src/b.rs\nfn g( {}\nfn h() {}\n//- src/orphan.rs\nfn o() {}\n",
        ),
        "? crate::f: generated code that is not in the tree may use it
         ? crate::o: no `mod` declares `src/orphan.rs`",
    );
    check(
        &lib(
            "fn f() {}\nmacro_rules! m { ($a:ident, $b:ident) => { paste! { fn [<$a $b>]() {} } }; }\n",
        ),
        "? crate::f: a macro puts names together (`[<$a $b>]`)",
    );
    // What only looks like it makes no names.
    check(
        &lib("fn f() {}\n// `[<$a $b>]`\npub fn g() -> [u8; 1] { let _ = \"[<$a>]\"; [<u8 as Default>::default()] }\n"),
        "- crate::f: its name stands nowhere else in the tree
         ? crate::g: others may use it: `shop` is a library
         src/lib.rs => // `[<$a $b>]`⏎pub fn g() -> [u8; 1] { let _ = \"[<$a>]\"; [<u8 as Default>::default()] }⏎",
    );
}

#[test]
fn other_languages_name_by_text() {
    check(
        &lib("fn from_python() {}\n//- a.py\nimport shop\nshop.from_python()\n"),
        "? crate::from_python: `a.py` names it in text",
    );
}

#[test]
fn attributes_of_what_is_around_count() {
    check(
        &lib(
            "struct S;\n#[pymethods]\nimpl S {\n    fn method(&self) {}\n}\n#[cfg(feature = \"x\")]\nmod inner {\n    fn f() {}\n}\npub fn g() -> S { S }\n",
        ),
        "? crate::S::method: the attribute `#[pymethods]` may hand it on
         ? crate::inner::f: it is there only under `#[cfg(feature = \"x\")]`
         ? crate::g: others may use it: `shop` is a library",
    );
}

#[test]
fn line_ends_and_blocks_are_kept() {
    check(
        "//- src/lib.rs\r\n//! Doc.\r\n\r\nfn dead() {}\r\n\r\n// On its own.\r\n\r\npub mod m {\r\n    fn gone() {}\r\n\r\n    pub fn kept() {}\r\n}\r\n",
        "- crate::dead: its name stands nowhere else in the tree
         - crate::m::gone: its name stands nowhere else in the tree
         ? crate::m::kept: others may use it: `main` is a library
         src/lib.rs => //! Doc.↵↵// On its own.↵↵pub mod m {↵    pub fn kept() {}↵}↵",
    );
}
