//! A large repository out of a seed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rounds::Random;

/// Files in one folder.
const FOLDER: usize = 100;

/// Words that names are made of.
const WORDS: &[&str] = &[
    "account", "address", "basket", "batch", "budget", "charge", "country", "credit", "customer",
    "delivery", "entry", "invoice", "ledger", "limit", "margin", "market", "offer", "order",
    "parcel", "payment", "price", "quota", "rate", "refund", "report", "season", "shelf", "stock",
    "supplier", "ticket", "voucher", "weight",
];

/// A Python repository of any size: modules that import one another, and one function,
/// [`Large::SYMBOL`] in `warehouse/pricing.py`, that every n-th module uses. The same numbers
/// give the same bytes on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Large {
    /// How many modules, besides the packages' `__init__.py` and `warehouse/pricing.py`.
    pub files: usize,
    /// Where the random numbers begin.
    pub seed: u64,
    /// Every n-th module uses the symbol, the first one included; 0 for none.
    pub using_every: usize,
}

impl Large {
    /// The function that a test renames.
    pub const SYMBOL: &'static str = "calculate_total";

    /// How many modules use the symbol.
    #[must_use]
    pub fn users(&self) -> usize {
        if self.using_every == 0 { 0 } else { self.files.div_ceil(self.using_every) }
    }

    /// How often the symbol stands in the code that is executed: the definition, and an import
    /// and a call in every module that uses it.
    #[must_use]
    pub fn sites(&self) -> usize {
        1 + 2 * self.users()
    }

    /// Every file, one at a time, sorted by nothing in particular.
    pub fn each(&self) -> impl Iterator<Item = (PathBuf, String)> + '_ {
        let folders = self.files.div_ceil(FOLDER);
        let packages = (0..folders).map(|folder| {
            (PathBuf::from(format!("warehouse/part_{folder:04}/__init__.py")), String::new())
        });
        let fixed = [("warehouse/__init__.py", ""), ("warehouse/pricing.py", PRICING)]
            .map(|(path, text)| (PathBuf::from(path), text.to_owned()));
        let modules = (0..self.files).map(|number| (path_of(number), self.module(number)));
        fixed.into_iter().chain(packages).chain(modules)
    }

    /// Writes every file below a folder.
    pub fn write(&self, root: &Path) {
        for (path, text) in self.each() {
            let path = root.join(path);
            let folder = path.parent().expect("a file is in a folder");
            fs::create_dir_all(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }

    fn module(&self, number: usize) -> String {
        let mut random = Random::of_round(self.seed, number as u64);
        let uses_symbol = self.using_every > 0 && number.is_multiple_of(self.using_every);
        // Only earlier modules, so that there is no cycle and importing works.
        let imports = if number == 0 { 0 } else { 1 + random.below(4.min(number)) };
        let mut imported: Vec<usize> = (0..imports).map(|_| random.below(number)).collect();
        imported.sort_unstable();
        imported.dedup();

        let mut text = format!("\"\"\"Module {number} of the warehouse.\"\"\"\n\n");
        if uses_symbol {
            let _ = writeln!(text, "from warehouse.pricing import {}", Self::SYMBOL);
        }
        for other in &imported {
            let (folder, name) = (other / FOLDER, main_function(*other));
            let _ =
                writeln!(text, "from warehouse.part_{folder:04}.module_{other:06} import {name}");
        }
        for _ in 0..2 + random.below(4) {
            helper(&mut text, &mut random);
        }
        let _ = writeln!(text, "\n\ndef {}(rows):", main_function(number));
        text.push_str("    result = sum(len(row) for row in rows)\n");
        for other in imported {
            let _ = writeln!(text, "    if result > {}:", 1_000 + random.below(9_000));
            let _ = writeln!(text, "        result += {}(rows[1:])", main_function(other));
        }
        if uses_symbol {
            let _ = writeln!(text, "    result += {}(result, {})", Self::SYMBOL, random.below(100));
        }
        text.push_str("    return result\n");
        text
    }
}

const PRICING: &str = r#""""Prices of the warehouse."""

RATE = 119


def calculate_total(net, shipping):
    """The gross price in cents."""
    return net * RATE // 100 + shipping
"#;

fn path_of(number: usize) -> PathBuf {
    PathBuf::from(format!("warehouse/part_{:04}/module_{number:06}.py", number / FOLDER))
}

fn main_function(number: usize) -> String {
    format!("run_{number:06}")
}

/// A function or a class of its own, as filler that a parser has to read.
fn helper(text: &mut String, random: &mut Random) {
    let (a, b) = (*random.pick(WORDS), *random.pick(WORDS));
    let tag = random.below(1_000);
    if random.below(3) == 0 {
        let _ = write!(
            text,
            "\n\nclass {}{tag}:\n    \"\"\"Keeps one {a} for each {b}.\"\"\"\n\n    def __init__(self, {a}):\n        self.{a} = {a}\n        self.entries = {{}}\n\n    def add_{b}(self, key, value):\n        self.entries.setdefault(key, []).append(value)\n        return len(self.entries[key])\n\n    def total(self):\n        return sum(sum(values) for values in self.entries.values())\n",
            capitalised(a),
        );
    } else {
        let factor = 1 + random.below(50);
        let _ = write!(
            text,
            "\n\ndef {a}_{b}_{tag}(values, factor={factor}):\n    # Every {a} counts once for its {b}.\n    found = []\n    for position, value in enumerate(values):\n        if value % factor == position % 7:\n            found.append((value, \"{a}\"))\n        else:\n            found.append((value * factor, \"{b}\"))\n    return found\n",
        );
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::Large;

    const SMALL: Large = Large { files: 250, seed: 7, using_every: 10 };

    #[test]
    fn the_same_numbers_give_the_same_files() {
        let (once, again): (Vec<_>, Vec<_>) = (SMALL.each().collect(), SMALL.each().collect());
        assert_eq!(once, again);
        let other: Vec<_> = Large { seed: 8, ..SMALL }.each().collect();
        assert_ne!(once, other);
    }

    #[test]
    fn the_symbol_stands_where_it_is_promised() {
        let count = |text: &str| text.matches(Large::SYMBOL).count();
        let found: usize = SMALL.each().map(|(_, text)| count(&text)).sum();
        assert_eq!((SMALL.users(), SMALL.sites()), (25, 51));
        assert_eq!(found, SMALL.sites());
        assert_eq!(SMALL.each().count(), 250 + 3 + 2);
    }
}
