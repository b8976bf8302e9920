//! A run as people watch it: the live view on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use axon_domain::{Event, MissionId};
use axon_runtime::{Answer, Leave, Notice, Observer, Question};

use crate::ui::columns::cut;
use crate::ui::live::{Live, Size};
use crate::ui::stages::{Stage, Stages, Standing};
use crate::ui::{ask, clean, leave, report};

/// Columns of a stage's text off a terminal.
const PLAIN: usize = 80;

/// Shows a run on standard error, so that standard output stays for results.
pub(crate) struct Progress {
    face: Face,
    mission: Option<MissionId>,
    events: Option<EventSink>,
}

enum Face {
    /// Lines are only added.
    Lines(Stages),
    Live(Box<Live>),
}

/// Where events go beside the terminal.
pub(crate) type EventSink = Box<dyn FnMut(&Event)>;

impl Progress {
    pub(crate) fn new(events: Option<EventSink>) -> Self {
        let face = match redraws() {
            true => Face::Live(Box::new(Live::new())),
            false => Face::Lines(Stages::new()),
        };
        Self { face, mission: None, events }
    }

    /// Takes in an event from before anybody watched. Lines say only what comes.
    pub(crate) fn catch_up(&mut self, event: &Event) {
        if let Face::Live(live) = &mut self.face {
            live.catch_up(event);
        }
    }

    fn event(&mut self, event: &Event) {
        if let Some(sink) = &mut self.events {
            sink(event);
        }
        if event.mission.is_none() || *self.mission.get_or_insert(MissionId(0)) == MissionId(0) {
            self.mission = event.mission.or(self.mission);
        }
        if event.mission != self.mission {
            return;
        }
        let stages = match &mut self.face {
            Face::Live(live) => return live.event(event),
            Face::Lines(stages) => stages,
        };
        let first = stages.title.is_empty();
        let finished = stages.take(event);
        if first && !stages.title.is_empty() {
            let _ = writeln!(anstream::stderr(), "{}", clean(&stages.title));
        }
        for place in finished {
            let _ = writeln!(anstream::stderr(), "{}", line(&stages.stages[place]));
        }
    }
}

/// A stage that is finished, as a line that is added. Off a terminal it is the same however long
/// it took.
fn line(stage: &Stage) -> String {
    let (mark, color) = match stage.standing {
        Standing::Waiting => ("·", AnsiColor::BrightBlack),
        Standing::Running => ("…", AnsiColor::Cyan),
        Standing::Done => ("✓", AnsiColor::Green),
        Standing::Failed => ("✗", AnsiColor::Red),
        Standing::Skipped => ("–", AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(color.into()));
    let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
    let (name, text) = (stage.name, cut(&stage.text, PLAIN));
    let time = crate::ui::live::seconds(stage.elapsed(0));
    format!("  {style}{mark}{style:#} {name:<7} {text}{dim}{time}{dim:#}")
}

impl Observer for Progress {
    fn notice(&mut self, notice: Notice<'_>) {
        match (notice, &mut self.face) {
            (Notice::Event(event), _) => self.event(event),
            (Notice::Progress { mission, what }, Face::Live(live))
                if self.mission == Some(mission) =>
            {
                live.progress(what);
            }
            (Notice::Tick, Face::Live(live)) => live.tick(),
            (Notice::Tick | Notice::Progress { .. } | Notice::Output(_), _) => {}
        }
    }

    fn ask(&mut self, question: &Question) -> Option<Answer> {
        self.step_aside();
        ask::on_terminal(question)
    }

    fn remark(&mut self, text: &str) {
        self.step_aside();
        report::note(text);
    }

    fn leave(&mut self, mission: MissionId) -> Leave {
        self.step_aside();
        leave::on_terminal(mission)
    }
}

impl Progress {
    /// What is written now stands between the block and what follows.
    fn step_aside(&mut self) {
        if let Face::Live(live) = &mut self.face {
            live.leave();
        }
    }
}
/// Whether standard error takes what redraws. A terminal that takes no colours may not take
/// moves of the cursor either.
pub(crate) fn redraws() -> bool {
    io::stderr().is_terminal() && AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Columns and rows of the terminal, or 80 and 24.
pub(crate) fn size() -> Size {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok();
    let number = |number: Option<u16>, least: usize, usual: usize| {
        number.map(usize::from).filter(|number| *number >= least).unwrap_or(usual)
    };
    Size {
        columns: number(size.map(|size| size.ws_col), 20, 80),
        rows: number(size.map(|size| size.ws_row), 1, 24),
    }
}

/// Columns of the terminal, or 80.
pub(crate) fn width() -> usize {
    size().columns
}
