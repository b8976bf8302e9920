//! A connection, frame by frame.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use axon_domain::{Code, Error, Result};
use serde::Serialize;

use super::protocol::{self, Decoder, Fault, Frame, Hello, PROTOCOL};
use crate::axon::Axon;

/// Bytes that are read at once.
const PART: usize = 64 << 10;

/// How long the other side may take with what it has to say at once: the first frames.
pub(crate) const PROMPT: Duration = Duration::from_secs(10);

/// One end of a connection.
pub(crate) struct Line {
    pub(crate) stream: UnixStream,
    decoder: Decoder,
}

/// What came.
pub(crate) enum Came {
    Frame(Frame),
    /// Nothing for so long.
    Nothing,
    /// The other side is gone.
    End,
}

impl Line {
    /// Takes frames of at most so many bytes.
    pub(crate) fn new(stream: UnixStream, most: usize) -> Self {
        Self { stream, decoder: Decoder::new(most) }
    }

    pub(crate) fn send<T: Serialize>(&mut self, words: &T) -> Result<()> {
        let frame = protocol::frame(words)?;
        self.stream.write_all(&frame).map_err(cut)
    }

    /// Whether a part of a frame came, and the rest did not.
    pub(crate) fn holds_part(&self) -> bool {
        self.decoder.holds_part()
    }

    /// The next frame, if it comes within this time.
    pub(crate) fn receive(&mut self, patience: Duration) -> Result<Came> {
        let deadline = Instant::now() + patience;
        let mut part = vec![0; PART];
        loop {
            if let Some(frame) = self.decoder.next().map_err(not_understood)? {
                return Ok(Came::Frame(frame));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Came::Nothing);
            }
            self.stream.set_read_timeout(Some(left)).map_err(cut)?;
            match self.stream.read(&mut part) {
                Ok(0) => return Ok(Came::End),
                Ok(count) => self.decoder.push(&part[..count]),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(Came::Nothing),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(Came::End),
                    _ => return Err(cut(error)),
                },
            }
        }
    }
}

/// What this process says first.
pub(crate) fn hello(axon: &Axon) -> Hello {
    Hello {
        protocol: PROTOCOL,
        version: axon.settings.version.clone(),
        ledger: axon.ledger_id().map(|id| id.to_string()),
    }
}

/// Whether two that said this to each other can go on.
pub(crate) fn agree(owner: &Hello, client: &Hello) -> Result<()> {
    let (PROTOCOL, true) = (owner.protocol, owner.protocol == client.protocol) else {
        return Err(other_version(owner, client));
    };
    if owner.version != client.version {
        return Err(other_version(owner, client));
    }
    match (&owner.ledger, &client.ledger) {
        (Some(its), Some(ours)) if its != ours => Err(Error::new(
            Code::OwnerVersion,
            format!("the process that listens writes another ledger: {its}"),
        )
        .hint("end it; `axon doctor` names it")),
        _ => Ok(()),
    }
}

fn other_version(owner: &Hello, client: &Hello) -> Error {
    let what = format!(
        "the process that writes this ledger is axon {} (protocol {}), this one is axon {} (protocol {})",
        owner.version, owner.protocol, client.version, client.protocol
    );
    Error::new(Code::OwnerVersion, what)
        .hint("wait until its missions have ended, or end it; `axon status` names it")
}

pub(crate) fn not_understood(fault: Fault) -> Error {
    let what = match fault {
        Fault::Length => "a message has no valid length",
        Fault::Kind => "a message is of no known kind",
        Fault::Words => "the words of a message are not understood",
    };
    Error::new(Code::OwnerVersion, what)
        .hint("another program, or another version of this one, is at the other end")
}

fn cut(error: std::io::Error) -> Error {
    Error::new(Code::OwnerGone, "the connection between two processes is cut")
        .hint("axon status")
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(protocol: u32, version: &str, ledger: Option<&str>) -> Hello {
        Hello { protocol, version: version.into(), ledger: ledger.map(str::to_owned) }
    }

    #[test]
    fn only_the_same_program_on_the_same_ledger_goes_on() {
        let owner = hello(PROTOCOL, "1.2.0", Some("a"));
        assert!(agree(&owner, &owner).is_ok());
        assert!(agree(&owner, &hello(PROTOCOL, "1.2.0", None)).is_ok(), "a first mission");
        for other in [
            hello(PROTOCOL + 1, "1.2.0", Some("a")),
            hello(PROTOCOL, "1.2.1", Some("a")),
            hello(PROTOCOL, "1.2.0", Some("b")),
        ] {
            assert_eq!(agree(&owner, &other).unwrap_err().code(), Code::OwnerVersion);
            assert_eq!(agree(&other, &owner).unwrap_err().code(), Code::OwnerVersion);
        }
    }

    #[test]
    fn a_frame_comes_in_parts_and_silence_is_nothing() {
        let (one, two) = UnixStream::pair().unwrap();
        let mut line = Line::new(two, 100);
        assert!(matches!(line.receive(Duration::from_millis(1)), Ok(Came::Nothing)));
        let frame = protocol::frame(&"word").unwrap();
        for byte in &frame {
            (&one).write_all(&[*byte]).unwrap();
        }
        assert!(matches!(line.receive(PROMPT), Ok(Came::Frame(_))));
        (&one).write_all(&[0xff; 6]).unwrap();
        assert!(line.receive(PROMPT).is_err());
        drop(one);
        let (one, two) = UnixStream::pair().unwrap();
        drop(one);
        assert!(matches!(Line::new(two, 100).receive(PROMPT), Ok(Came::End)));
    }
}
