//! One folder per language, and what the rest of the crate asks of it.

pub(crate) mod python;

use axon_domain::{Language, Result, Symbol, SymbolKind};

use crate::sources::Sources;
use crate::{Located, Rename};

/// What a language answers. One static of this type per language, listed in [`BACKENDS`].
pub(crate) struct Backend {
    /// The language.
    pub(crate) language: Language,
    /// Why a text cannot be a name of this language; `None` where it can.
    pub(crate) refuse_name: fn(&str) -> Option<String>,
    /// Words that stand before the name of a definition, for suggestions (`def`, `fn`).
    pub(crate) introducers: &'static [&'static str],
    /// The definitions that `from` (bare or qualified) may mean, in the order of path and line.
    pub(crate) candidates:
        fn(sources: &Sources<'_>, from: &str, kind: Option<SymbolKind>) -> Result<Vec<Symbol>>,
    /// Every place of one symbol. Checks collisions of the new name
    /// ([`axon_domain::Code::NameCollision`]) and follows `request.undecided`. Edits of files
    /// outside of the globs, the order of files and mentions, and `Located::skipped` are the
    /// caller's part.
    pub(crate) locate:
        fn(sources: &Sources<'_>, symbol: &Symbol, request: &Rename) -> Result<Located>,
}

/// Every language, in the order of [`Language::ALL`].
pub(crate) static BACKENDS: &[&Backend] = &[&python::BACKEND];
