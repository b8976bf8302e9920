//! Opening SQLite well.
//!
//! One writer and many readers on one file: write-ahead log, every commit synced, pages wiped
//! when rows are deleted, formats that only ever grow, and a refusal where file locks do not
//! hold. What is stored is the business of whoever brings a [`Schema`].

mod backup;
mod error;
mod network;
mod open;
mod schema;

pub use backup::copy;
pub use error::to_error;
pub use network::refuse_network;
pub use open::{not_begun, open_copy, open_reader, open_writer, truncate_wal};
pub use schema::Schema;
