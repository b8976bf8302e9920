//! How a face (the command line, later the server) follows a run and answers questions.

use axon_domain::{Event, Mention, MissionId, Symbol};

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
#[derive(Debug, Clone)]
pub struct Question {
    /// Of which mission.
    pub mission: MissionId,
    /// The symbol.
    pub symbol: Option<Symbol>,
    /// The places; those with an edit can be included.
    pub places: Vec<Mention>,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
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
