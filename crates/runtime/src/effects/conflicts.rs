//! Conflicts of a merge as events, and what people said about them as the merge wants it.

use axon_domain::{Conflict, ConflictStep, Payload, Result};
use axon_engine::{Disputed, Settled};
use axon_workspace::{ConflictKind, Contents, Resolution};

use crate::task::{entry, state};

/// The event of a conflict.
pub(crate) fn found(conflict: &axon_workspace::Conflict) -> Payload {
    Payload::Conflict(Conflict {
        path: conflict.path.clone(),
        reason: conflict.kind.name().to_owned(),
        step: ConflictStep::Found {
            base: conflict.base.map(state),
            current: conflict.current.map(state),
            changed: conflict.changed.map(state),
        },
    })
}

/// A conflict of the ledger as the merge knows it; where in the file is not part of it.
pub(crate) fn known(disputed: &Disputed) -> Option<axon_workspace::Conflict> {
    let kind = ConflictKind::ALL.iter().find(|kind| kind.name() == disputed.reason)?;
    Some(axon_workspace::Conflict {
        path: disputed.path.clone(),
        session: 0,
        kind: *kind,
        base: disputed.base.map(entry),
        current: disputed.current.map(entry),
        changed: disputed.changed.map(entry),
        hunks: Vec::new(),
    })
}

/// What a person said, for the merge to do again. `None` for a word that this release does not
/// know: then they are asked again.
pub(crate) fn resolution(contents: Contents<'_>, settled: &Settled) -> Result<Option<Resolution>> {
    Ok(match (settled.how.as_str(), settled.result) {
        ("mine", _) => Some(Resolution::Mine),
        ("theirs", _) => Some(Resolution::Theirs),
        ("base", _) => Some(Resolution::Base),
        ("deleted", _) => Some(Resolution::Delete),
        ("given", Some(file)) => Some(Resolution::Given(contents.read(file.content)?)),
        _ => None,
    })
}

/// Whether a conflict that was settled while merging is the one that a person was asked about.
pub(crate) fn is_the_same(resolved: &axon_workspace::Resolved, disputed: &Disputed) -> bool {
    let conflict = &resolved.conflict;
    let sides = [conflict.base, conflict.current, conflict.changed].map(|side| side.map(state));
    sides == [disputed.base, disputed.current, disputed.changed]
}
