//! kms:Encrypt <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::{Kms, asked, context};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use secret::Secret;
use shapes_kms::{EncryptInput, EncryptOutput, EncryptionAlgorithmSpec};
use std::sync::Arc;
use vault::{Blob, Encrypting, PLAINTEXT_BYTES_MAX, Usable, Used, Vault};

pub struct Encrypt;

impl Operation for Encrypt {
    type Shape = shapes_kms::Encrypt;
    type Service = Kms;
    type Target = Key;
    type Staged = Used<Blob>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &EncryptInput) -> Result<Aim<Key>, Fault> {
        context::bound(&input.encryption_context)?;
        asked::any(&input.key_id)
    }

    fn demands(input: &EncryptInput, key: &Found<Key>) -> Demands {
        let algorithm = input.encryption_algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        context::facts(Demands::on(Action("kms:Encrypt"), key.look()), &input.encryption_context, algorithm)
    }

    fn dry_run(input: &EncryptInput) -> bool {
        input.dry_run == Some(true)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        context::no_grants(&call.input().grant_tokens)?;
        context::symmetric(call.input().encryption_algorithm)?;
        context::bound(&call.input().encryption_context)?;
        length(&call.input().plaintext)?;
        let key = call.target();
        Usable::<Encrypting>::of(key).map_err(|unusable| key.unusable(unusable))?;
        Ok(())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<Blob>, Stop<Fault>> {
        let (input, key) = (call.input(), call.target());
        let context = context::bound(&input.encryption_context)?;
        let usable = Usable::of(key).map_err(|unusable| key.unusable(unusable))?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        vault.encrypt(call.caller().ticket(), usable, &input.plaintext, &context).await.map_err(context::refused)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        staged: &Used<Blob>,
        _: &mut Desk<'_, Kms>,
    ) -> Result<EncryptOutput, Stop<Fault>> {
        Ok(EncryptOutput {
            ciphertext_blob: Some(staged.value.as_bytes().to_vec().into()),
            key_id: Some(call.target().arn_ref()),
            encryption_algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault),
        })
    }

    fn remarks(call: &Authorized<'_, Self>, staged: &Used<Blob>, _: &EncryptOutput) -> Remarks {
        let material = call.target().material_id(staged.link.backing_key).unwrap_or_default();
        Remarks { additional: vec![("keyMaterialId", material)], uses: vec![staged.link], ..Remarks::default() }
    }
}

/// The wire has seen to it; calls from inside have not passed there.
fn length(plaintext: &Secret) -> Result<(), Fault> {
    let bound = match plaintext.len() {
        0 => "greater than or equal to 1".to_owned(),
        1..=PLAINTEXT_BYTES_MAX => return Ok(()),
        _ => format!("less than or equal to {PLAINTEXT_BYTES_MAX}"),
    };
    Err(Fault::Validation(format!(
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length {bound}"
    )))
}
