//! What a key is: its names, its kind, its state. The words are those of the KMS API.

use crate::Wrapped;
use cipher::Frames;
use names::{AccountId, KeyId};
use std::fmt;

/// The id of a backing key, one version of a key's material: 16 random bytes. It stands in clear in each ciphertext.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackingKeyId(pub [u8; 16]);

/// What a backing key's record is bound to: put under another key, or under another kind, it does not open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    pub account: AccountId,
    pub key: KeyId,
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
}

/// KeySpec, as far as the vault has the algorithms:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeySpec {
    SymmetricDefault,
}

/// KeyUsage, as far as the vault has the algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeyUsage {
    EncryptDecrypt,
}

/// Where a key's material comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Origin {
    AwsKms,
    External,
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

/// A thing that is a key, or stands for one. Whoever implements it must answer for one key only.
pub trait Keyed: Sync {
    fn binding(&self) -> Binding;

    fn state(&self) -> KeyState;

    /// The backing key that encrypts.
    fn current(&self) -> BackingKeyId;

    /// The record of one of this key's backing keys, former ones included; `None` for those of other keys.
    fn wrapped(&self, id: BackingKeyId) -> Option<&Wrapped>;
}

impl Binding {
    /// All of it, injectively, for associated data.
    pub(crate) fn frames(&self) -> Frames {
        Frames::with_capacity(160)
            .part(self.account.as_str().as_bytes())
            .part(self.key.as_str().as_bytes())
            .part(self.spec.as_str().as_bytes())
            .part(self.usage.as_str().as_bytes())
            .part(self.origin.as_str().as_bytes())
    }
}

impl KeySpec {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
        }
    }
}

impl KeyUsage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
        }
    }
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External => "EXTERNAL",
        }
    }
}

impl KeyState {
    pub const ALL: [Self; 8] = [
        Self::Creating,
        Self::Enabled,
        Self::Disabled,
        Self::PendingDeletion,
        Self::PendingImport,
        Self::PendingReplicaDeletion,
        Self::Unavailable,
        Self::Updating,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for BackingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BackingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
