//! One client of an owner: what it asks for is done, and what it watches is told.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axon_domain::{ControlStep, MissionId, Result};

use super::line::{Came, Line};
use super::protocol::{Asked, MOST_TOLD, Problem, Reply, Said, reply_frame, words};
use super::serve::say;
use crate::axon::Axon;
use crate::conflicts::{Choice, Settlement};
use crate::dispatch::{End, From, Handle, Next, Taken, Told, Watch, Watcher, watch};
use crate::give;
use crate::observer::Answer;
use crate::office;

/// How often a thread that waits for a client looks whether it is still wanted.
const LOOK: Duration = Duration::from_secs(1);

/// The question that was asked last, with where its answer goes.
type Open = Mutex<Option<(u64, SyncSender<Answer>)>>;

/// Does what a client asks for.
pub(super) fn attend(axon: &Axon, handle: &Handle, mut line: Line, asked: Asked) -> Result<()> {
    let done = match asked {
        Asked::Run { request, tools, detach } => {
            let given = give::new_mission(axon, *request).map(|mut new| {
                new.tools = Some(tools.into());
                new
            });
            return take(handle, line, detach, |watcher| handle.give(given?, watcher));
        }
        Asked::Resume { mission, tools, detach } => {
            axon.shared.remember(mission, tools.into());
            return take(handle, line, detach, |watcher| handle.resume(mission, watcher));
        }
        Asked::Attach { mission } => {
            let (watcher, watch) = watch(From::Elsewhere);
            match handle.watch(mission, watcher) {
                Ok(after) => {
                    line.send(&Reply::Taken { mission, after, queued: false })?;
                    return tell(handle, line, mission, &watch);
                }
                Err(error) => Err(error),
            }
        }
        Asked::Control { mission, step, reason } => office::control(handle, mission, step, &reason)
            .map(|running| Reply::Controlled { running }),
        Asked::Apply { mission } => {
            let already = |applied| applied == axon_workspace::Applied::AlreadyApplied;
            office::apply(axon, handle, mission)
                .map(|applied| Reply::Applied { already: already(applied) })
        }
        Asked::Discard { mission } => {
            office::discard(axon, handle, mission).map(|()| Reply::Discarded)
        }
        Asked::Resolve { mission, paths, how } => {
            let choice = Choice { paths, how: how.into() };
            let settled = axon.settle(handle, mission, &choice);
            settled.map(|Settlement { settled, left }| Reply::Settled { settled, left })
        }
        Asked::Standings => handle.standings().map(Reply::Standings),
    };
    line.send(&done.unwrap_or_else(|error| Reply::Refused(Problem::of(&error))))
}

/// Takes a mission on, and tells about it unless nobody is to be told.
fn take(
    handle: &Handle,
    mut line: Line,
    detach: bool,
    begin: impl FnOnce(Option<Watcher>) -> Result<Taken>,
) -> Result<()> {
    let (watcher, watch) = watch(From::Elsewhere);
    let taken = begin((!detach).then_some(watcher));
    // What was acknowledged is not lost.
    let durable = taken.and_then(|taken| handle.ledger().sync().map(|_| taken));
    match durable {
        Ok(Taken { mission, after, queued }) => {
            line.send(&Reply::Taken { mission, after, queued })?;
            if detach { Ok(()) } else { tell(handle, line, mission, &watch) }
        }
        Err(error) => line.send(&Reply::Refused(Problem::of(&error))),
    }
}

/// Tells a client about a mission until nothing more comes or it is gone. What it says
/// meanwhile is heard by a thread of its own.
fn tell(handle: &Handle, line: Line, mission: MissionId, watch: &Watch) -> Result<()> {
    let open = Open::default();
    let mut stream = line.stream.try_clone().map_err(|error| {
        axon_domain::Error::new(axon_domain::Code::Io, "a client cannot be heard").because(error)
    })?;
    thread::scope(|scope| {
        scope.spawn(|| {
            hear(handle, line, mission, &open);
            // A client that is gone wants nothing more.
            watch.close();
        });
        let told = pass_on(&mut stream, watch, &open);
        // Ends the thread that listens.
        let _ = stream.shutdown(std::net::Shutdown::Both);
        told
    })
}

fn pass_on(stream: &mut UnixStream, watch: &Watch, open: &Open) -> Result<()> {
    let mut number = 0;
    loop {
        let reply = match watch.next(LOOK) {
            Next::Told(Told::Event(event)) => Reply::Upto(event.seq),
            Next::Told(Told::Upto(seq)) => Reply::Upto(seq),
            Next::Told(Told::Progress(what)) => Reply::Progress(what),
            Next::Told(Told::Remark(text)) => Reply::Remark(text),
            Next::Told(Told::Output(bytes)) => Reply::Output(bytes),
            Next::Told(Told::Ask(question, reply)) => {
                number += 1;
                let asked = Reply::Ask { number, question };
                // More places than fit a frame are for nobody's eyes: dropped, it is refused.
                if reply_frame(&asked).is_ok_and(|frame| frame.len() <= MOST_TOLD) {
                    *open.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, reply));
                    say(stream, &asked)?;
                }
                continue;
            }
            Next::Told(Told::Ended(End::Over)) => return say(stream, &Reply::Over),
            Next::Told(Told::Ended(End::HandedOn)) => return say(stream, &Reply::HandedOn),
            Next::Told(Told::Ended(End::Stopped(error))) => {
                return say(stream, &Reply::Stopped(Problem::of(&error)));
            }
            Next::Nothing => continue,
            Next::Gone => return Ok(()),
        };
        say(stream, &reply)?;
    }
}

/// Hears what a client says while it watches, until it is gone or makes no sense.
fn hear(handle: &Handle, mut line: Line, mission: MissionId, open: &Open) {
    loop {
        let said = match line.receive(LOOK) {
            Ok(Came::Frame(frame)) => words(&frame),
            Ok(Came::Nothing) => continue,
            Ok(Came::End) | Err(_) => break,
        };
        match said {
            Ok(Said::Answer { number, answer }) => {
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                let reply = open.take_if(|(asked, _)| *asked == number);
                if let (Some((_, reply)), Some(answer)) = (reply, answer) {
                    // Somebody else was first, or the agent no longer waits.
                    let _ = reply.try_send(answer);
                }
            }
            // A mission that cannot be cancelled any more says how it ends.
            Ok(Said::Cancel) => drop(handle.control(mission, ControlStep::Cancel, "")),
            Err(_) => break,
        }
    }
    // Whoever waits for an answer learns that none comes.
    open.lock().unwrap_or_else(PoisonError::into_inner).take();
}
