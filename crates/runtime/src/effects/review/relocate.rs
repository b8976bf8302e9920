//! Whether a symbol that was moved is defined in its new home and nowhere else, and everything
//! that meant it means it still.

use axon_code::{Unit, UnitKind, units};
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
        return Ok(Err(format!("no edit defines {} in another module", symbol.name)));
    };
    if let Err(fault) = scene.compare(&symbol.name, &before, home.clone())? {
        return Ok(Err(fault));
    }
    let mut texts = Texts::new(scene.result);
    let old = texts.get(&symbol.path)?.as_str();
    let shifts = Shift::all(scene.files);
    let wrote = |at| shifts.get(symbol.path.as_str()).is_some_and(|shift| shift.wrote(at));
    // Out of a module in braces it may move to another one of the same file.
    let mut left = defined(symbol.language, old, &symbol.name)?;
    left.retain(|unit| !wrote(unit.name_range.start));
    let left = left.len();
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

/// Where an edit defines the symbol.
fn home(scene: &Scene<'_, '_>, symbol: &Symbol) -> Result<Option<(String, u32)>> {
    let shifts = Shift::all(scene.files);
    let mut texts = Texts::new(scene.result);
    for (path, shift) in &shifts {
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
    let all = units(language, text.as_bytes())?;
    let free = |unit: &&Unit| {
        let mut around = std::iter::successors(unit.parent, |at| all[*at].parent);
        unit.kind != UnitKind::Method && around.all(|at| all[at].kind == UnitKind::Module)
    };
    Ok(all.iter().filter(|unit| unit.name == name).filter(free).cloned().collect())
}
