//! The one process that writes a ledger, and how others speak to it.
//!
//! - [`Owner`] is the right to write, with what the ledger adds up to.
//! - [`Server`] listens while it works, and [`Client`] is the other end; what they say is in
//!   `protocol`.
//! - [`reach`] gives one or the other.

mod client;
mod feed;
mod line;
mod protocol;
mod reach;
mod serve;
mod socket;
mod start;
mod visit;

use std::path::Path;
use std::sync::Arc;

use axon_domain::{
    Code, Draft, Error, Event, MissionId, Payload, Result, Role, SystemSignal, SystemStatus,
};
use axon_engine::{Effects, Mission, State, apply, decide};
use axon_ledger::keys::{self, SigningKey};
use axon_ledger::{Ledger, Options};

use crate::axon::{Axon, no_mission};
use crate::check;
use crate::state::Keeper;
pub(crate) use client::{Answered, Client};
pub(crate) use feed::Feed;
pub(crate) use reach::{Way, reach};
pub(crate) use serve::Server;
pub(crate) use socket::{noted as noted_socket, path as socket_path};
pub(crate) use start::start_in_background;

/// The ledger, open for writing, and what it adds up to.
pub(crate) struct Owner {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) state: State,
    keeper: Keeper,
    version: String,
}

impl Owner {
    /// Takes the ledger of a repository over, making it if need be.
    pub(crate) fn take(axon: &Axon) -> Result<Self> {
        let signer = signer(axon)?;
        let wall_clock = Arc::clone(&axon.settings.wall_clock);
        // Before there is anything to exclude, so that no failure leaves it behind as untracked.
        axon.repository.exclude_own_folder()?;
        let ledger = Ledger::open(&axon.home, Options { signer, wall_clock })?;
        let (keeper, state) = Keeper::open(&ledger)?;
        let ledger = Arc::new(ledger);
        let mut owner = Self { ledger, state, keeper, version: axon.settings.version.clone() };
        let open = owner.state.open_missions().map(|mission| mission.id).collect();
        check::clean_up_ended(axon, &open);
        if owner.state.last.0 == 0 {
            let first = owner.signal("the ledger begins");
            owner.record(first)?;
        }
        Ok(owner)
    }

    /// A mission of the ledger.
    pub(crate) fn mission(&self, id: MissionId) -> Result<Mission> {
        self.state.missions.get(&id).cloned().ok_or_else(|| no_mission(id))
    }

    /// A signal of the system.
    pub(crate) fn signal(&self, note: &str) -> Draft {
        let signal = SystemSignal {
            status: SystemStatus::Starting,
            version: self.version.clone(),
            note: note.to_owned(),
        };
        Draft::new(Role::System, Payload::System(signal))
    }

    /// Appends events and applies them; gives them with what follows from each.
    pub(crate) fn append(&mut self, drafts: Vec<Draft>) -> Result<(Vec<Event>, Effects)> {
        let events = self.ledger.append(drafts)?;
        let mut effects = Effects::new();
        for event in &events {
            apply(&mut self.state, event);
            decide(&self.state, event, &mut effects);
        }
        self.keeper.keep_often(&self.ledger, &self.state)?;
        Ok((events, effects))
    }

    /// Appends one event that nothing follows from, durably.
    fn record(&mut self, draft: Draft) -> Result<()> {
        self.append(vec![draft])?;
        self.ledger.sync().map(drop)
    }

    /// Signs what was written, and keeps what it adds up to where that is worth it.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.keeper.keep_at_an_end(&self.ledger, &self.state)?;
        self.ledger.checkpoint().map(drop)
    }
}

/// The key that signs. Only a ledger that is to be begun may get a new one.
fn signer(axon: &Axon) -> Result<SigningKey> {
    let file = &axon.settings.key_file;
    if axon.reader()?.is_none() {
        return keys::load_or_create(file);
    }
    keys::load(file).map_err(|error| match error.code() {
        Code::NotFound => missing_key(file),
        _ => error,
    })
}

/// The error for a ledger whose key is not where it should be.
pub(crate) fn missing_key(file: &Path) -> Error {
    Error::new(Code::SigningKey, "the key that this ledger was begun with is missing")
        .at(file.display().to_string())
        .hint(
            "bring the file back from a copy; reading works without it, writing does not. If it is \
             lost, move .axon away: the next mission begins a new ledger with a new key",
        )
}
