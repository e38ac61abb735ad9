//! kms:Decrypt <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>

use crate::fault::Fault;
use crate::key::{Key, Named};
use crate::{Kms, asked, context};
use kernel::{Action, Aim, Assumed, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use secret::Secret;
use shapes_kms::{DecryptInput, DecryptOutput, EncryptionAlgorithmSpec};
use std::sync::Arc;
use vault::{BlobHeader, Decrypting, Usable, Used, Vault};

pub struct Decrypt;

/// AWS's words for a ciphertext whose key the caller may not use, or that is not there: which of the two, the caller does not hear.
const HIDDEN: &str = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not \
                      allowed to access.";

impl Operation for Decrypt {
    type Shape = shapes_kms::Decrypt;
    type Service = Kms;
    type Target = Key;
    type Staged = Used<Secret>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    /// The key that the caller names; else the one that the ciphertext's header names.
    fn aim(input: &DecryptInput) -> Result<Aim<Key>, Fault> {
        context::bound(&input.encryption_context)?;
        if let Some(key) = &input.key_id {
            return asked::any(key);
        }
        if ignored(input) && Self::dry_run(input) {
            return Err(Fault::bound(None, "keyId", "not be null"));
        }
        let header = BlobHeader::read(blob(input)?).map_err(|_| Fault::InvalidCiphertext)?;
        Ok(Aim::at(Named::Backing(header.backing_key())))
    }

    fn demands(input: &DecryptInput, key: &Found<Key>) -> Demands {
        let algorithm = input.encryption_algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        let demands = Demands::on(Action("kms:Decrypt"), key.look());
        let demands = context::facts(demands, &input.encryption_context, algorithm);
        if input.key_id.is_none() { demands.worded(HIDDEN) } else { demands }
    }

    /// AWS's records of Decrypt always name the algorithm.
    fn assumed(_: &DecryptInput) -> Vec<(&'static str, Assumed)> {
        vec![("encryptionAlgorithm", Assumed::Text("SYMMETRIC_DEFAULT"))]
    }

    fn dry_run(input: &DecryptInput) -> bool {
        input.dry_run == Some(true)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let input = call.input();
        context::no_grants(&input.grant_tokens)?;
        context::no_recipient(&input.recipient)?;
        context::symmetric(input.encryption_algorithm)?;
        context::bound(&input.encryption_context)?;
        // With IGNORE_CIPHERTEXT a dry run tests the permission alone; without it the ciphertext has to be there.
        let ignored = ignored(input);
        if ignored && input.dry_run != Some(true) {
            return Err(Fault::Validation("DryRunModifiers can only be used with DryRun".to_owned()));
        }
        if !ignored {
            BlobHeader::read(blob(input)?).map_err(|_| Fault::InvalidCiphertext)?;
        }
        let key = call.target();
        Usable::<Decrypting>::of(key).map_err(|unusable| key.unusable(unusable))?;
        Ok(())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<Secret>, Stop<Fault>> {
        let (input, key) = (call.input(), call.target());
        let context = context::bound(&input.encryption_context)?;
        let blob = blob(input)?;
        let usable = Usable::of(key).map_err(|unusable| key.unusable(unusable))?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        vault.decrypt(call.caller().ticket(), usable, blob, &context).await.map_err(context::refused)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        staged: &Used<Secret>,
        _: &mut Desk<'_, Kms>,
    ) -> Result<DecryptOutput, Stop<Fault>> {
        Ok(DecryptOutput {
            key_id: Some(call.target().arn_ref()),
            plaintext: Some(staged.value.share()),
            encryption_algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault),
            ciphertext_for_recipient: None,
            key_material_id: call.target().material_id(staged.link.backing_key),
        })
    }

    fn remarks(_: &Authorized<'_, Self>, staged: &Used<Secret>, output: &DecryptOutput) -> Remarks {
        let material = output.key_material_id.clone().unwrap_or_default();
        Remarks { additional: vec![("keyMaterialId", material)], uses: vec![staged.link], ..Remarks::default() }
    }
}

/// Whether a dry run is to test the permission alone: then the key has to be named, and nothing has to be decrypted.
fn ignored(input: &DecryptInput) -> bool {
    input.dry_run_modifiers.as_ref().is_some_and(|modifiers| !modifiers.is_empty())
}

/// The model has it optional, for dry runs that ignore it.
fn blob(input: &DecryptInput) -> Result<&[u8], Fault> {
    input.ciphertext_blob.as_deref().ok_or_else(|| Fault::bound(None, "ciphertextBlob", "not be null"))
}
