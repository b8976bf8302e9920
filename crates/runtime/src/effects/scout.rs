//! Scouts: each searches a share of the files for what the goal names, before anything is parsed.

use axon_code::{Files as _, Known, bare, search};
use axon_domain::{
    Code, Draft, Error, Message, ObjectStore, Payload, Performative, Receiver, Result, Role,
    Skipped,
};
use axon_engine::{Agents, Mission};
use serde::{Deserialize, Serialize};

use crate::effects::{Bench, Desk, spec};
use crate::report::{self, counted};
use crate::source::TreeSource;

/// What a scout found in its share, as an object of the ledger.
#[derive(Debug, Serialize, Deserialize)]
struct Share {
    word: String,
    holding: Vec<String>,
    skipped: Vec<Skipped>,
}

pub(super) fn perform(
    bench: &Bench<'_>,
    desk: &Desk<'_>,
    mission: &Mission,
    share: u32,
) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let Some(word) = spec.goal.searched_name().map(bare) else {
        return Err(Error::new(Code::Bug, "there is nothing to search for by name"));
    };
    desk.progress("searching");
    let view = bench.view(spec.base_tree, None);
    let source = TreeSource::new(&view, &spec.grants)?;
    let (files, shares) = (source.list().len(), mission.shares() as usize);
    let bound = |number: usize| files * number / shares;
    let range = bound(share as usize)..bound(share as usize + 1);
    let searched = range.len();
    let found = search(&source, range, word)?;
    let holding = found.holding.len();
    let verb = if holding == 1 { "names" } else { "name" };
    let content = format!("{holding} of {} {verb} {word}", counted(searched, "file", "files"));
    let share_found = Share {
        word: found.word,
        holding: found.holding.into_iter().collect(),
        skipped: found.skipped,
    };
    let message = Message {
        performative: Performative::Inform,
        receiver: Receiver::Agent(Agents::supervisor()),
        conversation: Some(mission.given),
        in_reply_to: Some(mission.given),
        protocol: None,
        content,
        places: Vec::new(),
        attachment: Some(report::keep(bench.store(), &share_found)?),
    };
    let draft = Draft::new(Role::Scout, Payload::Message(message)).of(mission.id);
    Ok(vec![draft.by(Agents::searcher(share)).after(mission.given)])
}

/// What all scouts of a mission found together; `None` where there were none, or where what one
/// said was erased.
pub(super) fn known(bench: &Bench<'_>, mission: &Mission) -> Result<Option<Known>> {
    let mut known = Known::default();
    if mission.scouted.len() < mission.shares() as usize {
        return Ok(None);
    }
    for found in mission.scouted.values() {
        let Some(id) = *found else { return Ok(None) };
        let share: Share = report::read(&bench.ledger.get(id)?, id)?;
        known.word = share.word;
        known.holding.extend(share.holding);
        known.skipped.extend(share.skipped);
    }
    Ok(Some(known))
}
