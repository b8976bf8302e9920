//! The sample repositories of `axon demo`: a small shop in Python, and a large warehouse.

use std::fmt::Write as _;
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

/// A sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Seven files.
    Shop,
    /// Some hundred files that all call one function; one of them must not be changed.
    Warehouse,
}

/// Shelves of the warehouse, each a file, and how many are in one aisle.
const SHELVES: usize = 400;
const AISLE: usize = 50;

/// A shelf of the warehouse, and a line of it that the mission edits.
pub const SHELF: &str = "warehouse/aisle_00/shelf_000.py";
/// See [`SHELF`].
pub const SHELF_LINE: u32 = 9;

const PRICING: &str = r#""""Prices in cents."""

RATE = 119


def net(price):
    """Without tax."""
    return price


def gross(price):
    """With tax."""
    return price * RATE // 100
"#;

const STOCK: &str = r#""""What is on the shelves."""


def count_boxes(boxes):
    return len(boxes)
"#;

const RETURNS: &str = r#""""What customers bring back."""

import pricing


def refund(prices):
    """The tax was never ours to give back."""
    return sum(pricing.net(price) for price in prices)
"#;

const TEST: &str = r#"import unittest

from warehouse import returns


class Returns(unittest.TestCase):
    def test_no_tax(self):
        self.assertEqual(returns.refund([100, 200]), 300)
"#;

/// The files of the warehouse, the same every time.
fn warehouse() -> Vec<(String, String)> {
    let mut files = vec![
        ("pricing.py".to_owned(), PRICING.to_owned()),
        ("stock.py".to_owned(), STOCK.to_owned()),
        ("tests/__init__.py".to_owned(), String::new()),
        ("tests/test_returns.py".to_owned(), TEST.to_owned()),
        ("warehouse/__init__.py".to_owned(), String::new()),
        ("warehouse/returns.py".to_owned(), RETURNS.to_owned()),
    ];
    for shelf in 0..SHELVES {
        let folder = format!("warehouse/aisle_{:02}", shelf / AISLE);
        if shelf % AISLE == 0 {
            files.push((format!("{folder}/__init__.py"), String::new()));
        }
        let mut text = format!("\"\"\"Shelf {shelf}.\"\"\"\n\n");
        let _ = write!(
            text,
            "import pricing\nimport stock\n\n\ndef value(boxes):\n    \
             goods = sum(pricing.net(price) for price in boxes)\n    \
             return goods + pricing.net({}) * stock.count_boxes(boxes)\n",
            100 + shelf * 7 % 900,
        );
        files.push((format!("{folder}/shelf_{shelf:03}.py"), text));
    }
    files
}

/// Makes the repository of a sample: in `into`, which must not exist, or in a new folder below `temporary`.
/// Its commit is of `time_seconds` (since 1970, UTC).
///
/// # Errors
/// [`Code::Usage`] if `into` exists, and those of writing.
pub fn create(
    sample: Sample,
    into: Option<&Path>,
    temporary: &Path,
    time_seconds: i64,
) -> Result<PathBuf> {
    let folder = match into {
        Some(folder) if folder.symlink_metadata().is_ok() => {
            return Err(Error::new(Code::Usage, "this exists already")
                .at(folder.display().to_string())
                .hint("name a folder that does not exist yet"));
        }
        Some(folder) => folder.to_owned(),
        None => fresh(temporary)?,
    };
    let warehouse = if sample == Sample::Warehouse { warehouse() } else { Vec::new() };
    let large: Vec<(&str, &str)> =
        warehouse.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (files, message) = match sample {
        Sample::Shop => (FILES, "a small shop"),
        Sample::Warehouse => (large.as_slice(), "a large warehouse"),
    };
    let author = ("Axon demo", "demo@axon.invalid");
    Repository::create(&folder, &NewRepository { files, author, message, time_seconds })?;
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
