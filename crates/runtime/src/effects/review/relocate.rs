//! Whether a symbol that was moved is defined in its new home and nowhere else, and everything
//! that meant it means it still.

use axon_code::{Unit, units};
use axon_domain::{Language, Result, Symbol};

use super::Judged;
use super::places::{Shift, Texts};
use super::same::Scene;
use crate::report::counted;

pub(super) fn judge(scene: &Scene<'_, '_>) -> Judged {
    let Some(symbol) = &scene.report.symbol else {
        return Ok(Err("no symbol was found".to_owned()));
    };
    let before = match scene.before(symbol)? {
        Ok(before) => before,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(home) = home(scene, symbol)? else {
        return Ok(Err(format!("no edit defines {} in another file", symbol.name)));
    };
    if let Err(fault) = scene.compare(&symbol.name, &before, home.clone())? {
        return Ok(Err(fault));
    }
    let mut texts = Texts::new(scene.result);
    let old = texts.get(&symbol.path)?.as_str();
    let left = defined(symbol.language, old, &symbol.name)?.len();
    let mut texts = Texts::new(scene.base);
    let was = defined(symbol.language, texts.get(&symbol.path)?.as_str(), &symbol.name)?.len();
    if left >= was {
        return Ok(Err(format!("{} still defines {}", symbol.path, symbol.name)));
    }
    let places = counted(before.places(), "place", "places");
    Ok(Ok(format!(
        "{} is defined in {} only; {places} that meant it mean it still",
        symbol.name, home.0
    )))
}

/// Where an edit of another file defines the symbol.
fn home(scene: &Scene<'_, '_>, symbol: &Symbol) -> Result<Option<(String, u32)>> {
    let shifts = Shift::all(scene.files);
    let mut texts = Texts::new(scene.result);
    for (path, shift) in shifts.iter().filter(|(path, _)| **path != symbol.path) {
        if Language::of_path(path) != Some(symbol.language) {
            continue;
        }
        let text = texts.get(path)?;
        let units = defined(symbol.language, text.as_str(), &symbol.name)?;
        let new = units.iter().find(|unit| shift.wrote(unit.name_range.start));
        if let Some(unit) = new {
            let (line, _) = text.place(unit.name_range.start);
            return Ok(Some(((*path).to_owned(), line)));
        }
    }
    Ok(None)
}

/// The definitions of this name that are no members of another.
fn defined(language: Language, text: &str, name: &str) -> Result<Vec<Unit>> {
    let mut found = units(language, text.as_bytes())?;
    found.retain(|unit| unit.name == name && unit.parent.is_none());
    Ok(found)
}
