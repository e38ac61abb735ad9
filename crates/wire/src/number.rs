//! Decimal numbers as JSON spells them (RFC 8259, section 6), read exactly.

use crate::limits::NUMBER_BYTES_MAX;
use shape::Malformed;

/// The number at the start of `text`, which may go on after it.
pub(crate) fn leading(text: &str) -> Result<&str, Malformed> {
    let bytes = text.as_bytes();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at = match bytes.get(at) {
        // A zero stands alone: what follows it is no part of the number, and no value may follow a value.
        Some(b'0') => at + 1,
        _ => digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(bytes, at + 1 + sign)?;
    }
    if at > NUMBER_BYTES_MAX {
        return Err(Malformed::Range);
    }
    text.get(..at).ok_or(Malformed::Syntax)
}

/// The whole of `text` as a number.
pub(crate) fn whole(text: &str) -> Result<&str, Malformed> {
    match leading(text) {
        Ok(number) if number.len() == text.len() => Ok(number),
        Err(Malformed::Range) => Err(Malformed::Range),
        _ => Err(Malformed::Syntax),
    }
}

/// The place after one or more digits that begin at `at`.
fn digits(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let count = bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { Err(Malformed::Syntax) } else { Ok(at + count) }
}

/// A number times a power of ten, without what stands behind the point.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scaled {
    pub value: i64,
    /// Nothing but zeros stood behind the point.
    pub exact: bool,
}

/// Exponents beyond this have no value that fits, or the value zero.
const EXPONENT_MAX: i64 = 100_000;
/// Digits of the largest `i64`, and one more for zeros to be found too long by arithmetic and not by guess.
const DIGITS_COUNT_MAX: i64 = 20;

/// `number` (as [`leading`] found it) times ten to the power of `places`, cut towards zero.
pub(crate) fn scaled(number: &str, places: i64) -> Result<Scaled, Malformed> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, saturating(exponent)),
        None => (number, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').peekable();
    if digits.peek().is_none() {
        return Ok(Scaled { value: 0, exact: true });
    }
    let leading_zeros = mantissa.bytes().filter(|byte| *byte != b'.').take_while(|digit| *digit == b'0').count() as i64;
    // How many digits stand before the point when all is done.
    let kept = whole.len() as i64 + exponent + places - leading_zeros;
    if kept > DIGITS_COUNT_MAX {
        return Err(Malformed::Range);
    }
    let mut value = 0_i64;
    for _ in 0..kept {
        let digit = i64::from(digits.next().unwrap_or(b'0') - b'0');
        let digit = if negative { -digit } else { digit };
        value = value.checked_mul(10).and_then(|value| value.checked_add(digit)).ok_or(Malformed::Range)?;
    }
    Ok(Scaled { value, exact: digits.all(|digit| digit == b'0') })
}

fn saturating(exponent: &str) -> i64 {
    let negative = exponent.starts_with('-');
    let end = if negative { -EXPONENT_MAX } else { EXPONENT_MAX };
    exponent.parse::<i64>().map_or(end, |exponent| exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX))
}

/// `number` as an integer. `1.0` and `1e2` are integers; `1.5` is none.
pub(crate) fn integer(number: &str) -> Result<i64, Malformed> {
    let scaled = scaled(number, 0)?;
    if scaled.exact { Ok(scaled.value) } else { Err(Malformed::Type { wanted: "an Integer", found: "NUMBER_VALUE" }) }
}

/// `number` as a double. What is too large for one is refused, not made infinite.
pub(crate) fn float(number: &str) -> Result<f64, Malformed> {
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Malformed::Range),
    }
}

/// The three doubles that have no number for a name. All of AWS's protocols spell them so.
pub(crate) fn named_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The name of a double that is no number.
pub(crate) fn float_name(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_grammar_is_that_of_json() {
        for number in ["0", "-0", "7", "-12", "0.5", "10.25", "1e5", "1E+5", "1.5e-5"] {
            assert_eq!(whole(number), Ok(number), "{number}");
        }
        for wrong in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "--1", "1.e5", "0x1", "1 ", "NaN"] {
            assert_eq!(whole(wrong), Err(Malformed::Syntax), "{wrong}");
        }
        assert_eq!(leading("12,13"), Ok("12"));
        assert_eq!(leading(&"1".repeat(NUMBER_BYTES_MAX + 1)), Err(Malformed::Range));
    }

    #[test]
    fn integers_are_exact_to_the_ends() {
        for number in [0, 1, -1, 42, i64::MAX, i64::MIN, 1_795_555_200] {
            assert_eq!(integer(&number.to_string()), Ok(number));
        }
        assert_eq!(integer("9223372036854775808"), Err(Malformed::Range));
        assert_eq!(integer("-9223372036854775809"), Err(Malformed::Range));
        assert_eq!(integer("1e400"), Err(Malformed::Range));
        assert_eq!(integer("1e99999999999999999999"), Err(Malformed::Range));
        assert_eq!(integer("0e99999999999999999999"), Ok(0));
        assert_eq!(integer("1.50e1"), Ok(15));
        assert_eq!(integer("0.001e3"), Ok(1));
        assert_eq!(integer("1200e-2"), Ok(12));
        assert!(matches!(integer("1.5"), Err(Malformed::Type { .. })));
        assert!(matches!(integer("1e-99999999999999999999"), Err(Malformed::Type { .. })));
    }

    #[test]
    fn scaling_keeps_every_digit() {
        assert_eq!(scaled("1795555200.123456", 6).unwrap(), Scaled { value: 1_795_555_200_123_456, exact: true });
        assert_eq!(scaled("1.795555200123E9", 6).unwrap(), Scaled { value: 1_795_555_200_123_000, exact: true });
        assert_eq!(scaled("-0.0000015", 6).unwrap(), Scaled { value: -1, exact: false });
    }
}
