//! Between our words and `gix`'s.

use axon_domain::{Code, Error, GitId, Result};

/// Our id as `gix` wants it.
pub(super) fn oid(id: GitId) -> Result<gix::ObjectId> {
    gix::ObjectId::try_from(id.as_bytes())
        .map_err(|cause| Error::new(Code::Git, "this kind of object id is unknown").because(cause))
}

/// The id of `gix` in our words.
pub(super) fn git_id(id: &gix::oid) -> Result<GitId> {
    GitId::from_bytes(id.as_bytes())
        .ok_or_else(|| Error::new(Code::Git, "this kind of object id is unknown"))
}

/// A failure of `gix`, with what we were doing.
pub(super) fn failed(what: &'static str) -> impl Fn(gix::Error) -> Error {
    move |cause| Error::new(Code::Git, what).because(cause)
}

/// Why something of Git's could not be written, as far as the operating system says.
pub(super) fn not_written(what: &str, cause: gix::Error) -> Error {
    let io = first_io(&cause);
    if io.is_some_and(|io| io.kind() == std::io::ErrorKind::AlreadyExists) {
        return Error::new(Code::Git, format!("{what} cannot be written"))
            .hint("another Git is at work here, or was killed and left a file that ends in .lock")
            .because(cause);
    }
    let code = match io.map(io_code) {
        Some(code) => code,
        None if cause.is_permission_denied() => Code::ReadOnly,
        None => Code::Git,
    };
    Error::new(code, format!("{what} cannot be written")).because(cause)
}

fn first_io<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a std::io::Error> {
    let mut next = Some(cause);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io);
        }
        next = error.source();
    }
    None
}

/// The code of a failed file operation.
pub(crate) fn io_code(cause: &std::io::Error) -> Code {
    use std::io::ErrorKind;
    match cause.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_systems_reason_decides_the_code() {
        let code = |errno| io_code(&std::io::Error::from_raw_os_error(errno));
        assert_eq!(code(13), Code::ReadOnly, "EACCES");
        assert_eq!(code(30), Code::ReadOnly, "EROFS");
        assert_eq!(code(28), Code::DiskFull, "ENOSPC");
        assert_eq!(code(5), Code::Io, "EIO");
    }
}
