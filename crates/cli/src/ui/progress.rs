//! A run as people watch it: a block that is redrawn on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use axon_domain::{Event, MissionId};
use axon_runtime::{Answer, Leave, Notice, Observer, Question};

use crate::ui::stages::{Stage, Stages, Standing};
use crate::ui::{ask, clean, leave, report};

const FRAMES: [&str; 4] = ["◐", "◓", "◑", "◒"];

/// Characters of a stage's text off a terminal.
const PLAIN: usize = 80;

/// Draws a run on standard error, so that standard output stays for results.
pub(crate) struct Progress {
    stages: Stages,
    mission: Option<MissionId>,
    /// How many lines of the block stand on the screen; `None` where lines are only added.
    drawn: Option<usize>,
    frame: usize,
    events: Option<EventSink>,
}

/// Where events go beside the terminal.
pub(crate) type EventSink = Box<dyn FnMut(&Event)>;

impl Progress {
    pub(crate) fn new(events: Option<EventSink>) -> Self {
        // A terminal that takes no colours may not take moves of the cursor either.
        let redraws = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let drawn = (io::stderr().is_terminal() && redraws).then_some(0);
        Self { stages: Stages::new(), mission: None, drawn, frame: 0, events }
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
        let first = self.stages.title.is_empty();
        let finished = self.stages.take(event);
        if self.drawn.is_none() {
            if first && !self.stages.title.is_empty() {
                let _ = writeln!(anstream::stderr(), "{}", clean(&self.stages.title));
            }
            for place in finished {
                let line = self.line(&self.stages.stages[place], false);
                let _ = writeln!(anstream::stderr(), "{line}");
            }
        } else if !finished.is_empty() || first {
            self.redraw();
        }
    }

    /// Replaces the block on the screen by the stages as they are now.
    fn redraw(&mut self) {
        let Some(drawn) = self.drawn else { return };
        let mut out = String::new();
        if drawn > 0 {
            out.push_str(&format!("\x1b[{drawn}A\x1b[J"));
        }
        let bold = Style::new().bold();
        out.push_str(&format!("{bold}{}{bold:#}\n", cut(&self.stages.title, width())));
        for stage in &self.stages.stages {
            out.push_str(&self.line(stage, true));
            out.push('\n');
        }
        self.drawn = Some(self.stages.stages.len() + 1);
        let mut stderr = anstream::stderr().lock();
        let _ = stderr.write_all(out.as_bytes());
        let _ = stderr.flush();
    }

    fn line(&self, stage: &Stage, live: bool) -> String {
        let (mark, color) = match stage.standing {
            Standing::Waiting => ("·", AnsiColor::BrightBlack),
            Standing::Running if live => (FRAMES[self.frame % FRAMES.len()], AnsiColor::Cyan),
            Standing::Running => ("…", AnsiColor::Cyan),
            Standing::Done => ("✓", AnsiColor::Green),
            Standing::Failed => ("✗", AnsiColor::Red),
            Standing::Skipped => ("–", AnsiColor::Yellow),
        };
        let style = Style::new().fg_color(Some(color.into()));
        let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
        let name = stage.name;
        let mut line = format!("  {style}{mark}{style:#} {name:<7} ");
        let seconds = stage.elapsed().as_secs_f64();
        let time = if seconds >= 0.1 { format!("  {seconds:.1} s") } else { String::new() };
        // Off a terminal a line is the same however long it took.
        let room = if live { width().saturating_sub(12 + time.len()) } else { PLAIN };
        line.push_str(&cut(&stage.text, room));
        line.push_str(&format!("{dim}{time}{dim:#}"));
        line
    }
}

impl Observer for Progress {
    fn notice(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Event(event) => self.event(event),
            Notice::Progress { mission, what } if self.mission == Some(mission) => {
                self.stages.progress(what);
            }
            Notice::Tick => {
                self.frame += 1;
                if !self.stages.title.is_empty() {
                    self.redraw();
                }
            }
            Notice::Progress { .. } | Notice::Output(_) => {}
        }
    }

    fn ask(&mut self, question: &Question) -> Option<Answer> {
        let answer = ask::on_terminal(question);
        self.begin_anew();
        answer
    }

    fn remark(&mut self, text: &str) {
        report::note(text);
        self.begin_anew();
    }

    fn leave(&mut self, mission: MissionId) -> Leave {
        let leave = leave::on_terminal(mission);
        self.begin_anew();
        leave
    }
}

impl Progress {
    /// What was written stands between the block and what follows: starts a new block.
    fn begin_anew(&mut self) {
        if let Some(drawn) = &mut self.drawn {
            *drawn = 0;
        }
    }
}

/// Columns of the terminal, or 80.
pub(crate) fn width() -> usize {
    rustix::termios::tcgetwinsize(io::stderr())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns >= 20)
        .unwrap_or(80)
}

/// The text in at most `room` characters, on one line.
pub(crate) fn cut(text: &str, room: usize) -> String {
    let line = clean(text.lines().next().unwrap_or_default());
    if line.chars().count() <= room {
        return line.into_owned();
    }
    let kept: String = line.chars().take(room.saturating_sub(1)).collect();
    format!("{kept}…")
}
