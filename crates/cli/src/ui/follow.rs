//! Following a run: on the terminal, as JSON lines, and beside both on a file descriptor.

use std::fs::File;
use std::io::Write;
use std::os::fd::{BorrowedFd, RawFd};

use axon_domain::{Code, Error, Event, Result};
use axon_runtime::{Answer, Axon, Cancel, LogFilter, Mission, Notice, Observer, Question};

use crate::context::{Context, print_event};
use crate::ui::progress::{EventSink, Progress};

/// Where events go beside the terminal.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct EventsFd {
    /// Write every event as a line of CloudEvents JSON to this open file descriptor.
    #[arg(long, value_name = "N", env = "AXON_EVENTS_FD")]
    events_fd: Option<RawFd>,
}

/// Who watches a run.
pub(crate) enum Watcher {
    People(Box<Progress>),
    Programs(Box<JsonLines>),
}

impl Watcher {
    pub(crate) fn observer(&mut self) -> &mut dyn Observer {
        match self {
            Watcher::People(progress) => progress.as_mut(),
            Watcher::Programs(lines) => lines.as_mut(),
        }
    }
}

/// The watcher that the options ask for.
pub(crate) fn watcher(context: &Context, axon: &Axon, events: EventsFd) -> Result<Watcher> {
    let sink = events.events_fd.map(|number| open_sink(axon, number)).transpose()?;
    Ok(if context.json {
        Watcher::Programs(Box::new(JsonLines { axon: axon.clone(), sink }))
    } else {
        Watcher::People(Box::new(Progress::new(sink)))
    })
}

/// Tells people who watch what happened to a mission so far.
pub(crate) fn catch_up(watcher: &mut Watcher, axon: &Axon, mission: &Mission) -> Result<()> {
    let Watcher::People(progress) = watcher else { return Ok(()) };
    let after = mission.given.0.saturating_sub(1);
    let filter = LogFilter { mission: Some(mission.id), after, ..LogFilter::default() };
    axon.events(&filter, &mut |event| {
        progress.catch_up(event);
        Ok(())
    })
}

/// Events on a descriptor that the caller opened. A reader that goes away ends nothing: the
/// ledger has the events.
fn open_sink(axon: &Axon, number: RawFd) -> Result<EventSink> {
    let refused = |cause: std::io::Error| {
        Error::new(Code::Usage, "this file descriptor is not open for writing")
            .at(format!("--events-fd {number}"))
            .hint("open one in the shell: axon run … --events-fd 3 3>events.jsonl")
            .because(cause)
    };
    if number < 0 {
        return Err(refused(std::io::ErrorKind::InvalidInput.into()));
    }
    #[expect(unsafe_code, reason = "a descriptor number is all that a parent process can pass on")]
    // SAFETY: the descriptor is duplicated at once, which fails cleanly if it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let mut file = File::from(borrowed.try_clone_to_owned().map_err(refused)?);
    let axon = axon.clone();
    let mut gone = false;
    Ok(Box::new(move |event: &Event| {
        if !gone {
            gone = writeln!(file, "{}", axon.cloud_event(event)).is_err();
        }
    }))
}

/// Every event as a line of JSON on standard output.
pub(crate) struct JsonLines {
    axon: Axon,
    sink: Option<EventSink>,
}

impl Observer for JsonLines {
    fn notice(&mut self, notice: Notice<'_>) {
        if let Notice::Event(event) = notice {
            print_event(&self.axon, event);
            if let Some(sink) = &mut self.sink {
                sink(event);
            }
        }
    }

    fn ask(&mut self, _question: &Question) -> Option<Answer> {
        None
    }
}

/// The exit code of a command that was interrupted, as shells say it.
const INTERRUPTED: i32 = 130;

/// Ctrl-C stops the run between two steps, or asks what is to become of a mission that another
/// process works on; a second one ends this process at once.
#[expect(clippy::disallowed_methods, reason = "whoever asks twice does not want to wait")]
pub(crate) fn cancel_on_ctrl_c() -> Result<Cancel> {
    let cancel = Cancel::new();
    let flag = cancel.clone();
    let stop = move || {
        if flag.is_cancelled() {
            std::process::exit(INTERRUPTED);
        }
        flag.cancel();
    };
    ctrlc::set_handler(stop)
        .map_err(|error| Error::new(Code::Io, "Ctrl-C cannot be watched for").because(error))?;
    Ok(cancel)
}
