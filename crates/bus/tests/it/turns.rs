//! How actors are run.

use std::thread;

use axon_bus::{Bounds, Letter, NotSpawned, Options, Reason, Target};

use crate::support::{Book, Do, EARLY, Keeper, agent, gate, start, system};

#[test]
fn an_actor_has_no_state_before_its_first_letter() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    system.drain();
    assert!(book.read().is_empty());
    system.router().send_to(agent(1), Letter::new(Do::Note(7)), EARLY).unwrap();
    system.drain();
    assert_eq!(book.read(), ["agent 1: started", "agent 1: 7 (1)"]);
}

#[test]
fn an_address_has_one_actor() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    let taken = system.spawn(agent(1), &factory, Options::default()).unwrap_err();
    assert_eq!(taken.to_string(), "agent 1 is there already");
    assert_eq!(system.len(), 1);
    assert!(system.stop(agent(1)));
    assert!(!system.stop(agent(1)));
    system.spawn(agent(1), &factory, Options::default()).unwrap();
}

#[test]
fn a_slow_actor_holds_up_nobody_who_writes_to_it_and_nobody_else() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let small = Options { capacity: 2, ..Options::default() };
    system.spawn(agent(1), &factory, small).unwrap();
    system.spawn(agent(2), &factory, Options::default()).unwrap();
    let (at, keeper) = gate();
    thread::scope(|scope| {
        start(&system, scope, 2);
        let send = |to, body| system.router().send_to(agent(to), Letter::new(body), EARLY);
        send(1, Do::Wait(at)).unwrap();
        keeper.wait();
        send(1, Do::Note(1)).unwrap();
        send(1, Do::Note(2)).unwrap();
        assert_eq!(send(1, Do::Note(3)).unwrap_err().reason, Reason::Full);
        let (passed, pass) = gate();
        for number in 0..200 {
            send(2, Do::Note(number)).unwrap();
        }
        send(2, Do::Wait(passed)).unwrap();
        // Agent 2 has read everything while agent 1 was at its letter.
        pass.wait();
        pass.open();
        assert_eq!(book.of(agent(2)).len(), 201);
        assert_eq!(book.of(agent(1)), ["started"]);
        keeper.open();
        system.drain();
        assert_eq!(book.of(agent(1)), ["started", "1 (1)", "2 (2)"]);
        system.shut_down();
    });
}

#[test]
fn as_many_actors_work_at_once_as_there_are_workers() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let count = 6;
    for number in 1..=count {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    thread::scope(|scope| {
        start(&system, scope, count as usize);
        for _ in 0..100 {
            let keepers: Vec<_> = (1..=count)
                .map(|number| {
                    let (at, keeper) = gate();
                    system
                        .router()
                        .send_to(agent(number), Letter::new(Do::Wait(at)), EARLY)
                        .unwrap();
                    keeper
                })
                .collect();
            // All of them are at their letters before any may go on.
            keepers.iter().for_each(Keeper::wait);
            keepers.iter().for_each(Keeper::open);
        }
        system.shut_down();
    });
}

#[test]
fn actors_take_turns_of_a_bounded_number_of_letters() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    for number in 1..=2 {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
        for letter in 0..200 {
            system.router().send_to(agent(number), Letter::new(Do::Note(letter)), EARLY).unwrap();
        }
    }
    system.drain();
    let lines = book.read();
    let first_of_second = lines.iter().position(|line| line.starts_with("agent 2")).unwrap();
    let last_of_first = lines.iter().rposition(|line| line.starts_with("agent 1")).unwrap();
    assert_eq!(first_of_second, 65, "64 letters after the start of the first");
    assert!(last_of_first > first_of_second);
}

#[test]
fn an_urgent_letter_goes_before_normal_ones_that_the_turn_has_taken() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    let (at, keeper) = gate();
    thread::scope(|scope| {
        let send = |letter| system.router().send_to(agent(1), letter, EARLY).unwrap();
        send(Letter::new(Do::Wait(at)));
        send(Letter::new(Do::Note(1)));
        send(Letter::new(Do::Note(2)));
        start(&system, scope, 1);
        keeper.wait();
        send(Letter::new(Do::Note(3)).urgent());
        send(Letter::new(Do::Note(4)).urgent());
        keeper.open();
        system.drain();
        system.shut_down();
    });
    assert_eq!(book.of(agent(1)), ["started", "3 (1)", "4 (2)", "1 (3)", "2 (4)", "stopped"]);
}

#[test]
fn an_actor_at_work_can_look_for_urgent_letters() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    let send = |letter| system.router().send_to(agent(1), letter, EARLY).unwrap();
    send(Letter::new(Do::Note(5)).urgent());
    send(Letter::new(Do::LookForUrgent).urgent());
    send(Letter::new(Do::Note(6)).urgent());
    system.drain();
    // Those that the turn has taken are read in their order; looking finds none of them.
    assert_eq!(book.of(agent(1)), ["started", "5 (1)", "6 (2)"]);
    let (at, keeper) = gate();
    thread::scope(|scope| {
        start(&system, scope, 1);
        send(Letter::new(Do::Wait(at)).urgent());
        send(Letter::new(Do::LookForUrgent).urgent());
        keeper.wait();
        send(Letter::new(Do::Note(7)).urgent());
        keeper.open();
        system.drain();
        system.shut_down();
    });
    assert_eq!(book.of(agent(1))[3..], ["7 (3)", "stopped"]);
}

#[test]
fn actors_write_to_each_other() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    for number in 1..=2 {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    let tell = |to, number| {
        let letter = Letter::new(Do::Tell(agent(to), number));
        system.router().send_to(agent(1), letter, EARLY).unwrap();
    };
    tell(2, 9);
    tell(1, 10);
    tell(3, 11);
    system.drain();
    assert_eq!(book.of(agent(2)), ["started", "9 (1)"]);
    let own = ["started", "not delivered: nobody of this address is there", "10 (1)"];
    assert_eq!(book.of(agent(1)), own);
}

#[test]
fn an_actor_that_is_stopped_reads_its_letter_to_the_end_and_no_other() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    let (at, keeper) = gate();
    thread::scope(|scope| {
        let send = |body| system.router().send_to(agent(1), Letter::new(body), EARLY);
        send(Do::Note(1)).unwrap();
        send(Do::Wait(at)).unwrap();
        send(Do::Note(2)).unwrap();
        start(&system, scope, 1);
        keeper.wait();
        send(Do::Note(3)).unwrap();
        assert!(system.stop(agent(1)));
        assert_eq!(send(Do::Note(4)).unwrap_err().reason, Reason::UnknownReceiver);
        keeper.open();
        system.drain();
        system.shut_down();
    });
    assert_eq!(book.of(agent(1)), ["started", "1 (1)", "stopped"]);
    let mut dead = Vec::new();
    system.router().dead_letters(|letter| {
        let Do::Note(number) = letter.letter.body else { panic!("another letter is dead") };
        assert_eq!(letter.to, Target::Agent(agent(1)));
        dead.push((number, letter.reason));
    });
    let expected = [(4, Reason::UnknownReceiver), (2, Reason::Ended), (3, Reason::Ended)];
    assert_eq!(dead, expected);
}

#[test]
fn an_actor_that_retires_reads_what_waits_first() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    for number in 1..=2 {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    for letter in 0..150 {
        system.router().send_to(agent(1), Letter::new(Do::Note(letter)), EARLY).unwrap();
    }
    for number in 1..=2 {
        assert!(system.retire(agent(number)));
    }
    system.drain();
    let lines = book.of(agent(1));
    assert_eq!(lines.len(), 152);
    assert_eq!(lines[151], "stopped");
    assert_eq!(book.of(agent(2)), ["stopped"], "one that never had a letter ends too");
    assert_eq!(system.router().counts().ended, 0);
}

#[test]
fn an_actor_can_end_itself() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    system.spawn(agent(1), &factory, Options::default()).unwrap();
    for body in [Do::Note(1), Do::Stop, Do::Note(2)] {
        system.router().send_to(agent(1), Letter::new(body), EARLY).unwrap();
    }
    system.drain();
    assert_eq!(book.of(agent(1)), ["started", "1 (1)", "stopped"]);
    assert!(system.is_empty());
    assert!(!system.router().knows(agent(1)));
    assert_eq!(system.router().counts().ended, 1);
}

#[test]
fn shutting_down_while_all_are_busy_ends_everybody_and_loses_no_letter_unseen() {
    let book = Book::default();
    let (system, factory) = system(&book, Bounds::default());
    let (at, keeper) = gate();
    let count = 50;
    for number in 1..=count {
        system.spawn(agent(number), &factory, Options::default()).unwrap();
    }
    thread::scope(|scope| {
        let send = |to, body| system.router().send_to(agent(to), Letter::new(body), EARLY).unwrap();
        send(1, Do::Wait(at));
        send(1, Do::Note(1));
        start(&system, scope, 1);
        keeper.wait();
        for number in 2..=count {
            send(number, Do::Note(number));
        }
        let ending = scope.spawn(|| system.shut_down());
        keeper.open();
        ending.join().unwrap();
        assert!(system.is_empty());
        let late = system.spawn(agent(1), &factory, Options::default()).unwrap_err();
        assert_eq!(late, NotSpawned::ShutDown);
    });
    assert_eq!(system.workers(), 0, "every worker has ended");
    let stopped = (1..=count).filter(|n| book.of(agent(*n)).last().unwrap() == "stopped");
    assert_eq!(stopped.count(), count as usize);
    let notes = book.read().iter().filter(|line| line.contains('(')).count();
    assert_eq!(notes + system.router().counts().ended as usize, count as usize);
}

#[test]
fn dropping_the_system_waits_for_nobody_and_its_workers_end() {
    let book = Book::default();
    let (at, keeper) = gate();
    thread::scope(|scope| {
        let (system, factory) = system(&book, Bounds::default());
        system.spawn(agent(1), &factory, Options::default()).unwrap();
        for body in [Do::Wait(at), Do::Note(1)] {
            system.router().send_to(agent(1), Letter::new(body), EARLY).unwrap();
        }
        start(&system, scope, 3);
        keeper.wait();
        drop(system);
        keeper.open();
        // The scope ends when the workers have.
    });
    assert_eq!(book.of(agent(1)), ["started", "stopped"]);
}

#[test]
fn workers_are_added_up_to_what_is_wanted() {
    let book = Book::default();
    let (system, _) = system(&book, Bounds::default());
    thread::scope(|scope| {
        start(&system, scope, 2);
        start(&system, scope, 1);
        assert_eq!(system.workers(), 2);
        let refuse = |_| Err(std::io::Error::other("no more threads"));
        assert!(system.grow_to(5, refuse).is_err());
        assert_eq!(system.workers(), 2, "one that was not started does not count");
        system.shut_down();
    });
}
