//! Changing parameters in Python.

use axon_code::{Signature, signature};
use axon_domain::Undecided;
use proptest::prelude::*;

use crate::harness::{Memory, check_located};

pub(crate) fn asked(text: &str) -> Signature {
    let (text, undecided) = match text.strip_suffix(" include") {
        Some(text) => (text, Undecided::Include),
        None => (text, Undecided::Ask),
    };
    Signature { signature: text.to_owned(), at: None, undecided }
}

#[track_caller]
fn check(fixture: &str, text: &str, expected: &str) {
    let files = Memory::parse(fixture);
    check_located(&files, signature(&files, &asked(text), &[]), expected);
}

#[test]
fn an_optional_parameter_changes_the_definition_alone() {
    check(
        "//- a.py\ndef price(amount):\n    return amount\nprice(1)\nmap(price, [])\n",
        "price(amount, currency: str = 'EUR')",
        "a.py:1: def price(amount, currency: str = 'EUR'):",
    );
}

#[test]
fn a_value_is_passed_by_every_caller() {
    check(
        "\
//- shop/a.py
def price(amount, *, short=False):
    return amount
//- use.py
from shop.a import price as p, price
import shop.a
p(1)
price(amount=2)
shop.a.price(p(3), short=True)
price(*rest)
",
        "price(amount, currency:='EUR', *, short)",
        "
shop/a.py:1: def price(amount, currency, *, short=False):
use.py:3: p(1, 'EUR')
use.py:4: price(amount=2, currency='EUR')
use.py:5: shop.a.price(p(3, 'EUR'), 'EUR', short=True)
use.py:6: price(*rest, currency='EUR')
",
    );
}

#[test]
fn a_value_in_a_formatted_string_has_other_quotes_than_the_string() {
    let fixture = "\
//- a.py
def price(amount):
    return amount
print(f\"{price(1):.2f} {{}}\", f'{price(2)}', f\"{f'{price(3)}'}\")
";
    check(
        fixture,
        "price(amount, currency:=\"EUR\")",
        "
a.py:1: def price(amount, currency):
a.py:3: print(f\"{price(1, 'EUR'):.2f} {{}}\", f'{price(2, \"EUR\")}', f\"{f'{price(3)}'}\")
? a.py:3 undecided: `\"EUR\"` cannot stand in the string around the call
",
    );
    check(
        fixture,
        "price(amount, currency:=1)",
        "
a.py:1: def price(amount, currency):
a.py:3: print(f\"{price(1, 1):.2f} {{}}\", f'{price(2, 1)}', f\"{f'{price(3, 1)}'}\")
",
    );
}

#[test]
fn parameters_change_places_with_their_arguments() {
    check(
        "\
//- a.py
def price(amount: int, currency='EUR'):
    '''Formats amount.

    >>> price(1, 'X')
    '''
    return amount
price(1, 'USD')
price(1)
price(one(), two())
price(one(), *rest)
price(price(1, 'a'), 'b')
",
        "price(currency, amount)",
        "! usage: `amount` has no default and cannot stand behind `currency`, which has one",
    );
    check(
        "\
//- a.py
def price(amount: int, currency):
    '''Formats.

    >>> price(1, 'X')
    '''
    return amount
price(1, 'USD')
price(
    1,
    currency=2,
)
price(one(), two())
price(one(), *rest)
price(price(1, 'a'), 'b')
",
        "price(currency, amount)",
        "
a.py:1: def price(currency, amount: int):
a.py:4: >>> price('X', 1)
a.py:7: price('USD', 1)
a.py:9: amount=1,
a.py:12: price(amount=one(), currency=two())
a.py:14: price('b', price('a', 1))
? a.py:13 undecided: `*` may fill any of the parameters that change
",
    );
}

#[test]
fn methods_change_with_their_overrides_and_bound_and_unbound_calls() {
    check(
        "\
//- a.py
class Cart:
    def total(self, tax, discount):
        return self.total(tax, discount)
    @staticmethod
    def other(): ...
class Big(Cart):
    @override
    def total(self, tax, discount=0):
        return super().total(tax, discount) + Cart.total(self, tax, discount)
def f(cart: Cart, thing):
    cart.total(1, 2)
    Cart.total(cart, 1, discount=2)
    thing.total(1, 2)
    thing.total()
",
        "Cart.total(discount<-discount, rate<-tax, note:=None)",
        "! needs-decision: this definition of `total`, which has to change too, takes other parameters",
    );
}

#[test]
fn a_parameter_gets_another_name_in_body_and_calls() {
    check(
        "\
//- a.py
class Cart:
    def total(self, tax, discount):
        def inner(tax): return tax
        return f'{tax}' + self.total(tax, tax=tax) + (lambda: tax)()
class Big(Cart):
    @override
    def total(self, tax, discount):
        return super().total(tax, discount) + Cart.total(self, tax, discount)
def f(cart: Cart, thing):
    cart.total(1, discount=2)
    Cart.total(cart, 1, discount=2)
    thing.total(1, discount=2)
    thing.total()
    key = cart.total
",
        "Cart.total(self, rate<-tax, rebate<-discount)",
        "
a.py:2: def total(self, rate, rebate):
a.py:4: return f'{rate}' + self.total(rate, tax=rate) + (lambda: rate)()
a.py:7: def total(self, rate, rebate):
a.py:8: return super().total(rate, rebate) + Cart.total(self, rate, rebate)
a.py:10: cart.total(1, rebate=2)
a.py:11: Cart.total(cart, 1, rebate=2)
? a.py:4 undecided: it passes `tax` twice
? a.py:12 undecided: thing: nothing says what it is
? a.py:13 undecided: thing: nothing says what it is; it passes fewer arguments than there have to be
? a.py:14 undecided: it is not called here but passed on
",
    );
}

#[test]
fn what_is_used_is_not_removed() {
    check(
        "//- a.py\ndef f(a, b):\n    x = b\n    return [a for b in x]\n",
        "f(a)",
        "! needs-decision: a parameter that would go is used: a.py:2: `x = b`",
    );
    check(
        "//- a.py\ndef f(a, b, c=1):\n    return a\nf(1, 2)\nf(1, b=2, c=3)\nf(1, g())\nf(1, 2, 3)\n@f\ndef g(): ...\n",
        "f(a, c)",
        "a.py:1: def f(a, c=1):
         a.py:3: f(1)
         a.py:4: f(1, c=3)
         a.py:6: f(1, 3)
         ? a.py:5 undecided: what it passes as `b` may do something
         ? a.py:7 undecided: it is not called here but passed on",
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let fixture = "//- a.py\nclass C:\n    @property\n    def p(self): ...\n    def m(self, a: int, *rest, **more):\n        new = 1\n";
    for (text, expected) in [
        ("p()", "! usage: `p` is a property, which nobody calls"),
        ("C()", "! usage: `a.C` is a type, not a function"),
        ("m(a)", "! usage: `**more` cannot be removed: callers may pass anything by it"),
        ("m(a, b, *rest, **more)", "! usage: nothing says what callers pass as `b`"),
        ("m(a, b:=x, *rest, **more)", "! usage: `x` may mean something else where callers stand"),
        ("m(a: str, *rest, **more)", "! usage: the type of `a` is not changed this way"),
        (
            "m(a, new=1, *rest, **more)",
            "! name-collision: `new` cannot be the name of a parameter: `new = 1` uses that name",
        ),
        ("m(a, *rest, **more)", "! nothing-to-do: there is nothing to change"),
        ("m(def=1, a, *rest, **more)", "! invalid-name: `def` is a keyword of Python"),
        (
            "m(a, a=1, *rest, **more)",
            "! usage: the default of `a` is not changed this way: calls that rely on it would mean something else",
        ),
        ("gone(a)", "! symbol-not-found: no symbol is called `gone`"),
    ] {
        check(fixture, text, expected);
    }
}

#[test]
fn what_no_parameter_takes_today_is_asked_about_before_a_new_one_takes_it() {
    check(
        "\
//- a.py
class Path:
    def join(self): ...
class Holder:
    def __init__(self, path: Path):
        self.path = path
    def read(self, name, thing):
        thing.join(name)
        return self.path.join(name)
",
        "join(self, child=None)",
        "
a.py:2: def join(self, child=None): ...
? a.py:8 undecided: it passes more arguments than there are
",
    );
    check(
        "//- a.py\ndef f(a, **more): ...\nf(1, new=2)\nf(1, other=2)\n",
        "f(a, new=None, **more)",
        "a.py:1: def f(a, new=None, **more): ...
         ? a.py:2 undecided: it passes another `new` already",
    );
}

#[test]
fn keywords_only_and_positions_only_are_respected() {
    check(
        "//- a.py\ndef f(a, b, /, c): ...\nf(1, 2, 3)\nf(1, 2, c=3)\n",
        "f(a, /, b, *, c)",
        "a.py:1: def f(a, /, b, *, c): ...
         a.py:2: f(1, 2, c=3)",
    );
    check(
        "//- a.py\ndef f(*, a): ...\nf(a=3)\n",
        "f(a, /)",
        "a.py:1: def f(a, /): ...
         a.py:2: f(3)",
    );
}

const USES: &[&str] = &[
    "f(1, x)\n",
    "f(a=1, b=x)\n",
    "f(1,\n  b=(x, f(2, 3)))\n",
    "def g():\n    return f(y, f(1, b='é'))\n",
    "f( 1 , 2 )\n",
    "def h():\n    '''\n    >>> f(1, 2)\n    '''\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changing_places_twice_gives_the_bytes_back(
        uses in prop::collection::vec(
            prop::sample::select(vec![
                "f(1, x)\n", "f( 1 , f(x, 2) )\n", "f(a=1, b=f(1, 2))\n", "f(1,\n  x)\n",
                "def h():\n    '''\n    >>> f(1, 2)\n    '''\n",
            ]),
            0..8,
        ),
    ) {
        let text = format!("def f(a, b: int):\n    return a\n{}", uses.concat());
        let before = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
        let first = signature(&before, &asked("f(b, c:=7, z<-a)"), &[]).expect("there");
        let middle = before.edited(&first);
        let second = signature(&middle, &asked("f(a<-z, b)"), &[]).expect("back");
        let after = middle.edited(&second);
        prop_assert_eq!(before.get("a.py"), after.get("a.py"));
    }

    #[test]
    fn the_inverse_change_gives_the_bytes_back(
        uses in prop::collection::vec(prop::sample::select(USES), 0..8),
        (there, back) in prop::sample::select(vec![
            ("f(a, b, c:=7)", "f(a, b)"),
            ("f(aa<-a, b)", "f(a<-aa, b)"),
            ("f(a, b, c=None)", "f(a, b)"),
        ]),
    ) {
        let text = format!("def f(a, b: int):\n    return 1\n{}", uses.concat());
        let before = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
        let first = signature(&before, &asked(there), &[]).expect("a change");
        let middle = before.edited(&first);
        let second = signature(&middle, &asked(back), &[]).expect("a change");
        let after = middle.edited(&second);
        let shown = |files: &Memory| String::from_utf8(files.get("a.py").to_vec()).expect("UTF-8");
        prop_assert_eq!(shown(&before), shown(&after), "by way of {}", shown(&middle));
    }
}
