//! The operations that are measured: what is asked, and whether the answer says what it should.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

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
}

pub const ALL: [Operation; 5] =
    [Operation::Encrypt, Operation::Decrypt, Operation::GenerateDataKey, Operation::DescribeKey, Operation::CreateKey];

/// What the requests of a run are about: made by a CreateKey and an Encrypt of the same server.
#[derive(Clone, Default)]
pub struct Subject {
    pub key_arn: String,
    pub blob: String,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "Encrypt",
            Self::Decrypt => "Decrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::DescribeKey => "DescribeKey",
            Self::CreateKey => "CreateKey",
        }
    }

    pub fn body(self, subject: &Subject) -> String {
        let key = &subject.key_arn;
        match self {
            Self::Encrypt => json!({"KeyId": key, "Plaintext": STANDARD.encode(PLAINTEXT)}),
            Self::Decrypt => json!({"CiphertextBlob": subject.blob}),
            Self::GenerateDataKey => json!({"KeyId": key, "KeySpec": "AES_256"}),
            Self::DescribeKey => json!({"KeyId": key}),
            Self::CreateKey => json!({}),
        }
        .to_string()
    }

    /// Whether the answer says what it should about `subject`.
    pub fn is_answered(self, subject: &Subject, answer: &Value) -> bool {
        let bytes = |name: &str| answer.get(name).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
        let names_key = |value: Option<&Value>| value.and_then(Value::as_str) == Some(subject.key_arn.as_str());
        let metadata = answer.get("KeyMetadata");
        match self {
            Self::Encrypt => {
                names_key(answer.get("KeyId")) && bytes("CiphertextBlob").is_some_and(|blob| blob.len() > 32)
            }
            Self::Decrypt => names_key(answer.get("KeyId")) && bytes("Plaintext").as_deref() == Some(&PLAINTEXT),
            Self::GenerateDataKey => {
                let blob = bytes("CiphertextBlob").is_some_and(|blob| blob.len() > 32);
                blob && bytes("Plaintext").is_some_and(|key| key.len() == 32)
            }
            Self::DescribeKey => names_key(metadata.and_then(|metadata| metadata.get("Arn"))),
            Self::CreateKey => metadata.and_then(|metadata| metadata.get("Arn")).is_some_and(Value::is_string),
        }
    }
}
