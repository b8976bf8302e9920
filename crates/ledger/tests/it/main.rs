//! A ledger as others use it: through its public functions, on real files.

mod append;
mod support;
