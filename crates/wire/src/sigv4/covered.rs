//! What the signature covers: the headers that matter, and the list of those that were signed.

use super::presigned::SECURITY_TOKEN;
use super::{Head, Limit, Parameters, Parts, Refused, Rules, SIGNED_HEADERS_MAX, TokenRule};

const AUTHORITY: &str = ":authority";
const HOST: &str = "host";
const AMZ_DATE: &str = "x-amz-date";
const DATE: &str = "date";
const AMZ_TOKEN: &str = "x-amz-security-token";
const AMZ_CONTENT_SHA256: &str = "x-amz-content-sha256";
const AMZ_PREFIX: &str = "x-amz-";

/// The headers that a claim is read from; each may stand once.
#[derive(Default)]
pub(super) struct Seen<'a> {
    pub authorization: Option<&'a [u8]>,
    pub content_sha256: Option<&'a [u8]>,
    amz_date: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    authority: Option<&'a [u8]>,
}

impl<'a> Seen<'a> {
    pub fn among(head: &Head<'a>) -> Result<Self, Refused> {
        let mut seen = Self::default();
        for &(name, value) in head.headers {
            let (place, name) = match name {
                "authorization" => (&mut seen.authorization, "Authorization"),
                HOST => (&mut seen.host, "Host"),
                AUTHORITY if head.http2 => (&mut seen.authority, AUTHORITY),
                DATE => (&mut seen.date, "Date"),
                AMZ_DATE => (&mut seen.amz_date, "X-Amz-Date"),
                AMZ_TOKEN => (&mut seen.token, SECURITY_TOKEN),
                AMZ_CONTENT_SHA256 => (&mut seen.content_sha256, AMZ_CONTENT_SHA256),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(Refused::HeaderRepeats(name));
            }
        }
        // Two names for one host would let the signature cover one and the route follow the other.
        if seen.host.is_some() && seen.authority.is_some() && seen.host != seen.authority {
            return Err(Refused::Authority);
        }
        Ok(seen)
    }

    /// `X-Amz-Date`, or else `Date`.
    pub fn date(&self) -> Result<Option<&'a str>, Refused> {
        let (value, name) = if self.amz_date.is_some() { (self.amz_date, "X-Amz-Date") } else { (self.date, "Date") };
        value.map(|value| text(value, name)).transpose()
    }
}

/// The session token, from the query or from the header.
pub(super) fn token(seen: &Seen<'_>, parts: &Parts<'_>) -> Result<Option<String>, Refused> {
    match (seen.token, &parts.token) {
        (None, None) => Ok(None),
        (None, Some(token)) => Ok(Some(token.clone().into_owned())),
        (Some(token), None) => Ok(Some(text(token, SECURITY_TOKEN)?.to_owned())),
        (Some(_), Some(_)) => Err(Refused::QueryRepeats(SECURITY_TOKEN)),
    }
}

/// The names of the headers that were signed: in lower case, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    text: String,
    /// Where each name ends in the text.
    ends: Vec<usize>,
}

impl SignedHeaders {
    pub(super) fn parse(text: &str) -> Result<Self, Refused> {
        let mut ends = Vec::with_capacity(16);
        let mut end = 0;
        let mut previous = "";
        for name in text.split(';') {
            if ends.len() == SIGNED_HEADERS_MAX {
                return Err(Refused::Limit(Limit::SignedHeaders));
            }
            if name <= previous || !(name == AUTHORITY || name.bytes().all(is_of_a_name)) {
                return Err(Refused::SignedHeaders);
            }
            end += name.len();
            ends.push(end);
            end += 1;
            previous = name;
        }
        Ok(Self { text: text.to_owned(), ends })
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let name = self.text.get(start..*end).unwrap_or_default();
            start = end + 1;
            name
        })
    }

    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|signed| signed == name)
    }

    /// `host;x-amz-date`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether everything that must be signed is: the host, the date that is used, and each `x-amz-*` header. A
    /// parameter of a presigned query is signed as well, so a header that only repeats one is covered by it.
    pub(super) fn cover(
        &self,
        head: &Head<'_>,
        seen: &Seen<'_>,
        parts: &Parts<'_>,
        parameters: &Parameters<'_>,
        rules: &Rules<'_>,
    ) -> Result<(), Refused> {
        let by_host = self.contains(HOST) && (seen.host.is_some() || seen.authority.is_some());
        let by_authority = self.contains(AUTHORITY) && seen.authority.is_some();
        if !(by_host || by_authority) {
            return Err(Refused::HostNotSigned);
        }
        let by_header = parts.presigned.is_none();
        let mut unsigned = Vec::new();
        for (name, value) in head.headers.iter().filter(|(name, _)| name.starts_with(AMZ_PREFIX)) {
            let appended = *name == AMZ_TOKEN && rules.token == TokenRule::Appended;
            let repeats = || {
                let named = |bytes: &[u8]| bytes.eq_ignore_ascii_case(name.as_bytes());
                parameters.iter().any(|parameter| named(&parameter.name) && parameter.value.as_ref() == *value)
            };
            if !appended && !self.contains(name) && (by_header || !repeats()) {
                unsigned.push((*name).to_owned());
            }
        }
        if !unsigned.is_empty() {
            unsigned.sort();
            unsigned.dedup();
            return Err(Refused::UnsignedHeaders(unsigned));
        }
        if by_header && seen.amz_date.is_none() && !self.contains(DATE) {
            return Err(Refused::NotSigned("Date"));
        }
        Ok(())
    }

    /// Appends a line for each header that was signed. A name that no header has cannot have been signed.
    pub(super) fn write_canonical(&self, head: &Head<'_>, out: &mut Vec<u8>) -> Result<(), Refused> {
        for name in self.iter() {
            out.extend_from_slice(name.as_bytes());
            let mut separator = b':';
            // On HTTP/2 the host is `:authority`, and clients sign it under either name.
            let given = |wanted: &str| head.headers.iter().any(|(name, _)| *name == wanted);
            let wanted = if name == HOST && head.http2 && !given(HOST) { AUTHORITY } else { name };
            for (_, value) in head.headers.iter().filter(|(name, _)| *name == wanted) {
                out.push(separator);
                separator = b',';
                fold(value, out);
            }
            if separator == b':' {
                return Err(Refused::SignatureDoesNotMatch);
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Appends a value without blanks around it, and with one blank for each run of blanks in it.
fn fold(value: &[u8], out: &mut Vec<u8>) {
    let value = value.trim_ascii();
    let odd = |two: &[u8]| matches!(two, [one, two] if two.is_ascii_whitespace() && (*two != b' ' || *one == b' '));
    let plain = !value.windows(2).any(odd);
    if plain {
        out.extend_from_slice(value);
        return;
    }
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn text<'a>(value: &'a [u8], name: &'static str) -> Result<&'a str, Refused> {
    std::str::from_utf8(value.trim_ascii()).map_err(|_| Refused::HeaderValue(name))
}

/// A lower-case character of a header's name (RFC 9110, 5.6.2).
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || matches!(byte, b'-' | b'0'..=b'9') || b"!#$%&'*+.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn blanks_are_folded() {
        let folded = |value: &[u8]| {
            let mut out = Vec::new();
            fold(value, &mut out);
            out
        };
        assert_eq!(folded(b"  a   b\t c  "), b"a b c");
        assert_eq!(folded(b"value1\r\n  value2\n"), b"value1 value2");
        assert_eq!(folded(b"\"a  b\""), b"\"a b\"");
        assert_eq!(folded(b"a b"), b"a b");
        assert_eq!(folded(b"\xff \xfe"), b"\xff \xfe");
        assert_eq!(folded(b"  "), b"");
    }

    #[test]
    fn the_list_is_canonical_or_refused() {
        assert!(SignedHeaders::parse(":authority;host;x-amz-date").unwrap().contains("host"));
        for text in
            ["", ";host", "host;", "Host", "x-amz-date;host", "host;host", "a b;host", "a:b", "a\n;host", "\u{e9}"]
        {
            assert_eq!(SignedHeaders::parse(text), Err(Refused::SignedHeaders), "{text}");
        }
        let many: Vec<String> = (0..=SIGNED_HEADERS_MAX).map(|number| format!("a{number:04}")).collect();
        assert_eq!(SignedHeaders::parse(&many.join(";")), Err(Refused::Limit(Limit::SignedHeaders)));
    }
}
