//! Renaming Rust symbols by syntax tree and our own name resolution.
//!
//! Neither rustc nor rust-analyzer is asked: names are resolved by the rules of the language as
//! far as the code of the project decides them, and what it does not decide is said.
//!
//! Variants of enums are [`SymbolKind::Constant`], associated types are [`SymbolKind::Type`].

mod alias;
mod ast;
mod calls;
mod candidates;
mod collisions;
mod crates;
mod docs;
mod expand;
mod import_sites;
mod imports;
mod infer;
mod items;
mod known;
mod manifest;
mod members;
mod methods;
mod names;
mod occurrences;
mod patterns;
mod project;
mod rename;
mod resolve;
mod rules;
mod scan;
mod scope;
mod surroundings;
mod target;
mod tokens;
mod traits;
mod types;

use axon_domain::{Language, Result};

use self::project::Project;
use super::Backend;
use crate::sources::{FileId, parallel};

/// Rust.
pub(crate) static BACKEND: Backend = Backend {
    language: Language::Rust,
    refuse_name: names::refuse,
    introducers: &["fn", "struct", "enum", "union", "trait", "type", "const", "static"],
    candidates: candidates::find,
    locate: rename::locate,
};

/// Parses files on all cores, so that the rest finds them parsed.
fn parse_all(project: &Project<'_>, files: &[FileId]) -> Result<()> {
    let sources = project.sources;
    parallel(files, |file| sources.parsed(*file, Language::Rust).map(|_| ()))?;
    Ok(())
}
