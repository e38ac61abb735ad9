//! The keyring: the keys that wrap all other keys, and the file in which they lie sealed under the root key.
//!
//! The file, in order; numbers stand big end first:
//!
//! ```text
//! magic (16) ‖ format (2) ‖ installation (16) ‖ recipe of the seal (1 or 29)           in clear, authenticated below
//! N and IV (28) ‖ root key (32) ‖ tag (16)                                             sealed under the unseal key
//! N and IV (28) ‖ barrier key (32) ‖ heads key (32) ‖ domain keys (4 + 32 each) ‖ tag  sealed under the root key
//! ```
//!
//! Whoever changes the seal rewrites this file and nothing else. There may be several domain keys: the last one seals, the former ones stay
//! for what they have sealed. Nothing adds one yet.

use crate::cursor::Cursor;
use crate::seal::{Recipe, Seal};
use crate::{HeadSeal, Standing, VaultError};
use cipher::{
    BARRIER_KEY_BYTES, Barrier, Entropy, Frames, MESSAGE_NONCE_BYTES, MessageKey, MessageNonce, NoEntropy, TAG_BYTES,
    Unsealed, hmac_sha256, same,
};
use secret::{Opener, Secret};
use std::sync::Arc;

/// One a week for twenty years.
pub const DOMAIN_KEYS_MAX: usize = 1024;

const MAGIC: &[u8; 16] = b"kagiban-keyring\0";
const FORMAT: u16 = 1;
const KEY_BYTES: usize = 32;
const DOMAIN_KEY_BYTES: usize = 4 + KEY_BYTES;
const SEALED_ROOT_BYTES: usize = MESSAGE_NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const RING_BYTES_MAX: usize = 2 * KEY_BYTES + DOMAIN_KEYS_MAX * DOMAIN_KEY_BYTES;
/// The longest keyring file: magic, format, installation, recipe, root, ring.
pub(crate) const KEYRING_BYTES_MAX: usize =
    16 + 2 + 16 + 29 + SEALED_ROOT_BYTES + MESSAGE_NONCE_BYTES + RING_BYTES_MAX + TAG_BYTES;
const ROOT_LABEL: &str = "kagiban/keyring/root/1";
const RING_LABEL: &str = "kagiban/keyring/ring/1";

/// The unsealed keys of one installation.
pub struct Keyring {
    installation: [u8; 16],
    /// The file up to the ring.
    head: Vec<u8>,
    root: Secret,
    barrier: Secret,
    heads: Secret,
    /// In the order of their ids, never empty; the last one is the current one.
    domain: Vec<DomainKey>,
    entropy: Arc<dyn Entropy>,
    opener: &'static Opener,
}

struct DomainKey {
    id: u32,
    key: Secret,
}

/// A keyring was not made, or not sealed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotInitialised {
    #[error("a key file has 32 bytes, a passphrase 15 to 1024")]
    BadSeal,
    #[error("no random bytes could be had")]
    NoEntropy,
    #[error("the cipher refused")]
    CipherRefused,
}

/// A keyring file did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnsealed {
    #[error("these bytes are no keyring")]
    NotAKeyring,
    #[error("the keyring has a format that this version does not know")]
    UnknownFormat,
    #[error("the keyring belongs to another installation")]
    AnotherInstallation,
    /// A passphrase was brought for a key file's keyring, or the other way round.
    #[error("the keyring is sealed in another way")]
    AnotherSeal,
    /// The key or passphrase is another one, or the head of the file was changed: the two cannot be told apart.
    #[error("the key or passphrase does not open this keyring")]
    WrongRoot,
    /// The root opened, and what lies under it did not.
    #[error("the keyring is damaged")]
    Damaged,
}

impl Keyring {
    /// Draws the keys of a new installation; yields them with the file to keep.
    pub fn initialise(
        seal: &Seal,
        installation: [u8; 16],
        entropy: Arc<dyn Entropy>,
        opener: &'static Opener,
    ) -> Result<(Self, Vec<u8>), NotInitialised> {
        let draw = || Secret::try_fill(KEY_BYTES, |bytes| entropy.fill(bytes));
        let (root, barrier, heads) = (draw()?, draw()?, draw()?);
        let domain = vec![DomainKey { id: 1, key: draw()? }];
        let mut keyring = Self { installation, head: Vec::new(), root, barrier, heads, domain, entropy, opener };
        let file = keyring.reseal(seal)?;
        Ok((keyring, file))
    }

    /// Opens the file that [`Keyring::initialise`] made. `installation` is the id of this one: the file of
    /// another does not open.
    pub fn unseal(
        file: &[u8],
        seal: &Seal,
        installation: [u8; 16],
        entropy: Arc<dyn Entropy>,
        opener: &'static Opener,
    ) -> Result<Self, NotUnsealed> {
        let mut cursor = Cursor::new(file);
        if cursor.take() != Some(*MAGIC) {
            return Err(NotUnsealed::NotAKeyring);
        }
        if u16::from_be_bytes(cursor.take().ok_or(NotUnsealed::NotAKeyring)?) != FORMAT {
            return Err(NotUnsealed::UnknownFormat);
        }
        if cursor.take() != Some(installation) {
            return Err(NotUnsealed::AnotherInstallation);
        }
        let recipe = Recipe::read(&mut cursor).ok_or(NotUnsealed::Damaged)?;
        if !seal.fits(&recipe) {
            return Err(NotUnsealed::AnotherSeal);
        }
        let clear = file.get(..file.len() - cursor.rest().len()).ok_or(NotUnsealed::Damaged)?;
        let sealed_root = cursor.take_slice(SEALED_ROOT_BYTES).ok_or(NotUnsealed::Damaged)?;
        let unseal_key = seal.unseal_key(&recipe, &installation, opener).ok_or(NotUnsealed::WrongRoot)?;
        let root = open(&unseal_key, opener, ROOT_LABEL, clear, sealed_root).ok_or(NotUnsealed::WrongRoot)?;
        let head = file.get(..clear.len() + SEALED_ROOT_BYTES).ok_or(NotUnsealed::Damaged)?;
        if cursor.rest().len() > MESSAGE_NONCE_BYTES + RING_BYTES_MAX + TAG_BYTES {
            return Err(NotUnsealed::Damaged);
        }
        let ring = open(&root, opener, RING_LABEL, head, cursor.rest()).ok_or(NotUnsealed::Damaged)?;
        let (barrier, heads, domain) = read_ring(ring.open(opener)).ok_or(NotUnsealed::Damaged)?;
        Ok(Self { installation, head: head.to_vec(), root, barrier, heads, domain, entropy, opener })
    }

    /// Seals the same keys in another way, or in the same way anew; yields the file to keep instead of the former one.
    pub fn reseal(&mut self, seal: &Seal) -> Result<Vec<u8>, NotInitialised> {
        if !seal.is_well_formed() {
            return Err(NotInitialised::BadSeal);
        }
        let recipe = seal.recipe(self.entropy.as_ref())?;
        let mut head = [&MAGIC[..], &FORMAT.to_be_bytes(), &self.installation].concat();
        recipe.write(&mut head);
        let unseal_key = seal.unseal_key(&recipe, &self.installation, self.opener);
        let unseal_key = unseal_key.ok_or(NotInitialised::CipherRefused)?;
        let sealed_root = self.seal(&unseal_key, ROOT_LABEL, &head, &self.root)?;
        head.extend_from_slice(&sealed_root);
        self.head = head;
        Ok(self.file()?)
    }

    /// The store's cipher, as an object.
    pub fn barrier(&self) -> Barrier {
        Barrier::new(&self.barrier, self.opener, Arc::clone(&self.entropy))
    }

    /// Marks the trail's head together with the vault's standing.
    pub fn seal_head(&self, trail_head: &[u8], standing: Standing) -> HeadSeal {
        HeadSeal { standing, mac: self.head_mac(trail_head, standing) }
    }

    /// The standing that was marked together with this very head.
    pub fn check_head(&self, trail_head: &[u8], seal: &HeadSeal) -> Result<Standing, VaultError> {
        let genuine = same(&seal.mac, &self.head_mac(trail_head, seal.standing));
        if genuine { Ok(seal.standing) } else { Err(VaultError::HeadRefused) }
    }

    pub(crate) fn installation(&self) -> &[u8; 16] {
        &self.installation
    }

    pub(crate) fn opener(&self) -> &'static Opener {
        self.opener
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// The source of random bytes, for what outlives the keyring.
    pub(crate) fn shared_entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }

    pub(crate) fn root(&self) -> &Secret {
        &self.root
    }

    pub(crate) fn current_domain_key(&self) -> (u32, &Secret) {
        // INVARIANT: a keyring is made with a domain key, none is read without, and none is taken away.
        assert!(!self.domain.is_empty(), "a keyring has a domain key");
        self.domain.last().map_or((0, &self.root), |domain| (domain.id, &domain.key))
    }

    pub(crate) fn domain_key(&self, id: u32) -> Option<&Secret> {
        let place = self.domain.binary_search_by_key(&id, |domain| domain.id).ok()?;
        self.domain.get(place).map(|domain| &domain.key)
    }

    /// A ring with another domain key, which wraps from now on, as the file's format has room for; yields the file.
    #[cfg(test)]
    pub(crate) fn grown(&mut self) -> Result<Vec<u8>, NotInitialised> {
        let id = self.current_domain_key().0 + 1;
        let key = Secret::try_fill(KEY_BYTES, |bytes| self.entropy.fill(bytes))?;
        self.domain.push(DomainKey { id, key });
        Ok(self.file()?)
    }

    /// The same keys, as if they had been carried over to another installation.
    #[cfg(test)]
    pub(crate) fn moved_to(&self, installation: [u8; 16]) -> Self {
        let domain = self.domain.iter().map(|entry| DomainKey { id: entry.id, key: entry.key.share() }).collect();
        Self {
            installation,
            head: self.head.clone(),
            root: self.root.share(),
            barrier: self.barrier.share(),
            heads: self.heads.share(),
            domain,
            entropy: Arc::clone(&self.entropy),
            opener: self.opener,
        }
    }

    fn head_mac(&self, trail_head: &[u8], standing: Standing) -> [u8; 32] {
        let frames = Frames::new().part(&self.installation).part(trail_head).number(standing.uses).part(&standing.head);
        hmac_sha256(self.heads.open(self.opener), frames.as_bytes())
    }

    fn file(&self) -> Result<Vec<u8>, Unsealed> {
        let ring = self.write_ring();
        Ok([&self.head[..], &self.seal(&self.root, RING_LABEL, &self.head, &ring)?].concat())
    }

    fn seal(&self, key: &Secret, label: &'static str, aad: &[u8], plaintext: &Secret) -> Result<Vec<u8>, Unsealed> {
        let nonce = MessageNonce::draw(self.entropy.as_ref())?;
        let mut sealed = nonce.as_bytes().to_vec();
        let message_key = MessageKey::derive(key, self.opener, label, &nonce)?;
        message_key.seal(&nonce, aad, plaintext.open(self.opener), &mut sealed)?;
        // The same check as for wrapped records: a keyring that does not open again must not replace one that does.
        let opened = open(key, self.opener, label, aad, &sealed);
        if opened.is_some_and(|opened| opened.same(plaintext)) { Ok(sealed) } else { Err(Unsealed::Refused) }
    }

    fn write_ring(&self) -> Secret {
        Secret::fill(2 * KEY_BYTES + self.domain.len() * DOMAIN_KEY_BYTES, |ring| {
            let (fixed, domain) = ring.split_at_mut(2 * KEY_BYTES);
            for (room, key) in fixed.chunks_exact_mut(KEY_BYTES).zip([&self.barrier, &self.heads]) {
                room.copy_from_slice(key.open(self.opener));
            }
            for (room, entry) in domain.chunks_exact_mut(DOMAIN_KEY_BYTES).zip(&self.domain) {
                let (id, key) = room.split_at_mut(4);
                id.copy_from_slice(&entry.id.to_be_bytes());
                key.copy_from_slice(entry.key.open(self.opener));
            }
        })
    }
}

const _: () = assert!(BARRIER_KEY_BYTES == KEY_BYTES, "the barrier takes a key of the ring's length");

/// Opens N and IV ‖ ciphertext ‖ tag.
fn open(key: &Secret, opener: &Opener, label: &'static str, aad: &[u8], sealed: &[u8]) -> Option<Secret> {
    let mut cursor = Cursor::new(sealed);
    let nonce = MessageNonce::from_bytes(cursor.take()?);
    MessageKey::derive(key, opener, label, &nonce).ok()?.open_secret(&nonce, aad, cursor.rest()).ok()
}

fn read_ring(ring: &[u8]) -> Option<(Secret, Secret, Vec<DomainKey>)> {
    let mut cursor = Cursor::new(ring);
    let key = |cursor: &mut Cursor<'_>| {
        let bytes = cursor.take_slice(KEY_BYTES)?;
        Some(Secret::fill(KEY_BYTES, |room| room.copy_from_slice(bytes)))
    };
    let (barrier, heads) = (key(&mut cursor)?, key(&mut cursor)?);
    let mut domain: Vec<DomainKey> = Vec::new();
    while !cursor.rest().is_empty() {
        let id = cursor.take_u32()?;
        if domain.last().is_some_and(|former| former.id >= id) {
            return None;
        }
        domain.push(DomainKey { id, key: key(&mut cursor)? });
    }
    (!domain.is_empty()).then_some((barrier, heads, domain))
}

impl From<NoEntropy> for NotInitialised {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<Unsealed> for NotInitialised {
    fn from(unsealed: Unsealed) -> Self {
        match unsealed {
            Unsealed::NoEntropy => Self::NoEntropy,
            Unsealed::TooLong | Unsealed::Refused => Self::CipherRefused,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{INSTALLATION, bent, key_file, keyring, keys, secret};
    use cipher::SystemEntropy;

    fn passphrase(phrase: &str) -> Seal {
        Seal::Passphrase(secret(phrase.as_bytes()))
    }

    fn initialise(seal: &Seal) -> Result<(Keyring, Vec<u8>), NotInitialised> {
        Keyring::initialise(seal, INSTALLATION, Arc::new(SystemEntropy), &keys().opener)
    }

    fn unseal_at(file: &[u8], seal: &Seal, installation: [u8; 16]) -> Result<Keyring, NotUnsealed> {
        Keyring::unseal(file, seal, installation, Arc::new(SystemEntropy), &keys().opener)
    }

    fn refusal(file: &[u8], seal: &Seal) -> Option<NotUnsealed> {
        unseal_at(file, seal, INSTALLATION).err()
    }

    /// Two keyrings with the same keys make the same digests.
    fn print(keyring: &Keyring) -> ([u8; 16], HeadSeal) {
        (keyring.barrier().blind("print", &[]), keyring.seal_head(b"print", Standing::BEGINNING))
    }

    #[test]
    fn a_key_file_opens_what_it_sealed() {
        let (keyring, file) = initialise(&key_file(1)).unwrap();
        assert!(print(&unseal_at(&file, &key_file(1), INSTALLATION).unwrap()) == print(&keyring));
        assert_eq!(refusal(&file, &key_file(2)), Some(NotUnsealed::WrongRoot));
        assert_eq!(refusal(&file, &passphrase("a passphrase of some length")), Some(NotUnsealed::AnotherSeal));
        assert!(print(&initialise(&key_file(1)).unwrap().0) != print(&keyring), "keys are drawn anew");
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed() {
        let (keyring, file) = initialise(&passphrase("correct horse battery staple")).unwrap();
        let again = unseal_at(&file, &passphrase("correct horse battery staple"), INSTALLATION).unwrap();
        assert!(print(&again) == print(&keyring));
        assert_eq!(refusal(&file, &passphrase("correct horse battery stapler")), Some(NotUnsealed::WrongRoot));
        assert_eq!(refusal(&file, &key_file(1)), Some(NotUnsealed::AnotherSeal));
    }

    #[test]
    fn a_weak_or_malformed_seal_is_refused() {
        for seal in [passphrase("fourteen chars"), passphrase(&"x".repeat(1025)), Seal::KeyFile(secret(&[1; 31]))] {
            assert_eq!(initialise(&seal).err(), Some(NotInitialised::BadSeal));
        }
    }

    #[test]
    fn another_installation_cannot_open_it_even_if_its_name_is_written_in() {
        let (_, mut file) = initialise(&key_file(1)).unwrap();
        let other = *b"two installation";
        assert_eq!(unseal_at(&file, &key_file(1), other).err(), Some(NotUnsealed::AnotherInstallation));
        file.get_mut(18..34).unwrap().copy_from_slice(&other);
        assert_eq!(unseal_at(&file, &key_file(1), other).err(), Some(NotUnsealed::WrongRoot));
    }

    #[test]
    fn every_bit_and_the_length_of_the_file_are_authenticated() {
        let (_, file) = initialise(&key_file(1)).unwrap();
        for (place, bent) in bent(&file) {
            let expected = match place {
                0..16 => NotUnsealed::NotAKeyring,
                16..18 => NotUnsealed::UnknownFormat,
                18..34 => NotUnsealed::AnotherInstallation,
                34 => NotUnsealed::Damaged,
                35..111 => NotUnsealed::WrongRoot,
                _ => NotUnsealed::Damaged,
            };
            assert_eq!(refusal(&bent, &key_file(1)), Some(expected), "byte {place}");
        }
        for length in 0..file.len() {
            assert!(refusal(file.get(..length).unwrap(), &key_file(1)).is_some(), "cut at {length}");
        }
        assert_eq!(refusal(&[&file[..], &[0]].concat(), &key_file(1)), Some(NotUnsealed::Damaged));
        assert_eq!(refusal(&[&file[..], &vec![0; 1 << 20]].concat(), &key_file(1)), Some(NotUnsealed::Damaged));
    }

    #[test]
    fn the_head_of_one_file_does_not_go_with_the_ring_of_another() {
        let (mut keyring, first) = initialise(&key_file(1)).unwrap();
        let second = keyring.reseal(&key_file(2)).unwrap();
        let mixed = [first.get(..111).unwrap(), second.get(111..).unwrap()].concat();
        assert_eq!(refusal(&mixed, &key_file(1)), Some(NotUnsealed::Damaged));
    }

    #[test]
    fn a_file_cannot_ask_for_more_memory_than_is_allowed() {
        let phrase = passphrase("correct horse battery staple");
        let mut file = [&MAGIC[..], &FORMAT.to_be_bytes(), &INSTALLATION].concat();
        Recipe::Passphrase { memory_kib: u32::MAX, passes: 1, lanes: 1, salt: [0; 16] }.write(&mut file);
        file.resize(file.len() + 1000, 0);
        assert_eq!(refusal(&file, &phrase), Some(NotUnsealed::Damaged));
    }

    #[test]
    fn a_new_seal_opens_the_same_keys_and_the_former_one_no_longer() {
        let (mut keyring, _) = initialise(&key_file(1)).unwrap();
        let before = print(&keyring);
        keyring.grown().unwrap();
        let file = keyring.reseal(&key_file(2)).unwrap();
        let again = unseal_at(&file, &key_file(2), INSTALLATION).unwrap();
        assert!(print(&again) == before);
        assert_eq!(again.domain.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(refusal(&file, &key_file(1)), Some(NotUnsealed::WrongRoot));
    }

    #[test]
    fn a_full_ring_opens_and_a_fuller_one_does_not() {
        let (mut keyring, _) = initialise(&key_file(1)).unwrap();
        let key = |id| DomainKey { id, key: secret(&[1; 32]) };
        keyring.domain = (1..DOMAIN_KEYS_MAX as u32).map(key).collect();
        let (full, fuller) = (keyring.grown().unwrap(), keyring.grown().unwrap());
        assert_eq!(refusal(&fuller, &key_file(1)), Some(NotUnsealed::Damaged));
        assert_eq!(unseal_at(&full, &key_file(1), INSTALLATION).unwrap().domain.len(), DOMAIN_KEYS_MAX);
    }

    #[test]
    fn a_mark_is_good_for_its_head_its_standing_and_its_vault_only() {
        let (one, two) = (keyring(), keyring());
        let standing = Standing { uses: 3, head: [3; 32] };
        let seal = one.seal_head(b"head", standing);
        assert_eq!(one.check_head(b"head", &seal), Ok(standing));
        assert_eq!(one.check_head(b"hea", &seal), Err(VaultError::HeadRefused));
        assert_eq!(two.check_head(b"head", &seal), Err(VaultError::HeadRefused));
        for bent in [Standing { uses: 2, ..standing }, Standing { head: [4; 32], ..standing }] {
            assert_eq!(one.check_head(b"head", &HeadSeal { standing: bent, ..seal }), Err(VaultError::HeadRefused));
        }
    }
}
