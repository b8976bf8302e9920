//! Opening SQLite well.
