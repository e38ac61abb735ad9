//! kms:CreateKey <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::policies::{self, Sound};
use crate::tables::{Backing, KEYS, KeyPlace, KeyRecord};
use crate::{Kms, asked, context, metadata};
use kernel::{
    Action, Aim, Assumed, Authorized, Breakage, Class, Demands, Desk, Found, Mention, Nothing, Operation, Outside,
    Remarks, Stop, Thing,
};
use names::KeyId;
use policy::Fact;
use shape::Enumeration;
use shapes_kms::{CreateKeyInput, CreateKeyOutput, CustomerMasterKeySpec, KeySpec, KeyUsageType, OriginType};
use std::sync::Arc;
use vault::{Binding, NewBackingKey, Used, Vault};

pub struct CreateKey;

/// What is made once for a new key.
pub struct Made {
    place: KeyPlace,
    identity: [u8; 16],
    policy: Sound,
    backing: Used<NewBackingKey>,
}

impl Operation for CreateKey {
    type Shape = shapes_kms::CreateKey;
    type Service = Kms;
    type Target = Nothing;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &CreateKeyInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(input: &CreateKeyInput, all: &Found<Nothing>) -> Demands {
        let demands = facts(Demands::on(Action("kms:CreateKey"), all.look()), input);
        match input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            true => facts(demands.and(Action("kms:TagResource"), all.look()), input),
            false => demands,
        }
    }

    /// Both names of the spec, too: <https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html>.
    fn assumed(input: &CreateKeyInput) -> Vec<(&'static str, Assumed)> {
        vec![
            ("description", Assumed::Text("")),
            ("keyUsage", Assumed::Text(KeyUsageType::EncryptDecrypt.as_str())),
            ("keySpec", Assumed::Text(spec(input).as_str())),
            ("customerMasterKeySpec", Assumed::Text(spec(input).as_str())),
            ("origin", Assumed::Text(OriginType::AwsKms.as_str())),
            ("multiRegion", Assumed::Boolean(false)),
            ("bypassPolicyLockoutSafetyCheck", Assumed::Boolean(false)),
        ]
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let input = call.input();
        let unsupported = |text: String| Err(Fault::Unsupported(text));
        contradictions(input)?;
        if spec(input) != KeySpec::SymmetricDefault {
            return unsupported(format!("KeySpec {} is not supported.", spec(input).as_str()));
        }
        if input.key_usage.is_some_and(|usage| usage != KeyUsageType::EncryptDecrypt) {
            let usage = input.key_usage.map(Enumeration::as_str).unwrap_or_default();
            return Err(Fault::Validation(format!(
                "KeyUsage {usage} is not compatible with KeySpec SYMMETRIC_DEFAULT"
            )));
        }
        if let Some(origin) = input.origin.filter(|origin| *origin != OriginType::AwsKms) {
            return unsupported(format!("Origin {} is not supported.", origin.as_str()));
        }
        if input.multi_region == Some(true) {
            return unsupported("Multi-Region keys are not supported.".to_owned());
        }
        if let Some(id) = &input.custom_key_store_id {
            return Err(Fault::no_key_store(id));
        }
        if input.xks_key_id.is_some() {
            return unsupported("External keys are not supported.".to_owned());
        }
        if let Some(text) = &input.policy {
            policies::parse(text)?;
        }
        crate::tags::check(&[], input.tags.as_deref().unwrap_or_default()).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let id = new_id(outside)?;
        let arn = asked::key_arn(&scene.region, scene.account, id.as_str());
        let policy = match &input.policy {
            Some(text) => {
                let bypass = input.bypass_policy_lockout_safety_check == Some(true);
                policies::vet(text, &arn, bypass, outside).await?
            }
            None => Sound { text: policies::default_for(scene.account), bindings: Vec::new() },
        };
        let binding = Binding {
            account: scene.account,
            key: id.clone(),
            spec: vault::KeySpec::SymmetricDefault,
            usage: vault::KeyUsage::EncryptDecrypt,
            origin: vault::Origin::AwsKms,
        };
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let backing = vault.create(call.caller().ticket(), &binding).await.map_err(context::refused)?;
        let identity = outside.birth()?.0.to_be_bytes();
        Ok(Made { place: (scene.account, scene.region.clone(), id), identity, policy, backing })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Kms>,
    ) -> Result<CreateKeyOutput, Stop<Fault>> {
        let input = call.input();
        let created = call.scene().now.micros();
        let new = &made.backing.value;
        let record = KeyRecord {
            identity: made.identity,
            created,
            description: input.description.clone().unwrap_or_default(),
            enabled: true,
            policy: made.policy.text.clone(),
            bindings: made.policy.bindings.clone(),
            tags: crate::tags::pairs(input.tags.as_deref().unwrap_or_default()),
            backing: vec![Backing { id: new.id.0, wrapped: new.wrapped.as_bytes().to_vec(), created }],
            ..KeyRecord::default()
        };
        let (account, region, id) = &made.place;
        let (arn, material) = (asked::key_arn(region, *account, id.as_str()), asked::material_id(id, new.id));
        let key_metadata = Some(metadata::described(&arn, *account, id, &record, Some(material)));
        desk.put(&KEYS, &made.place, record).await?;
        Ok(CreateKeyOutput { key_metadata })
    }

    fn remarks(_: &Authorized<'_, Self>, made: &Made, _: &CreateKeyOutput) -> Remarks {
        let (account, region, id) = &made.place;
        let key = Mention { arn: asked::key_arn(region, *account, id.as_str()), kind: <Key as Thing>::TYPE };
        Remarks { uses: vec![made.backing.link], resources: vec![key], ..Remarks::default() }
    }
}

/// What AWS refuses whatever specs are offered. The texts are its own.
fn contradictions(input: &CreateKeyInput) -> Result<(), Fault> {
    let text = if input.key_spec.is_some() && input.customer_master_key_spec.is_some() {
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
    } else if spec(input) != KeySpec::SymmetricDefault && input.key_usage.is_none() {
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    } else {
        return Ok(());
    };
    Err(Fault::Validation(text.to_owned()))
}

/// Terraform still sends the name that AWS deprecated.
fn spec(input: &CreateKeyInput) -> KeySpec {
    let old = input.customer_master_key_spec.map(CustomerMasterKeySpec::as_str).and_then(KeySpec::of);
    input.key_spec.or(old).unwrap_or(KeySpec::SymmetricDefault)
}

fn facts(demands: Demands, input: &CreateKeyInput) -> Demands {
    let one = |text: &str| Fact::One(text.to_owned().into());
    let truth = |value: Option<bool>| one(if value == Some(true) { "true" } else { "false" });
    let demands = demands
        .fact("kms:keyspec", one(spec(input).as_str()))
        .fact("kms:keyusage", one(input.key_usage.unwrap_or(KeyUsageType::EncryptDecrypt).as_str()))
        .fact("kms:keyorigin", one(input.origin.unwrap_or(OriginType::AwsKms).as_str()))
        .fact("kms:multiregion", truth(input.multi_region))
        .fact("kms:bypasspolicylockoutsafetycheck", truth(input.bypass_policy_lockout_safety_check));
    crate::tags::facts(demands, input.tags.as_deref().unwrap_or_default())
}

fn new_id(outside: &Outside<'_>) -> Result<KeyId, Breakage> {
    let mut random = [0; 16];
    outside.random(&mut random)?;
    KeyId::parse(kernel::RequestId::of(random).as_str()).ok_or(Breakage::NoEntropy)
}
