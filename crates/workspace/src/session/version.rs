//! Optimistic versions.

use std::fmt;

use axon_domain::{Code, Error};

/// A write that was based on another version than the file has: the source of an error with
/// [`Code::StaleVersion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaleVersion {
    /// The version that the writer knew; `None` if it thought that there is no file.
    pub expected: Option<u64>,
    /// The version now; `None` if there is no file.
    pub current: Option<u64>,
}

impl StaleVersion {
    /// The versions that an error is about, if it is about versions.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    pub(super) fn at(self, path: &str) -> Error {
        Error::new(Code::StaleVersion, "the file is not as it was read")
            .at(path)
            .hint("read it again and redo the change")
            .because(self)
    }
}

impl fmt::Display for StaleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.expected, self.current) {
            (Some(expected), Some(current)) => {
                write!(f, "its version is {current}, not {expected}")
            }
            (None, Some(current)) => write!(f, "it is there already, with version {current}"),
            (_, None) => write!(f, "it is not there"),
        }
    }
}

impl std::error::Error for StaleVersion {}
