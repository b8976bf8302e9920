//! Where there is no confinement: nothing is run.

use axon_domain::{Code, Error, Result};

use crate::{Cancel, Capabilities, Feature, Job, Mode, Outcome};

/// What the system offers for confinement: nothing that Axon knows.
#[must_use]
pub fn probe() -> Capabilities {
    let missing: Feature = Err("only Linux is supported".to_owned());
    Capabilities {
        landlock: missing.clone(),
        seccomp: missing.clone(),
        namespaces: missing.clone(),
        processes: missing.clone(),
        overlay: missing.clone(),
        cgroup: missing,
    }
}

/// Refuses.
///
/// # Errors
/// [`Code::NoConfinement`], always.
pub fn run(
    _job: &Job,
    _mode: Mode,
    _cancel: &Cancel,
    _on_output: &mut dyn FnMut(&[u8]),
) -> Result<Outcome> {
    Err(Error::new(Code::NoConfinement, "programs are run on Linux only")
        .hint("run without a check, or on Linux"))
}
