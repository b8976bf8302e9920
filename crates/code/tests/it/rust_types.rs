//! Rust: methods, traits and the types that decide which one a call means.

use crate::harness::check;
use crate::rust_basics::lib;

#[test]
fn an_inherent_method_changes_where_the_type_is_known() {
    check(
        &lib("pub struct Cart { inner: Box<Line> }
pub struct Line;
impl Cart {
    pub fn new() -> Self { todo!() }
    pub fn total(&self) -> u32 { self.total2() + self.inner.total() }
    fn total2(&self) -> u32 { self.total() + Self::total(self) + Cart::total(self) }
    fn line(&self) -> &Line { &self.inner }
}
impl Line { fn total(&self) -> u32 { 1 } }
fn f(a: &Cart, b: Option<Cart>, c: Vec<Cart>) {
    a.total(); a.line().total(); Cart::new().total();
    let d = Cart::new(); d.total();
    b.as_ref().unwrap().total();
    if let Some(e) = &b { e.total(); }
    for g in &c { g.total(); }
    c.iter().map(|h| h.total()).sum::<u32>();
    c[0].total(); c.iter().filter(|x| x.total() > 1).map(Cart::total).count();
    (&*a).total(); <Cart>::total(a); std::rc::Rc::new(Cart::new()).total();
}
"),
        "Cart::total sum",
        "src/lib.rs:5: pub fn sum(&self) -> u32 { self.total2() + self.inner.total() }
         src/lib.rs:6: fn total2(&self) -> u32 { self.sum() + Self::sum(self) + Cart::sum(self) }
         src/lib.rs:11: a.sum(); a.line().total(); Cart::new().sum();
         src/lib.rs:12: let d = Cart::new(); d.sum();
         src/lib.rs:13: b.as_ref().unwrap().sum();
         src/lib.rs:14: if let Some(e) = &b { e.sum(); }
         src/lib.rs:15: for g in &c { g.sum(); }
         src/lib.rs:16: c.iter().map(|h| h.sum()).sum::<u32>();
         src/lib.rs:17: c[0].sum(); c.iter().filter(|x| x.sum() > 1).map(Cart::sum).count();
         src/lib.rs:18: (&*a).sum(); <Cart>::sum(a); std::rc::Rc::new(Cart::new()).sum();",
    );
}

#[test]
fn a_call_on_something_unknown_is_asked_about() {
    check(
        &lib(
            "pub struct Cart;\nimpl Cart { pub fn total(&self) {} }\nfn f() { let x = elsewhere::make(); x.total(); x.total(1); }\n",
        ),
        "total sum",
        "src/lib.rs:2: impl Cart { pub fn sum(&self) {} }
         ? src/lib.rs:3 undecided: the type of `x`: nothing in the code says what type this is",
    );
}

#[test]
fn undecided_calls_are_included_on_request() {
    check(
        &lib(
            "pub struct Cart;\nimpl Cart { pub fn total(&self) {} }\nfn f() { let x = elsewhere::make(); x.total(); }\n",
        ),
        "total sum include",
        "src/lib.rs:2: impl Cart { pub fn sum(&self) {} }
         src/lib.rs:3: fn f() { let x = elsewhere::make(); x.sum(); }",
    );
}

#[test]
fn a_private_method_is_not_looked_for_where_it_cannot_be_called() {
    check(
        &lib("mod a { pub struct Cart; impl Cart { fn total(&self) {} } fn g() { let x = e::m(); x.total(); } }\nfn f() { let x = elsewhere::make(); x.total(); }\n"),
        "total sum",
        "src/lib.rs:1: mod a { pub struct Cart; impl Cart { fn sum(&self) {} } fn g() { let x = e::m(); x.total(); } }
         ? src/lib.rs:1 undecided: the type of `x`: nothing in the code says what type this is",
    );
}

#[test]
fn a_traits_method_changes_with_its_implementations_and_calls() {
    check(
        &lib("pub trait Sum { fn total(&self) -> u32 { 0 } }
struct A; struct B; struct C;
impl Sum for A { fn total(&self) -> u32 { 1 } }
impl Sum for B {}
impl C { fn total(&self) -> u32 { 1 } }
fn f<T: Sum>(t: T, d: &dyn Sum, i: impl Sum) { t.total(); d.total(); i.total(); }
fn g<T>(t: T) where T: Sum { t.total(); T::total(&t); <T as Sum>::total(&t); }
fn h() { A.total(); B.total(); C.total(); Sum::total(&A); A::total(&A); <B as Sum>::total(&B); C::total(&C); }
trait More: Sum { fn m(&self) { self.total(); } }
fn k(m: &dyn More) { m.total() }
"),
        "Sum::total amount",
        "src/lib.rs:1: pub trait Sum { fn amount(&self) -> u32 { 0 } }
         src/lib.rs:3: impl Sum for A { fn amount(&self) -> u32 { 1 } }
         src/lib.rs:6: fn f<T: Sum>(t: T, d: &dyn Sum, i: impl Sum) { t.amount(); d.amount(); i.amount(); }
         src/lib.rs:7: fn g<T>(t: T) where T: Sum { t.amount(); T::amount(&t); <T as Sum>::amount(&t); }
         src/lib.rs:8: fn h() { A.amount(); B.amount(); C.total(); Sum::amount(&A); A::amount(&A); <B as Sum>::amount(&B); C::total(&C); }
         src/lib.rs:9: trait More: Sum { fn m(&self) { self.amount(); } }
         src/lib.rs:10: fn k(m: &dyn More) { m.amount() }",
    );
}

#[test]
fn an_implementation_names_the_whole_trait() {
    check(
        &lib(
            "pub trait Sum { fn total(&self); }\nstruct A;\nimpl Sum for A { fn total(&self) {} }\nfn f(a: A) { a.total() }\n",
        ),
        "A::total sum",
        "src/lib.rs:1: pub trait Sum { fn sum(&self); }
         src/lib.rs:3: impl Sum for A { fn sum(&self) {} }
         src/lib.rs:4: fn f(a: A) { a.sum() }",
    );
}

#[test]
fn a_method_of_somebody_elses_trait_keeps_its_name() {
    check(
        &lib(
            "struct A;\nimpl std::fmt::Display for A { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) } }\n",
        ),
        "A::fmt show",
        "! symbol-not-found: `fmt` implements `std::fmt::Display`, a trait that is not in this project, and takes its name from there",
    );
}

#[test]
fn an_extension_trait_is_found_on_types_from_elsewhere() {
    check(
        &lib("trait Ext { fn total(&self) -> u32; }
impl Ext for u32 { fn total(&self) -> u32 { 1 } }
impl<T> Ext for Vec<T> { fn total(&self) -> u32 { 1 } }
fn f(x: u32, v: Vec<u8>, s: String) { x.total(); v.total(); 5u32.total(); u32::total(&x); s.total(); Vec::<u8>::total(&v); }
"),
        "Ext::total sum",
        "src/lib.rs:1: trait Ext { fn sum(&self) -> u32; }
         src/lib.rs:2: impl Ext for u32 { fn sum(&self) -> u32 { 1 } }
         src/lib.rs:3: impl<T> Ext for Vec<T> { fn sum(&self) -> u32 { 1 } }
         src/lib.rs:4: fn f(x: u32, v: Vec<u8>, s: String) { x.sum(); v.sum(); 5u32.sum(); u32::sum(&x); s.total(); Vec::<u8>::sum(&v); }",
    );
}

#[test]
fn a_blanket_implementation_reaches_every_type() {
    check(
        &lib(
            "trait Ext { fn total(&self) {} }\nimpl<T> Ext for T {}\nstruct A;\nfn f(a: A, s: String) { a.total(); s.total(); }\n",
        ),
        "Ext::total sum",
        "src/lib.rs:1: trait Ext { fn sum(&self) {} }
         src/lib.rs:4: fn f(a: A, s: String) { a.sum(); s.sum(); }",
    );
}

#[test]
fn deref_leads_to_the_type_behind() {
    check(
        &lib("struct Cart; impl Cart { fn total(&self) {} }
struct Wrap(Cart);
impl std::ops::Deref for Wrap { type Target = Cart; fn deref(&self) -> &Cart { &self.0 } }
fn f(w: Wrap, a: std::sync::Arc<std::sync::Mutex<Cart>>) { w.total(); w.0.total(); a.lock().unwrap().total(); }
"),
        "total sum",
        "src/lib.rs:1: struct Cart; impl Cart { fn sum(&self) {} }
         src/lib.rs:4: fn f(w: Wrap, a: std::sync::Arc<std::sync::Mutex<Cart>>) { w.sum(); w.0.sum(); a.lock().unwrap().sum(); }",
    );
}

#[test]
fn generics_carry_types_through_fields_and_results() {
    check(
        &lib("struct Cart; impl Cart { fn total(&self) {} }
struct Holder<T> { inner: T, all: Vec<T> }
impl<T> Holder<T> { fn get(&self) -> &T { &self.inner } fn first(&self) -> Option<&T> { self.all.first() } }
enum Either<L, R> { Left(L), Right { r: R } }
fn f(h: Holder<Cart>, e: Either<Cart, u32>) {
    h.inner.total(); h.get().total(); h.first().unwrap().total();
    match e { Either::Left(c) => c.total(), Either::Right { r } => drop(r) }
    let (a, b) = (Cart, 1); a.total(); let [x, ..] = [Cart]; x.total(); let _ = b;
}
async fn g() -> Result<Cart, ()> { Ok(Cart) }
async fn h() -> Result<(), ()> { g().await?.total(); let Ok(c) = g().await else { return Ok(()) }; c.total(); Ok(()) }
"),
        "total sum",
        "src/lib.rs:1: struct Cart; impl Cart { fn sum(&self) {} }
         src/lib.rs:6: h.inner.sum(); h.get().sum(); h.first().unwrap().sum();
         src/lib.rs:7: match e { Either::Left(c) => c.sum(), Either::Right { r } => drop(r) }
         src/lib.rs:8: let (a, b) = (Cart, 1); a.sum(); let [x, ..] = [Cart]; x.sum(); let _ = b;
         src/lib.rs:11: async fn h() -> Result<(), ()> { g().await?.sum(); let Ok(c) = g().await else { return Ok(()) }; c.sum(); Ok(()) }",
    );
}

#[test]
fn associated_constants_and_types_change() {
    check(
        &lib("trait Shape { const SIDES: u32; type Unit; }\nstruct S;\nimpl Shape for S { const SIDES: u32 = 4; type Unit = u8; }\nfn f<T: Shape<Unit = u8>>() -> u32 { T::SIDES + S::SIDES + <S as Shape>::SIDES }\n"),
        "Shape::SIDES EDGES",
        "src/lib.rs:1: trait Shape { const EDGES: u32; type Unit; }
         src/lib.rs:3: impl Shape for S { const EDGES: u32 = 4; type Unit = u8; }
         src/lib.rs:4: fn f<T: Shape<Unit = u8>>() -> u32 { T::EDGES + S::EDGES + <S as Shape>::EDGES }",
    );
    check(
        &lib("trait Shape { const SIDES: u32; type Unit; }\nstruct S;\nimpl Shape for S { const SIDES: u32 = 4; type Unit = u8; }\nfn f<T: Shape<Unit = u8>>(x: T::Unit, y: <T as Shape>::Unit) -> Option<<S as Shape>::Unit> { None }\n"),
        "Shape::Unit Size",
        "src/lib.rs:1: trait Shape { const SIDES: u32; type Size; }
         src/lib.rs:3: impl Shape for S { const SIDES: u32 = 4; type Size = u8; }
         src/lib.rs:4: fn f<T: Shape<Size = u8>>(x: T::Size, y: <T as Shape>::Size) -> Option<<S as Shape>::Size> { None }",
    );
}

#[test]
fn associated_functions_are_found_through_aliases_and_self() {
    check(
        &lib("mod a { pub struct Cart; impl Cart { pub fn make() -> Self { Self::make() } } }\ntype Basket = a::Cart;\nuse a::Cart as C;\nfn f() { Basket::make(); C::make(); a::Cart::make(); let g = Basket::make; g(); }\n"),
        "Cart::make build",
        "src/lib.rs:1: mod a { pub struct Cart; impl Cart { pub fn build() -> Self { Self::build() } } }
         src/lib.rs:4: fn f() { Basket::build(); C::build(); a::Cart::build(); let g = Basket::build; g(); }",
    );
}

#[test]
fn a_field_and_a_method_of_one_name_are_two_things() {
    check(
        &lib(
            "struct Cart { total: u32, f: fn() }\nimpl Cart { fn total(&self) -> u32 { self.total } }\nfn g(c: Cart) { c.total; c.total(); (c.f)(); Cart { total: 1, f: c.f }; }\n",
        ),
        "total sum",
        "src/lib.rs:2: impl Cart { fn sum(&self) -> u32 { self.total } }
         src/lib.rs:3: fn g(c: Cart) { c.total; c.sum(); (c.f)(); Cart { total: 1, f: c.f }; }",
    );
}

#[test]
fn a_method_is_never_a_call_on_a_type_without_it() {
    check(
        &lib("struct Cart; impl Cart { pub fn len(&self) -> usize { 0 } }\nfn f(c: Cart, v: Vec<u8>, s: &str, m: std::collections::HashMap<u8, Cart>) { c.len(); v.len(); s.len(); m.len(); m[&1].len(); m.values().map(|c| c.len()).count(); m.get(&1).map(|x| x.len()); }\n"),
        "Cart::len size",
        "src/lib.rs:1: struct Cart; impl Cart { pub fn size(&self) -> usize { 0 } }
         src/lib.rs:2: fn f(c: Cart, v: Vec<u8>, s: &str, m: std::collections::HashMap<u8, Cart>) { c.size(); v.len(); s.len(); m.len(); m[&1].size(); m.values().map(|c| c.size()).count(); m.get(&1).map(|x| x.size()); }",
    );
}

#[test]
fn an_iterator_of_the_project_gives_its_items() {
    check(
        &lib("struct Cart; impl Cart { fn total(&self) {} }\nstruct All(Vec<Cart>);\nimpl Iterator for All { type Item = Cart; fn next(&mut self) -> Option<Cart> { self.0.pop() } }\nfn f(all: All, more: impl Iterator<Item = Cart>) { for c in all { c.total() } for d in more { d.total() } }\n"),
        "total sum",
        "src/lib.rs:1: struct Cart; impl Cart { fn sum(&self) {} }
         src/lib.rs:4: fn f(all: All, more: impl Iterator<Item = Cart>) { for c in all { c.sum() } for d in more { d.sum() } }",
    );
}
