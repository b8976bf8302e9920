//! What people do with missions: here, where this process owns the ledger, or through the owner.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use axon_domain::{Code, ControlStep, Error, MissionId, Result, Seq};
use axon_engine::{Mission, Phase};
use axon_sandbox::Cancel;
use axon_workspace::Applied;

use crate::axon::Axon;
use crate::check;
use crate::dispatch::{self, From, Handle, Stay, Taken, Watcher, watch};
use crate::give;
use crate::look::Standing;
use crate::observer::{Notice, Observer};
use crate::office;
use crate::owner::{Answered, Client, Feed, Owner, Server, Way, reach, start_in_background};
use crate::settings::Request;

/// How long owners that are about to end are waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long is waited between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// How long an owner in the background stays when it has nothing to do.
const GRACE: Duration = Duration::from_secs(2);

/// A mission that was given to another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Its number.
    pub mission: MissionId,
    /// It waits until fewer missions are at work.
    pub queued: bool,
}

impl Axon {
    /// Gives a mission and works on it to its end, or has the owner do so and watches.
    ///
    /// # Errors
    /// What kept the mission from ending: it can be resumed. [`Code::Interrupted`] where a
    /// person stops watching, and [`Code::OwnerGone`] where the process that works on it is
    /// gone. A mission that ended badly is not an error here; see [`Mission::end`].
    pub fn run(
        &self,
        request: Request,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        check::require_confinement(self, &request)?;
        match self.way(|client| client.run(self, &request, false))? {
            Found::Here(owner) => self.work_here(*owner, observer, cancel, |handle, watcher| {
                handle.give(give::new_mission(self, request)?, Some(watcher))
            }),
            Found::There(client, taken) => self.watch_there(*client, taken, observer, cancel),
        }
    }

    /// Gives a mission to a process in the background, which is started where there is none, and
    /// does not wait for it.
    ///
    /// # Errors
    /// What is wrong with the mission; what keeps a process from being started.
    pub fn hand_over(&self, request: &Request) -> Result<Given> {
        check::require_confinement(self, request)?;
        let taken = self.in_background(|client| client.run(self, request, true))?;
        Ok(Given { mission: taken.mission, queued: taken.queued })
    }

    /// Goes on with a mission that was interrupted or paused.
    ///
    /// # Errors
    /// As [`Axon::run`]; [`Code::NotFound`] without such a mission, [`Code::WrongState`] if it
    /// has ended or is at work.
    pub fn resume(
        &self,
        id: MissionId,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        self.ledger()?;
        match self.way(|client| client.resume(self, id, false))? {
            Found::Here(owner) => self.work_here(*owner, observer, cancel, |handle, watcher| {
                handle.resume(id, Some(watcher))
            }),
            Found::There(client, taken) => self.watch_there(*client, taken, observer, cancel),
        }
    }

    /// Follows a mission, from its beginning to its end.
    ///
    /// # Errors
    /// As [`Axon::run`]; [`Code::NotFound`] without such a mission, [`Code::WrongState`] when
    /// nobody works on it.
    pub fn attach(
        &self,
        id: MissionId,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        let before = Seq(self.mission(id)?.given.0.saturating_sub(1));
        if self.owner().is_some()
            && let Some(mut client) = Client::connect(self)?
        {
            match client.attach(id) {
                Ok(Answered::Yes(taken)) => {
                    return self.watch_there(client, taken, observer, cancel);
                }
                Ok(Answered::Ending) => {}
                Err(error) if error.code() == Code::WrongState => {}
                Err(error) => return Err(error),
            }
        }
        let mut feed = Feed::new(self, id, before);
        feed.read_all(&mut |event| observer.notice(Notice::Event(event)))?;
        let mission = self.mission(id)?;
        if mission.phase == Phase::Ended {
            return Ok(mission);
        }
        let what = if mission.paused { "is paused" } else { "was interrupted" };
        Err(Error::new(Code::WrongState, format!("nobody works on {id}: it {what}"))
            .hint(format!("axon resume {id}")))
    }

    /// Tells a mission what a person says; gives how many of its steps still run.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a mission, [`Code::WrongState`] where it makes no sense.
    pub fn control(&self, id: MissionId, step: ControlStep, reason: &str) -> Result<usize> {
        self.ledger()?;
        match self.way(|client| client.control(id, step, reason))? {
            Found::Here(owner) => {
                self.office_for(*owner, |handle| office::control(handle, id, step, reason))
            }
            Found::There(_, running) => Ok(running),
        }
    }

    /// Brings a mission's result into the current branch and the working tree.
    ///
    /// # Errors
    /// [`Code::WrongState`] without a result, and the codes of
    /// [`axon_workspace::Repository::apply`].
    pub fn apply(&self, id: MissionId) -> Result<Applied> {
        self.ledger()?;
        match self.way(|client| client.apply(id))? {
            Found::Here(owner) => self.office_for(*owner, |handle| office::apply(self, handle, id)),
            Found::There(_, applied) => Ok(applied),
        }
    }

    /// Removes a mission's branch, or ends a mission that nobody works on. The record stays.
    ///
    /// # Errors
    /// [`Code::WrongState`] if it was applied or discarded before, or is at work.
    pub fn discard(&self, id: MissionId) -> Result<()> {
        self.ledger()?;
        match self.way(|client| client.discard(id))? {
            Found::Here(owner) => {
                self.office_for(*owner, |handle| office::discard(self, handle, id))
            }
            Found::There(_, ()) => Ok(()),
        }
    }

    /// The missions that the owner works on; `None` where nobody says so.
    pub(crate) fn standings(&self) -> Result<Option<Vec<(MissionId, Standing)>>> {
        match Client::connect(self)? {
            Some(mut client) => client.standings(),
            None => Ok(None),
        }
    }

    /// Owns the ledger in the background: goes on with these missions and takes on others, until
    /// there was nothing to do for a moment, or a wish to stop, which leaves everything
    /// resumable. `ready` is called once this process listens, or another one goes on with the
    /// missions; `log` gets a line about everything that goes wrong.
    ///
    /// # Errors
    /// What keeps it from owning the ledger or from listening.
    pub fn own(
        &self,
        missions: &[MissionId],
        ready: &mut dyn FnMut() -> Result<()>,
        log: &mut dyn FnMut(&str),
        cancel: &Cancel,
    ) -> Result<()> {
        let owner = match reach(self)? {
            Way::Here(owner) => owner,
            Way::There(_) => {
                for id in missions {
                    if let Err(error) = self.in_background(|client| client.resume(self, *id, true))
                    {
                        log(&format!("{id}: {error}"));
                    }
                }
                return ready();
            }
        };
        let mut owner = *owner;
        let clients = Arc::new(AtomicUsize::new(0));
        let stay = Stay::WhileWanted(GRACE, Arc::clone(&clients));
        thread::scope(|scope| {
            let started = dispatch::start(scope, self, &mut owner, stay, cancel);
            let ending = Ending(&started.handle);
            for id in missions {
                if let Err(error) = started.handle.resume(*id, None) {
                    log(&format!("{id}: {error}"));
                }
            }
            let _server = Server::start(scope, self, started.handle.clone(), clients)?;
            ready()?;
            ending.done();
            match started.work.join() {
                Ok(_) => Ok(()),
                Err(_) => Err(panicked()),
            }
        })
    }

    /// Works on a mission in this process, and listens to others meanwhile.
    fn work_here(
        &self,
        owner: Owner,
        observer: &mut dyn Observer,
        cancel: &Cancel,
        begin: impl FnOnce(&Handle, Watcher) -> Result<Taken>,
    ) -> Result<Mission> {
        let mut owner = owner;
        let clients = Arc::new(AtomicUsize::new(0));
        let (followed, handed_on) = thread::scope(|scope| {
            let started = dispatch::start(scope, self, &mut owner, Stay::UntilClosed, cancel);
            let ending = Ending(&started.handle);
            // Who cannot listen works all the same; others are then told who writes.
            let _server = Server::start(scope, self, started.handle.clone(), clients).ok();
            let (watcher, watch) = watch(From::Here);
            let followed = begin(&started.handle, watcher).and_then(|taken| {
                watch.follow(self, taken.mission, taken.after, observer).map(|()| taken.mission)
            });
            let others = started.handle.close().unwrap_or_default();
            if !others.is_empty() {
                observer.remark(&format!(
                    "{} still at work for another terminal: steps that run are finished here, then \
                     a process in the background goes on (Ctrl-C: at once)",
                    listed(&others)
                ));
            }
            ending.done();
            let handed_on = started.work.join();
            (followed, handed_on)
        });
        let handed_on = handed_on.map_err(|_| panicked())?;
        let mission = followed.and_then(|id| owner.mission(id));
        drop(owner);
        self.hand_on(&handed_on, observer);
        mission
    }

    /// Lets another process go on with missions that others gave.
    fn hand_on(&self, missions: &[MissionId], observer: &mut dyn Observer) {
        if missions.is_empty() {
            return;
        }
        let listed = listed(missions);
        observer.remark(&match start_in_background(self, missions) {
            Ok(()) => format!("{listed} in the background now: axon attach"),
            Err(error) => format!("{listed} interrupted, nobody goes on: {error}; axon resume"),
        });
    }

    /// Does something as the owner that takes no time, without listening.
    pub(crate) fn office_for<T>(
        &self,
        owner: Owner,
        act: impl FnOnce(&Handle) -> Result<T>,
    ) -> Result<T> {
        let mut owner = owner;
        let cancel = Cancel::new();
        thread::scope(|scope| {
            let started = dispatch::start(scope, self, &mut owner, Stay::UntilClosed, &cancel);
            let ending = Ending(&started.handle);
            let done = act(&started.handle);
            drop(ending);
            match started.work.join() {
                Ok(_) => done,
                Err(_) => Err(panicked()),
            }
        })
    }

    /// Follows a mission that another process works on.
    fn watch_there(
        &self,
        client: Client,
        taken: Taken,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        if taken.queued {
            observer.remark(&format!(
                "{} waits: {} missions are at work, which is the most at once",
                taken.mission,
                dispatch::MOST_AT_ONCE
            ));
        }
        client.follow(self, taken, observer, cancel)?;
        self.mission(taken.mission)
    }

    /// Becomes the owner, or asks it. One that is about to end is waited for.
    pub(crate) fn way<T>(
        &self,
        mut ask: impl FnMut(&mut Client) -> Result<Answered<T>>,
    ) -> Result<Found<T>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match reach(self)? {
                Way::Here(owner) => return Ok(Found::Here(owner)),
                Way::There(mut client) => {
                    if let Answered::Yes(answer) = ask(&mut client)? {
                        return Ok(Found::There(Box::new(client), answer));
                    }
                }
            }
            wait_until(deadline)?;
        }
    }

    /// Asks the owner, which is started in the background where there is none.
    fn in_background<T>(
        &self,
        mut ask: impl FnMut(&mut Client) -> Result<Answered<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.owner().is_none() {
                start_in_background(self, &[])?;
            }
            if let Some(mut client) = Client::connect(self)?
                && let Answered::Yes(answer) = ask(&mut client)?
            {
                return Ok(answer);
            }
            wait_until(deadline)?;
        }
    }
}

/// The way that was found, with what the owner answered.
pub(crate) enum Found<T> {
    Here(Box<Owner>),
    There(Box<Client>, T),
}

/// Ends a dispatcher when it is dropped, also by a panic: then nothing more is recorded.
struct Ending<'a>(&'a Handle);

impl Ending<'_> {
    /// It ends by itself.
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.abandon();
        } else {
            // One that has given up is closed.
            let _ = self.0.close();
        }
    }
}

fn wait_until(deadline: Instant) -> Result<()> {
    if Instant::now() > deadline {
        return Err(Error::new(
            Code::LedgerLocked,
            "the process that writes the ledger does not end and takes nothing on",
        )
        .hint("axon status"));
    }
    thread::park_timeout(PAUSE);
    Ok(())
}

/// `m2 is`, `m2, m3 are`.
fn listed(missions: &[MissionId]) -> String {
    let names: Vec<String> = missions.iter().map(ToString::to_string).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

fn panicked() -> Error {
    Error::new(Code::Bug, "the dispatcher panicked")
        .hint("please report this; the ledger is intact: axon resume")
}
