//! Asking a person about places that nothing in the code decides.

use std::io::{self, BufRead, IsTerminal, Write};

use axon_domain::{Mention, MentionKind};
use axon_runtime::{Answer, Question};

use crate::ui::{clean, count};

/// Asks on the terminal; `None` when nobody is there.
pub(crate) fn on_terminal(question: &Question) -> Option<Answer> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let mut out = anstream::stderr().lock();
    let mut answers = io::stdin().lock().lines();
    ask(question, &mut out, &mut answers)
}

fn ask(
    question: &Question,
    out: &mut dyn Write,
    answers: &mut dyn Iterator<Item = io::Result<String>>,
) -> Option<Answer> {
    let unused = question.places.iter().all(|place| place.kind == MentionKind::Unused);
    if unused {
        let definitions = count(question.places.len(), "definition", "definitions");
        writeln!(out, "\nnothing uses {definitions}:").ok()?;
    } else {
        let name = question.symbol.as_ref().map_or("the symbol", |symbol| symbol.name.as_str());
        let places = count(question.places.len(), "place", "places");
        writeln!(out, "\n{places} may mean {name}, and nothing in the code decides it:").ok()?;
    }
    let verb = if unused { "remove" } else { "edit" };
    for place in &question.places {
        writeln!(out, "  {}", describe(place)).ok()?;
    }
    loop {
        write!(out, "{verb} them? [a]ll, [n]one, [e]ach, [s]top the mission: ").ok()?;
        out.flush().ok()?;
        let answer = answers.next()?.ok()?;
        let can_be = |index: &usize| unused || question.places[*index].edit.is_some();
        let editable = || (0..question.places.len()).filter(can_be);
        match answer.trim() {
            "a" | "all" => return Some(Answer::Include(editable().collect())),
            "n" | "none" => return Some(Answer::Include(Vec::new())),
            "s" | "stop" => return Some(Answer::Stop),
            "e" | "each" => return ask_each(question, editable(), out, answers),
            _ => writeln!(out, "please answer a, n, e or s").ok()?,
        }
    }
}

fn ask_each(
    question: &Question,
    editable: impl Iterator<Item = usize>,
    out: &mut dyn Write,
    answers: &mut dyn Iterator<Item = io::Result<String>>,
) -> Option<Answer> {
    let mut included = Vec::new();
    for index in editable {
        write!(out, "  {} [y/N] ", describe(&question.places[index])).ok()?;
        out.flush().ok()?;
        if matches!(answers.next()?.ok()?.trim(), "y" | "yes") {
            included.push(index);
        }
    }
    Some(Answer::Include(included))
}

fn describe(place: &Mention) -> String {
    let text = format!("{}:{}: {}  ({})", place.path, place.line, place.excerpt, place.why);
    clean(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use axon_domain::{MissionId, TextEdit};

    use super::*;

    fn question() -> Question {
        let place = |line, edit: bool| Mention {
            path: "a.py".into(),
            line,
            column: 1,
            kind: MentionKind::Undecided,
            excerpt: "x.total()".into(),
            why: "the type of x is not known".into(),
            edit: edit.then(|| TextEdit { start: 0, end: 0, text: String::new() }),
        };
        Question {
            mission: MissionId(1),
            symbol: None,
            places: vec![place(1, true), place(2, false), place(3, true)],
        }
    }

    fn answer(lines: &[&str]) -> Option<Answer> {
        let mut lines = lines.iter().map(|line| Ok((*line).to_owned()));
        ask(&question(), &mut Vec::new(), &mut lines)
    }

    #[test]
    fn all_means_all_places_that_can_be_edited() {
        assert_eq!(answer(&["a"]), Some(Answer::Include(vec![0, 2])));
        assert_eq!(answer(&["what?", "none"]), Some(Answer::Include(vec![])));
    }

    #[test]
    fn each_place_can_be_decided_by_itself() {
        assert_eq!(answer(&["e", "y", ""]), Some(Answer::Include(vec![0])));
    }

    #[test]
    fn a_definition_that_nothing_uses_needs_no_edit_to_be_chosen() {
        let mut question = question();
        for place in &mut question.places {
            place.kind = MentionKind::Unused;
        }
        let mut out = Vec::new();
        let mut lines = ["e", "", "y", ""].into_iter().map(|line| Ok(line.to_owned()));
        assert_eq!(ask(&question, &mut out, &mut lines), Some(Answer::Include(vec![1])));
        let shown = String::from_utf8(out).unwrap();
        assert!(shown.contains("nothing uses 3 definitions:"), "{shown}");
        assert!(shown.contains("remove them? [a]ll"), "{shown}");
    }

    #[test]
    fn an_input_that_ends_decides_nothing() {
        assert_eq!(answer(&[]), None);
        assert_eq!(answer(&["e", "y"]), None);
        assert_eq!(answer(&["s"]), Some(Answer::Stop));
    }
}
