//! What a check says, in a few lines.

use axon_domain::Limits;
use axon_sandbox::{Limit, Outcome};

const LINES: usize = 12;
const LINE_LENGTH: usize = 300;

/// The lines that say why a check failed: the first errors of a compiler, the failing files of
/// a collector, else the last lines.
pub(crate) fn note(outcome: &Outcome, limits: Limits) -> String {
    let output = String::from_utf8_lossy(&outcome.output);
    if let Some(limit) = outcome.limit {
        let last = tail(&output, 3);
        return join(std::iter::once(reached(limit, limits)).chain(last));
    }
    if outcome.success() {
        return String::new();
    }
    let telling = telling(&output);
    let lines = if telling.is_empty() { tail(&output, LINES) } else { telling };
    if lines.is_empty() {
        return match (outcome.exit, outcome.signal) {
            (Some(code), _) => format!("it ended with exit code {code} and said nothing"),
            (None, Some(signal)) => format!("it was ended by signal {signal}"),
            (None, None) => "it ended without saying anything".to_owned(),
        };
    }
    join(lines)
}

/// The last lines of an output, as many as a person reads on; for a program whose last words
/// say more than anything that looks like an error.
#[must_use]
pub fn last_lines(outcome: &Outcome) -> String {
    join(tail(&String::from_utf8_lossy(&outcome.output), LINES))
}

fn reached(limit: Limit, limits: Limits) -> String {
    let (amount, key) = match limit {
        Limit::Cpu => (seconds(limits.cpu_millis) + " of processor time", "cpu_seconds"),
        Limit::Wall => (seconds(limits.wall_millis), "wall_seconds"),
        Limit::Memory => (bytes(limits.memory_bytes) + " of memory", "memory_bytes"),
        Limit::Processes => (format!("{} processes", limits.processes), "processes"),
        Limit::Output => (bytes(limits.output_bytes) + " of output", "output_bytes"),
        Limit::FileSize => (bytes(limits.file_bytes) + " a file", "file_bytes"),
    };
    format!("stopped at its limit of {amount} (`{key}` under [check] in axon.toml)")
}

fn seconds(millis: u64) -> String {
    match (millis / 1_000, millis % 1_000) {
        (whole, 0) => format!("{whole} s"),
        (whole, rest) => format!("{whole}.{rest:03} s"),
    }
}

/// In the largest unit that leaves no fraction.
fn bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = |(shift, _): &(u32, _)| bytes > 0 && bytes.trailing_zeros() >= *shift;
    match units.into_iter().find(whole) {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

fn join(lines: impl IntoIterator<Item = String>) -> String {
    let cut = |line: String| match line.char_indices().nth(LINE_LENGTH) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    };
    lines.into_iter().map(cut).collect::<Vec<_>>().join("\n")
}

fn is_error(line: &str) -> bool {
    let start = line.trim_start();
    start.starts_with("error:")
        || start.starts_with("error[")
        || start.starts_with("*** Error compiling")
        || start.starts_with("ERROR ")
        || start.starts_with("E   ")
        || start.starts_with("Failed to import")
        || start.starts_with("SyntaxError:")
        || start.starts_with("ImportError:")
        || start.starts_with("ModuleNotFoundError:")
        || start.starts_with("NameError:")
        || start.starts_with("AttributeError:")
}

/// Lines that name an error, each with the place that follows it (`--> file:line`).
fn telling(output: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut after_error = false;
    for line in output.lines() {
        let place = after_error && line.trim_start().starts_with("--> ");
        if is_error(line) || place {
            let line = line.trim().to_owned();
            if !lines.contains(&line) {
                lines.push(line);
            }
            after_error = !place;
        }
        if lines.len() >= LINES {
            break;
        }
    }
    lines
}

fn tail(output: &str, count: usize) -> Vec<String> {
    let full: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    full[full.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(output: &str, exit: i32, limit: Option<Limit>) -> Outcome {
        Outcome {
            exit: Some(exit),
            signal: None,
            limit,
            output: output.as_bytes().to_vec(),
            wall_millis: 0,
            cpu_millis: 0,
            max_memory_bytes: 0,
            confinement: String::new(),
            denied: Vec::new(),
        }
    }

    #[test]
    fn the_first_errors_of_a_compiler_are_named_with_their_places() {
        let output = "warning: unused\n --> src/a.rs:1:1\nerror[E0425]: cannot find `x`\n  \
            --> src/lib.rs:3:5\n   |\n3 |     x\n\nerror: could not compile\n";
        let expected =
            "error[E0425]: cannot find `x`\n--> src/lib.rs:3:5\nerror: could not compile";
        assert_eq!(note(&outcome(output, 101, None), Limits::CHECK), expected);
    }

    #[test]
    fn a_limit_is_named_with_its_key() {
        let note = note(&outcome("working\n", 0, Some(Limit::Wall)), Limits::CHECK);
        let first = "stopped at its limit of 1800 s (`wall_seconds` under [check] in axon.toml)";
        assert_eq!(note, format!("{first}\nworking"));
        let limits = Limits { output_bytes: 10_000, cpu_millis: 1_500, ..Limits::CHECK };
        for (limit, amount) in [
            (Limit::Cpu, "1.500 s of processor time (`cpu_seconds`"),
            (Limit::Memory, "8 GiB of memory (`memory_bytes`"),
            (Limit::Processes, "512 processes (`processes`"),
            (Limit::Output, "10000 bytes of output (`output_bytes`"),
            (Limit::FileSize, "4 GiB a file (`file_bytes`"),
        ] {
            let said = reached(limit, limits);
            assert!(said.starts_with(&format!("stopped at its limit of {amount}")), "{said}");
        }
    }

    #[test]
    fn without_an_error_the_last_lines_stand_for_it() {
        let output = (0..50).map(|line| format!("line {line}\n")).collect::<String>();
        let note = note(&outcome(&output, 1, None), Limits::CHECK);
        assert!(note.starts_with("line 38\n") && note.ends_with("line 49"), "{note}");
        assert!(super::note(&outcome("", 3, None), Limits::CHECK).contains("exit code 3"));
        assert_eq!(super::note(&outcome("fine", 0, None), Limits::CHECK), "");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let note = note(&outcome(&"é".repeat(1_000), 1, None), Limits::CHECK);
        assert_eq!(note.chars().count(), LINE_LENGTH + 1);
    }
}
