//! iam:CreateAccessKey <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>

use crate::Iam;
use crate::fault::Fault;
use crate::ids;
use crate::keyholder::{ACCESS_KEYS_PER_USER_MAX, Keyholder};
use crate::tables::{ACCESS_KEYS, AccessKeyRecord};
use crate::user::Named;
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shapes_iam::{AccessKey, CreateAccessKeyInput, CreateAccessKeyOutput, StatusType};
use std::sync::Arc;
use vault::{NewAccessKey, Used, Vault};

pub struct CreateAccessKey;

/// What is made once for a new access key.
pub struct Made {
    id: String,
    identity: [u8; 16],
    key: Used<NewAccessKey>,
}

impl Operation for CreateAccessKey {
    type Shape = shapes_iam::CreateAccessKey;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateAccessKeyInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &CreateAccessKeyInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:CreateAccessKey"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.target().keys.len() >= ACCESS_KEYS_PER_USER_MAX {
            return Err(Fault::quota("AccessKeysPerUser", ACCESS_KEYS_PER_USER_MAX));
        }
        Ok(())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        let id = ids::access_key(outside)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let made = vault.create_access_key(call.caller().ticket(), call.scene().account, &id).await;
        let key = made.map_err(|_| Breakage::Vault)?;
        Ok(Made { id, identity: outside.birth()?.0.to_be_bytes(), key })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (user, created) = (&call.target().user, call.scene().now);
        let record = AccessKeyRecord {
            identity: made.identity,
            created: created.micros(),
            account: user.account.to_string(),
            owner: user.id.clone(),
            active: true,
            wrapped: made.key.value.wrapped.as_bytes().to_vec(),
        };
        desk.put(&ACCESS_KEYS, &made.id, record).await?;
        let (name, secret) = (user.record.name.clone(), made.key.value.secret.share());
        let mut access_key = AccessKey::new(name, made.id.clone(), StatusType::Active, secret);
        access_key.create_date = Some(created);
        Ok(CreateAccessKeyOutput { access_key })
    }

    fn remarks(_: &Authorized<'_, Self>, made: &Made, _: &CreateAccessKeyOutput) -> Remarks {
        Remarks { uses: vec![made.key.link], ..Remarks::default() }
    }
}
