//! What a mission found and how it ended, as text.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use axon_domain::{Mention, MentionKind, MissionEnd, SiteKind};
use axon_runtime::{Axon, CheckRun, Checked, FilePlan, Mission, Report};

use crate::ui::{clean, clean_lines, columns, count, progress, said, wrapped};

/// Mentions of one kind that are listed before the rest is only counted.
const SHOWN: usize = 10;
/// Characters of a line of code that are shown however long its path is.
const LEAST: usize = 30;

fn dim() -> Style {
    Style::new().fg_color(Some(AnsiColor::BrightBlack.into()))
}

/// A remark on standard error, out of the way of results.
pub(crate) fn note(text: &str) {
    let dim = dim();
    let _ = writeln!(anstream::stderr(), "{dim}{text}{dim:#}");
}

/// The symbol, every place that is edited and why, and what is left alone.
pub(crate) fn print_sites(
    out: &mut dyn Write,
    report: &Report,
    files: &[FilePlan],
) -> io::Result<()> {
    for part in report.parts() {
        print_symbol(out, part)?;
    }
    let dim = dim();
    for FilePlan { edits: file, .. } in files {
        for site in &file.sites {
            let (path, line, column) = (clean(&file.path), site.line, site.column);
            let (kind, evidence) = (site.kind.name(), clean(&site.evidence));
            writeln!(out, "{path}:{line}:{column}: {kind}  {dim}{evidence}{dim:#}")?;
        }
    }
    print_mentions(out, report)
}

/// The symbol and how many places of each kind are edited.
pub(crate) fn print_symbol(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    if let Some(symbol) = &report.symbol {
        let (kind, name) = (symbol.kind, &symbol.qualified);
        writeln!(out, "{kind} {name}, defined at {}:{}", clean(&symbol.path), symbol.line)?;
    }
    for rejected in &report.rejected {
        writeln!(out, "  not meant: {}", clean(rejected))?;
    }
    for removed in &report.removed {
        let (symbol, why) = (&removed.symbol, clean(&removed.evidence));
        let place = format!("{}:{}", clean(&symbol.path), symbol.line);
        writeln!(out, "unused: {} {}, defined at {place}: {why}", symbol.kind, symbol.qualified)?;
    }
    Ok(())
}

/// What is left alone, by kind.
pub(crate) fn print_mentions(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let kinds = [
        (MentionKind::Undecided, "nothing in the code decides these"),
        (MentionKind::Excluded, "they mean it, outside of --path"),
        (MentionKind::LeftBefore, "left alone before, by the mission that is rebased"),
        (MentionKind::Wrapper, "other symbols bound to it under the same name"),
        (MentionKind::Dynamic, "looked up while the program runs"),
        (MentionKind::Text, "in strings"),
        (MentionKind::Prose, "in comments and prose"),
        (MentionKind::Unused, "unused, and not chosen"),
        (MentionKind::PerhapsUnused, "no code uses these, and something else may"),
    ];
    for (kind, what) in kinds {
        let all = report.parts().flat_map(|part| &part.mentions);
        let found: Vec<&Mention> = all.filter(|m| m.kind == kind).collect();
        if found.is_empty() {
            continue;
        }
        writeln!(out, "left alone, {what}:")?;
        for mention in found.iter().take(SHOWN) {
            let place = format!("  {}:{}: ", clean(&mention.path), mention.line);
            let room = progress::width().saturating_sub(columns::width(&place));
            let text = match kind {
                MentionKind::PerhapsUnused => &format!("{}: {}", mention.excerpt, mention.why),
                _ => &mention.excerpt,
            };
            writeln!(out, "{place}{}", columns::cut(text, room.max(LEAST)))?;
        }
        if found.len() > SHOWN {
            writeln!(out, "  and {} more", found.len() - SHOWN)?;
        }
    }
    for skipped in &report.skipped {
        writeln!(out, "not looked into: {} ({})", clean(&skipped.path), clean(&skipped.why))?;
    }
    Ok(())
}

/// How many places of each kind: `12 references, 1 definition`.
pub(crate) fn kinds(sites: &[(SiteKind, u32)]) -> String {
    let parts: Vec<String> = sites
        .iter()
        .map(|(kind, number)| {
            let plural = match kind {
                SiteKind::Match => "matches".to_owned(),
                SiteKind::Documentation => "places in documentation".to_owned(),
                SiteKind::Carried => "parts carried over".to_owned(),
                kind => format!("{}s", kind.name()),
            };
            let one = match kind {
                SiteKind::Documentation => "place in documentation",
                SiteKind::Carried => "part carried over",
                kind => kind.name(),
            };
            count(*number, one, &plural)
        })
        .collect();
    parts.join(", ")
}

/// How a run ended and what can be done now, on standard error; the branch alone goes to
/// standard output, for scripts.
pub(crate) fn print_end(axon: &Axon, mission: &Mission) -> io::Result<()> {
    let id = mission.id;
    let Some(end) = &mission.end else { return Ok(()) };
    let mut out = anstream::stderr().lock();
    if let Ok(Some(report)) = axon.report(mission) {
        if report.parts().any(|part| !part.mentions.is_empty()) || !report.skipped.is_empty() {
            writeln!(out)?;
        }
        print_mentions(&mut out, &report)?;
    }
    print_failed_check(axon, mission, &mut out)?;
    if end.outcome.has_result() {
        let color = if mission.proven { AnsiColor::Green } else { AnsiColor::Yellow };
        let style = Style::new().bold().fg_color(Some(color.into()));
        let outcome = end.outcome.name();
        let reason = wrapped(&clean_lines(&end.reason), outcome.len() + 2);
        write!(out, "\n{style}{outcome}{style:#}: {reason}")?;
        print_code_and_hint(end, &mut out)?;
        let dim = dim();
        writeln!(out, "  {dim}look at it  {dim:#}axon diff {id}   axon show {id}")?;
        writeln!(out, "  {dim}take it     {dim:#}axon apply {id}")?;
        writeln!(out, "  {dim}drop it     {dim:#}axon discard {id}")?;
        // On a terminal it would only repeat what the block says.
        if let Some(spec) = mission.spec.as_ref().filter(|_| !io::stdout().is_terminal()) {
            writeln!(anstream::stdout(), "{}", spec.branch)?;
        }
        return Ok(());
    }
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let outcome = end.outcome.name();
    let reason = wrapped(&clean_lines(&end.reason), outcome.len() + 2);
    write!(out, "\n{style}{outcome}{style:#}: {reason}")?;
    print_code_and_hint(end, &mut out)?;
    writeln!(out, "nothing was changed; `axon show {id}` says what was found")
}

fn print_code_and_hint(end: &MissionEnd, out: &mut dyn Write) -> io::Result<()> {
    let (dim, cyan) = (dim(), Style::new().fg_color(Some(AnsiColor::Cyan.into())));
    match &end.code {
        Some(code) => writeln!(out, " {dim}[{code}]{dim:#}")?,
        None => writeln!(out)?,
    }
    match &end.hint {
        Some(hint) => writeln!(out, "{cyan} hint{cyan:#}: {}", clean_lines(hint)),
        None => Ok(()),
    }
}

/// What a hook or a check that did not pass had to say of the result.
fn print_failed_check(axon: &Axon, mission: &Mission, out: &mut dyn Write) -> io::Result<()> {
    let Ok(runs) = axon.checks(mission.id) else { return Ok(()) };
    let failed = |run: &&CheckRun| run.tree != Checked::Base && run.passed != Some(true);
    let Some(run) = runs.iter().rev().find(failed) else { return Ok(()) };
    if run.tree == Checked::Hook && run.tail.is_empty() && run.note.lines().count() < 2 {
        return Ok(());
    }
    let room = progress::width().saturating_sub(" says:".len());
    writeln!(out, "\n{} says:", columns::cut(&run.label, room))?;
    said::print(run, out)?;
    if run.more {
        let dim = dim();
        writeln!(out, "  {dim}all of it: axon show {} --check{dim:#}", mission.id)?;
    }
    Ok(())
}
