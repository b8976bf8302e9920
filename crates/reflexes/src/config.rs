//! `[check]` of `axon.toml`.

use std::path::{Component, Path, PathBuf};

use axon_domain::{Code, Error, Limits, Result};
use serde::Deserialize;

/// What a project says about its check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckConfig {
    /// The command, for `sh -c`; `None` leaves finding it to [`crate::find`].
    pub command: Option<String>,
    /// What Git ignores and the check needs, relative to the project.
    pub bring: Vec<PathBuf>,
    /// Ceilings; those that are not set are [`Limits::CHECK`].
    pub limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    check: Option<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: Option<String>,
    #[serde(default)]
    bring: Vec<toml::Spanned<String>>,
    cpu_seconds: Option<u64>,
    wall_seconds: Option<u64>,
    memory_bytes: Option<u64>,
    processes: Option<u32>,
    output_bytes: Option<u64>,
    file_bytes: Option<u64>,
}

impl CheckConfig {
    /// Reads `axon.toml`; `None` where it has no `[check]`. `name` is the file's name in errors.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`] with line and column: not TOML, a key that does not exist, a
    /// value of another type, a path that leaves the project.
    pub fn parse(text: &str, name: &str) -> Result<Option<Self>> {
        let at = |offset: usize| {
            let (line, column) = position(text, offset);
            format!("{name}:{line}:{column}")
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let what = error.message().trim().replace('\n', ", ");
            let place = error.span().map_or(name.to_owned(), |span| at(span.start));
            Error::new(Code::InvalidConfig, what)
                .at(place)
                .hint("see docs/errors/invalid-config.md")
        })?;
        let Some(table) = file.check else { return Ok(None) };
        let mut bring = Vec::new();
        for path in &table.bring {
            let inside = Path::new(path.get_ref());
            if !is_inside(inside) {
                let what = format!("`{}` does not lie inside the project", path.get_ref());
                return Err(Error::new(Code::InvalidConfig, what)
                    .at(at(path.span().start))
                    .hint("give a path relative to the root of the project, without `..`"));
            }
            bring.push(inside.to_owned());
        }
        let default = Limits::CHECK;
        let millis =
            |seconds: Option<u64>, default| seconds.map_or(default, |s| s.saturating_mul(1_000));
        Ok(Some(Self {
            command: table.command,
            bring,
            limits: Limits {
                cpu_millis: millis(table.cpu_seconds, default.cpu_millis),
                wall_millis: millis(table.wall_seconds, default.wall_millis),
                memory_bytes: table.memory_bytes.unwrap_or(default.memory_bytes),
                processes: table.processes.unwrap_or(default.processes),
                output_bytes: table.output_bytes.unwrap_or(default.output_bytes),
                file_bytes: table.file_bytes.unwrap_or(default.file_bytes),
            },
        }))
    }
}

/// Whether a path names something below a folder, without leaving it on the way; never `.git`
/// or `.axon`.
pub(crate) fn is_inside(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    let private = |part: &Component| {
        [".git", ".axon"].iter().any(|name| part.as_os_str().eq_ignore_ascii_case(name))
    };
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_)) && !private(&part))
}

/// Line and column (in characters) of a byte, from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> (String, String) {
        let error = CheckConfig::parse(text, "axon.toml").unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        (error.place().unwrap().to_owned(), error.what().to_owned())
    }

    #[test]
    fn what_is_set_is_taken_and_the_rest_is_the_default() {
        let text =
            "[check]\ncommand = \"make check\"\nbring = [\".venv\", \"a/b\"]\nwall_seconds = 5\n";
        let config = CheckConfig::parse(text, "axon.toml").unwrap().unwrap();
        assert_eq!(config.command.as_deref(), Some("make check"));
        assert_eq!(config.bring, [PathBuf::from(".venv"), PathBuf::from("a/b")]);
        assert_eq!(config.limits, Limits { wall_millis: 5_000, ..Limits::CHECK });
        assert_eq!(CheckConfig::parse("", "axon.toml").unwrap(), None);
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused_with_the_list_of_those_that_do() {
        let (place, what) = error("[check]\nwall_secs = 5\n");
        assert_eq!(place, "axon.toml:2:1");
        assert!(what.contains("wall_secs") && what.contains("`wall_seconds`"), "{what}");
        assert_eq!(error("[chekc]\n").0, "axon.toml:1:2");
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        assert_eq!(error("[check]\ncommand = 3\n").0, "axon.toml:2:11");
        assert_eq!(error("[check\n").0, "axon.toml:1:7");
        assert_eq!(error("[check]\nprocesses = -1\n").0, "axon.toml:2:13");
    }

    #[test]
    fn nothing_is_brought_from_outside_the_project() {
        for path in ["/etc", "../x", "a/../../x", "", ".", ".git", ".axon/ledger.db"] {
            let (place, _) = error(&format!("[check]\nbring = [\"ok\", \"{path}\"]\n"));
            assert_eq!(place, "axon.toml:2:16", "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "(\\[check\\]\n)?(.|\n){0,60}") {
            if let Err(error) = CheckConfig::parse(&text, "axon.toml") {
                prop_assert!(error.place().unwrap().starts_with("axon.toml"));
            }
        }
    }
}
