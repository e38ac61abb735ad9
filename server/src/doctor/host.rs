//! The host: what keeps memory from disks and from other processes, who keeps the clock, and what is not protected here.

use super::finding::Finding;
use super::proc::{self, Running};
use crate::process::Granted;
use locked::Protection;
use rustix::process::{Resource, geteuid, getrlimit};

/// From 4.13 on a failed sync is told to everybody who has the file open, and not to the first who asks.
const KERNEL_MIN: (u32, u32) = (4, 13);
/// So much, and room for guard pages, a server has locked for its keys alone.
const KEYS_KIB_MAX: u64 = 2 * (locked::BYTES_MAX as u64 >> 10);
/// Programs that keep a clock.
const KEEPERS: [&str; 4] = ["chronyd", "ntpd", "ntpd-rs", "openntpd"];

/// What the system says of itself. `None` where it says nothing: it is no Linux, or hides it.
#[derive(Clone, Debug)]
pub struct Host {
    kernel: Option<String>,
    core_pattern: Option<String>,
    ptrace_scope: Option<u32>,
    /// The devices and files that pages are written to.
    swaps: Option<Vec<String>>,
    /// In bytes; `None` is no limit.
    memlock_max: Option<u64>,
    keeper: Keeper,
    is_root: bool,
}

/// Who keeps the clock.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Keeper {
    Synchronized,
    /// It runs, and has not reached a server.
    Waiting,
    Program(String),
    Unseen,
}

/// What the pages are worth in which a server like this process keeps its keys.
fn keys(protection: Protection) -> Finding {
    let (check, unlocked) = ("key-memory", "keys in use can stay on the swap device for years");
    match protection {
        Protection::Unreadable => Finding::ok(check, "keys lie in memory that only the server can read".to_owned()),
        Protection::Locked => Finding::note(
            check,
            "keys lie in locked memory, in no dump; this kernel has no memory that root cannot read".to_owned(),
            "root can read keys through /proc/PID/mem, or by a debugger",
            "run Linux 5.14 or later with memfd_secret(2) switched on (boot with secretmem.enable=1)",
        ),
        Protection::Undumped => Finding::warning(
            check,
            "keys lie in memory that is in no dump, and that swap may get".to_owned(),
            unlocked,
            "set LimitMEMLOCK=infinity, or at least 8M, in the server's unit (docs/operations.md, Memory)",
        ),
        Protection::None => Finding::warning(
            check,
            "keys lie in ordinary memory: this system keeps no pages out of dumps".to_owned(),
            unlocked,
            "run the server on Linux, where keys have pages of their own",
        ),
    }
}

impl Host {
    pub fn read() -> Self {
        let word = |path: &str| proc::text(path).map(|text| text.trim().to_owned());
        Self {
            kernel: word("/proc/sys/kernel/osrelease"),
            core_pattern: word("/proc/sys/kernel/core_pattern"),
            ptrace_scope: word("/proc/sys/kernel/yama/ptrace_scope").and_then(|word| word.parse().ok()),
            swaps: proc::text("/proc/swaps").map(|text| swaps(&text)),
            memlock_max: getrlimit(Resource::Memlock).current,
            keeper: keeper(),
            is_root: geteuid().is_root(),
        }
    }

    /// What is and what is not protected. Of a server that runs it is asked what it has, else what it would get.
    pub fn findings(&self, running: Option<&Running>, granted: Granted) -> Vec<Finding> {
        let findings = [
            Some(self.core(running, granted)),
            self.ptrace(),
            self.swap(running, granted),
            Some(keys(granted.keys)),
            self.version(),
            Some(self.clock()),
            Some(self.user(running)),
        ];
        findings.into_iter().flatten().collect()
    }

    fn core(&self, running: Option<&Running>, granted: Granted) -> Finding {
        let limited = running.map_or(granted.closed, |running| running.core_bytes_max == Some(0));
        let pattern = self.core_pattern.as_deref().unwrap_or("unknown");
        if limited {
            return Finding::ok(
                "core-dumps",
                format!("the server writes no core dumps: limit 0, and not dumpable (core_pattern is `{pattern}`)"),
            );
        }
        Finding::problem(
            "core-dumps",
            format!("the server's memory can be written to a core dump (core_pattern is `{pattern}`)"),
            "plaintexts and data keys in flight are in its memory, and keys, if they are not kept apart",
            "find out what denies the program its limit (RLIMIT_CORE) and prctl(PR_SET_DUMPABLE): a sandbox, a supervisor",
        )
    }

    /// The program is not dumpable, so nobody but root attaches to it; this is a second lock on the same door.
    fn ptrace(&self) -> Option<Finding> {
        let scope = self.ptrace_scope;
        if let Some(scope) = scope.filter(|scope| *scope > 0) {
            return Some(Finding::ok("ptrace", format!("kernel.yama.ptrace_scope is {scope}")));
        }
        self.kernel.is_some().then(|| {
            Finding::note(
                "ptrace",
                scope.map_or("this kernel has no Yama".to_owned(), |_| "kernel.yama.ptrace_scope is 0".to_owned()),
                "processes of one user may look into each other. The server closes itself to that right after its start; root is never \
                 kept out",
                "sysctl kernel.yama.ptrace_scope=1",
            )
        })
    }

    fn swap(&self, running: Option<&Running>, granted: Granted) -> Option<Finding> {
        let swaps = self.swaps.as_ref()?;
        let locked = running.map_or(granted.locked, |running| running.locked_kib > KEYS_KIB_MAX);
        if locked {
            return Some(Finding::ok("swap", "the server's memory is locked: none reaches swap".to_owned()));
        }
        if swaps.is_empty() {
            return Some(Finding::ok("swap", "there is no swap".to_owned()));
        }
        let names = swaps.join(", ");
        if swaps.iter().all(|name| name.starts_with("/dev/zram")) {
            return Some(Finding::ok("swap", format!("swap is compressed memory ({names}), and on no disk")));
        }
        let limit = self.memlock_max.map_or("no limit".to_owned(), |bytes| format!("{} KiB", bytes >> 10));
        let swapped = running.map_or(0, |running| running.swapped_kib);
        Some(Finding::warning(
            "swap",
            format!(
                "the server's memory is not locked, and can reach swap: {names}; {swapped} KiB are there now. Whether it is encrypted \
                 cannot be seen. The limit on locked memory is {limit} here"
            ),
            "what was in flight (plaintexts, data keys) can stay on the swap device for years; and keys, if they are not kept apart",
            "set LimitMEMLOCK=infinity in the server's unit (docs/operations.md, Memory), or encrypt swap, or turn it off",
        ))
    }

    fn version(&self) -> Option<Finding> {
        let name = self.kernel.as_ref()?;
        let mut numbers = name.split(|letter: char| !letter.is_ascii_digit()).map(str::parse::<u32>);
        let version = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        if version >= KERNEL_MIN {
            return Some(Finding::ok("kernel", format!("Linux {name}")));
        }
        Some(Finding::problem(
            "kernel",
            format!("Linux {name} is older than 4.13"),
            "it can swallow the error of a failed sync, so that data counts as written that is not",
            "run a kernel that is still kept up",
        ))
    }

    fn clock(&self) -> Finding {
        const WHY: &str = "signatures are refused, and deletions hold, by a clock that is wrong";
        match &self.keeper {
            Keeper::Synchronized => {
                Finding::ok("clock-source", "systemd-timesyncd has synchronized the clock".to_owned())
            }
            Keeper::Program(name) => Finding::ok("clock-source", format!("{name} keeps the clock")),
            Keeper::Waiting => Finding::warning(
                "clock-source",
                "systemd-timesyncd runs, and has not reached a server".to_owned(),
                WHY,
                "look with `timedatectl`, and name a server that can be reached",
            ),
            Keeper::Unseen => Finding::note(
                "clock-source",
                "nothing is seen that keeps the clock".to_owned(),
                WHY,
                "keep it by NTP (systemd-timesyncd, chrony); in a container the host does it",
            ),
        }
    }

    fn user(&self, running: Option<&Running>) -> Finding {
        if !running.map_or(self.is_root, |running| running.user == 0) {
            return Finding::ok("user", "the server runs as a user of its own, and not as root".to_owned());
        }
        let who =
            if running.is_some() { "the server runs" } else { "the doctor was started, and so the server would run," };
        Finding::note(
            "user",
            format!("{who} as root"),
            "a fault of the program would be one of root; it needs none of root's rights",
            "run it as a user of its own, who owns the data directory and the root key file",
        )
    }
}

/// proc_swaps(5): a line of headings, then a device or file a line.
fn swaps(text: &str) -> Vec<String> {
    text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// systemd-timesyncd(8) keeps a folder while it runs, and a file in it once it has reached a server.
fn keeper() -> Keeper {
    if proc::exists("/run/systemd/timesync/synchronized") {
        return Keeper::Synchronized;
    }
    let programs = proc::programs();
    match KEEPERS.iter().find(|keeper| programs.iter().any(|program| program == *keeper)) {
        Some(keeper) => Keeper::Program((*keeper).to_owned()),
        None if proc::exists("/run/systemd/timesync") => Keeper::Waiting,
        None => Keeper::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level::{self, Note, Ok as Fine, Problem, Warning};
    use super::*;

    const GRANTED: Granted = Granted { closed: true, locked: false, keys: Protection::Unreadable };

    fn well() -> Host {
        Host {
            kernel: Some("6.12.3-1-amd64".to_owned()),
            core_pattern: Some("core".to_owned()),
            ptrace_scope: Some(1),
            swaps: Some(Vec::new()),
            memlock_max: Some(8 << 20),
            keeper: Keeper::Synchronized,
            is_root: false,
        }
    }

    fn running() -> Running {
        Running { pid: 1, core_bytes_max: Some(0), locked_kib: 0, swapped_kib: 0, user: 998 }
    }

    fn worst(host: &Host, running: Option<&Running>, granted: Granted) -> Vec<(Level, &'static str)> {
        let found = host.findings(running, granted);
        found.iter().map(Finding::told).filter(|(level, _)| *level != Fine).collect()
    }

    #[test]
    fn a_host_that_is_well_has_nothing_to_tell() {
        assert_eq!(worst(&well(), None, GRANTED), []);
        assert_eq!(worst(&well(), Some(&running()), GRANTED), []);
    }

    #[test]
    fn what_can_be_dumped_is_found() {
        assert_eq!(worst(&well(), None, Granted { closed: false, ..GRANTED }), [(Problem, "core-dumps")]);
        for core_bytes_max in [None, Some(1)] {
            let loose = Running { core_bytes_max, ..running() };
            assert_eq!(worst(&well(), Some(&loose), GRANTED), [(Problem, "core-dumps")]);
        }
        for ptrace_scope in [None, Some(0)] {
            assert_eq!(worst(&Host { ptrace_scope, ..well() }, None, GRANTED), [(Note, "ptrace")]);
        }
    }

    #[test]
    fn swap_that_memory_can_reach_is_found() {
        let swapping = Host { swaps: Some(swaps("Filename Type Size\n/dev/sda2 partition 8388604 0 -2\n")), ..well() };
        assert_eq!(worst(&swapping, None, GRANTED), [(Warning, "swap")]);
        assert_eq!(worst(&swapping, None, Granted { locked: true, ..GRANTED }), []);
        assert_eq!(worst(&swapping, Some(&running()), Granted { locked: true, ..GRANTED }), [(Warning, "swap")]);
        let keys_alone = Running { locked_kib: locked::BYTES_MAX as u64 >> 10, ..running() };
        assert_eq!(worst(&swapping, Some(&keys_alone), GRANTED), [(Warning, "swap")]);
        assert_eq!(worst(&swapping, Some(&Running { locked_kib: 200_000, ..running() }), GRANTED), []);
        assert_eq!(worst(&Host { swaps: Some(vec!["/dev/zram0".to_owned()]), ..well() }, None, GRANTED), []);
    }

    #[test]
    fn keys_that_are_kept_less_well_are_found() {
        for (keys, level) in [(Protection::Locked, Note), (Protection::Undumped, Warning), (Protection::None, Warning)]
        {
            assert_eq!(worst(&well(), None, Granted { keys, ..GRANTED }), [(level, "key-memory")]);
        }
    }

    #[test]
    fn an_old_kernel_a_clock_that_nobody_keeps_and_root_are_found() {
        assert_eq!(
            worst(&Host { kernel: Some("4.9.0-13".to_owned()), ..well() }, None, GRANTED),
            [(Problem, "kernel")]
        );
        assert_eq!(worst(&Host { keeper: Keeper::Waiting, ..well() }, None, GRANTED), [(Warning, "clock-source")]);
        assert_eq!(worst(&Host { keeper: Keeper::Unseen, ..well() }, None, GRANTED), [(Note, "clock-source")]);
        assert_eq!(worst(&Host { is_root: true, ..well() }, None, GRANTED), [(Note, "user")]);
        let other = Running { user: 0, ..running() };
        assert_eq!(worst(&well(), Some(&other), GRANTED), [(Note, "user")]);
    }
}
