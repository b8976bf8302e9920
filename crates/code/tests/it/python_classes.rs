//! Renaming in Python: classes, methods, receivers.

use crate::harness::check;

#[test]
fn a_method_is_renamed_through_self_cls_and_super() {
    check(
        "\
//- a.py
class Base:
    def total(self): return 1
    @classmethod
    def make(cls): return cls.total
class Cart(Base):
    def total(self): return super().total() + super(Cart, self).total()
    def show(self):
        f = lambda: self.total()
        return self.total(), Base.total(self)
class Other:
    def total(self): return self.total()
",
        "Base.total sum_up",
        "
a.py:2: def sum_up(self): return 1
a.py:4: def make(cls): return cls.sum_up
a.py:6: def sum_up(self): return super().sum_up() + super(Cart, self).sum_up()
a.py:8: f = lambda: self.sum_up()
a.py:9: return self.sum_up(), Base.sum_up(self)
",
    );
}

#[test]
fn a_method_of_one_family_is_not_ambiguous() {
    check(
        "\
//- a.py
class Base:
    def total(self): ...
//- b.py
from a import Base
class Cart(Base):
    def total(self): ...
class Sub(Cart): ...
Sub().total()
",
        "total sum_up",
        "
a.py:2: def sum_up(self): ...
b.py:3: def sum_up(self): ...
b.py:5: Sub().sum_up()
",
    );
}

#[test]
fn unrelated_methods_of_one_name_are_ambiguous() {
    check(
        "\
//- a.py
class A:
    def total(self): ...
class B:
    def total(self): ...
def total(): ...
",
        "total sum_up",
        "
! symbol-ambiguous: 3 symbols are called `total`:
a.py:2 method a.A.total
a.py:4 method a.B.total
a.py:5 function a.total
",
    );
}

#[test]
fn receivers_follow_from_annotations_and_assignments() {
    check(
        "\
//- a.py
from __future__ import annotations
from typing import List, Optional, Union
class Cart:
    def total(self): ...
    def me(self) -> Cart: return self
    def __enter__(self): return self
    def __exit__(self, *a): ...
class Shop:
    kept: Optional[Cart] = None
    def __init__(self, cart: Cart):
        self.cart = cart
        self.made = Cart()
    @property
    def prop(self) -> 'Cart': ...
    def all(self): return self.cart.total(), self.made.total(), self.kept.total(), self.prop.total()
def make() -> Cart | None: ...
def build(): return Cart()
def f(a: Cart, b: 'Cart', c: Optional[Cart], d: Union[Cart, None], e: List[Cart], *, s: Shop):
    a.total(), b.total(), c.total(), d.total(), s.cart.total()
    for x in e: x.total()
    [y.total() for y in e]
    with Cart() as w: w.total()
    make().total(), build().total(), a.me().me().total()
    if (z := make()): z.total()
    (a or b).total()
    (a if c else b).total()
cart = Cart()
cart.total()
async def g(x: type[Cart]): x.total(cart); (await h()).total()
async def h() -> Cart: ...
",
        "total sum_up",
        "
a.py:4: def sum_up(self): ...
a.py:15: def all(self): return self.cart.sum_up(), self.made.sum_up(), self.kept.sum_up(), self.prop.sum_up()
a.py:19: a.sum_up(), b.sum_up(), c.sum_up(), d.sum_up(), s.cart.sum_up()
a.py:20: for x in e: x.sum_up()
a.py:21: [y.sum_up() for y in e]
a.py:22: with Cart() as w: w.sum_up()
a.py:23: make().sum_up(), build().sum_up(), a.me().me().sum_up()
a.py:24: if (z := make()): z.sum_up()
a.py:25: (a or b).sum_up()
a.py:26: (a if c else b).sum_up()
a.py:28: cart.sum_up()
a.py:29: async def g(x: type[Cart]): x.sum_up(cart); (await h()).sum_up()
",
    );
}

#[test]
fn an_unknown_receiver_is_asked_about() {
    check(
        "\
//- a.py
class Cart:
    def total(self): ...
class Order:
    def total(self): ...
def f(x, y: int, z: Cart | Order):
    x.total()
    y.total()
    'text'.total()
    [].total()
    z.total()
",
        "Cart.total sum_up",
        "
a.py:2: def sum_up(self): ...
? a.py:6 undecided: x: nothing says what it is
? a.py:10 undecided: z may be a.Cart or of another class
",
    );
}

#[test]
fn undecided_places_are_included_by_request() {
    check(
        "\
//- a.py
class Cart:
    def total(self): ...
def f(x): x.total()
",
        "total sum_up include",
        "
a.py:2: def sum_up(self): ...
a.py:3: def f(x): x.sum_up()
",
    );
}

#[test]
fn undecided_places_are_left_by_request() {
    check(
        "\
//- a.py
class Cart:
    def total(self): ...
def f(x): x.total()
",
        "total sum_up leave",
        "
a.py:2: def sum_up(self): ...
? a.py:3 undecided: x: nothing says what it is
",
    );
}

#[test]
fn a_base_outside_of_the_project_is_asked_about() {
    check(
        "\
//- a.py
import threading
class Worker(threading.Thread):
    def run(self): ...
class Mapping(dict):
    def walk(self): ...
    def get(self, k): ...
",
        "run work",
        "
a.py:3: def work(self): ...
? a.py:3 undecided: `Worker` derives from `threading.Thread`, which is not part of the project and may define or call `run`
",
    );
}

#[test]
fn a_builtin_base_is_known() {
    check(
        "\
//- a.py
class Mapping(dict):
    def walk(self): ...
class E(ValueError):
    def walk(self): ...
class P(Mapping, Protocol[T]):
    def get(self): ...
",
        "Mapping.walk step",
        "a.py:2: def step(self): ...",
    );
}

#[test]
fn overriding_a_builtin_method_is_said() {
    check(
        "\
//- a.py
class Mapping(dict):
    def get(self, k): ...
",
        "get fetch",
        "
a.py:2: def fetch(self, k): ...
? a.py:2 undecided: it overrides `get` of `dict`
",
    );
}

#[test]
fn properties_with_setters_change_together() {
    check(
        "\
//- a.py
class Cart:
    @property
    def total(self): ...
    @total.setter
    def total(self, v): ...
    @total.deleter
    def total(self): ...
c = Cart()
c.total = 1
c.total += 1
del c.total
",
        "total amount",
        "
a.py:3: def amount(self): ...
a.py:4: @amount.setter
a.py:5: def amount(self, v): ...
a.py:6: @amount.deleter
a.py:7: def amount(self): ...
a.py:9: c.amount = 1
a.py:10: c.amount += 1
a.py:11: del c.amount
",
    );
}

#[test]
fn overloads_change_together() {
    check(
        "\
//- a.py
from typing import overload
class Cart:
    @overload
    def total(self, x: int): ...
    @overload
    def total(self, x: str): ...
    def total(self, x): ...
",
        "Cart.total amount",
        "
a.py:4: def amount(self, x: int): ...
a.py:6: def amount(self, x: str): ...
a.py:7: def amount(self, x): ...
",
    );
}

#[test]
fn two_bases_are_tied_by_a_class_that_derives_from_both() {
    check(
        "\
//- a.py
class Reader:
    def total(self): ...
//- b.py
class Impl:
    def total(self): ...
//- c.py
from a import Reader
from b import Impl
class Both(Impl, Reader): ...
",
        "Reader.total amount",
        "
a.py:2: def amount(self): ...
b.py:2: def amount(self): ...
",
    );
}

#[test]
fn a_mixin_that_uses_what_its_users_define_is_asked_about() {
    check(
        "\
//- a.py
class Mixin:
    def show(self): return self.total()
class Cart(Mixin):
    def total(self): ...
",
        "total amount",
        "
a.py:4: def amount(self): ...
? a.py:2 undecided: self: a.Mixin has no total itself; Cart, which derives from it, has
",
    );
}

#[test]
fn a_protocol_is_fulfilled_without_deriving() {
    check(
        "\
//- a.py
from typing import Protocol
class HasTotal(Protocol):
    def total(self): ...
class Cart:
    def total(self): ...
",
        "HasTotal.total amount",
        "
a.py:3: def amount(self): ...
? a.py:5 undecided: `Cart` may fulfil the protocol `HasTotal`, which is renamed
",
    );
}

#[test]
fn a_class_is_renamed_with_everything_that_names_it() {
    check(
        "\
//- shop/__init__.py
from shop.cart import Cart
//- shop/cart.py
class Cart(object):
    def clone(self) -> 'Cart':
        return Cart()
class Sub(Cart): ...
//- use.py
from shop import Cart
import shop
def f(x: Cart = None, y: 'shop.Cart' = None) -> shop.Cart:
    isinstance(x, (Cart, int))
    try: ...
    except Cart as e: raise Cart from e
    Cart.x = 1
",
        "Cart Basket",
        "
shop/__init__.py:1: from shop.cart import Basket
shop/cart.py:1: class Basket(object):
shop/cart.py:2: def clone(self) -> 'Basket':
shop/cart.py:3: return Basket()
shop/cart.py:4: class Sub(Basket): ...
use.py:1: from shop import Basket
use.py:3: def f(x: Basket = None, y: 'shop.Basket' = None) -> shop.Basket:
use.py:4: isinstance(x, (Basket, int))
use.py:6: except Basket as e: raise Basket from e
use.py:7: Basket.x = 1
",
    );
}

#[test]
fn nested_classes_and_their_methods_are_found() {
    check(
        "\
//- a.py
class Outer:
    class Inner:
        def total(self): ...
    x: Inner
    def f(self): return self.Inner().total(), Outer.Inner().total(), self.x.total()
def g():
    class Local:
        def total(self): return self.total()
    return Local().total()
",
        "Outer.Inner.total amount",
        "
a.py:3: def amount(self): ...
a.py:5: def f(self): return self.Inner().amount(), Outer.Inner().amount(), self.x.amount()
",
    );
}

#[test]
fn a_nested_class_is_renamed_through_its_owner() {
    check(
        "\
//- a.py
class Outer:
    class Inner: ...
    x: Inner
    def f(self): return self.Inner(), Outer.Inner()
class Sub(Outer):
    def g(self): return self.Inner
",
        "Inner Core",
        "
a.py:2: class Core: ...
a.py:3: x: Core
a.py:4: def f(self): return self.Core(), Outer.Core()
a.py:6: def g(self): return self.Core
",
    );
}

#[test]
fn classes_that_derive_from_each_other_end() {
    check(
        "\
//- a.py
class A(B):
    def total(self): return self.total()
class B(A.C, A):
    def total(self): ...
",
        "A.total amount",
        "
a.py:2: def amount(self): return self.amount()
a.py:4: def amount(self): ...
? a.py:2 undecided: `A` has a base that cannot be found, which may define `total`
? a.py:4 undecided: `B` has a base that cannot be found, which may define `total`
",
    );
}

#[test]
fn an_alias_in_the_class_body_refers_to_the_method() {
    check(
        "\
//- a.py
class Cart:
    def total(self): ...
    __len__ = total
    show = property(total)
",
        "total amount",
        "
a.py:2: def amount(self): ...
a.py:3: __len__ = amount
a.py:4: show = property(amount)
",
    );
}

#[test]
fn the_old_name_is_kept_for_functions_classes_methods_and_exports() {
    check(
        "\
//- p/__init__.py
from .a import total
__all__ = ['total']
//- p/a.py
def total():
    return 1


def other(): ...
//- use.py
from p import total
",
        "total order_total keep",
        "
p/__init__.py:1: from .a import order_total, total
p/__init__.py:2: __all__ = ['order_total', 'total']
p/a.py:1: def order_total():
p/a.py:2: return 1⏎⏎⏎total = order_total
use.py:1: from p import order_total
",
    );
}

#[test]
fn the_old_name_of_a_method_is_kept_in_every_class_that_defines_it() {
    check(
        "\
//- a.py
class Base:
    def total(self): return 1
class Cart(Base):
    @property
    def x(self): ...
    def total(self):
        if 1:
            return 2
    def y(self): ...
if True:
    def f(): ...
",
        "total amount keep",
        "
a.py:2: def amount(self): return 1⏎    total = amount
a.py:6: def amount(self):
a.py:8: return 2⏎    total = amount
",
    );
}

#[test]
fn the_old_name_is_kept_after_a_definition_with_conditions() {
    check(
        "\
//- a.py
if x:
    def f(): ...
else:
    def f(): ...
f()
",
        "f g keep",
        "
a.py:2: def g(): ...
a.py:4: def g(): ...⏎f = g
a.py:5: g()
",
    );
}

#[test]
fn a_method_name_that_a_related_class_has_is_refused() {
    check(
        "\
//- a.py
class Base:
    def total(self): ...
//- b.py
from a import Base
class Cart(Base):
    def amount(self): ...
",
        "total amount",
        "! name-collision: `amount` cannot be the new name: b.py:3: `def amount(self): ...`: `Cart` has that member",
    );
}

#[test]
fn an_attribute_of_the_instance_counts_as_a_member() {
    check(
        "\
//- a.py
class Cart:
    def total(self): self.amount = 1
",
        "total amount",
        "! name-collision: `amount` cannot be the new name: a.py:2: `def total(self): self.amount = 1`: `Cart` has that member",
    );
}

#[test]
fn a_stub_that_declares_what_its_module_imports_is_the_same_symbol() {
    let fixture = "\
//- attr/__init__.py
from ._funcs import resolve
from ._make import Attribute
//- attr/__init__.pyi
class Attribute:
    def evolve(self) -> Attribute: ...
def resolve(x: Attribute) -> None: ...
//- attr/_funcs.py
def resolve(x): ...
//- attr/_make.py
class Attribute:
    def evolve(self): ...
//- use.py
import attr
attr.resolve(attr.Attribute().evolve())
";
    check(
        fixture,
        "resolve settle",
        "
attr/__init__.py:1: from ._funcs import settle
attr/__init__.pyi:3: def settle(x: Attribute) -> None: ...
attr/_funcs.py:1: def settle(x): ...
use.py:2: attr.settle(attr.Attribute().evolve())
",
    );
    check(
        fixture,
        "evolve change",
        "
attr/__init__.pyi:2: def change(self) -> Attribute: ...
attr/_make.py:2: def change(self): ...
use.py:2: attr.resolve(attr.Attribute().change())
",
    );
}

#[test]
fn a_protocol_that_a_renamed_class_may_fulfil_is_asked_about() {
    let fixture = "\
//- a.py
from typing import Protocol
class HasTotal(Protocol):
    def total(self): ...
class Cart:
    def total(self): ...
def f(x: HasTotal): x.total()
";
    check(
        fixture,
        "Cart.total amount",
        "
a.py:5: def amount(self): ...
? a.py:3 undecided: a renamed class may fulfil the protocol `HasTotal`
",
    );
    check(
        fixture,
        "Cart.total amount include",
        "
a.py:3: def amount(self): ...
a.py:5: def amount(self): ...
a.py:6: def f(x: HasTotal): x.amount()
",
    );
}

#[test]
fn an_old_name_that_is_no_function_or_class_of_a_module_stays_close() {
    check(
        "//- a.py\ntotal = 1\n//- a.pyi\ndef total(): ...\n",
        "total amount keep at=a.py:1",
        "
a.py:1: amount = 1⏎total = amount
a.pyi:1: def amount(): ...⏎total = amount
",
    );
}
