//! Starting an owner in the background.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use axon_domain::{Code, Error, MissionId, Result};
use serde_json::Value;

use crate::axon::Axon;

/// Bytes that a process that was started may say before it works.
const MOST_SAID: u64 = 64 << 10;

/// Starts this program as an owner in the background, which is to go on with these missions;
/// returns when there is an owner that listens, the new one or another.
///
/// # Errors
/// What it says kept it from working.
pub(crate) fn start_in_background(axon: &Axon, missions: &[MissionId]) -> Result<()> {
    let Some((program, arguments)) = axon.settings.background.split_first() else {
        return Err(Error::new(Code::Bug, "there is no program for the background"));
    };
    let failed = |error| {
        Error::new(Code::Io, "no process can be started in the background")
            .at(program.display().to_string())
            .because(error)
    };
    let mut child = Command::new(program)
        .args(arguments)
        .args(missions.iter().map(ToString::to_string))
        .current_dir(axon.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut line = String::new();
    if let Some(said) = child.stdout.take() {
        BufReader::new(said.take(MOST_SAID)).read_line(&mut line).map_err(failed)?;
    }
    let said: Value = serde_json::from_str(&line).unwrap_or_default();
    if said["ready"] == true {
        // It goes on by itself. Where this process outlives it, nobody waits for it; the kernel
        // keeps its number until then.
        return Ok(());
    }
    let _ = child.wait();
    let text = |field: &str| said["error"][field].as_str().map(str::to_owned);
    let known = Code::ALL.iter().find(|code| Some(code.name()) == text("code").as_deref());
    let code = known.copied().unwrap_or(Code::Bug);
    let what = text("message").unwrap_or_else(|| "it ended without a word".to_owned());
    let error = Error::new(code, what);
    Err(match text("hint") {
        Some(hint) => error.hint(hint),
        None => error,
    })
}
