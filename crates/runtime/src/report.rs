//! What the planner found, kept as one object of the ledger.

use axon_domain::{
    Code, Error, FileEdits, Mention, ObjectId, ObjectStore, Result, SiteKind, Skipped, Symbol,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What the planner found, without the edits: those are kept with their tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The symbol that is meant; `None` for a rewrite.
    pub symbol: Option<Symbol>,
    /// Other symbols of the same name and why they are not meant.
    pub rejected: Vec<String>,
    /// How many places of each kind are edited.
    pub sites: Vec<(SiteKind, u32)>,
    /// Places that are left alone.
    pub mentions: Vec<Mention>,
    /// Files that were not looked into.
    pub skipped: Vec<Skipped>,
}

/// How many places of each kind a set of edits has.
#[must_use]
pub fn count_sites(files: &[FileEdits]) -> Vec<(SiteKind, u32)> {
    let mut counts = std::collections::BTreeMap::<SiteKind, u32>::new();
    for site in files.iter().flat_map(|file| &file.sites) {
        *counts.entry(site.kind).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// A number with its noun: `1 file`, `3 files`.
pub(crate) fn counted(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Keeps a value as a JSON object.
pub(crate) fn keep<T: Serialize>(store: &dyn ObjectStore, value: &T) -> Result<ObjectId> {
    let bytes = serde_json::to_vec(value).map_err(|error| {
        Error::new(Code::Bug, "a value cannot be written as JSON").because(error)
    })?;
    store.put(&bytes)
}

/// Reads a value that [`keep`] kept.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], id: ObjectId) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        Error::new(Code::LedgerDamaged, "an object of the ledger cannot be read")
            .at(id.to_string())
            .hint("run `axon verify`")
            .because(error)
    })
}
