//! kameo: actors on tokio, with bounded mailboxes.

use std::sync::Arc;

use kameo::actor::{ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};

use super::letters::{Directory, Envelope, Measured, Plan, Run, Station};
use super::{CAPACITY, THREADS};

struct Agent {
    station: Station,
    directory: Arc<Directory<ActorRef<Agent>>>,
}

impl kameo::Actor for Agent {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(agent: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(agent)
    }
}

impl Message<Envelope> for Agent {
    type Reply = ();

    async fn handle(&mut self, letter: Envelope, _: &mut Context<Self, ()>) {
        if let Some(next) = self.station.read(&letter) {
            let to = self.directory.route(&next);
            to.tell(next).await.expect("an agent");
        }
    }
}

pub(super) fn run(plan: Plan) -> Measured {
    let mut run = Run::new(plan);
    let directory = Arc::new(Directory::new());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .build()
        .expect("a runtime");
    let seconds = runtime.block_on(async {
        for number in 0..plan.agents {
            let station = Station::new(number, plan, &run.book);
            let agent = Agent { station, directory: Arc::clone(&directory) };
            directory.add(number, Agent::spawn_with_mailbox(agent, mailbox::bounded(CAPACITY)));
        }
        for letter in run.letters(plan) {
            directory.route(&letter).tell(letter).await.expect("an agent");
        }
        let seconds = tokio::task::block_in_place(|| run.wait());
        directory.clear();
        seconds
    });
    drop(runtime);
    run.measured(plan, seconds, &directory.conversations)
}
