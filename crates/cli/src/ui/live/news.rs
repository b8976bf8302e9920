//! What is worth a line of the live view and then makes room for the next: messages between
//! agents, what went wrong, and the tries of a wave.

use std::collections::VecDeque;

use axon_domain::{
    ConflictStep, Event, LockRefusal, LockStep, Message, Payload, PeerIntent, Reflex,
    ReflexVerdict, TaskStatus,
};

use crate::ui::live::roster::Roster;

/// Lines of each kind that are kept.
const KEPT: usize = 8;
/// Messages that are shown at once.
const SHOWN: usize = 3;
/// How long a message stays at least, in milliseconds: as long as it takes to be read.
const STAYS: u64 = 700;

/// Something that an agent said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) what: String,
}

/// What agents say to each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Talk {
    /// Messages to somebody, which are rarer and say more than announcements.
    messages: VecDeque<(u64, Said)>,
    /// The last announcement.
    announced: Option<(u64, Said)>,
    shown: Vec<Said>,
    changed: u64,
    /// The most that were shown at once.
    most: usize,
}

impl Talk {
    pub(crate) fn take(&mut self, event: &Event, roster: &Roster) {
        match &event.payload {
            Some(Payload::Message(message)) => {
                let said = said(event, message, roster);
                push(&mut self.messages, (event.seq.0, said));
            }
            Some(Payload::PeerIntent(intent)) => {
                let (from, to) = (roster.who(event), "everyone".to_owned());
                let said = Said { from, to, what: announced(intent) };
                self.announced = Some((event.seq.0, said));
            }
            _ => {}
        }
    }

    /// Something else begins: what was said before may go at once.
    pub(crate) fn turn_page(&mut self) {
        self.changed = 0;
    }

    /// Lets the newest ones be shown, unless the last ones have only just appeared.
    pub(crate) fn settle(&mut self, now: u64) {
        if !self.shown.is_empty() && now.saturating_sub(self.changed) < STAYS {
            return;
        }
        let room = SHOWN - usize::from(self.announced.is_some());
        let from = self.messages.len().saturating_sub(room);
        let mut newest: Vec<&(u64, Said)> = self.messages.range(from..).collect();
        newest.extend(&self.announced);
        newest.sort_by_key(|(seq, _)| *seq);
        let newest: Vec<Said> = newest.into_iter().map(|(_, said)| said.clone()).collect();
        if newest != self.shown {
            self.most = self.most.max(newest.len());
            self.shown = newest;
            self.changed = now;
        }
    }

    /// How many lines it takes: as many as it ever took, at most three.
    pub(crate) fn lines(&self) -> usize {
        self.most
    }

    /// What is shown now.
    pub(crate) fn shown(&self) -> &[Said] {
        &self.shown
    }
}

fn said(event: &Event, message: &Message, roster: &Roster) -> Said {
    let mut what = message.content.clone();
    if let Some(place) = message.places.first() {
        let file = place.path.rsplit('/').next().unwrap_or(&place.path);
        if !what.contains(&format!("{file}:{}", place.line)) {
            what = format!("{what} ({place})");
        }
    }
    Said { from: roster.who(event), to: roster.receiver(&message.receiver), what }
}

fn announced(intent: &PeerIntent) -> String {
    match (intent.note.as_str(), intent.claims.first()) {
        ("", Some(claim)) => format!("I take {}", claim.entity),
        (note, _) => note.to_owned(),
    }
}

fn push<T>(list: &mut VecDeque<T>, one: T) {
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(one);
}

/// Something that did not go as it should.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trouble {
    /// Whether it was settled by this very line.
    pub(crate) settled: bool,
    pub(crate) what: String,
}

/// What went wrong: the last of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles {
    last: VecDeque<Trouble>,
}

impl Troubles {
    /// To be asked before the roster takes the event: whether an agent failed before.
    pub(crate) fn take(&mut self, event: &Event, roster: &Roster) {
        let Some(payload) = &event.payload else { return };
        let who = || roster.who(event);
        let bad = |what| Some(Trouble { settled: false, what });
        let found = match payload {
            Payload::Violation(it) => {
                let (name, observed, expected) = (it.broken.name(), &it.observed, &it.expected);
                bad(format!("{name} by {}: {observed}; expected: {expected}", who()))
            }
            Payload::Conflict(conflict) => match &conflict.step {
                ConflictStep::Found { .. } => {
                    bad(format!("conflict in {}: {}", conflict.path, conflict.reason))
                }
                ConflictStep::Resolved { how, .. } => {
                    let what = format!("conflict in {} is settled: {how}", conflict.path);
                    Some(Trouble { settled: true, what })
                }
            },
            Payload::Lifecycle(change) => {
                let failed = event.agent.and_then(|id| roster.get(id)).is_some_and(|it| it.failed);
                match change.new_state.as_str() {
                    "failed" => bad(format!("{} failed: {}", who(), change.reason)),
                    "running" if failed => {
                        let what = format!("{} was started again", who());
                        Some(Trouble { settled: true, what })
                    }
                    _ => None,
                }
            }
            Payload::Task(change) if change.status == TaskStatus::Failed => {
                let task = event.task.map(|id| id.to_string()).unwrap_or_default();
                bad(format!("{task} of {} failed: {}", who(), change.note))
            }
            Payload::Policy(verdict) if !verdict.allowed => {
                bad(format!("refused: {} ({})", verdict.wanted, verdict.rule))
            }
            Payload::Lock(change) => {
                let holder = roster.holder(&change.holder, event.mission);
                match &change.step {
                    LockStep::Victim(deadlock) => {
                        let step = |link: &axon_domain::WaitLink| link.entity.to_string();
                        let cycle: Vec<String> = deadlock.cycle.iter().take(4).map(step).collect();
                        bad(format!("deadlock over {}: {holder} gives way", cycle.join(", ")))
                    }
                    LockStep::Expired { entity, .. } => {
                        bad(format!("{holder} loses {entity}: its lease ran out"))
                    }
                    LockStep::Refused { entity, reason: LockRefusal::TimedOut, .. } => {
                        bad(format!("{holder} does not get {entity}: it waited too long"))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(trouble) = found {
            push(&mut self.last, trouble);
        }
    }

    /// The last ones, the newest at the end.
    pub(crate) fn last(&self, most: usize) -> impl Iterator<Item = &Trouble> {
        self.last.range(self.last.len().saturating_sub(most)..)
    }

    pub(crate) fn len(&self) -> usize {
        self.last.len()
    }
}

/// A wave, or a part of it, that was merged and checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Try {
    /// How many tasks.
    pub(crate) tasks: u32,
    /// What the check said; `None` until it did.
    pub(crate) passed: Option<bool>,
}

/// The tries of the last wave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tries {
    pub(crate) wave: u32,
    tries: VecDeque<Try>,
    /// How many there were.
    pub(crate) count: usize,
}

impl Tries {
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.payload {
            Some(Payload::Merge(merge)) if merge.tasks > 0 => {
                if merge.wave != self.wave {
                    *self = Self { wave: merge.wave, ..Self::default() };
                }
                push(&mut self.tries, Try { tasks: merge.tasks, passed: None });
                self.count += 1;
            }
            Some(Payload::Reflex(ReflexVerdict { reflex: Reflex::Check, passed, .. })) => {
                if let Some(last) = self.tries.back_mut() {
                    last.passed = Some(*passed == Some(true));
                }
            }
            _ => {}
        }
    }

    /// The last of them, oldest first.
    pub(crate) fn last(&self) -> impl Iterator<Item = &Try> {
        self.tries.iter()
    }
}
