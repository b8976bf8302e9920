//! Whether the ledger is whole, and copies of it.

use std::path::Path;

use axon_domain::{Code, Error, Result};
use axon_engine::State;
use axon_ledger::{Checkpoint, LedgerId, backup, keys, verify};
use axon_workspace::trailers;
use serde::Serialize;

use crate::axon::Axon;
use crate::effects::{CHECKPOINT_TRAILER, LEDGER_TRAILER};
use crate::state;

/// What was found when everything was computed again.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The name that checkpoints are signed under.
    pub origin: String,
    /// The public key that signatures were checked with, as tools for signed notes take it:
    /// `name+id+key`.
    pub key: String,
    /// How many events were read.
    pub events: u64,
    /// How many objects were read.
    pub objects: u64,
    /// How many payloads were erased on purpose.
    pub erased: u64,
    /// How many signed checkpoints hold, those in commits included.
    pub checkpoints: u64,
    /// How many of them were found in commits of mission branches.
    pub witnesses: u64,
    /// The last event that a checkpoint covers; 0 for none.
    pub covered_to: u64,
    /// How many events lie after it.
    pub after_last_checkpoint: u64,
    /// Whether signatures were checked with the user's own key, or only with the one that the
    /// ledger itself states.
    pub own_key: bool,
    /// The file of that key.
    pub key_file: String,
    /// What is wrong.
    pub problems: Vec<Fault>,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: an event, an object, a checkpoint, a page of the file.
    pub place: String,
    /// What.
    pub what: String,
}

impl Axon {
    /// Computes everything again and compares: hashes, chain, objects, checkpoints, signatures,
    /// and the checkpoints in the commits of mission branches.
    ///
    /// # Errors
    /// What keeps the ledger from being read at all.
    pub fn verify(&self) -> Result<Verification> {
        let info = self.ledger().and_then(|ledger| ledger.info()).map_err(not_verified)?;
        let key = keys::load(&self.settings.key_file).ok().map(|key| key.verifying_key());
        let witnesses = self.witnesses(info.id)?;
        let found = verify(&self.home, key.as_ref(), &witnesses).map_err(not_verified)?;
        let mut problems: Vec<Fault> = found
            .problems
            .iter()
            .map(|problem| Fault { place: problem.place.to_string(), what: problem.what.clone() })
            .collect();
        if found.more_problems > 0 {
            let what = format!("{} more problems", found.more_problems);
            problems.push(Fault { place: "ledger".to_owned(), what });
        }
        // Where events are damaged, that is what there is to say.
        if problems.is_empty() {
            problems.extend(self.untrue_snapshot()?);
        }
        Ok(Verification {
            key: found.key.to_note_key(&info.origin),
            origin: info.origin,
            events: found.events,
            objects: found.objects,
            erased: found.erased,
            checkpoints: found.checkpoints,
            witnesses: u64::try_from(witnesses.len()).unwrap_or(u64::MAX),
            covered_to: found.covered_to.map_or(0, |seq| seq.0),
            after_last_checkpoint: found.after_last_checkpoint,
            own_key: found.key_was_given,
            key_file: self.settings.key_file.display().to_string(),
            problems,
        })
    }

    /// What is wrong with the state that was kept last, compared with what its events add up to.
    fn untrue_snapshot(&self) -> Result<Option<Fault>> {
        let Some((seq, kept, rebuilt)) = state::kept_and_rebuilt(&self.ledger()?)? else {
            return Ok(None);
        };
        let difference = match kept {
            Some(kept) if kept == rebuilt => return Ok(None),
            Some(kept) => difference(&kept, &rebuilt),
            None => "it cannot be read".to_owned(),
        };
        let what = format!(
            "it is not what the events add up to: {difference}. The events are whole; without \
             snapshots Axon goes by them alone: sqlite3 .axon/ledger.db 'DELETE FROM snapshots'"
        );
        Ok(Some(Fault { place: format!("snapshot at event {seq}"), what }))
    }

    /// Copies the ledger into a file, also while it is written; gives the number of events.
    ///
    /// # Errors
    /// [`axon_domain::Code::Usage`] if the file exists, and those of reading and writing.
    pub fn backup(&self, file: &Path) -> Result<u64> {
        self.ledger()?;
        backup(&self.home, file).map(|report| report.events)
    }

    /// Checkpoints of this ledger in the commits of mission branches. A trailer that cannot be
    /// read is no witness; whoever can write branches can write any.
    fn witnesses(&self, ledger: LedgerId) -> Result<Vec<Checkpoint>> {
        let mut found = Vec::new();
        for (_, commit) in self.repository.branches("axon/")? {
            let trailers = trailers(&self.repository.commit_info(commit)?.message);
            let ours = trailers
                .iter()
                .any(|(key, value)| key == LEDGER_TRAILER && *value == ledger.to_string());
            let checkpoints = trailers.iter().filter(|(key, _)| ours && key == CHECKPOINT_TRAILER);
            found.extend(checkpoints.filter_map(|(_, text)| Checkpoint::from_trailer(text).ok()));
        }
        Ok(found)
    }

    /// A mission branch whose commit has a checkpoint, and the ledger that it is of.
    pub(crate) fn witnessed(&self) -> Result<Option<(String, String)>> {
        for (branch, commit) in self.repository.branches("axon/")? {
            let message = self.repository.commit_info(commit)?.message;
            let found = trailers(&message).into_iter().find_map(|(key, text)| {
                (key == CHECKPOINT_TRAILER).then(|| Checkpoint::from_trailer(&text).ok()).flatten()
            });
            if let Some(checkpoint) = found {
                return Ok(Some((branch, checkpoint.origin().to_owned())));
            }
        }
        Ok(None)
    }

    pub(crate) fn ledger_id(&self) -> Option<LedgerId> {
        let known = self.ledger_id.get();
        known.copied().or_else(|| {
            let id = self.reader().ok()??.info().ok()?.id;
            Some(*self.ledger_id.get_or_init(|| id))
        })
    }
}

/// Damage that leaves nothing to verify: the hint must not lead back here.
fn not_verified(error: Error) -> Error {
    let circular = error.hint_text().is_some_and(|hint| hint.contains("axon verify"));
    if error.code() != Code::LedgerDamaged || !circular {
        return error;
    }
    error.hint(
        "so much is damaged that nothing in it can be verified: keep a copy of .axon, then put a \
         backup in place of ledger.db; or move .axon away, and the next mission begins a new ledger",
    )
}

/// The first mission that two states say something else about.
fn difference(kept: &State, rebuilt: &State) -> String {
    let ids = kept.missions.keys().chain(rebuilt.missions.keys());
    let other = ids.filter(|id| kept.missions.get(id) != rebuilt.missions.get(id)).min();
    other.map_or_else(|| "its end is another one".to_owned(), |id| format!("{id} is another one"))
}
