//! Which state of a key admits which purpose: the one table, and the proof that it was asked.

use crate::{BackingKeyId, Binding, KeyState, Keyed, Wrapped};
use secret::Allowed;
use std::marker::PhantomData;

/// The judged key, in a state that admits the purpose `P`. The vault's operations accept nothing else.
pub struct Usable<'a, P> {
    key: &'a dyn Keyed,
    purpose: PhantomData<fn() -> P>,
}

/// Why a key is not [`Usable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// KMS: DisabledException.
    #[error("the key is disabled")]
    Disabled,
    /// KMS: KMSInvalidStateException.
    #[error("the key is in a state that does not admit this use")]
    State(KeyState),
}

/// What a key may be wanted for. Its three implementations stand in this file.
pub trait Purpose: sealed::Sealed {
    /// The row of the table.
    fn admit(state: KeyState) -> Result<(), Unusable>;
}

pub enum Encrypting {}
pub enum Decrypting {}
pub enum Destroying {}

/// The table, from <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>.
///
/// | purpose | Enabled, Updating | Disabled | PendingDeletion, PendingReplicaDeletion | Creating, PendingImport, Unavailable |
/// | --- | --- | --- | --- | --- |
/// | encrypting, decrypting | yes | disabled | state | state |
/// | destroying | state | state | yes | state |
fn admit_cryptography(state: KeyState) -> Result<(), Unusable> {
    match state {
        KeyState::Enabled | KeyState::Updating => Ok(()),
        KeyState::Disabled => Err(Unusable::Disabled),
        KeyState::Creating
        | KeyState::PendingDeletion
        | KeyState::PendingImport
        | KeyState::PendingReplicaDeletion
        | KeyState::Unavailable => Err(Unusable::State(state)),
    }
}

fn admit_destruction(state: KeyState) -> Result<(), Unusable> {
    match state {
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => Ok(()),
        KeyState::Creating
        | KeyState::Enabled
        | KeyState::Disabled
        | KeyState::PendingImport
        | KeyState::Unavailable
        | KeyState::Updating => Err(Unusable::State(state)),
    }
}

impl Purpose for Encrypting {
    fn admit(state: KeyState) -> Result<(), Unusable> {
        admit_cryptography(state)
    }
}

impl Purpose for Decrypting {
    fn admit(state: KeyState) -> Result<(), Unusable> {
        admit_cryptography(state)
    }
}

impl Purpose for Destroying {
    fn admit(state: KeyState) -> Result<(), Unusable> {
        admit_destruction(state)
    }
}

impl<'a, P: Purpose> Usable<'a, P> {
    /// The only way to one.
    pub fn of<K: Keyed>(key: Allowed<'a, K>) -> Result<Self, Unusable> {
        P::admit(key.state())?;
        Ok(Self { key: key.thing(), purpose: PhantomData })
    }

    pub(crate) fn binding(&self) -> Binding {
        self.key.binding()
    }

    pub(crate) fn current(&self) -> BackingKeyId {
        self.key.current()
    }

    pub(crate) fn wrapped(&self, id: BackingKeyId) -> Option<&'a Wrapped> {
        self.key.wrapped(id)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Encrypting {}
    impl Sealed for super::Decrypting {}
    impl Sealed for super::Destroying {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_row_by_row() {
        use KeyState::*;
        for state in KeyState::ALL {
            let cryptography = match state {
                Enabled | Updating => Ok(()),
                Disabled => Err(Unusable::Disabled),
                other => Err(Unusable::State(other)),
            };
            assert_eq!(Encrypting::admit(state), cryptography);
            assert_eq!(Decrypting::admit(state), cryptography);
            let pending = matches!(state, PendingDeletion | PendingReplicaDeletion);
            assert_eq!(Destroying::admit(state).is_ok(), pending);
            assert_eq!(KeyState::parse(state.as_str()), Some(state));
        }
    }
}
