//! The side of the owner: takes connections, and does what each asks for in a thread of its own.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::Duration;

use axon_domain::{Code, Error, Result};
use rustix::event::{PollFd, PollFlags, poll};

use super::line::{Came, Line, PROMPT, agree, hello};
use super::protocol::{self, MOST_ASKED, Problem, Reply, words};
use super::socket::{self, Bound};
use super::visit;
use crate::axon::Axon;
use crate::dispatch::Handle;

/// Clients that are listened to at once.
const MOST_CLIENTS: usize = 64;

/// How long clients have to take what was told last, before their lines are cut.
const FAREWELL: Duration = Duration::from_secs(2);

/// Takes connections until it is dropped; then nobody is connected any more.
pub(crate) struct Server {
    shared: Arc<Clients>,
    /// Closing it wakes the thread that listens.
    _bell: UnixStream,
}

/// Who is connected.
#[derive(Default)]
struct Clients {
    lines: Mutex<BTreeMap<u64, UnixStream>>,
    left: Condvar,
    closed: AtomicBool,
    /// The same number for whoever must not look here.
    count: Arc<AtomicUsize>,
}

impl Clients {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, UnixStream>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Begins to listen. `count` is kept at the number of clients.
    pub(crate) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        axon: &'scope Axon,
        handle: Handle,
        count: Arc<AtomicUsize>,
    ) -> Result<Self> {
        let bound = socket::bind(axon)?;
        let (bell, ring) = UnixStream::pair()
            .map_err(|error| Error::new(Code::Io, "the owner cannot listen").because(error))?;
        let shared = Arc::new(Clients { count, ..Clients::default() });
        let clients = Arc::clone(&shared);
        scope.spawn(move || listen(scope, axon, &handle, &bound, &ring, &clients));
        Ok(Self { shared, _bell: bell })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        let lines = self.shared.lock();
        let empty = |lines: &mut BTreeMap<u64, UnixStream>| !lines.is_empty();
        let waited = self.shared.left.wait_timeout_while(lines, FAREWELL, empty);
        for line in waited.unwrap_or_else(PoisonError::into_inner).0.values() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

fn listen<'scope>(
    scope: &'scope Scope<'scope, '_>,
    axon: &'scope Axon,
    handle: &Handle,
    bound: &Bound,
    ring: &UnixStream,
    clients: &Arc<Clients>,
) {
    for number in 0_u64.. {
        let mut ready = [
            PollFd::from_borrowed_fd(bound.listener.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(ring.as_fd(), PollFlags::IN),
        ];
        if poll(&mut ready, None).is_err() || !ready[1].revents().is_empty() {
            // An interrupted wait is looked at again; a bell that rings ends it.
            if ready[1].revents().is_empty() {
                continue;
            }
            return;
        }
        let Ok((stream, _)) = bound.listener.accept() else { continue };
        let Ok(copy) = stream.try_clone() else { continue };
        let mut lines = clients.lock();
        if clients.closed.load(Ordering::SeqCst) || !socket::is_own(&stream) {
            continue;
        }
        let room = lines.len() < MOST_CLIENTS;
        lines.insert(number, copy);
        clients.count.fetch_add(1, Ordering::SeqCst);
        drop(lines);
        let (handle, clients) = (handle.clone(), Arc::clone(clients));
        scope.spawn(move || {
            // Nobody waits for a client that is wrong or gone.
            let _ = attend(axon, &handle, stream, room);
            let left = clients.lock().remove(&number);
            if let Some(line) = left {
                let _ = line.shutdown(Shutdown::Both);
            }
            clients.count.fetch_sub(1, Ordering::SeqCst);
            clients.left.notify_all();
        });
    }
}

/// Hears one client out.
fn attend(axon: &Axon, handle: &Handle, stream: UnixStream, room: bool) -> Result<()> {
    let mut line = Line::new(stream, MOST_ASKED);
    let ours = hello(axon);
    line.send(&Reply::Hello(ours.clone()))?;
    if !room {
        let busy = Error::new(Code::LimitReached, "the owner listens to too many already")
            .hint("end some that watch: axon attach");
        return line.send(&Reply::Refused(Problem::of(&busy)));
    }
    let asked = match prompt(&mut line).and_then(|theirs| {
        agree(&ours, &theirs)?;
        prompt(&mut line)
    }) {
        Ok(asked) => asked,
        Err(error) => return line.send(&Reply::Refused(Problem::of(&error))),
    };
    visit::attend(axon, handle, line, asked)
}

/// What a client has to say at once.
fn prompt<T: serde::de::DeserializeOwned>(line: &mut Line) -> Result<T> {
    match line.receive(PROMPT)? {
        Came::Frame(frame) => words(&frame).map_err(super::line::not_understood),
        Came::Nothing => Err(Error::new(Code::OwnerGone, "a client says nothing")),
        Came::End => Err(Error::new(Code::OwnerGone, "a client is gone")),
    }
}

/// Says something in a thread that does not listen.
pub(crate) fn say(stream: &mut UnixStream, reply: &Reply) -> Result<()> {
    use std::io::Write as _;
    let frame = protocol::reply_frame(reply)?;
    stream
        .write_all(&frame)
        .map_err(|error| Error::new(Code::OwnerGone, "a client is gone").because(error))
}
