//! Wrapped records: keys sealed under a domain key, bound to whose they are. Others keep them; they open here only.

use crate::cursor::Cursor;
use crate::verified::{Unverified, Verified};
use crate::{BackingKeyId, Binding, Keyring, VaultError};
use cipher::{Frames, MESSAGE_NONCE_BYTES, MessageKey, MessageNonce, TAG_BYTES};
use names::AccountId;
use secret::Secret;

/// A backing key's record.
#[derive(Clone, PartialEq, Eq)]
pub struct Wrapped(Box<[u8]>);

/// An access key's record.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedAccessKey(Box<[u8]>);

/// Bytes that are no wrapped record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no wrapped record")]
pub struct NotWrapped;

/// The length of a backing key in bytes.
pub(crate) const BACKING_KEY_BYTES: usize = 32;
/// The length of an access key's secret in bytes; all of them are letters of the base64 alphabet.
pub(crate) const ACCESS_KEY_BYTES: usize = 40;

/// The form of a record: form (1 byte) ‖ id of the domain key (4) ‖ N (16) ‖ IV (12) ‖ ciphertext ‖ tag (16). It is part of what a record
/// is bound to, so that no record can be read in another form than it was written in.
const FORM: u8 = 1;
const HEADER_BYTES: usize = 1 + 4 + MESSAGE_NONCE_BYTES;

/// What the two kinds of record do not share.
struct Kind {
    label: &'static str,
    secret_bytes: usize,
}

const BACKING_KEY: Kind = Kind { label: "kagiban/wrap/backing-key/1", secret_bytes: BACKING_KEY_BYTES };
const ACCESS_KEY: Kind = Kind { label: "kagiban/wrap/access-key/1", secret_bytes: ACCESS_KEY_BYTES };

impl Wrapped {
    /// Takes a record that was kept. Whether it opens, only its use will tell.
    pub fn read(bytes: &[u8]) -> Result<Self, NotWrapped> {
        BACKING_KEY.read(bytes).map(Self)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl WrappedAccessKey {
    /// Takes a record that was kept. Whether it opens, only its use will tell.
    pub fn read(bytes: &[u8]) -> Result<Self, NotWrapped> {
        ACCESS_KEY.read(bytes).map(Self)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Keyring {
    pub(crate) fn wrap_backing_key(
        &self,
        binding: &Binding,
        id: BackingKeyId,
        key: &Secret,
    ) -> Result<Wrapped, VaultError> {
        let owner = backing_key_owner(binding, id);
        let verified = self.wrap(&BACKING_KEY, &owner, key)?.verify(key, |it| self.unwrap(&BACKING_KEY, &owner, it))?;
        Ok(Wrapped(boxed(verified)))
    }

    pub(crate) fn unwrap_backing_key(
        &self,
        binding: &Binding,
        id: BackingKeyId,
        wrapped: &Wrapped,
    ) -> Result<Secret, VaultError> {
        self.unwrap(&BACKING_KEY, &backing_key_owner(binding, id), &wrapped.0)
    }

    pub(crate) fn wrap_access_key(
        &self,
        account: AccountId,
        access_key_id: &str,
        key: &Secret,
    ) -> Result<WrappedAccessKey, VaultError> {
        let owner = access_key_owner(account, access_key_id);
        let verified = self.wrap(&ACCESS_KEY, &owner, key)?.verify(key, |it| self.unwrap(&ACCESS_KEY, &owner, it))?;
        Ok(WrappedAccessKey(boxed(verified)))
    }

    pub(crate) fn unwrap_access_key(
        &self,
        account: AccountId,
        access_key_id: &str,
        wrapped: &WrappedAccessKey,
    ) -> Result<Secret, VaultError> {
        self.unwrap(&ACCESS_KEY, &access_key_owner(account, access_key_id), &wrapped.0)
    }

    fn wrap(&self, kind: &Kind, owner: &Frames, key: &Secret) -> Result<Unverified, VaultError> {
        let (id, domain_key) = self.current_domain_key();
        let nonce = MessageNonce::draw(self.entropy())?;
        let message_key = MessageKey::derive(domain_key, self.opener(), kind.label, &nonce)?;
        let mut record = Vec::with_capacity(kind.record_bytes());
        record.push(FORM);
        record.extend_from_slice(&id.to_be_bytes());
        record.extend_from_slice(nonce.as_bytes());
        message_key.seal(&nonce, &self.bound(kind, id, owner), key.open(self.opener()), &mut record)?;
        Ok(Unverified::new(record))
    }

    fn unwrap(&self, kind: &Kind, owner: &Frames, record: &[u8]) -> Result<Secret, VaultError> {
        let mut cursor = Cursor::new(record);
        let parts = (cursor.take(), cursor.take_u32(), cursor.take(), record.len() == kind.record_bytes());
        let (Some([FORM]), Some(id), Some(nonce), true) = parts else { return Err(VaultError::RecordRefused) };
        let domain_key = self.domain_key(id).ok_or(VaultError::RecordRefused)?;
        let nonce = MessageNonce::from_bytes(nonce);
        let message_key = MessageKey::derive(domain_key, self.opener(), kind.label, &nonce)?;
        message_key
            .open_secret(&nonce, &self.bound(kind, id, owner), cursor.rest())
            .map_err(|_| VaultError::RecordRefused)
    }

    /// What a record is bound to: its form and kind, the domain key, the installation, and whose key it is.
    fn bound(&self, kind: &Kind, domain_key: u32, owner: &Frames) -> Vec<u8> {
        Frames::with_capacity(320)
            .part(&[FORM])
            .part(kind.label.as_bytes())
            .part(&domain_key.to_be_bytes())
            .part(self.installation())
            .part(owner.as_bytes())
            .into_bytes()
    }
}

impl Kind {
    fn record_bytes(&self) -> usize {
        HEADER_BYTES + self.secret_bytes + TAG_BYTES
    }

    fn read(&self, bytes: &[u8]) -> Result<Box<[u8]>, NotWrapped> {
        let is_one = bytes.len() == self.record_bytes() && bytes.first() == Some(&FORM);
        is_one.then(|| bytes.into()).ok_or(NotWrapped)
    }
}

fn backing_key_owner(binding: &Binding, id: BackingKeyId) -> Frames {
    binding.frames().part(&id.0)
}

fn access_key_owner(account: AccountId, access_key_id: &str) -> Frames {
    Frames::with_capacity(64).part(account.as_str().as_bytes()).part(access_key_id.as_bytes())
}

fn boxed(verified: Verified) -> Box<[u8]> {
    verified.into_bytes().into_boxed_slice()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Origin;
    use crate::testing::{INSTALLATION, bent, binding, key_file, keyring, keys, secret};
    use cipher::SystemEntropy;
    use std::sync::Arc;

    const ID: BackingKeyId = BackingKeyId([1; 16]);

    #[test]
    fn a_record_opens_for_the_key_it_was_made_for_and_no_other() {
        let keyring = keyring();
        let key = secret(&[7; 32]);
        let wrapped = keyring.wrap_backing_key(&binding(1, 1), ID, &key).unwrap();
        let unwrap = |binding: &Binding, id| keyring.unwrap_backing_key(binding, id, &wrapped);
        assert!(unwrap(&binding(1, 1), ID).unwrap().same(&key));
        assert_eq!(unwrap(&binding(1, 2), ID).err(), Some(VaultError::RecordRefused));
        assert_eq!(unwrap(&binding(2, 1), ID).err(), Some(VaultError::RecordRefused));
        assert_eq!(unwrap(&binding(1, 1), BackingKeyId([2; 16])).err(), Some(VaultError::RecordRefused));
        let external = Binding { origin: Origin::External, ..binding(1, 1) };
        assert_eq!(unwrap(&external, ID).err(), Some(VaultError::RecordRefused));
    }

    #[test]
    fn every_bit_and_the_length_of_a_record_are_authenticated() {
        let keyring = keyring();
        let wrapped = keyring.wrap_backing_key(&binding(1, 1), ID, &secret(&[7; 32])).unwrap();
        for (place, bent) in bent(wrapped.as_bytes()) {
            let opened = keyring.unwrap_backing_key(&binding(1, 1), ID, &Wrapped(bent.into()));
            assert_eq!(opened.err(), Some(VaultError::RecordRefused), "byte {place}");
        }
        for length in 0..wrapped.as_bytes().len() {
            assert!(Wrapped::read(wrapped.as_bytes().get(..length).unwrap()).is_err());
        }
        assert!(Wrapped::read(&[wrapped.as_bytes(), &[0]].concat()).is_err());
        assert!(Wrapped::read(wrapped.as_bytes()) == Ok(wrapped));
    }

    #[test]
    fn an_access_key_opens_for_its_account_and_id_and_is_no_backing_key() {
        let keyring = keyring();
        let (one, two) = (AccountId::from_number(1), AccountId::from_number(2));
        let wrapped = keyring.wrap_access_key(one, "AKIAONE", &secret(&[7; 40])).unwrap();
        assert!(keyring.unwrap_access_key(one, "AKIAONE", &wrapped).is_ok());
        assert!(keyring.unwrap_access_key(two, "AKIAONE", &wrapped).is_err());
        assert!(keyring.unwrap_access_key(one, "AKIATWO", &wrapped).is_err());
        assert!(Wrapped::read(wrapped.as_bytes()).is_err());
    }

    #[test]
    fn another_installation_with_the_same_keys_does_not_open_a_record() {
        let here = keyring();
        let wrapped = here.wrap_backing_key(&binding(1, 1), ID, &secret(&[7; 32])).unwrap();
        assert!(keyring().unwrap_backing_key(&binding(1, 1), ID, &wrapped).is_err());
        let there = here.moved_to(*b"two installation");
        assert!(there.unwrap_backing_key(&binding(1, 1), ID, &wrapped).is_err());
        assert!(there.moved_to(INSTALLATION).unwrap_backing_key(&binding(1, 1), ID, &wrapped).is_ok());
    }

    #[test]
    fn a_new_domain_key_wraps_and_the_former_one_still_opens() {
        let entropy = Arc::new(SystemEntropy);
        let (mut keyring, first) =
            Keyring::initialise(&key_file(1), INSTALLATION, entropy.clone(), &keys().opener).unwrap();
        let former = keyring.wrap_backing_key(&binding(1, 1), ID, &secret(&[7; 32])).unwrap();
        let second = keyring.grown().unwrap();
        let latter = keyring.wrap_backing_key(&binding(1, 1), ID, &secret(&[8; 32])).unwrap();
        let opens = |file: &[u8], wrapped: &Wrapped| {
            let keyring = Keyring::unseal(file, &key_file(1), INSTALLATION, entropy.clone(), &keys().opener).unwrap();
            keyring.unwrap_backing_key(&binding(1, 1), ID, wrapped).is_ok()
        };
        assert_eq!((opens(&first, &former), opens(&first, &latter)), (true, false));
        assert_eq!((opens(&second, &former), opens(&second, &latter)), (true, true));
    }

    #[test]
    fn a_bit_that_flips_before_it_is_handed_out_is_noticed() {
        let (keyring, key, owner) = (keyring(), secret(&[7; 32]), backing_key_owner(&binding(1, 1), ID));
        let wrap = || keyring.wrap(&BACKING_KEY, &owner, &key).unwrap();
        let verify = |it: Unverified| it.verify(&key, |it| keyring.unwrap(&BACKING_KEY, &owner, it)).err();
        assert_eq!(verify(wrap()), None);
        for bit in 0..wrap().bits() {
            assert_eq!(verify(wrap().bend(bit)), Some(VaultError::Miswrapped), "bit {bit}");
        }
    }
}
