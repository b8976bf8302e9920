//! Formats of a database: which one a file has, and how it gets to ours.

use std::collections::BTreeSet;
use std::path::Path;

use axon_domain::{Code, Error, Result};
use rusqlite::{Connection, TransactionBehavior};

use crate::to_error;

/// What a file is and how its tables came to be.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// What the file is, in words: `ledger`.
    pub name: &'static str,
    /// Four bytes in the header of the file that say the same to a program.
    pub application_id: i32,
    /// The statements that lead from format `n` to `n + 1`; never changed once released.
    pub migrations: &'static [&'static str],
}

impl Schema {
    /// The format that this build writes.
    #[must_use]
    pub fn format(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    /// The format of an open file: 0 for a file that is still empty.
    ///
    /// # Errors
    /// [`Code::LedgerNewer`] for a newer format, [`Code::LedgerDamaged`] for a file that is
    /// something else.
    pub fn check(&self, db: &Connection, path: &Path) -> Result<u32> {
        let failed = |error| to_error(error, path);
        let (application, version): (i32, i64) = db
            .query_row(
                "SELECT application_id, user_version \
                 FROM pragma_application_id, pragma_user_version",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(failed)?;
        if application == 0 && version == 0 {
            let tables: i64 = db
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
                .map_err(failed)?;
            if tables == 0 {
                return Ok(0);
            }
        }
        if application != self.application_id {
            return Err(self.not_ours(path));
        }
        let format = u32::try_from(version).map_err(|_| self.not_ours(path))?;
        if format > self.format() {
            return Err(Error::new(
                Code::LedgerNewer,
                format!(
                    "this {} has format {format}, and this Axon knows formats up to {}",
                    self.name,
                    self.format()
                ),
            )
            .at(path.display().to_string())
            .hint("install the newest Axon; nothing was changed"));
        }
        let recorded: Option<u32> = db
            .query_row("SELECT max(version) FROM migration", [], |row| row.get(0))
            .map_err(failed)?;
        if recorded != Some(format) {
            return Err(self.not_ours(path));
        }
        Ok(format)
    }

    /// The tables and indices that are not as the migrations make them: an altered file could
    /// show other rows than the ones that it stores.
    ///
    /// # Errors
    /// As SQLite's.
    pub fn alterations(&self, db: &Connection, path: &Path) -> Result<Vec<String>> {
        let failed = |error| to_error(error, path);
        let mut fresh = Connection::open_in_memory().map_err(failed)?;
        self.apply(&mut fresh, 0).map_err(failed)?;
        let wanted = definitions(&fresh).map_err(failed)?;
        let found = definitions(db).map_err(failed)?;
        let different = wanted.symmetric_difference(&found);
        let mut names: Vec<String> = different.map(|definition| definition.1.clone()).collect();
        names.dedup();
        Ok(names)
    }

    /// Brings the file to the format of this build, all of it or nothing.
    pub(crate) fn migrate(&self, db: &mut Connection, path: &Path) -> Result<()> {
        let format = self.check(db, path)?;
        if format == self.format() {
            return Ok(());
        }
        self.apply(db, format).map_err(|error| to_error(error, path))
    }

    fn apply(&self, db: &mut Connection, from: u32) -> rusqlite::Result<()> {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if from == 0 {
            step.execute_batch("CREATE TABLE migration (version INTEGER PRIMARY KEY) STRICT")?;
            step.pragma_update(None, "application_id", self.application_id)?;
        }
        for (version, statements) in (1_u32..).zip(self.migrations) {
            if version > from {
                step.execute_batch(statements)?;
                step.execute("INSERT INTO migration VALUES (?1)", [version])?;
            }
        }
        step.pragma_update(None, "user_version", self.format())?;
        step.commit()
    }

    fn not_ours(&self, path: &Path) -> Error {
        Error::new(Code::LedgerDamaged, format!("the file is not a {}, or damaged", self.name))
            .at(path.display().to_string())
            .hint("move the file away, or go back to a backup")
    }
}

type Definition = (String, String, String, Option<String>);

fn definitions(db: &Connection) -> rusqlite::Result<BTreeSet<Definition>> {
    db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect()
}
