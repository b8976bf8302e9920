//! Asking a person who stops watching what is to become of the mission.

use std::io::{self, BufRead, IsTerminal, Write};

use axon_domain::MissionId;
use axon_runtime::Leave;

/// Asks on the terminal; where there is none, the mission goes on.
pub(crate) fn on_terminal(mission: MissionId) -> Leave {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Leave::StopWatching;
    }
    let mut out = anstream::stderr().lock();
    let mut answers = io::stdin().lock().lines();
    ask(mission, &mut out, &mut answers).unwrap_or(Leave::StopWatching)
}

fn ask(
    mission: MissionId,
    out: &mut dyn Write,
    answers: &mut dyn Iterator<Item = io::Result<String>>,
) -> Option<Leave> {
    writeln!(out, "\nanother process works on {mission}").ok()?;
    loop {
        write!(out, "[s]top watching it, [c]ancel it, [g]o on watching: ").ok()?;
        out.flush().ok()?;
        match answers.next()?.ok()?.trim() {
            "s" | "stop" => return Some(Leave::StopWatching),
            "c" | "cancel" => return Some(Leave::Cancel),
            "g" | "go on" => return Some(Leave::GoOn),
            _ => writeln!(out, "please answer s, c or g; Ctrl-C stops watching").ok()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(lines: &[&str]) -> Option<Leave> {
        let mut lines = lines.iter().map(|line| Ok((*line).to_owned()));
        ask(MissionId(2), &mut Vec::new(), &mut lines)
    }

    #[test]
    fn only_a_clear_answer_cancels() {
        assert_eq!(answer(&["", "what?", "cancel"]), Some(Leave::Cancel));
        assert_eq!(answer(&["g"]), Some(Leave::GoOn));
        assert_eq!(answer(&["s"]), Some(Leave::StopWatching));
        assert_eq!(answer(&["x"]), None);
    }
}
