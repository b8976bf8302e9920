//! Source code as syntax trees: finding symbols and everything that refers to them,
//! structural search and rewriting, and the parser as a judge of edits.
//!
//! One folder below `lang/` is one language; nothing outside it knows the language's grammar.
//! What cannot be decided from the code is reported as a [`Mention`], never guessed.

mod dead;
mod edits;
mod lang;
mod limits;
mod prose;
mod ranges;
mod relocate;
mod rename;
mod rewrite;
mod search;
mod sheet;
mod signature;
mod similar;
mod sources;
mod syntax;
mod text;
mod units;

pub use dead::{DeadCode, Finding, Unused, dead_code};
pub use edits::apply_edits;
pub use relocate::{Move, move_symbol};
pub use rename::rename;
pub use rewrite::rewrite;
pub use search::{Known, bare, search};
pub use signature::{Signature, read_signature, signature};
pub use syntax::{SyntaxVerdict, syntax};
pub use units::{Unit, UnitKind, UnitVisibility, units};

use std::sync::Arc;

use axon_domain::{
    ContentId, FileEdits, Language, Mention, Result, Skipped, Symbol, SymbolKind, Undecided,
};

/// One file of the tree that is looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Relative to the root of the repository, with `/`.
    pub path: String,
    /// Its content.
    pub content: ContentId,
}

/// The files of one tree. Reading is lazy: most files of a repository are never parsed.
pub trait Files: Sync {
    /// Every regular file, sorted by path. Links and submodules are not among them.
    fn list(&self) -> &[FileEntry];

    /// The bytes of one of them.
    fn read(&self, entry: &FileEntry) -> Result<Arc<[u8]>>;

    /// What is known from having searched all of them before; see [`search()`].
    fn known(&self) -> Option<&Known> {
        None
    }
}

/// What to rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The name, bare or qualified (`total`, `Cart.total`, `shop.cart.Cart.total`,
    /// `cart::Cart::total`).
    pub from: String,
    /// The new bare name.
    pub to: String,
    /// `path:line` of the definition, where the name alone is ambiguous.
    pub at: Option<(String, u32)>,
    /// Only symbols of this kind.
    pub kind: Option<SymbolKind>,
    /// Leave the old name behind as an alias.
    pub keep_alias: bool,
    /// What happens to places that nothing in the code decides.
    pub undecided: Undecided,
}

/// What to rewrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// With `$NAME` for one node and `$$$NAME` for several.
    pub pattern: String,
    /// With the same names.
    pub replacement: String,
    /// In which language.
    pub language: Language,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Located {
    /// The symbol that is meant; `None` for a rewrite.
    pub symbol: Option<Symbol>,
    /// Other symbols of the same name and why they are not meant.
    pub rejected: Vec<String>,
    /// The edits, sorted by path; files without edits are absent.
    pub files: Vec<FileEdits>,
    /// Files that do not exist yet and are part of the change.
    pub created: Vec<NewFile>,
    /// Places that are left alone, sorted by path and position.
    pub mentions: Vec<Mention>,
    /// Files that could hold the name and were not looked into.
    pub skipped: Vec<Skipped>,
}

/// A file to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Relative to the root of the repository, with `/`; nothing is there now.
    pub path: String,
    /// What it holds.
    pub text: String,
}
