//! Becoming the owner, or reaching it.

use std::time::{Duration, Instant};

use axon_domain::{Code, Error, Result};

use super::Owner;
use super::client::{Client, PAUSE};
use crate::axon::Axon;

/// How long an owner that does not listen is waited for: it may be about to, or be a command
/// that ends soon.
const PATIENCE: Duration = Duration::from_secs(10);

/// The two ways to have something written.
pub(crate) enum Way {
    /// This process is the owner now.
    Here(Box<Owner>),
    /// Another process is, and listens.
    There(Client),
}

/// Becomes the owner, or reaches it. Which of two processes that try at once becomes the owner
/// is settled by the kernel's lock.
///
/// # Errors
/// [`Code::LedgerLocked`] where another process is the owner and cannot be spoken to.
pub(crate) fn reach(axon: &Axon) -> Result<Way> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let locked = match Owner::take(axon) {
            Ok(owner) => return Ok(Way::Here(Box::new(owner))),
            Err(error) if error.code() == Code::LedgerLocked => error,
            Err(error) => return Err(error),
        };
        if let Some(client) = Client::connect(axon)? {
            return Ok(Way::There(client));
        }
        if Instant::now() > deadline {
            return Err(unreachable(&locked));
        }
        std::thread::park_timeout(PAUSE);
    }
}

fn unreachable(locked: &Error) -> Error {
    let what = format!("{}, and takes no missions from others", locked.what());
    let error = Error::new(Code::LedgerLocked, what);
    let error = match locked.place() {
        Some(place) => error.at(place),
        None => error,
    };
    error.hint("wait until it has finished; `axon doctor` shows where it listens")
}
