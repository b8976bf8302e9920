//! What the planner found, kept as one object of the ledger.

use axon_domain::{
    Code, Error, FileEdits, Mention, ObjectId, ObjectStore, Result, SiteKind, Skipped, Symbol,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::task::WholeFile;

/// What the planner found, without the edits: those are kept with their tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The symbol that is meant; `None` for a rewrite, dead code and a list of goals.
    pub symbol: Option<Symbol>,
    /// Other symbols of the same name and why they are not meant.
    pub rejected: Vec<String>,
    /// How many places of each kind are edited.
    pub sites: Vec<(SiteKind, u32)>,
    /// Places that are left alone.
    pub mentions: Vec<Mention>,
    /// Files that were not looked into.
    pub skipped: Vec<Skipped>,
    /// Definitions that are removed because nothing uses them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Removed>,
    /// What was found for each goal of a list, in its order. Places of one goal stand where the
    /// goals before it leave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<GoalReport>,
}

impl Report {
    /// What was found for each goal: this report, or those of the goals of a list.
    pub fn parts(&self) -> impl Iterator<Item = &Report> {
        let own = self.goals.is_empty().then_some(self);
        own.into_iter().chain(self.goals.iter().map(|goal| &goal.report))
    }
}

/// A definition that is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The definition.
    pub symbol: Symbol,
    /// Why nothing uses it.
    pub evidence: String,
}

/// What was found for one goal of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalReport {
    /// The goal, in one line.
    pub title: String,
    /// How many of the mission's tasks are its own; they follow those of the goal before.
    pub tasks: u32,
    /// What was found.
    pub report: Report,
}

/// What is to happen to one file: what the object of a task holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlan {
    /// The edits; of a file that is made, one that adds all of its text.
    #[serde(flatten)]
    pub edits: FileEdits,
    /// Whether the file is made: nothing is there before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
    /// What the file becomes as a whole, where that is more than edits of its text; those are
    /// empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<WholeFile>,
}

impl From<FileEdits> for FilePlan {
    fn from(edits: FileEdits) -> Self {
        Self { edits, created: false, whole: None }
    }
}

/// How many places of each kind a set of edits has.
#[must_use]
pub fn count_sites(files: &[FilePlan]) -> Vec<(SiteKind, u32)> {
    let mut counts = std::collections::BTreeMap::<SiteKind, u32>::new();
    for site in files.iter().flat_map(|file| &file.edits.sites) {
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
