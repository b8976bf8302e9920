//! ractor: actors on tokio, whose mailboxes have no bound.

use std::sync::Arc;

use ractor::{ActorProcessingErr, ActorRef};

use super::THREADS;
use super::letters::{Directory, Envelope, Measured, Plan, Run, Station};

struct Agent;

struct State {
    station: Station,
    directory: Arc<Directory<ActorRef<Envelope>>>,
}

impl ractor::Actor for Agent {
    type Msg = Envelope;
    type State = State;
    type Arguments = State;

    async fn pre_start(
        &self,
        _: ActorRef<Envelope>,
        state: State,
    ) -> Result<State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Envelope>,
        letter: Envelope,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if let Some(next) = state.station.read(&letter) {
            state.directory.route(&next).send_message(next).expect("an agent");
        }
        Ok(())
    }
}

pub(super) fn run(plan: Plan) -> Measured {
    let mut run = Run::new(plan);
    let directory = Arc::new(Directory::new());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .expect("a runtime");
    let seconds = runtime.block_on(async {
        let mut running = Vec::new();
        for number in 0..plan.agents {
            let station = Station::new(number, plan, &run.book);
            let state = State { station, directory: Arc::clone(&directory) };
            let (agent, handle) = ractor::Actor::spawn(None, Agent, state).await.expect("an agent");
            directory.add(number, agent.clone());
            running.push((agent, handle));
        }
        for letter in run.letters(plan) {
            directory.route(&letter).send_message(letter).expect("an agent");
        }
        let seconds = tokio::task::block_in_place(|| run.wait());
        for (agent, handle) in running {
            agent.stop(None);
            handle.await.expect("it ends");
        }
        seconds
    });
    drop(runtime);
    run.measured(plan, seconds, &directory.conversations)
}
