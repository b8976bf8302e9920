//! `axon run`: what a mission can be given, and how it is followed. Refusals are in `symbols`,
//! checks in `checks`, the working tree in `untouched`.

use std::fs;

use axon_testkit::{TestRepo, sample};
use insta::assert_snapshot;

use crate::support::{self, RENAME, axon, beside, json, json_lines, parse, shown, small};

fn shop() -> TestRepo {
    TestRepo::with(sample::python_shop().iter().copied())
}

fn geometry() -> TestRepo {
    TestRepo::with(sample::rust_crate().iter().copied())
}

/// A mission that has to be done; gives what it changed, without context, file by file.
#[track_caller]
fn changes(repo: &TestRepo, arguments: &[&str]) -> String {
    let run = [&["run", "--no-check", "--undecided", "leave"], arguments].concat();
    let branch = axon(repo, &run).success().stdout;
    support::changes(repo, branch.trim())
}

#[test]
fn what_a_mission_prints() {
    let repo = small();
    assert_snapshot!(shown(&repo, &axon(&repo, RENAME).success()), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   left out, as asked
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
}

#[test]
fn the_commit_says_what_was_done_and_leads_back_to_the_ledger() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let message = repo.git(["log", "-1", "--format=%B", "axon/m1"]);
    let mut lines = message.lines();
    assert_eq!(lines.next(), Some("rename total to sum_up"));
    assert!(message.contains("3 places in 2 files; 0 mentions left alone."), "{message}");
    let trailers = repo.git(["log", "-1", "--format=%(trailers:only)", "axon/m1"]);
    for name in ["Axon-Mission: m1", "Axon-Ledger: ", "Axon-Event: ", "Axon-Checkpoint: "] {
        assert!(trailers.contains(name), "{name}\n{trailers}");
    }
    let event = trailers.lines().find_map(|line| line.strip_prefix("Axon-Event: ")).unwrap();
    let wanted = &json_lines(&repo, &["log", "--kind", "COMMIT"])[0]["data"];
    assert_eq!(wanted["seq"].to_string(), event);
    let people = repo.git(["log", "-1", "--format=%an <%ae> %cn <%ce>", "axon/m1"]);
    let ada = "Ada Lovelace <ada@example.org>";
    assert_eq!(people.trim(), format!("{ada} {ada}"));
}

#[test]
fn a_python_function_is_renamed() {
    let arguments =
        ["--rename", "calculate_total", "order_total", "--symbol", "shop/pricing/total.py:6"];
    assert_snapshot!(changes(&shop(), &arguments), @r#"
    # shop/__init__.py
    -from .pricing import apply_discount, calculate_total
    +from .pricing import apply_discount, order_total
    -__all__ = ["Cart", "apply_discount", "calculate_total"]
    +__all__ = ["Cart", "apply_discount", "order_total"]
    # shop/cart.py
    -from shop.pricing.total import calculate_total as _calculate_total
    +from shop.pricing.total import order_total as _calculate_total
    # shop/invoice.py
    -        gross = shop.pricing.calculate_total
    +        gross = shop.pricing.order_total
    # shop/pricing/__init__.py
    -from .total import VAT_PERCENT, calculate_total
    +from .total import VAT_PERCENT, order_total
    -__all__ = ["VAT_PERCENT", "apply_discount", "calculate_total"]
    +__all__ = ["VAT_PERCENT", "apply_discount", "order_total"]
    # shop/pricing/discount.py
    -    return totals.calculate_total(prices) * (100 - percent) // 100
    +    return totals.order_total(prices) * (100 - percent) // 100
    -    return totals.calculate_total(prices)
    +    return totals.order_total(prices)
    # shop/pricing/total.py
    -def calculate_total(prices, vat=VAT_PERCENT):
    +def order_total(prices, vat=VAT_PERCENT):
    -    >>> calculate_total([100, 200])
    +    >>> order_total([100, 200])
    -    >>> calculate_total([100], vat=0)
    +    >>> order_total([100], vat=0)
    # tests/test_pricing.py
    -from shop import calculate_total
    +from shop import order_total
    -        self.assertEqual(calculate_total([100, 200]), 357)
    -        self.assertIs(shop.calculate_total, total.calculate_total)
    +        self.assertEqual(order_total([100, 200]), 357)
    +        self.assertIs(shop.order_total, total.order_total)
    "#);
}

#[test]
fn a_python_class_is_renamed() {
    assert_snapshot!(changes(&shop(), &["--rename", "Cart", "Basket"]), @r#"
    # shop/__init__.py
    -from .cart import Cart
    +from .cart import Basket
    -__all__ = ["Cart", "apply_discount", "calculate_total"]
    +__all__ = ["Basket", "apply_discount", "calculate_total"]
    # shop/cart.py
    -class Cart(Collection):
    +class Basket(Collection):
    # shop/invoice.py
    -from shop.cart import Cart
    +from shop.cart import Basket
    -    def __init__(self, cart: Cart):
    +    def __init__(self, cart: Basket):
    # tests/test_cart.py
    -from shop import Cart
    +from shop import Basket
    -        self.cart = Cart().add(100).add(200)
    +        self.cart = Basket().add(100).add(200)
    "#);
}

#[test]
fn a_python_method_is_renamed_with_what_overrides_it() {
    assert_snapshot!(changes(&shop(), &["--rename", "Collection.total", "net_total"]), @r#"
    # shop/cart.py
    -    def total(self):
    +    def net_total(self):
    -    def total(self):
    +    def net_total(self):
    -        return self.total() - super().total()
    +        return self.net_total() - super().net_total()
    # shop/invoice.py
    -        return self.cart.total()
    +        return self.cart.net_total()
    # tests/test_cart.py
    -        self.assertEqual(self.cart.total(), 357)
    +        self.assertEqual(self.cart.net_total(), 357)
    "#);
}

#[test]
fn a_python_constant_is_renamed() {
    assert_snapshot!(changes(&shop(), &["--rename", "VAT_PERCENT", "TAX_PERCENT"]), @r#"
    # shop/pricing/__init__.py
    -from .total import VAT_PERCENT, calculate_total
    +from .total import TAX_PERCENT, calculate_total
    -__all__ = ["VAT_PERCENT", "apply_discount", "calculate_total"]
    +__all__ = ["TAX_PERCENT", "apply_discount", "calculate_total"]
    # shop/pricing/total.py
    -VAT_PERCENT = 19
    +TAX_PERCENT = 19
    -def calculate_total(prices, vat=VAT_PERCENT):
    +def calculate_total(prices, vat=TAX_PERCENT):
    "#);
}

#[test]
fn a_rust_function_is_renamed() {
    assert_snapshot!(changes(&geometry(), &["--rename", "total_area", "area_sum"]), @r#"
    # src/area.rs
    -/// # use geometry::{area::total_area, Square};
    -/// assert_eq!(total_area(&[Square(2), Square(3)]), 13);
    +/// # use geometry::{area::area_sum, Square};
    +/// assert_eq!(area_sum(&[Square(2), Square(3)]), 13);
    -pub fn total_area<S: Area>(shapes: &[S]) -> u64 {
    +pub fn area_sum<S: Area>(shapes: &[S]) -> u64 {
    -        assert_eq!(total_area::<Square>(&[]), 0);
    +        assert_eq!(area_sum::<Square>(&[]), 0);
    -        let total_area = super::total_area(&[Square(1)]);
    +        let total_area = super::area_sum(&[Square(1)]);
    # src/bin/measure.rs
    -use geometry::{area::total_area as total, Rectangle};
    +use geometry::{area::area_sum as total, Rectangle};
    # src/lib.rs
    -//! use geometry::{total_area, Rectangle};
    +//! use geometry::{area_sum, Rectangle};
    -//! assert_eq!(total_area(&[Rectangle::new(2, 3)]), 6);
    +//! assert_eq!(area_sum(&[Rectangle::new(2, 3)]), 6);
    -pub use crate::area::{total_area, Area};
    +pub use crate::area::{area_sum, Area};
    -/// The total area of any shapes, by [`total_area`].
    +/// The total area of any shapes, by [`area_sum`].
    -        0 $( + $crate::total_area(&[$shape]) )*
    +        0 $( + $crate::area_sum(&[$shape]) )*
    # tests/areas.rs
    -use geometry::{area_of, total_area, Area, Rectangle, Square, MAX_SIDE};
    +use geometry::{area_of, area_sum, Area, Rectangle, Square, MAX_SIDE};
    -    assert_eq!(total_area(&[wide.clone(), wide.turned()]), 16);
    +    assert_eq!(area_sum(&[wide.clone(), wide.turned()]), 16);
    "#);
}

#[test]
fn a_rust_type_is_renamed() {
    assert_snapshot!(changes(&geometry(), &["--rename", "Square", "Tile"]), @r#"
    # src/area.rs
    -/// # use geometry::{area::total_area, Square};
    -/// assert_eq!(total_area(&[Square(2), Square(3)]), 13);
    +/// # use geometry::{area::total_area, Tile};
    +/// assert_eq!(total_area(&[Tile(2), Tile(3)]), 13);
    -    use crate::Square;
    +    use crate::Tile;
    -        assert_eq!(total_area::<Square>(&[]), 0);
    +        assert_eq!(total_area::<Tile>(&[]), 0);
    -        let total_area = super::total_area(&[Square(1)]);
    +        let total_area = super::total_area(&[Tile(1)]);
    # src/lib.rs
    -pub use shapes::{Rectangle, Square, MAX_SIDE};
    +pub use shapes::{Rectangle, Tile, MAX_SIDE};
    # src/shapes.rs
    -pub struct Square(pub u64);
    +pub struct Tile(pub u64);
    -impl Square {
    +impl Tile {
    -        Square(side.min(MAX_SIDE))
    +        Tile(side.min(MAX_SIDE))
    -impl Area for Square {
    +impl Area for Tile {
    # tests/areas.rs
    -use geometry::{area_of, total_area, Area, Rectangle, Square, MAX_SIDE};
    +use geometry::{area_of, total_area, Area, Rectangle, Tile, MAX_SIDE};
    -    assert_eq!(area_of!(Square::new(2), Square::new(3)), 13);
    +    assert_eq!(area_of!(Tile::new(2), Tile::new(3)), 13);
    -    assert_eq!(Square::new(MAX_SIDE + 1).area(), MAX_SIDE * MAX_SIDE);
    +    assert_eq!(Tile::new(MAX_SIDE + 1).area(), MAX_SIDE * MAX_SIDE);
    "#);
}

#[test]
fn a_rust_method_is_renamed_and_its_namesake_is_not() {
    assert_snapshot!(changes(&geometry(), &["--rename", "Rectangle::new", "with_sides"]), @r#"
    # src/bin/measure.rs
    -        sides.chunks_exact(2).map(|pair| Rectangle::new(pair[0], pair[1])).collect();
    +        sides.chunks_exact(2).map(|pair| Rectangle::with_sides(pair[0], pair[1])).collect();
    # src/lib.rs
    -//! assert_eq!(total_area(&[Rectangle::new(2, 3)]), 6);
    +//! assert_eq!(total_area(&[Rectangle::with_sides(2, 3)]), 6);
    # src/shapes.rs
    -    pub fn new(width: u64, height: u64) -> Self {
    +    pub fn with_sides(width: u64, height: u64) -> Self {
    -    /// Turned by a quarter: see [`Rectangle::new`].
    +    /// Turned by a quarter: see [`Rectangle::with_sides`].
    -        Self::new(height, width)
    +        Self::with_sides(height, width)
    -        Rectangle::new(self.0, self.0).area()
    +        Rectangle::with_sides(self.0, self.0).area()
    # tests/areas.rs
    -    let wide = Rectangle::new(4, 2);
    +    let wide = Rectangle::with_sides(4, 2);
    -    assert_eq!(geometry::Rectangle::new(0, 5).area(), 0);
    +    assert_eq!(geometry::Rectangle::with_sides(0, 5).area(), 0);
    "#);
}

#[test]
fn a_rust_constant_is_renamed() {
    assert_snapshot!(changes(&geometry(), &["--rename", "MAX_SIDE", "SIDE_LIMIT"]), @r#"
    # src/lib.rs
    -pub use shapes::{Rectangle, Square, MAX_SIDE};
    +pub use shapes::{Rectangle, Square, SIDE_LIMIT};
    # src/shapes.rs
    -pub const MAX_SIDE: u64 = 1_000;
    +pub const SIDE_LIMIT: u64 = 1_000;
    -/// A rectangle, up to [`MAX_SIDE`].
    +/// A rectangle, up to [`SIDE_LIMIT`].
    -    /// A rectangle; longer sides are cut to [`MAX_SIDE`].
    +    /// A rectangle; longer sides are cut to [`SIDE_LIMIT`].
    -        Rectangle { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
    +        Rectangle { width: width.min(SIDE_LIMIT), height: height.min(SIDE_LIMIT) }
    -        Square(side.min(MAX_SIDE))
    +        Square(side.min(SIDE_LIMIT))
    # tests/areas.rs
    -use geometry::{area_of, total_area, Area, Rectangle, Square, MAX_SIDE};
    +use geometry::{area_of, total_area, Area, Rectangle, Square, SIDE_LIMIT};
    -    assert_eq!(Square::new(MAX_SIDE + 1).area(), MAX_SIDE * MAX_SIDE);
    +    assert_eq!(Square::new(SIDE_LIMIT + 1).area(), SIDE_LIMIT * SIDE_LIMIT);
    "#);
}

#[test]
fn the_old_name_can_stay_as_an_alias() {
    let python = changes(&small(), &["--rename", "total", "sum_up", "--keep-alias"]);
    assert_snapshot!(python, @r#"
    # shop.py
    -def total(prices):
    +def sum_up(prices):
    +
    +
    +total = sum_up
    # till.py
    -from shop import total
    +from shop import sum_up
    -print(total([1, 2]))
    +print(sum_up([1, 2]))
    "#);
    let rust = changes(&geometry(), &["--rename", "total_area", "area_sum", "--keep-alias"]);
    assert!(rust.contains("total_area"), "{rust}");
}

#[test]
fn a_rewrite_replaces_what_matches() {
    let repo = shop();
    let rewrite = ["--rewrite", "self.assertEqual($A, $B)", "--to", "assert $A == $B"];
    let arguments = [&rewrite[..], &["--lang", "python", "--path", "tests/test_cart.py"]].concat();
    assert_snapshot!(changes(&repo, &arguments), @r#"
    # tests/test_cart.py
    -        self.assertEqual(self.cart.total(), 357)
    -        self.assertEqual(self.cart.saving(), 57)
    +        assert self.cart.total() == 357
    +        assert self.cart.saving() == 57
    -        self.assertEqual(invoice.total(), 357)
    -        self.assertEqual(largest([self.cart, invoice]), 357)
    -        self.assertEqual(len(list(invoice.lines())), 2)
    +        assert invoice.total() == 357
    +        assert largest([self.cart, invoice]) == 357
    +        assert len(list(invoice.lines())) == 2
    "#);
    let rust = ["--rewrite", "$A.min(MAX_SIDE)", "--to", "limited($A)", "--lang", "rust"];
    assert_snapshot!(changes(&geometry(), &rust), @r#"
    # src/shapes.rs
    -        Rectangle { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
    +        Rectangle { width: limited(width), height: limited(height) }
    -        Square(side.min(MAX_SIDE))
    +        Square(limited(side))
    "#);
}

#[test]
fn a_sentence_is_the_same_mission_as_the_option() {
    let repo = small();
    let expected = changes(&repo, &["--rename", "total", "sum_up"]);
    assert_eq!(changes(&repo, &["rename function total to sum_up"]), expected);
    assert_eq!(changes(&repo, &["Rename `total` to `sum_up`."]), expected);
    let rewritten = changes(&repo, &["rewrite `sum($A)` to `add($A)` in python"]);
    assert!(rewritten.contains("+    return add(prices)"), "{rewritten}");
}

#[test]
fn only_files_that_match_the_paths_are_edited() {
    let rewrite = ["--rewrite", "total($$$A)", "--to", "sum_up($$$A)", "--lang", "python"];
    let files = [("a/one.py", "total(1)\n"), ("b/two.py", "total(2)\n"), ("c.py", "total(3)\n")];
    let repo = TestRepo::with(files);
    let paths = ["--path", "a/**", "--path", "*.py"];
    let found = changes(&repo, &[&rewrite[..], &paths[..2]].concat());
    assert_eq!(found, "# a/one.py\n-total(1)\n+sum_up(1)\n");
    let found = changes(&repo, &[&rewrite[..], &["--path", "b/**", "--path", "c.py"]].concat());
    assert!(!found.contains("a/one.py") && found.contains("b/two.py") && found.contains("c.py"));
}

#[test]
fn a_dry_run_shows_places_and_diff_and_records_nothing() {
    let repo = small();
    let arguments = ["run", "--rename", "total", "sum_up", "--dry-run"];
    assert_snapshot!(shown(&repo, &axon(&repo, &arguments).success()), @r#"
    exit: 0
    --- stdout
    function shop.total, defined at shop.py:1
    shop.py:1:5: definition  the definition of total
    till.py:1:18: import  shop defines it
    till.py:3:7: reference  from shop import total, line 1
    diff --git a/shop.py b/shop.py
    --- a/shop.py
    +++ b/shop.py
    @@ -1,2 +1,2 @@
    -def total(prices):
    +def sum_up(prices):
         return sum(prices)
    diff --git a/till.py b/till.py
    --- a/till.py
    +++ b/till.py
    @@ -1,3 +1,3 @@
    -from shop import total
    +from shop import sum_up
     
    -print(total([1, 2]))
    +print(sum_up([1, 2]))
    --- stderr
    3 places in 2 files would change; nothing was recorded
    "#);
    assert!(!repo.path().join(".axon").exists());
    assert!(!repo.home().join(".config/axon").exists(), "nor a key");
    let preview = json(&repo, &arguments);
    assert_eq!(preview["files"][0]["path"], "shop.py");
    assert_eq!(preview["report"]["symbol"]["qualified"], "shop.total");
}

#[test]
fn as_json_a_mission_is_a_stream_of_events_and_nothing_else() {
    let repo = small();
    let output = axon(&repo, &[RENAME, &["--json"]].concat()).success();
    assert_eq!(output.stderr, "");
    let kinds: Vec<String> = output
        .stdout
        .lines()
        .map(|line| parse(line)["data"]["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.first().unwrap(), "MISSION_GIVEN");
    assert!(kinds.contains(&"MISSION_ENDED".to_owned()), "{kinds:?}");
    assert_eq!(output.stdout, axon(&repo, &["log", "m1", "--json"]).success().stdout);
}

#[test]
fn events_go_to_a_file_descriptor_beside_what_people_read() {
    let repo = small();
    let binary = env!("CARGO_BIN_EXE_axon");
    let run = "run --rename total sum_up --no-check";
    let mut command = repo.command("sh");
    command.args(["-c", &format!("exec {binary} {run} --events-fd 3 3>../events")]);
    let output = repo.finish(command).success();
    assert_eq!(output.stdout, "axon/m1\n");
    let events = fs::read_to_string(beside(&repo, "events")).unwrap();
    assert_eq!(events, axon(&repo, &["log", "m1", "--json"]).success().stdout);

    // A reader that goes away ends nothing.
    let mut command = repo.command("sh");
    command.args(["-c", &format!("{{ {binary} {run} --events-fd 3 3>&1 >&2; }} | true")]);
    let _ = repo.finish(command);
    assert_eq!(json(&repo, &["show", "m2"])["outcome"], "done_unproven");

    for number in ["--events-fd=9", "--events-fd=-1"] {
        let arguments = [RENAME, &[number]].concat();
        let output = axon(&repo, &arguments).exits(2);
        assert!(output.stderr.contains("--events-fd"), "{output}");
    }
    assert_eq!(json(&repo, &["missions"])["missions"].as_array().unwrap().len(), 2);
}

#[test]
fn many_coders_and_one_coder_come_to_the_same_tree() {
    let repo = shop();
    let arguments = ["run", "--rename", "Cart", "Basket", "--no-check", "--agents"];
    for agents in ["1", "8"] {
        let _ = axon(&repo, &[&arguments[..], &[agents]].concat()).success();
    }
    let tree = |branch: &str| repo.git(["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree("axon/m1"), tree("axon/m2"));
}

#[test]
fn the_project_s_own_check_is_found_by_itself() {
    let repo = shop();
    let rename = ["run", "--rename", "Cart", "Basket"];
    let output = axon(&repo, &rename).success();
    assert!(output.stderr.contains("compiling Python and loading its tests passes"), "{output}");
    let nothing = TestRepo::with([("a.txt", "total\n"), ("script.rs", "fn total() {}\n")]);
    let output = axon(&nothing, &["run", "--rename", "total", "sum_up"]).success();
    assert!(output.stderr.contains("no check was found: looked for"), "{output}");
    assert!(output.stderr.contains("done, unproven: no check was found\n"), "{output}");
}
