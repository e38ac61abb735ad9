//! A second canonicaliser, written for clarity from AWS's documentation and never looking at the first; and their
//! comparison.

use proptest::prelude::*;

use super::signer::{Signing, matches};
use super::sketch::Sketch;

/// All forms of the canonical request that the service may be sent, each once, in the order in which they are tried.
pub fn canonical_requests(sketch: &Sketch, service: &str, signed: &[&str], payload: &str) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    for path in paths(&sketch.path, service)? {
        let mut request = format!("{}\n{path}\n{}\n", sketch.method, query(&sketch.query)?).into_bytes();
        for name in signed {
            let wanted = if *name == "host" && sketch.http2 { ":authority" } else { name };
            let values = sketch.headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| folded(value));
            request.extend([name.as_bytes(), b":", &values.collect::<Vec<_>>().join(&b","[..]), b"\n"].concat());
        }
        request.extend(format!("\n{}\n{payload}", signed.join(";")).into_bytes());
        if !requests.contains(&request) {
            requests.push(request);
        }
    }
    Some(requests)
}

/// The decoded parameters of a query.
pub fn pairs(query: &str) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, '=');
            Some((decoded(halves.next().unwrap_or(""))?, decoded(halves.next().unwrap_or(""))?))
        })
        .collect()
}

pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = bytes.get(at + 1..at + 3)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    Some(out)
}

pub fn folded(value: &[u8]) -> Vec<u8> {
    let blanked: Vec<u8> = value.iter().map(|b| if b" \t\n\x0c\r".contains(b) { b' ' } else { *b }).collect();
    let words: Vec<&[u8]> = blanked.split(|b| *b == b' ').filter(|word| !word.is_empty()).collect();
    words.join(&b' ')
}

fn paths(path: &str, service: &str) -> Option<Vec<String>> {
    let path = if path.is_empty() { "/" } else { path };
    if service == "s3" {
        let strict = encoded(&decoded(path)?, "/");
        let printable = path.chars().all(|c| ('!'..='~').contains(&c));
        return Some(if printable { vec![path.to_owned(), strict] } else { vec![strict] });
    }
    Some(vec![encoded(path.as_bytes(), "/"), encoded(without_dots(path).as_bytes(), "/")])
}

pub fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        if segment == ".." {
            kept.pop();
        } else if !segment.is_empty() && segment != "." {
            kept.push(segment);
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

fn query(query: &str) -> Option<String> {
    let signed = pairs(query)?.into_iter().filter(|(name, _)| name != b"X-Amz-Signature");
    let mut encoded: Vec<(String, String)> =
        signed.map(|(name, value)| (encoded(&name, ""), encoded(&value, ""))).collect();
    encoded.sort();
    Some(encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

pub fn encoded(bytes: &[u8], also_plain: &str) -> String {
    const PLAIN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    let one = |byte: &u8| {
        let plain = (PLAIN.to_owned() + also_plain).as_bytes().contains(byte);
        if plain { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    bytes.iter().map(one).collect()
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-zA-Z0-9._~-]{1,4}",
        1 => Just("/".to_owned()),
        1 => Just("/../".to_owned()),
        1 => Just("/./".to_owned()),
        2 => "[ !$'()*,:;@+=]{1,2}",
        2 => "%[0-9A-F]{2}",
        1 => "%[0-9a-f]{2}",
        1 => "[\u{e9}\u{1234}\u{1f600}]",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let query = proptest::collection::vec(prop_oneof![text(), Just("k".to_owned()), Just("k=%3D".to_owned())], 0..5);
    let header = (prop_oneof![Just("content-type"), Just("x-amz-meta-a"), Just("x-amz-target")], any::<Vec<u8>>());
    let headers = proptest::collection::vec(header, 0..4);
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PUT")];
    (method, text(), query, headers, any::<bool>()).prop_map(|(method, path, query, headers, http2)| Sketch {
        method: method.to_owned(),
        path: format!("/{path}"),
        query: query.join("&"),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: b"{}".to_vec(),
        http2,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Both canonicalisers make the same strings, for requests signed in the header and in the query.
    #[test]
    fn two_canonicalisers_agree(
        sketch in sketches(),
        s3 in any::<bool>(),
        presign in any::<bool>(),
        form in 0..2_usize,
    ) {
        let signing = Signing::for_service(if s3 { "s3" } else { "kms" });
        let (sketch, strings) =
            if presign { signing.presigned(sketch, "300", form) } else { signing.signed(sketch, form) };
        let claim = signing.claim(&sketch).unwrap();
        let expected: Vec<&str> = strings.iter().map(String::as_str).collect();
        let read = [Some(claim.string_to_sign.as_str()), claim.second_string.as_deref()];
        let read: Vec<&str> = read.into_iter().flatten().collect();
        prop_assert_eq!(read, expected);
        prop_assert!(matches(&signing, &claim));
    }
}
