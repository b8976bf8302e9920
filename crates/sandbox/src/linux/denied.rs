//! Which paths a program was refused, as far as its output tells.
//!
//! The kernel does not report refusals to a parent without privileges, so this reads the
//! messages that programs print for the errors concerned. It is a help for a person, no record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Messages for `EACCES`, `EPERM`, `EROFS` and `ENOENT`: what is outside the view is not there.
const MESSAGES: [&str; 4] = [
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "No such file or directory",
];
const MOST: usize = 20;

/// Absolute paths that the output names beside an error and that exist on the host. Paths for
/// which `granted` holds (path, for writing) are left out.
pub(super) fn paths(output: &[u8], granted: &dyn Fn(&Path, bool) -> bool) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for line in String::from_utf8_lossy(output).lines() {
        let Some(message) = MESSAGES.iter().find(|message| line.contains(**message)) else {
            continue;
        };
        let absent = *message == MESSAGES[3];
        for path in mentioned(line) {
            // What is absent on the host as well was not refused, unless its folder was there
            // to make it in.
            let there = path.symlink_metadata().is_ok()
                || (!absent && path.parent().is_some_and(Path::is_dir));
            if there && !granted(&path, !absent) && found.len() < MOST {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// Absolute paths in a line: after a quote up to the same quote, else up to a blank or a colon.
fn mentioned(line: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find('/') {
        let before = rest[..at].chars().next_back();
        let from = &rest[at..];
        let end = match before {
            Some(quote @ ('\'' | '"' | '`')) => from.find(quote),
            Some('\u{2018}') => from.find('\u{2019}'),
            Some(other) if !other.is_whitespace() && !"(=:[<>".contains(other) => {
                let skipped = from.find(char::is_whitespace).unwrap_or(from.len());
                rest = &from[skipped..];
                continue;
            }
            _ => from.find(|c: char| c.is_whitespace() || ":;,)]'\"".contains(c)),
        };
        let (path, after) = from.split_at(end.unwrap_or(from.len()));
        if path.len() > 1 {
            paths.push(PathBuf::from(path));
        }
        rest = after;
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_beside_an_error_are_found_in_the_forms_that_tools_print() {
        let output = b"cat: /etc/shadow: Permission denied\n\
            sh: 1: cannot create /etc/x: Read-only file system\n\
            PermissionError: [Errno 13] Permission denied: '/etc/passwd'\n\
            /etc/hosts is fine\n\
            see https://example.org/etc/passwd: Permission denied\n\
            cat: /no/such/file: No such file or directory\n";
        let found = paths(output, &|_, _| false);
        let expected = ["/etc/passwd", "/etc/shadow", "/etc/x"].map(PathBuf::from);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_granted_was_refused_for_another_reason() {
        let granted = |path: &Path, write: bool| path.starts_with("/etc") && !write;
        let read = b"cat: /etc/shadow: No such file or directory\n";
        assert!(paths(read, &granted).is_empty());
        let write = b"sh: cannot create /etc/shadow: Read-only file system\n";
        assert_eq!(paths(write, &granted), [PathBuf::from("/etc/shadow")]);
    }
}
