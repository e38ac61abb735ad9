//! What a codec costs. Run with `cargo nextest run --run-ignored only -E 'test(speed)' --no-capture`.
#![expect(clippy::print_stderr, reason = "the figure is what the tests are for")]

use crate::keys::{keys, receipt};
use crate::models::schema;
use secret::Secret;
use serde_json::json;
use shape::{Malformed, Schema, Source};
use std::hint::black_box;
use std::time::Instant;
use wire::json::{JsonSink, JsonSource};

const BODY: &str = r#"{"CiphertextBlob": "AQICAHgbrVzEIVd9oBLmUy4sFHfVIZcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "EncryptionContext": {"tenant": "kagi"}, "KeyId": "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}"#;

/// As generated code reads Decrypt's input.
fn decrypt(schema: &'static Schema, source: &mut dyn Source) -> Result<(Vec<u8>, usize, String), Malformed> {
    let (mut blob, mut entries, mut key) = (Vec::new(), 0, String::new());
    source.structure(schema, &mut |index, source| {
        match index {
            0 => blob = source.blob()?,
            1 => source.map(schema, &mut |name, source| {
                entries += name.len() + source.text()?.len();
                Ok(())
            })?,
            _ => key = source.text()?,
        }
        Ok(())
    })?;
    Ok((blob, entries, key))
}

fn decrypt_schema() -> &'static Schema {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "CiphertextBlob": {"shape": "Blob"}, "EncryptionContext": {"shape": "Map"}, "KeyId": {"shape": "Text"}
        }},
        "Blob": {"type": "blob"}, "Text": {"type": "string"},
        "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}}
    });
    schema(&shapes, Some(&json!({"shape": "Input"})))
}

#[test]
#[ignore = "prints a figure, asserts nothing about it"]
fn speed_of_reading_decrypt() {
    let schema = decrypt_schema();
    let rounds = 300_000_u32;
    let start = Instant::now();
    for _ in 0..rounds {
        let mut source = JsonSource::new(black_box(BODY.as_bytes())).unwrap();
        black_box(decrypt(schema, &mut source).unwrap());
        source.finish().unwrap();
    }
    eprintln!("a Decrypt call of {} bytes: {:?}", BODY.len(), start.elapsed() / rounds);
}

#[test]
#[ignore = "prints a figure, asserts nothing about it"]
fn speed_of_writing_decrypt() {
    use shape::Sink as _;
    let schema = decrypt_schema();
    let members = schema.members();
    let plaintext = Secret::from_vec(vec![7; 32]);
    let receipt = receipt();
    let rounds = 300_000_u32;
    let start = Instant::now();
    for _ in 0..rounds {
        let mut sink = JsonSink::new(&keys().exit, &receipt);
        sink.begin(schema, 2);
        sink.member(&members[0]);
        sink.secret(members[0].schema, &plaintext);
        sink.member(&members[2]);
        sink.text("arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        sink.end();
        black_box(sink.finish());
    }
    eprintln!("a Decrypt answer: {:?}", start.elapsed() / rounds);
}
