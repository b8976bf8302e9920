//! Rust: whatever stands in the files, there is an answer, and what it edits still parses.

use std::fmt::Write as _;

use axon_code::{Files as _, rename};
use proptest::prelude::*;

use crate::harness::{Memory, check, request};
use crate::rust_basics::lib;

/// Pieces of code, comments and text that hold the name or what stands around it.
const PIECES: &[&str] = &[
    "total",
    "total()",
    "fn total() {}",
    "é",
    "use a::total;",
    "use a::*;",
    "mod a {",
    "}",
    "{",
    "(",
    ")",
    "impl S {",
    "struct S(u8);",
    "pub ",
    "macro_rules! m { ($total:expr) => { total($t) } }",
    "m!(total);",
    "println!(\"{total} é {total:?}\", total);",
    "/// [`é total`] [total]\n",
    "//! ```\n//! total();\n",
    "/// ü@total [x](total\n",
    "#[doc = \"[total]\"]",
    "\"total",
    "'total",
    "r#total",
    "r\"total\"",
    "x.total()",
    ".total::<u8>()",
    "let total = 1;",
    "enum E { total }",
    "trait T { fn total(&self); }",
    "impl T for S { fn total(&self) {} }",
    "<S as T>::total",
    "::",
    "$crate::total",
    "$(total),*",
    "cfg_if! { if #[cfg(x)] { fn total() {} } }",
    "matches!(total, é)",
    "match x { total => 1, }",
    "S { total }",
    "/* total",
    "*/",
    "//",
    "\n",
    "\r\n",
    " ",
    "#",
    "!",
    "async ",
    "where T: total<total = u8>",
    "type total = total;",
    "const total: u8 = total;",
    "mod total;",
    "#[path = \"lib.rs\"] mod b;",
    "include!(\"lib.rs\");",
    "|total| total",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_mixture_of_pieces_has_an_answer(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        include in any::<bool>(),
    ) {
        let text = format!("fn total() {{}}\n{}", pieces.join(" "));
        let files = Memory::parse(&lib(&text));
        let asked = if include { "total sum include at=src/lib.rs:1" } else { "total sum keep at=src/lib.rs:1" };
        let (request, paths) = request(asked);
        if let Ok(located) = rename(&files, &request, &paths) {
            let after = files.edited(&located);
            for file in &located.files {
                let before = String::from_utf8(files.get(&file.path).to_vec()).unwrap();
                for site in &file.sites {
                    let old = &before[site.edit.start..site.edit.end];
                    prop_assert!(old.is_empty() || old.contains("total"), "{old:?}");
                }
                prop_assert!(String::from_utf8(after.get(&file.path).to_vec()).is_ok());
            }
            prop_assert_eq!(files.list().len(), after.list().len());
        }
    }
}

#[test]
fn a_manifest_that_is_not_toml_does_no_harm() {
    for manifest in [
        "[package",
        "[[[[",
        "[package]\nname = \"é",
        "\u{feff}[package]\nname='x'\n[lib]\npath=\"../../../x\"",
    ] {
        let files = Memory::parse(&format!(
            "//- Cargo.toml\n{manifest}\n//- src/lib.rs\nfn total() {{}}\nfn f() {{ total() }}\n"
        ));
        let (request, paths) = request("total sum");
        let located = rename(&files, &request, &paths).expect("a plan");
        assert_eq!(located.files[0].sites.len(), 2, "{manifest}");
    }
}

#[test]
fn types_and_imports_that_go_round_in_circles_end() {
    let files = Memory::parse(&lib(
        "type A = B::X; type B = A::X; use c::d; mod c { pub use super::d; }
trait T: U { fn total(&self); } trait U: T {} impl<X: T> T for X { fn total(&self) { self.total() } }
struct S; impl std::ops::Deref for S { type Target = S; fn deref(&self) -> &S { self } }
fn f(a: A, s: S) { a.total(); s.total(); d::total(); let x = x.total(); let y = f(|y| y.total()); }
",
    ));
    let (request, paths) = request("T::total sum");
    assert!(rename(&files, &request, &paths).is_ok());
}

#[test]
fn a_file_that_takes_itself_in_more_than_once_ends() {
    for again in [
        "#[path = \"lib.rs\"] mod b; mod a { include!(\"lib.rs\"); }",
        "#[path = \"lib.rs\"] mod b; mod a { #[path = \"../lib.rs\"] mod b; include!(\"lib.rs\"); }",
        "mod a { include!(\"lib.rs\"); } mod b { include!(\"lib.rs\"); } include!(\"lib.rs\");",
    ] {
        let files = Memory::parse(&lib(&format!("fn total() {{}} fn f() {{ total() }} {again}\n")));
        let (request, paths) = request("total sum");
        let located = rename(&files, &request, &paths).expect("a plan");
        assert_eq!(located.files[0].sites.len(), 2, "{again}");
    }
}

#[test]
fn files_that_each_take_the_next_in_twice_end() {
    let mut fixture = lib("pub mod f0;\n");
    for at in 0..60 {
        let next = at + 1;
        write!(
            fixture,
            "//- src/f{at}.rs\npub mod a {{ include!(\"f{next}.rs\"); }}\n\
             pub mod b {{ include!(\"f{next}.rs\"); }}\n"
        )
        .expect("memory");
    }
    fixture.push_str("//- src/f60.rs\npub fn total() {}\nfn f() { total() }\n");
    let (request, paths) = request("total sum");
    let located = rename(&Memory::parse(&fixture), &request, &paths).expect("a plan");
    assert_eq!(located.files[0].sites.len(), 2);
}

#[test]
fn a_file_that_several_modules_take_in_is_renamed_for_all_of_them() {
    check(
        &lib("mod a { include!(\"made.rs\"); pub mod c { include!(\"made.rs\"); } }\n\
             mod b { include!(\"made.rs\"); }\n\
             fn f() { a::total(); a::c::total(); b::total(); }\n\
             //- src/made.rs\npub fn total() {}\n"),
        "total sum",
        "
src/lib.rs:3: fn f() { a::sum(); a::c::sum(); b::sum(); }
src/made.rs:1: pub fn sum() {}
",
    );
}
