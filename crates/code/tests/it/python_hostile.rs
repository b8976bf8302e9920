//! Renaming in Python: names that are taken, bad requests, hostile files.

use crate::harness::{Memory, answer, check, check_all, request};
use axon_code::rename;

#[test]
fn a_name_that_is_taken_in_the_module_is_refused() {
    check(
        "\
//- a.py
def total(): ...
order_total = 1
",
        "total order_total",
        "! name-collision: `order_total` cannot be the new name: a.py:2: `order_total = 1`: already bound there",
    );
}

#[test]
fn a_name_that_is_taken_where_it_is_imported_is_refused() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
from a import total
from x import order_total
",
        "total order_total",
        "! name-collision: `order_total` cannot be the new name: b.py:2: `from x import order_total`: already bound there",
    );
}

#[test]
fn a_local_that_would_capture_a_reference_is_refused() {
    check(
        "\
//- a.py
def total(): ...
def f(order_total):
    return total()
",
        "total order_total",
        "! name-collision: `order_total` cannot be the new name: a.py:2: `def f(order_total):`: would capture the reference on line 3",
    );
}

#[test]
fn a_builtin_in_use_is_not_hidden() {
    check(
        "\
//- a.py
def total(x): return sum(x)
",
        "total sum",
        "! name-collision: `sum` cannot be the new name: a.py:1: `def total(x): return sum(x)`: would mean the renamed symbol",
    );
}

#[test]
fn a_local_of_the_new_name_elsewhere_is_no_collision() {
    check(
        "\
//- a.py
def total(): ...
def f():
    order_total = 1
    return order_total
",
        "total order_total",
        "a.py:1: def order_total(): ...",
    );
}

#[test]
fn a_star_import_that_brings_the_new_name_is_refused() {
    check(
        "\
//- a.py
from b import *
def total(): ...
//- b.py
def order_total(): ...
",
        "total order_total",
        "! name-collision: `order_total` cannot be the new name: a.py:2: `def total(): ...`: a star import brings that name",
    );
}

#[test]
fn keywords_and_other_text_are_no_names() {
    check("//- a.py\ndef f(): ...\n", "f class", "! invalid-name: `class` is a keyword of Python");
    check(
        "//- a.py\ndef f(): ...\n",
        "f a-b",
        "! invalid-name: `a-b` is not an identifier of Python",
    );
    check(
        "//- a.py\ndef f(): ...\n",
        "f 1a",
        "! invalid-name: `1a` is not an identifier of Python",
    );
}

#[test]
fn the_same_name_is_nothing_to_do() {
    check("//- a.py\ndef f(): ...\n", "f f", "! nothing-to-do: `a.f` already has that name");
}

#[test]
fn a_missing_symbol_names_close_ones() {
    let files = Memory::parse("//- a.py\ndef order_total(): ...\n");
    let (request, paths) = request("order_totl x");
    let error = rename(&files, &request, &paths).unwrap_err();
    assert_eq!(error.code(), axon_domain::Code::SymbolNotFound);
    assert_eq!(error.hint_text(), Some("did you mean `order_total`?"));
}

#[test]
fn a_place_that_is_no_definition_is_refused() {
    check(
        "//- a.py\ndef f(): ...\nf()\n",
        "f g at=a.py:2",
        "! symbol-not-found: no definition of `f` on that line",
    );
}

#[test]
fn paths_restrict_what_is_edited() {
    let fixture = "\
//- src/a.py
def total(): ...
//- tests/b.py
from src.a import total
";
    check(fixture, "total x path=src", "src/a.py:1: def x(): ...");
    check(fixture, "total x path=**/b.py", "tests/b.py:1: from src.a import x");
    check(fixture, "total x path=docs/**", "! nothing-to-do: there is nothing to change");
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    let files = Memory::of(vec![(
        "a.py".to_owned(),
        b"\xef\xbb\xbfdef total():\r\n    return 1\r\n\r\ntotal()".to_vec(),
    )]);
    let (request, paths) = request("total x keep");
    let located = rename(&files, &request, &paths).unwrap();
    let after = files.edited(&located);
    assert_eq!(
        after.get("a.py"),
        b"\xef\xbb\xbfdef x():\r\n    return 1\r\n\r\n\r\ntotal = x\r\n\r\nx()"
    );
    assert_eq!((located.files[0].sites[0].line, located.files[0].sites[0].column), (1, 5));
}

#[test]
fn files_that_are_not_text_are_skipped_with_their_reason() {
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let files = Memory::of(vec![
        ("a.py".to_owned(), b"def total(): ...\n".to_vec()),
        ("b.py".to_owned(), b"# caf\xe9\ntotal()\n".to_vec()),
        ("c.py".to_owned(), b"\0\0total".to_vec()),
        ("d.py".to_owned(), lfs.as_bytes().to_vec()),
        ("e.py".to_owned(), b"# caf\xe9 without the word\n".to_vec()),
        ("f.py".to_owned(), [b"total\n".as_slice(), &[b'#'; 11_000_000]].concat()),
    ]);
    answer(
        &files,
        "total x",
        "
a.py:1: def x(): ...
- b.py: not UTF-8
- c.py: binary
- d.py: its content is in Git LFS, not in the repository
- f.py: larger than 10 MB
",
        false,
    );
}

#[test]
fn a_file_that_does_not_parse_is_asked_about_where_it_does_not() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
from a import total
x = total()
def broken(:
    ))) total ((( 
",
        "total sum_up",
        "
a.py:1: def sum_up(): ...
? b.py:1 undecided: the file does not parse here (a defines it)
? b.py:2 undecided: the file does not parse here (from a import total, line 1)
? b.py:4 undecided: the file does not parse here (from a import total, line 1)
",
    );
}

#[test]
fn deep_nesting_is_survived() {
    let depth = 100_000;
    let text = format!(
        "def total(): ...\nx = {}total(){}\ny = {}total{}\nz = {}total{}\n",
        "(".repeat(depth),
        ")".repeat(depth),
        "not ".repeat(depth),
        "",
        "f".to_owned() + &".a".repeat(depth) + ".",
        "()".repeat(depth),
    );
    let files = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
    let (request, paths) = request("total sum_up");
    let located = rename(&files, &request, &paths).unwrap();
    assert!(located.files[0].sites.len() >= 2);
}

#[test]
fn empty_files_and_huge_lines_are_fine() {
    let files = Memory::of(vec![
        ("a.py".to_owned(), Vec::new()),
        (
            "b.py".to_owned(),
            format!("def total(): ...\nx = [{}]\n", "total(), ".repeat(50_000)).into_bytes(),
        ),
    ]);
    let (request, paths) = request("total y");
    let located = rename(&files, &request, &paths).unwrap();
    assert_eq!(located.files[0].sites.len(), 50_001);
}

#[test]
fn identifiers_are_compared_in_normal_form() {
    check(
        "\
//- a.py
def größe(): ...
ﬁnd = 1
ｆｉｎｄ
find
",
        "find suche",
        "
a.py:2: suche = 1
a.py:3: suche
a.py:4: suche
",
    );
    check(
        "//- a.py\ndef größe(): ...\ngröße()\n",
        "größe weite",
        "
a.py:1: def weite(): ...
a.py:2: weite()
",
    );
}

#[test]
fn a_repository_without_python_has_no_symbol() {
    check("//- a.txt\ntotal\n", "total x", "! symbol-not-found: no symbol is called `total`");
}

#[test]
fn a_hundred_thousand_mentions_are_counted_not_listed() {
    let text = format!("def total(): ...\n{}", "# total\n".repeat(5_000));
    let files = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
    let (request, paths) = request("total x");
    let located = rename(&files, &request, &paths).unwrap();
    assert_eq!(located.mentions.len(), 1_001);
    assert!(located.mentions.iter().any(|m| m.why.starts_with("4000 more places")));
}

#[test]
fn python_two_is_read_as_far_as_it_parses() {
    check_all(
        "\
//- a.py
def total(x): ...
print total(1)
print >>f, total
exec 'x' in total
",
        "total x",
        "
a.py:1: def x(x): ...
a.py:2: print x(1)
a.py:3: print >>f, x
a.py:4: exec 'x' in x
",
    );
}

#[test]
fn strings_that_only_look_like_code_stay() {
    check_all(
        "\
//- a.py
def total(): ...
x = '''
>>> total()
'''
y = r'total' b'total' f'{total}'
",
        "total z",
        "
a.py:1: def z(): ...
a.py:5: y = r'total' b'total' f'{z}'
? a.py:3 text: a string
? a.py:5 text: a string
? a.py:5 text: a string
",
    );
}

#[test]
fn a_builtin_is_itself_until_the_module_hides_it() {
    check(
        "\
//- a.py
_sum = sum
def sum(x): return _sum(x)
sum([])
def f(): return sum([])
",
        "sum add_up",
        "
a.py:2: def add_up(x): return _sum(x)
a.py:3: add_up([])
a.py:4: def f(): return add_up([])
",
    );
}

#[test]
fn names_that_the_interpreter_looks_for_are_asked_about() {
    check(
        "\
//- a.py
class Cart:
    def __len__(self): ...
def __getattr__(name): ...
",
        "__len__ size",
        "
a.py:2: def size(self): ...
? a.py:2 undecided: Python itself calls `__len__`
",
    );
}

#[test]
fn a_star_import_takes_no_name_with_an_underscore() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
from a import *
total()
",
        "total _total",
        "! name-collision: `_total` cannot be the new name: b.py:2: `total()`: a star import does not take names that begin with an underscore",
    );
}

#[test]
fn private_members_belong_to_one_class() {
    let fixture = "\
//- a.py
class A:
    def __total(self): return self.__total
class B(A):
    def __total(self): return self.__total
    def size(self): ...
";
    check(fixture, "A.__total __amount", "a.py:2: def __amount(self): return self.__amount");
    check(
        fixture,
        "B.size __size",
        "! invalid-name: `__size` would be private to one class (two leading underscores)",
    );
}

#[test]
fn an_entry_point_in_a_setup_script_is_listed_as_one() {
    check_all(
        "\
//- a.py
def total(): ...
//- setup.py
setup(entry_points={'console_scripts': ['x = a:total']})
",
        "total y",
        "
a.py:1: def y(): ...
? setup.py:1 entry point: an entry point names it by text
",
    );
}
