//! kms:GenerateDataKeyWithoutPlaintext <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html>

use crate::data_key::Wanted;
use crate::fault::Fault;
use crate::key::Key;
use crate::{Kms, asked, context};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shapes_kms::{
    EncryptionAlgorithmSpec, GenerateDataKeyWithoutPlaintextInput, GenerateDataKeyWithoutPlaintextOutput,
};
use vault::{DataKey, Used};

pub struct GenerateDataKeyWithoutPlaintext;

impl Operation for GenerateDataKeyWithoutPlaintext {
    type Shape = shapes_kms::GenerateDataKeyWithoutPlaintext;
    type Service = Kms;
    type Target = Key;
    type Staged = Used<DataKey>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GenerateDataKeyWithoutPlaintextInput) -> Result<Aim<Key>, Fault> {
        context::bound(&input.encryption_context)?;
        asked::any(&input.key_id)
    }

    fn demands(input: &GenerateDataKeyWithoutPlaintextInput, key: &Found<Key>) -> Demands {
        let demands = Demands::on(Action("kms:GenerateDataKeyWithoutPlaintext"), key.look());
        context::facts(demands, &input.encryption_context, EncryptionAlgorithmSpec::SymmetricDefault)
    }

    fn dry_run(input: &GenerateDataKeyWithoutPlaintextInput) -> bool {
        input.dry_run == Some(true)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        wanted(call.input()).check(call.target())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<DataKey>, Stop<Fault>> {
        wanted(call.input()).generate(call.target(), call.caller(), outside).await
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        staged: &Used<DataKey>,
        _: &mut Desk<'_, Kms>,
    ) -> Result<GenerateDataKeyWithoutPlaintextOutput, Stop<Fault>> {
        Ok(GenerateDataKeyWithoutPlaintextOutput {
            ciphertext_blob: Some(staged.value.blob.as_bytes().to_vec().into()),
            key_id: Some(call.target().arn_ref()),
            key_material_id: call.target().material_id(staged.link.backing_key),
        })
    }

    fn remarks(
        _: &Authorized<'_, Self>,
        staged: &Used<DataKey>,
        output: &GenerateDataKeyWithoutPlaintextOutput,
    ) -> Remarks {
        let material = output.key_material_id.clone().unwrap_or_default();
        Remarks { additional: vec![("keyMaterialId", material)], uses: vec![staged.link], ..Remarks::default() }
    }
}

fn wanted(input: &GenerateDataKeyWithoutPlaintextInput) -> Wanted<'_> {
    Wanted {
        spec: input.key_spec,
        number_of_bytes: input.number_of_bytes,
        context: &input.encryption_context,
        grant_tokens: &input.grant_tokens,
    }
}
