//! The side of a client: asks the owner, and follows the missions that it works on.

use std::time::{Duration, Instant};

use axon_domain::{Code, ControlStep, Error, MissionId, Result};
use axon_engine::Phase;
use axon_sandbox::Cancel;
use axon_workspace::Applied;

use super::feed::Feed;
use super::line::{Came, Line, PROMPT, agree, hello, not_understood};
use super::protocol::{self, Asked, MOST_ASKED, MOST_TOLD, Reply, Said, Tools, reply};
use super::socket;
use crate::axon::Axon;
use crate::conflicts::{Choice, Settlement};
use crate::dispatch::Taken;
use crate::look::Standing;
use crate::observer::{Leave, Notice, Observer};
use crate::settings::Request;

/// How often whoever watches gets a moment to redraw, while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// How long a step of another process may take that a person waits for: bringing a result in
/// runs Git with its hooks.
const STEP: Duration = Duration::from_secs(60 * 60);

/// How long another process may take to go on with a mission.
pub(crate) const SUCCESSION: Duration = Duration::from_secs(20);

/// How long is waited between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// A line to the owner.
pub(crate) struct Client {
    line: Line,
}

/// An answer that may have come too late.
pub(crate) enum Answered<T> {
    Yes(T),
    /// The owner is ending, and took nothing on: there will be another one, or none.
    Ending,
}

/// How following a mission ended.
enum Followed {
    Over,
    HandedOn,
}

impl Client {
    /// A line to the owner; `None` where nobody listens, or not yet.
    pub(crate) fn connect(axon: &Axon) -> Result<Option<Self>> {
        let Some(stream) = socket::connect(axon)? else { return Ok(None) };
        let mut line = Line::new(stream, MOST_TOLD);
        let ours = hello(axon);
        // An owner that ends at this moment hangs up.
        if line.send(&ours).is_err() {
            return Ok(None);
        }
        match line.receive(PROMPT)? {
            Came::Frame(frame) => match reply(frame).map_err(not_understood)? {
                Reply::Hello(theirs) => agree(&theirs, &ours).map(|()| Some(Self { line })),
                _ => Err(unexpected()),
            },
            // What hangs up in the middle of a word is no owner that ends.
            Came::End if line.holds_part() => Err(unexpected()),
            Came::End => Ok(None),
            Came::Nothing => Err(silent(axon)),
        }
    }

    fn ask(&mut self, asked: &Asked, patience: Duration) -> Result<Answered<Reply>> {
        if protocol::frame(asked)?.len() > MOST_ASKED {
            return Err(Error::new(Code::LimitReached, "this is too much for a message")
                .hint("wait until the process that writes the ledger has ended: axon status"));
        }
        self.line.send(asked)?;
        match self.line.receive(patience)? {
            Came::Frame(frame) => match reply(frame).map_err(not_understood)? {
                Reply::Refused(problem) if problem.code() == Code::OwnerGone => {
                    Ok(Answered::Ending)
                }
                Reply::Refused(problem) => Err(problem.into_error()),
                reply => Ok(Answered::Yes(reply)),
            },
            Came::End => {
                Err(gone("it was asked for something", "axon missions shows what it took on"))
            }
            Came::Nothing => Err(gone("it does not answer", "axon status")),
        }
    }

    /// Gives a mission.
    pub(crate) fn run(
        &mut self,
        axon: &Axon,
        request: &Request,
        detach: bool,
    ) -> Result<Answered<Taken>> {
        let request = Box::new(request.clone());
        self.take(&Asked::Run { request, tools: tools(axon), detach })
    }

    /// Goes on with a mission.
    pub(crate) fn resume(
        &mut self,
        axon: &Axon,
        mission: MissionId,
        detach: bool,
    ) -> Result<Answered<Taken>> {
        self.take(&Asked::Resume { mission, tools: tools(axon), detach })
    }

    /// Watches a mission.
    pub(crate) fn attach(&mut self, mission: MissionId) -> Result<Answered<Taken>> {
        self.take(&Asked::Attach { mission })
    }

    fn take(&mut self, asked: &Asked) -> Result<Answered<Taken>> {
        match self.ask(asked, STEP)? {
            Answered::Yes(Reply::Taken { mission, after, queued }) => {
                Ok(Answered::Yes(Taken { mission, after, queued }))
            }
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(Answered::Ending),
        }
    }

    /// Tells a mission what a person says.
    pub(crate) fn control(
        &mut self,
        mission: MissionId,
        step: ControlStep,
        reason: &str,
    ) -> Result<Answered<usize>> {
        match self.ask(&Asked::Control { mission, step, reason: reason.to_owned() }, STEP)? {
            Answered::Yes(Reply::Controlled { running }) => Ok(Answered::Yes(running)),
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(Answered::Ending),
        }
    }

    /// Brings a result in.
    pub(crate) fn apply(&mut self, mission: MissionId) -> Result<Answered<Applied>> {
        match self.ask(&Asked::Apply { mission }, STEP)? {
            Answered::Yes(Reply::Applied { already: true }) => {
                Ok(Answered::Yes(Applied::AlreadyApplied))
            }
            Answered::Yes(Reply::Applied { already: false }) => {
                Ok(Answered::Yes(Applied::FastForwarded))
            }
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(Answered::Ending),
        }
    }

    /// Drops a result.
    pub(crate) fn discard(&mut self, mission: MissionId) -> Result<Answered<()>> {
        match self.ask(&Asked::Discard { mission }, STEP)? {
            Answered::Yes(Reply::Discarded) => Ok(Answered::Yes(())),
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(Answered::Ending),
        }
    }

    /// Settles conflicts.
    pub(crate) fn resolve(
        &mut self,
        mission: MissionId,
        choice: &Choice,
    ) -> Result<Answered<Settlement>> {
        let (paths, how) = (choice.paths.clone(), (&choice.how).into());
        match self.ask(&Asked::Resolve { mission, paths, how }, STEP)? {
            Answered::Yes(Reply::Settled { settled, left }) => {
                Ok(Answered::Yes(Settlement { settled, left }))
            }
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(Answered::Ending),
        }
    }

    /// The missions at work.
    pub(crate) fn standings(&mut self) -> Result<Option<Vec<(MissionId, Standing)>>> {
        match self.ask(&Asked::Standings, PROMPT)? {
            Answered::Yes(Reply::Standings(missions)) => Ok(Some(missions)),
            Answered::Yes(_) => Err(unexpected()),
            Answered::Ending => Ok(None),
        }
    }

    /// Follows a mission that was taken on, or that this client watches, wherever it goes, until
    /// it has ended.
    ///
    /// # Errors
    /// What kept it from ending; [`Code::OwnerGone`] when the process that works on it is gone;
    /// [`Code::Interrupted`] when the person stops watching.
    pub(crate) fn follow(
        mut self,
        axon: &Axon,
        taken: Taken,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<()> {
        let Taken { mission, after, .. } = taken;
        let mut feed = Feed::new(axon, mission, after);
        let mut asked = false;
        loop {
            let followed = self.listen(mission, &mut feed, observer, cancel, &mut asked);
            if let Ok(Followed::HandedOn) = followed {
                match successor(axon, mission)? {
                    Some(next) => self = next,
                    None => {
                        return feed.read_all(&mut |event| observer.notice(Notice::Event(event)));
                    }
                }
                continue;
            }
            feed.read_all(&mut |event| observer.notice(Notice::Event(event)))?;
            return followed.map(drop);
        }
    }

    /// Follows a mission as long as this owner works on it.
    fn listen(
        &mut self,
        mission: MissionId,
        feed: &mut Feed<'_>,
        observer: &mut dyn Observer,
        cancel: &Cancel,
        asked: &mut bool,
    ) -> Result<Followed> {
        loop {
            if cancel.is_cancelled() && !*asked {
                *asked = true;
                match observer.leave(mission) {
                    Leave::StopWatching => return Err(stopped_watching(mission)),
                    Leave::Cancel => self.line.send(&Said::Cancel)?,
                    Leave::GoOn => {}
                }
            }
            let said = match self.line.receive(TICK)? {
                Came::Frame(frame) => reply(frame).map_err(not_understood)?,
                Came::Nothing => {
                    observer.notice(Notice::Tick);
                    continue;
                }
                Came::End => return hung_up(feed.axon(), mission),
            };
            match said {
                Reply::Upto(seq) => {
                    feed.read(seq, &mut |event| observer.notice(Notice::Event(event)))?;
                }
                Reply::Progress(what) => {
                    observer.notice(Notice::Progress { mission, what: &what });
                }
                Reply::Remark(text) => observer.remark(&text),
                Reply::Output(bytes) => observer.notice(Notice::Output(&bytes)),
                Reply::Ask { number, question } => {
                    let answer = observer.ask(&question);
                    self.line.send(&Said::Answer { number, answer })?;
                }
                Reply::Over => return Ok(Followed::Over),
                Reply::HandedOn => return Ok(Followed::HandedOn),
                Reply::Stopped(problem) => return Err(problem.into_error()),
                _ => return Err(unexpected()),
            }
        }
    }
}

/// A line to the process that goes on with a mission; `None` when it has ended meanwhile.
fn successor(axon: &Axon, mission: MissionId) -> Result<Option<Client>> {
    let deadline = Instant::now() + SUCCESSION;
    loop {
        if axon.mission(mission)?.phase == Phase::Ended {
            return Ok(None);
        }
        if let Some(mut client) = Client::connect(axon)? {
            match client.attach(mission) {
                Ok(Answered::Yes(_)) => return Ok(Some(client)),
                // It has not come to it, or is the one that handed it on.
                Ok(Answered::Ending) => {}
                Err(error) if error.code() == Code::WrongState => {}
                Err(error) => return Err(error),
            }
        }
        if Instant::now() > deadline {
            return Err(gone("no other process goes on", &format!("axon resume {mission}")));
        }
        std::thread::park_timeout(PAUSE);
    }
}

/// The owner hung up without a word: it was killed, unless that was the end of the mission.
fn hung_up(axon: &Axon, mission: MissionId) -> Result<Followed> {
    if axon.mission(mission)?.phase == Phase::Ended {
        return Ok(Followed::Over);
    }
    let hint = format!("nothing that finished is lost: axon resume {mission}");
    Err(gone(&format!("{mission} is not worked on any more"), &hint))
}

fn tools(axon: &Axon) -> Tools {
    Tools::from(&axon.settings.toolchains)
}

fn stopped_watching(mission: MissionId) -> Error {
    Error::new(Code::Interrupted, format!("you no longer watch {mission}; it goes on"))
        .hint(format!("axon attach {mission}; axon cancel {mission}"))
}

fn gone(what: &str, hint: &str) -> Error {
    Error::new(Code::OwnerGone, format!("the process that writes the ledger is gone: {what}"))
        .hint(hint)
}

fn silent(axon: &Axon) -> Error {
    let what = match axon.owner() {
        Some(pid) => format!("process {pid} writes this ledger and does not answer"),
        None => "whoever listens does not answer".to_owned(),
    };
    Error::new(Code::LedgerLocked, what)
        .hint("it may be stopped (Ctrl-Z): let it go on with fg, or end it")
}

fn unexpected() -> Error {
    Error::new(Code::OwnerVersion, "the owner says something that makes no sense here")
        .hint("another program, or another version of this one, is at the other end")
}
