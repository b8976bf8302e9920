//! Keeping our own folder out of the user's way.

use std::path::Path;

use axon_domain::{Error, Result};

use super::Repository;
use super::convert::io_code;

const RULE: &str = "/.axon/";

impl Repository {
    /// Makes Git ignore `.axon/`, by `info/exclude` and so without touching a file of the
    /// project. What is in the file stays as it is; a second call changes nothing.
    ///
    /// # Errors
    /// [`axon_domain::Code::ReadOnly`], [`axon_domain::Code::DiskFull`],
    /// [`axon_domain::Code::Io`].
    pub fn exclude_own_folder(&self) -> Result<()> {
        let folder = self.common_dir().join("info");
        let file = folder.join("exclude");
        let failed = |place: &Path, cause: std::io::Error| {
            Error::new(io_code(&cause), "Git's exclude file cannot be changed")
                .at(place.display().to_string())
                .because(cause)
        };
        let before = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(cause) => return Err(failed(&file, cause)),
        };
        let Some(after) = with_rule(&before) else { return Ok(()) };
        std::fs::create_dir_all(&folder).map_err(|cause| failed(&folder, cause))?;
        // A file of its own beside it, then renamed: a crash leaves the old or the new one.
        let draft = folder.join("exclude.axon");
        std::fs::write(&draft, after).map_err(|cause| failed(&draft, cause))?;
        std::fs::rename(&draft, &file).map_err(|cause| failed(&file, cause))
    }
}

/// The content with the rule, or `None` if it has it already.
fn with_rule(before: &[u8]) -> Option<Vec<u8>> {
    let mut lines = before.split(|byte| *byte == b'\n');
    if lines.any(|line| line.trim_ascii_end() == RULE.as_bytes()) {
        return None;
    }
    let end: &[u8] = if before.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut after = before.to_vec();
    if !before.is_empty() && !before.ends_with(b"\n") {
        after.extend_from_slice(end);
    }
    after.extend_from_slice(RULE.as_bytes());
    after.extend_from_slice(end);
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_comes_once_and_the_rest_stays_byte_for_byte() {
        assert_eq!(with_rule(b"").unwrap(), b"/.axon/\n");
        assert_eq!(with_rule(b"*.o").unwrap(), b"*.o\n/.axon/\n");
        assert_eq!(with_rule(b"a\r\nb\r\n").unwrap(), b"a\r\nb\r\n/.axon/\r\n");
        assert_eq!(with_rule(b"\xff\n").unwrap(), b"\xff\n/.axon/\n");
        assert_eq!(with_rule(b"/.axon/\r\nx"), None);
    }
}
