//! The workspace as it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use axon_domain::{
    Code, Error, Event, GitId, Hlc, Kind, MissionId, ObjectId, ObjectStore, Payload, Result, Seq,
    SessionId,
};
use axon_ledger::{Filter, Reader};
use axon_workspace::{
    Contents, Delta, Edit, Entry, EntryMode, MaterialiseOptions, Repository, Tree, TreeView,
    materialise,
};

use crate::axon::Axon;
use crate::scratch::Scratch;

/// A moment of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Just after this event.
    Event(Seq),
    /// At this time: milliseconds since 1970 (UTC).
    Time(u64),
}

/// What was rewound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewound {
    /// The last event that counts.
    pub event: Seq,
    /// Its time.
    pub time: Hlc,
    /// Whose files they are; `None` for the base before any mission.
    pub mission: Option<MissionId>,
    /// How many files were written.
    pub files: u64,
    /// How many of them differ from the mission's base.
    pub changed: u64,
}

impl Axon {
    /// Writes the merged tree of the mission of that moment, or the files of one of its
    /// sessions, into a folder that is new or empty.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a moment before the first mission, after the last event, or of an
    /// unknown session, and those of reading and writing.
    pub fn rewind(
        &self,
        moment: Moment,
        session: Option<SessionId>,
        into: &Path,
    ) -> Result<Rewound> {
        let reader = self.ledger()?;
        let event = event_at(&reader, moment)?;
        let (mission, given) = mission_at(&reader, &event)?;
        let Some(Payload::MissionGiven(spec)) = given.payload else {
            return Err(Error::new(Code::PayloadErased, "what was asked for was erased")
                .at(format!("event {}", given.seq)));
        };
        let delta = match session {
            None => merged_at(&reader, mission, given.seq, event.seq)?,
            Some(_) => None,
        };
        let store = ReadOnly::new(reader);
        let tree = match session {
            None => Tree { base: spec.base_tree, delta },
            Some(session) => store.session_at(spec.base_tree, mission, session, &event)?,
        };
        let view = TreeView::new(store.contents(&self.repository), tree);
        let files = view.files()?.len();
        let changed = tree.delta().iter(&store).count();
        materialise(&view, into, MaterialiseOptions::default())?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(Rewound {
            event: event.seq,
            time: event.time,
            mission: Some(mission),
            files: count(files),
            changed: count(changed),
        })
    }
}

/// The last event that counts at a moment.
fn event_at(reader: &Reader, moment: Moment) -> Result<Event> {
    let last = reader.last()?;
    match moment {
        Moment::Event(seq) if seq.0 == 0 || seq > last => {
            Err(Error::new(Code::NotFound, "there is no such event")
                .at(seq.to_string())
                .hint(format!("events are numbered from 1 to {last}; `axon log` lists them")))
        }
        Moment::Event(seq) => reader.event(seq),
        Moment::Time(millis) => {
            let end_of_millisecond = Hlc(Hlc::from_millis(millis).0 | 0xffff);
            let seq = reader.last_at(end_of_millisecond)?;
            if seq.0 == 0 {
                let first = reader.event(Seq(1))?;
                let begin = crate::rfc3339(first.time.millis());
                return Err(Error::new(Code::NotFound, "this moment is before the first event")
                    .at(crate::rfc3339(millis))
                    .hint(format!("the ledger begins at {begin}")));
            }
            reader.event(seq)
        }
    }
}

/// The mission that an event belongs to, else the last one given before it.
fn mission_at(reader: &Reader, event: &Event) -> Result<(MissionId, Event)> {
    let filter = Filter { kinds: vec![Kind::MissionGiven], mission: event.mission };
    let mut found = None;
    for given in reader.events(..=event.seq, Some(filter)) {
        let given = given?;
        found = given.mission.map(|id| (id, given));
    }
    found.ok_or_else(|| {
        Error::new(Code::NotFound, "no mission had been given then")
            .at(format!("event {}", event.seq))
            .hint("`axon log --kind MISSION_GIVEN` lists when they were given")
    })
}

/// The mission's merged tree after the last merge up to an event.
fn merged_at(reader: &Reader, mission: MissionId, from: Seq, to: Seq) -> Result<Option<ObjectId>> {
    let filter = Filter { kinds: vec![Kind::Merge], mission: Some(mission) };
    let mut delta = None;
    for event in reader.events(from..=to, Some(filter)) {
        let event = event?;
        match event.payload {
            Some(Payload::Merge(merge)) => delta = merge.changes,
            _ => {
                return Err(Error::new(Code::PayloadErased, "the merge of that moment was erased")
                    .at(format!("event {}", event.seq)));
            }
        }
    }
    Ok(delta)
}

/// The objects of a ledger that is only read. What a view makes on the way is kept in memory.
pub(crate) struct ReadOnly {
    reader: Mutex<Reader>,
    made: Scratch<'static>,
}

impl ReadOnly {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader: Mutex::new(reader), made: Scratch::new() }
    }

    pub(crate) fn contents<'a>(&'a self, repository: &'a Repository) -> Contents<'a> {
        Contents { repository, store: self }
    }

    /// A session's tree: the base with the session's changes up to an event.
    fn session_at(
        &self,
        base: GitId,
        mission: MissionId,
        session: SessionId,
        event: &Event,
    ) -> Result<Tree> {
        let mut paths = BTreeMap::new();
        let filter = Filter { kinds: vec![Kind::StateChange], mission: Some(mission) };
        let reader = lock(&self.reader);
        for change in reader.events(..=event.seq, Some(filter)) {
            let change = change?;
            let Some(Payload::StateChange(change)) = change.payload else { continue };
            if change.session == session {
                let mode =
                    if change.executable { EntryMode::Executable } else { EntryMode::Regular };
                let entry = change.new.map(|content| Entry { content, mode });
                paths.insert(change.resource, entry.map_or(Edit::Delete, Edit::Put));
            }
        }
        drop(reader);
        if paths.is_empty() {
            return Err(Error::new(Code::NotFound, "this session had changed nothing by then")
                .at(format!("{session} of {mission}, event {}", event.seq))
                .hint("`axon log --kind STATE_CHANGE` lists what sessions changed"));
        }
        let edits: Vec<(String, Edit)> = paths.into_iter().collect();
        let delta = Delta::at(None).apply(self, &edits)?;
        Ok(Tree { base, delta: delta.root() })
    }
}

impl ObjectStore for ReadOnly {
    fn put(&self, bytes: &[u8]) -> Result<ObjectId> {
        self.made.put(bytes)
    }

    fn get(&self, id: ObjectId) -> Result<Vec<u8>> {
        match self.made.kept(id) {
            Some(bytes) => Ok(bytes),
            None => lock(&self.reader).object(id),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
