//! What Linux tells of itself and of a running server, below `/proc`. Elsewhere it tells nothing, and so there is nothing to find.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A server that has the data directory open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    pub pid: u32,
    /// The soft limit of a core dump in bytes; `None` is no limit.
    pub core_bytes_max: Option<u64>,
    pub locked_kib: u64,
    pub swapped_kib: u64,
    pub user: u32,
}

impl Running {
    /// Who holds the lock of the data directory. It is asked of the kernel's list of locks: to try the lock could be in a start's way.
    pub fn on(directory: &Path) -> Option<Self> {
        let lock = directory.join(store::LOCK_FILE).metadata().ok()?;
        let pid = holder(&text("/proc/locks")?, lock.dev(), lock.ino())?;
        Self::read(pid, &text(&format!("/proc/{pid}/status"))?, &text(&format!("/proc/{pid}/limits"))?)
    }

    fn read(pid: u32, status: &str, limits: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        };
        let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size"))?;
        Some(Self {
            pid,
            core_bytes_max: core.split_whitespace().next()?.parse().ok(),
            locked_kib: field("VmLck").unwrap_or_default(),
            swapped_kib: field("VmSwap").unwrap_or_default(),
            user: field("Uid").and_then(|user| user.try_into().ok())?,
        })
    }
}

/// The process that holds the lock on a file: `1: FLOCK  ADVISORY  WRITE 1792 fe:00:11722867 0 EOF`, proc_locks(5).
fn holder(locks: &str, device: u64, inode: u64) -> Option<u32> {
    let file = format!("{:02x}:{:02x}:{inode}", rustix::fs::major(device), rustix::fs::minor(device));
    let line = locks.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.nth(1) == Some("FLOCK") && words.any(|word| word == file)
    })?;
    line.split_whitespace().nth(4)?.parse().ok()
}

/// One of the files in which the system tells something; `None` where it does not.
pub fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Whether there is such a file or folder.
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// The names of the programs that run, as far as they can be seen.
pub fn programs() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let names = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_found_among_others() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:22 0 EOF\n2: FLOCK  ADVISORY  WRITE 1792 fe:00:22 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 9 fe:00:23 0 EOF\n3: FLOCK  ADVISORY  WRITE 24 fe:01:22 0 EOF\n";
        let device = rustix::fs::makedev(0xFE, 0);
        assert_eq!(holder(locks, device, 22), Some(1792));
        assert_eq!(holder(locks, device, 23), None, "who waits for it does not hold it");
        assert_eq!(holder(locks, rustix::fs::makedev(0xFE, 1), 22), Some(24));
    }

    #[test]
    fn a_process_tells_its_limits() {
        let status = "Name:\tkagiban\nUid:\t998\t998\t998\t998\nVmLck:\t   0 kB\nVmSwap:\t  12 kB\n";
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max core file size        unlimited            unlimited            bytes     \n";
        let running = Running::read(5, status, limits).unwrap();
        let expected = Running { pid: 5, core_bytes_max: None, locked_kib: 0, swapped_kib: 12, user: 998 };
        assert_eq!(running, expected);
        let limits = limits.replacen("unlimited", "0        ", 1);
        assert_eq!(Running::read(5, status, &limits).unwrap().core_bytes_max, Some(0));
    }
}
