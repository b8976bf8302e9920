//! Landlock: which rights on which paths.
//!
//! The interface is the kernel's own (`Documentation/userspace-api/landlock.rst`). The `landlock`
//! crate allocates while it restricts, which a forked child must not.

use std::ffi::CString;

use super::sys::{self, Sys};

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;
/// Rights of version 1: the first 13.
const FIRST: u64 = (1 << 13) - 1;
/// Rights that make sense on a file; the kernel refuses others there.
const ON_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
/// Making device nodes is never allowed.
const DEVICES: u64 = 1 << 6 | 1 << 11;

/// What is allowed on a path and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Reading and executing.
    Read,
    /// Everything.
    Write,
    /// Reading and writing, nothing below: a device.
    Device,
}

/// Everything that the child needs, made before the fork.
#[derive(Debug)]
pub(super) struct Rules {
    /// `struct landlock_ruleset_attr`: files, network, scopes.
    attributes: Vec<u64>,
    paths: Vec<(CString, u64)>,
}

impl Rules {
    /// No path allowed yet; everything that `version` of the interface knows is denied.
    pub(super) fn new(version: u32) -> Self {
        let mut files = FIRST;
        for (from, right) in [(2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)] {
            if version >= from {
                files |= right;
            }
        }
        let mut attributes = vec![files];
        if version >= 4 {
            attributes.push(0b11); // TCP: bind and connect
        }
        if version >= 6 {
            attributes.push(0b11); // scopes: abstract Unix sockets and signals
        }
        Self { attributes, paths: Vec::new() }
    }

    /// Allows `right` on `path` as the child sees it.
    pub(super) fn allow(&mut self, path: CString, right: Right) {
        let rights = match right {
            Right::Read => EXECUTE | READ_FILE | READ_DIR,
            Right::Write => self.attributes[0] & !DEVICES,
            Right::Device => READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV,
        };
        self.paths.push((path, rights & self.attributes[0]));
    }

    /// Restricts this process for ever. Paths that do not exist are left out. Called in the
    /// child.
    pub(super) fn restrict(&self) -> Sys {
        let ruleset = sys::landlock_ruleset(&self.attributes)?;
        for (path, rights) in &self.paths {
            let Ok(descriptor) = sys::open(path, libc::O_PATH) else { continue };
            let folder = sys::is_folder(descriptor)?;
            let rights = if folder { *rights } else { rights & ON_FILES };
            sys::landlock_allow(ruleset, descriptor, rights)?;
            sys::close(descriptor);
        }
        sys::landlock_restrict(ruleset)?;
        sys::close(ruleset);
        Ok(())
    }
}
