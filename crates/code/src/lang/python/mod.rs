//! Python 3.

use axon_domain::{Language, Result, Symbol, SymbolKind};

use crate::lang::{Backend, Candidate};
use crate::sources::Sources;
use crate::{Located, Rename};

/// What the rest of the crate asks of Python.
pub(crate) static BACKEND: Backend = Backend {
    language: Language::Python,
    refuse_name: |_| None,
    introducers: &["def", "class"],
    candidates,
    locate,
};

fn candidates(_: &Sources<'_>, _: &str, _: Option<SymbolKind>) -> Result<Vec<Candidate>> {
    Ok(Vec::new())
}

fn locate(_: &Sources<'_>, _: &Symbol, _: &Rename) -> Result<Located> {
    Ok(Located::default())
}
