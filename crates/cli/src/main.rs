//! The binary `axon`.
fn main() {}
