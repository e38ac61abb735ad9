//! Account ids.

use std::fmt;

/// Twelve decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

/// A text that is not twelve decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account id has twelve decimal digits")]
pub struct MalformedAccountId;

impl AccountId {
    pub fn parse(text: &str) -> Result<Self, MalformedAccountId> {
        let digits: [u8; 12] = text.as_bytes().try_into().map_err(|_| MalformedAccountId)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(MalformedAccountId) }
    }

    /// The account id that `number` makes, out of 10^12.
    pub fn from_number(number: u64) -> Self {
        let mut digits = [b'0'; 12];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        // INVARIANT: both constructors admit ASCII digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_nothing_else() {
        assert_eq!(AccountId::parse("012345678901").map(|id| id.to_string()), Ok("012345678901".to_owned()));
        for bad in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
            assert_eq!(AccountId::parse(bad), Err(MalformedAccountId));
        }
        assert_eq!(AccountId::from_number(42).as_str(), "000000000042");
    }
}
