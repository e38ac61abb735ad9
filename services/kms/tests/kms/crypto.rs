//! Encryption, data keys and random bytes: what comes back, and what is refused.

use crate::rig::{blob, context, decrypt, encrypt, key, plain, refused, town};
use house::{Actor, Answered, Tree};
use names::KeyRef;
use shapes_kms::{
    DataKeySpec, Decrypt, DecryptInput, DryRunModifierType, Encrypt, EncryptInput, EncryptionAlgorithmSpec,
    GenerateDataKey, GenerateDataKeyInput, GenerateDataKeyWithoutPlaintext, GenerateDataKeyWithoutPlaintextInput,
    GenerateRandom, GenerateRandomInput, RecipientInfo,
};

const CHOICE: &str = "Please specify either number of bytes or key spec.";

async fn data_key(
    actor: &Actor,
    key: &KeyRef,
    spec: Option<DataKeySpec>,
    number: Option<i64>,
) -> Answered<GenerateDataKey> {
    let input =
        GenerateDataKeyInput { key_spec: spec, number_of_bytes: number, ..GenerateDataKeyInput::new(key.clone()) };
    actor.call::<GenerateDataKey>(input).await
}

fn ciphertext(bytes: &[u8]) -> DecryptInput {
    DecryptInput { ciphertext_blob: Some(bytes.to_vec().into()), ..DecryptInput::default() }
}

#[tokio::test]
async fn what_was_encrypted_comes_back() {
    let town = town().await;
    let made = town.key().await;
    let sealed = blob(&town.root, &made.id).await;
    let answered = decrypt(&town.root, &sealed).await;
    let output = answered.output();
    assert_eq!(answered.reveal(output.plaintext.as_ref().unwrap()), b"customer list");
    assert_eq!(output.key_id.as_ref(), Some(&made.arn));
    assert_eq!(output.encryption_algorithm, Some(EncryptionAlgorithmSpec::SymmetricDefault));
    assert_eq!(output.key_material_id.as_ref().map(String::len), Some(64));
    let longest = EncryptInput::new(made.id.clone(), plain(&[7; 4096]));
    town.root.call::<Encrypt>(longest).await.output();
    for (length, words) in [(0, "greater than or equal to 1"), (4097, "less than or equal to 4096")] {
        let input = EncryptInput::new(made.id.clone(), plain(&vec![7; length]));
        let words = format!("at 'plaintext' failed to satisfy constraint: Member must have length {words}");
        refused(&town.root.call::<Encrypt>(input).await, "ValidationException", &words);
    }
}

#[tokio::test]
async fn ciphertexts_that_do_not_open() {
    let town = town().await;
    let (made, other) = (town.key().await, town.key().await);
    let input = EncryptInput {
        encryption_context: context(&[("purpose", "demo")]),
        ..EncryptInput::new(made.id.clone(), plain(b"x"))
    };
    let answered = town.root.call::<Encrypt>(input).await;
    let sealed = answered.output().ciphertext_blob.as_ref().unwrap().to_vec();
    let right = || DecryptInput { encryption_context: context(&[("purpose", "demo")]), ..ciphertext(&sealed) };
    town.root.call::<Decrypt>(right()).await.output();
    town.root.call::<Decrypt>(DecryptInput { key_id: Some(made.arn.clone()), ..right() }).await.output();
    refused(&decrypt(&town.root, &sealed).await, "InvalidCiphertextException", "");
    let wrong = DecryptInput { encryption_context: context(&[("purpose", "other")]), ..ciphertext(&sealed) };
    refused(&town.root.call::<Decrypt>(wrong).await, "InvalidCiphertextException", "");
    let another = DecryptInput { key_id: Some(other.id.clone()), ..right() };
    refused(&town.root.call::<Decrypt>(another).await, "IncorrectKeyException", "");
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        if let Some(byte) = changed.get_mut(place) {
            *byte ^= 1;
        }
        let input = DecryptInput { ciphertext_blob: Some(changed.into()), ..right() };
        let code = town.root.call::<Decrypt>(input).await.code();
        assert_eq!(code, "InvalidCiphertextException", "byte {place}");
    }
    for foreign in [&b""[..], b"nonsense", &[0; 6144]] {
        refused(&decrypt(&town.root, foreign).await, "InvalidCiphertextException", "");
    }
    let short = sealed.get(..sealed.len() - 1).unwrap();
    refused(&decrypt(&town.root, short).await, "InvalidCiphertextException", "");
}

#[tokio::test]
async fn data_keys_of_every_length() {
    let town = town().await;
    let made = town.key().await;
    for (spec, number, length) in [
        (Some(DataKeySpec::Aes256), None, 32),
        (Some(DataKeySpec::Aes128), None, 16),
        (None, Some(1), 1),
        (None, Some(1024), 1024),
    ] {
        let answered = data_key(&town.root, &made.arn, spec, number).await;
        let output = answered.output();
        let plaintext = answered.reveal(output.plaintext.as_ref().unwrap());
        assert_eq!((plaintext.len(), output.key_id.as_ref()), (length, Some(&made.arn)));
        let opened = decrypt(&town.root, output.ciphertext_blob.as_ref().unwrap()).await;
        assert_eq!(opened.reveal(opened.output().plaintext.as_ref().unwrap()), plaintext);
        assert_eq!(opened.output().key_material_id, output.key_material_id);
    }
}

#[tokio::test]
async fn a_data_key_has_one_length() {
    let town = town().await;
    let made = town.key().await;
    let both = data_key(&town.root, &made.id, Some(DataKeySpec::Aes256), Some(32)).await;
    refused(&both, "ValidationException", CHOICE);
    refused(&data_key(&town.root, &made.id, None, None).await, "ValidationException", CHOICE);
    for (number, words) in [(0, "greater than or equal to 1"), (1025, "less than or equal to 1024")] {
        let words =
            format!("Value '{number}' at 'numberOfBytes' failed to satisfy constraint: Member must have value {words}");
        refused(&data_key(&town.root, &made.id, None, Some(number)).await, "ValidationException", &words);
        let input = Tree::map([("KeyId", Tree::text(made.id.as_str())), ("NumberOfBytes", Tree::Number(number))]);
        refused(&town.root.enter::<GenerateDataKey>(input).await, "ValidationException", &words);
    }
    let input = GenerateDataKeyWithoutPlaintextInput::new(made.id.clone());
    refused(&town.root.call::<GenerateDataKeyWithoutPlaintext>(input).await, "ValidationException", CHOICE);
}

#[tokio::test]
async fn a_data_key_without_its_plaintext() {
    let town = town().await;
    let made = town.key().await;
    let input = GenerateDataKeyWithoutPlaintextInput {
        key_spec: Some(DataKeySpec::Aes256),
        encryption_context: context(&[("a", "b")]),
        ..GenerateDataKeyWithoutPlaintextInput::new(made.id.clone())
    };
    let answered = town.root.call::<GenerateDataKeyWithoutPlaintext>(input).await;
    let output = answered.output();
    assert_eq!(output.key_id.as_ref(), Some(&made.arn));
    let sealed = output.ciphertext_blob.as_ref().unwrap();
    refused(&decrypt(&town.root, sealed).await, "InvalidCiphertextException", "");
    let input = DecryptInput { encryption_context: context(&[("a", "b")]), ..ciphertext(sealed) };
    let opened = town.root.call::<Decrypt>(input).await;
    assert_eq!(opened.reveal(opened.output().plaintext.as_ref().unwrap()).len(), 32);
}

#[tokio::test]
async fn random_bytes() {
    let town = town().await;
    let draw = |number| {
        let input = GenerateRandomInput { number_of_bytes: number, ..GenerateRandomInput::default() };
        town.root.call::<GenerateRandom>(input)
    };
    let (one, two) = (draw(Some(1024)).await, draw(Some(1024)).await);
    let bytes = |answered: &Answered<GenerateRandom>| answered.reveal(answered.output().plaintext.as_ref().unwrap());
    assert_eq!(bytes(&one).len(), 1024);
    assert_ne!(bytes(&one), bytes(&two));
    let words = "Value null at 'numberOfBytes' failed to satisfy constraint: Member must not be null";
    refused(&draw(None).await, "ValidationException", words);
    refused(&draw(Some(1025)).await, "ValidationException", "'numberOfBytes'");
    refused(&draw(Some(-1)).await, "ValidationException", "Value '-1' at 'numberOfBytes'");
    let input = GenerateRandomInput {
        number_of_bytes: Some(1),
        custom_key_store_id: Some("cks-1234567890abcdef0".to_owned()),
        ..GenerateRandomInput::default()
    };
    refused(&town.root.call::<GenerateRandom>(input).await, "CustomKeyStoreNotFoundException", "cks-");
}

#[tokio::test]
async fn a_dry_run_says_what_would_come() {
    let town = town().await;
    let made = town.key().await;
    let sealed = blob(&town.root, &made.id).await;
    let uses = town.house.uses().await;
    let verdict = "The request would have succeeded, but the DryRun option is set.";
    let input = EncryptInput { dry_run: Some(true), ..EncryptInput::new(made.id.clone(), plain(b"x")) };
    refused(&town.root.call::<Encrypt>(input).await, "DryRunOperationException", verdict);
    let input = DecryptInput { dry_run: Some(true), ..ciphertext(&sealed) };
    refused(&town.root.call::<Decrypt>(input).await, "DryRunOperationException", verdict);
    let of = |number| GenerateDataKeyInput {
        dry_run: Some(true),
        number_of_bytes: number,
        ..GenerateDataKeyInput::new(made.id.clone())
    };
    refused(&town.root.call::<GenerateDataKey>(of(Some(1))).await, "DryRunOperationException", verdict);
    refused(&town.root.call::<GenerateDataKey>(of(None)).await, "ValidationException", CHOICE);
    let input = GenerateDataKeyWithoutPlaintextInput {
        dry_run: Some(true),
        number_of_bytes: Some(1),
        ..GenerateDataKeyWithoutPlaintextInput::new(made.id.clone())
    };
    refused(&town.root.call::<GenerateDataKeyWithoutPlaintext>(input).await, "DryRunOperationException", verdict);
    let modifiers = Some(vec![DryRunModifierType::IgnoreCiphertext]);
    let input = DecryptInput {
        dry_run: Some(true),
        dry_run_modifiers: modifiers.clone(),
        key_id: Some(made.id.clone()),
        ..DecryptInput::default()
    };
    refused(&town.root.call::<Decrypt>(input).await, "DryRunOperationException", verdict);
    let input = DecryptInput { dry_run_modifiers: modifiers.clone(), ..ciphertext(&sealed) };
    refused(&town.root.call::<Decrypt>(input).await, "ValidationException", "DryRun");
    let input = DecryptInput { dry_run: Some(true), dry_run_modifiers: modifiers, ..DecryptInput::default() };
    refused(&town.root.call::<Decrypt>(input).await, "ValidationException", "Value null at 'keyId'");
    for key_id in [None, Some(made.id.clone())] {
        let input = DecryptInput { key_id, ..DecryptInput::default() };
        refused(&town.root.call::<Decrypt>(input).await, "ValidationException", "Value null at 'ciphertextBlob'");
    }
    assert_eq!(town.house.uses().await, uses, "no key was used");
}

#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let town = town().await;
    let made = town.key().await;
    let tokens = Some(vec!["token".to_owned()]);
    let input = EncryptInput { grant_tokens: tokens.clone(), ..EncryptInput::new(made.id.clone(), plain(b"x")) };
    refused(&town.root.call::<Encrypt>(input).await, "InvalidGrantTokenException", "");
    let input = GenerateDataKeyInput {
        grant_tokens: tokens,
        number_of_bytes: Some(1),
        ..GenerateDataKeyInput::new(made.id.clone())
    };
    refused(&town.root.call::<GenerateDataKey>(input).await, "InvalidGrantTokenException", "");
    let input = GenerateDataKeyInput {
        recipient: Some(RecipientInfo::default()),
        number_of_bytes: Some(1),
        ..GenerateDataKeyInput::new(made.id.clone())
    };
    refused(&town.root.call::<GenerateDataKey>(input).await, "UnsupportedOperationException", "Recipient");
    let input = EncryptInput {
        encryption_algorithm: Some(EncryptionAlgorithmSpec::RsaesOaepSha256),
        ..EncryptInput::new(made.id.clone(), plain(b"x"))
    };
    refused(&town.root.call::<Encrypt>(input).await, "InvalidKeyUsageException", "RSAES_OAEP_SHA_256");
    refused(&encrypt(&town.root, &key("arn:aws:s3:::bucket")).await, "NotFoundException", "Invalid arn");
}
