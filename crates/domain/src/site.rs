//! Places in source code, and what is to happen to them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ContentId;

/// A programming language that Axon knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Python 3.
    Python,
    /// Rust.
    Rust,
}

impl Language {
    /// Every language, in the order in which help texts list them.
    pub const ALL: &'static [Language] = &[Language::Python, Language::Rust];

    /// The name used in options and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Rust => "rust",
        }
    }

    /// The language of a path, by its ending.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
        match ending {
            "py" | "pyi" => Some(Language::Python),
            "rs" => Some(Language::Rust),
            _ => None,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|language| language.name() == text).ok_or(())
    }
}

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// A function outside a class or type.
    Function,
    /// A class, struct, enum, trait, union or type alias.
    Type,
    /// A function of a class or type.
    Method,
    /// A constant, static or module-level variable.
    Constant,
}

impl SymbolKind {
    /// The word used in options and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SymbolKind::Function => "function",
            SymbolKind::Type => "type",
            SymbolKind::Method => "method",
            SymbolKind::Constant => "constant",
        }
    }
}

impl fmt::Display for SymbolKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A definition that can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// The bare name: `total`.
    pub name: String,
    /// The name with what contains it, as the language writes it: `shop.cart.Cart.total`,
    /// `crate::cart::Cart::total`.
    pub qualified: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its language.
    pub language: Language,
    /// The file that defines it.
    pub path: String,
    /// The line of the definition's name, from 1.
    pub line: u32,
}

/// Why a place is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// The definition itself, or one that must keep the same name (an override, a trait's
    /// method and its implementations, an overload).
    Definition,
    /// A use of the symbol.
    Reference,
    /// An import.
    Import,
    /// An import that passes the name on to others (`pub use`, `__init__.py`, `__all__`).
    ReExport,
    /// Code inside documentation: a doctest, a Rust doc test, an intra-doc link.
    Documentation,
    /// A place that matches the pattern of a rewrite.
    Match,
    /// Text that was not there: the alias of `--keep-alias`.
    Addition,
    /// Lines as another mission, or a person who settled a conflict, left them: what a rebase
    /// brings over without an explanation of its own.
    Carried,
}

impl SiteKind {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SiteKind::Definition => "definition",
            SiteKind::Reference => "reference",
            SiteKind::Import => "import",
            SiteKind::ReExport => "re-export",
            SiteKind::Documentation => "documentation",
            SiteKind::Match => "match",
            SiteKind::Addition => "addition",
            SiteKind::Carried => "carried over",
        }
    }
}

/// One replacement in one file, in bytes of the file as it was before any edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdit {
    /// First byte replaced.
    pub start: usize,
    /// The byte after the last one replaced; equal to `start` for an insertion.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

/// A place to edit and the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Line of the first byte, from 1, before any edit.
    pub line: u32,
    /// Column of the first byte in characters, from 1, before any edit.
    pub column: u32,
    /// Why it is edited.
    pub kind: SiteKind,
    /// How it was resolved, for a person: `from shop.cart import total (line 3)`.
    pub evidence: String,
    /// The edit.
    pub edit: TextEdit,
}

/// Everything that happens to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEdits {
    /// The file, relative to the root of the repository, with `/`.
    pub path: String,
    /// The content that the offsets of the edits refer to.
    pub base: ContentId,
    /// Sorted by position; they do not overlap.
    pub sites: Vec<Site>,
}

/// Why a place is listed and not edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionKind {
    /// Code that may refer to the symbol, and nothing in the code decides it
    /// (`item.total()` where `item` could be anything).
    Undecided,
    /// The name in a string.
    Text,
    /// The name in a comment or in prose of documentation.
    Prose,
    /// Built or looked up while the program runs: `getattr`, `globals()`, a macro that
    /// makes names.
    Dynamic,
    /// Another symbol that is bound to this one under the same name (`f = curry(mod.f)`).
    Wrapper,
    /// A place that means the symbol and lies outside of the paths that may be edited.
    Excluded,
    /// The mission that is rebased left it alone, and so it stays.
    LeftBefore,
    /// A definition that nothing uses, and that nobody chose to remove.
    Unused,
    /// A definition that no code uses, and something else may use all the same.
    PerhapsUnused,
}

impl MentionKind {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MentionKind::Undecided => "undecided",
            MentionKind::Text => "text",
            MentionKind::Prose => "prose",
            MentionKind::Dynamic => "dynamic",
            MentionKind::Wrapper => "wrapper",
            MentionKind::Excluded => "excluded",
            MentionKind::LeftBefore => "left before",
            MentionKind::Unused => "unused",
            MentionKind::PerhapsUnused => "perhaps unused",
        }
    }

    /// Whether a person has to say what happens there before the mission can go on.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, MentionKind::Undecided | MentionKind::Wrapper)
    }
}

/// A place that mentions the name and is not edited unless somebody says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The file.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Why it is not edited.
    pub kind: MentionKind,
    /// The line, trimmed and cut to what a terminal shows.
    pub excerpt: String,
    /// What is not known, in words.
    pub why: String,
    /// What editing it would do, where that is possible at all.
    pub edit: Option<TextEdit>,
}

/// A file that was not looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file (lossy where its name is not UTF-8).
    pub path: String,
    /// Why: not UTF-8, binary, larger than the limit, an LFS pointer, a link.
    pub why: String,
}
