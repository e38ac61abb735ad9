//! The vault: keys live here, and requests are parsed elsewhere.
//!
//! Its face, [`Vault`], is made of messages, so that the vault may live in this process ([`InProcess`]), in a guarded child, or behind
//! PKCS#11. Each use of a key demands a [`Ticket`], which is made from a checked signature, and enters a chain of uses ([`Use`]) that the
//! vault keeps by itself. What a key is used for demands [`Usable`], made from the thing that the call was judged upon and from its state:
//! authorized for key A, nobody can use key B.
//!
//! From the top: a [`Seal`] opens the root key, the root key opens the [`Keyring`] of domain keys, a domain key opens the wrapped records
//! of backing keys and access keys ([`Wrapped`], [`WrappedAccessKey`]), and from a backing key one key is derived for each [`Blob`]. The
//! wrapped records are kept by others and travel with the messages; unwrapped keys never leave. The vault reads and writes no file.

mod access_key;
mod backup;
mod backup_items;
mod blob;
mod bounded;
mod chain;
mod context;
mod cursor;
mod error;
mod face;
mod in_process;
mod key;
mod keyring;
mod seal;
mod states;
#[cfg(test)]
mod testing;
mod ticket;
mod verified;
mod wrapped;

pub use access_key::{Identify, STRING_TO_SIGN_BYTES_MAX, Scope};
pub use backup::{BackupHead, NotABackup};
pub use backup_items::{BackupReader, BackupWriter, NotBackedUp, NotReadBack};
pub use blob::{BLOB_BYTES_MAX, Blob, BlobHeader, NotABlob, PLAINTEXT_BYTES_MAX};
pub use chain::{HeadSeal, NotAHeadSeal, Standing, Use};
pub use context::{BadContext, CONTEXT_BYTES_MAX, EncryptionContext};
pub use error::VaultError;
pub use face::{Answer, DataKey, NewAccessKey, NewBackingKey, RANDOM_BYTES_MAX, Used, Vault};
pub use in_process::{BACKING_KEYS_CACHED_MAX, InProcess, SIGNING_KEYS_CACHED_MAX};
pub use key::{BackingKeyId, Binding, KeySpec, KeyState, KeyUsage, Keyed, Origin};
pub use keyring::{DOMAIN_KEYS_MAX, Keyring, NotInitialised, NotUnsealed};
pub use seal::{KEY_FILE_BYTES, PASSPHRASE_BYTES_MAX, PASSPHRASE_BYTES_MIN, Seal};
pub use states::{Decrypting, Destroying, Encrypting, Purpose, Unusable, Usable};
pub use ticket::{Holder, ROUNDS_SECONDS_MAX, TICKET_SECONDS_MAX, Ticket, Verb};
pub use wrapped::{NotWrapped, Wrapped, WrappedAccessKey};
