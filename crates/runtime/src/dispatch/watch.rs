//! Those who watch missions: each gets what it is told through a channel.
//!
//! Who gave a mission in this process is heard out: the dispatcher waits until it has taken what
//! it is told, so that output that nobody reads does not pile up, and stops when it is gone.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use axon_domain::{Code, Error, Event, MissionId, Result};

use crate::observer::{Answer, Notice, Observer, Question};

/// How often whoever watches gets a moment to redraw, while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// Something to tell.
#[derive(Clone)]
pub(crate) enum Told {
    /// See [`Notice::Event`].
    Event(Arc<Event>),
    /// See [`Notice::Progress`].
    Progress(String),
    /// See [`Notice::Output`].
    Output(Vec<u8>),
    /// Somebody has to decide; the first answer counts.
    Ask(Question, SyncSender<Option<Answer>>),
    /// Nothing more comes: the mission ended, or why it is not worked on any more.
    Ended(Option<Arc<Error>>),
}

/// Somebody who watches one mission.
pub(crate) struct Watcher(SyncSender<Told>);

/// The other end of a [`Watcher`].
pub(crate) struct Watch {
    mission: MissionId,
    told: Receiver<Told>,
}

/// A pair of ends.
pub(crate) fn watch(mission: MissionId) -> (Watcher, Watch) {
    let (send, told) = sync_channel(0);
    (Watcher(send), Watch { mission, told })
}

impl Watcher {
    /// Tells; false when nobody is there any more.
    pub(crate) fn tell(&self, told: Told) -> bool {
        self.0.send(told).is_ok()
    }
}

impl Watch {
    /// Passes on what is told until the mission is not worked on any more.
    ///
    /// # Errors
    /// What kept the mission from ending.
    pub(crate) fn follow(self, observer: &mut dyn Observer) -> Result<()> {
        let mission = self.mission;
        loop {
            match self.told.recv_timeout(TICK) {
                Ok(Told::Event(event)) => observer.notice(Notice::Event(&event)),
                Ok(Told::Progress(what)) => {
                    observer.notice(Notice::Progress { mission, what: &what });
                }
                Ok(Told::Output(bytes)) => observer.notice(Notice::Output(&bytes)),
                // An agent that no longer waits for the answer has ended with an error.
                Ok(Told::Ask(question, reply)) => drop(reply.send(observer.ask(&question))),
                Ok(Told::Ended(None)) => return Ok(()),
                Ok(Told::Ended(Some(error))) => return Err(owned(error)),
                Err(RecvTimeoutError::Timeout) => observer.notice(Notice::Tick),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(Code::Bug, "the dispatcher is gone")
                        .hint("please report this; the ledger is intact: axon resume"));
                }
            }
        }
    }
}

/// The error itself for its only watcher; its words for one of several.
fn owned(error: Arc<Error>) -> Error {
    Arc::try_unwrap(error).unwrap_or_else(|error| {
        let retold = Error::new(error.code(), error.to_string());
        match error.hint_text() {
            Some(hint) => retold.hint(hint),
            None => retold,
        }
    })
}
