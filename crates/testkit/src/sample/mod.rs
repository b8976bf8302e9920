//! Sample projects: small ones in which every kind of reference occurs, and a large one made
//! from a seed.

mod large;

pub use large::Large;

/// A file of a sample project: its path and its text.
pub type File = (&'static str, &'static str);

macro_rules! project {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[ $( ($path, include_str!(concat!($folder, "/", $path))), )* ]
    };
}

/// A Python shop: a package with re-exports, `__all__`, doctests, a base class and one that
/// overrides it, two types with a method of the same name, a wrapper bound to the same name,
/// dynamic access, and tests (`python3 -m unittest`, no dependencies).
#[must_use]
pub fn python_shop() -> &'static [File] {
    project!("shop":
        "README.md",
        "shop/__init__.py",
        "shop/cart.py",
        "shop/cli.py",
        "shop/invoice.py",
        "shop/pricing/__init__.py",
        "shop/pricing/discount.py",
        "shop/pricing/total.py",
        "tests/__init__.py",
        "tests/test_cart.py",
        "tests/test_pricing.py",
    )
}

/// A Rust crate: a library with modules and re-exports, a trait with two implementations,
/// doc links and doc tests, a macro, a binary and integration tests; no dependencies.
#[must_use]
pub fn rust_crate() -> &'static [File] {
    project!("geometry":
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "src/area.rs",
        "src/bin/measure.rs",
        "src/lib.rs",
        "src/shapes.rs",
        "tests/areas.rs",
    )
}
