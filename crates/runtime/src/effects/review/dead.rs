//! Whether what was removed is gone: nothing defines it, and no code names it.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::{Files as _, Rewrite};
use axon_domain::{Code, Language, Result, Symbol};

use super::Judged;
use crate::effects::plan::probe;
use crate::report::{Report, counted};
use crate::source::TreeSource;

pub(super) fn judge(result: &TreeSource<'_>, report: &Report) -> Judged {
    let removed: Vec<&Symbol> = report.removed.iter().map(|one| &one.symbol).collect();
    let named = still_named(result, &removed)?;
    for symbol in removed.iter().filter(|symbol| named.contains(symbol.name.as_str())) {
        match axon_code::rename(result, &probe(&symbol.qualified, None), &[]) {
            Err(error) if error.code() == Code::SymbolNotFound => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(Err(format!("{} is still defined", symbol.qualified))),
        }
        if let Some(place) = used(result, symbol)? {
            return Ok(Err(format!("{place} uses {}, which is gone", symbol.name)));
        }
    }
    let count = counted(removed.len(), "definition", "definitions");
    let is = if removed.len() == 1 { "is" } else { "are" };
    Ok(Ok(format!("{count} that nothing used {is} gone, and no code names them")))
}

/// Those of the names that stand anywhere in the code as words; it is they that need a look.
fn still_named<'n>(result: &TreeSource<'_>, removed: &[&'n Symbol]) -> Result<BTreeSet<&'n str>> {
    let mut wanted = BTreeMap::<Language, BTreeSet<&str>>::new();
    for symbol in removed {
        wanted.entry(symbol.language).or_default().insert(&symbol.name);
    }
    let mut found = BTreeSet::new();
    for entry in result.list() {
        let names = Language::of_path(&entry.path).and_then(|language| wanted.get(&language));
        let Some(names) = names else { continue };
        let bytes = result.read(entry)?;
        let text = String::from_utf8_lossy(&bytes);
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        found.extend(words.filter_map(|word| names.get(word).copied()));
    }
    Ok(found)
}

/// The first place where code names it. In Python every name of that kind is looked at; in Rust
/// other items may have the same one.
fn used(result: &TreeSource<'_>, symbol: &Symbol) -> Result<Option<String>> {
    if symbol.language != Language::Python {
        return Ok(None);
    }
    let request = Rewrite {
        pattern: symbol.name.clone(),
        replacement: format!("{}_", symbol.name),
        language: symbol.language,
    };
    match axon_code::rewrite(result, &request, &[]) {
        Err(error) if error.code() == Code::NothingToDo => Ok(None),
        Err(error) => Err(error),
        Ok(found) => {
            let file = found.files.first();
            let site = file.and_then(|file| Some((file, file.sites.first()?)));
            Ok(site.map(|(file, site)| format!("{}:{}", file.path, site.line)))
        }
    }
}
