//! Actors that fail: alone, in groups, and in every place where they can.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axon_bus::{Actor, Body, Bounds, Context, Factory, Letter, Options, Reason, Restart, System};
use axon_domain::Error;
use proptest::prelude::*;

use crate::support::{Book, Do, EARLY, agent, system, with_restart};

fn run(system: &System<'_, Do>, to: u64, bodies: impl IntoIterator<Item = Do>) {
    for body in bodies {
        system.router().send_to(agent(to), Letter::new(body), EARLY).unwrap();
    }
    system.drain();
}

#[test]
fn an_actor_that_fails_loses_its_state_and_nothing_else() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    for number in 1..=2 {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    run(&system, 2, [Do::Note(1)]);
    run(&system, 1, [Do::Note(1), Do::Note(2), Do::Panic("a fault"), Do::Note(3), Do::Note(4)]);
    run(&system, 2, [Do::Note(2)]);
    let lines = [
        "started",
        "1 (1)",
        "2 (2)",
        "failed: an agent panicked: a fault",
        "restarted",
        "3 (1)",
        "4 (2)",
    ];
    assert_eq!(book.of(agent(1)), lines);
    assert_eq!(book.of(agent(2)), ["started", "1 (1)", "2 (2)"], "the other goes on as it was");
    assert_eq!(system.router().counts().poison, 1);
}

#[test]
fn an_error_is_a_failure_like_a_panic() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, with_restart(Restart::Always)).unwrap();
    run(&system, 1, [Do::Note(1), Do::Fail("no way"), Do::Note(2)]);
    assert_eq!(book.of(agent(1)), ["started", "1 (1)", "failed: no way", "restarted", "2 (1)"]);
}

#[test]
fn an_actor_that_is_never_restarted_has_ended_with_its_first_failure() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, with_restart(Restart::Never)).unwrap();
    run(&system, 1, [Do::Fail("no way"), Do::Note(1)]);
    assert_eq!(book.of(agent(1)), ["started", "failed: no way", "gave up"]);
    let mut dead = Vec::new();
    system.router().dead_letters(|letter| dead.push(letter.reason));
    assert_eq!(dead, [Reason::Poison, Reason::Ended]);
    // Somebody else may have the address.
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    assert_eq!(system.router().redrive_all(EARLY), (2, 0));
    system.drain();
    assert_eq!(book.of(agent(1))[3..], ["started", "failed: no way", "restarted", "1 (1)"],);
}

#[test]
fn an_actor_that_fails_too_often_is_given_up() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let restart = Restart::OneForOne { most: 2, within_letters: 4 };
    system.spawn(agent(1), &factory, with_restart(restart)).unwrap();
    // Two failures among any four letters are allowed, however many there are in all.
    let often = [Do::Fail("a"), Do::Fail("b"), Do::Note(1), Do::Note(2)];
    for _ in 0..5 {
        run(&system, 1, often.clone());
    }
    assert!(system.router().knows(agent(1)));
    run(&system, 1, [Do::Fail("a"), Do::Fail("b"), Do::Note(3), Do::Fail("c")]);
    assert_eq!(book.of(agent(1)).last().unwrap(), "gave up");
    assert!(!system.router().knows(agent(1)));
}

#[test]
fn a_letter_is_read_a_second_time_where_that_is_wanted_and_no_third_time() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let options = Options { restart: Restart::Always, read_again: true, ..Options::default() };
    system.spawn(agent(1), &factory, options).unwrap();
    let once = || Do::PanicOnce(Arc::new(Mutex::new(false)), 1);
    run(&system, 1, [once(), Do::Panic("poison"), Do::Note(2)]);
    let lines = [
        "started",
        "failed: an agent panicked: the first time",
        "restarted",
        "1 (1)",
        "failed: an agent panicked: poison",
        "restarted",
        "failed: an agent panicked: poison",
        "restarted",
        "2 (1)",
    ];
    assert_eq!(book.of(agent(1)), lines);
    assert_eq!(system.router().counts().poison, 1, "what was read in the end is no dead letter");
}

#[test]
fn a_state_that_panics_when_it_is_thrown_away_is_gone_all_the_same() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    run(&system, 1, [Do::PanicWhenDropped, Do::Fail("no way"), Do::Note(1)]);
    assert_eq!(book.of(agent(1)), ["started", "failed: no way", "restarted", "1 (1)"]);
    run(&system, 1, [Do::PanicWhenDropped, Do::Stop]);
    assert_eq!(book.of(agent(1)).last().unwrap(), "stopped");
}

#[test]
fn what_is_thrown_may_panic_when_it_is_dropped() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    run(&system, 1, [Do::ThrowABomb, Do::Note(1)]);
    let lines = ["started", "failed: an agent panicked: no message", "restarted", "1 (1)"];
    assert_eq!(book.of(agent(1)), lines);
}

#[test]
fn a_state_that_cannot_be_made_costs_one_letter_each_time() {
    let book = Book::default();
    let (system, sound) = system(&book, Bounds::default());
    let tries = AtomicUsize::new(0);
    let factory: Factory<'_, Do> = Arc::new(move |address| {
        assert!(tries.fetch_add(1, Ordering::Relaxed) >= 2, "not yet");
        sound(address)
    });
    system.spawn(agent(1), &factory, with_restart(Restart::Always)).unwrap();
    run(&system, 1, [Do::Note(1), Do::Note(2), Do::Note(3)]);
    let not_made = "failed: an agent panicked: not yet";
    assert_eq!(book.of(agent(1)), [not_made, not_made, "started", "3 (1)"]);
    assert_eq!(system.router().counts().poison, 2);
}

/// A body that panics when it is dropped for the first time.
struct Mine(Arc<AtomicUsize>);

impl Body for Mine {
    fn size(&self) -> usize {
        0
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) > 0, "a mine");
    }
}

struct Reader(Arc<AtomicUsize>);

impl Actor<Mine> for Reader {
    fn receive(&mut self, _: &Letter<Mine>, _: &mut Context<'_, '_, Mine>) -> Result<(), Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn a_body_that_panics_when_it_is_dropped_ends_its_reader_and_no_worker() {
    let read = Arc::new(AtomicUsize::new(0));
    let system: System<'_, Mine> = System::new(Bounds::default(), Box::new(|_, _| {}));
    let counter = Arc::clone(&read);
    let factory: Factory<'_, Mine> = Arc::new(move |_| Box::new(Reader(Arc::clone(&counter))));
    let dropped = Arc::new(AtomicUsize::new(0));
    for number in 1..=2 {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    for (to, count) in [(1, 3), (2, 1)] {
        for _ in 0..count {
            let letter = Letter::new(Mine(Arc::clone(&dropped)));
            system.router().send_to(agent(to), letter, EARLY).unwrap();
        }
    }
    system.drain();
    assert!(!system.router().knows(agent(1)));
    assert!(system.router().knows(agent(2)));
    assert_eq!(read.load(Ordering::Relaxed), 2, "the first of one, and the other's");
    assert_eq!(system.router().counts().ended, 2, "what waited is dead");
}

#[test]
fn in_a_group_all_lose_their_state_when_one_fails() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let restart = Restart::OneForAll { group: 1, most: 1, within_letters: 100 };
    for number in 1..=3 {
        system.spawn(agent(number), &factory, with_restart(restart)).unwrap();
        run(&system, number, [Do::Note(1)]);
    }
    // One outside of the group.
    system.spawn(agent(4), &factory, Options::default()).unwrap();
    run(&system, 4, [Do::Note(1)]);
    run(&system, 2, [Do::Panic("a fault")]);
    for number in 1..=4 {
        run(&system, number, [Do::Note(2)]);
    }
    let anew = ["started", "1 (1)", "restarted", "2 (1)"];
    assert_eq!(book.of(agent(1)), anew);
    assert_eq!(book.of(agent(3)), anew);
    assert_eq!(book.of(agent(4)), ["started", "1 (1)", "2 (2)"]);
    // Another failure within the letters of all of them is one too many for all.
    run(&system, 3, [Do::Panic("another")]);
    for number in 1..=3 {
        assert_eq!(book.of(agent(number)).last().unwrap(), "gave up");
        assert!(!system.router().knows(agent(number)));
    }
    assert_eq!(system.len(), 1);
    // The name of the group can be used again.
    system.spawn(agent(1), &factory, with_restart(restart)).unwrap();
    run(&system, 1, [Do::Note(3), Do::Panic("a fault"), Do::Note(4)]);
    assert_eq!(book.of(agent(1)).last().unwrap(), "4 (1)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Every letter is noted once, or is a dead letter once, whatever fails; and the state
    /// counts from one after every failure.
    #[test]
    fn letters_are_read_once_in_order_or_are_dead_and_no_state_outlives_a_failure(
        kinds in prop::collection::vec(0_u8..8, 0..150),
        most in 0_u32..20,
        within in 1_u64..30,
        capacity in 1_usize..200,
    ) {
        let book = Book::default();
        let (system, factory) = system(&book, Bounds::default());
        let restart = Restart::OneForOne { most, within_letters: within };
        let options = Options { capacity, restart, read_again: false };
        system.spawn(agent(1), &factory, options).unwrap();
        let (mut expected, mut noted, mut over, mut started) = (Vec::new(), 0, false, false);
        let (mut failures, mut dead) = (Vec::new(), 0);
        for (at, kind) in kinds.into_iter().enumerate() {
            let number = at as u64;
            let body = if kind == 0 { Do::Fail("f") } else { Do::Note(number) };
            let sent = system.router().send_to(agent(1), Letter::new(body), EARLY).is_ok();
            dead += u64::from(!sent);
            if !sent || over {
                dead += u64::from(sent);
                    continue;
            }
            if !started {
                expected.push(if expected.is_empty() { "started" } else { "restarted" }.to_owned());
                started = true;
            }
            if kind == 0 {
                expected.push("failed: f".to_owned());
                dead += 1;
                (noted, started) = (0, false);
                failures.push(number);
                let recent = failures.iter().filter(|failure| number - **failure < within).count();
                if recent > most as usize {
                    expected.push("gave up".to_owned());
                    over = true;
                }
            } else {
                noted += 1;
                expected.push(format!("{number} ({noted})"));
            }
        }
        system.drain();
        prop_assert_eq!(book.of(agent(1)), expected);
        let mut seen = Vec::new();
        system.router().dead_letters(|letter| seen.push(letter.number));
        prop_assert_eq!(seen, (1..=dead).collect::<Vec<u64>>());
        prop_assert_eq!(system.router().knows(agent(1)), !over);
    }
}
