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
mod dead;
mod docs;
mod expand;
mod import_sites;
mod imports;
mod infer;
mod items;
mod known;
mod lines;
mod manifest;
mod members;
mod methods;
mod modules;
mod names;
mod occurrences;
mod patterns;
mod project;
mod relocate;
mod rename;
mod resolve;
mod rules;
mod scan;
mod scope;
mod signature;
mod surroundings;
mod target;
mod tokens;
mod traits;
mod types;
mod units;
mod use_edits;

use axon_domain::{Code, Error, Language, Result};

use self::project::Project;
pub(crate) use self::units::units;
use super::Backend;
use crate::sources::{FileId, parallel};

/// Rust.
pub(crate) static BACKEND: Backend = Backend {
    language: Language::Rust,
    refuse_name: names::refuse,
    introducers: &["fn", "struct", "enum", "union", "trait", "type", "const", "static"],
    candidates: |sources, from, kind| with_room(|| candidates::find(sources, from, kind)),
    locate: |sources, symbol, request| with_room(|| rename::locate(sources, symbol, request)),
    signature: |sources, symbol, asked, undecided| {
        with_room(|| signature::locate(sources, symbol, asked, undecided))
    },
    home: |sources, symbol, to| with_room(|| relocate::home(sources, symbol, to)),
    relocate: |sources, symbol, home, undecided| {
        with_room(|| relocate::locate(sources, symbol, home, undecided))
    },
    dead: |sources, request, inside, unused| {
        with_room(|| dead::find(sources, request, inside, unused))
    },
};

/// Questions about names and types lead to others, up to a depth that is bounded and still
/// more than the stack of a thread of somebody else may hold.
const STACK: usize = 64 * 1024 * 1024;

fn with_room<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| {
            Error::new(Code::Io, "cannot start a thread to look at Rust code").because(error)
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Parses files on all cores, so that the rest finds them parsed.
fn parse_all(project: &Project<'_>, files: &[FileId]) -> Result<()> {
    let sources = project.sources;
    parallel(files, |file| sources.parsed(*file, Language::Rust).map(|_| ()))?;
    Ok(())
}
