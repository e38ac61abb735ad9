//! Keys from keys: SP 800-108r1, section 4.1, counter mode with HMAC-SHA-256.

use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use secret::{Opener, Secret};

/// No key could be derived: the base key is empty, or AWS-LC refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key could be derived")]
pub struct Underivable;

/// A key of `length_bytes`, made from `base` for the purpose that `label` names, in `context`.
pub fn derive(
    base: &Secret,
    opener: &Opener,
    label: &'static str,
    context: &[u8],
    length_bytes: usize,
) -> Result<Secret, Underivable> {
    Secret::try_fill(length_bytes, |bytes| kbkdf(base.open(opener), label, context, bytes))
}

/// The fixed input is `Label ‖ 0x00 ‖ Context ‖ [L]₃₂`, as section 4 recommends: labels have no zero byte and the length has a fixed
/// place, so two purposes never share an input.
pub(crate) fn kbkdf(base: &[u8], label: &str, context: &[u8], out: &mut [u8]) -> Result<(), Underivable> {
    debug_assert!(!label.as_bytes().contains(&0), "a label ends at the first zero byte");
    let bits = out.len().checked_mul(8).and_then(|bits| u32::try_from(bits).ok()).ok_or(Underivable)?;
    let mut info = Vec::with_capacity(label.len() + 1 + context.len() + 4);
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    info.extend_from_slice(context);
    info.extend_from_slice(&bits.to_be_bytes());
    counter_mode(base, &info, out)
}

fn counter_mode(base: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), Underivable> {
    let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(Underivable)?;
    let derived = kbkdf_ctr_hmac(algorithm, base, info, out);
    locked::sweep();
    derived.map_err(|_| Underivable)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hmac_sha256;

    /// Hexadecimal digits as bytes.
    pub(crate) fn hex(digits: &str) -> Vec<u8> {
        let nibble = |digit: u8| char::from(digit).to_digit(16).map_or(0, |value| value as u8);
        digits.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | nibble(*digit))).collect()
    }

    /// NIST CAVP, KDFCTR_gen.rsp: HMAC_SHA256, BEFORE_FIXED, 32 bits, L = 128, count 0.
    #[test]
    fn counter_mode_of_nist() {
        let key = hex("dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0");
        let fixed = "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d8\
                     0a0e8aba17f3b413faac";
        let mut out = [0; 16];
        assert_eq!(counter_mode(&key, &hex(fixed), &mut out), Ok(()));
        assert_eq!(out.to_vec(), hex("10621342bfb0fd40046c0e29f2cfdbf0"));
    }

    /// Two blocks, computed again as section 4.1 writes them: K(i) = HMAC(K, [i] ‖ Label ‖ 0x00 ‖ Context ‖ [L]).
    #[test]
    fn two_blocks_by_definition() {
        let block = |counter: u32| {
            let input = [&counter.to_be_bytes()[..], b"label", &[0], b"context", &512_u32.to_be_bytes()].concat();
            hmac_sha256(b"base", &input)
        };
        let mut out = [0; 64];
        assert_eq!(kbkdf(b"base", "label", b"context", &mut out), Ok(()));
        assert_eq!(out.to_vec(), [block(1), block(2)].concat());
    }

    #[test]
    fn an_empty_base_or_an_empty_key_is_none() {
        assert_eq!(kbkdf(b"", "label", b"", &mut [0; 32]), Err(Underivable));
        assert_eq!(kbkdf(b"base", "label", b"", &mut []), Err(Underivable));
    }
}
