//! What the program asks of the system for itself: nobody looks into its memory, no memory lands on a disk, and a fault ends it.

use locked::Protection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the program may have open at once: a connection is one, and the store has a few.
const OPEN_FILES_WANTED: u64 = 16_384;

/// What the system has granted.
#[derive(Clone, Copy)]
pub struct Granted {
    /// No core dump, and no look by other processes of the same user.
    pub closed: bool,
    /// Pages stay in memory: none is written to swap.
    pub locked: bool,
    /// How far the pages with keys are kept from everybody else.
    pub keys: Protection,
}

/// Called before there is a secret in the process, and before there is a second thread.
pub fn prepare() -> Granted {
    // What the program writes is for its owner alone: SQLite's files too, which have no mode of their own choosing.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let no_core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    raise_open_files();
    let (closed, locked) = (no_core.is_ok() & hide(), lock());
    Granted { closed, locked, keys: locked::standing().protection }
}

/// A panic is a broken invariant of the house's own. It ends the program: a task that died alone would leave the others with what it held.
pub fn end_on_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
}

#[cfg(target_os = "linux")]
fn hide() -> bool {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn hide() -> bool {
    true
}

/// Only where there is no limit on locked memory: under a limit each later allocation could fail, and the program with it.
#[cfg(target_os = "linux")]
fn lock() -> bool {
    use rustix::mm::{MlockAllFlags, mlockall};
    let unlimited = getrlimit(Resource::Memlock).current.is_none();
    unlimited && mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn lock() -> bool {
    false
}

/// Shells give 1,024, which a thousand connections use up. If it is not granted, the limit that stands is the limit of connections.
fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(OPEN_FILES_WANTED, |maximum| maximum.min(OPEN_FILES_WANTED));
    if current.is_some_and(|current| current < wanted) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Set for the child in which the panic happens.
    const CHILD: &str = "KAGIBAN_TEST_PANICS";

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test starts itself once more, to see how it dies")]
    #[expect(clippy::panic, reason = "the panic is what is tried")]
    fn a_panic_in_a_task_ends_the_program() {
        use std::os::unix::process::ExitStatusExt;
        if std::env::var_os(CHILD).is_some() {
            prepare();
            end_on_panic();
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            // Nobody waits for the task: without the hook the program would go on, and end with 0.
            runtime.block_on(async {
                tokio::spawn(async { panic!("a broken invariant") });
                tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            });
            return;
        }
        let name = "process::tests::a_panic_in_a_task_ends_the_program";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        assert_eq!(output.status.signal(), Some(rustix::process::Signal::ABORT.as_raw()), "{output:?}");
        assert!(!output.status.core_dumped(), "no memory on a disk");
        assert!(String::from_utf8_lossy(&output.stderr).contains("a broken invariant"), "{output:?}");
    }
}
