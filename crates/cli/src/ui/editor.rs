//! A person's own editor on a file of ours.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use axon_domain::{Code, Error, MissionId, Result};

/// A text that a person edited, in a folder of its own until it is used.
pub(crate) struct Edited {
    folder: PathBuf,
    path: PathBuf,
    pub(crate) text: Vec<u8>,
}

impl Edited {
    /// Opens a text in the editor, which is a command for the shell as Git has it, and waits
    /// until it is closed. The file has the name of the one that it is about, so that the editor
    /// knows its language.
    pub(crate) fn by(editor: &OsStr, about: &str, text: &[u8]) -> Result<Self> {
        let folder = new_folder()?;
        let name = about.rsplit('/').next().unwrap_or(about);
        let path = folder.join(name);
        fs::write(&path, text).map_err(|cause| failed(&path, cause))?;
        let mut line = editor.to_owned();
        line.push(" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(editor).arg(&path);
        let status = command.status().map_err(|cause| failed(&path, cause))?;
        let edited = Self { text: Vec::new(), folder, path };
        if !status.success() {
            edited.remove();
            let what = format!("the editor gave up ({status}); nothing was recorded");
            return Err(Error::new(Code::Io, what).at(editor.to_string_lossy()));
        }
        let text = fs::read(&edited.path).map_err(|cause| failed(&edited.path, cause))?;
        Ok(Self { text, ..edited })
    }

    /// The text is used, or not wanted. What cannot be removed is in nobody's way.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// The text could not be used: it stays, and the error says where.
    pub(crate) fn keep(&self, error: Error, id: MissionId) -> Error {
        let path = self.path.display();
        let hint = match error.hint_text() {
            Some(hint) => {
                format!("{hint}. Your text is kept: axon resolve {id} FILE --file {path}")
            }
            None => format!("your text is kept: axon resolve {id} FILE --file {path}"),
        };
        error.hint(hint)
    }
}

/// A folder that only the user may look into.
fn new_folder() -> Result<PathBuf> {
    let mut number = 0_u32;
    loop {
        let folder = env::temp_dir().join(format!("axon-{}-{number}", process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && number < 1_000 => {
                number += 1;
            }
            Err(cause) => return Err(failed(&folder, cause)),
        }
    }
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::new(Code::Io, "the file cannot be given to the editor")
        .at(path.display().to_string())
        .because(cause)
}
