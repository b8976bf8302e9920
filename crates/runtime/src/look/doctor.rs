//! What could go wrong here.

use axon_domain::{Code, Error};
use axon_ledger::keys;
use axon_sandbox::probe;
use rustix::fs::StatVfsMountFlags;
use serde::Serialize;

use crate::axon::Axon;
use crate::owner::{missing_key, noted_socket, socket_path};
use crate::report::counted;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Works, with something to know.
    Remark,
    /// Does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub what: String,
    /// How it is.
    pub health: Health,
    /// In words.
    pub detail: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    fn new(what: &str, health: Health, detail: impl Into<String>) -> Self {
        Self { what: what.to_owned(), health, detail: detail.into(), hint: None }
    }

    fn broken(what: &str, error: &Error) -> Self {
        Self {
            hint: error.hint_text().map(str::to_owned),
            ..Self::new(what, Health::Broken, error.to_string())
        }
    }
}

impl Axon {
    /// Looks at everything that missions depend on.
    #[must_use]
    pub fn doctor(&self) -> Vec<Finding> {
        let mut findings = self.look_at_repository();
        findings.extend(look_at_confinement());
        findings.push(self.look_at_key());
        findings.push(self.look_at_ledger());
        findings.push(self.look_at_owner());
        findings.push(self.look_at_disk());
        findings
    }

    fn look_at_repository(&self) -> Vec<Finding> {
        let facts = match self.repository.facts() {
            Ok(facts) => facts,
            Err(error) => return vec![Finding::broken("repository", &error)],
        };
        let mut findings =
            vec![Finding::new("repository", Health::Good, self.root().display().to_string())];
        let mut remark = |there: bool, detail: &str| {
            if there {
                findings.push(Finding::new("repository", Health::Remark, detail));
            }
        };
        remark(facts.shallow, "shallow: `axon why` cannot look past where history is cut off");
        remark(facts.partial, "partial: objects that are not here yet have to be fetched first");
        remark(facts.sparse, "sparse: missions see every file, also those not checked out");
        remark(facts.lfs, "Git LFS: its files are pointers, which are left as they are");
        remark(!facts.submodules.is_empty(), "submodules are other repositories: left as they are");
        findings
    }

    fn look_at_key(&self) -> Finding {
        let file = self.settings.key_file.display().to_string();
        match keys::load(&self.settings.key_file) {
            Ok(key) if self.stated_key().is_some_and(|stated| stated != key.verifying_key()) => {
                Finding {
                    hint: Some("bring back the key that the ledger was begun with".to_owned()),
                    ..Finding::new(
                        "signing key",
                        Health::Broken,
                        format!("{file} is not the one of this ledger"),
                    )
                }
            }
            Ok(_) => Finding::new("signing key", Health::Good, file),
            Err(error) if error.code() == Code::NotFound && self.stated_key().is_some() => {
                Finding::broken("signing key", &missing_key(&self.settings.key_file))
            }
            Err(error) if error.code() == Code::NotFound => Finding::new(
                "signing key",
                Health::Good,
                format!("{} is made by the first mission", self.settings.key_file.display()),
            ),
            Err(error) => Finding::broken("signing key", &error),
        }
    }

    /// The key that the ledger says it is signed by.
    fn stated_key(&self) -> Option<keys::VerifyingKey> {
        Some(self.reader().ok()??.info().ok()?.key)
    }

    fn look_at_ledger(&self) -> Finding {
        let info = match self.reader() {
            Ok(Some(reader)) => reader.info(),
            Ok(None) => {
                return Finding::new(
                    "ledger",
                    Health::Good,
                    "none yet; the first mission makes it",
                );
            }
            Err(error) => Err(error),
        };
        match info {
            Ok(info) => {
                let (events, bytes) = (info.events, info.database_bytes + info.wal_bytes);
                let kib = bytes.div_ceil(1 << 10);
                let detail = format!("{events} events, {kib} KiB, format {}", info.format);
                Finding::new("ledger", Health::Good, detail)
            }
            Err(error) => Finding::broken("ledger", &error),
        }
    }

    fn look_at_owner(&self) -> Finding {
        let at_work = self.at_work();
        let Some(pid) = at_work.owner else {
            let socket = socket_path(self).display().to_string();
            let detail = format!("nobody writes the ledger; whoever does listens at {socket}");
            return Finding::new("owner", Health::Good, detail);
        };
        let socket = noted_socket(self).map(|path| path.display().to_string());
        match (at_work.missions, socket) {
            (Some(missions), Some(socket)) => Finding::new(
                "owner",
                Health::Good,
                format!(
                    "process {pid} works on {} and listens at {socket}",
                    counted(missions.len(), "mission", "missions")
                ),
            ),
            (_, socket) => Finding {
                hint: Some(
                    "missions cannot be handed over to it: wait until it has finished, or end it"
                        .to_owned(),
                ),
                ..Finding::new(
                    "owner",
                    Health::Remark,
                    format!(
                        "process {pid} writes the ledger and cannot be spoken to ({})",
                        socket.as_deref().unwrap_or("it does not listen")
                    ),
                )
            },
        }
    }

    fn look_at_disk(&self) -> Finding {
        const LOW: u64 = 1 << 30;
        match rustix::fs::statvfs(self.root()) {
            Ok(stat) if stat.f_flag.contains(StatVfsMountFlags::RDONLY) => Finding {
                hint: Some("missions need to write; `axon run --dry-run` does not".to_owned()),
                ..Finding::new("disk", Health::Broken, "mounted read-only")
            },
            Ok(stat) => {
                let free = stat.f_bavail.saturating_mul(stat.f_frsize);
                let detail = format!("{} GiB free", free >> 30);
                let health = if free < LOW { Health::Remark } else { Health::Good };
                Finding::new("disk", health, detail)
            }
            Err(error) => Finding::new("disk", Health::Remark, error.to_string()),
        }
    }
}

fn look_at_confinement() -> Vec<Finding> {
    let found = probe();
    let mut findings: Vec<Finding> = found
        .list()
        .into_iter()
        .map(|(what, feature)| match feature {
            Ok(detail) if detail.is_empty() => Finding::new(what, Health::Good, "there"),
            Ok(version) => Finding::new(what, Health::Good, format!("version {version}")),
            Err(reason) => Finding::new(what, Health::Remark, reason.clone()),
        })
        .collect();
    if !found.sufficient() {
        findings.push(Finding {
            hint: Some(
                "checks and hooks are refused; --no-check, --no-verify or --unconfined, this once"
                    .to_owned(),
            ),
            ..Finding::new("confinement", Health::Broken, "the kernel offers none")
        });
    }
    findings
}
