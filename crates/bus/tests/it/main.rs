//! Integration tests.

mod support;
mod turns;
