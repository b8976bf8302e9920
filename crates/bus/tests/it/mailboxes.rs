//! Mailboxes against a simple model, and senders that wait.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use axon_bus::{Letter, Mailbox, Priority, Reason};
use proptest::prelude::*;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Copy)]
enum Step {
    Offer(Priority),
    Take(usize),
    TakeUrgent,
    Settle,
    Call,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Offer(Priority::Normal)),
        3 => Just(Step::Offer(Priority::Urgent)),
        3 => (0_usize..5).prop_map(Step::Take),
        2 => Just(Step::TakeUrgent),
        3 => Just(Step::Settle),
        1 => Just(Step::Call),
    ];
    let end = prop::collection::vec(step.clone(), 0..20);
    (prop::collection::vec(step, 0..120), any::<bool>(), end).prop_map(|(mut steps, close, end)| {
        if close {
            steps.push(Step::Close);
        }
        steps.extend(end);
        steps
    })
}

/// What a mailbox is meant to be.
#[derive(Default)]
struct Model {
    capacity: usize,
    urgent: VecDeque<usize>,
    normal: VecDeque<usize>,
    taken: usize,
    refused: u64,
    closed: bool,
    attended: bool,
    called: bool,
}

impl Model {
    fn queue(&mut self, priority: Priority) -> &mut VecDeque<usize> {
        if priority == Priority::Urgent { &mut self.urgent } else { &mut self.normal }
    }

    fn offer(&mut self, priority: Priority, number: usize) -> Result<bool, Reason> {
        let capacity = self.capacity;
        let refusal = match self.closed {
            true => Some(Reason::Ended),
            false => (self.queue(priority).len() == capacity).then_some(Reason::Full),
        };
        if let Some(reason) = refusal {
            self.refused += 1;
            return Err(reason);
        }
        self.queue(priority).push_back(number);
        Ok(!std::mem::replace(&mut self.attended, true))
    }

    fn take(&mut self, most: usize) -> Vec<usize> {
        let next = |model: &mut Self| model.urgent.pop_front().or_else(|| model.normal.pop_front());
        let taken: Vec<usize> = (0..most).map_while(|_| next(self)).collect();
        self.taken += taken.len();
        taken
    }

    fn settle(&mut self) -> bool {
        self.taken = 0;
        let called = std::mem::take(&mut self.called);
        let settled = !called && self.urgent.is_empty() && self.normal.is_empty();
        self.attended &= !settled;
        settled
    }
}

fn letter(priority: Priority, number: usize) -> Letter<usize> {
    Letter { priority, ..Letter::new(number) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mailbox_is_two_bounded_queues_whose_reader_is_called_once(
        capacity in 1_usize..5,
        steps in steps(),
    ) {
        let mailbox = Mailbox::new(capacity);
        let mut model = Model { capacity, ..Model::default() };
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Offer(priority) => {
                    let expected = model.offer(priority, number);
                    let given = mailbox.offer(letter(priority, number));
                    if let Err(back) = &given {
                        prop_assert_eq!(back.letter.body, number, "it comes back whole");
                    }
                    prop_assert_eq!(given.map_err(|back| back.reason), expected);
                }
                Step::Take(most) => {
                    let mut hand = VecDeque::new();
                    mailbox.take(most, &mut hand);
                    let numbers: Vec<usize> = hand.iter().map(|letter| letter.body).collect();
                    prop_assert_eq!(numbers, model.take(most));
                }
                Step::TakeUrgent => {
                    let number = mailbox.take_urgent().map(|letter| letter.body);
                    let expected = model.urgent.pop_front();
                    model.taken += usize::from(expected.is_some());
                    prop_assert_eq!(number, expected);
                }
                Step::Settle => prop_assert_eq!(mailbox.settle(), model.settle()),
                Step::Call => {
                    model.called = model.attended;
                    prop_assert_eq!(mailbox.call(), !std::mem::replace(&mut model.attended, true));
                }
                Step::Close => {
                    mailbox.close();
                    model.closed = true;
                }
            }
            let waiting = model.urgent.len() + model.normal.len();
            prop_assert_eq!(mailbox.load(), waiting + model.taken);
            prop_assert!(waiting <= 2 * capacity);
            prop_assert_eq!(mailbox.refused(), model.refused);
        }
    }
}

#[test]
fn a_sender_that_waits_gets_the_room_that_is_made() {
    let mailbox = Mailbox::new(1);
    mailbox.offer(Letter::new(0)).unwrap();
    thread::scope(|scope| {
        let senders: Vec<_> = (1..=8)
            .map(|number| {
                let mailbox = &mailbox;
                scope.spawn(move || mailbox.offer_within(Letter::new(number), LONG).is_ok())
            })
            .collect();
        let mut hand = VecDeque::new();
        while hand.len() < 9 {
            mailbox.take(1, &mut hand);
            thread::yield_now();
        }
        assert!(senders.into_iter().all(|sender| sender.join().unwrap()));
        let mut numbers: Vec<usize> = hand.into_iter().map(|letter| letter.body).collect();
        assert_eq!(numbers.remove(0), 0, "what was there first");
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    });
}

#[test]
fn a_sender_without_patience_is_refused_at_once() {
    let mailbox = Mailbox::new(1);
    mailbox.offer(Letter::new(0)).unwrap();
    let back = mailbox.offer_within(Letter::new(1), Duration::ZERO).unwrap_err();
    assert_eq!((back.letter.body, back.reason), (1, Reason::Full));
    // The other priority has its own room.
    assert!(mailbox.offer_within(Letter::new(2).urgent(), Duration::ZERO).is_ok());
}

#[test]
fn senders_that_wait_learn_that_the_mailbox_is_closed() {
    let mailbox = Mailbox::new(1);
    mailbox.offer(Letter::new(0)).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| mailbox.offer_within(Letter::new(1), LONG));
        mailbox.close();
        let back = waiting.join().unwrap().unwrap_err();
        assert_eq!((back.letter.body, back.reason), (1, Reason::Ended));
    });
}
