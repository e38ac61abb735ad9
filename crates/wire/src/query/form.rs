//! The parameters of one call, decoded and sorted by name, so that what lies under a prefix is one range: no tree is built, and a
//! hostile name costs no more than its bytes.

use crate::limits::{PARAMETER_NAME_BYTES_MAX, PARAMETERS_COUNT_MAX};
use shape::Malformed;
use std::ops::Range;
use zeroize::Zeroizing;

/// Parameters by name. A password may be among them: the memory is erased at the end, and there is no `Debug`.
pub struct Form {
    text: Zeroizing<String>,
    /// Names and values as places in `text`, sorted by name.
    parameters: Vec<(Range<usize>, Range<usize>)>,
}

impl Form {
    /// Reads the query of a URI and a form body together (`application/x-www-form-urlencoded`, with `+` for a blank). A name that
    /// stands twice is refused: whatever judged one of the two values would not have judged the other.
    pub fn parse(query: &str, body: &[u8]) -> Result<Self, Malformed> {
        // Decoding never lengthens, so the buffer stays where it is and leaves no copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(query.len() + body.len()));
        let mut parameters = Vec::new();
        // In a form a plus is a blank; in a URI's query it is a plus, as it was signed.
        let of_query = query.as_bytes().split(|byte| *byte == b'&').map(|piece| (piece, Plus::Itself));
        let of_body = body.split(|byte| *byte == b'&').map(|piece| (piece, Plus::Blank));
        for (piece, plus) in of_query.chain(of_body) {
            if piece.is_empty() {
                continue;
            }
            if parameters.len() == PARAMETERS_COUNT_MAX {
                return Err(Malformed::TooMany);
            }
            let equals = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
            let (name, value) = piece.split_at(equals);
            let name = decode(name, plus, &mut text)?;
            if name.len() > PARAMETER_NAME_BYTES_MAX {
                return Err(Malformed::TooDeep);
            }
            parameters.push((name, decode(value.get(1..).unwrap_or_default(), plus, &mut text)?));
        }
        let text = Zeroizing::new(String::from_utf8(std::mem::take(&mut *text)).map_err(erase)?);
        let mut form = Self { text, parameters };
        form.sort()?;
        Ok(form)
    }

    /// The value of the parameter with exactly this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let at = self.parameters.binary_search_by(|(range, _)| self.slice(range).cmp(name)).ok()?;
        self.parameters.get(at).map(|(_, value)| self.slice(value))
    }

    /// What follows `prefix` in the names that begin with it, in order.
    pub(super) fn under<'a, 'b>(&'a self, prefix: &'b str) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
        let start = self.parameters.partition_point(|(name, _)| self.slice(name) < prefix);
        let names = self.parameters.iter().skip(start).map(|(name, _)| self.slice(name));
        names.map_while(move |name| name.strip_prefix(prefix))
    }

    fn sort(&mut self) -> Result<(), Malformed> {
        let mut parameters = std::mem::take(&mut self.parameters);
        for (name, value) in &parameters {
            // The pieces are sound together; each must be sound alone.
            if self.text.get(name.clone()).is_none() || self.text.get(value.clone()).is_none() {
                return Err(Malformed::Utf8);
            }
        }
        parameters.sort_by(|one, other| self.slice(&one.0).cmp(self.slice(&other.0)));
        let twice = parameters.windows(2).any(|pair| match pair {
            [(one, _), (other, _)] => self.slice(one) == self.slice(other),
            _ => false,
        });
        self.parameters = parameters;
        if twice { Err(Malformed::Syntax) } else { Ok(()) }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

fn erase(error: std::string::FromUtf8Error) -> Malformed {
    drop(Zeroizing::new(error.into_bytes()));
    Malformed::Utf8
}

/// What a `+` means.
#[derive(Clone, Copy)]
enum Plus {
    Blank,
    Itself,
}

/// Appends `piece` without its escapes.
fn decode(piece: &[u8], plus: Plus, text: &mut Vec<u8>) -> Result<Range<usize>, Malformed> {
    let start = text.len();
    let mut bytes = piece.iter();
    while let Some(byte) = bytes.next() {
        let decoded = match (byte, plus) {
            (b'+', Plus::Blank) => b' ',
            (b'%', _) => hex(bytes.next())? << 4 | hex(bytes.next())?,
            (other, _) => *other,
        };
        text.push(decoded);
    }
    Ok(start..text.len())
}

fn hex(digit: Option<&u8>) -> Result<u8, Malformed> {
    let digit = digit.and_then(|digit| char::from(*digit).to_digit(16));
    digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(Malformed::Syntax)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_plus_in_the_uri_is_what_was_signed() {
        let form = Form::parse("UserName=a+b&Path=%2Bx%20y", b"PolicyName=a+b").unwrap();
        assert_eq!((form.value("UserName"), form.value("PolicyName")), (Some("a+b"), Some("a b")));
        assert_eq!(form.value("Path"), Some("+x y"));
    }

    #[test]
    fn escapes_and_blanks_are_decoded() {
        let form =
            Form::parse("Action=Get%55ser&Version=2010-05-08", b"UserName=k+a%2Bg%C3%A4%20&Empty=&Bare&&").unwrap();
        assert_eq!(form.value("Action"), Some("GetUser"));
        assert_eq!(form.value("Version"), Some("2010-05-08"));
        assert_eq!(form.value("UserName"), Some("k a+g\u{e4} "));
        assert_eq!(form.value("Empty"), Some(""));
        assert_eq!(form.value("Bare"), Some(""));
        assert_eq!(form.value("User"), None);
    }

    #[test]
    fn a_prefix_is_one_range() {
        let form = Form::parse("", b"A.10=x&A.2=y&A=z&A-1=w&A.2.b=v&B=u").unwrap();
        assert_eq!(form.under("A.").collect::<Vec<_>>(), ["10", "2", "2.b"]);
        assert_eq!(form.under("C.").count(), 0);
    }

    #[test]
    fn what_is_ambiguous_or_broken_is_refused() {
        assert_eq!(Form::parse("Action=A", b"Action=A").err(), Some(Malformed::Syntax));
        assert_eq!(Form::parse("", b"A=1&%41=2").err(), Some(Malformed::Syntax));
        for wrong in ["A=%", "A=%4", "A=%4g", "%=1", "A=%+1"] {
            assert_eq!(Form::parse("", wrong.as_bytes()).err(), Some(Malformed::Syntax), "{wrong}");
        }
        for wrong in [&b"A=\xff"[..], b"A=%ff", b"A%c3=%a4", b"A=%c3&%a4=1"] {
            assert_eq!(Form::parse("", wrong).err(), Some(Malformed::Utf8), "{wrong:?}");
        }
        let many: String = (0..=PARAMETERS_COUNT_MAX).map(|at| format!("A.{at}=&")).collect();
        assert_eq!(Form::parse("", many.as_bytes()).err(), Some(Malformed::TooMany));
        let long = "A".repeat(PARAMETER_NAME_BYTES_MAX + 1);
        assert_eq!(Form::parse("", long.as_bytes()).err(), Some(Malformed::TooDeep));
    }
}
