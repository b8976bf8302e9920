//! Moving Python definitions.

use axon_code::{Move, move_symbol};
use axon_domain::Undecided;

use crate::harness::{Memory, check_located};

#[track_caller]
fn check(fixture: &str, symbol: &str, to: &str, expected: &str) {
    let files = Memory::parse(fixture);
    let request =
        Move { symbol: symbol.to_owned(), at: None, to: to.to_owned(), undecided: Undecided::Ask };
    check_located(&files, move_symbol(&files, &request, &[]), expected);
}

#[test]
fn a_function_moves_to_a_new_module_with_its_imports_and_users() {
    check(
        "\
//- shop/__init__.py
from .cart import total, Cart
//- shop/util.py
def rounded(x): return x
//- shop/cart.py
import math
import os
from .util import rounded

RATE = 2


class Cart:
    pass


# Adds up.
@cached
def total(items):
    '''Sums.

    >>> from shop.cart import total
    >>> total([])
    '''
    return rounded(math.fsum(items)) + total(os.sep)


def last(): return os
//- main.py
import shop.cart
import shop
from shop.cart import total as t
from shop.cart import (Cart,
    total)
def f():
    from shop.cart import total
    return total, t
print(shop.cart.total([]), shop.total([]))
",
        "shop.cart.total",
        "shop.totals",
        "
main.py:3: from shop.totals import total as t
main.py:4: from shop.cart import (Cart)
main.py:6: from shop.totals import total⏎import shop.totals⏎def f():
main.py:7: from shop.totals import total
main.py:9: print(shop.totals.total([]), shop.total([]))
shop/__init__.py:1: from .cart import Cart
shop/__init__.py:2: from .totals import total
shop/cart.py:1: import os
shop/cart.py:3:
shop/cart.py:12: def last(): return os
+ shop/totals.py: import math⏎import os⏎from shop.util import rounded⏎⏎⏎# Adds up.⏎@cached⏎def total(items):⏎    '''Sums.⏎⏎    >>> from shop.totals import total⏎    >>> total([])⏎    '''⏎    return rounded(math.fsum(items)) + total(os.sep)
",
    );
}

#[test]
fn what_the_old_module_still_uses_is_imported_back() {
    check(
        "//- a.py\n'''Doc.'''\nLIMIT = 3\n\ndef f(): return LIMIT\n__all__ = ['f', 'LIMIT']\n//- b.py\nx = 1\n//- c.py\nfrom a import *\nprint(LIMIT)\n",
        "LIMIT",
        "b.py",
        "
a.py:2: from b import LIMIT
a.py:5: __all__ = ['f']
b.py:2: LIMIT = 3
c.py:2: from b import LIMIT⏎print(LIMIT)
",
    );
}

#[test]
fn modules_that_would_import_each_other_are_refused() {
    check(
        "//- a.py\nRATE = 2\ndef total(x): return x * RATE\ndef use(): return total(1)\n//- b.py\nx = 1\n",
        "total",
        "b",
        "! needs-decision: modules would import each other: b imports a imports b",
    );
}

#[test]
fn what_cannot_move_is_refused_with_its_reason() {
    let fixture = "\
//- a.py
from x import *
class C:
    def m(self): ...
if C:
    def cond(): ...
def twice(): ...
def twice(): ...
COUNT = 0
def bump():
    global COUNT
    COUNT += 1
def starred(): return unknown()
a = b = 1
def fine(): ...
//- b.py
def fine(): ...
";
    for (symbol, to, expected) in [
        ("C.m", "b", "! usage: `a.C.m` is not defined at the top of its module"),
        ("cond", "b", "! usage: it is not a statement of its own at the top of its module"),
        ("twice", "b", "! usage: `a.twice` is bound in several places"),
        ("bump", "b", "! usage: it changes `COUNT` of its module"),
        ("starred", "b", "! usage: it may have `unknown` from a star import"),
        ("a.fine", "b", "! name-collision: `fine` is bound in its new module already"),
        ("a.fine", "a", "! nothing-to-do: `fine` is defined in `a.py` already"),
        ("a.fine", "x/../y.py", "! usage: `x/../y.py` cannot be imported"),
        ("a.fine", "x/y.rs", "! usage: `x/y.rs` is not the path of a Python file"),
    ] {
        check(fixture, symbol, to, expected);
    }
}
