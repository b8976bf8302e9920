//! Many threads at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use axon_bus::{
    Actor, Address, Body, Bounds, Context, Factory, Letter, Notice, Options, Reason, Restart,
    System,
};
use axon_domain::{Code, Error};
use proptest::prelude::*;

use crate::support::{EARLY, agent, start};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// One of the letters of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    sender: u64,
    number: u64,
    kind: u64,
    hops: u32,
}

impl Body for Mark {
    fn size(&self) -> usize {
        0
    }
}

/// What became of letters, by who read them.
#[derive(Default)]
struct Record {
    read: BTreeMap<Address, Vec<Mark>>,
    failed: Vec<Mark>,
}

/// Fails on some letters and passes others on.
struct Busy {
    record: Arc<Mutex<Record>>,
    agents: u64,
    running: Arc<AtomicU64>,
}

impl Actor<Mark> for Busy {
    fn receive(
        &mut self,
        letter: &Letter<Mark>,
        context: &mut Context<'_, '_, Mark>,
    ) -> Result<(), Error> {
        assert_eq!(self.running.fetch_add(1, Ordering::SeqCst), 0, "one thread at a time");
        let mark = letter.body;
        if mark.kind != 0 {
            let mut record = self.record.lock().unwrap();
            record.read.entry(context.address()).or_default().push(mark);
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        match mark.kind {
            0 => panic!("poison"),
            1 => return Err(Error::new(Code::Bug, "poison")),
            2 if mark.hops > 0 => {
                let next = agent(mark.number % self.agents + 1);
                let on = Mark { hops: mark.hops - 1, ..mark };
                // One that is full makes it a dead letter, which is counted.
                let _ = context.send(next, Letter::new(on));
            }
            _ => {}
        }
        Ok(())
    }
}

struct Case {
    seed: u64,
    agents: u64,
    senders: u64,
    letters: u64,
    capacity: usize,
    workers: usize,
    read_again: bool,
}

fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 31)
}

/// Sends everything and gives the record, with what was accepted at the senders.
fn hammer(case: &Case) -> (Record, u64, axon_bus::Counts) {
    let record = Arc::new(Mutex::new(Record::default()));
    let failures = Arc::clone(&record);
    let observer = move |_, notice: Notice<'_, Mark>| {
        if let Notice::Failed { letter, .. } = notice {
            failures.lock().unwrap().failed.push(letter.body);
        }
    };
    let system =
        System::new(Bounds { dead_letters: 1_000_000, ..Bounds::default() }, Box::new(observer));
    let (marks, agents) = (Arc::clone(&record), case.agents);
    let running: Vec<_> = (0..=agents).map(|_| Arc::new(AtomicU64::new(0))).collect();
    let factory: Factory<'_, Mark> = Arc::new(move |who: Address| {
        let running = Arc::clone(&running[who.agent.0.get() as usize]);
        // After a panic it was not counted down.
        running.store(0, Ordering::SeqCst);
        Box::new(Busy { record: Arc::clone(&marks), agents, running })
    });
    for number in 1..=agents {
        let options = Options {
            capacity: case.capacity,
            restart: Restart::Always,
            read_again: case.read_again,
        };
        system.spawn(agent(number), &factory, options).unwrap();
    }
    let accepted = AtomicU64::new(0);
    thread::scope(|scope| {
        start(&system, scope, case.workers);
        let senders: Vec<_> = (0..case.senders)
            .map(|sender| {
                let (system, accepted) = (&system, &accepted);
                scope.spawn(move || send_all(case, sender, system, accepted))
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
        system.drain();
        system.shut_down();
    });
    let counts = system.router().counts();
    drop(system);
    let record = std::mem::take(&mut *record.lock().unwrap());
    (record, accepted.into_inner(), counts)
}

fn send_all(case: &Case, sender: u64, system: &System<'_, Mark>, accepted: &AtomicU64) {
    for number in 0..case.letters {
        let draw = mixed(case.seed ^ mixed(sender << 32 | number));
        let mark = Mark { sender, number, kind: draw % 40, hops: (draw >> 8) as u32 % 4 };
        let to = agent((draw >> 16) % case.agents + 1);
        let letter = Letter::new(mark);
        let sent = match number % 3 {
            0 => system.router().send_within(to, letter, EARLY, LONG),
            _ => system.router().send_to(to, letter, EARLY),
        };
        match sent {
            Ok(()) => drop(accepted.fetch_add(1, Ordering::Relaxed)),
            Err(undelivered) => assert_eq!(undelivered.reason, Reason::Full),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn under_load_from_all_sides_nothing_is_lost_doubled_or_out_of_order(
        seed in any::<u64>(),
        agents in 1_u64..20,
        senders in 1_u64..5,
        capacity in 1_usize..100,
        workers in 1_usize..5,
        read_again in any::<bool>(),
    ) {
        let case = Case { seed, agents, senders, letters: 400, capacity, workers, read_again };
        let (record, accepted, counts) = hammer(&case);
        // What was put in a mailbox was read or killed its reader. Where letters are read
        // again, one that failed is seen twice.
        let times = if read_again { 2 } else { 1 };
        let killed = record.failed.iter().filter(|mark| mark.kind == 0).count() as u64;
        let erred = record.failed.len() as u64 - killed;
        let read: u64 = record.read.values().map(|marks| marks.len() as u64).sum();
        let first_hand = |mark: &&Mark| mark.kind != 2;
        prop_assert_eq!(read - erred + (killed + erred) / times, counts.delivered);
        prop_assert_eq!(counts.poison, (killed + erred) / times);
        prop_assert!(counts.delivered >= accepted);
        prop_assert_eq!(counts.ended + counts.unknown_receiver + counts.lost, 0);
        for marks in record.read.values() {
            let mut last = BTreeMap::new();
            for mark in marks.iter().filter(first_hand) {
                let before = last.insert(mark.sender, mark.number);
                let again = read_again && mark.kind == 1;
                let in_order = before.is_none_or(|before| {
                    before < mark.number || (again && before == mark.number)
                });
                prop_assert!(in_order, "{mark:?} after {before:?}");
            }
        }
    }

    /// Actors come and go while letters fly and the system is ended in the middle of it.
    #[test]
    fn ending_in_the_middle_of_everything_ends_everything(
        seed in any::<u64>(),
        workers in 1_usize..4,
        stop_after in 0_u64..400,
    ) {
        let record = Arc::new(Mutex::new(Record::default()));
        let ended = Arc::new(AtomicU64::new(0));
        let ends = Arc::clone(&ended);
        let observer = move |_, notice: Notice<'_, Mark>| {
            if matches!(notice, Notice::Stopped | Notice::GaveUp) {
                ends.fetch_add(1, Ordering::SeqCst);
            }
        };
        let system = System::new(Bounds::default(), Box::new(observer));
        let marks = Arc::clone(&record);
        let factory: Factory<'_, Mark> = Arc::new(move |_| {
            let running = Arc::new(AtomicU64::new(0));
            Box::new(Busy { record: Arc::clone(&marks), agents: 8, running })
        });
        let spawned = AtomicU64::new(0);
        thread::scope(|scope| {
            start(&system, scope, workers);
            let (system, factory, spawned) = (&system, &factory, &spawned);
            let churn = move || {
                for number in 0..400 {
                    let draw = mixed(seed ^ number);
                    let who = agent(draw % 8 + 1);
                    if system.spawn(who, factory, Options::default()).is_ok() {
                        spawned.fetch_add(1, Ordering::SeqCst);
                    }
                    let mark = Mark { sender: 0, number, kind: (draw >> 8) % 20, hops: 2 };
                    let _ = system.router().send_to(who, Letter::new(mark), EARLY);
                    match (draw >> 16) % 5 {
                        0 => drop(system.stop(who)),
                        1 => drop(system.retire(who)),
                        _ => {}
                    }
                    if number == stop_after {
                        system.shut_down();
                    }
                }
            };
            let other = scope.spawn(churn);
            churn();
            other.join().unwrap();
            system.shut_down();
        });
        prop_assert!(system.is_empty());
        prop_assert_eq!(ended.load(Ordering::SeqCst), spawned.into_inner());
        prop_assert_eq!(system.workers(), 0);
    }
}
