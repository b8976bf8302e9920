//! Searching files for a word, a share of them at a time: what scouts do before anything is
//! parsed.

use std::collections::BTreeSet;
use std::ops::Range;

use axon_domain::{Result, Skipped};

use crate::Files;
use crate::sources::{FileId, Sources};

/// Which files hold a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The word: a bare name.
    pub word: String,
    /// The paths of the files that hold it.
    pub holding: BTreeSet<String>,
    /// Files that could hold it and were not looked into.
    pub skipped: Vec<Skipped>,
}

/// The word that a name is searched by: its last part (`total` of `shop.cart.Cart.total`).
#[must_use]
pub fn bare(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

/// Searches the files at these places of [`Files::list`] for a word. Shares that together are
/// all files give, put together, what is to be given back by [`Files::known`].
pub fn search(files: &dyn Files, share: Range<usize>, word: &str) -> Result<Known> {
    let sources = Sources::new(files);
    let mut known = Known { word: word.to_owned(), ..Known::default() };
    for place in share {
        if sources.holds(FileId(place), &[word])? {
            known.holding.insert(sources.path(FileId(place)).to_owned());
        }
    }
    known.skipped = sources.skipped();
    Ok(known)
}
