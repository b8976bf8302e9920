//! What the project's check said, as text.

use std::io::{self, IsTerminal as _, Write};

use axon_runtime::{CheckRun, Checked};

use crate::ui::{clean, clean_lines};

/// What a check that did not pass said: the lines that name an error, then the last ones.
pub(crate) fn print(run: &CheckRun, out: &mut dyn Write) -> io::Result<()> {
    let shown = |line: &str| run.tail.iter().any(|last| last.trim() == line.trim());
    // How a hook ended is said beside its name.
    let heads = usize::from(run.tree == Checked::Hook);
    let telling: Vec<&str> = run.note.lines().skip(heads).filter(|line| !shown(line)).collect();
    for line in &telling {
        writeln!(out, "  {}", clean(line))?;
    }
    if run.more && !run.tail.is_empty() {
        writeln!(out, "  …")?;
    }
    for line in &run.tail {
        writeln!(out, "  {}", clean(line))?;
    }
    Ok(())
}

/// How a run ended: `exit 1 after 3.4 s`.
pub(crate) fn ending(run: &CheckRun) -> String {
    let end = match (&run.call.limit, run.call.exit) {
        (Some(_), _) => run.note.lines().next().unwrap_or("stopped at a limit").to_owned(),
        (None, Some(code)) => format!("exit {code}"),
        (None, None) => "ended by a signal".to_owned(),
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds, with one digit")]
    let seconds = run.call.millis as f64 / 1_000.0;
    format!("{end} after {seconds:.1} s")
}

/// On which tree it ran, for people and programs.
pub(crate) fn tree(run: &CheckRun) -> &'static str {
    match run.tree {
        Checked::Result | Checked::Hook => "result",
        Checked::Base => "base",
    }
}

/// Everything that a run wrote, on standard output: as it is for a file or a pipe, and without
/// what could steer a terminal on a terminal.
pub(crate) fn print_all(output: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        let text = clean_lines(&String::from_utf8_lossy(output));
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') && !text.is_empty() {
            out.write_all(b"\n")?;
        }
    } else {
        out.write_all(output)?;
    }
    out.flush()
}
