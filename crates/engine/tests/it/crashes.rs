//! The process ends anywhere, and another one goes on from the log.

use proptest::prelude::*;

use crate::world::{Script, World, rebuild};

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let tasks = (1_usize..12).prop_flat_map(|count| {
        let after: Vec<_> = (0..count)
            .map(|place| {
                let earlier: Vec<u32> = (1..=u32::try_from(place).unwrap()).collect();
                proptest::sample::subsequence(earlier, 0..=place.min(2))
            })
            .collect();
        after
    });
    let tasks = (tasks, proptest::collection::vec(0_u32..4, 0..12));
    let broken = proptest::collection::btree_set(1_u32..30, 0..2);
    let culprits = proptest::collection::btree_set(1_u32..30, 0..3);
    let fails = proptest::collection::btree_map(1_u32..12, 1_u32..5, 0..3);
    (
        tasks,
        (broken, culprits, fails),
        any::<Option<bool>>(),
        any::<bool>(),
        any::<[bool; 2]>(),
        any::<bool>(),
        proptest::collection::vec(any::<Option<bool>>(), 0..4),
        1_u32..5,
    )
        .prop_map(|(tasks, bad, check, base_check, stopped, review, hooks, agents)| Script {
            after: tasks.0,
            groups: tasks.1,
            broken: bad.0,
            culprits: bad.1,
            check,
            base_check,
            stopped,
            review,
            hooks,
            agents,
            fails: bad.2,
            ..Script::default()
        })
}

proptest! {
    #[test]
    fn a_mission_ends_the_same_wherever_it_crashes(
        script in scripts(),
        crashes in proptest::collection::vec(0_usize..8, 0..6),
    ) {
        let expected = World::new(script.clone()).run();
        prop_assert!(expected.is_some());
        let mut world = World::new(script.clone());
        for steps in crashes {
            (0..steps).for_each(|_| { world.step(); });
            world.crash();
        }
        prop_assert_eq!(world.run(), expected);
        if script.broken.is_empty() && script.fails.is_empty() && script.after.len() == 1 {
            prop_assert_eq!(world.finished.len(), 1);
        }
        let mut finished = world.finished.clone();
        finished.sort();
        finished.dedup();
        prop_assert_eq!(finished.len(), world.finished.len(), "a finished task was run again");
        let mut hooked = world.hooked.clone();
        hooked.dedup();
        prop_assert_eq!(hooked.len(), world.hooked.len(), "a finished hook was run again");
    }

    #[test]
    fn a_crash_after_any_event_goes_on_from_there(script in scripts(), at in 1_usize..60) {
        // A world begun again would let coders fail as often as the first one did.
        let script = Script { fails: [].into(), ..script };
        let mut whole = World::new(script.clone());
        let expected = whole.run();
        let mut world = World::new(script);
        world.log = whole.log[..at.min(whole.log.len())].to_vec();
        world.crash();
        prop_assert_eq!(world.run(), expected);
    }

    #[test]
    fn the_log_alone_gives_the_state(script in scripts()) {
        let mut world = World::new(script);
        world.run();
        prop_assert_eq!(rebuild(&world.log), world.state);
    }
}
