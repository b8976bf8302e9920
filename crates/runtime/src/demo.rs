//! The sample repository of `axon demo`: a small shop in Python.

use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};
use axon_workspace::{NewRepository, Repository};

/// A line of `shop/pricing.py` that the mission edits.
pub const INTERESTING_LINE: u32 = 6;

const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("demo/README.md")),
    ("shop/__init__.py", include_str!("demo/shop/__init__.py")),
    ("shop/pricing.py", include_str!("demo/shop/pricing.py")),
    ("shop/cart.py", include_str!("demo/shop/cart.py")),
    ("shop/reports.py", include_str!("demo/shop/reports.py")),
    ("tests/__init__.py", ""),
    ("tests/test_shop.py", include_str!("demo/tests/test_shop.py")),
];

/// Makes the repository: in `into`, which must not exist, or in a new folder below `temporary`.
/// Its commit is of `time_seconds` (since 1970, UTC).
///
/// # Errors
/// [`Code::Usage`] if `into` exists, and those of writing.
pub fn create(into: Option<&Path>, temporary: &Path, time_seconds: i64) -> Result<PathBuf> {
    let folder = match into {
        Some(folder) if folder.symlink_metadata().is_ok() => {
            return Err(Error::new(Code::Usage, "this exists already")
                .at(folder.display().to_string())
                .hint("name a folder that does not exist yet"));
        }
        Some(folder) => folder.to_owned(),
        None => fresh(temporary)?,
    };
    Repository::create(
        &folder,
        &NewRepository {
            files: FILES,
            author: ("Axon demo", "demo@axon.invalid"),
            message: "a small shop",
            time_seconds,
        },
    )?;
    Ok(folder)
}

/// The first free `axon-demo-N`.
fn fresh(temporary: &Path) -> Result<PathBuf> {
    for number in 1..10_000 {
        let folder = temporary.join(format!("axon-demo-{number}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&folder, error)),
        }
    }
    Err(Error::new(Code::Io, "there are too many demos already")
        .at(temporary.display().to_string())
        .hint("remove the folders named axon-demo-*"))
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::new(Code::Io, "the sample repository cannot be written")
        .at(path.display().to_string())
        .because(error)
}
