//! Whom letters reach, what keeps them from it, and what becomes of them then.

use std::collections::VecDeque;
use std::sync::Arc;

use axon_bus::{
    Address, Bounds, Counts, Delivery, Inbox, Letter, Mailbox, Pattern, Reason, Returned, Router,
    Target, To, Topic, Undelivered,
};
use axon_domain::{Hlc, MissionId, Receiver};
use proptest::prelude::*;

use crate::support::{EARLY, agent, agent_of};

type Text = Arc<[u8]>;

/// A mailbox without an actor.
struct Shelf(Mailbox<Text>);

impl Inbox<Text> for Shelf {
    fn offer(&self, letter: Letter<Text>) -> Result<(), Returned<Text>> {
        self.0.offer(letter).map(drop)
    }

    fn offer_within(
        &self,
        letter: Letter<Text>,
        patience: std::time::Duration,
    ) -> Result<(), Returned<Text>> {
        self.0.offer_within(letter, patience).map(drop)
    }

    fn load(&self) -> usize {
        self.0.load()
    }
}

impl Shelf {
    fn read(&self) -> Vec<String> {
        let mut hand = VecDeque::new();
        self.0.take(usize::MAX, &mut hand);
        self.0.settle();
        hand.iter().map(|letter| String::from_utf8_lossy(&letter.body).into_owned()).collect()
    }
}

fn text(text: &str) -> Letter<Text> {
    Letter::new(text.as_bytes().into())
}

fn join(router: &Router<'_, Text>, who: Address, capacity: usize) -> Arc<Shelf> {
    let inbox = Arc::new(Shelf(Mailbox::new(capacity)));
    router.register(who, Arc::clone(&inbox) as _).unwrap();
    inbox
}

fn topic(text: &str) -> Topic {
    Topic::parse(text).unwrap()
}

fn dead(router: &Router<'_, Text>) -> Vec<(u64, Target, String, Reason, u32)> {
    let mut found = Vec::new();
    router.dead_letters(|dead| {
        let text = String::from_utf8_lossy(&dead.letter.body).into_owned();
        found.push((dead.number, dead.to.clone(), text, dead.reason, dead.redriven));
    });
    found
}

#[test]
fn whatever_keeps_a_letter_from_its_receiver_is_an_error_of_its_own() {
    let router = Router::new(Bounds { body: 4, ..Bounds::default() });
    let inbox = join(&router, agent(1), 1);
    let late = Hlc(9);
    let send = |to, letter, now| router.send_to(agent(to), letter, now);
    assert_eq!(send(1, text("a").until(late), Hlc(8)), Ok(()));
    let cases = [
        (1, text("b"), EARLY, Reason::Full, "the mailbox of the receiver is full"),
        (2, text("c"), EARLY, Reason::UnknownReceiver, "nobody of this address is there"),
        (
            1,
            text("large"),
            EARLY,
            Reason::TooLarge { size: 5, limit: 4 },
            "it has 5 bytes, and letters may have 4",
        ),
        (1, text("d").until(late), late, Reason::Expired, "its deadline had passed"),
    ];
    for (number, (to, letter, now, reason, words)) in (1..).zip(cases) {
        let undelivered = send(to, letter, now).unwrap_err();
        assert_eq!(undelivered, Undelivered { reason, dead: Some(number) });
        assert_eq!(undelivered.to_string(), format!("not delivered: {words}"));
    }
    let kept: Vec<_> =
        dead(&router).into_iter().map(|(number, .., text, _, _)| (number, text)).collect();
    let kept: Vec<_> = kept.iter().map(|(number, text)| (*number, text.as_str())).collect();
    assert_eq!(kept, [(1, "b"), (2, "c"), (3, "large"), (4, "d")]);
    assert_eq!(inbox.read(), ["a"]);
    let counts = Counts {
        delivered: 1,
        unknown_receiver: 1,
        too_large: 1,
        expired: 1,
        full: 1,
        ..Counts::default()
    };
    assert_eq!(router.counts(), counts);
}

#[test]
fn a_sender_that_has_another_use_for_a_letter_gets_it_back() {
    let router = Router::new(Bounds::default());
    let back = router.offer(agent(1), text("a"), EARLY).unwrap_err();
    assert_eq!(back, Returned { letter: text("a"), reason: Reason::UnknownReceiver });
    assert!(dead(&router).is_empty());
}

#[test]
fn dead_letters_are_sent_again_one_by_one_or_all() {
    let router = Router::new(Bounds::default());
    for (to, body) in [(1, "a"), (2, "b"), (1, "c"), (3, "d")] {
        assert!(router.send_to(agent(to), text(body), EARLY).is_err());
    }
    assert!(router.send_to_any("build", text("e"), EARLY).is_err());
    let first = join(&router, agent(1), 9);
    assert_eq!(router.redrive(3, EARLY), Some(Ok(())));
    assert_eq!(first.read(), ["c"]);
    assert_eq!(router.redrive(3, EARLY), None, "it is no dead letter any more");
    let second = join(&router, agent(2), 9);
    router.offer_capability(agent(2), "build");
    assert_eq!(router.redrive_all(EARLY), (3, 1));
    assert_eq!((first.read(), second.read()), (vec!["a".into()], vec!["b".into(), "e".into()]));
    let left = (4, Target::Agent(agent(3)), "d".into(), Reason::UnknownReceiver, 1);
    assert_eq!(dead(&router), [left], "under its number, with how often it was tried");
}

#[test]
fn a_letter_that_is_sent_again_is_not_kept_back_by_the_deadline_that_it_missed() {
    let router = Router::new(Bounds::default());
    let inbox = join(&router, agent(1), 9);
    assert!(router.send_to(agent(1), text("a").until(Hlc(5)), Hlc(5)).is_err());
    assert_eq!(router.redrive(1, Hlc(6)), Some(Ok(())));
    assert_eq!(inbox.read(), ["a"]);
}

#[test]
fn dead_letters_are_bounded_by_number_and_size_and_the_oldest_make_room() {
    let bounds = Bounds { body: 100, dead_letters: 3, dead_bytes: 10 };
    let router = Router::new(bounds);
    let send = |body: &str| router.send_to(agent(1), text(body), EARLY).unwrap_err().dead;
    let kept = || dead(&router).into_iter().map(|(number, ..)| number).collect::<Vec<_>>();
    for body in ["a", "b", "c", "d"] {
        assert!(send(body).is_some());
    }
    assert_eq!(kept(), [2, 3, 4]);
    assert_eq!(send("123456789"), Some(5));
    assert_eq!(kept(), [4, 5], "ten bytes");
    assert_eq!(send("12345678901"), None, "one that is larger than all of them goes itself");
    assert_eq!(kept(), [4, 5]);
    assert_eq!(router.counts().lost, 4);
    let nothing = Router::new(Bounds { dead_letters: 0, ..bounds });
    assert_eq!(nothing.send_to(agent(1), text("a"), EARLY).unwrap_err().dead, None);
}

#[test]
fn of_those_that_offer_something_the_one_with_the_least_to_do_gets_it() {
    let router = Router::new(Bounds::default());
    let who = [agent_of(2, 4), agent_of(1, 5), agent_of(1, 4), agent_of(1, 9)];
    let inboxes: Vec<_> = who.iter().map(|who| join(&router, *who, 2)).collect();
    for who in &who[..3] {
        assert!(router.offer_capability(*who, "build"));
    }
    assert!(!router.offer_capability(agent(77), "build"));
    let send = || router.send_to_any("build", text("x"), EARLY);
    // Equals: the lower number, then the older mission.
    let order = [who[2], who[0], who[1], who[2], who[0], who[1]];
    for expected in order {
        assert_eq!(send(), Ok(expected));
    }
    assert_eq!(send().unwrap_err().reason, Reason::Full, "all of them are full");
    assert_eq!(inboxes[1].read().len(), 2);
    assert_eq!(send(), Ok(who[1]), "now that one has room");
    for who in &who[..3] {
        assert!(router.withdraw_capability(*who, "build"));
        assert!(!router.withdraw_capability(*who, "build"));
    }
    assert_eq!(send().unwrap_err().reason, Reason::UnknownReceiver);
    assert!(inboxes[3].read().is_empty());
}

#[test]
fn what_is_published_reaches_each_subscriber_once_and_not_its_sender() {
    let router = Router::new(Bounds::default());
    let inboxes: Vec<_> = (1..=4).map(|n| join(&router, agent(n), 1)).collect();
    let subscribe = |n, text: &str| router.subscribe(agent(n), &Pattern::parse(text).unwrap());
    assert!(subscribe(1, "swarm/hazards/**"));
    assert!(subscribe(1, "swarm/*/build"));
    assert!(subscribe(2, "swarm/*/build"));
    assert!(subscribe(3, "swarm/negotiation"));
    assert!(subscribe(4, "**"));
    assert!(!subscribe(9, "**"));
    let about = topic("swarm/hazards/build");
    let delivery = router.publish(&about, text("late").from(agent(4)), EARLY);
    assert_eq!(delivery, Delivery { delivered: 2, missed: Vec::new() });
    let read: Vec<usize> = inboxes.iter().map(|inbox| inbox.read().len()).collect();
    assert_eq!(read, [1, 1, 0, 0]);
    // One whose mailbox is full keeps nobody else from getting it.
    assert_eq!(router.publish(&about, text("a").from(agent(4)), EARLY).delivered, 2);
    inboxes[1].read();
    let delivery = router.publish(&about, text("b").from(agent(4)), EARLY);
    let missed = Undelivered { reason: Reason::Full, dead: Some(1) };
    assert_eq!(delivery, Delivery { delivered: 1, missed: vec![(agent(1), missed)] });
    assert_eq!(dead(&router)[0].1, Target::Agent(agent(1)));
    assert!(router.unsubscribe(agent(2), &Pattern::parse("swarm/*/build").unwrap()));
    assert!(!router.unsubscribe(agent(2), &Pattern::parse("swarm/*/build").unwrap()));
    router.unregister(agent(4));
    assert_eq!(router.publish(&topic("swarm"), text("c"), EARLY), Delivery::default());
}

#[test]
fn what_several_get_is_one_payload() {
    let router = Router::new(Bounds::default());
    let inboxes: Vec<_> = (1..=3).map(|n| join(&router, agent(n), 1)).collect();
    let letter = text("large");
    let payload = Arc::as_ptr(&letter.body);
    router.broadcast(&letter, EARLY);
    for inbox in inboxes {
        let mut hand = VecDeque::new();
        inbox.0.take(1, &mut hand);
        assert!(std::ptr::addr_eq(Arc::as_ptr(&hand[0].body), payload));
    }
}

#[test]
fn every_kind_of_receiver_is_reached_by_one_function() {
    let router = Router::new(Bounds::default());
    let who = [agent(1), agent_of(1, 1), agent_of(1, 2), agent_of(2, 1)];
    let inboxes: Vec<_> = who.iter().map(|who| join(&router, *who, 9)).collect();
    router.offer_capability(who[2], "build");
    router.subscribe(who[3], &Pattern::parse("swarm/**").unwrap());
    let cases = [
        (To::Agent(who[1]), "agent", 1),
        (To::Capability("build".into()), "capability", 1),
        (To::Topic(topic("swarm/hazards")), "topic", 1),
        (To::Mission(MissionId(1)), "mission", 2),
        (To::Everyone, "everyone", 4),
    ];
    for (to, body, delivered) in cases {
        let expected = Delivery { delivered, missed: Vec::new() };
        assert_eq!(router.send(&to, text(body), EARLY), Ok(expected), "{body}");
    }
    let read: Vec<_> = inboxes.iter().map(|inbox| inbox.read().join(" ")).collect();
    let expected =
        ["everyone", "agent mission everyone", "capability mission everyone", "topic everyone"];
    assert_eq!(read, expected);
    let nobody = router.send(&To::Agent(agent(9)), text("a"), EARLY).unwrap_err();
    assert_eq!(nobody.reason, Reason::UnknownReceiver);
    let to_no_mission = router.send(&To::Mission(MissionId(7)), text("a"), EARLY);
    assert_eq!(to_no_mission, Ok(Delivery::default()));
}

#[test]
fn the_receivers_of_recorded_messages_are_receivers_of_letters() {
    let number = |number| agent(number).agent;
    let cases = [
        (Receiver::Agent(number(4)), To::Agent(agent_of(1, 4))),
        (Receiver::Other { mission: MissionId(2), agent: number(4) }, To::Agent(agent_of(2, 4))),
        (Receiver::Capability("build".into()), To::Capability("build".into())),
        (Receiver::Topic("swarm/hazards/a*.py".into()), To::Topic(topic("swarm/hazards/a*.py"))),
        (Receiver::Everyone, To::Mission(MissionId(1))),
    ];
    for (receiver, to) in cases {
        assert_eq!(To::of(&receiver, MissionId(1)), Ok(to));
    }
    let none = To::of(&Receiver::Topic("a//b".into()), MissionId(1)).unwrap_err();
    assert_eq!(none.to_string(), "\"a//b\" is no topic: a level is empty");
}

#[test]
fn whoever_leaves_takes_everything_along_and_its_address_is_free() {
    let router = Router::new(Bounds::default());
    join(&router, agent(1), 9);
    router.offer_capability(agent(1), "build");
    router.subscribe(agent(1), &Pattern::parse("**").unwrap());
    assert!(router.unregister(agent(1)));
    assert!(!router.unregister(agent(1)));
    assert!(!router.knows(agent(1)));
    let again = join(&router, agent(1), 9);
    assert!(router.send_to_any("build", text("a"), EARLY).is_err());
    assert_eq!(router.publish(&topic("swarm"), text("b"), EARLY).delivered, 0);
    assert!(again.read().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Every letter is in a mailbox or among the dead, once; what a sender sent arrives in its
    /// order.
    #[test]
    fn no_letter_is_lost_or_doubled_and_senders_are_heard_in_order(
        letters in prop::collection::vec((1_u64..4, 1_u64..7, any::<bool>()), 0..120),
        capacity in 1_usize..20,
    ) {
        let router = Router::new(Bounds { dead_letters: 1_000, ..Bounds::default() });
        let inboxes: Vec<_> = (1..=4).map(|n| join(&router, agent(n), capacity)).collect();
        let mut refused = Vec::new();
        for (at, (from, to, urgent)) in letters.iter().enumerate() {
            let mut letter = text(&format!("{from} {at}")).from(agent(*from));
            if *urgent {
                letter = letter.urgent();
            }
            if router.send_to(agent(*to), letter, EARLY).is_err() {
                refused.push(format!("{from} {at}"));
            }
        }
        let dead: Vec<String> = dead(&router).into_iter().map(|(.., text, _, _)| text).collect();
        prop_assert_eq!(&dead, &refused);
        let mut all = dead;
        for (inbox, to) in inboxes.iter().zip(1_u64..) {
            let read = inbox.read();
            let expected = |urgent: bool| {
                let mine = letters.iter().enumerate().filter(move |(_, l)| l.1 == to && l.2 == urgent);
                mine.map(|(at, (from, ..))| format!("{from} {at}")).take(capacity)
            };
            prop_assert_eq!(&read, &expected(true).chain(expected(false)).collect::<Vec<_>>());
            all.extend(read);
        }
        all.sort();
        let mut sent: Vec<String> =
            letters.iter().enumerate().map(|(at, (from, ..))| format!("{from} {at}")).collect();
        sent.sort();
        prop_assert_eq!(all, sent);
    }
}
