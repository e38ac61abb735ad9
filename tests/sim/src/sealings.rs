//! Whether two sealings ever shared what must be new for each: N and IV, out of which key and nonce of a message follow.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

/// N (16 bytes) and IV (12).
const NONCE_BYTES: usize = 28;
/// Behind the form: rows and events, as `cipher::Barrier` seals them.
const IN_RECORD: usize = 1;
/// Behind magic, format, algorithm and the id of the backing key: ciphertexts, as `vault::Blob` has them.
const IN_BLOB: usize = 4 + 1 + 1 + 16;

/// All that was sealed, over all starts of a house, and reached the disk or a caller.
#[derive(Default)]
pub struct Sealings(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    nonces: HashSet<[u8; NONCE_BYTES]>,
    repeated: Option<String>,
}

impl Sealings {
    /// A row or an event that reaches the disk. Each one that is written was sealed anew.
    pub fn record(&self, what: &str, sealed: &[u8]) {
        self.note(what, sealed, IN_RECORD);
    }

    /// A ciphertext that a caller was given.
    pub fn blob(&self, sealed: &[u8]) {
        self.note("a ciphertext", sealed, IN_BLOB);
    }

    /// What was sealed like something else, if anything was.
    pub fn repeated(&self) -> Option<String> {
        self.seen().repeated.clone()
    }

    pub fn count(&self) -> u64 {
        u64::try_from(self.seen().nonces.len()).unwrap()
    }

    fn note(&self, what: &str, sealed: &[u8], from: usize) {
        let nonce = sealed.get(from..).and_then(|rest| rest.first_chunk::<NONCE_BYTES>());
        let mut seen = self.seen();
        if !nonce.is_some_and(|nonce| seen.nonces.insert(*nonce)) {
            seen.repeated.get_or_insert_with(|| format!("{what} is sealed like another one"));
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}
