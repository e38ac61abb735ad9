//! Computing with a key leaves no copy of it in memory that a dump would show. The process looks through all of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests cut their own keys, and read their own memory")]

use cipher::{Barrier, MessageKey, MessageNonce, SystemEntropy, derive, hmac_sha256};
use secret::{Keys, Secret, cut_keys};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

const KEY_BYTES: usize = 32;
/// The forms in which a key lies about: as it is, as the two pads of HMAC (RFC 2104), and as the words that SHA-256 reads of each.
const FORMS: [(u8, bool); 6] = [(0, false), (0x36, false), (0x5C, false), (0, true), (0x36, true), (0x5C, true)];
/// The needle is never in memory as it is.
const MASK: u8 = 0x99;

fn keys() -> &'static Keys {
    static KEYS: OnceLock<&'static Keys> = OnceLock::new();
    KEYS.get_or_init(|| cut_keys().unwrap())
}

/// A key that is made where it lies, and nowhere else.
fn key(seed: u8) -> Secret {
    Secret::fill(KEY_BYTES, |bytes| (0..).zip(bytes).for_each(|(place, byte)| *byte = masked(seed, place) ^ MASK))
}

fn masked(seed: u8, place: u8) -> u8 {
    place.wrapping_mul(167) ^ place.rotate_left(3) ^ seed
}

/// How often the key lies in what a dump of this process would have of its memory, in any form: not what cannot be read through the kernel,
/// and not the mappings that are marked `dd` (MADV_DONTDUMP), which is where keys lie on a system without memfd_secret(2).
fn copies(seed: u8) -> usize {
    let (memory, maps) = (File::open("/proc/self/mem").unwrap(), std::fs::read_to_string("/proc/self/smaps").unwrap());
    let mut found = 0;
    let mut piece = vec![0; 1 << 16];
    for line in dumped(&maps) {
        let (begin, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (begin, end) = (u64::from_str_radix(begin, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        // Pieces overlap by a key. What is being looked through is not counted where it lies.
        for from in (begin..end).step_by(piece.len() - KEY_BYTES) {
            let length = piece.len().min((end - from) as usize);
            let own = piece.as_ptr() as u64..piece.as_ptr() as u64 + piece.len() as u64;
            if memory.read_exact_at(&mut piece[..length], from).is_ok() {
                let windows = (from..).zip(piece[..length].windows(KEY_BYTES));
                found += windows.filter(|(place, window)| !own.contains(place) && is_key(seed, window)).count();
            }
        }
        piece.fill(0);
    }
    found
}

/// The first line of each writable mapping that a dump has.
fn dumped(maps: &str) -> impl Iterator<Item = &str> {
    let mut mapping = "";
    maps.lines().filter_map(move |line| {
        if line.contains(" rw") {
            mapping = line;
        }
        let flags = line.strip_prefix("VmFlags:")?;
        let begun = std::mem::take(&mut mapping);
        (!begun.is_empty() && !flags.split(' ').any(|flag| flag == "dd")).then_some(begun)
    })
}

fn is_key(seed: u8, window: &[u8]) -> bool {
    FORMS.iter().any(|(pad, swapped)| {
        let at = |place: usize| window[if *swapped { place ^ 3 } else { place }];
        (0..KEY_BYTES).all(|place| at(place) ^ pad ^ MASK == masked(seed, place as u8))
    })
}

#[test]
fn what_is_looked_with_is_not_blind() {
    let seed = 1;
    assert_eq!(copies(seed), 0);
    for (pad, swapped) in FORMS {
        let byte = |place: usize| masked(seed, (if swapped { place ^ 3 } else { place }) as u8) ^ MASK ^ pad;
        let mut leak: Vec<u8> = (0..KEY_BYTES).map(byte).collect();
        assert!(copies(seed) > 0, "{pad} {swapped}");
        black_box(&mut leak).fill(0);
    }
}

#[test]
fn a_key_that_works_leaves_no_copy() {
    let seed = 2;
    let (key, opener) = (key(seed), &keys().opener);
    assert_eq!(copies(seed), 0, "after it was made");
    black_box(hmac_sha256(key.open(opener), b"data"));
    assert_eq!(copies(seed), 0, "after a MAC");
    black_box(derive(&key, opener, "label", b"context", 32).unwrap());
    assert_eq!(copies(seed), 0, "after a derivation");
    let (nonce, mut sealed) = (MessageNonce::draw(&SystemEntropy).unwrap(), Vec::new());
    MessageKey::derive(&key, opener, "label", &nonce).unwrap().seal(&nonce, b"", b"plaintext", &mut sealed).unwrap();
    let again = MessageKey::derive(&key, opener, "label", &nonce).unwrap();
    black_box(again.open_secret(&nonce, b"", &sealed).unwrap());
    assert_eq!(copies(seed), 0, "after a message");
    let barrier = Barrier::new(&key, opener, Arc::new(SystemEntropy));
    let sealed = barrier.seal("space", b"key", 1, 1, b"value").unwrap();
    black_box(barrier.open("space", b"key", 1, 1, &sealed).unwrap());
    black_box((barrier.mac("label", b"bytes"), barrier.blind("label", &[b"part"])));
    assert_eq!(copies(seed), 0, "behind a barrier");
}

/// A key that is itself sealed and opened, as backing keys are under domain keys.
#[test]
fn a_key_that_is_wrapped_leaves_no_copy() {
    let seed = 3;
    let (key, opener) = (key(seed), &keys().opener);
    let (over, nonce) = (self::key(4), MessageNonce::draw(&SystemEntropy).unwrap());
    let mut sealed = Vec::new();
    MessageKey::derive(&over, opener, "label", &nonce)
        .unwrap()
        .seal(&nonce, b"", key.open(opener), &mut sealed)
        .unwrap();
    let opened = MessageKey::derive(&over, opener, "label", &nonce).unwrap().open_secret(&nonce, b"", &sealed).unwrap();
    assert!(opened.same(&key));
    assert_eq!((copies(seed), copies(4)), (0, 0));
    let moved = Secret::from_vec(key.open(opener).to_vec());
    assert!(moved.same(&key));
    assert_eq!(copies(seed), 0);
}
