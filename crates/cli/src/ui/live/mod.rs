//! The live view of a mission on a terminal: a block that is redrawn in its place.
//!
//! [`model`] takes events in, [`draw`] makes lines of it, [`screen`] puts them on the terminal.

mod draw;
mod model;
mod news;
mod roster;
mod row;
mod screen;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
mod tree;

use std::io::Write as _;
use std::time::{Duration, Instant};

use axon_domain::Event;

use crate::context::wall_clock;
use crate::ui::live::draw::Frame;
use crate::ui::live::model::Model;
use crate::ui::progress;

pub(crate) use draw::seconds;
pub(crate) use row::{BAD, BOLD, BUSY, DIM, GOOD, PLAIN, Row, WAITS};
pub(crate) use screen::{Screen, Size};

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// Draws a mission on standard error, so that standard output stays for results.
pub(crate) struct Live {
    model: Model,
    screen: Screen,
    begun: Instant,
    last: Option<Instant>,
    /// Whether the last frame is the one that stays.
    final_frame: bool,
}

impl Live {
    pub(crate) fn new() -> Self {
        let (model, screen) = (Model::new(), Screen::default());
        Self { model, screen, begun: Instant::now(), last: None, final_frame: false }
    }

    /// Takes in what happened before anybody watched.
    pub(crate) fn catch_up(&mut self, event: &Event) {
        self.model.take(event);
    }

    /// Takes in an event, and draws if it is time or the mission is over.
    pub(crate) fn event(&mut self, event: &Event) {
        self.model.take(event);
        let due = self.last.is_none_or(|last| last.elapsed() >= FRAME);
        if self.model.is_over() || due {
            self.draw();
        }
    }

    /// A signal: what the running stage is doing.
    pub(crate) fn progress(&mut self, what: &str) {
        self.model.stages.progress(what);
    }

    /// A moment to draw what came since the last frame.
    pub(crate) fn tick(&mut self) {
        if self.last.is_none_or(|last| last.elapsed() >= FRAME) {
            self.draw();
        }
    }

    /// Leaves title and stages on the screen; what comes next stands below them.
    pub(crate) fn leave(&mut self) {
        if !self.screen.is_empty() && !self.final_frame {
            self.show(true);
        }
        self.screen.leave();
    }

    fn draw(&mut self) {
        if self.model.stages.title.is_empty() || self.final_frame {
            return;
        }
        self.final_frame = self.model.is_over();
        self.show(self.final_frame);
    }

    fn show(&mut self, short: bool) {
        let (size, now) = (progress::size(), wall_clock());
        let turn = self.begun.elapsed().as_millis() / FRAME.as_millis();
        self.model.settle(now);
        let frame = Frame::new(size, now, usize::try_from(turn).unwrap_or_default());
        let rows = match short {
            true => draw::summary(&self.model, frame),
            false => draw::view(&self.model, size, frame),
        };
        self.last = Some(Instant::now());
        if let Some(written) = self.screen.show(&rows, size) {
            let mut stderr = anstream::stderr().lock();
            let _ = stderr.write_all(written.as_bytes());
            let _ = stderr.flush();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.leave();
    }
}
