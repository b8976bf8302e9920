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

#[test]
fn reexports_are_followed_through_any_number_of_packages() {
    check(
        "\
//- a/__init__.py
from a.b import total
//- a/b/__init__.py
from .c import total as total
__all__ = (\"total\",)
//- a/b/c/__init__.py
from ._impl import *
//- a/b/c/_impl.py
def total(): ...
//- use.py
import a.b.c
import a as x
a.total(), a.b.total(), a.b.c.total(), x.b.total()
",
        "total order_total",
        "
a/__init__.py:1: from a.b import order_total
a/b/__init__.py:1: from .c import order_total as order_total
a/b/__init__.py:2: __all__ = (\"order_total\",)
a/b/c/_impl.py:1: def order_total(): ...
use.py:3: a.order_total(), a.b.order_total(), a.b.c.order_total(), x.b.order_total()
",
    );
}

#[test]
fn a_private_name_is_not_taken_by_a_star_import() {
    check(
        "\
//- a.py
def _total(): ...
//- b.py
from a import *
_total = 1
_total
",
        "a._total order_total",
        "a.py:1: def order_total(): ...",
    );
}

#[test]
fn all_restricts_what_a_star_import_takes() {
    check(
        "\
//- a.py
__all__ = ['other']
def total(): ...
//- b.py
from a import *
total()
",
        "total order_total",
        "a.py:2: def order_total(): ...",
    );
}

#[test]
fn all_that_is_extended_is_edited() {
    check(
        "\
//- a.py
__all__ = []
__all__ += ['total']
__all__.append('total')
__all__.extend(['total', 'x'])
def total(): ...
",
        "total order_total",
        "
a.py:2: __all__ += ['order_total']
a.py:3: __all__.append('order_total')
a.py:4: __all__.extend(['order_total', 'x'])
a.py:5: def order_total(): ...
",
    );
}

#[test]
fn relative_imports_climb() {
    check(
        "\
//- p/__init__.py
//- p/a.py
def total(): ...
//- p/q/__init__.py
//- p/q/b.py
from ..a import total
from .. import a
total(), a.total()
//- p/q/r/__init__.py
from ...a import (
    total,  # here
)
",
        "total order_total",
        "
p/a.py:1: def order_total(): ...
p/q/b.py:1: from ..a import order_total
p/q/b.py:3: order_total(), a.order_total()
p/q/r/__init__.py:2: order_total,  # here
",
    );
}

#[test]
fn src_layout_and_namespace_packages_are_found() {
    check(
        "\
//- pyproject.toml
//- src/ns/shop/__init__.py
//- src/ns/shop/cart.py
def total(): ...
//- tests/test_cart.py
from ns.shop.cart import total
import ns.shop.cart
total(), ns.shop.cart.total()
",
        "total order_total",
        "
src/ns/shop/cart.py:1: def order_total(): ...
tests/test_cart.py:1: from ns.shop.cart import order_total
tests/test_cart.py:3: order_total(), ns.shop.cart.order_total()
",
    );
}

#[test]
fn a_stub_changes_with_its_module() {
    check(
        "\
//- a.py
def total(x): ...
//- a.pyi
from typing import overload
@overload
def total(x: int) -> int: ...
@overload
def total(x: str) -> str: ...
",
        "total order_total",
        "
a.py:1: def order_total(x): ...
a.pyi:3: def order_total(x: int) -> int: ...
a.pyi:5: def order_total(x: str) -> str: ...
",
    );
}

#[test]
fn two_modules_of_one_name_in_two_projects_are_told_apart() {
    check(
        "\
//- one/setup.py
//- one/util.py
def total(): ...
//- one/use.py
from util import total
//- two/setup.py
//- two/util.py
def total(): ...
//- two/use.py
from util import total
",
        "total order_total at=one/util.py:1",
        "
one/use.py:1: from util import order_total
one/util.py:1: def order_total(): ...
",
    );
}

#[test]
fn the_standard_library_is_not_the_project() {
    check(
        "\
//- tools/x/json.py
def dumps(): ...
//- app/a.py
import json
json.dumps()
",
        "dumps dump_all",
        "tools/x/json.py:1: def dump_all(): ...",
    );
}

#[test]
fn parameters_and_locals_hide_a_name() {
    check(
        "\
//- a.py
def total(): ...
def f(total): return total
def g():
    total = 1
    return total
def h(*total, **kw): return total
x = lambda total: total
y = [total for total in range(3)]
def k():
    for total in []: print(total)
    return total
def m():
    with open('f') as total: total
def n():
    try: pass
    except E as total: total
def o():
    import total
    return total
def p():
    return total()
",
        "total order_total kind=function",
        "
a.py:1: def order_total(): ...
a.py:21: return order_total()
",
    );
}

#[test]
fn a_local_binding_later_in_the_function_hides_the_name_everywhere_in_it() {
    check(
        "\
//- a.py
def total(): ...
def f():
    print(total)
    total = 1
def g():
    print(total)
    del total
",
        "total order_total kind=function",
        "a.py:1: def order_total(): ...",
    );
}

#[test]
fn global_reaches_the_module() {
    check(
        "\
//- a.py
total = 0
def f():
    global total
    total += 1
    def g():
        return total
def h():
    total = 2
    def k():
        nonlocal total
        total = 3
",
        "total order_total",
        "
a.py:1: order_total = 0
a.py:3: global order_total
a.py:4: order_total += 1
a.py:6: return order_total
",
    );
}

#[test]
fn class_scopes_are_not_seen_from_methods() {
    check(
        "\
//- a.py
def total(): ...
class C:
    total = 1
    x = total
    def f(self):
        return total()
    y = [total for _ in range(3)]
",
        "total order_total kind=function",
        "
a.py:1: def order_total(): ...
a.py:6: return order_total()
a.py:7: y = [order_total for _ in range(3)]
",
    );
}

#[test]
fn defaults_decorators_and_annotations_are_evaluated_outside() {
    check(
        "\
//- a.py
def total(x): ...
@total
def f(total=total, *, y: total = total(1)) -> total:
    return total
class C(total(1), metaclass=total):
    @total
    def total(self, x=total): ...
",
        "total order_total kind=function",
        "
a.py:1: def order_total(x): ...
a.py:2: @order_total
a.py:3: def f(total=order_total, *, y: order_total = order_total(1)) -> order_total:
a.py:5: class C(order_total(1), metaclass=order_total):
a.py:6: @order_total
a.py:7: def total(self, x=order_total): ...
",
    );
}

#[test]
fn comprehensions_have_their_own_scope_but_for_the_first_iterable() {
    check(
        "\
//- a.py
def total(): ...
a = [total for total in total()]
b = {total: 1 for x in total() if total}
c = (x for x in y for total in total)
",
        "total order_total",
        "
a.py:1: def order_total(): ...
a.py:2: a = [total for total in order_total()]
a.py:3: b = {order_total: 1 for x in order_total() if order_total}
",
    );
}

#[test]
fn an_assignment_expression_binds_around_the_comprehension() {
    check(
        "\
//- a.py
def total(): ...
def f():
    return [total := x for x in y], total
def g():
    return [x for x in y if total()]
",
        "total order_total kind=function",
        "
a.py:1: def order_total(): ...
a.py:5: return [x for x in y if order_total()]
",
    );
}

#[test]
fn match_captures_hide_and_class_patterns_refer() {
    check(
        "\
//- a.py
class Cart: ...
def f(x):
    match x:
        case Cart(y): return Cart
        case m.Cart: pass
def g(x):
    match x:
        case [Cart, *_]: return Cart
        case {'k': Cart, **rest}: pass
        case (1 | 2) as Cart: pass
        case Box(Cart=1): pass
",
        "Cart Basket",
        "
a.py:1: class Basket: ...
a.py:4: case Basket(y): return Basket
",
    );
}

#[test]
fn conditional_definitions_are_one_symbol() {
    check(
        "\
//- a.py
import sys
if sys.version_info > (3,):
    def total(): ...
else:
    def total(): ...
try:
    from fast import total
except ImportError:
    pass
total()
",
        "total order_total",
        "
a.py:3: def order_total(): ...
a.py:5: def order_total(): ...
a.py:7: from fast import total as order_total
a.py:10: order_total()
",
    );
}

#[test]
fn an_import_with_a_fallback_keeps_its_own_name() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
try:
    from a import total
except ImportError:
    def total(): ...
total()
//- c.py
from b import total
",
        "total order_total at=a.py:1",
        "
a.py:1: def order_total(): ...
b.py:2: from a import order_total as total
",
    );
}

#[test]
fn a_wrapper_of_the_same_name_is_asked_about() {
    check(
        "\
//- pkg/__init__.py
//- pkg/a.py
def total(): ...
//- pkg/curried.py
import pkg.a
from pkg import a
total = curry(pkg.a.total)
//- use.py
from pkg.curried import total
total()
result = total()
",
        "total order_total",
        "
pkg/a.py:1: def order_total(): ...
pkg/curried.py:3: total = curry(pkg.a.order_total)
? pkg/curried.py:3 wrapper: pkg.curried.total is a symbol of its own, made of the renamed one
",
    );
}

#[test]
fn a_wrapper_that_is_included_is_followed() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
import a
total = curry(a.total)
//- c.py
from b import total
total()
",
        "a.total order_total include",
        "
a.py:1: def order_total(): ...
b.py:2: order_total = curry(a.order_total)
c.py:1: from b import order_total
c.py:2: order_total()
",
    );
}

#[test]
fn annotations_in_strings_are_types_where_they_parse() {
    check_all(
        "\
//- a.py
from typing import List, Literal, Optional, cast, TypeVar
class Cart: ...
def f(x: \"Cart\", y: List[\"Cart\"]) -> 'Optional[Cart]': ...
z: \"dict[str, Cart]\" = cast(\"Cart\", 1)
T = TypeVar('T', bound='Cart')
w: Literal[\"Cart\"]
v: \"no type Cart\"
# type: Cart
",
        "Cart Basket",
        "
a.py:2: class Basket: ...
a.py:3: def f(x: \"Basket\", y: List[\"Basket\"]) -> 'Optional[Basket]': ...
a.py:4: z: \"dict[str, Basket]\" = cast(\"Basket\", 1)
a.py:5: T = TypeVar('T', bound='Basket')
? a.py:6 text: a string
? a.py:7 text: a string
? a.py:8 text: a type in a comment
",
    );
}

#[test]
fn type_parameters_hide_a_name() {
    check(
        "\
//- a.py
class Cart: ...
def f[Cart: int](x: Cart) -> Cart: return Cart
def g[T: Cart](x: T) -> Cart: ...
type X[Cart] = list[Cart]
type Y = list[Cart]
class D[Cart](Base[Cart]): x: Cart
",
        "Cart Basket",
        "
a.py:1: class Basket: ...
a.py:3: def g[T: Basket](x: T) -> Basket: ...
a.py:5: type Y = list[Basket]
",
    );
}

#[test]
fn keyword_arguments_and_attributes_of_other_things_stay() {
    check(
        "\
//- a.py
import os
def total(): ...
f(total=1)
x.total
os.total
{'total': 1}['total']
{'x': total}
",
        "total order_total",
        "
a.py:2: def order_total(): ...
a.py:7: {'x': order_total}
",
    );
}

#[test]
fn formatted_strings_hold_code() {
    check_all(
        "\
//- a.py
def total(): ...
f'total {total()!r:>{total}} {x}'
",
        "total order_total",
        "
a.py:1: def order_total(): ...
a.py:2: f'total {order_total()!r:>{order_total}} {x}'
? a.py:2 text: a string
",
    );
}

#[test]
fn doctests_are_code_of_their_module() {
    check_all(
        "\
//- a.py
def total(x):
    '''Sum.

    >>> total([1])
    1
    >>> for x in y:
    ...     total(x)
    total
    >>> total = 1
    '''
def other():
    '''
    >>> from a import total as t, total
    >>> t(1), total(2)
    '''
    '''
    >>> total
    '''
//- b.py
'''
>>> total()
'''
",
        "total order_total",
        "
a.py:1: def order_total(x):
a.py:13: >>> from a import order_total as t, order_total
a.py:14: >>> t(1), order_total(2)
? a.py:8 prose: prose of a docstring
? a.py:17 text: a string
",
    );
}

#[test]
fn names_in_text_are_listed_with_the_reason() {
    check_all(
        "\
//- a.py
def total(): ...
//- b.py
import a
getattr(a, 'total')
monkeypatch.setattr('a.total', 1)
mock.patch('a.total')
globals()['total']
eval('total()')
a.__dict__['total']
//- pyproject.toml
[project.scripts]
t = \"a:total\"
//- notes.txt
total
",
        "total order_total",
        "
a.py:1: def order_total(): ...
? b.py:2 dynamic: `getattr` looks the name up while the program runs
? b.py:3 dynamic: `monkeypatch.setattr` replaces what it names by text
? b.py:4 dynamic: `mock.patch` replaces what it names by text
? b.py:5 dynamic: `globals()` looks the name up while the program runs
? b.py:6 dynamic: `eval` runs code that is written as text
? b.py:7 dynamic: `a.__dict__` looks the name up while the program runs
? notes.txt:1 prose: documentation
? pyproject.toml:2 entry point: an entry point names it by text
",
    );
}

#[test]
fn a_fixture_is_passed_by_the_name_of_parameters() {
    check(
        "\
//- conftest.py
import pytest
@pytest.fixture
def cart(): ...
//- test_a.py
def test_a(cart):
    assert cart
",
        "cart basket",
        "
conftest.py:3: def basket(): ...
? test_a.py:1 undecided: pytest passes a fixture by the name of the parameter
",
    );
}

#[test]
fn nested_functions_are_symbols() {
    check(
        "\
//- a.py
def outer():
    def inner(): return inner
    return inner()
def other():
    def inner2(): ...
inner
",
        "outer.inner core",
        "
a.py:2: def core(): return core
a.py:3: return core()
",
    );
}

#[test]
fn async_functions_and_generators_are_functions() {
    check(
        "\
//- a.py
async def total(): ...
async def f():
    await total()
    async for x in total(): ...
    async with total() as total2: ...
",
        "total order_total",
        "
a.py:1: async def order_total(): ...
a.py:3: await order_total()
a.py:4: async for x in order_total(): ...
a.py:5: async with order_total() as total2: ...
",
    );
}

#[test]
fn constants_are_renamed() {
    check(
        "\
//- a.py
LIMIT: int = 3
LIMIT, x = 1, 2
print(LIMIT)
//- b.py
from a import LIMIT
import a
a.LIMIT = 4
del a.LIMIT
",
        "LIMIT CAP",
        "
a.py:1: CAP: int = 3
a.py:2: CAP, x = 1, 2
a.py:3: print(CAP)
b.py:1: from a import CAP
b.py:3: a.CAP = 4
b.py:4: del a.CAP
",
    );
}

#[test]
fn an_import_within_a_function_is_local() {
    check(
        "\
//- a.py
def total(): ...
//- b.py
def f():
    from a import total
    return total()
def g():
    return total()
",
        "total order_total",
        "
a.py:1: def order_total(): ...
b.py:2: from a import order_total
b.py:3: return order_total()
",
    );
}

#[test]
fn a_submodule_is_reached_through_its_package() {
    check(
        "\
//- p/__init__.py
from . import a
//- p/a.py
def total(): ...
//- u.py
import p
from p import a as q
p.a.total(), q.total()
",
        "total order_total",
        "
p/a.py:1: def order_total(): ...
u.py:3: p.a.order_total(), q.order_total()
",
    );
}

#[test]
fn circular_imports_end() {
    check(
        "\
//- a.py
from b import *
from b import total
//- b.py
from a import *
from a import total
total()
//- c.py
from c import total
def f(): return total
def total(): ...
",
        "c.total order_total",
        "
c.py:1: from c import order_total
c.py:2: def f(): return order_total
c.py:3: def order_total(): ...
? a.py:2 undecided: nothing in module b says what its total is
? b.py:2 undecided: nothing in module a says what its total is
",
    );
}
