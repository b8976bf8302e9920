//! The crate as others use it.

mod harness;
mod python_basics;
