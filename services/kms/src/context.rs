//! The encryption context and the other facts that cryptographic operations put before the policies.

use crate::fault::Fault;
use kernel::Demands;
use policy::Fact;
use shapes_kms::EncryptionAlgorithmSpec;
use std::collections::BTreeMap;
use vault::EncryptionContext;

type Pairs = Option<BTreeMap<String, String>>;

/// The context as the vault binds it. Its length is looked at before anything is judged: judging costs more the longer it is, and
/// a refusal for its length tells nobody anything about the key.
pub fn bound(pairs: &Pairs) -> Result<EncryptionContext, Fault> {
    let pairs = pairs.iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
    EncryptionContext::of(pairs).map_err(|bad| Fault::Validation(format!("EncryptionContext: {bad}")))
}

/// `kms:EncryptionContext:<key>`, `kms:EncryptionContextKeys`, `kms:EncryptionAlgorithm`:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context>.
pub fn facts(demands: Demands, pairs: &Pairs, algorithm: EncryptionAlgorithmSpec) -> Demands {
    let one = |text: &str| Fact::One(text.to_owned().into());
    let algorithm = Fact::One(shape::Enumeration::as_str(algorithm).into());
    let mut demands = demands.fact("kms:encryptionalgorithm", algorithm);
    let Some(pairs) = pairs.as_ref().filter(|pairs| !pairs.is_empty()) else { return demands };
    for (key, value) in pairs {
        demands = demands.fact(format!("kms:encryptioncontext:{}", key.to_lowercase()), one(value));
    }
    demands.fact("kms:encryptioncontextkeys", Fact::Many(pairs.keys().map(|key| key.clone().into()).collect()))
}

/// Symmetric keys encrypt by one algorithm.
pub fn symmetric(algorithm: Option<EncryptionAlgorithmSpec>) -> Result<(), Fault> {
    match algorithm {
        None | Some(EncryptionAlgorithmSpec::SymmetricDefault) => Ok(()),
        Some(other) => Err(Fault::InvalidKeyUsage(format!(
            "Algorithm {} is incompatible with key spec SYMMETRIC_DEFAULT.",
            shape::Enumeration::as_str(other)
        ))),
    }
}

/// No grant exists, so no token can belong to one.
pub fn no_grants(tokens: &Option<Vec<String>>) -> Result<(), Fault> {
    if tokens.as_ref().is_none_or(Vec::is_empty) { Ok(()) } else { Err(Fault::InvalidGrantToken) }
}

/// Answers for attested recipients are not offered yet.
pub fn no_recipient(recipient: &Option<shapes_kms::RecipientInfo>) -> Result<(), Fault> {
    match recipient {
        None => Ok(()),
        Some(_) => Err(Fault::Unsupported("The Recipient parameter is not supported.".to_owned())),
    }
}

/// The vault's errors that are the caller's fault; all else is ours.
pub fn refused(error: vault::VaultError) -> kernel::Stop<Fault> {
    match error {
        vault::VaultError::CiphertextRefused => Fault::InvalidCiphertext.into(),
        vault::VaultError::AnotherKey => Fault::IncorrectKey.into(),
        error => kernel::Stop::Broken(error.into()),
    }
}
