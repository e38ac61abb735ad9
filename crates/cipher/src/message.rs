//! One message under one key: AES-256-GCM (SP 800-38D) under a key that is derived for the message and used for nothing else.
//!
//! The message draws N (16 bytes) and IV (12 bytes) at random; its key is derived from the long-lived key and N. Random IVs under one key
//! would end at 2^32 messages; here a repetition needs N and IV to meet, 224 bits: q messages repeat with a probability under q²/2^225
//! (Campagna and Gueron, "Key Management Systems at the Cloud Scale", Cryptography 3(3):23, 2019).

use crate::derive::{Underivable, kbkdf};
use crate::{Entropy, NoEntropy};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secret::{Opener, Secret};
use zeroize::Zeroizing;

/// The bytes that GCM adds.
pub const TAG_BYTES: usize = 16;
/// N and IV.
pub const MESSAGE_NONCE_BYTES: usize = N_BYTES + IV_BYTES;
/// What tells one key from another without telling the key.
pub const COMMITMENT_BYTES: usize = 32;

const N_BYTES: usize = 16;
const IV_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// A message was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsealed {
    #[error("no random bytes could be had")]
    NoEntropy,
    #[error("the message is longer than the limit")]
    TooLong,
    #[error("the cipher refused")]
    Refused,
}

/// A message did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    #[error("the message is cut short or too long")]
    Length,
    #[error("the message has an unknown form")]
    UnknownForm,
    #[error("the message, what it is bound to, or its key is another one")]
    NotAuthentic,
}

/// N and IV of one message. They are no secret, and must never be chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MessageNonce([u8; MESSAGE_NONCE_BYTES]);

/// The key of one message: made for it, consumed by it.
pub struct MessageKey(LessSafeKey);

impl MessageNonce {
    /// Draws a new one.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let mut bytes = [0; MESSAGE_NONCE_BYTES];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The one that stands in a sealed message: N, then IV.
    pub fn from_bytes(bytes: [u8; MESSAGE_NONCE_BYTES]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; MESSAGE_NONCE_BYTES] {
        &self.0
    }

    fn split(&self) -> ([u8; N_BYTES], [u8; IV_BYTES]) {
        let (mut n, mut iv) = ([0; N_BYTES], [0; IV_BYTES]);
        let (first, second) = self.0.split_at(N_BYTES);
        n.copy_from_slice(first);
        iv.copy_from_slice(second);
        (n, iv)
    }
}

impl MessageKey {
    /// The key of the message with this nonce, for the purpose that `label` names.
    pub fn derive(
        base: &Secret,
        opener: &Opener,
        label: &'static str,
        nonce: &MessageNonce,
    ) -> Result<Self, Underivable> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        kbkdf(base.open(opener), label, &nonce.split().0, key.as_mut())?;
        Self::of(key.as_ref())
    }

    /// As [`MessageKey::derive`], with a commitment: GCM alone lets a crafted message open under two keys. The commitment is the second
    /// half of the derived bytes; it goes with the message, and is compared first when the message is opened.
    pub fn derive_committing(
        base: &Secret,
        opener: &Opener,
        label: &'static str,
        nonce: &MessageNonce,
    ) -> Result<(Self, [u8; COMMITMENT_BYTES]), Underivable> {
        let mut both = Zeroizing::new([0; KEY_BYTES + COMMITMENT_BYTES]);
        kbkdf(base.open(opener), label, &nonce.split().0, both.as_mut())?;
        let (key, rest) = both.split_first_chunk::<KEY_BYTES>().ok_or(Underivable)?;
        let commitment = rest.first_chunk::<COMMITMENT_BYTES>().ok_or(Underivable)?;
        Ok((Self::of(key)?, *commitment))
    }

    /// Appends the ciphertext and its tag, [`TAG_BYTES`] more than `plaintext`, to `out`.
    pub fn seal(self, nonce: &MessageNonce, aad: &[u8], plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Unsealed> {
        let start = out.len();
        out.resize(start + plaintext.len() + TAG_BYTES, 0);
        let room = out.get_mut(start..).ok_or(Unsealed::Refused)?;
        let (ciphertext, tag) = room.split_at_mut_checked(plaintext.len()).ok_or(Unsealed::Refused)?;
        let iv = Nonce::assume_unique_for_key(nonce.split().1);
        self.0
            .seal_out_of_place_scatter(iv, Aad::from(aad), plaintext, ciphertext, &[], tag)
            .map_err(|_| Unsealed::Refused)
    }

    /// Opens `sealed`, ciphertext and tag, into `plaintext`, which must be [`TAG_BYTES`] shorter. After an error the content of
    /// `plaintext` means nothing.
    pub fn open(self, nonce: &MessageNonce, aad: &[u8], sealed: &[u8], plaintext: &mut [u8]) -> Result<(), Unopened> {
        let (ciphertext, tag) = sealed.split_at_checked(plaintext.len()).ok_or(Unopened::Length)?;
        if tag.len() != TAG_BYTES {
            return Err(Unopened::Length);
        }
        let iv = Nonce::assume_unique_for_key(nonce.split().1);
        self.0.open_separate_gather(iv, Aad::from(aad), ciphertext, tag, plaintext).map_err(|_| Unopened::NotAuthentic)
    }

    /// As [`MessageKey::open`], for what was sealed as a secret: it opens as a secret only.
    pub fn open_secret(self, nonce: &MessageNonce, aad: &[u8], sealed: &[u8]) -> Result<Secret, Unopened> {
        let length = sealed.len().checked_sub(TAG_BYTES).ok_or(Unopened::Length)?;
        Secret::try_fill(length, |plaintext| self.open(nonce, aad, sealed, plaintext))
    }

    fn of(key: &[u8]) -> Result<Self, Underivable> {
        UnboundKey::new(&AES_256_GCM, key).map(|key| Self(LessSafeKey::new(key))).map_err(|_| Underivable)
    }
}

impl Drop for MessageKey {
    fn drop(&mut self) {
        locked::sweep();
    }
}

impl From<NoEntropy> for Unsealed {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<Underivable> for Unsealed {
    fn from(_: Underivable) -> Self {
        Self::Refused
    }
}

impl From<Underivable> for Unopened {
    fn from(_: Underivable) -> Self {
        Self::NotAuthentic
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive::tests::hex;

    /// The GCM specification (McGrew and Viega), test cases 14 and 16 for AES-256.
    #[test]
    fn aes_256_gcm_of_the_specification() {
        let seal = |key: &str, iv: &str, aad: &str, plaintext: &str| {
            let mut nonce = vec![0; N_BYTES];
            nonce.extend(hex(iv));
            let nonce = nonce.first_chunk().map(|bytes| MessageNonce::from_bytes(*bytes));
            let mut out = Vec::new();
            let key = MessageKey::of(&hex(key));
            let sealed = key.ok().zip(nonce).map(|(key, nonce)| key.seal(&nonce, &hex(aad), &hex(plaintext), &mut out));
            assert_eq!(sealed, Some(Ok(())));
            out
        };
        let zeros = "00".repeat(16);
        assert_eq!(
            seal(&"00".repeat(32), &"00".repeat(12), "", &zeros),
            hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        );
        assert_eq!(
            seal(
                "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
                "cafebabefacedbaddecaf888",
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
                 b16aedf5aa0de657ba637b39",
            ),
            hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
                 c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")
        );
    }
}
