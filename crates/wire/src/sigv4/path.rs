//! Escapes, and the canonical forms of a path.

use std::borrow::Cow;

use super::{PathRule, Refused};

/// What `escape` does with a slash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slash {
    Kept,
    Escaped,
}

/// The forms of a path that a caller may have signed; the second only where it differs from the first.
pub(super) struct Forms<'a> {
    pub first: Cow<'a, [u8]>,
    pub second: Option<Vec<u8>>,
}

/// See the module's text on paths. A path begins with a slash; an empty one is `/`.
pub(super) fn forms<'a>(raw_path: &'a str, rule: PathRule) -> Result<Forms<'a>, Refused> {
    let raw_path = if raw_path.is_empty() { "/" } else { raw_path };
    if !raw_path.starts_with('/') {
        return Err(Refused::Uri);
    }
    match rule {
        PathRule::EscapedOnce => escaped_once(raw_path),
        PathRule::EscapedTwice => Ok(escaped_twice(raw_path)),
    }
}

/// The path without dot segments and without empty segments, as botocore signs it: RFC 3986, 5.2.4, but that only a
/// slash at the end leaves a slash at the end. In this form the routes of all services but S3 are to be looked up, for
/// in this form the path may have been signed.
pub fn normalise_path(raw_path: &str) -> Cow<'_, str> {
    let plain = |segment: &str| !matches!(segment, "" | "." | "..");
    let inner = raw_path.strip_prefix('/').unwrap_or(raw_path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if raw_path.starts_with('/') && (raw_path == "/" || inner.split('/').all(plain)) {
        return Cow::Borrowed(raw_path);
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in raw_path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let mut path = String::with_capacity(raw_path.len() + 1);
    kept.iter().for_each(|segment| {
        path.push('/');
        path.push_str(segment);
    });
    if path.is_empty() || raw_path.ends_with('/') {
        path.push('/');
    }
    Cow::Owned(path)
}

/// Decodes the escapes of a text; nothing if one is malformed. A `+` stays a plus.
pub(super) fn unescape(text: &str) -> Option<Cow<'_, [u8]>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (high, low) = (digit()?, digit()?);
        decoded.push(high << 4 | low);
    }
    Some(Cow::Owned(decoded))
}

/// Appends `bytes` with all but the unreserved characters of RFC 3986 escaped, in upper-case hexadecimal.
pub(super) fn escape(bytes: &[u8], slash: Slash, out: &mut Vec<u8>) {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + (value - 10) };
    out.reserve(bytes.len());
    for &byte in bytes {
        if is_unreserved(byte) || byte == b'/' && slash == Slash::Kept {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn escaped_once(raw_path: &str) -> Result<Forms<'_>, Refused> {
    let decoded = unescape(raw_path).ok_or(Refused::Uri)?;
    let mut strict = Vec::new();
    escape(&decoded, Slash::Kept, &mut strict);
    if strict == raw_path.as_bytes() {
        return Ok(Forms { first: Cow::Borrowed(raw_path.as_bytes()), second: None });
    }
    // A path as sent goes into the canonical request unescaped, so it must not be able to end its line there.
    if raw_path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Forms { first: Cow::Borrowed(raw_path.as_bytes()), second: Some(strict) });
    }
    Ok(Forms { first: Cow::Owned(strict), second: None })
}

fn escaped_twice(raw_path: &str) -> Forms<'_> {
    let normal = normalise_path(raw_path);
    let second = (normal != raw_path).then(|| {
        let mut second = Vec::new();
        escape(normal.as_bytes(), Slash::Kept, &mut second);
        second
    });
    if raw_path.bytes().all(|byte| is_unreserved(byte) || byte == b'/') {
        return Forms { first: Cow::Borrowed(raw_path.as_bytes()), second };
    }
    let mut first = Vec::new();
    escape(raw_path.as_bytes(), Slash::Kept, &mut first);
    Forms { first: Cow::Owned(first), second }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn dot_segments_and_empty_segments_go() {
        let cases = [
            ("/", "/"),
            ("", "/"),
            ("//", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/../..", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b/"),
            ("/a//b/", "/a/b/"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a"),
            ("/a/b/.", "/a/b"),
            ("/a/b/../", "/a/"),
            ("/../a", "/a"),
            ("/.a/..b/c.", "/.a/..b/c."),
            ("/%2E%2E/a", "/%2E%2E/a"),
        ];
        for (raw, normal) in cases {
            assert_eq!(normalise_path(raw), normal, "{raw}");
            assert_eq!(normalise_path(normal), normal, "{raw}, twice");
        }
    }

    #[test]
    fn escapes_are_decoded_or_refused() {
        assert_eq!(unescape("a+b%2B%2f").unwrap().as_ref(), b"a+b+/");
        assert_eq!(unescape("%ff").unwrap().as_ref(), b"\xff");
        for malformed in ["%", "%1", "%zz", "%+1", "%1 ", "a%"] {
            assert_eq!(unescape(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn only_unreserved_characters_stay() {
        let mut out = Vec::new();
        escape("az09-._~/ +=%\u{1234}".as_bytes(), Slash::Escaped, &mut out);
        assert_eq!(out, b"az09-._~%2F%20%2B%3D%25%E1%88%B4");
    }

    #[test]
    fn a_path_of_s3_is_tried_as_sent_and_then_as_it_should_have_been_sent() {
        let both = forms("/a=b", PathRule::EscapedOnce).unwrap();
        assert_eq!((both.first.as_ref(), both.second.as_deref()), (&b"/a=b"[..], Some(&b"/a%3Db"[..])));
        let once = forms("/a%3Db//./c", PathRule::EscapedOnce).unwrap();
        assert_eq!((once.first.as_ref(), once.second), (&b"/a%3Db//./c"[..], None));
        let unprintable = forms("/a\nb", PathRule::EscapedOnce).unwrap();
        assert_eq!((unprintable.first.as_ref(), unprintable.second), (&b"/a%0Ab"[..], None));
        assert!(forms("/a%b", PathRule::EscapedOnce).is_err());
        assert!(forms("*", PathRule::EscapedOnce).is_err());
    }
}
