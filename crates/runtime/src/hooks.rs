//! The user's Git hooks for commits: which of them a mission runs, and how.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, GitId, Result};
use axon_reflexes::Place;
use axon_workspace::{CommitRequest, HookFolder};

use crate::axon::Axon;
use crate::settings::Request;

/// Where the message of the commit is, as Git has it.
const MESSAGE: &str = ".git/COMMIT_EDITMSG";
/// The folder of the scratch folder through which a run says what it did.
const REPORT: &str = "hook";
/// More than this is no message and no list of files.
const MOST_BYTES: u64 = 1 << 20;

/// The hooks that the commit of a mission has to pass.
pub(crate) fn wanted(axon: &Axon, request: &Request, tree: GitId) -> Result<Vec<String>> {
    if request.no_verify { Ok(Vec::new()) } else { axon.repository.commit_hooks(tree) }
}

/// The command that runs a hook, with the arguments that Git gives it.
pub(crate) fn command(folder: &HookFolder, name: &str) -> String {
    let path = folder.inside.as_ref().unwrap_or(&folder.path).join(name);
    // At the root of the working tree, a path with one part alone would be looked for in PATH.
    let path = if path.components().count() == 1 { Path::new(".").join(path) } else { path };
    let program = quoted(&path.display().to_string());
    match name {
        "prepare-commit-msg" => format!("{program} {MESSAGE} message"),
        "commit-msg" => format!("{program} {MESSAGE}"),
        _ => program,
    }
}

/// As the shell has it, in quotes only where they are needed.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What Git does around a hook: what differs from the tree of the commit is listed before and
/// after it, and the message is copied. It goes through files, because the hook writes to the
/// same output.
pub(crate) fn script(place: &Place, command: &str, tree: GitId) -> String {
    let report = quoted(&place.scratch.join(REPORT).display().to_string());
    let diff = "git diff --no-ext-diff --ignore-submodules=all --name-only -z";
    let changed = |file: &str| {
        format!("{{ {diff} {tree}; {diff} --cached {tree}; }} >{report}/{file} 2>/dev/null\n")
    };
    format!(
        "git update-index -q --refresh >/dev/null 2>&1\n{before}{command}\nstatus=$?\n{after}\
         cat {MESSAGE} >{report}/message\nexit $status\n",
        before = changed("before"),
        after = changed("after"),
    )
}

/// Adds what a hook needs to a place that has the files of the commit: a `.git` of its own, with
/// the message, and the hooks. Gives the tree of the commit.
pub(crate) fn furnish(
    axon: &Axon,
    place: &mut Place,
    request: &CommitRequest<'_>,
    name: &str,
) -> Result<GitId> {
    let repository = &axon.repository;
    let objects = repository.object_folders()?;
    let at = |number| place.scratch.join(format!("objects-{number}"));
    let seen: Vec<PathBuf> = (0..objects.len()).map(at).collect();
    let git = place.upper.join(".git");
    let tree = repository.write_hook_repository(request, &git, &seen)?;
    let message = place.upper.join(MESSAGE);
    fs::write(&message, request.message).map_err(|error| failed(&message, error))?;
    // Who borrows objects names where from; the path has to lead there too.
    place.shown.extend(objects.iter().skip(1).map(|path| (path.clone(), path.clone())));
    place.shown.extend(objects.into_iter().zip(seen));
    let report = place.scratch.join(REPORT);
    let _ = fs::remove_dir_all(&report);
    fs::create_dir_all(&report).map_err(|error| failed(&report, error))?;
    show_hooks(place, &repository.hook_folder()?, name);
    for (name, value) in [("GIT_EDITOR", ":"), ("GIT_TERMINAL_PROMPT", "0")] {
        place.env.push((name.into(), value.into()));
    }
    Ok(tree)
}

/// The hooks, read only, where the tree of the commit does not have them itself.
fn show_hooks(place: &mut Place, folder: &HookFolder, name: &str) {
    let layers = [&place.base, &place.upper];
    let there = |inside: &Path| layers.iter().any(|it| it.join(inside).symlink_metadata().is_ok());
    let live = folder.path.join(name);
    let mut shown = match &folder.inside {
        Some(inside) if there(&inside.join(name)) => return,
        // Not the whole folder: it would cover what is there.
        Some(inside) if there(inside) => {
            vec![(live.clone(), place.project.join(inside).join(name))]
        }
        Some(inside) => vec![(folder.path.clone(), place.project.join(inside))],
        None => vec![(folder.path.clone(), folder.path.clone())],
    };
    // A hook is often a link to a script elsewhere.
    if let Ok(real) = live.canonicalize()
        && !real.starts_with(&folder.path)
        && !real.strip_prefix(&place.project).is_ok_and(there)
    {
        shown.push((real.clone(), real));
    }
    place.shown.extend(shown);
}

/// The files that the hook wants to change, as far as Git sees them.
pub(crate) fn changed(place: &Place) -> Vec<String> {
    let list = |file| read_report(place, file).unwrap_or_default();
    let names = |bytes: &[u8]| -> Vec<String> {
        let names = bytes.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    };
    let before = names(&list("before"));
    let mut changed = names(&list("after"));
    changed.retain(|name| !before.contains(name));
    changed.sort();
    changed.dedup();
    changed
}

/// The message as a hook left it, or what is wrong with it.
pub(crate) fn message(place: &Place) -> Result<String, &'static str> {
    let bytes =
        read_report(place, "message").ok_or("it leaves no message, or one that is too long")?;
    let text = String::from_utf8(bytes).map_err(|_| "it leaves a message that is not UTF-8")?;
    let text = tidied(&text);
    if text.is_empty() { Err("it leaves an empty message") } else { Ok(text) }
}

/// As `git commit --cleanup=whitespace` has it: no blanks at the ends of lines, no empty lines at
/// the ends of the text, and no two of them in a row.
fn tidied(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|next, line| next.is_empty() && line.is_empty());
    let text = lines.join("\n");
    let text = text.trim_matches('\n');
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

/// What a run wrote for us; nothing where the hook put something else in its place: what a link
/// leads to is none of its business.
fn read_report(place: &Place, name: &str) -> Option<Vec<u8>> {
    let scratch = place.scratch.canonicalize().ok()?;
    let path = place.scratch.join(REPORT).join(name).canonicalize().ok()?;
    if path != scratch.join(REPORT).join(name) || !path.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).ok()? <= MOST_BYTES).then_some(bytes)
}

/// What a hook may have failed of that lies in how it is run.
pub(crate) fn confinement_hint(output: &[u8]) -> Option<String> {
    const NO_NETWORK: [&str; 9] = [
        "could not resolve",
        "couldn't resolve",
        "name resolution",
        "name or service not known",
        "network is unreachable",
        "nodename nor servname",
        "failed to lookup address",
        "getaddrinfo",
        "socket: operation not permitted",
    ];
    let text = String::from_utf8_lossy(output).to_ascii_lowercase();
    let network = NO_NETWORK.iter().any(|words| text.contains(words));
    network.then(|| {
        "hooks have no network here: what they need has to be there already, or run with --unconfined"
            .to_owned()
    })
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::new(Code::Io, "what a hook needs cannot be written")
        .at(path.display().to_string())
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tidied_as_git_does() {
        assert_eq!(tidied("\n\nA  \n\n\n\nb\t\n\n"), "A\n\nb\n");
        assert_eq!(tidied(" \n\n"), "");
    }

    #[test]
    fn a_hook_is_called_as_git_calls_it() {
        let folder = |path: &str, inside: Option<&str>| HookFolder {
            path: path.into(),
            inside: inside.map(Into::into),
            configured: true,
        };
        let usual = folder("/r/.git/hooks", Some(".git/hooks"));
        assert_eq!(command(&usual, "pre-commit"), ".git/hooks/pre-commit");
        assert_eq!(command(&usual, "commit-msg"), ".git/hooks/commit-msg .git/COMMIT_EDITMSG");
        assert_eq!(command(&folder("/r", Some("")), "pre-commit"), "./pre-commit");
        let quoted = command(&folder("/it's mine", None), "pre-commit");
        assert_eq!(quoted, r"'/it'\''s mine/pre-commit'");
    }
}
