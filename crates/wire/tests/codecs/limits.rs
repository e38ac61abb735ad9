//! Each named limit holds: what just fits is read, one more is refused.

use crate::kitchen::KITCHEN;
use crate::tree::Tree;
use shape::Malformed;
use wire::cbor::CborSource;
use wire::json::JsonSource;
use wire::limits::{DEPTH_MAX, ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX, NUMBER_BYTES_MAX};
use wire::query::{Form, FormSource};

fn json(body: &str) -> Option<Malformed> {
    Tree::read(&KITCHEN, &mut JsonSource::new(body.as_bytes()).unwrap()).err()
}

fn cbor(body: &[u8]) -> Option<Malformed> {
    Tree::read(&KITCHEN, &mut CborSource::new(body)).err()
}

fn query(body: &str) -> Option<Malformed> {
    Tree::read(&KITCHEN, &mut FormSource::new(&Form::parse("", body.as_bytes()).unwrap())).err()
}

#[test]
fn depth() {
    let json_self = |depth: usize| format!("{}{{}}{}", "{\"self\":".repeat(depth - 1), "}".repeat(depth - 1));
    let cbor_self = |depth: usize| [b"\xa1\x64self".repeat(depth - 1), vec![0xa0]].concat();
    let cbor_unknown = |depth: usize| [b"\xa1\x61x".to_vec(), b"\x81".repeat(depth - 2), vec![0x80]].concat();
    // A name may pass through one level for each of its parts, a list's `member` and number among them.
    let query_self = |depth: usize| format!("{}text=x", "self.".repeat(depth - 1));
    assert_eq!((json(&json_self(DEPTH_MAX)), json(&json_self(DEPTH_MAX + 1))), (None, Some(Malformed::TooDeep)));
    assert_eq!((cbor(&cbor_self(DEPTH_MAX)), cbor(&cbor_self(DEPTH_MAX + 1))), (None, Some(Malformed::TooDeep)));
    assert_eq!((cbor(&cbor_unknown(DEPTH_MAX)), cbor(&cbor_unknown(DEPTH_MAX + 1))), (None, Some(Malformed::TooDeep)));
    assert_eq!(
        (query(&query_self(DEPTH_MAX - 1)), query(&query_self(DEPTH_MAX + 1))),
        (None, Some(Malformed::TooDeep))
    );
    assert_eq!(cbor(&[b"\xa1\x61x".to_vec(), b"\xc1".repeat(5), vec![0]].concat()), Some(Malformed::TooDeep));
}

#[test]
fn counts() {
    let (items, members) = (ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX);
    let many = Some(Malformed::TooMany);
    let json_list = |count: usize| format!("{{\"flat_list\":[{}]}}", vec!["\"\""; count].join(","));
    let json_map = |count: usize| format!("{{\"flat_map\":{{{}}}}}", vec!["\"\":\"\""; count].join(","));
    assert_eq!((json(&json_list(items)), json(&json_list(items + 1))), (None, many));
    assert_eq!((json(&json_map(members)), json(&json_map(members + 1))), (None, many));
    let cbor_list = |count: usize| [b"\xa1\x69flat_list\x9f".to_vec(), b"\x60".repeat(count), vec![0xff]].concat();
    let cbor_map = |count: usize| [b"\xa1\x68flat_map\xbf".to_vec(), b"\x60\x60".repeat(count), vec![0xff]].concat();
    assert_eq!((cbor(&cbor_list(items)), cbor(&cbor_list(items + 1))), (None, many));
    assert_eq!((cbor(&cbor_map(members)), cbor(&cbor_map(members + 1))), (None, many));
    // A length that is declared is not believed.
    assert_eq!(cbor(b"\xa1\x69flat_list\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x60"), Some(Malformed::Syntax));
    let query_map = |count: usize| -> String {
        (1..=count).map(|at| format!("flat_map.{at}.key={at}&flat_map.{at}.value=&")).collect()
    };
    assert_eq!((query(&query_map(members)), query(&query_map(members + 1))), (None, many));
}

#[test]
fn numbers() {
    let json_number = |digits: usize| format!("{{\"float\":0.{}}}", "1".repeat(digits - 2));
    assert_eq!(json(&json_number(NUMBER_BYTES_MAX)), None);
    assert_eq!(json(&json_number(NUMBER_BYTES_MAX + 1)), Some(Malformed::Range));
}
