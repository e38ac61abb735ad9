//! The floors' keys, in memory, and what is done with them.

use super::Input;
use crate::operation::Operation;
use crate::sigv4::{REGION, push_hex};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::cell::RefCell;
use std::collections::HashMap;

const ACCOUNT: &str = "111122223333";
const ID_BYTES: usize = 16;
const N_BYTES: usize = 16;
const IV_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

#[derive(Default)]
pub struct Keys(RefCell<HashMap<[u8; ID_BYTES], hmac::Key>>);

impl Keys {
    /// The key's ARN and the answer.
    pub fn act(&self, operation: Operation, input: &Input) -> Option<(String, String)> {
        match operation {
            Operation::CreateKey => {
                let id = random::<ID_BYTES>();
                self.0.borrow_mut().insert(id, hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()));
                Some((arn(&id), metadata(&id)))
            }
            Operation::DescribeKey => {
                let id = self.named(input)?;
                Some((arn(&id), metadata(&id)))
            }
            Operation::Encrypt => {
                let id = self.named(input)?;
                let plaintext = STANDARD.decode(input.plaintext.as_ref()?).ok()?;
                let blob = STANDARD.encode(self.seal(&id, &plaintext)?);
                let arn = arn(&id);
                let text = json!({"KeyId": arn, "CiphertextBlob": blob, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"});
                Some((arn, text.to_string()))
            }
            Operation::GenerateDataKey => {
                let id = self.named(input)?;
                let key = random::<32>();
                let blob = STANDARD.encode(self.seal(&id, &key)?);
                let arn = arn(&id);
                let text = json!({"KeyId": arn, "CiphertextBlob": blob, "Plaintext": STANDARD.encode(key)});
                Some((arn, text.to_string()))
            }
            Operation::Decrypt => {
                let (id, plaintext) = self.open(&STANDARD.decode(input.ciphertext_blob.as_ref()?).ok()?)?;
                let arn = arn(&id);
                let plaintext = STANDARD.encode(plaintext);
                let text = json!({"KeyId": arn, "Plaintext": plaintext, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"});
                Some((arn, text.to_string()))
            }
            Operation::ListKeys => None,
        }
    }

    fn named(&self, input: &Input) -> Option<[u8; ID_BYTES]> {
        let (_, text) = input.key_id.as_ref()?.rsplit_once('/')?;
        let mut id = [0; ID_BYTES];
        let (pairs, _) = text.as_bytes().as_chunks::<2>();
        for (byte, pair) in id.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        self.0.borrow().contains_key(&id).then_some(id)
    }

    /// id ‖ N ‖ IV ‖ ciphertext ‖ tag, under a key derived from the backing key and N.
    fn seal(&self, id: &[u8; ID_BYTES], plaintext: &[u8]) -> Option<Vec<u8>> {
        let (n, iv) = (random::<N_BYTES>(), random::<IV_BYTES>());
        let key = self.message_key(id, &n)?;
        let mut blob = [&id[..], &n, &iv, plaintext].concat();
        let (head, body) = blob.split_at_mut(ID_BYTES + N_BYTES + IV_BYTES);
        let iv = Nonce::assume_unique_for_key(iv);
        let tag = key.seal_in_place_separate_tag(iv, Aad::from(&*head), body).ok()?;
        blob.extend_from_slice(tag.as_ref());
        Some(blob)
    }

    fn open(&self, blob: &[u8]) -> Option<([u8; ID_BYTES], Vec<u8>)> {
        let (head, sealed) = blob.split_at_checked(ID_BYTES + N_BYTES + IV_BYTES)?;
        let (id, rest) = head.split_first_chunk::<ID_BYTES>()?;
        let (n, iv) = rest.split_first_chunk::<N_BYTES>()?;
        let iv = Nonce::assume_unique_for_key(*iv.first_chunk()?);
        let mut plaintext = sealed.to_vec();
        self.message_key(id, n)?.open_in_place(iv, Aad::from(head), &mut plaintext).ok()?;
        plaintext.truncate(plaintext.len() - TAG_BYTES);
        Some((*id, plaintext))
    }

    fn message_key(&self, id: &[u8; ID_BYTES], n: &[u8; N_BYTES]) -> Option<LessSafeKey> {
        let keys = self.0.borrow();
        let derived = hmac::sign(keys.get(id)?, n);
        UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok().map(LessSafeKey::new)
    }
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).unwrap();
    bytes
}

fn hex(id: &[u8]) -> String {
    let mut text = String::with_capacity(2 * ID_BYTES);
    push_hex(&mut text, id);
    text
}

fn arn(id: &[u8; ID_BYTES]) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", hex(id))
}

/// As long as AWS's, so that as many bytes are written.
fn metadata(id: &[u8; ID_BYTES]) -> String {
    json!({"KeyMetadata": {
        "AWSAccountId": ACCOUNT, "KeyId": hex(id), "Arn": arn(id), "CreationDate": 1_795_521_600, "Enabled": true,
        "Description": "", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false
    }})
    .to_string()
}
