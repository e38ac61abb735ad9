//! kms:GenerateRandom <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>

use crate::data_key::length_bytes;
use crate::fault::Fault;
use crate::{Kms, context};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use secret::Secret;
use shapes_kms::{GenerateRandomInput, GenerateRandomOutput};
use std::sync::Arc;
use vault::Vault;

pub struct GenerateRandom;

impl Operation for GenerateRandom {
    type Shape = shapes_kms::GenerateRandom;
    type Service = Kms;
    type Target = Nothing;
    type Staged = Secret;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &GenerateRandomInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &GenerateRandomInput, all: &Found<Nothing>) -> Demands {
        Demands::on(Action("kms:GenerateRandom"), all.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let input = call.input();
        context::no_recipient(&input.recipient)?;
        if let Some(id) = &input.custom_key_store_id {
            return Err(Fault::no_key_store(id));
        }
        wanted(input).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Secret, Stop<Fault>> {
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        vault.random(call.caller().ticket(), wanted(call.input())?).await.map_err(context::refused)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        bytes: &Secret,
        _: &mut Desk<'_, Kms>,
    ) -> Result<GenerateRandomOutput, Stop<Fault>> {
        Ok(GenerateRandomOutput { plaintext: Some(bytes.share()), ciphertext_for_recipient: None })
    }
}

/// The model has the length optional; there is no default.
fn wanted(input: &GenerateRandomInput) -> Result<usize, Fault> {
    let number = input.number_of_bytes.ok_or_else(|| Fault::bound(None, "numberOfBytes", "not be null"))?;
    length_bytes(number)
}
