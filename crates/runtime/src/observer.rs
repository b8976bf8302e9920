//! How a face (the command line, later the server) follows a run and answers questions.

use axon_domain::{Event, Mention, MissionId, Symbol};
use serde::{Deserialize, Serialize};

/// What somebody who watches a run is told.
#[derive(Debug)]
pub enum Notice<'a> {
    /// An event was recorded, and is durable.
    Event(&'a Event),
    /// A signal, not an event: something long is going on.
    Progress {
        /// Of which mission.
        mission: MissionId,
        /// What, in a few words: `reading 10,000 files`.
        what: &'a str,
    },
    /// A signal: time has passed; a moment to redraw.
    Tick,
    /// A signal: output of the running check, as it comes.
    Output(&'a [u8]),
}

/// Places that nothing in the code decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Of which mission.
    pub mission: MissionId,
    /// The symbol.
    pub symbol: Option<Symbol>,
    /// The places; those with an edit can be included.
    pub places: Vec<Mention>,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Edit these, by their index in [`Question::places`]; leave the others.
    Include(Vec<usize>),
    /// Stop the mission.
    Stop,
}

/// Watches a run. Called from one thread only.
pub trait Observer {
    /// Something happened.
    fn notice(&mut self, notice: Notice<'_>);

    /// Somebody has to decide. `None`: nobody is there to ask.
    fn ask(&mut self, question: &Question) -> Option<Answer>;

    /// Something to know about the run itself, in a line: it waits for others, others wait for
    /// it.
    fn remark(&mut self, _text: &str) {}

    /// A person wants to stop watching a mission that another process works on.
    fn leave(&mut self, _mission: MissionId) -> Leave {
        Leave::StopWatching
    }
}

/// What a person who stops watching wants of the mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It goes on, and so does watching it.
    GoOn,
    /// It goes on.
    StopWatching,
    /// It is cancelled.
    Cancel,
}

/// Watches nothing and is never there to ask.
#[derive(Debug, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn notice(&mut self, _notice: Notice<'_>) {}

    fn ask(&mut self, _question: &Question) -> Option<Answer> {
        None
    }
}
