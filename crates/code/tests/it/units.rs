//! The structure of files.

use axon_code::{Unit, units};
use axon_domain::Language;
use proptest::prelude::*;

fn shown(language: Language, text: &str) -> String {
    let units = units(language, text.as_bytes()).expect("a structure");
    let line = |unit: &Unit| {
        let (first, last) = unit.lines;
        let doc = unit.doc.clone().map_or("", |doc| &text[doc]);
        let depth = std::iter::successors(unit.parent, |parent| units[*parent].parent).count();
        let indent = "  ".repeat(depth);
        format!("{indent}{} | {} | {first}-{last} {doc}", unit.qualified, unit.signature)
            .trim_end()
            .to_owned()
    };
    units.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn classes_methods_and_constants_of_python_are_listed_with_their_nesting() {
    let text = "\
LIMIT: int = 3
@cached
class Cart(Base):
    \"\"\"Holds items.\"\"\"
    tax = 0.2
    @property
    async def total(
        self, a, *, b=1
    ) -> int:
        def inner(): ...
        local = 1
        return 2
if TYPE_CHECKING:
    def _hidden(x): pass
type Pair = tuple[int, int]
";
    assert_eq!(
        shown(Language::Python, text),
        "\
LIMIT | LIMIT: int = 3 | 1-1
Cart | class Cart(Base) | 2-12 \"\"\"Holds items.\"\"\"
  Cart.tax | tax = 0.2 | 5-5
  Cart.total | async def total( self, a, *, b=1 ) -> int | 6-12
    Cart.total.<locals>.inner | def inner() | 10-10
_hidden | def _hidden(x) | 14-14
Pair | type Pair = tuple[int, int] | 15-15"
    );
}

#[test]
fn items_of_rust_are_listed_with_attributes_and_documentation() {
    let text = "\
/// A cart.
/// Of items.
#[derive(Debug)]
pub struct Cart<T>(T);
impl<T> Cart<T> {
    pub(crate) fn total(&self, a: u32) -> u32 where T: Copy { fn inner() {} a }
}
impl<T> std::fmt::Display for Cart<T> {
    fn fmt(&self) {}
}
pub trait Price { type Unit; fn price(&self) -> u32; }
mod tests {
    #[test]
    fn works() {}
}
enum Kind { One, Two(u8) }
const MAX: u32 = 3;
macro_rules! twice { ($x:expr) => { $x } }
";
    assert_eq!(
        shown(Language::Rust, text),
        "\
Cart | pub struct Cart<T>(T) | 1-4 /// A cart.
/// Of items.
Cart::total | pub(crate) fn total(&self, a: u32) -> u32 where T: Copy | 6-6
  Cart::total::inner | fn inner() | 6-6
<Cart<T> as std::fmt::Display>::fmt | fn fmt(&self) | 9-9
Price | pub trait Price | 11-11
  Price::Unit | type Unit | 11-11
  Price::price | fn price(&self) -> u32 | 11-11
tests | mod tests | 12-15
  tests::works | fn works() | 13-14
Kind | enum Kind | 16-16
  Kind::One | One | 16-16
  Kind::Two | Two(u8) | 16-16
MAX | const MAX: u32 = 3 | 17-17
twice | macro_rules! twice | 18-18"
    );
}

#[test]
fn what_does_not_parse_hides_only_itself() {
    let text = "def one(): pass\ndef (((\n\ndef two(): pass\n";
    assert!(shown(Language::Python, text).contains("one | def one()"));
    assert!(units(Language::Rust, b"\xff\xfe").is_err());
    let deep = "mod a {".repeat(20_000);
    assert!(units(Language::Rust, deep.as_bytes()).map_or(0, |units| units.len()) <= 64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_lie_within_the_unit_around(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "def f(): pass\n", "class C:\n", "    ", "x = 1\n", "@d\n", "\"\"\"é\"\"\"\n",
                "fn f() {}\n", "struct S;\n", "impl S {", "}", "mod m {", "/// é\n", "enum E { A }",
                "trait T { fn g(); }\n", "#[a]\n",
            ]),
            0..40,
        )
    ) {
        let text = tokens.concat();
        for language in Language::ALL {
            let found = units(*language, text.as_bytes()).unwrap();
            for unit in &found {
                prop_assert!(text.get(unit.whole.clone()).is_some());
                prop_assert!(unit.whole.start <= unit.name_range.start);
                prop_assert!(unit.name_range.end <= unit.whole.end);
                if let Some(parent) = unit.parent {
                    let around = &found[parent].whole;
                    prop_assert!(around.start <= unit.whole.start && unit.whole.end <= around.end);
                }
            }
        }
    }
}
