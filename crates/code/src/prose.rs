//! The old name in files that are not code of a known language.

use axon_domain::{Language, Mention, MentionKind, Result};

use crate::sources::{FileId, Sources};
use crate::text::{Known, Lines, excerpt, words};

/// Every place of a name in documentation and in the files that configure a project.
pub(crate) fn mentions(sources: &Sources<'_>, name: &str) -> Result<Vec<Mention>> {
    let files: Vec<FileId> = sources.ids().filter(|id| role(sources.path(*id)).is_some()).collect();
    let mut found = Vec::new();
    for file in sources.containing(&files, &[name])? {
        let path = sources.path(file);
        let (Some(role), Some(text)) = (role(path), sources.text(file)?) else { continue };
        let (lines, mut known) = (Lines::new(text), Known::default());
        for at in words(text.as_bytes(), name) {
            let (line, column) = lines.place_after(text, &mut known, at);
            let (kind, why) = describe(role, &text[lines.range(text, line)], name);
            found.push(Mention {
                path: path.to_owned(),
                line,
                column,
                kind,
                excerpt: excerpt(text, at),
                why,
                edit: None,
            });
        }
    }
    Ok(found)
}

#[derive(Clone, Copy)]
enum Role {
    Documentation,
    Configuration,
    /// Code that is not looked into, and what it is.
    Code(&'static str),
}

fn role(path: &str) -> Option<Role> {
    if Language::of_path(path).is_some() {
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    Some(match ending {
        "md" | "rst" | "txt" | "adoc" | "markdown" => Role::Documentation,
        "toml" | "cfg" | "ini" | "yml" | "yaml" => Role::Configuration,
        "pyx" | "pxd" | "pxi" => Role::Code("Cython"),
        "ipynb" => Role::Code("a notebook"),
        _ => return None,
    })
}

fn describe(role: Role, line: &str, name: &str) -> (MentionKind, String) {
    match role {
        Role::Documentation => (MentionKind::Prose, "documentation".to_owned()),
        Role::Configuration if line.contains(&format!(":{name}")) => {
            (MentionKind::Text, "an entry point names it by text".to_owned())
        }
        Role::Configuration => (MentionKind::Text, "configuration".to_owned()),
        Role::Code(what) => (MentionKind::Text, format!("{what}, which is not looked into")),
    }
}
