//! Strings of JSON documents: escapes taken away and put in.

use shape::Malformed;
use std::borrow::Cow;

/// What stands between two quotation marks. That it holds no bare control character and that each backslash has something after it
/// is known; whether the escapes are good is not, until they are read.
#[derive(Clone, Copy)]
pub(super) struct Quoted<'a> {
    pub raw: &'a str,
    pub escaped: bool,
}

impl<'a> Quoted<'a> {
    pub fn text(self) -> Result<Cow<'a, str>, Malformed> {
        if !self.escaped {
            return Ok(Cow::Borrowed(self.raw));
        }
        let mut text = String::with_capacity(self.raw.len());
        self.unescape(|piece| text.push_str(piece))?;
        Ok(Cow::Owned(text))
    }

    /// Hands the text to `put`, piece by piece.
    pub fn unescape(self, mut put: impl FnMut(&str)) -> Result<(), Malformed> {
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            put(plain);
            let (letter, after) = escape_sequence(escape)?;
            put(letter.encode_utf8(&mut [0; 4]));
            rest = after;
        }
        put(rest);
        Ok(())
    }
}

/// The character that an escape stands for, without its backslash, and what follows.
fn escape_sequence(escape: &str) -> Result<(char, &str), Malformed> {
    let mut rest = escape.chars();
    let letter = match rest.next() {
        Some(letter @ ('"' | '\\' | '/')) => letter,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return code_unit(rest.as_str()),
        _ => return Err(Malformed::Syntax),
    };
    Ok((letter, rest.as_str()))
}

/// One `\uXXXX`, or two that make one character beyond the Basic Multilingual Plane. Half a pair is refused.
fn code_unit(escape: &str) -> Result<(char, &str), Malformed> {
    let (first, rest) = hex(escape)?;
    if !(0xD800..0xDC00).contains(&first) {
        // The second half of a pair, alone, is no character, and `from_u32` says so.
        return Ok((char::from_u32(first).ok_or(Malformed::Syntax)?, rest));
    }
    let (second, rest) = hex(rest.strip_prefix("\\u").ok_or(Malformed::Syntax)?)?;
    if !(0xDC00..0xE000).contains(&second) {
        return Err(Malformed::Syntax);
    }
    let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    Ok((char::from_u32(code).ok_or(Malformed::Syntax)?, rest))
}

fn hex(text: &str) -> Result<(u32, &str), Malformed> {
    let (digits, rest) = text.split_at_checked(4).ok_or(Malformed::Syntax)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Malformed::Syntax);
    }
    Ok((u32::from_str_radix(digits, 16).map_err(|_| Malformed::Syntax)?, rest))
}

/// Where the first byte stands that no string holds as it is: a quotation mark, a backslash, a control character.
pub(super) fn first_special(bytes: &[u8]) -> Option<usize> {
    const BLOCK_BYTES: usize = 16;
    let is_special = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    // Most texts have none. A whole block, looked at without a branch, is a few instructions of the processor's vector unit.
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let plain = |block: &&[u8; BLOCK_BYTES]| !block.iter().fold(false, |any, byte| any | is_special(byte));
    let start = blocks.iter().take_while(plain).count() * BLOCK_BYTES;
    let at = bytes.get(start..)?.iter().position(is_special)?;
    Some(start + at)
}

/// Appends `text` in quotation marks.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = first_special(rest) {
        let (plain, after) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((special, after)) = after.split_first() else { break };
        write_escape(*special, out);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let low = HEX.get(usize::from(byte & 0xf)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), low]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn unescaped(raw: &str) -> Result<String, Malformed> {
        Quoted { raw, escaped: true }.text().map(Cow::into_owned)
    }

    #[test]
    fn escapes_are_those_of_the_standard() {
        assert_eq!(unescaped(r#"\"\\\/\b\f\n\r\t"#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(unescaped(r"k\u00e4gi\u756A").unwrap(), "k\u{e4}gi\u{756a}");
        assert_eq!(unescaped(r"\ud83d\udD11").unwrap(), "\u{1f511}");
        assert_eq!(unescaped(r"\u0000").unwrap(), "\0");
        for wrong in
            [r"\x", r"\", r"\u12", r"\u12g4", r"\u+123", r"\ud83d", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041", r"\udd11"]
        {
            assert_eq!(unescaped(wrong), Err(Malformed::Syntax), "{wrong}");
        }
    }

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for length in 0..70 {
            let plain = vec![b' '; length];
            assert_eq!(first_special(&plain), None, "{length}");
            for (at, special) in (0..length).flat_map(|at| [b'"', b'\\', 0x00, 0x1f].map(|special| (at, special))) {
                let mut bytes = plain.clone();
                bytes.splice(at.., std::iter::repeat_n(special, length - at));
                assert_eq!(first_special(&bytes), Some(at), "{special} in {length}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text: String = (0..0x300).filter_map(char::from_u32).chain("\u{2028}\u{1f511}\u{ffff}".chars()).collect();
        let mut out = Vec::new();
        write_text(&text, &mut out);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        assert!(out.iter().all(|byte| *byte >= 0x20));
    }
}
