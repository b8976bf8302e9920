//! `axon rewind`.

use std::path::PathBuf;
use std::process::ExitCode;

use axon_domain::{Code, Error, Result, SessionId};
use axon_runtime::{Moment, rfc3339};
use serde_json::json;

use crate::context::{Context, wall_clock};
use crate::ui::{count, report};

/// Write the files of a past moment into a folder.
///
/// The moment is an event or a time; the files are those of the mission that was worked on
/// then. Nothing else is touched. The files are as in Git: no line-end conversion, no filters.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    axon rewind --to 42 --into ../then\n  \
    axon rewind --to 2026-11-20T14:30:00Z --into ../then\n  \
    axon rewind --to -10m --into ../then")]
pub(crate) struct Args {
    /// An event's number, a time (RFC 3339; without zone, local), or how long ago: -10m, -2h,
    /// -1d.
    #[arg(long, value_name = "EVENT|TIME", allow_hyphen_values = true)]
    to: String,
    /// The folder to write into; new or empty.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// The files of this session, before it was merged.
    #[arg(long, value_name = "SESSION", value_parser = parse_session)]
    session: Option<SessionId>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let axon = context.open()?;
    let moment = parse_moment(&args.to)?;
    let rewound = axon.rewind(moment, args.session, &args.into)?;
    if context.json {
        context.print_json(&json!({
            "event": rewound.event.0,
            "time": rfc3339(rewound.time.millis()),
            "mission": rewound.mission.map(|id| id.to_string()),
            "files": rewound.files,
            "changed": rewound.changed,
            "into": args.into,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mission = rewound.mission.map_or_else(String::new, |id| format!(" of mission {id}"));
    report::note(&format!(
        "{} as after event {}{mission} ({}), {} by the mission, in {}",
        count(rewound.files, "file", "files"),
        rewound.event,
        rfc3339(rewound.time.millis()),
        count(rewound.changed, "changed", "changed"),
        args.into.display(),
    ));
    Ok(ExitCode::SUCCESS)
}

fn parse_moment(text: &str) -> Result<Moment> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(Moment::Event(axon_domain::Seq(number)));
    }
    let millis = match text.strip_prefix('-') {
        Some(ago) => parse_ago(ago).map(|ago| wall_clock().saturating_sub(ago)),
        None => parse_time(text),
    };
    millis.map(Moment::Time).ok_or_else(|| {
        Error::new(Code::Usage, "this is neither an event nor a time")
            .at(text)
            .hint("write an event's number (42), a time (2026-11-20T14:30:00Z) or -10m, -2h, -1d")
    })
}

/// Milliseconds of `10m`.
fn parse_ago(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds * 1_000)
}

fn parse_time(text: &str) -> Option<u64> {
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(local.to_zoned(jiff::tz::TimeZone::system()).ok()?.timestamp())
    })?;
    u64::try_from(moment.as_millisecond()).ok()
}

fn parse_session(text: &str) -> Result<SessionId, String> {
    text.parse().map_err(|()| "a session is written like s3; `axon log --kind SESSION`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_an_event_a_time_or_a_while_ago() {
        assert_eq!(parse_moment("42").unwrap(), Moment::Event(axon_domain::Seq(42)));
        let time = parse_moment("2026-11-20T14:30:00Z").unwrap();
        assert_eq!(time, Moment::Time(1_795_185_000_000));
        assert_eq!(parse_ago("10m"), Some(600_000));
        assert_eq!(parse_ago("99999999999999999d"), None);
        assert_eq!(parse_moment("yesterday-ish").unwrap_err().code(), Code::Usage);
    }
}
