//! What watchers are told: in order, and events only once they are durable.
//!
//! Whatever a watcher does with an event (print it, write it to a pipe) is an effect outside of
//! the process and must not be ahead of the record. Nobody waits for the disk because of that:
//! a thread of its own does, and one wait tells everything that gathered meanwhile.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender};

use axon_domain::{Event, MissionId, Seq};
use axon_ledger::Ledger;

use crate::effects::Message;
use crate::observer::{Notice, Observer};

/// Something to tell.
pub(crate) enum Told {
    /// See [`Notice::Event`].
    Event(Box<Event>),
    /// See [`Notice::Progress`].
    Progress(String),
    /// See [`Notice::Output`].
    Output(Vec<u8>),
}

/// Keeps what is to be told until it may be.
pub(crate) struct Herald {
    waiting: VecDeque<Told>,
    durable: Seq,
    /// Whether the thread that waits for the disk has been asked and has not answered yet.
    asked: bool,
    ask: Sender<()>,
}

impl Herald {
    pub(crate) fn new(ask: Sender<()>) -> Self {
        Self { waiting: VecDeque::new(), durable: Seq(0), asked: false, ask }
    }

    /// Tells it now, or once everything before it may be told.
    pub(crate) fn tell(&mut self, told: Told, mission: MissionId, observer: &mut dyn Observer) {
        self.waiting.push_back(told);
        self.deliver(mission, observer);
    }

    /// Everything up to an event is on the disk.
    pub(crate) fn durable(&mut self, seq: Seq, mission: MissionId, observer: &mut dyn Observer) {
        self.asked = false;
        self.durable = self.durable.max(seq);
        self.deliver(mission, observer);
    }

    fn deliver(&mut self, mission: MissionId, observer: &mut dyn Observer) {
        while let Some(told) = self.waiting.pop_front() {
            match &told {
                Told::Event(event) if event.seq > self.durable => {
                    self.waiting.push_front(told);
                    // If the thread has ended, so will the run: writing failed.
                    self.asked = self.asked || self.ask.send(()).is_ok();
                    return;
                }
                Told::Event(event) => observer.notice(Notice::Event(event)),
                Told::Progress(what) => observer.notice(Notice::Progress { mission, what }),
                Told::Output(bytes) => observer.notice(Notice::Output(bytes)),
            }
        }
    }
}

/// The thread that waits for the disk: each time it is asked, until nobody can ask any more or
/// writing fails (which whoever writes next is told).
pub(crate) fn wait_for_disk(asked: &Receiver<()>, ledger: &Ledger, send: &Sender<Message>) {
    for () in asked {
        let Ok(seq) = ledger.sync() else { return };
        if send.send(Message::Durable(seq)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use axon_domain::{Draft, Hlc, Payload, Role, SystemSignal, SystemStatus};

    use super::*;
    use crate::observer::{Answer, Question};

    #[derive(Default)]
    struct Said(Vec<String>);

    impl Observer for Said {
        fn notice(&mut self, notice: Notice<'_>) {
            self.0.push(match notice {
                Notice::Event(event) => event.seq.to_string(),
                Notice::Progress { what, .. } => what.to_owned(),
                Notice::Output(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Notice::Tick => "tick".to_owned(),
            });
        }

        fn ask(&mut self, _: &Question) -> Option<Answer> {
            None
        }
    }

    fn event(seq: u64) -> Told {
        let signal = SystemSignal {
            status: SystemStatus::Starting,
            version: String::new(),
            note: String::new(),
        };
        let event = Draft::new(Role::System, Payload::System(signal)).at(Seq(seq), Hlc(seq));
        Told::Event(Box::new(event))
    }

    #[test]
    fn an_event_is_told_once_it_is_durable_and_what_follows_waits_with_it() {
        let (ask, asked) = channel();
        let (mut herald, mut said) = (Herald::new(ask), Said::default());
        let mission = MissionId(1);
        herald.tell(Told::Progress("reading".to_owned()), mission, &mut said);
        for told in [event(1), event(2), Told::Output(b"text".to_vec()), event(3)] {
            herald.tell(told, mission, &mut said);
        }
        assert_eq!(said.0, ["reading"]);
        assert_eq!(asked.try_iter().count(), 1, "the disk is waited for once for all of them");
        herald.durable(Seq(2), mission, &mut said);
        assert_eq!(said.0, ["reading", "1", "2", "text"]);
        assert_eq!(asked.try_iter().count(), 1, "one event still waits");
        herald.durable(Seq(3), mission, &mut said);
        assert_eq!(said.0.last().map(String::as_str), Some("3"));
        assert_eq!(asked.try_iter().count(), 0);
    }
}
