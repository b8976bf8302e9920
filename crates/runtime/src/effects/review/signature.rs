//! Whether every definition has the parameters that were asked for, and every call passes them.
//!
//! The result is asked to pass one more, in every call: then every definition and every call is
//! bound to the parameters as they are now. A definition to which anything but that one would
//! have to be done, and a call that does not fit and was not listed before, are faults.

use std::collections::BTreeSet;

use axon_code::{Located, Signature, read_signature};
use axon_domain::{Language, MentionKind, Result, SiteKind, Undecided};

use super::Judged;
use super::places::{Shift, Texts};
use super::same::{Scene, moved};
use crate::report::counted;

/// The parameter that is never added: no code has such a name.
const PROBE: &str = "axon_probe_xxxxxxxxxxxx";

/// From as many listed places on the list says only how many there are.
const LISTED: usize = 1_000;

pub(super) fn judge(scene: &Scene<'_, '_>, asked: &str) -> Judged {
    let Some(symbol) = &scene.report.symbol else {
        return Ok(Err("no function was found".to_owned()));
    };
    let before = match scene.before(symbol)? {
        Ok(before) => before,
        Err(fault) => return Ok(Err(fault)),
    };
    let shifts = Shift::all(scene.files);
    let mut texts = Texts::new(scene.result);
    let own = before.found.files.iter().find(|file| file.path == symbol.path);
    let own = own.and_then(|file| file.sites.iter().find(|site| site.line == symbol.line));
    let own = own.map(|site| moved(&shifts, &mut texts, &symbol.path, site.edit.start));
    let Some((line, _)) = own.transpose()?.flatten() else {
        return Ok(Err(format!("the definition of {} is gone", symbol.name)));
    };
    let at = (symbol.path.clone(), line);
    match scene.compare(&symbol.name, &before, at.clone())? {
        Ok(wrote) if wrote != before.replaced => {
            let (name, replaced) = (&symbol.name, before.replaced);
            let fault = format!("edits replace {replaced} places of {name} and write {wrote}");
            return Ok(Err(fault));
        }
        Ok(_) => {}
        Err(fault) => return Ok(Err(fault)),
    }
    let request = Signature {
        signature: with_probe(asked, &symbol.name, symbol.language)?,
        at: Some(at),
        undecided: Undecided::Include,
    };
    let found = match axon_code::signature(scene.result, &request, &[]) {
        Ok(found) => found,
        Err(error) => return Ok(Err(format!("the result has other parameters: {error}"))),
    };
    agree(scene, &found, &mut texts)
}

/// The parameters as they are to be, and one more that every call passes.
fn with_probe(asked: &str, name: &str, language: Language) -> Result<String> {
    let (_, mut parameters) = read_signature(asked)?;
    let probe = match language {
        Language::Python => format!("{PROBE}=0:=0"),
        Language::Rust => format!("{PROBE}: u8 := 0"),
    };
    let keywords = parameters.last().is_some_and(|last| last.starts_with("**"));
    parameters.insert(parameters.len() - usize::from(keywords), probe);
    Ok(format!("{name}({})", parameters.join(", ")))
}

/// Whether definitions and calls need the further parameter and nothing else.
fn agree(scene: &Scene<'_, '_>, found: &Located, texts: &mut Texts<'_, '_>) -> Judged {
    let (mut definitions, mut calls) = (0, 0);
    for file in &found.files {
        for site in &file.sites {
            if site.kind != SiteKind::Definition {
                calls += 1;
                continue;
            }
            definitions += 1;
            if site.edit.start != site.edit.end || !site.edit.text.contains(PROBE) {
                return Ok(Err(format!("{}:{} has other parameters", file.path, site.line)));
            }
        }
    }
    let known = known(scene, texts)?;
    let open = |kind| kind == MentionKind::Undecided;
    let left: Vec<_> = found.mentions.iter().filter(|mention| open(mention.kind)).collect();
    let judged = |path: &str| {
        scene.spec.paths.is_empty() || scene.files.iter().any(|file| file.edits.path == path)
    };
    let unknown = left.iter().find(|mention| {
        judged(&mention.path) && !known.contains(&(mention.path.clone(), mention.line))
    });
    let listed = scene.report.mentions.iter().filter(|mention| open(mention.kind)).count();
    if let Some(mention) = unknown.filter(|_| listed < LISTED) {
        let (path, line, why) = (&mention.path, mention.line, &mention.why);
        return Ok(Err(format!("{path}:{line} does not agree: {why}")));
    }
    let note = format!(
        "{} and {} agree",
        counted(definitions, "definition", "definitions"),
        counted(calls, "call", "calls"),
    );
    Ok(Ok(match left.len() {
        0 => note,
        open => format!("{note}; {} left as they were", counted(open, "open place", "open places")),
    }))
}

/// The lines of the result on which places are that were listed as undecided. By lines, because a
/// call may be listed by its name or by its arguments.
fn known(scene: &Scene<'_, '_>, texts: &mut Texts<'_, '_>) -> Result<BTreeSet<(String, u32)>> {
    let shifts = Shift::all(scene.files);
    let mut old = Texts::new(scene.base);
    let mut known = BTreeSet::new();
    for mention in scene.report.mentions.iter().filter(|m| m.kind.asks()) {
        let at = old.get(&mention.path)?.offset(mention.line, mention.column);
        let Some(at) = at else { continue };
        let place = moved(&shifts, texts, &mention.path, at)?;
        known.extend(place.map(|(line, _)| (mention.path.clone(), line)));
    }
    Ok(known)
}
