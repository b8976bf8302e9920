//! The crate as others use it.

mod harness;
mod python_basics;
mod rust_basics;
mod rust_macros;
mod rust_types;
