//! The store's cipher: what an engine is given to keep, it cannot read, move, or put back.

use crate::derive::derive;
use crate::digest::array;
use crate::{Entropy, Frames, MESSAGE_NONCE_BYTES, MessageKey, MessageNonce, TAG_BYTES, Unopened, Unsealed};
use aws_lc_rs::hmac;
use secret::{Opener, Secret};
use std::sync::Arc;

/// A barrier's key is an AES-256 key's worth of random bytes.
pub const BARRIER_KEY_BYTES: usize = 32;
/// The longest record. Object bodies go elsewhere.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// The bytes of a sealed record before its ciphertext, which is as long as what is sealed.
pub const RECORD_HEADER_BYTES: usize = 1 + MESSAGE_NONCE_BYTES;

/// The form of a sealed record: form (1 byte) ‖ N (16) ‖ IV (12) ‖ ciphertext ‖ tag (16).
const FORM: u8 = 1;
const RECORD_LABEL: &str = "kagiban/barrier/record/1";
const BLIND_LABEL: &str = "kagiban/barrier/blind/1";
const MAC_LABEL: &str = "kagiban/barrier/mac/1";

/// Released by the vault at unseal, as an object and never as bytes.
pub struct Barrier {
    key: Secret,
    opener: &'static Opener,
    entropy: Arc<dyn Entropy>,
    blind: hmac::Key,
    mac: hmac::Key,
}

impl Barrier {
    /// `key` must have [`BARRIER_KEY_BYTES`] bytes: a key of another length is a fault of the house, and stops it.
    pub fn new(key: &Secret, opener: &'static Opener, entropy: Arc<dyn Entropy>) -> Self {
        assert_eq!(key.len(), BARRIER_KEY_BYTES, "the barrier's key has the wrong length");
        let (blind, mac) = (mac_key(key, opener, BLIND_LABEL), mac_key(key, opener, MAC_LABEL));
        Self { key: key.share(), opener, entropy, blind, mac }
    }

    /// Seals a record's value, bound to where it stands (`space`, `key`), to its revision and to the format it is written in.
    pub fn seal(
        &self,
        space: &str,
        key: &[u8],
        revision: u64,
        format: u16,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Unsealed> {
        if plaintext.len() > RECORD_BYTES_MAX {
            return Err(Unsealed::TooLong);
        }
        let nonce = MessageNonce::draw(self.entropy.as_ref())?;
        let record_key = MessageKey::derive(&self.key, self.opener, RECORD_LABEL, &nonce)?;
        let mut sealed = Vec::with_capacity(RECORD_HEADER_BYTES + plaintext.len() + TAG_BYTES);
        sealed.push(FORM);
        sealed.extend_from_slice(nonce.as_bytes());
        record_key.seal(&nonce, &place(space, key, revision, format), plaintext, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what [`Barrier::seal`] made of the same record.
    pub fn open(
        &self,
        space: &str,
        key: &[u8],
        revision: u64,
        format: u16,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Unopened> {
        let (form, rest) = sealed.split_first().ok_or(Unopened::Length)?;
        if *form != FORM {
            return Err(Unopened::UnknownForm);
        }
        let (nonce, rest) = rest.split_first_chunk().ok_or(Unopened::Length)?;
        let length = rest.len().checked_sub(TAG_BYTES).filter(|length| *length <= RECORD_BYTES_MAX);
        let mut plaintext = vec![0; length.ok_or(Unopened::Length)?];
        let nonce = MessageNonce::from_bytes(*nonce);
        let record_key = MessageKey::derive(&self.key, self.opener, RECORD_LABEL, &nonce)?;
        record_key.open(&nonce, &place(space, key, revision, format), rest, &mut plaintext)?;
        Ok(plaintext)
    }

    /// A keyed digest of `parts` for look-ups by equality: the engine sees that two rows have the same value, and not which.
    pub fn blind(&self, label: &str, parts: &[&[u8]]) -> [u8; 16] {
        let frames = parts.iter().fold(Frames::new().part(label.as_bytes()), |frames, part| frames.part(part));
        let whole = array(hmac::sign(&self.blind, frames.as_bytes()).as_ref());
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(whole) {
            *to = from;
        }
        half
    }

    /// A MAC over `bytes` for the purpose that `label` names.
    pub fn mac(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        array(self.mac_of(label, bytes).as_ref())
    }

    /// Is `mac` what [`Barrier::mac`] makes? Compared in constant time.
    pub fn verify_mac(&self, label: &str, bytes: &[u8], mac: &[u8]) -> bool {
        crate::same(self.mac_of(label, bytes).as_ref(), mac)
    }

    fn mac_of(&self, label: &str, bytes: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(Frames::new().part(label.as_bytes()).as_bytes());
        context.update(bytes);
        context.sign()
    }
}

/// What a record is bound to.
fn place(space: &str, key: &[u8], revision: u64, format: u16) -> Vec<u8> {
    let bytes = 4 * 4 + space.len() + key.len() + 8 + 8 + 1 + 4;
    let frames = Frames::with_capacity(bytes).part(&[FORM]).part(space.as_bytes()).part(key);
    frames.number(revision).number(u64::from(format)).into_bytes()
}

fn mac_key(key: &Secret, opener: &Opener, label: &'static str) -> hmac::Key {
    let derived = derive(key, opener, label, &[], 32);
    // INVARIANT: the base key is not empty, so nothing but exhausted memory can stop the derivation.
    assert!(derived.is_ok(), "AWS-LC derived no key");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref().map_or(&[], |derived| derived.open(opener)))
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    #![expect(clippy::disallowed_methods, reason = "tests cut their own keys and look at the clock")]

    use super::*;
    use crate::{DangerSeededEntropy, NoEntropy, SystemEntropy};
    use proptest::prelude::*;
    use secret::{Keys, cut_keys};
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(crate) fn keys() -> &'static Keys {
        static KEYS: OnceLock<&'static Keys> = OnceLock::new();
        KEYS.get_or_init(|| cut_keys().unwrap())
    }

    fn barrier(key: u8, entropy: impl Entropy + 'static) -> Barrier {
        let key = Secret::fill(BARRIER_KEY_BYTES, |bytes| bytes.fill(key));
        Barrier::new(&key, &keys().opener, Arc::new(entropy))
    }

    #[test]
    fn a_record_opens_where_it_was_sealed_and_nowhere_else() {
        let barrier = barrier(1, SystemEntropy);
        let sealed = barrier.seal("kms.keys", b"row", 7, 2, b"value").unwrap();
        assert_eq!(barrier.open("kms.keys", b"row", 7, 2, &sealed), Ok(b"value".to_vec()));
        for (space, key, revision, format) in [
            ("kms.key", &b"row"[..], 7, 2),
            ("kms.keysr", b"ow", 7, 2),
            ("kms.keys", b"rox", 7, 2),
            ("kms.keys", b"row", 6, 2),
            ("kms.keys", b"row", 7, 3),
        ] {
            assert_eq!(barrier.open(space, key, revision, format, &sealed), Err(Unopened::NotAuthentic));
        }
        assert_eq!(
            self::barrier(2, SystemEntropy).open("kms.keys", b"row", 7, 2, &sealed),
            Err(Unopened::NotAuthentic)
        );
    }

    #[test]
    fn each_byte_and_the_length_are_authenticated() {
        let barrier = barrier(1, SystemEntropy);
        let sealed = barrier.seal("s", b"k", 1, 1, b"value").unwrap();
        for place in 0..sealed.len() {
            let mut bent = sealed.clone();
            *bent.get_mut(place).unwrap() ^= 0x10;
            let expected = if place == 0 { Unopened::UnknownForm } else { Unopened::NotAuthentic };
            assert_eq!(barrier.open("s", b"k", 1, 1, &bent), Err(expected), "byte {place}");
            assert!(barrier.open("s", b"k", 1, 1, sealed.get(..place).unwrap()).is_err(), "cut at {place}");
        }
        assert_eq!(barrier.open("s", b"k", 1, 1, &[&sealed[..], &[0]].concat()), Err(Unopened::NotAuthentic));
    }

    #[test]
    fn the_same_value_never_seals_alike_and_one_seed_always_does() {
        let barrier = barrier(1, SystemEntropy);
        let seal = |barrier: &Barrier| barrier.seal("s", b"k", 1, 1, b"").unwrap();
        assert_ne!(seal(&barrier), seal(&barrier));
        let seeded = || self::barrier(1, DangerSeededEntropy::new(3));
        assert_eq!(seal(&seeded()), seal(&seeded()));
    }

    #[test]
    fn blind_digests_are_keyed_and_do_not_run_parts_together() {
        let barrier = barrier(1, SystemEntropy);
        let digest = barrier.blind("name", &[b"ab", b"c"]);
        assert_eq!(digest, barrier.blind("name", &[b"ab", b"c"]));
        assert_ne!(digest, barrier.blind("name", &[b"a", b"bc"]));
        assert_ne!(digest, barrier.blind("name", &[b"abc"]));
        assert_ne!(digest, barrier.blind("other", &[b"ab", b"c"]));
        assert_ne!(digest, self::barrier(2, SystemEntropy).blind("name", &[b"ab", b"c"]));
    }

    #[test]
    fn a_mac_is_good_for_its_label_and_bytes_only() {
        let barrier = barrier(1, SystemEntropy);
        let mac = barrier.mac("page", b"token");
        assert!(barrier.verify_mac("page", b"token", &mac));
        assert!(!barrier.verify_mac("page", b"tokem", &mac));
        assert!(!barrier.verify_mac("pag", b"etoken", &mac));
        assert!(!barrier.verify_mac("page", b"token", mac.get(..31).unwrap()));
        assert!(!self::barrier(2, SystemEntropy).verify_mac("page", b"token", &mac));
    }

    #[test]
    fn without_random_bytes_nothing_is_sealed() {
        struct Dry;
        impl Entropy for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
                Err(NoEntropy)
            }
        }
        assert_eq!(barrier(1, Dry).seal("s", b"k", 1, 1, b"value"), Err(Unsealed::NoEntropy));
    }

    proptest! {
        #[test]
        fn places_are_bound_injectively(
            one in ("[ab]{0,3}", prop::collection::vec(0_u8..2, 0..3), 0_u64..2, 0_u16..2),
            two in ("[ab]{0,3}", prop::collection::vec(0_u8..2, 0..3), 0_u64..2, 0_u16..2),
        ) {
            let place = |(space, key, revision, format): &(String, Vec<u8>, u64, u16)| {
                super::place(space, key, *revision, *format)
            };
            prop_assert_eq!(one == two, place(&one) == place(&two));
        }

        #[test]
        fn noise_does_not_open(noise in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(barrier(1, SystemEntropy).open("s", b"k", 1, 1, &noise).is_err());
        }
    }

    /// `cargo nextest run -p cipher --run-ignored only --no-capture`
    #[test]
    #[ignore = "a measurement"]
    #[expect(clippy::print_stdout, reason = "a measurement prints")]
    fn microseconds_for_a_record_of_900_bytes() {
        const ROUNDS: u32 = 100_000;
        let barrier = barrier(1, SystemEntropy);
        let value = [7; 900];
        let (mut sealing, mut opening) = (0.0, 0.0);
        for round in 0..ROUNDS {
            let start = Instant::now();
            let sealed = barrier.seal("kms.keys", b"123456789012/key", u64::from(round), 1, &value).unwrap();
            let middle = Instant::now();
            let opened = barrier.open("kms.keys", b"123456789012/key", u64::from(round), 1, &sealed).unwrap();
            opening += middle.elapsed().as_secs_f64();
            sealing += (middle - start).as_secs_f64();
            assert_eq!(opened.len(), value.len());
        }
        let micros = |seconds: f64| seconds * 1e6 / f64::from(ROUNDS);
        println!("seal {:.2} us, open {:.2} us", micros(sealing), micros(opening));
    }
}
