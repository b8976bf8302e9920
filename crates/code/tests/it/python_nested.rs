//! Renaming in Python: classes inside functions, classes and branches.

use crate::harness::{check, check_all};

#[test]
fn an_override_is_renamed_wherever_its_class_is_nested() {
    check(
        "\
//- a.py
class Base:
    def total(self): return 1
    class Inner:
        def total(self): return 0
class Outer:
    class Nested(Base):
        def total(self): return 2
        class Deeper(Base):
            def total(self): return super().total()
    def method(self):
        class InMethod(Base):
            def total(self): return 3
        return InMethod().total()
if Base:
    class InIf(Base):
        def total(self): return 4
try:
    class InTry(Base):
        def total(self): return 5
except Exception:
    class InExcept(Base):
        def total(self): return 6
def f():
    with open('x') as y:
        for z in y:
            class InFor(Base):
                def total(self): return 7
    def g():
        async def h():
            class InThree(Base):
                def total(self): return 8
            class Below(InThree):
                def total(self): return 9
            return Below().total()
        return h
    return InFor().total(), g
",
        "Base.total sum_up",
        "
a.py:2: def sum_up(self): return 1
a.py:7: def sum_up(self): return 2
a.py:9: def sum_up(self): return super().sum_up()
a.py:12: def sum_up(self): return 3
a.py:13: return InMethod().sum_up()
a.py:16: def sum_up(self): return 4
a.py:19: def sum_up(self): return 5
a.py:22: def sum_up(self): return 6
a.py:27: def sum_up(self): return 7
a.py:31: def sum_up(self): return 8
a.py:33: def sum_up(self): return 9
a.py:34: return Below().sum_up()
a.py:36: return InFor().sum_up(), g
",
    );
}

/// A base class, and classes that reach it by star, alias, generics, local and global names.
const WAYS_TO_A_BASE: &str = "\
//- shop/__init__.py
from .cart import Base
//- shop/cart.py
class Base:
    def total(self): return 1
//- test_a.py
import shop
import shop.cart as sc
from shop import *
from typing import Generic, TypeVar
T = TypeVar('T')
def test_star():
    class A(Base):
        def total(self): return 1
    A().total()
def test_local_alias():
    B = shop.Base
    C = B
    class D(C):
        def total(self): return 2
    class E(sc.Base, Generic[T]):
        def total(self): return 3
    def inner():
        class G(D):
            def total(self): return 4
        return G()
    inner().total()
def test_local_import():
    from shop.cart import Base as Other
    class H(Other):
        def total(self): return 5
    class I[T](Other):
        def total(self): return 6
    class J(I[int]):
        def total(self): return 7
def test_global():
    global K
    class K(Base):
        def total(self): return 8
    def nested():
        nonlocal_name = K
        class L(nonlocal_name):
            def total(self): return 9
def test_twice():
    class A(Base):
        def total(self): return 10
    class A(A):
        def total(self): return 11
K().total()
";

#[test]
fn an_override_is_renamed_whatever_way_its_base_is_reached() {
    check(
        WAYS_TO_A_BASE,
        "cart.Base.total sum_up",
        "
shop/cart.py:2: def sum_up(self): return 1
test_a.py:8: def sum_up(self): return 1
test_a.py:9: A().sum_up()
test_a.py:14: def sum_up(self): return 2
test_a.py:16: def sum_up(self): return 3
test_a.py:19: def sum_up(self): return 4
test_a.py:21: inner().sum_up()
test_a.py:25: def sum_up(self): return 5
test_a.py:27: def sum_up(self): return 6
test_a.py:29: def sum_up(self): return 7
test_a.py:33: def sum_up(self): return 8
test_a.py:37: def sum_up(self): return 9
test_a.py:40: def sum_up(self): return 10
test_a.py:42: def sum_up(self): return 11
test_a.py:43: K().sum_up()
",
    );
}

#[test]
fn an_override_whose_base_cannot_be_found_is_asked_about() {
    let fixture = "\
//- a.py
class Cart:
    def total(self): ...
def f(base, flag):
    class A(base):
        def total(self): ...
    class B(make(Cart)):
        def total(self): ...
    class C(Cart if flag else base):
        def total(self): ...
    class D(object):
        def total(self): ...
    A().total(), B().total(), D().total()
    N = None
    def g():
        nonlocal N
        class N(Cart):
            def total(self): ...
";
    check(
        fixture,
        "a.Cart.total sum_up",
        "
a.py:2: def sum_up(self): ...
a.py:9: def sum_up(self): ...
? a.py:5 undecided: `A` has a base that cannot be found, which may derive from a renamed class
? a.py:7 undecided: `B` has a base that cannot be found, which may derive from a renamed class
? a.py:9 undecided: `C` has a base that cannot be found, which may define `total`
? a.py:12 undecided: A(): a.f.A has a base that cannot be found
? a.py:12 undecided: B(): a.f.B has a base that cannot be found
? a.py:17 undecided: `N` has a base that cannot be found, which may derive from a renamed class
",
    );
    check(
        fixture,
        "a.Cart.total sum_up include",
        "
a.py:2: def sum_up(self): ...
a.py:5: def sum_up(self): ...
a.py:7: def sum_up(self): ...
a.py:9: def sum_up(self): ...
a.py:12: A().sum_up(), B().sum_up(), D().total()
a.py:17: def sum_up(self): ...
",
    );
}

#[test]
fn code_in_a_string_that_nothing_runs_is_told() {
    check_all(
        "\
//- a.py
class Cart:
    def total(self): ...
def test():
    assert Cart
    # Should `total` be public?
    \"\"\"
    class Sub(Cart):
        def total(self): ...
    \"\"\"
",
        "Cart.total sum_up",
        "
a.py:2: def sum_up(self): ...
? a.py:5 prose: a comment
? a.py:8 text: a string
",
    );
}
