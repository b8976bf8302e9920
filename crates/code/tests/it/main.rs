//! The crate as others use it.

#![expect(clippy::expect_used, reason = "a fixture that does not fit is the end of its test")]

mod dead_python;
mod dead_rust;
mod harness;
mod inverse;
mod moves_python;
mod moves_rust;
mod python_basics;
mod python_classes;
mod python_hostile;
mod python_mixtures;
mod python_nested;
mod rewriting;
mod rust_basics;
mod rust_hostile;
mod rust_macros;
mod rust_types;
mod signatures_python;
mod signatures_rust;
mod units;
