use alloc::string::ToString;

use super::*;

#[test]
fn entities_print_as_they_are_read() {
    for text in [
        "file:shop/cart.py",
        "file:a b/c\nd.py",
        "file:c++/#1.rs",
        "symbol:shop.cart.Cart.total",
        "symbol:crate::cart::total",
        "unit:shop/cart.py#Cart.total",
        "unit:odd#folder/a.py#f",
        "user_database",
        "db:users",
        "Straße",
    ] {
        assert_eq!(text.parse::<Entity>().unwrap().to_string(), text);
    }
    let unit = Entity::unit("odd#folder/a.py", "f").unwrap();
    assert_eq!(unit.kind(), EntityKind::Unit { path: "odd#folder/a.py", name: "f" });
    assert_eq!(Entity::file("a.py").unwrap().kind(), EntityKind::File("a.py"));
    assert_eq!(Entity::symbol("a.b").unwrap().kind(), EntityKind::Symbol("a.b"));
    assert_eq!("db:users".parse::<Entity>().unwrap().kind(), EntityKind::Name("db:users"));
}

#[test]
fn what_has_two_names_or_none_cannot_be_locked() {
    let long = "x".repeat(10_000);
    for text in [
        "",
        " ",
        " a",
        "a\nb",
        "file:",
        "file:/etc",
        "file:a//b",
        "file:./a",
        "file:a/..",
        "file:a\0b",
        "symbol:",
        "symbol:\u{7}",
        "unit:a.py",
        "unit:a.py#",
        "unit:#f",
        &long,
    ] {
        let error = text.parse::<Entity>().unwrap_err();
        assert_eq!(error.code(), Code::Usage, "{text:?}");
    }
    assert!(Entity::unit("a.py", "r#type").is_err());
}

#[test]
fn holders_print_as_they_are_read() {
    for text in ["m3/4", "m3/t12/4", "person:ada", "session:5f0c/7", "person:m3/4"] {
        assert_eq!(text.parse::<Holder>().unwrap().to_string(), text);
    }
    for text in ["", "m3", "m3/0", "m3/t1", "m3/x/4", "m3/t1/4/5", "person:", "session: a", "ada"] {
        assert!(text.parse::<Holder>().is_err(), "{text:?}");
    }
    assert_eq!("m3/t12/4".parse::<Holder>().unwrap().mission(), Some(MissionId(3)));
    assert_eq!("person:ada".parse::<Holder>().unwrap().mission(), None);
}

#[test]
fn a_stronger_mode_is_greater() {
    assert!(LockMode::Exclusive > LockMode::Shared);
}
