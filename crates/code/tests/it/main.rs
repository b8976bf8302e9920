//! The crate as others use it.

mod harness;
mod python_basics;
mod python_classes;
mod python_hostile;
mod rewriting;
mod rust_basics;
mod rust_hostile;
mod rust_macros;
mod rust_types;
