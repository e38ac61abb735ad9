//! Access keys: how they are made, and how a Signature Version 4 is checked against one.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use crate::wrapped::ACCESS_KEY_BYTES;
use crate::{VaultError, WrappedAccessKey};
use cipher::{Entropy, Frames, NoEntropy, hmac_sha256, same};
use names::{AccountId, Time};
use secret::{Opener, Secret};
use zeroize::Zeroizing;

/// The longest string to sign. Signature Version 4 signs some 150 bytes; a browser's form signs its whole policy.
pub const STRING_TO_SIGN_BYTES_MAX: usize = 64 << 10;

pub(crate) const ACCESS_KEY_ID_BYTES_MAX: usize = 128;
const SCOPE_PART_BYTES_MAX: usize = 64;
const PRINCIPAL_BYTES_MAX: usize = 2048;
const DATE_BYTES: usize = 8;

/// A claim to be checked: this string was signed with that key.
pub struct Identify<'a> {
    pub access_key_id: &'a str,
    /// `None` if there is no such key: the vault then does the same work, and says the same as for a wrong signature.
    pub wrapped: Option<&'a WrappedAccessKey>,
    pub string_to_sign: &'a [u8],
    pub scope: Scope<'a>,
    pub signature: [u8; 32],
    /// The digest of the request, for the ticket.
    pub request: [u8; 32],
    pub now: Time,
    /// When the signature ends to be good; the ticket ends then, or after [`crate::TICKET_SECONDS_MAX`], whichever comes first.
    pub expires: Time,
    /// Whose key it is. Without a key it says nothing.
    pub account: AccountId,
    /// Who the key belongs to, in the words of the one who asks: the ticket carries it.
    pub principal: &'a str,
}

/// The credential scope that the signing key is derived for.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// As in `20261124`.
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

impl Identify<'_> {
    pub(crate) fn is_within_bounds(&self) -> bool {
        let Scope { date, region, service } = self.scope;
        self.access_key_id.len() <= ACCESS_KEY_ID_BYTES_MAX
            && self.string_to_sign.len() <= STRING_TO_SIGN_BYTES_MAX
            && self.principal.len() <= PRINCIPAL_BYTES_MAX
            && date.len() == DATE_BYTES
            && date.bytes().all(|byte| byte.is_ascii_digit())
            && region.len() <= SCOPE_PART_BYTES_MAX
            && service.len() <= SCOPE_PART_BYTES_MAX
    }

    /// Under which name the signing key of this claim is kept for the day.
    pub(crate) fn place(&self) -> Vec<u8> {
        let Scope { date, region, service } = self.scope;
        [self.access_key_id, date, region, service]
            .iter()
            .fold(Frames::with_capacity(80), |frames, part| frames.part(part.as_bytes()))
            .into_bytes()
    }

    /// Did this signing key make the signature? In constant time.
    pub(crate) fn is_signed_with(&self, signing_key: &Secret, opener: &Opener) -> bool {
        same(&hmac_sha256(signing_key.open(opener), self.string_to_sign), &self.signature)
    }
}

/// The signing key of a day, a Region and a service.
pub(crate) fn signing_key(secret: &Secret, scope: Scope<'_>, opener: &Opener) -> Secret {
    let first = Zeroizing::new([b"AWS4", secret.open(opener)].concat());
    let date = Zeroizing::new(hmac_sha256(&first, scope.date.as_bytes()));
    let region = Zeroizing::new(hmac_sha256(date.as_ref(), scope.region.as_bytes()));
    let service = Zeroizing::new(hmac_sha256(region.as_ref(), scope.service.as_bytes()));
    let key = Zeroizing::new(hmac_sha256(service.as_ref(), b"aws4_request"));
    Secret::fill(key.len(), |bytes| bytes.copy_from_slice(key.as_ref()))
}

/// A new secret access key, as AWS's: 40 letters of the base64 alphabet, 240 random bits.
pub(crate) fn draw_secret(entropy: &dyn Entropy) -> Result<Secret, NoEntropy> {
    let mut random = Zeroizing::new([0; ACCESS_KEY_BYTES / 4 * 3]);
    entropy.fill(random.as_mut())?;
    Ok(Secret::fill(ACCESS_KEY_BYTES, |letters| {
        for (four, three) in letters.chunks_exact_mut(4).zip(random.chunks_exact(3)) {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            for (place, out) in four.iter_mut().enumerate() {
                *out = letter((bits >> (18 - 6 * place) & 63) as u8);
            }
        }
    }))
}

/// The letter for six bits, without a branch or a look-up that would depend on them.
fn letter(six_bits: u8) -> u8 {
    let value = i16::from(six_bits);
    let beyond = |last: i16| (last - value) >> 8;
    let letter = value + 65 + (beyond(25) & 6) - (beyond(51) & 75) - (beyond(61) & 15) + (beyond(62) & 3);
    letter as u8
}

/// May an access key have this id? [`VaultError::OutOfBounds`] if not.
pub(crate) fn check_id(access_key_id: &str) -> Result<(), VaultError> {
    let fits = (1..=ACCESS_KEY_ID_BYTES_MAX).contains(&access_key_id.len());
    if fits { Ok(()) } else { Err(VaultError::OutOfBounds) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hex, keys, secret};
    use cipher::SystemEntropy;

    const EXAMPLE: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// The examples of AWS's guide: <https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html> for the key of 2012, and
    /// "Calculate the signature" in "Create a signed AWS API request" for that of 2015.
    #[test]
    fn the_signing_keys_of_the_documentation() {
        let derive = |date| {
            let scope = Scope { date, region: "us-east-1", service: "iam" };
            signing_key(&secret(EXAMPLE), scope, &keys().opener)
        };
        let of_2012 = "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d";
        assert_eq!(derive("20120215").open(&keys().opener).to_vec(), hex(of_2012));
        let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                              f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        let signature = hmac_sha256(derive("20150830").open(&keys().opener), string_to_sign.as_bytes());
        let of_2015 = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(signature.to_vec(), hex(of_2015));
    }

    #[test]
    fn six_bits_are_a_letter_of_base64() {
        let letters: Vec<u8> = (0..64).map(letter).collect();
        assert_eq!(letters, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    }

    #[test]
    fn a_new_secret_has_forty_letters_in_the_order_of_its_bits() {
        struct Counting;
        impl Entropy for Counting {
            fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
                (0..).zip(bytes).for_each(|(number, byte)| *byte = number);
                Ok(())
            }
        }
        let drawn = draw_secret(&Counting).map(|secret| secret.open(&keys().opener).to_vec());
        assert_eq!(drawn, Ok(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd".to_vec()));
        let again = || draw_secret(&SystemEntropy).map(|secret| secret.open(&keys().opener).to_vec());
        assert_ne!(again(), again());
    }
}
