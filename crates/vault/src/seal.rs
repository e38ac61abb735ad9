//! What the root key is sealed with.

use crate::cursor::Cursor;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use cipher::{Entropy, NoEntropy, derive};
use secret::{Opener, Secret};
use zeroize::Zeroize;

/// A key file holds an AES-256 key's worth of random bytes.
pub const KEY_FILE_BYTES: usize = 32;
/// NIST SP 800-63B-4, 3.1.1.2: fifteen characters where the password is the only factor.
pub const PASSPHRASE_BYTES_MIN: usize = 15;
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// RFC 9106, section 4, the second recommended option: 64 MiB, three passes, four lanes. Above OWASP's least (19 MiB, two passes, one
/// lane).
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SALT_BYTES: usize = 16;
/// What a keyring file may ask of the machine before anything in it has been authenticated.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;

const KEY_FILE_LABEL: &str = "kagiban/unseal/key-file/1";
const PASSPHRASE_LABEL: &str = "kagiban/unseal/passphrase/1";

/// What an operator brings in order to unseal.
pub enum Seal {
    /// [`KEY_FILE_BYTES`] random bytes.
    KeyFile(Secret),
    /// Stretched by Argon2id (RFC 9106).
    Passphrase(Secret),
}

/// How the unseal key is made of a [`Seal`]; it stands in clear at the head of the keyring file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipe {
    KeyFile,
    Passphrase { memory_kib: u32, passes: u32, lanes: u32, salt: [u8; SALT_BYTES] },
}

impl Seal {
    /// Is it of a form that a keyring may be sealed with?
    pub(crate) fn is_well_formed(&self) -> bool {
        match self {
            Self::KeyFile(key) => key.len() == KEY_FILE_BYTES,
            Self::Passphrase(phrase) => (PASSPHRASE_BYTES_MIN..=PASSPHRASE_BYTES_MAX).contains(&phrase.len()),
        }
    }

    pub(crate) fn recipe(&self, entropy: &dyn Entropy) -> Result<Recipe, NoEntropy> {
        let Self::Passphrase(_) = self else { return Ok(Recipe::KeyFile) };
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt)?;
        Ok(Recipe::Passphrase { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt })
    }

    /// The unseal key by this recipe; `None` if the recipe is for another kind of seal, or nothing can be made of this one.
    pub(crate) fn unseal_key(&self, recipe: &Recipe, installation: &[u8; 16], opener: &Opener) -> Option<Secret> {
        match (self, recipe) {
            _ if !self.is_well_formed() => None,
            (Self::KeyFile(key), Recipe::KeyFile) => derive(key, opener, KEY_FILE_LABEL, installation, 32).ok(),
            (Self::Passphrase(phrase), Recipe::Passphrase { memory_kib, passes, lanes, salt }) => {
                let params = Params::new(*memory_kib, *passes, *lanes, Some(32)).ok()?;
                let stretched = stretch(phrase.open(opener), salt, params)?;
                derive(&stretched, opener, PASSPHRASE_LABEL, installation, 32).ok()
            }
            (Self::KeyFile(_), Recipe::Passphrase { .. }) | (Self::Passphrase(_), Recipe::KeyFile) => None,
        }
    }

    /// Is the recipe for this kind of seal?
    pub(crate) fn fits(&self, recipe: &Recipe) -> bool {
        match (self, recipe) {
            (Self::KeyFile(_), Recipe::KeyFile) | (Self::Passphrase(_), Recipe::Passphrase { .. }) => true,
            (Self::KeyFile(_), Recipe::Passphrase { .. }) | (Self::Passphrase(_), Recipe::KeyFile) => false,
        }
    }
}

impl Recipe {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::KeyFile => out.push(1),
            Self::Passphrase { memory_kib, passes, lanes, salt } => {
                out.push(2);
                for number in [memory_kib, passes, lanes] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
                out.extend_from_slice(salt);
            }
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        match cursor.take::<1>()? {
            [1] => Some(Self::KeyFile),
            [2] => {
                let (memory_kib, passes, lanes) = (cursor.take_u32()?, cursor.take_u32()?, cursor.take_u32()?);
                let affordable = memory_kib <= MEMORY_KIB_MAX && passes <= PASSES_MAX && lanes <= LANES_MAX;
                let salt = cursor.take()?;
                affordable.then_some(Self::Passphrase { memory_kib, passes, lanes, salt })
            }
            _ => None,
        }
    }
}

fn stretch(phrase: &[u8], salt: &[u8], params: Params) -> Option<Secret> {
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let stretched =
        Secret::try_fill(32, |out| argon2.hash_password_into_with_memory(phrase, salt, out, &mut memory[..]));
    memory.iter_mut().for_each(Zeroize::zeroize);
    stretched.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hex, keys};

    /// The reference implementation's test (phc-winner-argon2, src/test.c): Argon2id, version 19, two passes over 64 MiB, one lane.
    #[test]
    fn argon2id_of_the_reference_implementation() {
        let params = Params::new(1 << 16, 2, 1, Some(32)).ok();
        let stretched = params.and_then(|params| stretch(b"password", b"somesalt", params));
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(stretched.map(|key| key.open(&keys().opener).to_vec()), Some(hex(expected)));
    }

    #[test]
    fn a_recipe_reads_what_it_writes() {
        let salted =
            |memory_kib, passes, lanes| Recipe::Passphrase { memory_kib, passes, lanes, salt: [5; SALT_BYTES] };
        let read = |recipe: &Recipe| {
            let mut bytes = Vec::new();
            recipe.write(&mut bytes);
            Recipe::read(&mut Cursor::new(&bytes))
        };
        for recipe in [Recipe::KeyFile, salted(MEMORY_KIB, PASSES, LANES), salted(MEMORY_KIB_MAX, 1, 1)] {
            assert!(read(&recipe) == Some(recipe));
        }
        for greedy in [salted(MEMORY_KIB_MAX + 1, 1, 1), salted(1, PASSES_MAX + 1, 1), salted(1, 1, LANES_MAX + 1)] {
            assert!(read(&greedy).is_none());
        }
    }
}
