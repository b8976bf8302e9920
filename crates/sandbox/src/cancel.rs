//! Ending a running program from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends the programs that were started with it. Clones are the same handle.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wanted: AtomicBool,
    /// What a waiting thread polls beside the program's output; where the kernel gave none,
    /// the flag is looked at between two samples.
    #[cfg(target_os = "linux")]
    bell: std::sync::OnceLock<Option<std::os::fd::OwnedFd>>,
}

impl Cancel {
    /// A handle that nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the programs, now and in future.
    pub fn cancel(&self) {
        self.0.wanted.store(true, Ordering::SeqCst);
        #[cfg(target_os = "linux")]
        if let Some(Some(bell)) = self.0.bell.get() {
            // It fails only when the counter is full, and then it rings already.
            let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
        }
    }

    /// Whether somebody wanted it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.wanted.load(Ordering::SeqCst)
    }

    /// What becomes readable when it is wanted. A wish from before the bell existed is in the
    /// flag, which is to be read after this.
    #[cfg(target_os = "linux")]
    pub(crate) fn bell(&self) -> Option<&std::os::fd::OwnedFd> {
        use rustix::event::{EventfdFlags, eventfd};
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        self.0.bell.get_or_init(|| eventfd(0, flags).ok()).as_ref()
    }
}
