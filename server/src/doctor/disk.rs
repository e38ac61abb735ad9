//! The disk under the data directory: of which kind it is, and how much of it is left.

use super::finding::Finding;
use rustix::fs::{statfs, statvfs};
use std::path::Path;
use store::{BALLAST_BYTES_DEFAULT, BALLAST_FILE, ROOM_BYTES_MIN};

/// Below that somebody should look after the disk: it is days of a small house, and an hour of a busy one.
const FREE_BYTES_LOW: u64 = 1 << 30;

/// Kinds of file systems by what `statfs` says, as `linux/magic.h` has them, with what is to be said of them.
const KINDS: &[(u64, &str, Kind)] = &[
    (0x6969, "NFS", Kind::Network),
    (0x517B, "SMB", Kind::Network),
    (0xFF53_4D42, "CIFS", Kind::Network),
    (0xFE53_4D42, "SMB2", Kind::Network),
    (0x0102_1997, "9P", Kind::Network),
    (0x00C3_6400, "Ceph", Kind::Network),
    (0x5346_414F, "AFS", Kind::Network),
    (0x0BD0_0BD0, "Lustre", Kind::Network),
    (0x6573_5546, "FUSE", Kind::Unknown),
    (0x0102_1994, "tmpfs", Kind::Memory),
    (0x8584_58F6, "ramfs", Kind::Memory),
    (0x794C_7630, "overlay", Kind::Container),
    (0xEF53, "ext4", Kind::Local),
    (0x5846_5342, "XFS", Kind::Local),
    (0x9123_683E, "Btrfs", Kind::Local),
    (0x2FC1_2FC1, "ZFS", Kind::Local),
    (0xF2F5_2010, "F2FS", Kind::Local),
    (0xCA45_1A4E, "bcachefs", Kind::Local),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Local,
    Network,
    Memory,
    Container,
    Unknown,
}

/// What is left of a disk, and what the house keeps back of it.
#[derive(Clone, Copy, Debug)]
struct Space {
    free_bytes: u64,
    /// `None` where the file system does not count files.
    free_files: Option<u64>,
    /// Whether there is a house, which has its ballast at all times but on a full disk.
    is_house: bool,
    has_ballast: bool,
}

pub fn findings(directory: &Path) -> Vec<Finding> {
    // Before the first start: the disk on which it will be.
    let Some(place) = directory.ancestors().find(|place| place.exists()) else { return Vec::new() };
    let mut findings = Vec::new();
    if let Ok(disk) = statfs(place) {
        findings.push(kind(u64::try_from(disk.f_type).unwrap_or_default() & 0xFFFF_FFFF));
    }
    if let Ok(disk) = statvfs(place) {
        findings.push(space(Space {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            free_files: (disk.f_files > 0).then_some(disk.f_favail),
            is_house: directory.join(store::DATABASE_FILE).exists(),
            has_ballast: directory.join(BALLAST_FILE).exists(),
        }));
    }
    findings
}

fn kind(magic: u64) -> Finding {
    let known = KINDS.iter().find(|(known, ..)| *known == magic);
    let (name, kind) = known.map_or(("of an unknown kind", Kind::Unknown), |(_, name, kind)| (*name, *kind));
    let what = format!("the data directory is on {name}");
    match kind {
        Kind::Local => Finding::ok("file-system", what),
        Kind::Network => Finding::warning(
            "file-system",
            format!("{what}, a network file system"),
            "SQLite's log and the lock of the data directory need memory and locks that all processes share, and a sync that reaches a \
             disk: over a network neither is certain, and acknowledged data can be lost",
            "put the data directory on a local disk, and copy it for backups",
        ),
        Kind::Memory => Finding::warning(
            "file-system",
            format!("{what}, which is memory"),
            "all keys are gone with the next restart of the machine, and all that was encrypted under them",
            "put the data directory on a disk",
        ),
        Kind::Container => Finding::warning(
            "file-system",
            format!("{what}, the layers of a container"),
            "what a container writes into its own layers is gone with it",
            "mount a volume, and put the data directory there",
        ),
        Kind::Unknown => Finding::note(
            "file-system",
            what,
            "whether a sync reaches the disk, and locks hold, depends on it",
            "ask whoever made it, or put the data directory on ext4 or XFS",
        ),
    }
}

fn space(space: Space) -> Finding {
    let mib = |bytes: u64| bytes >> 20;
    let free = format!("{} MiB are free", mib(space.free_bytes));
    let needed = BALLAST_BYTES_DEFAULT.saturating_add(ROOM_BYTES_MIN);
    const ANSWERS_NOBODY: &str = "no record, no answer: on a full disk every call with an identity fails, and /health answers 503, until \
                                  there is space again";
    if space.is_house && !space.has_ballast {
        return Finding::problem(
            "disk-space",
            format!("the disk is full, or was when the server ended: `{BALLAST_FILE}` was thrown off, and {free}"),
            ANSWERS_NOBODY,
            format!("make {} MiB free: the server notices within a second, or at its next start", mib(needed)),
        );
    }
    if space.free_files == Some(0) {
        return Finding::problem(
            "disk-space",
            "no more files can be made on the disk: its inodes are used up".to_owned(),
            ANSWERS_NOBODY,
            "remove files that others have left on the disk",
        );
    }
    let wanted = if space.has_ballast { 0 } else { needed };
    if space.free_bytes < wanted {
        return Finding::problem(
            "disk-space",
            free,
            ANSWERS_NOBODY,
            format!("make {} MiB free before the first start", mib(needed)),
        );
    }
    if space.free_bytes < FREE_BYTES_LOW {
        return Finding::warning(
            "disk-space",
            free,
            "the trail grows with every call; on a full disk every call fails",
            "make the disk larger, or free space, before it is full",
        );
    }
    Finding::ok("disk-space", format!("{free}, beside what is kept back for a full disk"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level::{Note, Ok as Fine, Problem, Warning};
    use super::*;

    #[test]
    fn a_file_system_that_keeps_nothing_is_found() {
        for (magic, level) in [
            (0xEF53, Fine),
            (0x6969, Warning),
            (0xFF53_4D42, Warning),
            (0x0102_1994, Warning),
            (0x6573_5546, Note),
            (1, Note),
        ] {
            assert_eq!(kind(magic).told(), (level, "file-system"), "{magic:x}");
        }
        assert_eq!(KINDS.iter().filter(|(.., kind)| *kind == Kind::Network).count(), 8);
    }

    #[test]
    fn a_disk_that_is_full_or_soon_will_be_is_found() {
        let well = Space { free_bytes: 5 << 30, free_files: Some(1_000), is_house: true, has_ballast: true };
        let new = Space { is_house: false, has_ballast: false, ..well };
        for (case, level) in [
            (well, Fine),
            (new, Fine),
            (Space { free_files: None, ..well }, Fine),
            (Space { free_files: Some(0), ..well }, Problem),
            (Space { has_ballast: false, ..well }, Problem),
            (Space { free_bytes: 500 << 20, ..well }, Warning),
            (Space { free_bytes: 20 << 20, ..new }, Problem),
            (Space { free_bytes: 30 << 20, ..new }, Warning),
        ] {
            assert_eq!(space(case).told(), (level, "disk-space"), "{case:?}");
        }
    }
}
