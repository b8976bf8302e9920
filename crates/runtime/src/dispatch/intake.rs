//! What the dispatcher is asked for from outside: missions, what a person tells them, and what
//! else is to be written.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, sync_channel};

use axon_domain::{
    Code, Control, ControlStep, Draft, Error, MissionId, MissionSpec, Payload, Result, Role, Seq,
};
use axon_engine::{Mission, Phase};
use axon_ledger::Ledger;
use axon_reflexes::Toolchains;

use super::live::Live;
use super::watch::{Told, Watcher, retold};
use super::{Dispatcher, MOST_AT_ONCE, Message};
use crate::axon::no_mission;
use crate::look::Standing;

/// Where an answer goes.
pub(crate) type Reply<T> = SyncSender<Result<T>>;

/// A mission that somebody gives.
pub(crate) struct NewMission {
    /// What is asked for. Its branch is named here, when its number is known.
    pub(crate) spec: MissionSpec,
    /// The rules that a person lifted for it.
    pub(crate) lifted: Vec<Payload>,
    /// Numbers that it must not get: their branches are there.
    pub(crate) taken: BTreeSet<u32>,
    /// The programs of whoever gives it, where that is another process.
    pub(crate) tools: Option<Toolchains>,
}

/// A mission that was taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) mission: MissionId,
    /// Its events from now on are those after this one.
    pub(crate) after: Seq,
    /// It waits until fewer missions are at work.
    pub(crate) queued: bool,
}

/// What somebody asks for.
pub(crate) enum Intake {
    /// Take on a new mission.
    Give(Box<NewMission>, Option<Watcher>, Reply<Taken>),
    /// Go on with a mission that was interrupted or paused.
    Resume(MissionId, Option<Watcher>, Reply<Taken>),
    /// Tell me about a mission that is at work; answers before which event it was given.
    Watch(MissionId, Watcher, Reply<Seq>),
    /// Tell a mission what a person says; answers how many of its steps still run.
    Control(MissionId, Control, Reply<usize>),
    /// A mission, and whether it is at work.
    Look(MissionId, Reply<(Mission, bool)>),
    /// Record these events, from which nothing follows.
    Record(Vec<Draft>, Reply<()>),
    /// The missions at work and how they stand.
    Standings(Reply<Vec<(MissionId, Standing)>>),
    /// Nobody in this process wants anything more; answers which missions others gave.
    Close(Reply<Vec<MissionId>>),
    /// Whoever works in this process is gone: nothing more is begun or recorded.
    Abandon,
}

/// How to speak to a dispatcher. Clones speak to the same.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(super) send: Sender<Message>,
    ledger: Arc<Ledger>,
}

impl Handle {
    pub(super) fn new(send: Sender<Message>, ledger: Arc<Ledger>) -> Self {
        Self { send, ledger }
    }

    fn ask<T>(&self, intake: impl FnOnce(Reply<T>) -> Intake) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.send.send(Message::Intake(intake(reply))).map_err(|_| ending())?;
        answer.recv().map_err(|_| ending())?
    }

    /// The ledger that the dispatcher writes.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Gives a mission; it is recorded, and durable once the ledger is synced.
    pub(crate) fn give(&self, new: NewMission, watcher: Option<Watcher>) -> Result<Taken> {
        self.ask(|reply| Intake::Give(Box::new(new), watcher, reply))
    }

    /// Goes on with a mission.
    pub(crate) fn resume(&self, id: MissionId, watcher: Option<Watcher>) -> Result<Taken> {
        self.ask(|reply| Intake::Resume(id, watcher, reply))
    }

    /// Watches a mission that is at work; gives the event before it was given.
    pub(crate) fn watch(&self, id: MissionId, watcher: Watcher) -> Result<Seq> {
        self.ask(|reply| Intake::Watch(id, watcher, reply))
    }

    /// Tells a mission what a person says.
    pub(crate) fn control(&self, id: MissionId, step: ControlStep, reason: &str) -> Result<usize> {
        let control = Control { step, reason: reason.to_owned() };
        self.ask(|reply| Intake::Control(id, control, reply))
    }

    /// A mission, and whether it is at work.
    pub(crate) fn look(&self, id: MissionId) -> Result<(Mission, bool)> {
        self.ask(|reply| Intake::Look(id, reply))
    }

    /// Records events from which nothing follows, durably and signed.
    pub(crate) fn record(&self, drafts: Vec<Draft>) -> Result<()> {
        self.ask(|reply| Intake::Record(drafts, reply))?;
        self.ledger.checkpoint().map(drop)
    }

    /// The missions at work and how they stand.
    pub(crate) fn standings(&self) -> Result<Vec<(MissionId, Standing)>> {
        self.ask(Intake::Standings)
    }

    /// Wants nothing more; the missions that others gave and that have not ended are handed on.
    pub(crate) fn close(&self) -> Result<Vec<MissionId>> {
        self.ask(Intake::Close)
    }

    /// Is gone without a word.
    pub(crate) fn abandon(&self) {
        let _ = self.send.send(Message::Intake(Intake::Abandon));
    }
}

/// The answer of a process that is about to end; whoever asked finds another one.
pub(crate) fn ending() -> Error {
    Error::new(Code::OwnerGone, "the process that writes the ledger is ending").hint("try again")
}

/// What is wrong with a question is the answer to it; an error of recording ends everything.
type Done<T> = Result<Result<T>>;

/// Answers. An error of recording is told to whoever asked as well.
fn respond<T>(reply: &Reply<T>, done: Done<T>) -> Result<()> {
    let (answer, fatal) = match done {
        Ok(answer) => (answer, Ok(())),
        Err(error) => (Err(retold(&error)), Err(error)),
    };
    // Whoever asked may be gone by now.
    let _ = reply.send(answer);
    fatal
}

impl Dispatcher<'_, '_> {
    /// Does what somebody asks for.
    ///
    /// # Errors
    /// Those of recording.
    pub(super) fn take_in(&mut self, intake: Intake) -> Result<()> {
        match intake {
            Intake::Give(new, watcher, reply) => respond(&reply, self.give(*new, watcher)),
            Intake::Resume(id, watcher, reply) => respond(&reply, self.go_on(id, watcher)),
            Intake::Watch(id, watcher, reply) => respond(&reply, Ok(self.watch(id, watcher))),
            Intake::Control(id, control, reply) => respond(&reply, self.control(id, control)),
            Intake::Look(id, reply) => {
                let live = self.missions.contains_key(&id);
                respond(&reply, Ok(self.owner.mission(id).map(|mission| (mission, live))))
            }
            Intake::Record(drafts, reply) => respond(&reply, self.absorb(drafts).map(Ok)),
            Intake::Standings(reply) => respond(&reply, Ok(Ok(self.standings()))),
            Intake::Close(reply) => respond(&reply, Ok(Ok(self.close()))),
            Intake::Abandon => {
                self.abandoned = true;
                Ok(())
            }
        }
    }

    fn give(&mut self, new: NewMission, watcher: Option<Watcher>) -> Done<Taken> {
        if self.closing {
            return Ok(Err(ending()));
        }
        let NewMission { spec, lifted, taken, tools } = new;
        let last = self.owner.state.missions.keys().next_back().map_or(0, |id| id.0);
        let free = |number: &u32| !taken.contains(number);
        let id = MissionId((last + 1..).find(free).unwrap_or(u32::MAX));
        let spec = MissionSpec { branch: format!("axon/{id}"), ..spec };
        if let Err(error) = self.axon.pin_commits(id, &spec) {
            return Ok(Err(error));
        }
        let given = Payload::MissionGiven(Box::new(spec));
        let mut drafts = vec![Draft::new(Role::Operator, given).of(id)];
        drafts.extend(lifted.into_iter().map(|it| Draft::new(Role::Operator, it).of(id)));
        if let Some(tools) = tools {
            self.axon.shared.remember(id, tools);
        }
        let taken = self.begin(id, watcher);
        self.absorb(drafts)?;
        Ok(Ok(taken))
    }

    fn go_on(&mut self, id: MissionId, watcher: Option<Watcher>) -> Done<Taken> {
        let paused = match self.open_mission(id) {
            _ if self.closing => return Ok(Err(ending())),
            Ok(mission) => mission.paused,
            Err(error) => return Ok(Err(error)),
        };
        let lift = paused.then(|| {
            let control = Control { step: ControlStep::Resume, reason: String::new() };
            Draft::new(Role::Operator, Payload::Control(control)).of(id)
        });
        if let Some(live) = self.missions.get_mut(&id) {
            let Some(lift) = lift else {
                let at_work = Error::new(Code::WrongState, format!("{id} is at work"));
                return Ok(Err(at_work.hint(format!("axon attach {id}"))));
            };
            // Its last steps are still running: it never left.
            watcher.into_iter().for_each(|watcher| live.watched_by(watcher));
            let after = self.owner.state.last;
            self.absorb(vec![lift])?;
            return Ok(Ok(Taken { mission: id, after, queued: false }));
        }
        let why = if paused { "paused" } else { "interrupted" };
        let signal = self.owner.signal(&format!("{id} was {why} and goes on")).of(id);
        let taken = self.begin(id, watcher);
        self.absorb([signal].into_iter().chain(lift).collect())?;
        self.take_up(id)?;
        Ok(Ok(taken))
    }

    /// Works on a mission from now on.
    fn begin(&mut self, mission: MissionId, watcher: Option<Watcher>) -> Taken {
        let queued = self.at_work() >= MOST_AT_ONCE;
        self.missions.insert(mission, Live::new(mission, watcher, queued));
        Taken { mission, after: self.owner.state.last, queued }
    }

    fn watch(&mut self, id: MissionId, watcher: Watcher) -> Result<Seq> {
        let given = self.owner.mission(id)?.given;
        let durable = self.herald.last_durable();
        match self.missions.get_mut(&id) {
            Some(live) => {
                watcher.tell([Told::Upto(durable)], false);
                live.watched_by(watcher);
                Ok(Seq(given.0.saturating_sub(1)))
            }
            None => Err(Error::new(Code::WrongState, format!("nobody works on {id}"))),
        }
    }

    fn control(&mut self, id: MissionId, control: Control) -> Done<usize> {
        let mission = match self.open_mission(id) {
            Ok(mission) => mission,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(refusal) = refusal(mission, control.step) {
            return Ok(Err(refusal));
        }
        let mut running = 0;
        if let Some(live) = self.missions.get_mut(&id) {
            live.hold();
            running = live.jobs();
            if control.step == ControlStep::Cancel {
                live.cancel.cancel();
            }
        }
        self.absorb(vec![Draft::new(Role::Operator, Payload::Control(control)).of(id)])?;
        if !self.missions.contains_key(&id) {
            self.tidy_up(id)?;
        }
        Ok(Ok(running))
    }

    /// A mission that has not ended.
    fn open_mission(&self, id: MissionId) -> Result<&Mission> {
        let mission = self.owner.state.missions.get(&id).ok_or_else(|| no_mission(id))?;
        if mission.phase == Phase::Ended {
            return Err(Error::new(Code::WrongState, format!("{id} has ended"))
                .hint(format!("axon show {id}")));
        }
        Ok(mission)
    }

    fn standings(&self) -> Vec<(MissionId, Standing)> {
        let standing = |(id, live): (&MissionId, &Live)| {
            let paused = self.owner.state.missions.get(id).is_some_and(|mission| mission.paused);
            let standing = match (paused, live.queued) {
                (true, _) => Standing::Paused,
                (_, true) => Standing::Queued,
                _ => Standing::Running,
            };
            (*id, standing)
        };
        self.missions.iter().map(standing).collect()
    }

    fn close(&mut self) -> Vec<MissionId> {
        self.closing = true;
        self.missions.values_mut().for_each(Live::hand_on);
        self.missions.keys().copied().collect()
    }
}

/// Why a mission cannot be told this now.
fn refusal(mission: &Mission, step: ControlStep) -> Option<Error> {
    let id = mission.id;
    let refused = |what: String, hint: String| Some(Error::new(Code::WrongState, what).hint(hint));
    match step {
        ControlStep::Cancel if !mission.can_be_cancelled() => refused(
            format!("it is too late to cancel {id}: its commit is being made"),
            format!("axon discard {id} takes it back"),
        ),
        ControlStep::Pause if mission.paused => {
            refused(format!("{id} is paused already"), format!("axon resume {id}"))
        }
        _ => None,
    }
}
