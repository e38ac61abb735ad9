//! The keys are cut once in the life of a process: whoever comes later, or at the same moment, gets none. One test, since it is one
//! process.
#![expect(clippy::disallowed_methods, reason = "the cutting itself is tried")]

use secret::{Secret, cut_keys};
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 16;

#[test]
fn one_of_many_gets_the_keys_and_nobody_after() {
    let start = Barrier::new(THREADS);
    let cut = || {
        start.wait();
        cut_keys()
    };
    let cut: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(cut)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
    });
    assert_eq!(cut.len(), 1);
    assert!(cut_keys().is_none());

    let secret = Secret::fill(4, |bytes| bytes.copy_from_slice(b"kagi"));
    assert!(cut.iter().all(|keys| secret.open(&keys.opener) == b"kagi"));
}
