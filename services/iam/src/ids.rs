//! Ids: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.

use kernel::{Breakage, Outside};

/// The letters of RFC 4648's base32, which are those of AWS's ids.
const LETTERS: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// An access key id has 20 letters in all, a unique id 21.
const ACCESS_KEY_LETTERS: usize = 16;
const ENTITY_LETTERS: usize = 17;

/// The unique id of a new user: `AIDA…`, 85 random bits.
pub fn user(outside: &Outside<'_>) -> Result<String, Breakage> {
    drawn::<ENTITY_LETTERS>("AIDA", outside)
}

/// The unique id of a new role: `AROA…`.
pub fn role(outside: &Outside<'_>) -> Result<String, Breakage> {
    drawn::<ENTITY_LETTERS>("AROA", outside)
}

/// The unique id of a new managed policy: `ANPA…`.
pub fn policy(outside: &Outside<'_>) -> Result<String, Breakage> {
    drawn::<ENTITY_LETTERS>("ANPA", outside)
}

/// The id of a temporary access key: `ASIA…`.
pub fn temporary_key(outside: &Outside<'_>) -> Result<String, Breakage> {
    drawn::<ACCESS_KEY_LETTERS>("ASIA", outside)
}

/// The id of a new access key: `AKIA…`, 80 random bits.
pub fn access_key(outside: &Outside<'_>) -> Result<String, Breakage> {
    drawn::<ACCESS_KEY_LETTERS>("AKIA", outside)
}

fn drawn<const N: usize>(prefix: &str, outside: &Outside<'_>) -> Result<String, Breakage> {
    let mut random = [0; N];
    outside.random(&mut random)?;
    Ok(spelled(prefix, &random))
}

/// The low five bits of each byte are a letter.
fn spelled(prefix: &str, random: &[u8]) -> String {
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('A', char::from);
    prefix.chars().chain(random.iter().map(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bits_are_a_letter() {
        assert_eq!(spelled("AKIA", &[0, 25, 26, 31, 32, 255]), "AKIAAZ27A7");
    }
}
