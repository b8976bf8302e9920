//! Actors that do what their letters say, and a book of what happened.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use axon_bus::{
    Actor, Address, Body, Bounds, Context, Factory, Letter, Notice, Options, Restart, System,
};
use axon_domain::{AgentId, Code, Error, Hlc, MissionId};

/// A moment before every deadline in these tests.
pub(crate) const EARLY: Hlc = Hlc(1);

pub(crate) fn agent(number: u64) -> Address {
    Address::free(AgentId::new(number).unwrap())
}

pub(crate) fn agent_of(mission: u32, number: u64) -> Address {
    Address::of(MissionId(mission), AgentId::new(number).unwrap())
}

/// What an actor is told to do.
#[derive(Clone)]
pub(crate) enum Do {
    /// Note this number.
    Note(u64),
    /// Panic, every time it is read.
    Panic(&'static str),
    /// Panic when it is read for the first time, and note the number at the second.
    PanicOnce(Arc<Mutex<bool>>, u64),
    /// Fail without a panic.
    Fail(&'static str),
    /// Panic with something that panics when it is dropped.
    ThrowABomb,
    /// Panic later, when the state is thrown away.
    PanicWhenDropped,
    /// Say that it is at work, and go on when told so.
    Wait(Gate),
    /// End.
    Stop,
    /// Send this number to somebody.
    Tell(Address, u64),
    /// Note the number of the next urgent letter.
    LookForUrgent,
}

impl Body for Do {
    fn size(&self) -> usize {
        8
    }
}

/// Where a test and an actor meet.
#[derive(Clone)]
pub(crate) struct Gate {
    arrive: SyncSender<()>,
    go: Arc<Mutex<Receiver<()>>>,
}

/// The test's end of a [`Gate`].
pub(crate) struct Keeper {
    arrived: Receiver<()>,
    open: SyncSender<()>,
}

pub(crate) fn gate() -> (Gate, Keeper) {
    let (arrive, arrived) = sync_channel(1);
    let (open, go) = sync_channel(1);
    (Gate { arrive, go: Arc::new(Mutex::new(go)) }, Keeper { arrived, open })
}

impl Keeper {
    /// Returns when the actor is at the gate.
    pub(crate) fn wait(&self) {
        self.arrived.recv().unwrap();
    }

    pub(crate) fn open(&self) {
        self.open.send(()).unwrap();
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<String>>>);

impl Book {
    pub(crate) fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// What was noted since the last time.
    pub(crate) fn read(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The same of one agent.
    pub(crate) fn of(&self, who: Address) -> Vec<String> {
        let name = format!("{who}: ");
        let lines = self.0.lock().unwrap();
        lines.iter().filter_map(|line| line.strip_prefix(&name)).map(str::to_owned).collect()
    }
}

/// Notes the numbers it is sent, with how many it has noted in this life.
pub(crate) struct Obedient {
    address: Address,
    book: Book,
    noted: u64,
    bomb: bool,
}

impl Obedient {
    fn note(&mut self, number: u64) {
        self.noted += 1;
        self.book.note(format!("{}: {number} ({})", self.address, self.noted));
    }
}

impl Actor<Do> for Obedient {
    fn receive(
        &mut self,
        letter: &Letter<Do>,
        context: &mut Context<'_, '_, Do>,
    ) -> Result<(), Error> {
        match &letter.body {
            Do::Note(number) => self.note(*number),
            Do::Panic(what) => panic!("{what}"),
            Do::PanicOnce(done, number) => {
                let before = std::mem::replace(&mut *done.lock().unwrap(), true);
                assert!(before, "the first time");
                self.note(*number);
            }
            Do::Fail(what) => return Err(Error::new(Code::CheckFailed, *what)),
            Do::ThrowABomb => std::panic::panic_any(Bomb),
            Do::PanicWhenDropped => self.bomb = true,
            Do::Wait(gate) => {
                gate.arrive.send(()).unwrap();
                gate.go.lock().unwrap().recv().unwrap();
            }
            Do::Stop => context.stop(),
            Do::Tell(to, number) => {
                if let Err(undelivered) = context.send(*to, Letter::new(Do::Note(*number))) {
                    self.book.note(format!("{}: {undelivered}", self.address));
                }
            }
            Do::LookForUrgent => {
                if let Some(Letter { body: Do::Note(number), .. }) = context.take_urgent() {
                    self.note(number);
                }
            }
        }
        Ok(())
    }
}

impl Drop for Obedient {
    fn drop(&mut self) {
        assert!(!self.bomb, "thrown away");
    }
}

/// Panics when it is dropped.
pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

/// A system of obedient actors, whose lives are in the book too.
pub(crate) fn system<'a>(book: &Book, bounds: Bounds) -> (System<'a, Do>, Factory<'a, Do>) {
    let lives = book.clone();
    let observer = move |who, notice: Notice<'_, Do>| {
        lives.note(match notice {
            Notice::Started => format!("{who}: started"),
            Notice::Failed { error, .. } => format!("{who}: failed: {}", error.what()),
            Notice::Restarted => format!("{who}: restarted"),
            Notice::GaveUp => format!("{who}: gave up"),
            Notice::Stopped => format!("{who}: stopped"),
        });
    };
    let book = book.clone();
    let factory = move |address| -> Box<dyn Actor<Do>> {
        Box::new(Obedient { address, book: book.clone(), noted: 0, bomb: false })
    };
    (System::new(bounds, Box::new(observer)), Arc::new(factory))
}

pub(crate) fn with_restart(restart: Restart) -> Options {
    Options { restart, ..Options::default() }
}

/// Has threads of a scope run the actors.
pub(crate) fn start<'scope, 'a: 'scope, M: Body + 'a>(
    system: &System<'a, M>,
    scope: &'scope thread::Scope<'scope, '_>,
    workers: usize,
) {
    let start = |worker: axon_bus::Worker<'a, M>| {
        scope.spawn(move || worker.run());
        Ok(())
    };
    system.grow_to(workers, start).unwrap();
}
