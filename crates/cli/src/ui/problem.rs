//! Errors as people and programs read them.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use axon_domain::Error;
use serde_json::json;

use crate::ui::clean_lines;

/// Prints an error on standard error: what, where, what to do. With `--json` the same as one
/// JSON object on standard output.
pub(crate) fn print(error: &Error, json: bool) {
    if json {
        let value = json!({
            "error": {
                "code": error.code().name(),
                "message": error.to_string(),
                "place": error.place(),
                "hint": error.hint_text(),
                "exit_code": error.code().exit_code(),
            }
        });
        let _ = writeln!(anstream::stdout(), "{value}");
        return;
    }
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
    let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let mut out = anstream::stderr().lock();
    let what = clean_lines(&error.to_string());
    let _ = writeln!(out, "{red}error{red:#}: {what} {dim}[{}]{dim:#}", error.code());
    if let Some(hint) = error.hint_text() {
        let _ = writeln!(out, "{cyan} hint{cyan:#}: {}", clean_lines(hint));
    }
}
