//! What the tests of this crate share.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test process is a house of its own and cuts its own keys")]

use crate::{BackingKeyId, Binding, KeySpec, KeyState, KeyUsage, Keyed, Keyring, Origin, Seal, Wrapped};
use cipher::SystemEntropy;
use names::{AccountId, Clock, KeyId, Moment, Time};
use secret::{Keys, Secret, cut_keys};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

pub(crate) const INSTALLATION: [u8; 16] = *b"one installation";

pub(crate) fn keys() -> &'static Keys {
    static KEYS: OnceLock<&'static Keys> = OnceLock::new();
    KEYS.get_or_init(|| cut_keys().unwrap())
}

pub(crate) fn secret(bytes: &[u8]) -> Secret {
    Secret::from_vec(bytes.to_vec())
}

pub(crate) fn key_file(byte: u8) -> Seal {
    Seal::KeyFile(secret(&[byte; 32]))
}

pub(crate) fn keyring() -> Keyring {
    Keyring::initialise(&key_file(1), INSTALLATION, Arc::new(SystemEntropy), &keys().opener).unwrap().0
}

pub(crate) fn binding(account: u64, key: u8) -> Binding {
    Binding {
        account: AccountId::from_number(account),
        key: KeyId::parse(&format!("1234abcd-12ab-34cd-56ef-1234567890{key:02x}")).unwrap(),
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsage::EncryptDecrypt,
        origin: Origin::AwsKms,
    }
}

/// Hexadecimal digits as bytes.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
    digits.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | nibble(*digit))).collect()
}

/// The bytes with one bit changed, for each bit.
pub(crate) fn bent(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut bent = bytes.to_vec();
        *bent.get_mut(bit / 8).unwrap() ^= 1 << (bit % 8);
        (bit / 8, bent)
    })
}

/// The vault of this process never waits, so one poll gives the answer.
pub(crate) fn now<T>(answer: impl Future<Output = T>) -> T {
    let answer = std::pin::pin!(answer);
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the vault of this process waited"),
    }
}

/// A clock that stands still until a test moves it. Clones move together.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn at(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn wall(&self) -> Time {
        Time::from_seconds(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Moment {
        Moment::default()
    }
}

/// A key as a service would keep it.
pub(crate) struct Key {
    pub(crate) binding: Binding,
    pub(crate) state: KeyState,
    /// The last one is the current one.
    pub(crate) backing: Vec<(BackingKeyId, Wrapped)>,
}

impl Keyed for Key {
    fn binding(&self) -> Binding {
        self.binding.clone()
    }

    fn state(&self) -> KeyState {
        self.state
    }

    fn current(&self) -> BackingKeyId {
        self.backing.last().unwrap().0
    }

    fn wrapped(&self, id: BackingKeyId) -> Option<&Wrapped> {
        self.backing.iter().find(|(of, _)| *of == id).map(|(_, wrapped)| wrapped)
    }
}
