//! Running programs under confinement.
//!
//! A [`Job`] says what is run, what it may see and what it may use up; [`run`] runs it so that
//! it can do nothing else. On Linux that is several walls, one behind the other:
//!
//! * a **view**: namespaces with a file tree of their own that holds only what was granted, no
//!   network interface, and a process tree that ends as one;
//! * **Landlock**: the kernel refuses every path outside the grants, TCP, and signals to
//!   processes outside;
//! * **seccomp**: system calls that reach other processes or the kernel itself are refused, and
//!   sockets other than Unix ones;
//! * **limits** on processor time, wall time, memory, processes, output and file size.
//!
//! What the kernel offers is found by [`probe`]. Less than Landlock or a view, and seccomp, is
//! no confinement: then nothing is run unless a person lifted it ([`Mode::Unconfined`]). What
//! this is not: a defence against bugs of the kernel, or against what can be learned by timing.

mod cancel;
mod copy;
mod job;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

pub use cancel::Cancel;
pub use copy::{copy_tree, whiteout};
pub use job::{Capabilities, Feature, Job, Limit, Mode, Mounts, Outcome, Overlay};
#[cfg(target_os = "linux")]
pub use linux::{probe, run};
#[cfg(not(target_os = "linux"))]
pub use other::{probe, run};
