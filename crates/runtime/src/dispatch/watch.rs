//! Those who watch missions: each has an inbox of its own, so that nobody who watches holds up
//! the work of others.
//!
//! An inbox is bounded. Events that find no room are not lost: the inbox then says up to which
//! event the ledger is to be read. Signals that find no room are dropped. Whoever gave a mission
//! in this process and is alone there is heard out: the dispatcher waits until it has taken what
//! it is told, so that output that nobody reads does not pile up, and stops when it is gone.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axon_domain::{Code, Error, Event, MissionId, Result, Seq};

use crate::axon::Axon;
use crate::observer::{Answer, Notice, Observer, Question};
use crate::owner::Feed;

/// How often whoever watches gets a moment to redraw, while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// Entries of an inbox. Beyond them events are told by their number and signals are dropped.
const ROOM: usize = 1_024;

/// Something to tell.
#[derive(Clone)]
pub(crate) enum Told {
    /// See [`Notice::Event`].
    Event(Arc<Event>),
    /// Everything up to this event is in the ledger, to be read there.
    Upto(Seq),
    /// See [`Notice::Progress`].
    Progress(String),
    /// See [`Observer::remark`].
    Remark(String),
    /// See [`Notice::Output`].
    Output(Vec<u8>),
    /// Somebody has to decide; the first answer counts. Where everybody drops it, nobody is
    /// there to ask.
    Ask(Question, SyncSender<Answer>),
    /// Nothing more comes.
    Ended(End),
}

/// Why nothing more comes.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// The mission has ended.
    Over,
    /// It is not worked on any more.
    Stopped(Arc<Error>),
    /// Another process goes on with it.
    HandedOn,
}

/// Where somebody who watches is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// In the process that works: gave the mission, and gets events as they are.
    Here,
    /// Elsewhere: reads the ledger by itself.
    Elsewhere,
}

/// The dispatcher's end of an inbox.
pub(crate) struct Watcher {
    inbox: Arc<Inbox>,
    from: From,
}

/// The other end of a [`Watcher`].
pub(crate) struct Watch {
    inbox: Arc<Inbox>,
}

#[derive(Default)]
struct Inbox {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    told: VecDeque<Told>,
    /// The dispatcher's end, or the watcher's, is gone.
    closed: bool,
}

/// A pair of ends.
pub(crate) fn watch(from: From) -> (Watcher, Watch) {
    let inbox = Arc::new(Inbox::default());
    (Watcher { inbox: Arc::clone(&inbox), from }, Watch { inbox })
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, forget: bool) {
        let mut waiting = self.lock();
        waiting.closed = true;
        if forget {
            // With it the questions that will not be answered.
            waiting.told.clear();
        }
        drop(waiting);
        self.changed.notify_all();
    }
}

impl Waiting {
    fn push(&mut self, told: Told, from: From) {
        let full = self.told.len() >= ROOM;
        let told = match told {
            Told::Event(event) if full || from == From::Elsewhere => Told::Upto(event.seq),
            Told::Progress(_) | Told::Remark(_) | Told::Output(_) if full => return,
            told => told,
        };
        match (&told, self.told.back_mut()) {
            (Told::Upto(seq), Some(Told::Upto(last))) => *last = (*last).max(*seq),
            _ => self.told.push_back(told),
        }
    }
}

impl Watcher {
    /// Tells; false when nobody is there any more. A patient caller waits until everything that
    /// was told is taken, if it is told to the process's own watcher: once, however much it is,
    /// because each time costs two changes of threads.
    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>, patient: bool) -> bool {
        let patient = patient && self.is_here();
        let mut waiting = self.inbox.lock();
        for told in told {
            if patient && waiting.told.len() >= ROOM {
                waiting = self.until_taken(waiting);
            }
            if waiting.closed {
                return false;
            }
            waiting.push(told, self.from);
        }
        self.inbox.changed.notify_all();
        if patient {
            waiting = self.until_taken(waiting);
        }
        !waiting.closed
    }

    fn until_taken<'a>(&self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        self.inbox.changed.notify_all();
        while !waiting.closed && !waiting.told.is_empty() {
            waiting = self.inbox.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting
    }

    /// Whether it gave the mission in this process.
    pub(crate) fn is_here(&self) -> bool {
        self.from == From::Here
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.inbox.close(false);
    }
}

/// What an inbox holds for whoever watches.
pub(crate) enum Next {
    Told(Told),
    /// Nothing for so long.
    Nothing,
    /// Nothing, and nothing comes any more: the dispatcher is gone without a word.
    Gone,
}

impl Watch {
    /// Waits for what is told next.
    pub(crate) fn next(&self, patience: Duration) -> Next {
        let mut waiting = self.inbox.lock();
        if waiting.told.is_empty() && !waiting.closed {
            let waited = self.inbox.changed.wait_timeout(waiting, patience);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match waiting.told.pop_front() {
            Some(told) => {
                if waiting.told.is_empty() {
                    self.inbox.changed.notify_all();
                }
                Next::Told(told)
            }
            None if waiting.closed => Next::Gone,
            None => Next::Nothing,
        }
    }

    /// Wants nothing more.
    pub(crate) fn close(&self) {
        self.inbox.close(true);
    }

    /// Passes on what is told until the mission is not worked on any more; true when another
    /// process goes on with it.
    ///
    /// # Errors
    /// What kept the mission from ending.
    pub(crate) fn follow(
        self,
        axon: &Axon,
        mission: MissionId,
        after: Seq,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut feed = Feed::new(axon, mission, after);
        loop {
            match self.next(TICK) {
                Next::Told(Told::Event(event)) => {
                    feed.seen(event.seq);
                    observer.notice(Notice::Event(&event));
                }
                Next::Told(Told::Upto(seq)) => {
                    feed.read(seq, &mut |event| observer.notice(Notice::Event(event)))?;
                }
                Next::Told(Told::Progress(what)) => {
                    observer.notice(Notice::Progress { mission, what: &what });
                }
                Next::Told(Told::Remark(text)) => observer.remark(&text),
                Next::Told(Told::Output(bytes)) => observer.notice(Notice::Output(&bytes)),
                Next::Told(Told::Ask(question, reply)) => {
                    if let Some(answer) = observer.ask(&question) {
                        // Somebody else was first, or the agent no longer waits.
                        let _ = reply.try_send(answer);
                    }
                }
                Next::Told(Told::Ended(End::Over | End::HandedOn)) => return Ok(()),
                Next::Told(Told::Ended(End::Stopped(error))) => return Err(owned(error)),
                Next::Nothing => observer.notice(Notice::Tick),
                Next::Gone => {
                    return Err(Error::new(Code::Bug, "the dispatcher is gone")
                        .hint("please report this; the ledger is intact: axon resume"));
                }
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.close();
    }
}

/// The error itself for its only watcher; its words for one of several.
fn owned(error: Arc<Error>) -> Error {
    Arc::try_unwrap(error).unwrap_or_else(|error| retold(&error))
}

/// The same error in the same words, without its cause.
pub(crate) fn retold(error: &Error) -> Error {
    let retold = Error::new(error.code(), error.to_string());
    match error.hint_text() {
        Some(hint) => retold.hint(hint),
        None => retold,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use axon_domain::{Draft, Hlc, Payload, Role, SystemSignal, SystemStatus};

    use super::*;

    fn event(seq: u64) -> Told {
        let signal = SystemSignal {
            status: SystemStatus::Starting,
            version: String::new(),
            note: String::new(),
        };
        let event = Draft::new(Role::System, Payload::System(signal)).at(Seq(seq), Hlc(seq));
        Told::Event(Arc::new(event))
    }

    fn taken(watch: &Watch) -> Vec<String> {
        let mut words = Vec::new();
        while let Next::Told(told) = watch.next(Duration::ZERO) {
            words.push(match told {
                Told::Event(event) => format!("event {}", event.seq),
                Told::Upto(seq) => format!("upto {seq}"),
                Told::Progress(what) | Told::Remark(what) => what,
                Told::Output(_) | Told::Ask(..) | Told::Ended(_) => "other".to_owned(),
            });
        }
        words
    }

    #[test]
    fn who_is_elsewhere_is_told_numbers_in_the_order_of_everything_else() {
        let (watcher, watch) = watch(From::Elsewhere);
        for told in [event(1), event(2), Told::Progress("merging".into()), event(4), event(7)] {
            assert!(watcher.tell([told], true), "nobody elsewhere is waited for");
        }
        assert_eq!(taken(&watch), ["upto 2", "merging", "upto 7"]);
    }

    #[test]
    fn an_inbox_that_is_full_keeps_the_number_of_the_last_event_and_drops_signals() {
        let (watcher, watch) = watch(From::Here);
        let all = 10 * ROOM as u64;
        for seq in 1..=all {
            assert!(watcher.tell([event(seq)], false));
            assert!(watcher.tell([Told::Progress("a signal".into())], false));
        }
        assert!(watch.inbox.lock().told.len() <= ROOM + 1);
        let words = taken(&watch);
        assert_eq!(words.last().unwrap(), &format!("upto {all}"));
        assert!(watcher.tell([event(all + 1)], false));
        assert_eq!(taken(&watch), [format!("event {}", all + 1)]);
    }

    #[test]
    fn the_process_s_own_watcher_is_heard_out_and_its_end_is_noticed() {
        let (watcher, watch) = watch(From::Here);
        std::thread::scope(|scope| {
            let telling = scope.spawn(|| {
                let heard = watcher.tell((1..=2 * ROOM as u64).map(event), true);
                // Until nobody is there.
                while watcher.tell([event(0)], true) {}
                heard
            });
            let mut events = Vec::new();
            while events.len() < 2 * ROOM {
                let Next::Told(told) = watch.next(TICK) else { continue };
                events.push(told);
            }
            let all_whole = events.iter().all(|told| matches!(told, Told::Event(_)));
            assert!(all_whole, "it was waited for instead of told by numbers");
            while !matches!(watch.next(TICK), Next::Told(_)) {}
            drop(watch);
            assert!(telling.join().unwrap());
        });
    }

    #[test]
    fn a_question_that_everybody_drops_is_answered_by_nobody() {
        let question = Question { mission: MissionId(1), symbol: None, places: Vec::new() };
        let (reply, answer) = sync_channel(1);
        let (watcher, watch) = watch(From::Elsewhere);
        assert!(watcher.tell([Told::Ask(question, reply)], false));
        watch.close();
        assert!(answer.recv().is_err());
        assert!(!watcher.tell([Told::Progress("more".into())], false));
    }
}
