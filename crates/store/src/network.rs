//! Network file systems, on which locks and shared memory do not hold what SQLite needs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use axon_domain::{Code, Error, Result};

/// Magic numbers of `statfs(2)` (linux/magic.h and the file systems' own headers).
const REFUSED: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x0102_1997, "9P"),
    (0x7375_7245, "Coda"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x564c, "NCP"),
    (0x0bd0_0bd0, "Lustre"),
];

/// FUSE: local and remote file systems share this number; the mount table tells them apart.
const FUSE: u64 = 0x6573_5546;

/// Kinds of FUSE mounts that reach over a network, as the mount table names them.
const REFUSED_FUSE: &[&str] = &[
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.ceph",
    "fuse.ceph-fuse",
    "fuse.davfs",
    "fuse.davfs2",
    "fuse.curlftpfs",
    "fuse.goofys",
    "fuse.blobfuse",
    "fuse.blobfuse2",
    "fuse.juicefs",
    "fuse.seaweedfs",
    "fuse.smbnetfs",
    "fuse.gvfsd-fuse",
];

/// Refuses a folder on a network file system: a lock taken there may be held twice.
///
/// # Errors
/// [`Code::NetworkFileSystem`]; [`Code::Io`] where the folder cannot be looked at.
pub fn refuse_network(folder: &Path) -> Result<()> {
    let stat = rustix::fs::statfs(folder).map_err(|error| io_error(folder, error.into()))?;
    // The field is signed on some architectures and 32 bits wide; the numbers are 32 bits.
    let magic = stat.f_type as u64 & 0xffff_ffff;
    let name = if magic == FUSE { remote_fuse(folder)? } else { refused(magic) };
    match name {
        None => Ok(()),
        Some(name) => Err(Error::new(
            Code::NetworkFileSystem,
            format!("the folder lies on a network file system ({name})"),
        )
        .at(folder.display().to_string())
        .hint("keep the ledger on a local disk, for example in a local clone")),
    }
}

fn refused(magic: u64) -> Option<&'static str> {
    REFUSED.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

fn remote_fuse(folder: &Path) -> Result<Option<&'static str>> {
    let device = fs::metadata(folder).map_err(|error| io_error(folder, error))?.dev();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Ok(fuse_kind(&mounts, rustix::fs::major(device), rustix::fs::minor(device)))
}

/// The refused kind of the mount of a device, by the text of `/proc/self/mountinfo` (proc(5)):
/// third field `major:minor`, and the type after the ` - `.
fn fuse_kind(mounts: &str, major: u32, minor: u32) -> Option<&'static str> {
    let device = format!("{major}:{minor}");
    let kind = mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        (left.split(' ').nth(2) == Some(device.as_str())).then(|| right.split(' ').next())?
    })?;
    REFUSED_FUSE.iter().find(|refused| **refused == kind).copied()
}

fn io_error(folder: &Path, error: std::io::Error) -> Error {
    Error::new(Code::Io, "the folder cannot be looked at")
        .at(folder.display().to_string())
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_folder_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        refuse_network(folder.path()).unwrap();
    }

    #[test]
    fn network_file_systems_are_known_by_their_numbers() {
        assert_eq!(refused(0x6969), Some("NFS"));
        assert_eq!(refused(0xef53), None, "ext4 is local");
    }

    #[test]
    fn sshfs_is_told_from_a_local_fuse_mount() {
        let mounts = "\
36 35 0:44 / /mnt/remote rw,nosuid - fuse.sshfs me@host: rw\n\
37 35 0:45 / /mnt/usb rw shared:1 - fuseblk /dev/sdb1 rw\n";
        assert_eq!(fuse_kind(mounts, 0, 44), Some("fuse.sshfs"));
        assert_eq!(fuse_kind(mounts, 0, 45), None);
        assert_eq!(fuse_kind(mounts, 0, 46), None);
        assert_eq!(fuse_kind("garbage\n - \n", 0, 44), None);
    }
}
