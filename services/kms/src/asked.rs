//! How calls name keys, and what they hear when nothing is there.

use crate::fault::Fault;
use crate::key::{Key, Named};
use kernel::{Aim, Scene};
use names::{AccountId, AliasName, Arn, KeyId, KeyName, KeyRef, Region};
use vault::BackingKeyId;

/// Cryptographic operations, DescribeKey and GetPublicKey take ids, ARNs and aliases.
pub fn any(key: &KeyRef) -> Result<Aim<Key>, Fault> {
    sound(key).map(|()| Aim::at(Named::Ref(key.clone())))
}

/// Management operations take ids and ARNs only, and act within the caller's account. An ARN of another account is to them as an ARN of
/// nothing, whatever that key's policy says: the caller hears what AWS says of things that are hidden from him.
pub fn own(key: &KeyRef) -> Result<Aim<Key>, Fault> {
    id_or_arn(key).map(|()| Aim::at(Named::Own(key.clone())))
}

/// Operations that take ids and ARNs only, yet act across accounts.
pub fn across(key: &KeyRef) -> Result<Aim<Key>, Fault> {
    id_or_arn(key).map(|()| Aim::at(Named::Ref(key.clone())))
}

pub fn id_or_arn(key: &KeyRef) -> Result<(), Fault> {
    match key.name() {
        KeyName::Alias(_) | KeyName::AliasArn { .. } => Err(invalid(key)),
        _ => sound(key),
    }
}

/// A text that cannot name a key is refused without a look-up. It is refused to everybody alike, so this tells nothing about keys.
pub fn sound(key: &KeyRef) -> Result<(), Fault> {
    match key.name() {
        KeyName::BadArn => Err(Fault::NotFound(format!("Invalid arn {}", key.as_str()))),
        KeyName::Malformed => Err(invalid(key)),
        _ => Ok(()),
    }
}

fn invalid(key: &KeyRef) -> Fault {
    Fault::NotFound(format!("Invalid keyId '{}'", key.as_str()))
}

pub fn key_arn(region: &Region, account: AccountId, id: &str) -> Arn {
    Arn::of("kms", region.as_str(), account, &format!("key/{id}"))
}

pub fn alias_arn(region: &Region, account: AccountId, alias: &str) -> Arn {
    Arn::of("kms", region.as_str(), account, alias)
}

/// The ARN that a key of this name would have. Behind an alias or a ciphertext that leads nowhere there is no id: `*` stands for it.
pub fn named(name: &Named, scene: &Scene) -> Arn {
    let (Named::Ref(key) | Named::Own(key)) = name else { return key_arn(&scene.region, scene.account, "*") };
    match key.name() {
        KeyName::Id(id) => key_arn(&scene.region, scene.account, id.as_str()),
        KeyName::Arn { account, .. } | KeyName::AliasArn { account, .. } => {
            Arn::parse(key.as_str()).unwrap_or_else(|_| key_arn(&scene.region, *account, "*"))
        }
        KeyName::Alias(_) | KeyName::BadArn | KeyName::Malformed => key_arn(&scene.region, scene.account, "*"),
    }
}

/// The texts were recorded from AWS.
pub fn not_found(name: &Named, scene: &Scene) -> Fault {
    let key = match name {
        Named::Ref(key) | Named::Own(key) => key,
        Named::Behind(alias) => return alias_not_found(alias, scene),
        Named::Backing(_) => return Fault::InvalidCiphertext,
    };
    let text = match key.name() {
        KeyName::Arn { region, .. } | KeyName::AliasArn { region, .. } if **region != *scene.region.as_str() => {
            format!("Invalid arn {region}")
        }
        KeyName::Alias(alias) => return alias_not_found(alias, scene),
        KeyName::AliasArn { .. } => format!("Alias {} is not found.", key.as_str()),
        _ => format!("Key '{}' does not exist", named(name, scene)),
    };
    Fault::NotFound(text)
}

pub fn alias_not_found(alias: &AliasName, scene: &Scene) -> Fault {
    Fault::NotFound(format!("Alias {} is not found.", alias_arn(&scene.region, scene.account, alias.as_str())))
}

/// What AWS calls the id of a key's material: 64 hexadecimal digits that depend on key and material.
pub fn material_id(key: &KeyId, backing: BackingKeyId) -> String {
    let digest = cipher::sha256(&[key.as_str().as_bytes(), &backing.0].concat());
    let mut text = String::with_capacity(2 * digest.len());
    for digit in digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
    }
    text
}
