//! Which names may be written.

use axon_domain::{Code, Error, Result};
use gix::bstr::ByteSlice;
use gix::validate::path::component;

/// Git's own limit of a path's depth (`core.maxTreeDepth`); deeper trees are attacks.
pub(crate) const MAX_DEPTH: usize = 2048;

/// Whether an actor may write this path of a tree: [`check_safe`], and not below `.axon`.
pub(crate) fn check(path: &[u8]) -> Result<()> {
    check_safe(path)?;
    if path
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .any(|part| part.eq_ignore_ascii_case(b".axon"))
    {
        return Err(refused(path, "it leads to a protected folder"));
    }
    Ok(())
}

/// Whether a file of this path stays inside the folder and outside `.git`: relative, `/` between
/// the parts, no part that any file system takes for `..` or `.git` (`GIT~1` on NTFS, invisible
/// characters on HFS+, `..\` where the backslash separates).
///
/// A plain backslash is a normal character of a name on Unix and stays allowed.
pub(crate) fn check_safe(path: &[u8]) -> Result<()> {
    if path.contains(&0) {
        return Err(refused(path, "it contains a zero byte"));
    }
    if path.first() == Some(&b'/') {
        return Err(refused(path, "it is absolute"));
    }
    if path.iter().filter(|byte| **byte == b'/').count() >= MAX_DEPTH {
        return Err(refused(path, "it is nested too deeply"));
    }
    path.split(|byte| *byte == b'/').try_for_each(|part| check_part(path, part))
}

fn check_part(path: &[u8], part: &[u8]) -> Result<()> {
    let options =
        component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    if let Err(cause) = gix::validate::path::component(part.as_bstr(), None, options) {
        return Err(refused(path, "a part of it is not a file name").because(cause));
    }
    let mut pieces = part.split(|byte| *byte == b'\\');
    if pieces.any(|piece| piece == b".." || piece.eq_ignore_ascii_case(b".git")) {
        return Err(refused(path, "it leads to a protected folder"));
    }
    Ok(())
}

fn refused(path: &[u8], why: &str) -> Error {
    Error::new(Code::NotGranted, format!("this path may not be written: {why}")).at(shown(path))
}

/// A path for messages: what is not UTF-8 or not printable is escaped.
pub(crate) fn shown(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => path.escape_ascii().to_string(),
    }
}

/// The folders of a path, outermost first: `a/b/c` → `a`, `a/b`.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let hostile: [&[u8]; 17] = [
            b"",
            b"/etc/passwd",
            b"..",
            b"a/../b",
            b"./a",
            b"a//b",
            b"a/",
            b".git/config",
            b"a/.GIT/hooks/x",
            b".axon/ledger.db",
            b"git~1/config",
            b"..\\..\\x",
            b".git\\config",
            b"a\\.git\\b",
            ".g\u{200c}it/config".as_bytes(),
            b"a\0b",
            b".git::$INDEX_ALLOCATION/x",
        ];
        for path in hostile {
            assert!(check(path).is_err(), "{}", shown(path));
        }
        assert!(check("a/".repeat(MAX_DEPTH + 1).as_bytes()).is_err());
    }

    #[test]
    fn unusual_but_harmless_names_are_fine() {
        let fine: [&[u8]; 7] = [
            b"a",
            b"src/lib.rs",
            b".gitignore",
            b"with space\nand newline",
            b"dev-disk\\x2dby",
            b"\xff\xfe",
            b"...",
        ];
        for path in fine {
            assert!(check(path).is_ok(), "{}", shown(path));
        }
    }

    #[test]
    fn ancestors_come_outermost_first() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(ancestors("a").count(), 0);
    }
}
