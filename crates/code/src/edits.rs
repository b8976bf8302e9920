//! Applying edits to bytes.

use axon_domain::{Code, Error, Result, Site};

/// The bytes with every edit applied. Offsets refer to `bytes`; what lies outside of the edits
/// stays byte for byte, line ends and byte order mark included.
///
/// Two insertions at one place keep their order. Errors: [`Code::Bug`] when edits overlap, are
/// out of order or lie outside of the bytes; nothing is applied then.
pub fn apply_edits(bytes: &[u8], sites: &[Site]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut done = 0;
    for site in sites {
        let edit = &site.edit;
        let wrong = |why: &str| {
            Error::new(Code::Bug, format!("an edit of bytes {}..{} {why}", edit.start, edit.end))
                .at(format!("line {}", site.line))
        };
        if edit.end < edit.start || edit.end > bytes.len() {
            return Err(wrong("lies outside of the file"));
        }
        if edit.start < done {
            return Err(wrong("overlaps the one before it"));
        }
        out.extend_from_slice(&bytes[done..edit.start]);
        out.extend_from_slice(edit.text.as_bytes());
        done = edit.end;
    }
    out.extend_from_slice(&bytes[done..]);
    Ok(out)
}
