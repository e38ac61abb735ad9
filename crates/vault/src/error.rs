//! Why the vault did not do what a message asked.

use cipher::{NoEntropy, Underivable, Unsealed};

/// Fields would carry data of callers or of keys; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The signature is not the one that this key makes, or there is no such key. From outside the two cannot be told apart.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// The ticket's time is over.
    #[error("the ticket has expired")]
    TicketExpired,
    /// The ticket was made by another vault, or before this one was started.
    #[error("the ticket is not of this vault")]
    TicketForeign,
    /// A ticket of this kind does not give this verb.
    #[error("a ticket of this kind does not allow this use")]
    VerbRefused,
    /// Not a ciphertext of this vault, changed on its way, or bound to another encryption context (KMS: InvalidCiphertextException).
    #[error("the ciphertext does not open")]
    CiphertextRefused,
    /// The ciphertext names a backing key that the judged key does not have (KMS: IncorrectKeyException).
    #[error("the ciphertext belongs to another key")]
    AnotherKey,
    /// A wrapped record did not open under what it must be bound to: whoever keeps it has changed, moved or lost it. The house's fault,
    /// never the caller's: the key is to be quarantined.
    #[error("a wrapped record does not open")]
    RecordRefused,
    /// A length or a text is outside its named limit.
    #[error("an input is outside its limits")]
    OutOfBounds,
    /// What was about to be handed out did not open again. Nothing was handed out.
    #[error("what was sealed does not open again")]
    Miswrapped,
    /// The mark on the trail's head is not of this vault, or is of another head.
    #[error("the mark on the head does not match")]
    HeadRefused,
    /// No random bytes could be had.
    #[error("no random bytes could be had")]
    NoEntropy,
    /// AWS-LC refused; nothing but exhausted memory is known to cause it.
    #[error("the cipher refused")]
    CipherRefused,
}

impl From<NoEntropy> for VaultError {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<Underivable> for VaultError {
    fn from(_: Underivable) -> Self {
        Self::CipherRefused
    }
}

impl From<Unsealed> for VaultError {
    fn from(unsealed: Unsealed) -> Self {
        match unsealed {
            Unsealed::NoEntropy => Self::NoEntropy,
            Unsealed::TooLong => Self::OutOfBounds,
            Unsealed::Refused => Self::CipherRefused,
        }
    }
}
