//! What must hold of the parameters of a call, whatever the bytes: a naive reading finds the same, and reading by a schema ends.

use super::kitchen::KITCHEN;
use super::tree::Tree;
use std::collections::BTreeMap;
use wire::query::{Form, FormSource};

/// Whether the bytes were accepted as parameters. All before the first blank is the query of the URI, the rest the body.
pub fn probe(bytes: &[u8]) -> bool {
    let at = bytes.iter().position(|byte| *byte == b' ').unwrap_or(0);
    let (query, body) = bytes.split_at(at);
    let Ok(query) = std::str::from_utf8(query) else { return false };
    let body = body.strip_prefix(b" ").unwrap_or(body);
    let naive = naive([query.as_bytes(), body].concat().len(), query.as_bytes(), body);
    match (Form::parse(query, body), naive) {
        (Ok(form), Some(naive)) => {
            for (name, value) in &naive {
                assert_eq!(form.value(name), Some(value.as_str()));
            }
            let _ = Tree::read(&KITCHEN, &mut FormSource::new(&form));
            true
        }
        (Err(_), None) => false,
        (Ok(_), None) => panic!("accepted, and a naive reading refuses: {:?}", String::from_utf8_lossy(bytes)),
        (Err(malformed), Some(_)) => {
            let large = naive_limits(query.as_bytes()) || naive_limits(body);
            assert!(large, "{malformed}: {:?}", String::from_utf8_lossy(bytes));
            false
        }
    }
}

/// Parameters by name, or nothing if one of them is broken or stands twice.
fn naive(length: usize, query: &[u8], body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    // A plus is a blank in the body alone.
    let of_query = query.split(|byte| *byte == b'&').map(|piece| (piece, b'+'));
    let of_body = body.split(|byte| *byte == b'&').map(|piece| (piece, b' '));
    for (piece, plus) in of_query.chain(of_body).filter(|(piece, _)| !piece.is_empty()) {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = unescaped(halves.next()?, plus)?;
        let value = unescaped(halves.next().unwrap_or_default(), plus)?;
        assert!(name.len() + value.len() <= length);
        if parameters.insert(name, value).is_some() {
            return None;
        }
    }
    Some(parameters)
}

fn unescaped(piece: &[u8], plus: u8) -> Option<String> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < piece.len() {
        match piece[at] {
            b'+' => bytes.push(plus),
            b'%' => {
                let digits = piece.get(at + 1..at + 3)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
                at += 2;
            }
            other => bytes.push(other),
        }
        at += 1;
    }
    String::from_utf8(bytes).ok()
}

/// Whether a limit could have been the reason.
fn naive_limits(part: &[u8]) -> bool {
    let mut pieces = part.split(|byte| *byte == b'&');
    pieces.clone().count() > wire::limits::PARAMETERS_COUNT_MAX / 2
        || pieces.any(|piece| piece.len() > wire::limits::PARAMETER_NAME_BYTES_MAX)
}
