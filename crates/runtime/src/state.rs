//! What a ledger adds up to: what was kept of it, and the events after that.

use axon_domain::{Result, Seq};
use axon_engine::{KINDS, STATE_VERSION, State, apply};
use axon_ledger::{Events, Filter, Ledger, Reader, Snapshot};

/// The name of the state among the snapshots of a ledger.
const NAME: &str = "state";

/// After so many events the state is kept while a mission goes on, and after so many when
/// something came to its end.
const OFTEN: u64 = 10_000;
const AT_AN_END: u64 = 1_000;

/// Keeping the state costs as much as there is in it, so it waits for this part of the events
/// that the last one covers: then all of them together cost no more than a few last ones.
const PART: u64 = 16;

/// The kinds that a state is made of; the others need not be decoded for it.
fn engine_filter() -> Filter {
    Filter { kinds: KINDS.to_vec(), mission: None }
}

/// The state at the last durable event.
pub(crate) fn read(reader: &Reader) -> Result<State> {
    read_on(reader, restore(reader.snapshot(NAME, STATE_VERSION)))
}

/// The state at the last durable event, out of the state at an earlier one.
pub(crate) fn read_on(reader: &Reader, state: State) -> Result<State> {
    let last = reader.last()?;
    let rest = reader.events(Seq(state.last.0 + 1)..=last, Some(engine_filter()));
    replay(state, last, rest)
}

/// The state that was kept last, if one is, and what its events add up to: the same, unless
/// somebody kept what is not true.
pub(crate) fn kept_and_rebuilt(reader: &Reader) -> Result<Option<(Seq, Option<State>, State)>> {
    let Some(kept) = reader.snapshot(NAME, STATE_VERSION) else { return Ok(None) };
    let events = reader.events(..=kept.seq, Some(engine_filter()));
    let rebuilt = replay(State::default(), kept.seq, events)?;
    Ok(Some((kept.seq, decode(&kept), rebuilt)))
}

/// When the state of a ledger is to be kept again.
pub(crate) struct Keeper {
    /// The event up to which the last one goes.
    kept: Seq,
}

impl Keeper {
    /// The state of a ledger that is open for writing, at its last event.
    pub(crate) fn open(ledger: &Ledger) -> Result<(Self, State)> {
        let state = restore(ledger.snapshot(NAME, STATE_VERSION));
        let keeper = Self { kept: state.last };
        let last = ledger.last()?;
        let rest = ledger.events(Seq(state.last.0 + 1)..=last, Some(engine_filter()));
        Ok((keeper, replay(state, last, rest)?))
    }

    /// Keeps the state in the middle of something, if it is time.
    pub(crate) fn keep_often(&mut self, ledger: &Ledger, state: &State) -> Result<()> {
        self.keep_after(OFTEN, ledger, state)
    }

    /// Keeps the state at the end of something, if it is worth it.
    pub(crate) fn keep_at_an_end(&mut self, ledger: &Ledger, state: &State) -> Result<()> {
        self.keep_after(AT_AN_END, ledger, state)
    }

    fn keep_after(&mut self, events: u64, ledger: &Ledger, state: &State) -> Result<()> {
        if state.last.0 - self.kept.0 < events.max(self.kept.0 / PART) {
            return Ok(());
        }
        self.kept = state.last;
        match serde_json::to_vec(state) {
            Ok(data) => ledger.put_snapshot(NAME, STATE_VERSION, state.last, &data),
            // Nothing but time is lost without it.
            Err(_) => Ok(()),
        }
    }
}

fn restore(kept: Option<Snapshot>) -> State {
    kept.and_then(|kept| decode(&kept)).unwrap_or_default()
}

fn decode(kept: &Snapshot) -> Option<State> {
    let state: State = serde_json::from_slice(&kept.data).ok()?;
    (state.last == kept.seq).then_some(state)
}

fn replay(mut state: State, last: Seq, events: Events<'_>) -> Result<State> {
    for event in events {
        apply(&mut state, &event?);
    }
    // The last one may be of a kind that a state is not made of.
    state.last = last;
    Ok(state)
}
