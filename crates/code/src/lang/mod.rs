//! One folder per language, and what the rest of the crate asks of it.

pub(crate) mod python;
pub(crate) mod rust;

use axon_domain::{Language, Result, Symbol, SymbolKind, Undecided};

use crate::signature::Asked;
use crate::sources::Sources;
use crate::{DeadCode, Located, Rename, Unused};

/// A symbol that a name may mean.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The symbol.
    pub(crate) symbol: Symbol,
    /// Further `path`, line of definitions that are the same symbol (overloads, overrides,
    /// stubs); each also answers to `--symbol`.
    pub(crate) also_at: Vec<(String, u32)>,
    /// Why it is not meant as long as there is another candidate; `None` where it may be.
    pub(crate) second_choice: Option<String>,
}

impl From<Symbol> for Candidate {
    fn from(symbol: Symbol) -> Self {
        Self { symbol, also_at: Vec::new(), second_choice: None }
    }
}

/// What a language answers. One static of this type per language, listed in [`BACKENDS`].
pub(crate) struct Backend {
    /// The language.
    pub(crate) language: Language,
    /// Why a text cannot be a name of this language; `None` where it can.
    pub(crate) refuse_name: fn(&str) -> Option<String>,
    /// Words that stand before the name of a definition, for suggestions (`def`, `fn`).
    pub(crate) introducers: &'static [&'static str],
    /// The symbols that `from` (bare or qualified) may mean, in the order of path and line.
    pub(crate) candidates:
        fn(sources: &Sources<'_>, from: &str, kind: Option<SymbolKind>) -> Result<Vec<Candidate>>,
    /// Every place of one symbol. Checks collisions of the new name
    /// ([`axon_domain::Code::NameCollision`]) and follows `request.undecided`. Edits of files
    /// outside of the globs, the order of files and mentions, and `Located::skipped` are the
    /// caller's part.
    pub(crate) locate:
        fn(sources: &Sources<'_>, symbol: &Symbol, request: &Rename) -> Result<Located>,
    /// Every place that changes with the parameters of a function; see [`crate::signature()`].
    pub(crate) signature: fn(
        sources: &Sources<'_>,
        symbol: &Symbol,
        asked: &Asked,
        undecided: Undecided,
    ) -> Result<Located>,
    /// The path of the file of a module, which need not exist, as a person names it.
    pub(crate) home: fn(sources: &Sources<'_>, symbol: &Symbol, to: &str) -> Result<String>,
    /// Every place that changes when a symbol moves to the file of this path, which is among
    /// the sources, empty where it is new; see [`crate::move_symbol()`].
    pub(crate) relocate: fn(
        sources: &Sources<'_>,
        symbol: &Symbol,
        home: &str,
        undecided: Undecided,
    ) -> Result<Located>,
    /// What is unused, with the edits that remove it; see [`crate::dead_code()`].
    pub(crate) dead: Dead,
}

/// Finds unused definitions in the files whose paths are asked for, and adds them and the edits.
pub(crate) type Dead = fn(
    sources: &Sources<'_>,
    request: &DeadCode,
    inside: &(dyn Fn(&str) -> bool + Sync),
    unused: &mut Unused,
) -> Result<()>;

/// Every language, in the order of [`Language::ALL`].
pub(crate) static BACKENDS: &[&Backend] = &[&python::BACKEND, &rust::BACKEND];
