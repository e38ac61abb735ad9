//! Ciphertexts: what Encrypt answers and Decrypt takes.
//!
//! ```text
//! "kagi" (4) ‖ format (1) ‖ algorithm (1) ‖ backing key's id (16) ‖ N (16) ‖ IV (12) ‖ commitment (32)   82 bytes in clear
//! ciphertext ‖ tag (16)
//! ```
//!
//! From the backing key and N, 64 bytes are derived: the key of this one message, and a commitment to it. All 82 bytes are authenticated,
//! together with the encryption context. Nobody tries keys: the header says which backing key it was.

use crate::cursor::Cursor;
use crate::verified::{Unverified, Verified};
use crate::{BackingKeyId, EncryptionContext, VaultError};
use cipher::{COMMITMENT_BYTES, Entropy, MessageKey, MessageNonce, TAG_BYTES, same};
use secret::{Opener, Secret};
use std::borrow::Cow;

/// The longest plaintext that Encrypt takes: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>.
pub const PLAINTEXT_BYTES_MAX: usize = 4096;
/// The longest ciphertext that Decrypt takes: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>.
pub const BLOB_BYTES_MAX: usize = 6144;

const MAGIC: [u8; 4] = *b"kagi";
const FORMAT: u8 = 1;
/// AES-256-GCM under a key derived by SP 800-108, counter mode, HMAC-SHA-256, with commitment.
const ALGORITHM: u8 = 1;
const HEADER_BYTES: usize = 82;
const LABEL: &str = "kagiban/blob/1";

const _: () = assert!(HEADER_BYTES + PLAINTEXT_BYTES_MAX + TAG_BYTES <= BLOB_BYTES_MAX, "every plaintext has a blob");

/// A ciphertext that was opened again before it was handed out.
pub struct Blob(Vec<u8>);

/// The part of a ciphertext that anyone can read. It proves nothing until the ciphertext has been opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlobHeader {
    backing_key: BackingKeyId,
    nonce: MessageNonce,
    commitment: [u8; COMMITMENT_BYTES],
}

/// Bytes that are no ciphertext of this house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no ciphertext of this house")]
pub struct NotABlob;

impl Blob {
    /// Seals `plaintext` under a key derived from the backing key, and opens it again.
    pub(crate) fn seal(
        under: BackingKey<'_>,
        plaintext: &Secret,
        context: &EncryptionContext,
        entropy: &dyn Entropy,
    ) -> Result<Self, VaultError> {
        let sealed = under.seal(plaintext, context, entropy)?;
        sealed.verify(plaintext, |blob| under.open(blob, context)).map(Verified::into_bytes).map(Self)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl BlobHeader {
    /// Reads the header, and that the length can be right.
    pub fn read(blob: &[u8]) -> Result<Self, NotABlob> {
        Self::split(blob).map(|(header, ..)| header).ok_or(NotABlob)
    }

    /// Under which backing key the ciphertext says that it was made.
    pub fn backing_key(&self) -> BackingKeyId {
        self.backing_key
    }

    /// The header as it is read and as it stands, and what follows it.
    fn split(blob: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        if blob.len() > BLOB_BYTES_MAX {
            return None;
        }
        let (bytes, rest) = blob.split_at_checked(HEADER_BYTES)?;
        let mut cursor = Cursor::new(bytes);
        let ours = (cursor.take()?, cursor.take()?, cursor.take()?) == (MAGIC, [FORMAT], [ALGORITHM]);
        let (backing_key, nonce) = (BackingKeyId(cursor.take()?), MessageNonce::from_bytes(cursor.take()?));
        let header = Self { backing_key, nonce, commitment: cursor.take()? };
        (ours && rest.len() > TAG_BYTES).then_some((header, bytes, rest))
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[FORMAT, ALGORITHM]);
        bytes.extend_from_slice(&self.backing_key.0);
        bytes.extend_from_slice(self.nonce.as_bytes());
        bytes.extend_from_slice(&self.commitment);
        bytes
    }
}

/// A backing key, unwrapped, with its id.
#[derive(Clone, Copy)]
pub(crate) struct BackingKey<'a> {
    pub(crate) id: BackingKeyId,
    pub(crate) key: &'a Secret,
    pub(crate) opener: &'a Opener,
}

impl BackingKey<'_> {
    fn seal(
        &self,
        plaintext: &Secret,
        context: &EncryptionContext,
        entropy: &dyn Entropy,
    ) -> Result<Unverified, VaultError> {
        if !(1..=PLAINTEXT_BYTES_MAX).contains(&plaintext.len()) {
            return Err(VaultError::OutOfBounds);
        }
        let nonce = MessageNonce::draw(entropy)?;
        let (key, commitment) = MessageKey::derive_committing(self.key, self.opener, LABEL, &nonce)?;
        let header = BlobHeader { backing_key: self.id, nonce, commitment }.write();
        let mut blob = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES);
        blob.extend_from_slice(&header);
        key.seal(&nonce, &authenticated(&header, context), plaintext.open(self.opener), &mut blob)?;
        Ok(Unverified::new(blob))
    }

    pub(crate) fn open(&self, blob: &[u8], context: &EncryptionContext) -> Result<Secret, VaultError> {
        let (header, bytes, sealed) = BlobHeader::split(blob).ok_or(VaultError::CiphertextRefused)?;
        if header.backing_key != self.id {
            return Err(VaultError::AnotherKey);
        }
        let (key, commitment) = MessageKey::derive_committing(self.key, self.opener, LABEL, &header.nonce)?;
        // GCM alone does not commit to its key: without this, a crafted ciphertext could open under two backing keys.
        if !same(&commitment, &header.commitment) {
            return Err(VaultError::CiphertextRefused);
        }
        key.open_secret(&header.nonce, &authenticated(bytes, context), sealed)
            .map_err(|_| VaultError::CiphertextRefused)
    }
}

/// The header has a fixed length and the context is framed, so the two together are injective as well.
fn authenticated<'a>(header: &'a [u8], context: &EncryptionContext) -> Cow<'a, [u8]> {
    match context.as_bytes() {
        [] => Cow::Borrowed(header),
        frames => Cow::Owned([header, frames].concat()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{bent, keys, secret};
    use cipher::SystemEntropy;
    use proptest::prelude::*;

    const ID: BackingKeyId = BackingKeyId(*b"backing key id 1");

    fn under(key: &Secret) -> BackingKey<'_> {
        BackingKey { id: ID, key, opener: &keys().opener }
    }

    fn context(value: &str) -> EncryptionContext {
        EncryptionContext::of([("department".to_owned(), value.to_owned())]).unwrap()
    }

    fn sealed(key: &Secret, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        Blob::seal(under(key), &secret(plaintext), &context("payroll"), &SystemEntropy).map(Blob::into_bytes)
    }

    fn opened(key: &Secret, blob: &[u8], context: &EncryptionContext) -> Result<Vec<u8>, VaultError> {
        under(key).open(blob, context).map(|plaintext| plaintext.open(&keys().opener).to_vec())
    }

    #[test]
    fn what_was_sealed_opens_within_the_limits() {
        let key = secret(&[1; 32]);
        for length in [1, 2, 32, PLAINTEXT_BYTES_MAX] {
            let plaintext = vec![7; length];
            let blob = sealed(&key, &plaintext).unwrap();
            assert!(blob.len() == HEADER_BYTES + length + TAG_BYTES && blob.len() <= BLOB_BYTES_MAX);
            assert!(BlobHeader::read(&blob).unwrap().backing_key() == ID);
            assert_eq!(opened(&key, &blob, &context("payroll")), Ok(plaintext));
        }
        for length in [0, PLAINTEXT_BYTES_MAX + 1] {
            assert_eq!(sealed(&key, &vec![7; length]), Err(VaultError::OutOfBounds));
        }
    }

    #[test]
    fn another_context_or_another_key_does_not_open_it() {
        let key = secret(&[1; 32]);
        let blob = sealed(&key, b"attack at dawn").unwrap();
        for other in [context("payrolk"), context(""), EncryptionContext::empty()] {
            assert_eq!(opened(&key, &blob, &other), Err(VaultError::CiphertextRefused));
        }
        assert_eq!(opened(&secret(&[2; 32]), &blob, &context("payroll")), Err(VaultError::CiphertextRefused));
    }

    #[test]
    fn every_bit_and_the_length_are_authenticated() {
        let key = secret(&[1; 32]);
        let blob = sealed(&key, b"attack at dawn").unwrap();
        for (place, bent) in bent(&blob) {
            let expected =
                if (6..22).contains(&place) { VaultError::AnotherKey } else { VaultError::CiphertextRefused };
            assert_eq!(opened(&key, &bent, &context("payroll")), Err(expected), "byte {place}");
        }
        for length in 0..blob.len() {
            assert!(opened(&key, blob.get(..length).unwrap(), &context("payroll")).is_err(), "cut at {length}");
        }
        assert!(opened(&key, &[&blob[..], &[0]].concat(), &context("payroll")).is_err());
    }

    /// The header says key B, and the vault is asked to open it with key B.
    #[test]
    fn the_id_of_another_backing_key_cannot_be_swapped_in() {
        let (key, other) = (secret(&[1; 32]), secret(&[2; 32]));
        let mut blob = sealed(&key, b"attack at dawn").unwrap();
        let other_id = BackingKeyId(*b"backing key id 2");
        blob.get_mut(6..22).unwrap().copy_from_slice(&other_id.0);
        for material in [&other, &key] {
            let under = BackingKey { id: other_id, key: material, opener: &keys().opener };
            assert_eq!(under.open(&blob, &context("payroll")).err(), Some(VaultError::CiphertextRefused));
        }
    }

    /// Everything is right but the commitment: GCM would open it.
    #[test]
    fn a_wrong_commitment_is_refused_although_the_tag_is_right() {
        let key = secret(&[1; 32]);
        let forge = |bend: u8| {
            let nonce = MessageNonce::draw(&SystemEntropy).unwrap();
            let derived = MessageKey::derive_committing(&key, &keys().opener, LABEL, &nonce);
            let (message_key, mut commitment) = derived.unwrap();
            *commitment.last_mut().unwrap() ^= bend;
            let mut blob = BlobHeader { backing_key: ID, nonce, commitment }.write();
            let aad = authenticated(&blob, &context("payroll")).into_owned();
            message_key.seal(&nonce, &aad, b"attack at dawn", &mut blob).unwrap();
            opened(&key, &blob, &context("payroll"))
        };
        assert_eq!(forge(0), Ok(b"attack at dawn".to_vec()));
        assert_eq!(forge(1), Err(VaultError::CiphertextRefused));
    }

    #[test]
    fn a_bit_that_flips_before_it_is_handed_out_is_noticed() {
        let (key, plaintext, context) = (secret(&[1; 32]), secret(&[7; 32]), context("payroll"));
        let seal = || under(&key).seal(&plaintext, &context, &SystemEntropy).unwrap();
        let verify = |it: Unverified| it.verify(&plaintext, |blob| under(&key).open(blob, &context)).err();
        assert_eq!(verify(seal()), None);
        for bit in 0..seal().bits() {
            assert_eq!(verify(seal().bend(bit)), Some(VaultError::Miswrapped), "bit {bit}");
        }
        let other = seal().verify(&secret(&[8; 32]), |blob| under(&key).open(blob, &context));
        assert_eq!(other.err(), Some(VaultError::Miswrapped));
    }

    #[test]
    fn nothing_seals_alike_twice() {
        let key = secret(&[1; 32]);
        let blobs: std::collections::BTreeSet<_> = (0..1000).map(|_| sealed(&key, b"x").unwrap()).collect();
        let starts = |from: usize, to: usize| {
            blobs.iter().map(|blob| blob.get(from..to).unwrap()).collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!((blobs.len(), starts(22, 38), starts(38, 50), starts(50, 82)), (1000, 1000, 1000, 1000));
    }

    proptest! {
        #[test]
        fn a_header_reads_what_it_writes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut blob = b"kagi\x01\x01".to_vec();
            blob.extend(bytes);
            match BlobHeader::read(&blob) {
                Ok(header) => prop_assert!(blob.starts_with(&header.write())),
                Err(NotABlob) => prop_assert!(blob.len() <= HEADER_BYTES + TAG_BYTES),
            }
        }

        #[test]
        fn noise_is_no_blob(noise in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assume!(!noise.starts_with(b"kagi"));
            prop_assert!(BlobHeader::read(&noise).is_err());
        }
    }
}
