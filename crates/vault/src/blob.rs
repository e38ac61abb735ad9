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
        Self::split(blob).map(|(header, _)| header).ok_or(NotABlob)
    }

    /// Under which backing key the ciphertext says that it was made.
    pub fn backing_key(&self) -> BackingKeyId {
        self.backing_key
    }

    fn split(blob: &[u8]) -> Option<(Self, &[u8])> {
        if blob.len() > BLOB_BYTES_MAX {
            return None;
        }
        let mut cursor = Cursor::new(blob);
        let ours = (cursor.take()?, cursor.take()?, cursor.take()?) == (MAGIC, [FORMAT], [ALGORITHM]);
        let (backing_key, nonce) = (BackingKeyId(cursor.take()?), MessageNonce::from_bytes(cursor.take()?));
        let header = Self { backing_key, nonce, commitment: cursor.take()? };
        (ours && cursor.rest().len() > TAG_BYTES).then_some((header, cursor.rest()))
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
        let mut blob = BlobHeader { backing_key: self.id, nonce, commitment }.write();
        let aad = authenticated(&blob, context);
        blob.reserve_exact(plaintext.len() + TAG_BYTES);
        key.seal(&nonce, &aad, plaintext.open(self.opener), &mut blob)?;
        Ok(Unverified::new(blob))
    }

    pub(crate) fn open(&self, blob: &[u8], context: &EncryptionContext) -> Result<Secret, VaultError> {
        let (header, sealed) = BlobHeader::split(blob).ok_or(VaultError::CiphertextRefused)?;
        if header.backing_key != self.id {
            return Err(VaultError::AnotherKey);
        }
        let (key, commitment) = MessageKey::derive_committing(self.key, self.opener, LABEL, &header.nonce)?;
        // GCM alone does not commit to its key: without this, a crafted ciphertext could open under two backing keys.
        if !same(&commitment, &header.commitment) {
            return Err(VaultError::CiphertextRefused);
        }
        key.open_secret(&header.nonce, &authenticated(&header.write(), context), sealed)
            .map_err(|_| VaultError::CiphertextRefused)
    }
}

/// The header has a fixed length and the context is framed, so the two together are injective as well.
fn authenticated(header: &[u8], context: &EncryptionContext) -> Vec<u8> {
    [header, context.as_bytes()].concat()
}
