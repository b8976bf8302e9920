//! What watchers are told: in order, and events only once they are durable.
//!
//! Whatever a watcher does with an event (print it, write it to a pipe) is an effect outside of
//! the process and must not be ahead of the record. Nobody waits for the disk because of that:
//! a thread of its own does, and one wait tells everything that gathered meanwhile.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender};

use axon_domain::{MissionId, Seq};
use axon_ledger::Ledger;

use super::Message;
use super::watch::Told;

/// Keeps what is to be told until it may be.
pub(crate) struct Herald {
    waiting: VecDeque<(MissionId, Told)>,
    durable: Seq,
    /// Whether the thread that waits for the disk has been asked and has not answered yet.
    asked: bool,
    ask: Sender<()>,
}

impl Herald {
    pub(crate) fn new(ask: Sender<()>) -> Self {
        Self { waiting: VecDeque::new(), durable: Seq(0), asked: false, ask }
    }

    /// Takes something to tell; gives what may be told now, in order.
    pub(crate) fn tell(&mut self, mission: MissionId, told: Told) -> Vec<(MissionId, Told)> {
        self.waiting.push_back((mission, told));
        self.due()
    }

    /// Everything up to an event is on the disk; gives what may be told now, in order.
    pub(crate) fn durable(&mut self, seq: Seq) -> Vec<(MissionId, Told)> {
        self.asked = false;
        self.durable = self.durable.max(seq);
        self.due()
    }

    /// The last event that is known to be on the disk.
    pub(crate) fn last_durable(&self) -> Seq {
        self.durable
    }

    fn due(&mut self) -> Vec<(MissionId, Told)> {
        let not_yet = |(_, told): &(MissionId, Told)| matches!(told, Told::Event(event) if event.seq > self.durable);
        let due = self.waiting.iter().position(not_yet).unwrap_or(self.waiting.len());
        if due < self.waiting.len() {
            // If the thread has ended, so will the run: writing failed.
            self.asked = self.asked || self.ask.send(()).is_ok();
        }
        self.waiting.drain(..due).collect()
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

    use std::sync::Arc;

    use axon_domain::{Draft, Hlc, Payload, Role, SystemSignal, SystemStatus};

    use super::*;

    fn said(told: Vec<(MissionId, Told)>) -> Vec<String> {
        let word = |(mission, told)| match told {
            Told::Event(event) => format!("{mission} {}", event.seq),
            Told::Progress(what) | Told::Remark(what) => what,
            Told::Output(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Told::Upto(_) | Told::Ask(..) | Told::Ended(_) => unreachable!("not told in this test"),
        };
        told.into_iter().map(word).collect()
    }

    fn event(seq: u64) -> Told {
        let signal = SystemSignal {
            status: SystemStatus::Starting,
            version: String::new(),
            note: String::new(),
        };
        let event = Draft::new(Role::System, Payload::System(signal)).at(Seq(seq), Hlc(seq));
        Told::Event(Arc::new(event))
    }

    #[test]
    fn an_event_is_told_once_it_is_durable_and_what_follows_waits_with_it() {
        let (ask, asked) = channel();
        let mut herald = Herald::new(ask);
        let (one, two) = (MissionId(1), MissionId(2));
        assert_eq!(said(herald.tell(one, Told::Progress("reading".into()))), ["reading"]);
        for (mission, told) in [
            (one, event(1)),
            (two, event(2)),
            (one, Told::Output(b"text".to_vec())),
            (two, event(3)),
        ] {
            assert!(herald.tell(mission, told).is_empty());
        }
        assert_eq!(asked.try_iter().count(), 1, "the disk is waited for once for all of them");
        assert_eq!(said(herald.durable(Seq(2))), ["m1 1", "m2 2", "text"]);
        assert_eq!(asked.try_iter().count(), 1, "one event still waits");
        assert_eq!(said(herald.durable(Seq(3))), ["m2 3"]);
        assert_eq!(asked.try_iter().count(), 0);
    }
}
