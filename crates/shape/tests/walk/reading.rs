//! Inputs on their way in: what is read, and what AWS would say of what breaks a bound.

use crate::tree::Tree::{Blob, Float, Integer, List, Long, Map, Text, Time, Truth};
use crate::tree::{complaint, read};
use secret::Secret;
use shapes_iam::CreateUserInput;
use shapes_kms::{EncryptInput, TagResourceInput};
use shapes_toy::{BoxState, CreateBoxInput, DeleteBoxesInput, ListBoxesInput, PutNoteInput, ReflectInput};

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn one_violation_is_told_as_aws_tells_it() {
    let input = Map(vec![("KeyId", Text("")), ("Plaintext", Blob(b"kagi"))]);
    assert_eq!(
        complaint::<EncryptInput>(input, true),
        "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or \
         equal to 1"
    );
}

#[test]
fn all_violations_come_in_the_order_of_the_model() {
    let input = Map(vec![("EncryptionAlgorithm", Text("ROT13")), ("KeyId", Text(""))]);
    assert_eq!(
        complaint::<EncryptInput>(input, true),
        "3 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or \
         equal to 1; Value null at 'plaintext' failed to satisfy constraint: Member must not be null; Value 'ROT13' at \
         'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [SYMMETRIC_DEFAULT, \
         RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE]"
    );
}

#[test]
fn a_nested_place_counts_items_from_one() {
    let tag = |key, value| Map(vec![("TagKey", Text(key)), ("TagValue", Long(value))]);
    let tags = List(vec![tag("a", "v".repeat(256)), tag("", "v".repeat(257))]);
    let text = complaint::<TagResourceInput>(Map(vec![("KeyId", Text(KEY)), ("Tags", tags)]), true);
    assert_eq!(
        text,
        format!(
            "2 validation errors detected: Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have \
             length greater than or equal to 1; Value '{}' at 'tags.2.member.tagValue' failed to satisfy constraint: Member must \
             have length less than or equal to 256",
            "v".repeat(257)
        )
    );
    let missing = List(vec![Map(vec![("TagKey", Text("a"))])]);
    let text = complaint::<TagResourceInput>(Map(vec![("KeyId", Text(KEY)), ("Tags", missing)]), true);
    assert!(
        text.contains("Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null")
    );
}

#[test]
fn a_pattern_and_a_length_are_two_violations() {
    let text = complaint::<CreateUserInput>(Map(vec![("UserName", Long("!".repeat(65)))]), false);
    assert_eq!(
        text,
        "2 validation errors detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression \
         pattern: [\\w+=,.@-]+; Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64"
    );
    // Java's `\w` is ASCII.
    assert!(complaint::<CreateUserInput>(Map(vec![("UserName", Text("鍵"))]), false).contains("pattern"));
}

#[test]
fn secrets_are_not_repeated() {
    let note = format!("{}kagi", "k".repeat(1_024));
    let text = complaint::<PutNoteInput>(Map(vec![("Name", Text("box")), ("Note", Long(note))]), true);
    assert_eq!(
        text,
        "1 validation error detected: Value at 'note' failed to satisfy constraint: Member must have length less than or equal to 1024"
    );
    for (member, value) in [
        ("PrivateText", Long("kagi".repeat(20))),
        ("PrivateTag", Long("kagi".repeat(80))),
        ("SecretList", List(vec![Long("kagi".repeat(300))])),
    ] {
        let text = complaint::<ReflectInput>(Map(vec![("Sample", Map(vec![(member, value)]))]), true);
        assert!(text.starts_with("1 validation error detected: Value at 'sample."), "{text}");
        assert!(!text.contains("kagi"), "{text}");
    }
}

#[test]
fn numbers_have_bounds() {
    for (tree, expected) in [
        (
            Map(vec![("Limit", Integer(0))]),
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            Map(vec![("Limit", Integer(101))]),
            "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
    ] {
        assert_eq!(complaint::<ListBoxesInput>(tree, true), format!("1 validation error detected: {expected}"));
    }
}

#[test]
fn of_lists_and_maps_of_plain_values_the_whole_is_told() {
    let names = |names| complaint::<DeleteBoxesInput>(Map(vec![("Names", List(names))]), true);
    let place = "at 'names' failed to satisfy constraint: Member must";
    assert_eq!(
        names(Vec::new()),
        format!("1 validation error detected: Value '[]' {place} have length greater than or equal to 1")
    );
    // One violation, whichever items are broken and how often; AWS names each rule that an item has.
    let text = names(vec![Text("box"), Text(""), Text("a b"), Text("")]);
    let start =
        format!("1 validation error detected: Value '[box, , a b, ]' {place} satisfy constraint: [Member must have");
    assert!(text.starts_with(&start), "{text}");
    assert!(
        text.contains("length greater than or equal to 1, Member must satisfy regular expression pattern: "),
        "{text}"
    );
    assert!(text.ends_with(']'), "{text}");
    // What is too long to be repeated is left out.
    let text = names(vec![Long("k".repeat(9_000)), Text("")]);
    assert!(text.starts_with(&format!("1 validation error detected: Value {place} satisfy constraint")), "{text}");

    let labels = Map(vec![("", Text("value")), ("key", Text("other"))]);
    let text = complaint::<CreateBoxInput>(Map(vec![("Name", Text("box")), ("Labels", labels)]), true);
    assert!(
        text.starts_with(
            "1 validation error detected: Value '{=value, key=other}' at 'labels' failed to satisfy constraint: Map keys must \
             satisfy constraint: [Member must have length"
        ),
        "{text}"
    );
}

#[test]
fn the_query_services_leave_out_even_that_there_is_no_value() {
    assert_eq!(
        complaint::<CreateUserInput>(Map(Vec::new()), false),
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn secret_texts_are_counted_in_characters() {
    let note = |note: String| read::<PutNoteInput>(Map(vec![("Name", Text("box")), ("Note", Long(note))])).1;
    assert!(note("鍵".repeat(1_024)).is_clean());
    assert!(!note("鍵".repeat(1_025)).is_clean());
}

#[test]
fn a_missing_member_leaves_no_value_and_a_report() {
    let (value, report) = read::<PutNoteInput>(Map(vec![("Name", Text("box"))]));
    assert!(value.is_none());
    assert!(!report.is_clean());
}

#[test]
fn absent_differs_from_empty_and_unknown_members_pass_by() {
    let (value, report) =
        read::<CreateBoxInput>(Map(vec![("Name", Text("box")), ("Colour", Text("red")), ("Tags", List(Vec::new()))]));
    let input = value.expect("a sound input");
    assert!(report.is_clean());
    assert_eq!(input.tags.map(|tags| tags.len()), Some(0));
    assert!(input.labels.is_none());
}

#[test]
fn every_kind_arrives() {
    let sample = Map(vec![
        ("Type", Text("type")),
        ("Choice", Text("HOLDS_NOTE")),
        ("Choices", List(vec![Text("Locked"), Text("EMPTY")])),
        ("Blob", Blob(b"blob")),
        ("Number", Integer(7)),
        ("Float", Float(0.5)),
        ("Truth", Truth(true)),
        ("Time", Time(86_400)),
        ("OtherName", Text("renamed")),
        ("Renamed", Text("the wire does not know this name")),
        ("SecretText", Text("kagi")),
        ("SecretBlob", Blob(b"kagi")),
        ("PrivateText", Text("kagi")),
        ("Labels", Map(vec![("b", Text("2")), ("a", Text("1"))])),
        ("Inner", Map(vec![("Inner", Map(vec![("Text", Text("deep"))]))])),
        ("Inners", List(vec![Map(Vec::new())])),
    ]);
    let (value, report) = read::<ReflectInput>(Map(vec![("Sample", sample)]));
    let sample = value.expect("a sound input").sample;
    assert!(report.is_clean());
    assert_eq!(sample.r#type.as_deref(), Some("type"));
    assert_eq!(sample.choice, Some(BoxState::HoldsNote));
    assert_eq!(sample.choices, Some(vec![BoxState::Locked, BoxState::Empty]));
    assert_eq!(sample.blob.as_deref(), Some(b"blob".as_slice()));
    assert_eq!((sample.number, sample.float, sample.truth), (Some(7), Some(0.5), Some(true)));
    assert_eq!(sample.time, Some(names::Time::from_seconds(86_400)));
    assert_eq!(sample.renamed.as_deref(), Some("renamed"));
    let kagi = Secret::from_vec(b"kagi".to_vec());
    assert!(sample.secret_text.expect("a secret text").same(&kagi));
    assert!(sample.secret_blob.expect("a secret blob").same(&kagi));
    assert_eq!(sample.private_text.expect("a private text").read(), "kagi");
    let labels: Vec<(String, String)> = sample.labels.expect("labels").into_iter().collect();
    assert_eq!(labels, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    let deep = sample.inner.and_then(|inner| inner.inner).and_then(|inner| inner.text);
    assert_eq!(deep.as_deref(), Some("deep"));
    assert_eq!(sample.inners.map(|inners| inners.len()), Some(1));
}

#[test]
fn a_key_keeps_what_was_typed() {
    let (value, _) = read::<EncryptInput>(Map(vec![("KeyId", Text("no such form!")), ("Plaintext", Blob(b"kagi"))]));
    assert_eq!(value.expect("a key of a bad form is no validation error").key_id.as_str(), "no such form!");
}
