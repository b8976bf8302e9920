//! What the project's check said, run by run.

use axon_domain::{Code, Error, Kind, MissionId, Payload, Reflex, Result, ToolCall};
use axon_ledger::{Filter, Reader};

use crate::axon::Axon;

/// Lines at the end of an output that are shown without being asked for.
const TAIL: usize = 15;
/// Characters of such a line.
const LINE_LENGTH: usize = 300;

/// On which tree a check ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// The mission's result.
    Result,
    /// The base, to know whether it passes without the change.
    Base,
    /// The mission's result, and it is no check but a Git hook.
    Hook,
}

/// One run of the project's check, or of a hook.
#[derive(Debug, Clone)]
pub struct CheckRun {
    /// The event of its verdict.
    pub event: u64,
    /// On which tree.
    pub tree: Checked,
    /// What was run, in a few words.
    pub label: String,
    /// Whether it passed; `None` where a limit stopped it.
    pub passed: Option<bool>,
    /// The lines that were found to say why it did not pass, as the verdict has them.
    pub note: String,
    /// How it was run, and how it ended.
    pub call: ToolCall,
    /// The last lines of its output, at most fifteen, long ones cut.
    pub tail: Vec<String>,
    /// Whether there is more output than these lines.
    pub more: bool,
}

impl Axon {
    /// Every run of a mission's check, and of its hooks, that came to a verdict, oldest first.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of reading the ledger.
    pub fn checks(&self, id: MissionId) -> Result<Vec<CheckRun>> {
        let mission = self.mission(id)?;
        checks(&self.ledger()?, id, mission.given)
    }

    /// Everything that a check wrote.
    ///
    /// # Errors
    /// [`Code::PayloadErased`] where it was erased, and those of reading the ledger.
    pub fn check_output(&self, run: &CheckRun) -> Result<Vec<u8>> {
        match run.call.output {
            Some(id) => self.ledger()?.object(id),
            None => Err(Error::new(Code::NotFound, "this run has no output")),
        }
    }
}

/// The runs among a mission's events: each is followed by its verdict.
pub(super) fn checks(
    reader: &Reader,
    id: MissionId,
    from: axon_domain::Seq,
) -> Result<Vec<CheckRun>> {
    let mut runs = Vec::new();
    let mut last = None;
    let filter = Filter { kinds: vec![Kind::ToolCall, Kind::Reflex], mission: Some(id) };
    for event in reader.events(from.., Some(filter)) {
        let event = event?;
        let verdict = match event.payload {
            Some(Payload::ToolCall(call)) => {
                last = Some(call);
                continue;
            }
            Some(Payload::Reflex(verdict)) => verdict,
            _ => continue,
        };
        let tree = match verdict.reflex {
            Reflex::Check => Checked::Result,
            Reflex::BaseCheck => Checked::Base,
            Reflex::Hook => Checked::Hook,
            Reflex::Syntax | Reflex::Review => continue,
        };
        let Some(call) = last.take() else { continue };
        // An output that was erased is as good as none here.
        let output = call.output.and_then(|id| reader.object(id).ok()).unwrap_or_default();
        let (tail, more) = tail(&output);
        runs.push(CheckRun {
            event: event.seq.0,
            tree,
            label: verdict.subject,
            passed: verdict.passed,
            note: verdict.note,
            call,
            tail,
            more,
        });
    }
    Ok(runs)
}

/// The last lines that are not empty, and whether anything stands before them.
fn tail(output: &[u8]) -> (Vec<String>, bool) {
    let mut lines =
        output.rsplit(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let mut last: Vec<String> = lines.by_ref().take(TAIL).map(line_of).collect();
    last.reverse();
    (last, lines.next().is_some())
}

fn line_of(bytes: &[u8]) -> String {
    // No character has more than four bytes; the rest of an endless line is never decoded.
    let start = &bytes[..bytes.len().min(4 * LINE_LENGTH)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_end();
    match text.char_indices().nth(LINE_LENGTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stand_for_a_long_output() {
        let output: String = (0..40).map(|line| format!("line {line}\n\n")).collect();
        let (lines, more) = tail(output.as_bytes());
        assert_eq!((lines.len(), more), (TAIL, true));
        assert_eq!((lines[0].as_str(), lines[TAIL - 1].as_str()), ("line 25", "line 39"));
        assert_eq!(tail(b"one\r\ntwo"), (vec!["one".to_owned(), "two".to_owned()], false));
        assert_eq!(tail(b"\n \n"), (vec![], false));
        assert_eq!(tail(b""), (vec![], false));
    }

    #[test]
    fn a_line_without_end_is_cut_and_what_is_no_text_is_shown_as_such() {
        let (lines, _) = tail(&[b"\xff".to_vec(), "é".repeat(100_000).into_bytes()].concat());
        assert_eq!(lines[0].chars().count(), LINE_LENGTH + 1);
        assert!(lines[0].starts_with("\u{fffd}é"));
    }
}
