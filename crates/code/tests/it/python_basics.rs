//! Renaming in Python: modules, imports, scopes.

use crate::harness::{check, check_all};

#[test]
fn a_function_is_renamed_across_modules() {
    check(
        "\
//- shop/__init__.py
from .cart import total
//- shop/cart.py
def total(items):
    return sum(items)

def show():
    print(total([1]))
//- main.py
import shop
from shop.cart import total as t
from shop import total
import shop.cart as c
print(shop.total([]), shop.cart.total([]), t([]), c.total([]), total(total=1))
",
        "total order_total",
        "
main.py:2: from shop.cart import order_total as t
main.py:3: from shop import order_total
main.py:5: print(shop.order_total([]), shop.cart.order_total([]), t([]), c.order_total([]), order_total(total=1))
shop/__init__.py:1: from .cart import order_total
shop/cart.py:1: def order_total(items):
shop/cart.py:5: print(order_total([1]))
",
    );
}

#[test]
fn a_star_import_brings_the_name() {
    check(
        "\
//- pkg/__init__.py
from .a import *
//- pkg/a.py
__all__ = ['total', \"other\"]
def total(): ...
def other(): ...
//- use.py
from pkg import *
total()
",
        "total order_total",
        "
pkg/a.py:1: __all__ = ['order_total', \"other\"]
pkg/a.py:2: def order_total(): ...
use.py:2: order_total()
",
    );
}

#[test]
fn everything_else_is_listed() {
    check_all(
        "\
//- a.py
def total():
    \"\"\"The total.

    >>> total()
    1
    \"\"\"
    # total is here
    return 'total'
//- README.md
Call total.
",
        "total order_total",
        "
a.py:1: def order_total():
a.py:4: >>> order_total()
? README.md:1 prose: documentation
? a.py:2 prose: prose of a docstring
? a.py:7 prose: a comment
? a.py:8 text: a string
",
    );
}
