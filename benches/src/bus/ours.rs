//! The bus of this project.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use axon_bus::{Actor, Address, Body, Bounds, Context, Factory, Letter, Options, Restart, System};
use axon_domain::{AgentId, Error, Hlc};

use super::letters::{Conversations, Envelope, LARGEST, Measured, Plan, Run, Station};
use super::{CAPACITY, THREADS};

const NOW: Hlc = Hlc(1);

impl Body for Envelope {
    fn size(&self) -> usize {
        self.content.len()
    }
}

struct Agent {
    station: Station,
    conversations: Arc<Conversations>,
}

impl Actor<Envelope> for Agent {
    fn receive(
        &mut self,
        letter: &Letter<Envelope>,
        context: &mut Context<'_, '_, Envelope>,
    ) -> Result<(), Error> {
        if let Some(next) = self.station.read(&letter.body) {
            self.conversations.note(&next);
            context.send(address(next.to), in_letter(next)).expect("there is room");
        }
        Ok(())
    }
}

fn address(number: u64) -> Address {
    Address::free(AgentId::new(number + 1).expect("not zero"))
}

fn in_letter(envelope: Envelope) -> Letter<Envelope> {
    let deadline = Hlc(envelope.deadline);
    Letter::new(envelope).until(deadline)
}

fn bounds() -> Bounds {
    Bounds { body: LARGEST, ..Bounds::default() }
}

fn start<'scope, 'a: 'scope, M: Body + 'a>(
    system: &System<'a, M>,
    scope: &'scope thread::Scope<'scope, '_>,
    threads: usize,
) {
    let start = |worker: axon_bus::Worker<'a, M>| {
        scope.spawn(move || worker.run());
        Ok(())
    };
    system.grow_to(threads, start).expect("threads");
}

pub(super) fn run(plan: Plan) -> Measured {
    let mut run = Run::new(plan);
    let conversations = Arc::new(Conversations::new());
    let system = System::new(bounds(), Box::new(|_, _| {}));
    let (book, noted) = (Arc::clone(&run.book), Arc::clone(&conversations));
    let factory: Factory<'_, Envelope> = Arc::new(move |who: Address| {
        let station = Station::new(who.agent.0.get() - 1, plan, &book);
        Box::new(Agent { station, conversations: Arc::clone(&noted) })
    });
    let options = Options { capacity: CAPACITY, restart: Restart::Always, ..Options::default() };
    for number in 0..plan.agents {
        system.spawn(address(number), &factory, options).expect("a free address");
    }
    let seconds = thread::scope(|scope| {
        start(&system, scope, THREADS);
        for letter in run.letters(plan) {
            conversations.note(&letter);
            let to = address(letter.to);
            let patience = Duration::from_secs(60);
            system.router().send_within(to, in_letter(letter), NOW, patience).expect("room");
        }
        let seconds = run.wait();
        system.shut_down();
        seconds
    });
    run.measured(plan, seconds, &conversations)
}

struct Count(u64, Option<SyncSender<()>>, u64);

struct Tick;

impl Body for Tick {
    fn size(&self) -> usize {
        0
    }
}

/// A state of eight bytes.
struct Idle(u64);

impl Actor<Tick> for Idle {
    fn receive(&mut self, _: &Letter<Tick>, _: &mut Context<'_, '_, Tick>) -> Result<(), Error> {
        self.0 += 1;
        black_box(self.0);
        Ok(())
    }
}

impl Actor<Tick> for Count {
    fn receive(&mut self, _: &Letter<Tick>, _: &mut Context<'_, '_, Tick>) -> Result<(), Error> {
        self.0 += 1;
        if self.0 == self.2
            && let Some(done) = self.1.take()
        {
            done.send(()).expect("somebody waits");
        }
        Ok(())
    }
}

/// Bytes of an idle agent that has had a letter, and seconds in which a busy one reads its
/// letters, alone and beside the idle ones.
pub(super) fn idle(agents: usize, letters: usize) -> (f64, f64, f64) {
    let system: System<'_, Tick> = System::new(bounds(), Box::new(|_, _| {}));
    let alone = busy(&system, letters, 0);
    let before = crate::machine::resident();
    let factory: Factory<'_, Tick> = Arc::new(|_| Box::new(Idle(0)));
    for number in 0..agents as u64 {
        let who = address(number + 10);
        system.spawn(who, &factory, Options::default()).expect("a free address");
        system.router().send_to(who, Letter::new(Tick), NOW).expect("room");
        if number.is_multiple_of(1_024) {
            system.drain();
        }
    }
    system.drain();
    let bytes = crate::machine::resident().saturating_sub(before) as f64 / agents as f64;
    let beside = busy(&system, letters, 1);
    (bytes, alone, beside)
}

fn busy(system: &System<'_, Tick>, letters: usize, number: u64) -> f64 {
    let (done, all_read) = sync_channel(1);
    let factory: Factory<'_, Tick> =
        Arc::new(move |_| Box::new(Count(0, Some(done.clone()), letters as u64)));
    let who = address(number);
    let options = Options { capacity: CAPACITY, ..Options::default() };
    system.spawn(who, &factory, options).expect("a free address");
    thread::scope(|scope| {
        let begun = Instant::now();
        // This thread reads too, when the mailbox is full.
        scope.spawn(move || {
            for _ in 0..letters {
                let patience = Duration::from_secs(60);
                system.router().send_within(who, Letter::new(Tick), NOW, patience).expect("room");
            }
        });
        while all_read.try_recv().is_err() {
            system.drain();
            thread::yield_now();
        }
        begun.elapsed().as_secs_f64()
    })
}
