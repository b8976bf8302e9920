//! Having a person decide what nothing in the code decides.

use axon_code::Located;
use axon_domain::{
    Code, Decision, Error, FileEdits, Mention, Result, Site, SiteKind, Symbol, Undecided,
};

use super::Room;
use crate::observer::{Answer, Question};
use crate::source::TreeSource;

pub(super) enum Settled {
    Nothing,
    Answered(Decision),
    Stopped,
}

/// Has a person decide, if that is wanted; [`Code::NeedsDecision`] where nobody is there.
pub(super) fn settle(
    room: &Room<'_>,
    source: &TreeSource<'_>,
    located: &mut Located,
) -> Result<Settled> {
    let places: Vec<Mention> =
        located.mentions.iter().filter(|mention| mention.kind.asks()).cloned().collect();
    if room.spec.undecided != Undecided::Ask || places.is_empty() {
        return Ok(Settled::Nothing);
    }
    let symbol = located.symbol.clone();
    let question = Question { mission: room.mission, symbol, places: places.clone() };
    Ok(match (room.ask)(question) {
        None => return Err(undecided(located.symbol.as_ref(), &places)),
        Some(Answer::Stop) => Settled::Stopped,
        Some(Answer::Include(chosen)) => {
            let included: Vec<&Mention> =
                chosen.iter().filter_map(|index| places.get(*index)).collect();
            let describe = |place: &Mention| format!("{}:{}", place.path, place.line);
            let left = places.iter().filter(|place| !included.contains(place));
            let decision = Decision {
                trigger: "what happens to places that nothing in the code decides".to_owned(),
                rationale: "a person was asked and answered".to_owned(),
                chosen: format!("edit {} of {}", included.len(), places.len()),
                rejected: left.map(|place| format!("left alone: {}", describe(place))).collect(),
                evidence: included.iter().map(|place| describe(place)).collect(),
                details: None,
            };
            for place in included {
                include(source, located, place)?;
            }
            Settled::Answered(decision)
        }
    })
}

fn undecided(symbol: Option<&Symbol>, places: &[Mention]) -> Error {
    let name = symbol.map_or("the symbol", |symbol| symbol.name.as_str());
    let shown: Vec<String> = places
        .iter()
        .take(3)
        .map(|place| format!("{}:{} {}", place.path, place.line, place.excerpt))
        .collect();
    let more = places.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = match places.len() {
        1 => format!("1 place may mean {name}, and nothing in the code decides it"),
        number => format!("{number} places may mean {name}, and nothing in the code decides it"),
    };
    let hint = if places.iter().any(|place| place.edit.is_some()) {
        "--undecided include edits them too, --undecided leave leaves them as they are"
    } else {
        "--undecided leave leaves them as they are; change them by hand first where they have to"
    };
    Error::new(Code::NeedsDecision, what).at(format!("{}{more}", shown.join("; "))).hint(hint)
}

/// Makes a mention a place that is edited, also in a file where nothing else is.
fn include(source: &TreeSource<'_>, located: &mut Located, place: &Mention) -> Result<()> {
    let Some(edit) = place.edit.clone() else { return Ok(()) };
    let site = Site {
        line: place.line,
        column: place.column,
        kind: SiteKind::Reference,
        evidence: format!("included by a person: {}", place.why),
        edit,
    };
    located.mentions.retain(|mention| mention != place);
    let by_path = |file: &FileEdits| file.path.as_str().cmp(&place.path);
    let file = match located.files.binary_search_by(by_path) {
        Ok(at) => &mut located.files[at],
        Err(at) => {
            let base = source.entry(&place.path)?.content;
            let edits = FileEdits { path: place.path.clone(), base, sites: Vec::new() };
            located.files.insert(at, edits);
            &mut located.files[at]
        }
    };
    let at = file.sites.partition_point(|other| other.edit.start < site.edit.start);
    let before = at.checked_sub(1).and_then(|at| file.sites.get(at));
    let overlaps = before.is_some_and(|other| other.edit.end > site.edit.start)
        || file.sites.get(at).is_some_and(|other| other.edit.start < site.edit.end);
    if overlaps {
        let what = "this place holds another one that changes, and cannot be included by itself";
        return Err(Error::new(Code::NeedsDecision, what)
            .at(format!("{}:{}", place.path, place.line))
            .hint("--undecided include edits all of them"));
    }
    file.sites.insert(at, site);
    Ok(())
}
