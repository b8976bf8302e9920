//! Names that are close to one that does not exist.

use std::collections::BTreeSet;

use axon_domain::Result;

use crate::lang::Backend;
use crate::sources::{Sources, parallel};
use crate::text::{is_word_byte, words};

/// The names that stand behind words that introduce a definition: quick, by text alone.
pub(crate) fn defined(sources: &Sources<'_>, backend: &Backend) -> Result<BTreeSet<String>> {
    let files = sources.of_language(backend.language);
    let files = sources.containing(&files, backend.introducers)?;
    let found = parallel(&files, |id| {
        let mut names = BTreeSet::new();
        let Some(text) = sources.text(*id)? else { return Ok(names) };
        for word in backend.introducers {
            for at in words(text.as_bytes(), word) {
                let rest = text[at + word.len()..].trim_start_matches([' ', '\t']);
                let end = rest.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(rest.len());
                if end > 0 && end < 100 {
                    names.insert(rest[..end].to_owned());
                }
            }
        }
        Ok(names)
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// The closest names, at most three, nearest first.
pub(crate) fn closest(wanted: &str, names: &BTreeSet<String>) -> Vec<String> {
    let bare = wanted.rsplit(['.', ':']).next().unwrap_or(wanted);
    if bare.len() > 100 {
        return Vec::new();
    }
    let limit = (bare.chars().count() / 3).max(1);
    let mut close: Vec<(usize, &String)> = names
        .iter()
        .map(|name| (distance(bare, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    close.sort();
    close.into_iter().take(3).map(|(_, name)| format!("`{name}`")).collect()
}

/// How many letters have to be changed, added or left out, ignoring case.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["total", "totals", "subtotal", "Cart"].map(str::to_owned).into();
        assert_eq!(closest("totl", &names), ["`total`"]);
        assert_eq!(closest("shop.Totals", &names), ["`totals`", "`total`"]);
        assert!(closest("", &names).is_empty());
    }
}
