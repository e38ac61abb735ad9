//! Our reader of JSON against serde_json: the same documents are accepted, with the same values.

use crate::fuzz_json::{ANYTHING, Verdict, verdict};
use proptest::prelude::*;
use serde_json::Value;

/// Documents that a client might send, and then some.
fn document() -> impl Strategy<Value = Value> {
    nested(prop_oneof![Just(Value::Null), scalar()])
}

/// Documents in which nothing is null: all of them are sound.
fn sound() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), nested(scalar())), 0..6)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("a number of JSON", |number| number.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[\\x00-\\x7f]{0,12}".prop_map(Value::from),
    ]
}

fn nested(leaf: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Names that the schema knows, and others.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(ANYTHING.to_vec()).prop_map(str::to_owned), ".{0,6}"]
}

/// Pieces out of which broken documents are made.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud83d",
    "\\udd11",
    "\\u0000",
    "\\/",
    "\\x",
    "null",
    "true",
    "false",
    "nul",
    "0",
    "01",
    "-",
    "-0",
    "1.",
    ".5",
    "1e5",
    "1E+",
    "1e999",
    "12345678901234567890",
    " ",
    "\n",
    "\u{a0}",
    "\u{feff}",
    "\u{1f}",
    "\u{7f}",
    "\u{1f511}",
    "\"a\"",
    "\"text\"",
    "//",
    "/**/",
    "'a'",
    "NaN",
    "Infinity",
    "+1",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sound_documents_are_accepted(document in sound()) {
        for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
            prop_assert_eq!(verdict(text.as_bytes()), Verdict::Accepted);
        }
    }

    #[test]
    fn broken_documents_are_judged_alike(
        document in document(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, prop::sample::select(PIECES)), 1..4),
    ) {
        let mut text = document.to_string().into_bytes();
        for (at, length, piece) in changes {
            let at = at.index(text.len() + 1);
            text.splice(at..(at + length).min(text.len()), piece.bytes());
        }
        verdict(&text);
    }

    #[test]
    fn pieces_at_random_are_judged_alike(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12)) {
        verdict(pieces.concat().as_bytes());
    }

    #[test]
    fn bytes_at_random_are_judged_alike(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        verdict(&bytes);
    }
}

#[test]
fn limits_are_the_only_difference() {
    use wire::limits::{DEPTH_MAX, ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX};
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    // The outermost structure counts as well.
    assert_eq!(verdict(format!("{{\"unknown\":{}}}", deep(DEPTH_MAX - 1)).as_bytes()), Verdict::Accepted);
    assert_eq!(verdict(format!("{{\"unknown\":{}}}", deep(DEPTH_MAX)).as_bytes()), Verdict::Limited);
    let items = |count: usize| format!("{{\"unknown\":[{}]}}", vec!["0"; count].join(","));
    assert_eq!(verdict(items(ITEMS_COUNT_MAX).as_bytes()), Verdict::Accepted);
    assert_eq!(verdict(items(ITEMS_COUNT_MAX + 1).as_bytes()), Verdict::Limited);
    let members = |count: usize| format!("{{{}}}", vec!["\"a\":0"; count].join(","));
    assert_eq!(verdict(members(MEMBERS_COUNT_MAX).as_bytes()), Verdict::Accepted);
    assert_eq!(verdict(members(MEMBERS_COUNT_MAX + 1).as_bytes()), Verdict::Limited);
}
