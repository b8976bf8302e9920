//! A state that is kept goes on as if it had never been.

use axon_engine::{Effects, State, apply, resume};
use proptest::prelude::*;

use crate::crashes::scripts;
use crate::totality::events;
use crate::world::World;

fn keep(state: &State) -> Vec<u8> {
    serde_json::to_vec(state).unwrap()
}

fn wake(kept: &[u8]) -> State {
    serde_json::from_slice(kept).unwrap()
}

proptest! {
    #[test]
    fn kept_after_any_event_it_adds_up_to_the_same(events in events()) {
        let mut states = vec![State::default()];
        for event in &events {
            let mut next = states.last().unwrap().clone();
            apply(&mut next, event);
            states.push(next);
        }
        for (at, state) in states.iter().enumerate() {
            let mut woken = wake(&keep(state));
            prop_assert_eq!(&woken, state);
            for (event, expected) in events[at..].iter().zip(&states[at + 1..]) {
                apply(&mut woken, event);
                prop_assert_eq!(&woken, expected);
            }
        }
    }

    #[test]
    fn a_mission_goes_on_from_what_was_kept_of_it(script in scripts(), at in 0_usize..60) {
        let mut world = World::new(script);
        for _ in 0..at {
            world.step();
            let woken = wake(&keep(&world.state));
            prop_assert_eq!(&woken, &world.state);
            let (mut expected, mut found) = (Effects::new(), Effects::new());
            resume(&world.state, &mut expected);
            resume(&woken, &mut found);
            prop_assert_eq!(found, expected);
        }
    }
}
