//! The face of the vault: messages, and the proofs that each of them demands.

use crate::{
    BackingKeyId, Binding, Blob, Decrypting, Destroying, Encrypting, EncryptionContext, HeadSeal, Identify, Standing,
    Ticket, Usable, Use, VaultError, Wrapped, WrappedAccessKey,
};
use names::{AccountId, Time};
use secret::{Mint, Secret};
use std::pin::Pin;

/// The most random bytes that one message yields:
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>.
pub const RANDOM_BYTES_MAX: usize = 1024;

/// An answer that may come from another process.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, VaultError>> + Send + 'a>>;

/// An answer for which a key was used, with its link in the chain of uses.
pub struct Used<T> {
    pub value: T,
    pub link: Use,
}

/// A new access key. The secret is shown once.
pub struct NewAccessKey {
    /// 40 letters of the base64 alphabet.
    pub secret: Secret,
    pub wrapped: WrappedAccessKey,
}

/// A new backing key.
pub struct NewBackingKey {
    pub id: BackingKeyId,
    pub wrapped: Wrapped,
}

/// A new data key, in clear and encrypted.
pub struct DataKey {
    pub plaintext: Secret,
    pub blob: Blob,
}

/// Keeper of the keys. Every use of a key demands a ticket that has not expired and gives the verb, and enters the chain of uses.
pub trait Vault: Send + Sync {
    /// Checks a signature; yields a ticket for the request that was signed.
    fn identify<'a>(&'a self, claim: Identify<'a>) -> Answer<'a, Ticket>;

    /// A ticket for a task of the house. It cannot read or write under a key.
    fn rounds<'a>(&'a self, mint: &'a Mint, service: &'a str, now: Time) -> Answer<'a, Ticket>;

    /// Makes an access key.
    fn create_access_key<'a>(
        &'a self,
        ticket: &'a Ticket,
        account: AccountId,
        access_key_id: &'a str,
    ) -> Answer<'a, Used<NewAccessKey>>;

    /// Makes the access key of an installation's first user, or one in place of keys that were lost: when nobody can hold a ticket.
    fn first_access_key<'a>(
        &'a self,
        mint: &'a Mint,
        account: AccountId,
        access_key_id: &'a str,
    ) -> Answer<'a, Used<NewAccessKey>>;

    /// Makes a backing key: the first one of a key, or its next version. Material of origin EXTERNAL is not made here
    /// ([`VaultError::OutOfBounds`]).
    fn create<'a>(&'a self, ticket: &'a Ticket, binding: &'a Binding) -> Answer<'a, Used<NewBackingKey>>;

    /// Encrypts 1 to [`crate::PLAINTEXT_BYTES_MAX`] bytes under the key's current backing key.
    fn encrypt<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Encrypting>,
        plaintext: &'a Secret,
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<Blob>>;

    /// Decrypts under the backing key that the ciphertext names, if it is one of this key's.
    fn decrypt<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Decrypting>,
        blob: &'a [u8],
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<Secret>>;

    /// Draws a data key of 1 to [`RANDOM_BYTES_MAX`] bytes and encrypts it.
    fn generate<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Encrypting>,
        length_bytes: usize,
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<DataKey>>;

    /// Draws 1 to [`RANDOM_BYTES_MAX`] random bytes. No key is used, so the chain has no link for it.
    fn random<'a>(&'a self, ticket: &'a Ticket, length_bytes: usize) -> Answer<'a, Secret>;

    /// Forgets a key that is at its end, and leaves a tombstone in the chain. Its records are the caller's to delete.
    fn destroy<'a>(&'a self, ticket: &'a Ticket, key: Usable<'a, Destroying>) -> Answer<'a, Used<()>>;

    /// How far the chain of uses has come.
    fn standing(&self) -> Answer<'_, Standing>;

    /// Marks the trail's head together with the standing of this moment, for a file that is kept apart from the trail.
    fn seal_head<'a>(&'a self, trail_head: &'a [u8]) -> Answer<'a, HeadSeal>;
}
