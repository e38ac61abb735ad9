//! The operations that are measured: what is asked, and whether the answer says what it should.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::rc::Rc;

/// 32 bytes: what a data key has, and what most callers of Encrypt bring.
pub const PLAINTEXT: [u8; 32] = *b"thirty-two bytes, all in a row..";

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Operation {
    Encrypt,
    Decrypt,
    GenerateDataKey,
    DescribeKey,
    CreateKey,
    ListKeys,
}

/// The keys of a page of ListKeys: the default of AWS.
pub const PAGE_KEYS: usize = 100;

/// Those that are measured beside the floors. A floor has no lists.
pub const ALL: [Operation; 5] =
    [Operation::Encrypt, Operation::Decrypt, Operation::GenerateDataKey, Operation::DescribeKey, Operation::CreateKey];

/// What the requests of a run are about: made by CreateKey and Encrypt of the same server.
#[derive(Clone, Default)]
pub struct Subject {
    pub keys: Rc<[String]>,
    /// A ciphertext under the first key.
    pub blob: String,
}

impl Subject {
    /// The ARN of the key that a request is about: as if drawn uniformly, and the same for the same request.
    pub fn key(&self, request: u64) -> &str {
        // splitmix64: neighbours lead far apart.
        let mut mixed = request.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = usize::try_from(mixed ^ (mixed >> 31)).ok().and_then(|mixed| mixed.checked_rem(self.keys.len()));
        place.and_then(|place| self.keys.get(place)).map_or("", String::as_str)
    }
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "Encrypt",
            Self::Decrypt => "Decrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::DescribeKey => "DescribeKey",
            Self::CreateKey => "CreateKey",
            Self::ListKeys => "ListKeys",
        }
    }

    pub fn body(self, subject: &Subject, request: u64) -> String {
        let key = subject.key(request);
        match self {
            Self::Encrypt => json!({"KeyId": key, "Plaintext": STANDARD.encode(PLAINTEXT)}),
            Self::Decrypt => json!({"CiphertextBlob": subject.blob}),
            Self::GenerateDataKey => json!({"KeyId": key, "KeySpec": "AES_256"}),
            Self::DescribeKey => json!({"KeyId": key}),
            Self::CreateKey => json!({}),
            Self::ListKeys => json!({"Limit": PAGE_KEYS}),
        }
        .to_string()
    }

    /// Whether the answer says what it should about `subject`.
    pub fn is_answered(self, subject: &Subject, request: u64, answer: &Value) -> bool {
        let bytes = |name: &str| answer.get(name).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
        let names_key = |value: Option<&Value>| value.and_then(Value::as_str) == Some(subject.key(request));
        let metadata = answer.get("KeyMetadata");
        match self {
            Self::Encrypt => {
                names_key(answer.get("KeyId")) && bytes("CiphertextBlob").is_some_and(|blob| blob.len() > 32)
            }
            Self::Decrypt => {
                subject.keys.first().map(String::as_str) == answer.get("KeyId").and_then(Value::as_str)
                    && bytes("Plaintext").as_deref() == Some(&PLAINTEXT)
            }
            Self::GenerateDataKey => {
                let blob = bytes("CiphertextBlob").is_some_and(|blob| blob.len() > 32);
                blob && bytes("Plaintext").is_some_and(|key| key.len() == 32)
            }
            Self::DescribeKey => names_key(metadata.and_then(|metadata| metadata.get("Arn"))),
            Self::CreateKey => metadata.and_then(|metadata| metadata.get("Arn")).is_some_and(Value::is_string),
            Self::ListKeys => answer.get("Keys").and_then(Value::as_array).is_some_and(|keys| keys.len() == PAGE_KEYS),
        }
    }
}
